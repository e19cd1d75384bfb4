"""edge.toml as one frozen structure; wire.settings names file and key of whatever is wrong in it."""

import ssl
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from firmware_bridge.pins import Pin
from wire.address import host_port, is_loopback
from wire.ids import MAX_ID, is_id, slug
from wire.mapping import Mapping
from wire.settings import SettingsError, parse_settings
from wire.text import Text
from wire.topics import RESERVED_SCHOOL

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Host = Annotated[str, Meta(min_length=1, max_length=253)]  # what DNS allows
Place = Annotated[str, Meta(min_length=1, max_length=4096)]  # a path (/dev/serial/by-id/… is long) or an MQTT topic
Port = Annotated[int, Meta(ge=1, le=65535)]
Positive = Annotated[float, Meta(gt=0)]


class GatewaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who this gateway is. `machine_id_file` replaces the usual places where the machine's own number is read."""

    school: str
    id: str
    data_dir: Path
    hub: str = "main"
    machine_id_file: Path | None = None


class BrokerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker between gateways and hub. The user name is `{school}.{gateway}` unless given."""

    host: Host
    port: Port = 1883
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None


class ClockSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`system`: the operating system's clock is right by declaration. `auto`: the kernel or the hub has to say so.

    `hub`: only the hub's time counts, whatever the kernel says of its own.
    """

    trust: Literal["auto", "system", "hub"] = "auto"


class OutboxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    max_mb: Annotated[float, Meta(gt=0.1)] = 512
    max_age_days: Positive = 14
    keep_acknowledged_h: Annotated[float, Meta(ge=0)] = 24
    commit_interval_s: Annotated[float, Meta(ge=0.05, le=60)] = 1.0
    min_free_mb: Annotated[float, Meta(ge=0)] = 100


class SerialSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device on a serial port; `device` is a key of firmware_bridge's table.

    `address` is its set number, for displays that have one; `baud` where it was set to another speed than usual.
    """

    name: Name
    device: Name
    port: Place
    id: str | None = None
    address: Annotated[int, Meta(ge=0, le=65535)] | None = None
    baud: Annotated[int, Meta(ge=300, le=1_000_000)] | None = None
    password_file: Path | None = None
    interval_s: Positive | None = None
    pins: tuple[Pin, ...] = ()


class NetworkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device on the network, or any serial device behind a serial server; `port` as usual for its kind."""

    name: Name
    device: Name
    host: Host
    port: Port | None = None
    transport: Literal["tcp", "udp"] = "tcp"
    id: str | None = None
    address: Annotated[int, Meta(ge=0, le=65535)] | None = None
    password_file: Path | None = None
    utc_offset_min: Annotated[int, Meta(ge=-720, le=840)] = 420


class BusDeviceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device on a shared line; `device` "modbus" takes its registers from the file `table`."""

    name: Name
    device: Name
    address: Annotated[int, Meta(ge=1, le=247)]
    id: str | None = None
    table: Path | None = None
    interval_s: Positive | None = None


class BusSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line (RS-485) that several devices share; all of them must be set to its speed."""

    name: Name
    port: Place
    devices: Annotated[tuple[BusDeviceSettings, ...], Meta(min_length=1, max_length=247)]
    baud: Annotated[int, Meta(ge=300, le=1_000_000)] = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1


class Zigbee2MqttSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A local broker to which Zigbee2MQTT publishes."""

    name: Name
    host: Host
    port: Port = 1883
    base_topic: Place = "zigbee2mqtt"
    username: str | None = None
    password_file: Path | None = None


class MqttSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A local broker to which devices of any dialect publish; `dialects` empty: all that are known.

    `timezone_offset_min`: what times without an offset are in (Tasmota). `sparkplug_host`: this host's Sparkplug id.
    """

    name: Name
    host: Host
    port: Port = 1883
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    topics: tuple[Place, ...] = ("#",)
    dialects: tuple[Name, ...] = ()
    zigbee2mqtt: Place = "zigbee2mqtt"
    homeassistant: Place = "homeassistant"
    homie: Place = "homie"
    sparkplug_host: str = ""
    timezone_offset_min: Annotated[int, Meta(ge=-840, le=840)] = 420


class ReplaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recorded file, played at `speed` times its own pace (0: as fast as the hub takes it)."""

    file: Path
    map: Path | None = None
    speed: Annotated[float, Meta(ge=0)] = 1.0
    shift_to_now: bool = False


class EdgeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gateway: GatewaySettings
    broker: BrokerSettings
    clock: ClockSettings = ClockSettings()
    outbox: OutboxSettings = OutboxSettings()
    serial: tuple[SerialSettings, ...] = ()
    network: tuple[NetworkSettings, ...] = ()
    bus: tuple[BusSettings, ...] = ()
    zigbee2mqtt: tuple[Zigbee2MqttSettings, ...] = ()
    mqtt: tuple[MqttSettings, ...] = ()
    mapping: tuple[Mapping, ...] = ()
    replay: tuple[ReplaySettings, ...] = ()


def load_config(path: Path) -> EdgeConfig:
    """Read and check `path`; relative paths in it are relative to its folder. Raises SettingsError."""
    try:
        toml = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise SettingsError(str(path), "", Text(f"không đọc được: {broken}", f"cannot be read: {broken}")) from broken
    return parse_config(toml, str(path), path.resolve().parent)


def parse_config(toml: str, source: str, folder: Path) -> EdgeConfig:
    """Raises SettingsError, which names `source` and the key."""
    config = parse_settings(toml, EdgeConfig, source)
    _check_ids(config, source)
    _check_names(config, source)
    return _placed(config, folder)


def read_password(path: Path | None, source: str, key: str) -> str | None:
    """The first line of a password file. Raises SettingsError where there is a path and no readable password."""
    if path is None:
        return None
    try:
        password = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as broken:
        raise SettingsError(
            source, key, Text(f"không đọc được {path}: {broken}", f"cannot read {path}: {broken}")
        ) from (broken)
    if not password:
        raise SettingsError(source, key, Text(f"tệp {path} rỗng", f"{path} is empty"))
    return password


def password_in_clear(broker: BrokerSettings) -> Text | None:
    """What to tell where this gateway's password crosses the network unencrypted; None where it does not."""
    if broker.password_file is None or broker.ca_file is not None or is_loopback(broker.host):
        return None
    where = host_port(broker.host, broker.port)
    return Text(
        f"mật khẩu và số liệu đi tới broker {where} mà không mã hóa: ai nghe được mạng này thấy chúng; broker có TLS: "
        "chép ca.crt của trung tâm về đây rồi đặt broker.ca_file (và broker.port)",
        f"password and data go to the broker {where} unencrypted: whoever listens on this network sees them; where the "
        "broker has TLS, copy the hub's ca.crt here and set broker.ca_file (and broker.port)",
    )


def check_authorities(path: Path | None, source: str, key: str) -> None:
    """Raises SettingsError where there is a path and no certificates that can be read in it."""
    if path is None:
        return
    try:
        ssl.create_default_context(cafile=path)
    except OSError as broken:
        reason = Text(
            f"không đọc được chứng chỉ trong {path}: {broken}; hãy chép lại tệp này từ trung tâm",
            f"no certificates can be read in {path}: {broken}; copy the file from the hub again",
        )
        raise SettingsError(source, key, reason) from broken


def _check_ids(config: EdgeConfig, source: str) -> None:
    gateway = config.gateway
    wanted = [("gateway.school", gateway.school), ("gateway.id", gateway.id), ("gateway.hub", gateway.hub)]
    wanted += [(f"serial[{i}].id", device.id) for i, device in enumerate(config.serial) if device.id is not None]
    wanted += [(f"network[{i}].id", device.id) for i, device in enumerate(config.network) if device.id is not None]
    wanted += [(f"{key}.id", device.id) for key, device in _on_buses(config) if device.id is not None]
    for key, value in wanted:
        if not is_id(value):
            raise SettingsError(
                source,
                key,
                Text(
                    f"{value!r} không hợp lệ: chỉ dùng a-z, 0-9 và dấu -, dài 1 đến {MAX_ID} ký tự",
                    f"{value!r} is no id: use a-z, 0-9 and -, 1 to {MAX_ID} characters",
                ),
            )
    if gateway.school == RESERVED_SCHOOL:
        raise SettingsError(
            source, "gateway.school", Text('mã trường không được là "hub"', 'no school is called "hub"')
        )


