"""A gateway's settings put to the test: uplink, outbox, serial sensors, local brokers, recorded files."""

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from classhub.diagnosis.finding import Finding, bad, note, ok, warning
from classhub.diagnosis.machine import check_disk
from classhub.diagnosis.secret_files import check_secrets
from classhub.diagnosis.uplink import check_login
from edge.config import (
    EdgeConfig,
    MqttSettings,
    NetworkSettings,
    Zigbee2MqttSettings,
    check_authorities,
    load_config,
    password_in_clear,
    read_password,
)
from edge.sources.table import build_sources
from firmware_bridge.devices import device_named
from wire.address import host_port
from wire.settings import SettingsError
from wire.topics import client_id, user_name

_ANSWER_S = 3.0
_LOCAL = "systemctl status mosquitto"


def check_gateway(path: Path) -> list[Finding]:
    """Everything a gateway with this edge.toml needs. Raises SettingsError for a broken file."""
    config = load_config(path)
    gateway, broker = config.gateway, config.broker
    password = read_password(broker.password_file, str(path), "broker.password_file")
    check_authorities(broker.ca_file, str(path), "broker.ca_file")
    login = (broker.username or (user_name(gateway.school, gateway.id) if password else None), password)
    me = f"{client_id(gateway.school, gateway.id)}_doctor"
    return [
        ok("config", f"{path}: đọc được", f"{path}: fine"),
        *_check_sources(config, str(path)),
        *check_disk(gateway.data_dir, config.outbox.min_free_mb),
        check_login(broker.host, broker.port, me, login, broker.ca_file),
        *_check_plain(config),
        _check_outbox(gateway.data_dir / "outbox.db"),
        *(_check_port(name, port) for name, port in _ports(config)),
        *(_check_network(entry) for entry in config.network),
        *_check_local(config, str(path), me),
        *(_check_file(replay.file) for replay in config.replay),
        *check_secrets(_secrets(config)),
    ]


def _check_sources(config: EdgeConfig, source: str) -> list[Finding]:
    """What would keep the agent from starting: an unknown device, a mapping that cannot work, a missing password."""
    try:
        build_sources(config, source)
    except SettingsError as wrong:
        return [bad("config", f"{wrong.key}: {wrong.text.vi}", f"{wrong.key}: {wrong.text.en}")]
    return []


def _secrets(config: EdgeConfig) -> dict[str, Path | str | None]:
    local = {f"{key}.password_file": entry.password_file for key, entry in _local_brokers(config).items()}
    local |= {f"serial[{at}].password_file": entry.password_file for at, entry in enumerate(config.serial)}
    local |= {f"network[{at}].password_file": entry.password_file for at, entry in enumerate(config.network)}
    return {"broker.password_file": config.broker.password_file, **local}


def _check_plain(config: EdgeConfig) -> list[Finding]:
    plain = password_in_clear(config.broker)
    return [] if plain is None else [warning("broker", plain.vi, plain.en, "classhub tls init --help")]


def _check_outbox(outbox: Path) -> Finding:
    if not outbox.exists():
        return note("store", f"{outbox}: chưa có, sẽ được tạo", f"{outbox}: not there yet, will be made")
    try:
        with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True, timeout=3)) as database:
            verdict = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as broken:
        verdict = str(broken)
    if verdict != "ok":
        vi = f"{outbox} bị hỏng ({verdict}); khi chạy, cổng để riêng tệp này và bắt đầu tệp mới"
        en = f"{outbox} is damaged ({verdict}); when run, the gateway sets it aside and begins a new one"
        return warning("store", vi, en)
    size = f"{outbox.stat().st_size / 1e6:.1f} MB"
    return ok("store", f"{outbox}: tốt, {size}", f"{outbox}: sound, {size}")


def _ports(config: EdgeConfig) -> list[tuple[str, str]]:
    """Names and ports of what hangs on lines; addresses of the network are none."""
    lines = [(serial.name, serial.port) for serial in config.serial] + [(bus.name, bus.port) for bus in config.bus]
    return [(name, port) for name, port in lines if not port.startswith(("tcp:", "udp:"))]


def _check_network(entry: NetworkSettings) -> Finding:
    """Whether something listens there; a display in standby may not, so it is no error."""
    device = device_named(entry.device)
    port = entry.port or (device.tcp_port if device else None) or 0
    where = host_port(entry.host, port)
    if entry.transport == "udp":
        return note(
            "network", f"{entry.name}: UDP {where}, không thử được", f"{entry.name}: UDP {where}, cannot be tried"
        )
    try:
        socket.create_connection((entry.host, port), timeout=_ANSWER_S).close()
    except OSError as failed:
        vi = f"{entry.name}: không nối được {where}: {failed}; tắt nguồn, hoặc đang ngủ?"
        en = f"{entry.name}: {where} cannot be reached: {failed}; switched off, or asleep?"
        return warning("network", vi, en, f"ping -c 3 {entry.host}")
    return ok("network", f"{entry.name}: {where} có trả lời", f"{entry.name}: {where} answers")


def _check_port(name: str, address: str) -> Finding:
    if address.startswith("usb:"):
        return note("serial", f"{name}: tìm theo {address}", f"{name}: found by {address}")
    keys = address.startswith("keyboard:")
    port = Path(address.removeprefix("keyboard:"))
    if not port.exists():
        vi, en = f"{name}: không có cổng {port}", f"{name}: there is no port {port}"
        return bad("serial", vi, en, "ls -l /dev/input/by-id" if keys else "ls -l /dev/serial/by-id")
    if not os.access(port, os.R_OK | os.W_OK):
        vi, en = f"{name}: không có quyền mở {port}", f"{name}: may not open {port}"
        return bad("serial", vi, en, f"sudo usermod -aG {'input' if keys else 'dialout'} $USER")
    return ok("serial", f"{name}: {port} dùng được", f"{name}: {port} can be used")


def _check_local(config: EdgeConfig, source: str, me: str) -> list[Finding]:
    found = []
    for index, (key, local) in enumerate(_local_brokers(config).items()):
        password = read_password(local.password_file, source, f"{key}.password_file")
        authorities = local.ca_file if isinstance(local, MqttSettings) else None
        check_authorities(authorities, source, f"{key}.ca_file")
        login = (local.username, password)
        found.append(check_login(local.host, local.port, f"{me}_{index}", login, authorities, _LOCAL))
    return found


def _local_brokers(config: EdgeConfig) -> dict[str, Zigbee2MqttSettings | MqttSettings]:
    """By their key in edge.toml."""
    return {
        **{f"zigbee2mqtt[{index}]": entry for index, entry in enumerate(config.zigbee2mqtt)},
        **{f"mqtt[{index}]": entry for index, entry in enumerate(config.mqtt)},
    }


def _check_file(file: Path) -> Finding:
    if file.exists():
        return ok("replay", f"{file} đọc được", f"{file} is there")
    return bad("replay", f"không có tệp {file}", f"there is no file {file}")
