"""What the devices of one room say for and against people being there; stale values say nothing."""

from collections.abc import Iterable

from hub.live.device import Cell, DeviceState
from hub.live.occupancy import Evidence
from hub.live.views import Running


def usable(devices: Iterable[DeviceState]) -> list[DeviceState]:
    return [device for device in devices if device.maintenance is None]


def fresh_cells(devices: Iterable[DeviceState], quantity: str, now_ms: int) -> list[tuple[DeviceState, Cell]]:
    measuring = (device for device in devices if quantity in device.cells)
    return [(device, cell) for device in measuring if (cell := device.fresh(quantity, now_ms)) is not None]


def gather(
    devices: list[DeviceState], now_ms: int, *, capacity: int, dark_outside: bool, appliances: Iterable[Running]
) -> Evidence:
    """Everything but CO2, which needs the room's own history."""
    motion, since_ms = _motion(devices, now_ms)
    quiet_s = (now_ms - since_ms) / 1000 if motion is False and since_ms is not None else 0.0
    light = _extreme(devices, "illuminance_lx", now_ms)
    kinds = set(appliances)
    shows = any("display_on" in device.cells for device in devices) or bool(kinds)
    return Evidence(
        motion=motion,
        motion_since_ms=since_ms,
        quiet_s=max(0.0, quiet_s),
        count=_count(devices, now_ms),
        light_lx=light,
        dark_outside=dark_outside,
        noise_dba=_extreme(devices, "noise_dba", now_ms),
        running=bool(kinds & {Running.DISPLAY, Running.PROJECTOR}) if shows else None,
        door_s=_door(devices, now_ms),
        capacity=capacity,
    )


def _motion(devices: list[DeviceState], now_ms: int) -> tuple[bool | None, int | None]:
    """Motion anywhere, else the last instant it ended anywhere."""
    cells = [cell for _, cell in fresh_cells(devices, "occupancy", now_ms)]
    if not cells:
        return None, None
    moving = [cell.since_ms for cell in cells if cell.value == 1]
    return (True, min(moving)) if moving else (False, max(cell.since_ms for cell in cells))


def _count(devices: list[DeviceState], now_ms: int) -> float | None:
    counts = [cell for _, cell in fresh_cells(devices, "people_count", now_ms)]
    return float(max(counts, key=lambda cell: cell.at_ms).value) if counts else None


def _extreme(devices: list[DeviceState], quantity: str, now_ms: int) -> float | None:
    return max((float(cell.value) for _, cell in fresh_cells(devices, quantity, now_ms)), default=None)


def _door(devices: list[DeviceState], now_ms: int) -> float | None:
    moved = [cell.since_ms for _, cell in fresh_cells(devices, "contact_open", now_ms)]
    return max(0.0, (now_ms - max(moved)) / 1000) if moved else None
