"""A gateway's settings put to the test: uplink, outbox, serial sensors, local brokers, recorded files."""

import os
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
    SerialSettings,
    Zigbee2MqttSettings,
    check_authorities,
    load_config,
    password_in_clear,
    read_password,
)
from firmware_bridge.devices import DEVICES
from wire.topics import client_id, user_name


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
        *check_disk(gateway.data_dir, config.outbox.min_free_mb),
        check_login(broker.host, broker.port, me, login, broker.ca_file),
        *_check_plain(config),
        _check_outbox(gateway.data_dir / "outbox.db"),
        *(_check_sensor(sensor) for sensor in config.serial),
        *_check_local(config, str(path), me),
        *(_check_file(replay.file) for replay in config.replay),
        *check_secrets(_secrets(config)),
    ]


def _secrets(config: EdgeConfig) -> dict[str, Path | str | None]:
    local = {f"{key}.password_file": entry.password_file for key, entry in _local_brokers(config).items()}
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


def _check_sensor(sensor: SerialSettings) -> Finding:
    if sensor.device not in DEVICES:
        known = ", ".join(sorted(DEVICES))
        return bad(
            "serial",
            f"{sensor.name}: không có thiết bị {sensor.device}; có: {known}",
            f"{sensor.name}: no device {sensor.device}; there are: {known}",
        )
    if sensor.port.startswith("usb:"):
        return note("serial", f"{sensor.name}: tìm theo {sensor.port}", f"{sensor.name}: found by {sensor.port}")
    port = Path(sensor.port)
    if not port.exists():
        vi, en = f"{sensor.name}: không có cổng {port}", f"{sensor.name}: there is no port {port}"
        return bad("serial", vi, en, "ls -l /dev/serial/by-id")
    if not os.access(port, os.R_OK | os.W_OK):
        vi, en = f"{sensor.name}: không có quyền mở {port}", f"{sensor.name}: may not open {port}"
        return bad("serial", vi, en, "sudo usermod -aG dialout $USER")
    return ok("serial", f"{sensor.name}: {port} dùng được", f"{sensor.name}: {port} can be used")


def _check_local(config: EdgeConfig, source: str, me: str) -> list[Finding]:
    found = []
    for index, (key, local) in enumerate(_local_brokers(config).items()):
        password = read_password(local.password_file, source, f"{key}.password_file")
        authorities = local.ca_file if isinstance(local, MqttSettings) else None
        check_authorities(authorities, source, f"{key}.ca_file")
        found.append(check_login(local.host, local.port, f"{me}_{index}", (local.username, password), authorities))
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
