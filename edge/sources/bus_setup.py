"""A `[[bus]]` of edge.toml made into sources: the line, and one for each device on it."""

import time
from pathlib import Path

from edge.config import BusDeviceSettings, BusSettings, device_id
from edge.sources.bus import Bus, LineSettings
from edge.sources.bus_member import BusMember, on_bus
from edge.sources.source import Source
from firmware_bridge.device import Device
from firmware_bridge.devices import DEVICES, device_named
from firmware_bridge.framing.modbus_rtu import ModbusRtu
from firmware_bridge.modbus_table import table_device
from wire.settings import SettingsError
from wire.text import Text

TABLE_DEVICE = "modbus"


def build_bus(entry: BusSettings, gateway: str, source_file: str, key: str) -> list[Source]:
    """Raises SettingsError, which names the key."""
    members = []
    for index, item in enumerate(entry.devices):
        device = _device(item, source_file, f"{key}.devices[{index}]")
        members.append(
            BusMember(
                item.name,
                on_bus(device, entry.baud, item.interval_s),
                item.id or device_id(gateway, item.name),
                time.monotonic,
            )
        )
    settings = LineSettings(entry.baud, entry.parity, entry.stop_bits)
    return [Bus(entry.name, entry.port, members, settings), *members]


def _device(item: BusDeviceSettings, source_file: str, key: str) -> Device:
    if item.device == TABLE_DEVICE:
        device: Device | None = _from_table(item.table, source_file, f"{key}.table")
    else:
        device = device_named(item.device)
    at = None if device is None else device.at
    if device is None or at is None or not _speaks_modbus(device):
        known = ", ".join(sorted(name for name, one in DEVICES.items() if _speaks_modbus(one)))
        raise SettingsError(
            source_file,
            f"{key}.device",
            Text(
                f"{item.device!r} không nối chung dây được; có: {TABLE_DEVICE}, {known}",
                f"{item.device!r} is no device for a shared line; there are: {TABLE_DEVICE}, {known}",
            ),
        )
    return at(item.address)


def _speaks_modbus(device: Device) -> bool:
    """Only there an answer says whose it is."""
    return isinstance(device.frame, ModbusRtu)


def _from_table(path: Path | None, source_file: str, key: str) -> Device:
    if path is None:
        raise SettingsError(source_file, key, Text("thiếu: tệp TOML mô tả thanh ghi", "missing: a TOML of registers"))
    try:
        toml = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        why = Text(f"không đọc được {path}: {broken}", f"cannot read {path}: {broken}")
        raise SettingsError(source_file, key, why) from broken
    return table_device(toml, str(path))
