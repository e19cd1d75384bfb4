"""The list of all devices as docs/devices.md shows it, made from their declarations. Pure."""

from collections.abc import Iterable, Sequence

from firmware_bridge.device import Device
from firmware_bridge.devices.air import AIR
from firmware_bridge.devices.displays import DISPLAYS
from firmware_bridge.devices.identity import IDENTITY
from firmware_bridge.devices.meters import METERS
from firmware_bridge.devices.nodes import NODES
from wire.quantities import QUANTITIES
from wire.text import Text

FAMILIES: tuple[tuple[Text, tuple[Device, ...]], ...] = (
    (Text("Không khí và khí hậu", "Air and climate"), AIR),
    (Text("Công tơ và Modbus", "Meters and Modbus"), METERS),
    (Text("Bảng tương tác, màn hình, máy chiếu", "Interactive boards, screens, projectors"), DISPLAYS),
    (Text("Định danh", "Identity"), IDENTITY),
    (Text("Bo mạch tự làm", "A school's own boards"), NODES),
)
_HEAD = (
    "| `device =` | tên / name | đường dây / link | đo / measures | nhịp / pace | lệnh / orders | còn gọi là / also |",
    "|---|---|---|---|---|---|---|",
)
_MANY = 12
"""More quantities than this are not listed: such a device says itself what it measures."""


def page() -> str:
    """Every family as a table, and below it what the installer must know of each device."""
    return "\n\n".join(_family(title, devices) for title, devices in FAMILIES)


def _family(title: Text, devices: Sequence[Device]) -> str:
    rows = [*_HEAD, *(_row(device) for device in devices)]
    return "\n".join([f"### {title.both()}", "", *rows, "", *_wiring(devices)])


def _wiring(devices: Sequence[Device]) -> list[str]:
    """Once for all devices that are wired alike."""
    alike: dict[Text, list[str]] = {}
    for device in devices:
        if device.wiring.en:
            alike.setdefault(device.wiring, []).append(f"`{device.name}`")
    return [f"- {', '.join(names)}: {wiring.vi}\n  {wiring.en}" for wiring, names in alike.items()]


def _row(device: Device) -> str:
    cells = (f"`{device.name}`", device.title.both(), _link(device), _measures(device), _pace(device), _orders(device))
    return f"| {' | '.join((*cells, ', '.join(device.also)))} |"


def _link(device: Device) -> str:
    serial = f"{device.baud} 8{device.parity}{device.stop_bits}" if device.baud else ""
    network = f"TCP {device.tcp_port}" if device.tcp_port else ""
    return ", ".join(part for part in (serial, network) if part)


def _measures(device: Device) -> str:
    if len(device.quantities) > _MANY:
        return Text("tự khai báo", "says so itself").both()
    return ", ".join(f"`{key}` {QUANTITIES[key].unit}".strip() for key in device.quantities)


def _pace(device: Device) -> str:
    return Text("khi có việc", "when used").both() if device.change_driven else f"{device.interval_s:g} s"


def _orders(device: Device) -> str:
    """`display_input` once, with its values behind it."""
    found: dict[str, list[str]] = {}
    for command in device.commands:
        found.setdefault(str(command.kind), []).extend([command.value] if command.value else [])
    return ", ".join(f"`{kind}`{_values(values)}" for kind, values in found.items())


def _values(values: Iterable[str]) -> str:
    listed = ", ".join(values)
    return f" ({listed})" if listed else ""
