"""What a device's stored rows and windows become under the rooms and calibrations told last. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from hub.stores.influx.lines import MEASURED, SEQ, SEQ_OF, SHIFT, Fields, is_quantity
from hub.stores.influx.select import Table
from hub.stores.influx.stretches import SAME, Factors, Stay, factors_at, room_at, stays
from hub.stores.series import Intervals
from wire.quantities import QUANTITIES

NS = 1_000_000
TAGS = frozenset({"time", "school", "device", "room"})
MOVED = "moved"  # field of a window that came from another room: number of the move that brought it
FIGURES = ("mean", "min", "max", "last")
Line = tuple[str, int, Fields]  # room, time, fields


class Moved(msgspec.Struct, frozen=True):
    """What is to be written, how many rows there must be then under each room, and under which rooms some stand."""

    lines: list[Line]
    expected: dict[str, int]
    rooms: list[str]
    alone: list[tuple[str, int]] = []  # single late values to delete by their own time: (room, time)


def rewritten_rows(table: Table, told: Intervals) -> Moved:
    """Raw rows of one device, times in milliseconds."""
    by_time: dict[int, list[tuple[str, Fields]]] = {}
    rooms: set[str] = set()
    for t_ms, room, fields in _stored(table, _raw_value):
        rooms.add(room)
        by_time.setdefault(t_ms, []).append((room, fields))
    lines: list[Line] = []
    expected: dict[str, int] = {}
    for t_ms, rows in by_time.items():
        target = room_at(told[0], t_ms)
        expected[target] = expected.get(target, 0) + 1
        fields = _calibrated_row(_one_row([row for _, row in rows]), factors_at(told[1], t_ms))
        there = next((row for room, row in rows if room == target), None)
        if there != fields:
            lines.append((target, t_ms, fields))
    return Moved(lines, expected, sorted(rooms))


def _one_row(rows: Sequence[Fields]) -> Fields:
    """Of rows under several tags each quantity's later value. A field once written stays, so none is left out."""
    if len(rows) == 1:
        return dict(rows[0])
    base = max(rows, key=lambda row: int(row.get(SEQ, 0)))
    names = {name for row in rows for name in row}
    joined: Fields = {SEQ: base.get(SEQ, 0)}
    if SHIFT in names:
        joined[SHIFT] = base.get(SHIFT, 0)
    for name in sorted(each for each in names if is_quantity(each)):
        row = max((each for each in rows if name in each), key=lambda each: _rank(each, name))
        joined[name] = row[name]
        if name + MEASURED in names:
            joined[name + MEASURED] = row.get(name + MEASURED, row[name])
        if SEQ_OF + name in names or _rank(row, name) != joined[SEQ]:
            joined[SEQ_OF + name] = _rank(row, name)
    return joined


def _rank(row: Fields, quantity: str) -> int:
    return int(row.get(SEQ_OF + quantity, row.get(SEQ, 0)))


def _calibrated_row(fields: Fields, factors: dict[str, Factors]) -> Fields:
    for name in [each for each in fields if is_quantity(each)]:
        measured = fields.get(name + MEASURED, fields[name])
        if isinstance(measured, str):
            continue
        scale, offset = factors.get(name, SAME)
        shown = measured * scale + offset
        fields[name] = shown
        if shown != measured or name + MEASURED in fields:
            fields[name + MEASURED] = measured
    return fields


# ---- windows of coarse levels ----


