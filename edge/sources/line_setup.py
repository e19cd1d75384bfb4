"""`[[serial]]` and `[[network]]` of edge.toml made into sources."""

import msgspec

from edge.config import EdgeConfig, NetworkSettings, SerialSettings, device_id, read_password
from edge.sources.line import LineSource
from edge.sources.source import Source
from firmware_bridge.device import Device, Options
from firmware_bridge.devices import device_named, unknown_device
from firmware_bridge.pins import Pin
from wire.address import host_port
from wire.quantities import QUANTITIES, Kind
from wire.settings import SettingsError
from wire.text import Text

FIRMATA = "firmata"


def build_lines(config: EdgeConfig, source_file: str) -> list[Source]:
    """Raises SettingsError, which names the key."""
    gateway = config.gateway.id
    sources: list[Source] = []
    for index, serial in enumerate(config.serial):
        key = f"serial[{index}]"
        device = _device(serial, source_file, key)
        if serial.baud is not None:
            device = msgspec.structs.replace(device, baud=serial.baud)
        if serial.interval_s is not None:
            device = _paced(device, serial.interval_s, source_file, f"{key}.interval_s")
        sources.append(_source(serial, device, serial.port, gateway, source_file, key))
    for index, network in enumerate(config.network):
        key = f"network[{index}]"
        device = _device(network, source_file, key)
        sources.append(_source(network, device, _place(network, device, source_file, key), gateway, source_file, key))
    return sources


def _source(
    entry: SerialSettings | NetworkSettings, device: Device, port: str, gateway: str, source_file: str, key: str
) -> Source:
    password = read_password(entry.password_file, source_file, f"{key}.password_file")
    if password is not None and device.dialogue is None:
        nothing = Text(f"{device.name} không dùng mật khẩu", f"{device.name} takes no password")
        raise SettingsError(source_file, f"{key}.password_file", nothing)
    options = Options(address=entry.address, password=password)
    if isinstance(entry, NetworkSettings):
        options = msgspec.structs.replace(options, utc_offset_min=entry.utc_offset_min)
    else:
        options = msgspec.structs.replace(options, pins=_pins(entry, device, source_file, key))
    return LineSource(entry.name, device, port, entry.id or device_id(gateway, entry.name), options=options)


def _paced(device: Device, interval_s: float, source_file: str, key: str) -> Device:
    if device.polls:
        return msgspec.structs.replace(device, interval_s=interval_s)
    alone = Text(f"{device.name} tự gửi, không hỏi được", f"{device.name} sends by itself and is not asked")
    raise SettingsError(source_file, key, alone)


def _pins(entry: SerialSettings, device: Device, source_file: str, key: str) -> tuple[Pin, ...]:
    """Pins are for boards that know nothing else; each names a quantity of numbers."""
    if entry.pins and device.name != FIRMATA:
        none = Text(f"{device.name} không có chân nào để đặt", f"{device.name} has no pins to set")
        raise SettingsError(source_file, f"{key}.pins", none)
    for index, pin in enumerate(entry.pins):
        known = QUANTITIES.get(pin.quantity)
        if known is None or known.kind is Kind.TEXT:
            wrong = Text(f"không có đại lượng {pin.quantity!r}", f"there is no quantity {pin.quantity!r} of numbers")
            raise SettingsError(source_file, f"{key}.pins[{index}].quantity", wrong)
    return entry.pins


def _device(entry: SerialSettings | NetworkSettings, source_file: str, key: str) -> Device:
    device = device_named(entry.device)
    if device is None:
        raise SettingsError(source_file, f"{key}.device", unknown_device(entry.device))
    return device if entry.address is None else _numbered(device, entry.address, source_file, f"{key}.address")


def _numbered(device: Device, address: int, source_file: str, key: str) -> Device:
    if device.at is None:
        nothing = Text(f"{device.name} không có địa chỉ", f"{device.name} has no address")
        raise SettingsError(source_file, key, nothing)
    try:
        return device.at(address)
    except ValueError as wrong:
        no_such = Text(f"{device.name} không có số máy {address}", f"{device.name} has no set number {address}")
        raise SettingsError(source_file, key, no_such) from wrong


def _place(entry: NetworkSettings, device: Device, source_file: str, key: str) -> str:
    port = entry.port or device.tcp_port
    if port is None:
        missing = Text(
            f"thiếu port: {device.name} không có cổng quen thuộc", f"port is missing: {device.name} has none"
        )
        raise SettingsError(source_file, f"{key}.port", missing)
    return f"{entry.transport}:{host_port(entry.host, port)}"
