"""`classhub gateway add|rotate|revoke`: its password in the registry and at the broker together, and its files."""

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from classhub.commands.edge_file import EdgeFile
from hub.broker.dynsec_client import administering
from hub.config import HubConfig
from hub.registry import changes, credentials
from hub.registry.changes import RegistryError
from hub.registry.model import GatewayStatus, School
from hub.registry.registry import Registry
from wire.address import is_loopback
from wire.settings import SettingsError
from wire.text import Text
from wire.topics import user_name

PASSWORD_MODE = 0o600


def now_ms() -> int:
    return time.time_ns() // 1_000_000


# ---- add ----


def add(arguments: argparse.Namespace, config: HubConfig, registry: Registry) -> int:
    school, gateway = arguments.school, arguments.gateway
    edge = _edge_file(arguments, config)
    if arguments.out is not None:
        _check_place(arguments.out, edge, config.broker.ca_file)
    secret = credentials.new_secret()
    with administering(config.broker) as broker:

        def register(session: Session) -> None:
            """All or nothing: a wrong gateway id leaves no school behind, and a broker that refuses no gateway."""
            if arguments.school_name and registry.school(school) is None:
                changes.put_school(session, School(school, arguments.school_name))
                session.flush()
            changes.put_gateway(session, school, gateway, arguments.name, GatewayStatus.ACCEPTED)
            session.flush()
            if not arguments.renew and credentials.has_valid(session, school, gateway):
                raise _has_one(school, gateway)
            credentials.renew(session, school, gateway, secret, now_ms())
            session.flush()
            if broker is not None:
                broker.put_gateway(school, gateway, secret)

        registry.change(school, register)
    try:
        files = [] if arguments.out is None else _write(arguments.out, edge, secret, config.broker.ca_file)
    except SettingsError:
        _take_away(config, registry, school, gateway)  # nobody knows this password
        raise
    _print_gateway(arguments, edge, files, secret)
    if not arguments.json:
        _tell_where(edge, files, secret, config)
    return 0


def _has_one(school: str, gateway: str) -> RegistryError:
    """Its machine may be at work with that password: it is not taken from it by a command that says "add"."""
    return RegistryError(
        Text(
            f"cổng {school}.{gateway} đã có mật khẩu đang dùng; đổi: classhub gateway rotate {school} {gateway}"
            " (edge.toml mới cùng mật khẩu mới: thêm --renew)",
            f"gateway {school}.{gateway} has a valid password; to change it: classhub gateway rotate {school} {gateway}"
            " (for a new edge.toml with a new password: add --renew)",
        )
    )


def _edge_file(arguments: argparse.Namespace, config: HubConfig) -> EdgeFile:
    broker = config.broker
    host = arguments.broker_host or broker.public_host or broker.host
    stem = "edge" if arguments.out is None else arguments.out.stem
    return EdgeFile(
        school=arguments.school,
        gateway=arguments.gateway,
        hub=config.hub.id,
        host=host,
        port=arguments.broker_port or broker.public_port or broker.port,
        username=user_name(arguments.school, arguments.gateway),
        password_name=f"{stem}.password",
        ca_name=None if broker.ca_file is None else "ca.crt",
        only_here=is_loopback(host),
    )


def _check_place(out: Path, edge: EdgeFile, ca_file: str | None) -> None:
    """Raises SettingsError where a file is in the way; the certificate of another gateway of this hub is not."""
    for path in (out, edge.password_beside(out)):
        if path.exists():
            raise _in_the_way(path)
    beside = edge.ca_beside(out)
    if beside is None or ca_file is None or not beside.exists():
        return
    if beside.read_bytes() != Path(ca_file).read_bytes():
        raise _in_the_way(beside)


def _in_the_way(path: Path) -> SettingsError:
    reason = Text("tệp đã có; xóa hoặc chọn tên khác", "there already; remove it or choose another name")
    return SettingsError(str(path), "", reason)


def _write(out: Path, edge: EdgeFile, secret: str, ca_file: str | None) -> list[Path]:
    """The password first: an edge.toml never names a file that is not there."""
    beside, ca_beside = edge.password_beside(out), edge.ca_beside(out)
    written = [out, beside]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _write_secret(beside, secret)
        if ca_beside is not None and ca_file is not None:
            if not ca_beside.exists():
                shutil.copyfile(ca_file, ca_beside)
            written.append(ca_beside)
        out.write_text(edge.text(), encoding="utf-8")
    except OSError as broken:
        raise _unwritten(out, broken) from broken
    return written


def _write_secret(path: Path, secret: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PASSWORD_MODE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secret + "\n")


def _unwritten(path: Path, broken: OSError) -> SettingsError:
    reason = Text(
        f"không ghi được: {broken}; mật khẩu mới chưa được lưu, hãy chạy lại lệnh",
        f"cannot be written: {broken}; the new password is in no file, run the command again",
    )
    return SettingsError(str(path), "", reason)


def _print_gateway(arguments: argparse.Namespace, edge: EdgeFile, files: list[Path], secret: str) -> None:
    if not arguments.json:
        print(edge.text(), end="")
        return
    told: dict[str, Any] = {
        "school": edge.school,
        "gateway": edge.gateway,
        "status": "accepted",
        "edge_toml": edge.text(),
    }
    told["files" if files else "password"] = [str(file) for file in files] or secret
    print(json.dumps(told, ensure_ascii=False))


