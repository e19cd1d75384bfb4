"""`classhub gateway add|rotate|revoke|accept|refuse|list`: which gateways a hub takes data from, and how they log in.

Where the hub administers a Mosquitto ([broker] admin_username) each change reaches it, or is not made at all.
Exit 0: done. 1: it cannot be done so (unknown school, broken hub.toml, broker away, file in the way). 2: wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from classhub.commands import gateway_credentials
from classhub.commands.gateway_credentials import now_ms
from hub import audit
from hub.broker.dynsec_client import BrokerAdminError, administering
from hub.config import HubConfig, load_config
from hub.db.engine import complaint, open_database, reading
from hub.registry import changes
from hub.registry.changes import RegistryError
from hub.registry.credentials import Credential, credentials, has_valid
from hub.registry.model import Gateway, GatewayStatus
from hub.registry.registry import Registry
from wire.settings import SettingsError
from wire.text import Text

Action = Callable[[argparse.Namespace, HubConfig, Registry], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser(
        "add", help="nhận trước một cổng và in edge.toml / accept one beforehand, print its edge.toml"
    )
    _add_common(add, named=True)
    add.add_argument("--name", default="", help="tên để người đọc / a name for people")
    add.add_argument("--school-name", help="tạo trường nếu chưa có / make the school where there is none")
    add.add_argument(
        "--broker-host",
        help="địa chỉ broker nhìn từ cổng / the broker's address as the gateway sees it (broker.public_host)",
    )
    add.add_argument("--broker-port", type=int, help="cổng TCP nhìn từ đó / its port from there (broker.public_port)")
    add.add_argument("--out", type=Path, help="ghi edge.toml và tệp mật khẩu / write edge.toml and its password file")
    add.add_argument(
        "--renew", action="store_true", help="thay mật khẩu đang dùng / replace the valid password it has already"
    )
    rotate = actions.add_parser("rotate", help="mật khẩu mới, ngắt phiên cũ / a new password; the old session is cut")
    _add_common(rotate, named=True)
    rotate.add_argument("--out", type=Path, help="tệp mật khẩu để ghi / password file to write")
    for name, words in (
        ("revoke", "thu hồi mật khẩu, ngắt phiên / take its password away, cut its session"),
        ("accept", "nhận / accept"),
        ("refuse", "từ chối / refuse"),
    ):
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
    actions: dict[str, Action] = {
        "add": gateway_credentials.add,
        "rotate": gateway_credentials.rotate,
        "revoke": gateway_credentials.revoke,
        "accept": partial(_judge, status=GatewayStatus.ACCEPTED),
        "refuse": partial(_judge, status=GatewayStatus.REFUSED),
    }
    try:
        config = load_config(arguments.config)
        return _carry_out(actions.get(arguments.action), arguments, config)
    except (SettingsError, RegistryError, BrokerAdminError) as wrong:
        return _fail(str(wrong))


def _carry_out(change: Action | None, arguments: argparse.Namespace, config: HubConfig) -> int:
    """Where there is nothing to change: list."""
    try:
        engine = open_database(config.state_url)
        try:
            if change is None:
                return _list(arguments, engine, Registry(engine))
            code = change(arguments, config, Registry(engine))
            if code == 0:
                what = f"gateway {arguments.action} {arguments.school}/{arguments.gateway}"
                audit.record(engine, audit.command_line_user(), what, now_ms())
            return code
        finally:
            engine.dispose()
    except SQLAlchemyError as broken:
        return _fail(complaint(config.state_url, broken).both())


def _fail(text: str) -> int:
    print(f"classhub gateway: {text}", file=sys.stderr)
    return 1


def _list(arguments: argparse.Namespace, engine: Engine, registry: Registry) -> int:
    gateways = registry.gateways(arguments.school)
    if arguments.school is not None and registry.school(arguments.school) is None and not gateways:
        reason = Text(f"không có trường {arguments.school!r}", f"no such school: {arguments.school!r}")
        raise RegistryError(reason)
    with Session(reading(engine)) as session:
        known = credentials(session)
    listed = [(each, known.get((each.school, each.id), Credential())) for each in gateways]
    if arguments.json:
        print(json.dumps([_as_object(*each) for each in listed], ensure_ascii=False))
        return 0
    width = max((len(each.uid) for each in gateways), default=0)
    for each, credential in listed:
        print(f"{each.status:<9} {each.uid:<{width}}  {_password(credential):<45}  {each.name}".rstrip())
    if not gateways:
        print("chưa có cổng nào / no gateways yet")
    return 0


def _as_object(gateway: Gateway, credential: Credential) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(gateway)
    return found | {"credential": credential.state, "credential_since_ms": credential.since_ms}


def _password(credential: Credential) -> str:
    """How its password at the broker stands, for a table; the time is this machine's."""
    if credential.since_ms is None:
        return "mật khẩu / password: none"
    since = datetime.fromtimestamp(credential.since_ms / 1_000).astimezone()
    return f"mật khẩu / password: {credential.state} {since:%Y-%m-%d %H:%M}"


def _judge(arguments: argparse.Namespace, config: HubConfig, registry: Registry, status: GatewayStatus) -> int:
    """Both or nothing: the registry's change is undone where the broker does not follow."""
    school, gateway = arguments.school, arguments.gateway
    with administering(config.broker) as broker:

        def judge(session: Session) -> bool:
            changes.set_gateway_status(session, school, gateway, status)
            session.flush()
            may_come = status is GatewayStatus.ACCEPTED and has_valid(session, school, gateway)
            return broker is None or broker.switch_gateway(school, gateway, on=may_come)

        at_the_broker = registry.change(school, judge)
    found = registry.gateway(school, gateway)
    if arguments.json:
        print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
    elif isinstance(found, Gateway):
        print(f"{found.uid}: {found.status}")
    if not at_the_broker and status is GatewayStatus.ACCEPTED:
        print(
            Text(
                f"chưa có mật khẩu tại máy chủ MQTT: classhub gateway rotate {school} {gateway}",
                f"it has no password at the MQTT broker: classhub gateway rotate {school} {gateway}",
            ).both(),
            file=sys.stderr,
        )
    return 0