def rewritten_windows(table: Table, told: Intervals, window_ms: int, move: int) -> Moved:
    """Windows of one device whose raw rows are gone, times in nanoseconds.

    A window that the device was in for a part keeps its room. Those that come together in one room are joined, and
    carry the move's number: met again beside their origin after a crash, they are not joined a second time.
    """
    theirs = stays(told[0])
    targets: dict[tuple[str, int], list[tuple[str, Fields]]] = {}
    rooms: set[str] = set()
    alone: list[tuple[str, int]] = []
    for t_ns, room, fields in _stored(table, _window_value):
        rooms.add(room)
        target = room if _touches(theirs, room, t_ns, window_ms) else room_at(told[0], t_ns // NS)
        targets.setdefault((target, t_ns), []).append((room, fields))
        if target != room and t_ns % (window_ms * NS):
            alone.append((room, t_ns))
    lines: list[Line] = []
    for (target, t_ns), sources in targets.items():
        fields = _joined(target, sources, move)
        fields = _calibrated_window(fields, factors_at(told[1], t_ns // NS))
        if (target, fields) not in sources:
            lines.append((target, t_ns, fields))
    return Moved(lines, {}, sorted(rooms), alone)


def _touches(theirs: Iterable[Stay], room: str, t_ns: int, window_ms: int) -> bool:
    t_ms = t_ns // NS
    end_ms = t_ms + 1 if t_ns % (window_ms * NS) else t_ms + window_ms
    return any(stay.room == room and stay.from_ms < end_ms and t_ms < stay.to_ms for stay in theirs)


def _joined(target: str, sources: Sequence[tuple[str, Fields]], move: int) -> Fields:
    there = next((fields for room, fields in sources if room == target), None)
    if there is not None and (len(sources) == 1 or there.get(MOVED) == move):
        return dict(there)
    joined: Fields = {}
    for _, fields in sources:
        joined = _added(joined, fields)
    return joined | {MOVED: move}


def _added(one: Fields, other: Fields) -> Fields:
    """Two windows as one: means weighted by count, the later room's last."""
    found = one | other
    for quantity in (name for name in QUANTITIES if f"{name}_last" in one and f"{name}_last" in other):
        weights = [float(each.get(f"{quantity}_count", 0.0)) for each in (one, other)]
        if f"{quantity}_count" in found:
            found[f"{quantity}_count"] = sum(weights)
        for base in (quantity, quantity + MEASURED):
            if f"{base}_mean" in one and f"{base}_mean" in other:
                pairs = {
                    figure: (float(one[f"{base}_{figure}"]), float(other[f"{base}_{figure}"])) for figure in FIGURES
                }
                shares = weights if sum(weights) else [1.0, 1.0]
                mean = sum(value * share for value, share in zip(pairs["mean"], shares, strict=True)) / sum(shares)
                found[f"{base}_mean"] = mean
                found[f"{base}_min"], found[f"{base}_max"] = min(pairs["min"]), max(pairs["max"])
    return found


def _calibrated_window(fields: Fields, factors: dict[str, Factors]) -> Fields:
    """Calibration is linear, and so are mean, least, greatest and last."""
    for quantity in [name for name in QUANTITIES if isinstance(fields.get(f"{name}_last"), float)]:
        scale, offset = factors.get(quantity, SAME)
        known = f"{quantity}{MEASURED}_last" in fields
        if not known and (scale, offset) == SAME:
            continue
        base = quantity + MEASURED if known else quantity
        measured = {each: float(fields[f"{base}_{each}"]) for each in FIGURES if f"{base}_{each}" in fields}
        shown = {each: value * scale + offset for each, value in measured.items()}
        if scale < 0 and "min" in shown:
            shown["min"], shown["max"] = shown["max"], shown["min"]
        fields |= {f"{quantity}_{each}": value for each, value in shown.items()}
        fields |= {f"{quantity}{MEASURED}_{each}": value for each, value in measured.items()}
    return fields


# ---- inside ----


def _stored(table: Table, typed: Callable[[str, Any], float | str | int]) -> Iterator[tuple[int, str, Fields]]:
    names = [name for name in table.columns if name not in TAGS]
    columns = [table.column(name) for name in names]
    for place, (t, room) in enumerate(zip(table.column("time"), table.column("room"), strict=True)):
        pairs = ((name, column[place]) for name, column in zip(names, columns, strict=True))
        yield t, room, {name: typed(name, value) for name, value in pairs if value is not None}


def _raw_value(name: str, value: Any) -> float | str | int:
    """JSON says 400 for 400.0: only what is kept about values is whole."""
    whole = name in {SEQ, SHIFT} or name.startswith(SEQ_OF)
    return value if whole or isinstance(value, str) else float(value)


def _window_value(name: str, value: Any) -> float | str | int:
    whole = name in {MOVED, SEQ} or name.startswith(SEQ_OF)
    return value if whole or isinstance(value, str) else float(value)
