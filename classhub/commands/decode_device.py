"""Which device a capture is of: by its name, at an address, or as a table of registers declares it."""

from pathlib import Path

from firmware_bridge.device import Device
from firmware_bridge.devices import DEVICES, device_named, unknown_device
from firmware_bridge.modbus_table import table_device
from wire.settings import SettingsError
from wire.text import Text

TABLE_DEVICE = "modbus"


class NoDevice(Exception):
    """Wrong usage; the text says what there is."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


def device_of(name: str, address: int | None, table: Path | None) -> Device:
    """Raises NoDevice."""
    device = _from_table(table) if name == TABLE_DEVICE else device_named(name)
    if device is None:
        known = ", ".join((*DEVICES, TABLE_DEVICE))
        raise NoDevice(unknown_device(name, Text(f"có: {known}", f"there are: {known}")))
    if address is None:
        return device
    try:
        return device if device.at is None else device.at(address)
    except ValueError as wrong:
        raise NoDevice(Text(f"không có địa chỉ {address}: {wrong}", f"no address {address}: {wrong}")) from wrong


def _from_table(path: Path | None) -> Device:
    if path is None:
        raise NoDevice(
            Text("thiếu --table TỆP.toml mô tả thanh ghi", "--table FILE.toml with its registers is missing")
        )
    try:
        return table_device(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as broken:
        raise NoDevice(Text(f"không đọc được {path}: {broken}", f"cannot read {path}: {broken}")) from broken
    except SettingsError as wrong:
        where = f"{wrong.source}: {wrong.key}: " if wrong.key else f"{wrong.source}: "
        raise NoDevice(Text(where + wrong.text.vi, where + wrong.text.en)) from wrong