def _tell_where(edge: EdgeFile, files: list[Path], secret: str, config: HubConfig) -> None:
    """On stderr, so that stdout is the file itself."""
    if files:
        lines = [f"đã ghi / written: {', '.join(str(file) for file in files)}"]
    else:
        lines = [
            f"mật khẩu (chỉ hiện một lần) / password (shown only now): {secret}",
            f"lưu vào tệp / put it into a file: {edge.password_name}, chmod 600, cạnh / beside edge.toml",
        ]
        if edge.ca_name is not None:
            lines.append(f"chép / copy: {config.broker.ca_file} -> {edge.ca_name}, cạnh / beside edge.toml")
    if edge.only_here:
        lines.append(
            f"chú ý: {edge.host} chỉ dùng trên máy này; thêm --broker-host cho cổng ở máy khác"
            f" / note: {edge.host} works on this machine only; give --broker-host for a gateway elsewhere"
        )
    if _somebody_elses(config):
        lines.append(
            f"chú ý: hãy tự tạo người dùng {edge.username} tại máy chủ MQTT, hoặc đặt broker.admin_username"
            f" / note: make the user {edge.username} at the MQTT broker yourself, or set broker.admin_username"
        )
    print("\n".join(lines), file=sys.stderr)


# ---- rotate, revoke ----


def rotate(arguments: argparse.Namespace, config: HubConfig, registry: Registry) -> int:
    school, gateway = arguments.school, arguments.gateway
    _need_accepted(registry, school, gateway)
    if arguments.out is not None:
        _check_password_place(arguments.out)
    secret = credentials.new_secret()
    with administering(config.broker) as broker:

        def renew(session: Session) -> None:
            credentials.renew(session, school, gateway, secret, now_ms())
            session.flush()
            if broker is not None:
                broker.put_gateway(school, gateway, secret)

        registry.change(school, renew)
    if arguments.out is not None:
        _replace_secret(arguments.out, secret)
    told = {"school": school, "gateway": gateway}
    told |= {"password": secret} if arguments.out is None else {"file": str(arguments.out)}
    print(json.dumps(told, ensure_ascii=False) if arguments.json else told.get("password", str(arguments.out)))
    _note(
        Text(
            f"mật khẩu cũ của {school}.{gateway} không dùng được nữa; thay tệp mật khẩu tại cổng",
            f"the old password of {school}.{gateway} no longer works; replace the password file at the gateway",
        )
    )
    return 0


def revoke(arguments: argparse.Namespace, config: HubConfig, registry: Registry) -> int:
    school, gateway = arguments.school, arguments.gateway
    if registry.gateway(school, gateway) is None:
        raise changes.unknown("cổng", "gateway", f"{school}.{gateway}")
    _take_away(config, registry, school, gateway)
    told = {"school": school, "gateway": gateway, "revoked": True}
    print(json.dumps(told) if arguments.json else f"{school}.{gateway}: đã thu hồi / revoked")
    if config.broker.kind == "embedded" and is_loopback(config.broker.host):
        _note(
            Text(
                f"máy chủ MQTT ở {config.broker.host} không đòi mật khẩu; để chặn: classhub gateway refuse",
                f"the MQTT broker on {config.broker.host} asks for no password; to keep it out: gateway refuse",
            )
        )
    return 0


def _take_away(config: HubConfig, registry: Registry, school: str, gateway: str) -> None:
    """In registry and broker together: no password of it is good, and its session is cut."""
    with administering(config.broker) as broker:

        def take_away(session: Session) -> None:
            credentials.revoke(session, school, gateway, now_ms())
            session.flush()
            if broker is not None:
                broker.switch_gateway(school, gateway, on=False)

        registry.change(school, take_away)


def _check_password_place(path: Path) -> None:
    """Raises SettingsError where a password cannot go, or where something else would be lost: an edge.toml."""
    if not path.parent.is_dir():
        raise SettingsError(str(path), "", Text("không có thư mục này", "there is no such folder"))
    if not path.exists():
        return
    try:
        known = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as broken:
        reason = Text(f"không phải tệp mật khẩu ({broken})", f"is no password file ({broken})")
        raise SettingsError(str(path), "", reason) from broken
    if "\n" in known:
        reason = Text(
            "không phải tệp mật khẩu; hãy chọn tệp mà broker.password_file nói tới",
            "is no password file; name the one that broker.password_file says",
        )
        raise SettingsError(str(path), "", reason)


def _replace_secret(path: Path, secret: str) -> None:
    """Whole or not at all; the file of the old password may be there."""
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        _write_secret(fresh, secret)
        fresh.replace(path)
    except OSError as broken:
        raise _unwritten(path, broken) from broken


def _need_accepted(registry: Registry, school: str, gateway: str) -> None:
    found = registry.gateway(school, gateway)
    if found is None:
        raise changes.unknown("cổng", "gateway", f"{school}.{gateway}")
    if found.status is not GatewayStatus.ACCEPTED:
        raise RegistryError(
            Text(
                f"cổng {school}.{gateway} chưa được nhận: classhub gateway accept {school} {gateway}",
                f"gateway {school}.{gateway} is not accepted: classhub gateway accept {school} {gateway}",
            )
        )


def _somebody_elses(config: HubConfig) -> bool:
    """An external broker that the hub may not administer."""
    return config.broker.kind == "external" and config.broker.admin_username is None


def _note(text: Text) -> None:
    print(text.both(), file=sys.stderr)
