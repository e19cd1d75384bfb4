"""Points as InfluxDB's line protocol: a row's tags and fields, checked so that no free text becomes a tag. Pure.

A row: `reading,device=d,room=r,school=s co2_ppm=812.0,co2_ppm_measured=790.0,seq=5497558138887i 1760000000000`. The
value is what people see (calibrated); `_measured` is there only where a calibration changed it. `seq` says which row
won: number of the epoch << 40 | row.
"""

import math
import re
from collections.abc import Mapping, Sequence

from hub.registry.model import Assignment, Calibration
from hub.stores.influx.gaps import Gaps, cut, with_gap
from hub.stores.influx.stretches import ALWAYS_MS, NEVER_MS, NOWHERE
from hub.stores.series import Intervals, Point
from wire.quantities import QUANTITIES, Kind

Fields = dict[str, float | str]  # whole numbers are ints: `seq` and the like
ROW_BITS = 40
MEASURED = "_measured"
SEQ, SEQ_OF, SHIFT = "seq", "seq_", "shift_ms"
LAST = "_last"

_TAG = re.compile(r"[a-z0-9-]{1,64}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"'})


class PointUnusable(ValueError):
    """A point that can never be stored; the message says why."""


class Device:
    """One device as the store knows it: where it hung, how it was calibrated, which of its times may be stored.

    That is none after `newest_ms` and none in `gaps`. `prefix` is the beginning of its lines from `from_ms` to before
    `to_ms`; `stand_at` moves it. Mutable: the hot path looks each of these up once a row.
    """

    __slots__ = (
        "assignments",
        "calibrations",
        "from_ms",
        "gaps",
        "name",
        "newest_ms",
        "prefix",
        "room",
        "school",
        "to_ms",
    )

    def __init__(self, school: str, name: str, intervals: Intervals = ((), ())) -> None:
        for tag in (school, name):
            if not _TAG.fullmatch(tag):
                raise PointUnusable(f"{tag[:80]!r} cannot be a tag: an id is 1 to 64 of a-z, 0-9 and -")
        self.school, self.name = school, name
        self.newest_ms = NEVER_MS
        self.gaps: Gaps = ()
        self.tell(intervals)

    def tell(self, intervals: Intervals) -> None:
        """Where it hangs and how it is calibrated from now on, each sorted by time."""
        self.assignments, self.calibrations = intervals
        self.from_ms = self.to_ms = NEVER_MS
        self.prefix = self.room = ""

    def stand_at(self, t_ms: int) -> None:
        """Make `prefix` and `room` those of a time."""
        self.room, self.from_ms, self.to_ms = stay_at(self.assignments, t_ms)
        self.prefix = prefix("reading", self.school, self.room, self.name)

    def claim(self, t_ms: int) -> bool:
        """Whether certainly nothing is stored at a time; from now on something may be."""
        if t_ms > self.newest_ms:
            self.gaps, self.newest_ms = with_gap(self.gaps, (self.newest_ms, t_ms)), t_ms
            return True
        left = cut(self.gaps, t_ms)
        if left is None:
            return False
        self.gaps = left
        return True

    def calibrated(self, quantity: str, t_ms: int, value: float) -> float:
        scale, offset = scaling_at(self.calibrations, quantity, t_ms)
        shown = value * scale + offset
        return shown if math.isfinite(shown) else value


def stay_at(assignments: Sequence[Assignment], t_ms: int) -> tuple[str, int, int]:
    """(room tag, from, to) of the stay, or of the gap between stays, that `t_ms` falls into."""
    before = NEVER_MS
    for stay in assignments:
        if t_ms < stay.from_ms:
            return NOWHERE, before, stay.from_ms
        end = ALWAYS_MS if stay.to_ms is None else stay.to_ms
        if t_ms < end:
            return (stay.room if _TAG.fullmatch(stay.room) else NOWHERE), stay.from_ms, end
        before = end
    return NOWHERE, before, ALWAYS_MS


def scaling_at(calibrations: Sequence[Calibration], quantity: str, t_ms: int) -> tuple[float, float]:
    """(scale, offset) that hold for a quantity at a time; each holds until the next one of its quantity."""
    found = (1.0, 0.0)
    for each in calibrations:
        if each.quantity == quantity and each.from_ms <= t_ms:
            found = (each.scale, each.offset)
    return found


def prefix(
    measurement: str, school: str, room: str | None = None, device: str | None = None, *, gateway: str | None = None
) -> str:
    """Measurement and tags, sorted by name as InfluxDB likes them, with the space that ends them."""
    tags = [("device", device), ("gateway", gateway), ("room", room or None), ("school", school)]
    for _, value in tags:
        if value is not None and value != NOWHERE and not _TAG.fullmatch(value):
            raise PointUnusable(f"{value[:80]!r} cannot be a tag: an id is 1 to 64 of a-z, 0-9 and -")
    return measurement + "".join(f",{name}={value}" for name, value in tags if value is not None) + " "


def is_quantity(field: str) -> bool:
    """Whether a field of `reading` in the raw bucket is a value, and not what is kept about values."""
    return field not in {SEQ, SHIFT} and not field.startswith(SEQ_OF) and not field.endswith(MEASURED)


def checked_field(name: str) -> str:
    """A field's name, or PointUnusable: free text is none."""
    if name in QUANTITIES or (_FIELD.fullmatch(name) and is_quantity(name)):
        return name
    raise PointUnusable(f"{name[:80]!r} cannot be a field: a quantity's key is made of a-z, 0-9 and _")


def checked_value(quantity: str, value: float | str) -> float | str:
    """The value as the quantity's kind wants it (all numbers are floats), or PointUnusable."""
    checked_field(quantity)
    known = QUANTITIES.get(quantity)
    if known is not None and (known.kind is Kind.TEXT) != isinstance(value, str):
        kind = "a text" if known.kind is Kind.TEXT else "a number"
        raise PointUnusable(f"{quantity}: {str(value)[:60]!r} is not {kind}")
    if isinstance(value, str):
        if "\x00" in value:
            raise PointUnusable(f"{quantity}: a text with a NUL character")
        return value
    number = float(value)
    if not math.isfinite(number):
        raise PointUnusable(f"{quantity}: {number} is no number that can be stored")
    return number


def rank_of(epoch: int, row: int) -> int:
    """One number by which rows are ordered: later epochs first, then later rows."""
    if not 0 <= row < 1 << ROW_BITS:
        raise PointUnusable(f"row {row} is beyond what a stream can number")
    return epoch << ROW_BITS | row


def raw_fields(device: Device, point: Point, rank: int) -> Fields:
    """What a row nobody competes with gets. Raises PointUnusable."""
    fields: Fields = {}
    for quantity, given in point.values.items():
        value = checked_value(quantity, given)
        put_value(fields, device, quantity, point.t_ms, value)
    if not fields:
        raise PointUnusable("a row without a value")
    fields[SEQ] = rank
    if point.shift_ms:
        fields[SHIFT] = point.shift_ms
    return fields


def put_value(
    fields: Fields, device: Device, quantity: str, t_ms: int, value: float | str, *, always: bool = False
) -> None:
    """The value people see, and the measured one where they differ (`always`: where one is stored already)."""
    shown = value if isinstance(value, str) else device.calibrated(quantity, t_ms, value)
    fields[quantity] = shown
    if shown != value or always:
        fields[quantity + MEASURED] = value


def alone(row: Fields) -> Fields:
    """A raw row as a window of a coarse level: count 1. Who won is kept, as in a row."""
    fields: Fields = {}
    for name, value in row.items():
        if name == SEQ or name.startswith(SEQ_OF):
            fields[name] = value
        elif name != SHIFT:
            known = QUANTITIES.get(name.removesuffix(MEASURED))
            if not isinstance(value, str):
                if known is None or known.kind in {Kind.GAUGE, Kind.STATE}:
                    fields |= {f"{name}_{figure}": value for figure in ("mean", "min", "max")}
                if not name.endswith(MEASURED):
                    fields[f"{name}_count"] = 1.0
            fields[f"{name}{LAST}"] = value
    return fields


def row_alone(window: Fields) -> Fields:
    """The raw row that `alone` was made of."""
    row = {name: value for name, value in window.items() if name == SEQ or name.startswith(SEQ_OF)}
    return row | {name.removesuffix(LAST): value for name, value in window.items() if name.endswith(LAST)}


def line(start: str, fields: Mapping[str, float | str], time: int) -> str:
    """One line: `start` as of `prefix`, fields by their Python types, the time in the unit of the write."""
    return f"{start}{','.join(f'{name}={_field_text(value)}' for name, value in fields.items())} {time}"


def _field_text(value: float | str) -> str:
    if isinstance(value, float):
        return repr(value)
    return f"{value}i" if isinstance(value, int) else f'"{value.translate(_QUOTED)}"'


def all_numbers(quantities: tuple[str, ...]) -> bool:
    """Whether these are numbers of the table, and any: other rows are written with more care."""
    known = [QUANTITIES.get(name) for name in quantities]
    return bool(known) and all(each is not None and each.kind is not Kind.TEXT for each in known)
