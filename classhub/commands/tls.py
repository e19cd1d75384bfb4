"""`classhub tls init|renew|check`: a local certificate authority and server certificates for broker and pages.

Exit 0: done. 1: it cannot be done so, or a certificate has ended or cannot be read. 2: wrong usage.
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from hub.tls.authority import Names, ends_ms, names, names_of
from hub.tls.folder import TlsError, TlsFolder
from hub.tls.watch import CRITICAL_DAYS, WARNING_DAYS, days_left
from wire.text import Text

FINE, BROKEN, USAGE = 0, 1, 2
DEFAULT_NAME = "ClassHub"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    init = actions.add_parser("init", help="tạo CA và chứng chỉ / make an authority and a certificate")
    renew = actions.add_parser("renew", help="cấp chứng chỉ mới từ CA đã có / a new certificate of the same authority")
    check = actions.add_parser("check", help="chứng chỉ nào hết hạn khi nào / what ends when")
    for each in (init, renew, check):
        each.add_argument(
            "--dir", type=Path, required=True, help="thư mục / folder: ca.crt ca.key server.crt server.key"
        )
        each.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
    for each in (init, renew):
        each.add_argument("--name", nargs="+", action="extend", default=[], metavar="HOST", help="tên máy / host names")
        each.add_argument("--ip", nargs="+", action="extend", default=[], metavar="ADDRESS", help="IPv4, IPv6")
    init.add_argument("--ca-name", default=DEFAULT_NAME, help="tên của CA / what the authority is called")


def run(arguments: argparse.Namespace) -> int:
    folder = TlsFolder(arguments.dir)
    if arguments.action == "check":
        return _check(folder, as_json=arguments.json)
    try:
        wanted = names(arguments.name, arguments.ip)
    except (ValueError, UnicodeError) as wrong:
        _complain(Text(f"không phải tên máy hay địa chỉ: {wrong}", f"neither host name nor address: {wrong}"))
        return USAGE
    try:
        now = datetime.now(UTC)
        if arguments.action == "init":
            written = folder.init(wanted, arguments.ca_name, now)
        else:
            written = folder.renew(wanted, now)
    except TlsError as refused:
        _complain(refused.text)
        return BROKEN
    except OSError as failed:
        _complain(Text(f"không ghi được: {failed}", f"cannot write: {failed}"))
        return BROKEN
    _tell(folder, written, as_json=arguments.json)
    return FINE


def _tell(folder: TlsFolder, written: list[Path], *, as_json: bool) -> None:
    held = names_of(folder.server_crt.read_bytes())
    if as_json:
        print(json.dumps({"written": [str(path) for path in written], "names": [*held.hosts, *held.addresses]}))
        return
    for path in written:
        print(f"đã ghi / written: {path}")
    if not written:
        print(Text("mọi thứ đã có, không có gì thay đổi", "everything is there, nothing changed").both())
    _print_names(held)
    if folder.server_crt in written:
        print(
            Text(
                "trung tâm tự nạp trong một phút; nạp lại Mosquitto, InfluxDB, PostgreSQL, Grafana nếu chúng dùng",
                "the hub takes it up within a minute; reload Mosquitto, InfluxDB, PostgreSQL, Grafana if they use it",
            ).both()
        )


def _print_names(held: Names) -> None:
    print(f"tên / names: {', '.join([*held.hosts, *held.addresses])}")


def _check(folder: TlsFolder, *, as_json: bool) -> int:
    now_ms = int(time.time() * 1000)
    rows = [_row(path, now_ms) for path in (folder.ca_crt, folder.server_crt)]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            print(f"{row['state']:<10} {row['file']}  {row['said']}")
    return BROKEN if any(row["state"] in {"ended", "unreadable"} for row in rows) else FINE


def _row(path: Path, now_ms: int) -> dict[str, object]:
    """`state`: fine, warning, critical, ended or unreadable."""
    try:
        end_ms = ends_ms(path.read_bytes())[0]
    except (OSError, ValueError) as broken:
        said = Text(f"không đọc được: {broken}", f"cannot be read: {broken}")
        return {"file": str(path), "state": "unreadable", "ends": None, "days": None, "said": said.both()}
    days, end = days_left(end_ms, now_ms), datetime.fromtimestamp(end_ms / 1000, UTC)
    state = "ended" if end_ms <= now_ms else _state(days)
    said = Text(f"hết hạn {end:%Y-%m-%d} (còn {days} ngày)", f"ends {end:%Y-%m-%d} ({days} days left)")
    if state != "fine":
        mend = "classhub tls renew" if path.name == "server.crt" else "classhub tls init --dir …"
        said = Text(f"{said.vi}; hãy chạy {mend}", f"{said.en}; run {mend}")
    return {"file": str(path), "state": state, "ends": end.isoformat(), "days": days, "said": said.both()}


def _state(days: int) -> str:
    return "critical" if days < CRITICAL_DAYS else "warning" if days < WARNING_DAYS else "fine"


def _complain(text: Text) -> None:
    print(f"classhub tls: {text.both()}", file=sys.stderr)
