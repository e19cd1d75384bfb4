"""`classhub gateway add|list|accept|refuse`: which gateways a hub takes data from, and a ready edge.toml for a new one.

Exit 0: done. 1: it cannot be done so (unknown school, broken hub.toml, file in the way). 2: wrong usage.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from classhub.commands.edge_file import EdgeFile
from hub import audit
from hub.config import HubConfig, is_loopback, load_config
from hub.db.engine import complaint, database_url, open_database
from hub.registry import changes
from hub.registry.changes import RegistryError
from hub.registry.credentials import issue
from hub.registry.model import Gateway, GatewayStatus, School
from hub.registry.registry import Registry
from wire.settings import SettingsError
from wire.text import Text
from wire.topics import user_name

PASSWORD_MODE = 0o600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser(
        "add", help="nhận trước một cổng và in edge.toml / accept one beforehand, print its edge.toml"
    )
    _add_common(add, named=True)
    add.add_argument("--name", default="", help="tên để người đọc / a name for people")
    add.add_argument("--school-name", help="tạo trường nếu chưa có / make the school where there is none")
    add.add_argument(
        "--broker-host", help="địa chỉ của trung tâm nhìn từ cổng / the hub's address as the gateway sees it"
    )
    add.add_argument("--out", type=Path, help="ghi edge.toml và tệp mật khẩu / write edge.toml and its password file")
    for name, words in (("accept", "nhận / accept"), ("refuse", "từ chối / refuse")):
        _add_common(actions.add_parser(name, help=words), named=True)
    listing = actions.add_parser("list", help="liệt kê / list")
    _add_common(listing, named=False)
    listing.add_argument("--school", help="chỉ một trường / one school only")


def _add_common(parser: argparse.ArgumentParser, *, named: bool) -> None:
    if named:
        parser.add_argument("school", help="mã trường / id of the school")
        parser.add_argument("gateway", help="mã cổng / id of the gateway")
    parser.add_argument("--config", type=Path, required=True, help="hub.toml")
    parser.add_argument("--json", action="store_true", help="cho máy đọc / for machines")


def run(arguments: argparse.Namespace) -> int:
    actions: dict[str, Callable[[argparse.Namespace, HubConfig, Registry], int]] = {
        "add": _add,
        "list": _list,
        "accept": lambda given, _, registry: _judge(given, registry, registry.accept_gateway),
        "refuse": lambda given, _, registry: _judge(given, registry, registry.refuse_gateway),
    }
    try:
        config = load_config(arguments.config)
        engine = open_database(database_url(config.hub.data_dir))
        try:
            code = actions[arguments.action](arguments, config, Registry(engine))
            if code == 0 and arguments.action != "list":
                what = f"gateway {arguments.action} {arguments.school}/{arguments.gateway}"
                audit.record(engine, audit.command_line_user(), what, int(time.time() * 1000))
            return code
        finally:
            engine.dispose()
    except (SettingsError, RegistryError) as wrong:
        return _fail(str(wrong))
    except SQLAlchemyError as broken:
        return _fail(complaint(database_url(config.hub.data_dir), broken).both())


def _fail(text: str) -> int:
    print(f"classhub gateway: {text}", file=sys.stderr)
    return 1


def _add(arguments: argparse.Namespace, config: HubConfig, registry: Registry) -> int:
    school, gateway = arguments.school, arguments.gateway
    out: Path | None = arguments.out
    edge = _edge_file(arguments, config)
    if out is not None:
        _need_free(out, edge.password_beside(out))
    new_school = None
    if arguments.school_name and registry.school(school) is None:
        new_school = School(school, arguments.school_name)
    before = registry.gateway(school, gateway)
    again = before is not None and before.status is not GatewayStatus.PENDING
    registry.change(school, lambda session: _register(session, new_school, (school, gateway, arguments.name)))
    password = issue(registry, school, gateway, int(time.time() * 1000))
    files: list[Path] = []
    if out is not None:
        files = _write(out, edge, password)
    if arguments.json:
        told = {"school": school, "gateway": gateway, "status": "accepted", "edge_toml": edge.text()}
        told |= {"files": [str(file) for file in files]} if files else {"password": password}
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(edge.text(), end="")
        _tell_where(edge, files, password, again=again)
    return 0


def _register(session: Session, new_school: School | None, gateway: tuple[str, str, str]) -> None:
    """Both or nothing: a wrong gateway id leaves no school behind."""
    if new_school is not None:
        changes.put_school(session, new_school)
        session.flush()
    changes.put_gateway(session, *gateway, GatewayStatus.ACCEPTED)


def _edge_file(arguments: argparse.Namespace, config: HubConfig) -> EdgeFile:
    host = arguments.broker_host or config.broker.host
    stem = "edge" if arguments.out is None else arguments.out.stem
    return EdgeFile(
        school=arguments.school,
        gateway=arguments.gateway,
        hub=config.hub.id,
        host=host,
        port=config.broker.port,
        username=user_name(arguments.school, arguments.gateway),
        password_name=f"{stem}.password",
        encrypted=config.broker.ca_file is not None,
        only_here=is_loopback(host),
    )


def _write(out: Path, edge: EdgeFile, password: str) -> list[Path]:
    """The password first: an edge.toml never names a file that is not there."""
    beside = edge.password_beside(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PASSWORD_MODE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(password + "\n")
        out.write_text(edge.text(), encoding="utf-8")
    except OSError as broken:
        reason = Text(
            f"không ghi được: {broken}; mật khẩu mới chưa được lưu, hãy chạy lại lệnh",
            f"cannot be written: {broken}; the new password is in no file, run the command again",
        )
        raise SettingsError(str(out), "", reason) from broken
    return [out, beside]


def _tell_where(edge: EdgeFile, files: list[Path], password: str, *, again: bool) -> None:
    """On stderr, so that stdout is the file itself."""
    if files:
        lines = [f"đã ghi / written: {', '.join(str(file) for file in files)}"]
    else:
        lines = [
            f"mật khẩu (chỉ hiện một lần) / password (shown only now): {password}",
            f"lưu vào tệp / put it into a file: {edge.password_name}, chmod 600, cạnh / beside edge.toml",
        ]
    if again:
        lines.append(
            "chú ý: cổng này đã có từ trước; mật khẩu cũ không dùng được nữa"
            " / note: this gateway was here already; its old password no longer works"
        )
    if edge.only_here:
        lines.append(
            f"chú ý: {edge.host} chỉ dùng trên máy này; thêm --broker-host cho cổng ở máy khác"
            f" / note: {edge.host} works on this machine only; give --broker-host for a gateway elsewhere"
        )
    print("\n".join(lines), file=sys.stderr)


def _need_free(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            reason = Text("tệp đã có; xóa hoặc chọn tên khác", "there already; remove it or choose another name")
            raise SettingsError(str(path), "", reason)


def _list(arguments: argparse.Namespace, _config: HubConfig, registry: Registry) -> int:
    gateways = registry.gateways(arguments.school)
    if arguments.school is not None and registry.school(arguments.school) is None and not gateways:
        reason = Text(f"không có trường {arguments.school!r}", f"no such school: {arguments.school!r}")
        raise RegistryError(reason)
    if arguments.json:
        print(json.dumps([msgspec.to_builtins(each) for each in gateways], ensure_ascii=False))
        return 0
    width = max((len(each.uid) for each in gateways), default=0)
    for each in gateways:
        print(f"{each.status:<9} {each.uid:<{width}}  {each.name}")
    if not gateways:
        print("chưa có cổng nào / no gateways yet")
    return 0


def _judge(arguments: argparse.Namespace, registry: Registry, change: Callable[[str, str], None]) -> int:
    change(arguments.school, arguments.gateway)
    gateway = registry.gateway(arguments.school, arguments.gateway)
    if arguments.json:
        print(json.dumps(msgspec.to_builtins(gateway), ensure_ascii=False))
    elif isinstance(gateway, Gateway):
        print(f"{gateway.uid}: {gateway.status}")
    return 0
