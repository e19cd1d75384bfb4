"""Windows as lines of the coarse levels: which fields each kind of quantity gets. Pure."""

import math
from collections.abc import Collection, Iterable, Iterator

from hub.stores.influx.lines import MEASURED, Fields, line, prefix
from hub.stores.influx.sums import Window
from hub.stores.influx.windows import HELD
from wire.quantities import QUANTITIES, Kind

FIGURES = ("mean", "min", "max", "last")


def figures_of(kind: Kind) -> tuple[str, ...]:
    """What a window keeps of a number, beside how many there were."""
    return ("last",) if kind in {Kind.COUNTER, Kind.TEXT} else FIGURES


def lines(
    school: str, windows: Iterable[Window], window_ms: int, *, anew: bool = False, calibrated: Collection[str] = ()
) -> Iterator[str]:
    """One line a device, room and window. `anew`: over windows that may be stored already: a field that is not
    written again would stay, so what is usually left out is written, measured figures for the quantities `calibrated`.
    """
    found: dict[tuple[str, str, int], Fields] = {}
    for window in windows:
        fields = found.setdefault((window.room, window.device, window.t_ms), {})
        fields |= _fields(window, window_ms, anew=anew, measured=window.calibrated or window.quantity in calibrated)
    for (room, device, t_ms), fields in found.items():
        if fields:
            yield line(prefix("reading", school, room, device), fields, t_ms)


def _fields(window: Window, window_ms: int, *, anew: bool, measured: bool) -> Fields:
    quantity, kind = window.quantity, QUANTITIES[window.quantity].kind
    if kind is Kind.TEXT:
        return {f"{quantity}_last": window.last}
    figures = dict(zip(FIGURES, (window.mean, window.minimum, window.maximum, window.last), strict=True))
    fields: Fields = {f"{quantity}_{name}": figures[name] for name in figures_of(kind)}
    fields[f"{quantity}_count"] = float(window.counted)
    if measured:
        others = dict(zip(FIGURES, window.measured, strict=True))
        fields |= {f"{quantity}{MEASURED}_{name}": others[name] for name in figures_of(kind)}
    if window.held_ms is not None and (anew or window.held_ms < window_ms):
        fields[quantity + HELD] = float(window.held_ms)
    return fields if all(not isinstance(value, float) or math.isfinite(value) for value in fields.values()) else {}
