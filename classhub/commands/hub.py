"""`classhub hub init|run|apply|password`: set a hub up, run it, tell it about a school, renew its operator's password.

Exit 0: done. 1: it cannot be done so (port taken, broken file, something in the way). 2: wrong usage.
"""

import argparse
import asyncio
import getpass
import json
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from hub.config import HubConfig, load_config, parse_config
from wire.settings import SettingsError
from wire.text import Text

SHORTEST_PASSWORD = 10
GENERATED_BYTES = 12
BROKEN = 1


class CannotDo(Exception):
    """What stands in the way, for the person at the terminal."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    init = actions.add_parser("init", help="tạo hub.toml và tài khoản / write hub.toml and an operator")
    init.add_argument("--dir", type=Path, required=True, help="thư mục của trung tâm / the hub's folder")
    init.add_argument("--operator", default="admin", help="tên đăng nhập / name to sign in with")
    init.add_argument("--password-file", type=Path, help="mật khẩu ở dòng đầu / password in its first line")
    init.add_argument("--port", type=int, default=8080, help="cổng của trang web / port of the pages")
    init.add_argument("--broker-port", type=int, default=1883, help="cổng MQTT / port of the MQTT broker")
    init.add_argument("--language", choices=("vi", "en"), default="vi")
    password = actions.add_parser("password", help="đặt lại mật khẩu / set the operator's password anew")
    password.add_argument("--config", type=Path, required=True, help="hub.toml")
    password.add_argument("--operator", default="admin")
    password.add_argument("--password-file", type=Path)
    run_ = actions.add_parser("run", help="chạy đến khi SIGTERM / run until SIGTERM")
    run_.add_argument("--config", type=Path, required=True, help="hub.toml")
    run_.add_argument("--verbose", action="store_true")
    apply = actions.add_parser("apply", help="đọc tệp mô tả trường / read a school file")
    apply.add_argument("file", type=Path, help="TOML: school, building, room, gateway, device")
    apply.add_argument("--config", type=Path, required=True, help="hub.toml")
    apply.add_argument("--json", action="store_true", help="cho máy đọc / for machines")


def run(arguments: argparse.Namespace) -> int:
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "init": _init,
        "run": _run,
        "apply": _apply,
        "password": _password,
    }
    try:
        return actions[arguments.action](arguments)
    except CannotDo as wrong:
        return _fail(wrong.text)
    except SettingsError as wrong:
        return _fail(Text(str(wrong), str(wrong)))
    except SQLAlchemyError as broken:
        from hub.db.engine import DatabaseUnusable

        if isinstance(broken, DatabaseUnusable):
            return _fail(broken.text)
        cause = str(getattr(broken, "orig", None) or broken)
        return _fail(Text(f"cơ sở dữ liệu: {cause}", f"state database: {cause}"))


def _fail(text: Text) -> int:
    print(f"classhub hub: {text.both()}", file=sys.stderr)
    return BROKEN


# ---- init ----


def _init(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.dir
    path = folder / "hub.toml"
    if path.exists():
        raise CannotDo(Text(f"{path} đã có; không ghi đè", f"{path} is there already and is not overwritten"))
    config = parse_config(_hub_toml(arguments), path)
    password, generated = _choose_password(arguments.password_file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        config.hub.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _store_operator(config, arguments.operator, password)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_hub_toml(arguments))
    except OSError as failed:
        raise CannotDo(Text(f"{folder}: không ghi được ({failed})", f"{folder}: cannot write ({failed})")) from failed
    print(f"{path}")
    _show_password(arguments.operator, password, generated=generated)
    print(f"classhub hub run --config {path}")
    return 0


def _hub_toml(arguments: argparse.Namespace) -> str:
    return (
        f'[hub]\nid = "main"\ndata_dir = "data"\nlanguage = "{arguments.language}"\n\n'
        f'[broker]\nkind = "embedded"\nhost = "127.0.0.1"\nport = {arguments.broker_port}\n\n'
        f'[web]\nhost = "127.0.0.1"\nport = {arguments.port}\n'
    )


def _password(arguments: argparse.Namespace) -> int:
    config = load_config(arguments.config)
    password, generated = _choose_password(arguments.password_file)
    _store_operator(config, arguments.operator, password)
    _show_password(arguments.operator, password, generated=generated)
    return 0


def _choose_password(file: Path | None) -> tuple[str, bool]:
    """The password, and whether it was made up here: from the file, else from the terminal, else at random."""
    if file is not None:
        try:
            password = (file.read_text(encoding="utf-8").splitlines() or [""])[0].strip()
        except (OSError, UnicodeDecodeError) as failed:
            raise CannotDo(Text(f"{file}: không đọc được", f"{file}: cannot be read ({failed})")) from failed
    elif sys.stdin.isatty():
        prompt = "Mật khẩu (để trống: tạo giúp) / Password (empty: make one): "
        password = getpass.getpass(prompt)
        if not password:
            return secrets.token_urlsafe(GENERATED_BYTES), True
        if getpass.getpass("Nhập lại / Again: ") != password:
            raise CannotDo(Text("hai lần nhập khác nhau", "the two entries differ"))
    else:
        return secrets.token_urlsafe(GENERATED_BYTES), True
    if len(password) < SHORTEST_PASSWORD:
        raise CannotDo(
            Text(
                f"mật khẩu quá ngắn, cần ít nhất {SHORTEST_PASSWORD} ký tự",
                f"the password is too short: at least {SHORTEST_PASSWORD} characters",
            )
        )
    return password, False


def _store_operator(config: HubConfig, name: str, password: str) -> None:
    from sqlalchemy.orm import Session

    from hub import audit
    from hub.db.engine import open_database
    from hub.db.models import OperatorRow
    from hub.web.auth import hash_password

    engine = open_database(config.state_url)
    try:
        with Session(engine) as session, session.begin():
            session.merge(OperatorRow(name=name, argon2_hash=hash_password(password)))
        audit.record(engine, audit.command_line_user(), f"hub password {name}", int(time.time() * 1000))
    finally:
        engine.dispose()


def _show_password(name: str, password: str, *, generated: bool) -> None:
    print(f"Đăng nhập / Sign in: {name}")
    if generated:
        print(f"Mật khẩu, chỉ hiện một lần / Password, shown only once: {password}")


# ---- run ----


def _run(arguments: argparse.Namespace) -> int:
    from edge.notify import notify, watchdog_interval_s
    from hub.broker.embedded import BrokerError
    from hub.foundation import ServiceError
    from hub.service import run as serve
    from hub.supervisor import Supervisor

    config = load_config(arguments.config)
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        asyncio.run(serve(config, supervisor=Supervisor(notify, watchdog_interval_s())))
    except (BrokerError, ServiceError) as failed:
        raise CannotDo(failed.text) from failed
    except OSError as failed:
        raise CannotDo(Text(f"không chạy được: {failed}", f"cannot run: {failed}")) from failed
    return 0


# ---- apply ----


def _apply(arguments: argparse.Namespace) -> int:
    from hub import audit
    from hub.db.engine import open_database
    from hub.registry.changes import RegistryError
    from hub.registry.registry import Registry
    from hub.registry.setup import apply_setup

    config = load_config(arguments.config)
    try:
        text = arguments.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failed:
        raise CannotDo(
            Text(f"{arguments.file}: không đọc được", f"{arguments.file}: cannot be read ({failed})")
        ) from failed
    engine = open_database(config.state_url)
    try:
        applied = apply_setup(Registry(engine, config.limits.pending_gateways), text, str(arguments.file))
        if applied.changes:
            what = f"hub apply {applied.school}: {len(applied.changes)} changes"
            audit.record(engine, audit.command_line_user(), what, int(time.time() * 1000))
    except RegistryError as refused:
        raise CannotDo(refused.text) from refused
    finally:
        engine.dispose()
    if arguments.json:
        changes = [change._asdict() for change in applied.changes]
        print(json.dumps(msgspec.to_builtins({"school": applied.school, "changes": changes}), ensure_ascii=False))
        return 0
    for change in applied.changes:
        print(change.both())
    if not applied.changes:
        print(Text("không có gì thay đổi", "nothing changed").both())
    return 0
