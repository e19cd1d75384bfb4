"""Which of its devices' values a room shows, and how long that choice stays as fresh as it is."""

from collections.abc import Iterable
from typing import NamedTuple

from hub.live.device import FOR_EVER_MS, DeviceState
from hub.live.views import Value
from wire.quantities import QUANTITIES, Kind

_STATES = frozenset(key for key, row in QUANTITIES.items() if row.kind is Kind.STATE)


class Shown(NamedTuple):
    """The room's values, until when their freshness holds, when the newest was measured, and whether none is fresh."""

    values: dict[str, Value]
    until_ms: int
    newest_ms: int | None
    stale: bool


def shown_values(devices: Iterable[DeviceState], co2_device: str | None, now_ms: int) -> Shown:
    """The room's value of every quantity.

    Devices not under maintenance and fresh values go first; then, for states, one that says 1 (one open door makes
    the room open); for CO2 the sensor whose course is drawn; then the newest.
    """
    best: dict[str, tuple[tuple[bool, bool, bool, int], DeviceState]] = {}
    until, newest, any_fresh = FOR_EVER_MS, -1, False
    for device in devices:
        here_from_ms, at_work = device.here_from_ms, device.maintenance is not None
        for quantity, cell in device.cells.items():
            if cell.at_ms < here_from_ms:
                continue
            at_ms = cell.at_ms
            if at_ms > newest:  # noqa: PLR1730 - called for every value of every room: max() costs more than the rest
                newest = at_ms
            fresh_until = device.fresh_until_ms(quantity, cell)
            fresh = fresh_until >= now_ms
            if fresh:
                any_fresh = True
                if fresh_until < until:  # noqa: PLR1730 - as above
                    until = fresh_until
            first = cell.value == 1 if quantity in _STATES else device.id == co2_device
            rank = (not at_work, fresh, first, at_ms)
            known = best.get(quantity)
            if known is None or rank > known[0]:
                best[quantity] = (rank, device)
    values = {key: device.value(key, device.cells[key], now_ms) for key, (_, device) in best.items()}
    return Shown(values, until, newest if newest >= 0 else None, not any_fresh)
