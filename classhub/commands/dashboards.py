"""`classhub dashboards build|push`: makes the Grafana dashboards, and sends them to a Grafana that runs.

Exit 0: done, or nothing to do. 1: files differ (--check), something was left alone or refused. 2: wrong usage.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wire.text import Language, Text

if TYPE_CHECKING:
    from dashboards.model import Json
    from dashboards.push import Grafana
    from dashboards.sending import Step

USAGE = 2
FOLDERS: dict[Language, tuple[str, str]] = {"vi": ("classhub", "ClassHub"), "en": ("classhub-en", "ClassHub (English)")}
WORDS = {
    "new": Text("mới", "new"),
    "same": Text("như cũ", "same"),
    "changed": Text("thay đổi", "changed"),
    "changed_by_hand": Text("đã có người sửa trong Grafana", "changed by hand in Grafana"),
    "provisioned": Text("Grafana đọc từ tệp, không nhận qua API", "provisioned from files, the API may not change it"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build", help="ghi các tệp JSON / write the JSON files")
    build.add_argument("--check", action="store_true", help="chỉ so sánh / only compare, write nothing")
    build.add_argument("--out", type=Path, help="thư mục đích / where to (default: dashboards/json)")
    push = actions.add_parser("push", help="gửi đến Grafana đang chạy / send to a running Grafana")
    push.add_argument("--url", required=True, help="https://grafana.example:3000")
    push.add_argument(
        "--token-file", type=Path, required=True, help="mã của service account / a service account's token"
    )
    push.add_argument("--ca-file", help="CA của trường / the school's own authority")
    push.add_argument("--language", choices=("vi", "en"), default="vi")
    push.add_argument("--folder", help="tên thư mục trong Grafana / title of the folder")
    push.add_argument("--dry-run", action="store_true", help="chỉ cho xem khác gì / show the difference, send nothing")
    push.add_argument("--force", action="store_true", help="ghi đè cả bảng đã sửa tay / also over changes made by hand")
    push.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
    _add_data_sources(push)


def _add_data_sources(push: argparse.ArgumentParser) -> None:
    more = push.add_argument_group("nguồn dữ liệu, nếu cần / data sources, where wanted")
    more.add_argument("--influxdb-url", help="http://influxdb:8086, như Grafana thấy / as Grafana sees it")
    more.add_argument("--influxdb-token-file", type=Path, help="mã chỉ đọc / a token that reads only")
    more.add_argument("--influxdb-org", default="classhub")
    more.add_argument("--influxdb-bucket", default="classhub", help="tiền tố / the prefix")
    more.add_argument("--postgresql", help="postgres:5432")
    more.add_argument("--postgresql-password-file", type=Path, help="của / of classhub_grafana")
    more.add_argument("--postgresql-database", default="classhub")
    more.add_argument(
        "--postgresql-sslmode", default="verify-full", choices=("disable", "require", "verify-ca", "verify-full")
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "build":
        return _build(arguments)
    try:
        return _push(arguments)
    except ModuleNotFoundError as missing:
        print(f"classhub dashboards: {missing}; cài / install: pip install 'classhub[dashboards]'", file=sys.stderr)
        return USAGE


def _build(arguments: argparse.Namespace) -> int:
    from dashboards.book import FOLDER, files

    folder = arguments.out or FOLDER
    made = dict(files())
    old = [path for path in sorted(folder.rglob("*.json")) if path.relative_to(folder) not in made]
    wrong = [name for name, words in made.items() if _text(folder / name) != words]
    if arguments.check:
        for name in [*wrong, *(path.relative_to(folder) for path in old)]:
            print(f"khác / differs: {folder / name}")
        if wrong or old:
            print("chạy / run: classhub dashboards build")
        return 1 if wrong or old else 0
    for name in wrong:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(made[name], encoding="utf-8")
    for path in old:
        path.unlink()
    print(f"{folder}: {len(made)} tệp / files, {len(wrong)} ghi lại / written, {len(old)} xóa / removed")
    return 0


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


class _Wrong(Exception):
    pass


def _secret(path: Path, option: str) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as broken:
        raise _Wrong(f"{option}: không đọc được / cannot read {path} ({broken})") from broken
    if not secret:
        raise _Wrong(f"{option}: tệp rỗng / the file is empty: {path}")
    return secret


def _push(arguments: argparse.Namespace) -> int:
    from dashboards.push import Grafana, GrafanaRefused

    try:
        grafana = Grafana(arguments.url, _secret(arguments.token_file, "--token-file"), arguments.ca_file)
        sources = _data_sources(arguments)
    except (_Wrong, GrafanaRefused) as wrong:
        print(f"classhub dashboards: {wrong}", file=sys.stderr)
        return USAGE
    try:
        with grafana:
            release = grafana.release()
            told = _send_sources(grafana, sources, arguments)
            steps, failed = _send_dashboards(grafana, arguments)
    except GrafanaRefused as refused:
        print(f"classhub dashboards: {refused}", file=sys.stderr)
        return 1
    _report(arguments, release, told, steps, failed)
    left = [step for step in steps if step.verdict in {"changed_by_hand", "provisioned"}]
    return 1 if failed or (left and not arguments.force and not arguments.dry_run) else 0


def _data_sources(arguments: argparse.Namespace) -> "list[Json]":
    from dashboards import datasources

    found = []
    for address, secret, option in (
        (arguments.influxdb_url, arguments.influxdb_token_file, "--influxdb-token-file"),
        (arguments.postgresql, arguments.postgresql_password_file, "--postgresql-password-file"),
    ):
        if (address is None) != (secret is None):
            raise _Wrong(f"{option}: cần cả địa chỉ và tệp bí mật / the address and its secret's file go together")
    if arguments.influxdb_url:
        token = _secret(arguments.influxdb_token_file, "--influxdb-token-file")
        org, bucket = arguments.influxdb_org, arguments.influxdb_bucket
        found.append(datasources.influxdb(arguments.influxdb_url, org, bucket, token))
    if arguments.postgresql:
        password = _secret(arguments.postgresql_password_file, "--postgresql-password-file")
        database, mode = arguments.postgresql_database, arguments.postgresql_sslmode
        found.append(datasources.postgresql(arguments.postgresql, database, password, mode))
    return found


def _send_sources(grafana: "Grafana", sources: "list[Json]", arguments: argparse.Namespace) -> dict[str, str]:
    """What became of each data source; its secret is sent each time, since it cannot be compared."""
    from dashboards.datasources import same_settings

    told = {}
    for source in sources:
        standing = grafana.data_source(source["uid"])
        told[source["uid"]] = "new" if standing is None else "same" if same_settings(source, standing) else "changed"
        if not arguments.dry_run:
            grafana.put_data_source(source, known=standing is not None)
    return told


def _send_dashboards(grafana: "Grafana", arguments: argparse.Namespace) -> "tuple[list[Step], dict[str, Text]]":
    """Each by itself: one that is refused does not stop the others. A dashboard stays in the folder it stands in."""
    from dashboards import sending
    from dashboards.book import dashboards
    from dashboards.push import GrafanaRefused

    folder, title = FOLDERS[arguments.language]
    if not arguments.dry_run and not grafana.has_folder(folder):
        grafana.make_folder(folder, arguments.folder or title)
    steps, failed = [], {}
    for ours in dashboards(arguments.language).values():
        standing = grafana.dashboard(ours["uid"])
        step = sending.step(ours, standing)
        steps.append(step)
        if arguments.dry_run or not sending.is_sent(step.verdict, force=arguments.force):
            continue
        place, version = (folder, None) if standing is None else (standing.folder, standing.version)
        try:
            grafana.save(ours, place, sending.message(ours), version)
        except GrafanaRefused as refused:
            failed[step.uid] = refused.text
    return steps, failed


def _report(
    arguments: argparse.Namespace, release: str, told: dict[str, str], steps: "list[Step]", failed: dict[str, Text]
) -> None:
    if arguments.json:
        document = {
            "grafana": release, "dry_run": arguments.dry_run, "data_sources": told,
            "dashboards": [msgspec.to_builtins(step) for step in steps],
            "failed": {uid: text.en for uid, text in failed.items()},
        }  # fmt: skip
        print(json.dumps(document, ensure_ascii=False))
        return
    print(f"Grafana {release}: {arguments.url}" + ("  (chạy thử / dry run)" if arguments.dry_run else ""))
    for uid, what in told.items():
        print(f"  {uid:<28} {WORDS[what].both()}")
    for step in steps:
        print(
            f"  {step.uid:<28} {WORDS[step.verdict].both()}"
            + (f" ({step.saved_by})" if step.lines and step.saved_by else "")
        )
        for line in step.lines:
            print(f"      {line}")
        if step.uid in failed:
            print(f"      ! {failed[step.uid].both()}")
    if any(step.verdict == "changed_by_hand" for step in steps) and not arguments.force:
        print(
            "Giữ nguyên bảng đã sửa tay (--force để ghi đè) / changes made by hand are kept (--force overwrites them)"
        )