def device_id(gateway: str, name: str) -> str:
    """`{gateway}-{name}`, the id of a device that brings none of its own."""
    return f"{gateway}-{name}" if is_id(f"{gateway}-{name}") else slug(f"{gateway}-{slug(name)}")


def _check_names(config: EdgeConfig, source: str) -> None:
    """Every source has its own name, every line its own port, every device its own id, on a bus its own address."""
    serial, gateway = list(enumerate(config.serial)), config.gateway.id
    names = [(f"serial[{index}].name", entry.name) for index, entry in serial]
    network = list(enumerate(config.network))
    names += [(f"network[{index}].name", entry.name) for index, entry in network]
    names += [(f"zigbee2mqtt[{index}].name", entry.name) for index, entry in enumerate(config.zigbee2mqtt)]
    names += [(f"mqtt[{index}].name", entry.name) for index, entry in enumerate(config.mqtt)]
    names += [(f"bus[{index}].name", entry.name) for index, entry in enumerate(config.bus)]
    names += [(f"{key}.name", entry.name) for key, entry in _on_buses(config)]
    _check_single(names, source)
    ports = [(f"serial[{index}].port", str(Path(entry.port))) for index, entry in serial]
    ports += [(f"bus[{index}].port", str(Path(entry.port))) for index, entry in enumerate(config.bus)]
    _check_single(ports, source)
    # Displays chained behind one serial server share its address and differ by their set number.
    places = [(f"network[{i}].host", f"{e.transport} {e.host} {e.port or ''} {e.address or ''}") for i, e in network]
    _check_single(places, source)
    ids = [(f"serial[{index}].id", entry.id or device_id(gateway, entry.name)) for index, entry in serial]
    ids += [(f"network[{index}].id", entry.id or device_id(gateway, entry.name)) for index, entry in network]
    ids += [(f"{key}.id", entry.id or device_id(gateway, entry.name)) for key, entry in _on_buses(config)]
    _check_single(ids, source)
    for index, bus in enumerate(config.bus):
        places = [(f"bus[{index}].devices[{i}].address", str(entry.address)) for i, entry in enumerate(bus.devices)]
        _check_single(places, source)


def _on_buses(config: EdgeConfig) -> list[tuple[str, BusDeviceSettings]]:
    """Every device on a shared line, with its key."""
    return [
        (f"bus[{index}].devices[{place}]", entry)
        for index, bus in enumerate(config.bus)
        for place, entry in enumerate(bus.devices)
    ]


def _check_single(entries: list[tuple[str, str]], source: str) -> None:
    """Raises SettingsError, which names both keys, where two have the same value."""
    first: dict[str, str] = {}
    for key, value in entries:
        if value in first:
            reason = Text(f"{value!r} đã dùng ở {first[value]}", f"{value!r} is that of {first[value]} already")
            raise SettingsError(source, key, reason)
        first[value] = key


def _placed(config: EdgeConfig, folder: Path) -> EdgeConfig:
    """The same settings with every relative path made absolute."""

    def place(path: Path | None) -> Path | None:
        return None if path is None else folder / path.expanduser()

    replace = msgspec.structs.replace
    gateway = config.gateway
    return replace(
        config,
        gateway=replace(
            gateway,
            data_dir=folder / gateway.data_dir.expanduser(),
            machine_id_file=place(gateway.machine_id_file),
        ),
        broker=replace(
            config.broker, password_file=place(config.broker.password_file), ca_file=place(config.broker.ca_file)
        ),
        serial=tuple(replace(entry, password_file=place(entry.password_file)) for entry in config.serial),
        network=tuple(replace(entry, password_file=place(entry.password_file)) for entry in config.network),
        bus=tuple(
            replace(bus, devices=tuple(replace(entry, table=place(entry.table)) for entry in bus.devices))
            for bus in config.bus
        ),
        zigbee2mqtt=tuple(replace(entry, password_file=place(entry.password_file)) for entry in config.zigbee2mqtt),
        mqtt=tuple(
            replace(entry, password_file=place(entry.password_file), ca_file=place(entry.ca_file))
            for entry in config.mqtt
        ),
        replay=tuple(replace(entry, file=folder / entry.file, map=place(entry.map)) for entry in config.replay),
    )
