"""Queries of the embedded store: histories by kind of quantity, consumption of counters, raw values.

Which device hung in a room when, and how it was calibrated, is laid out as segments and joined to the stored values.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import duckdb
import msgspec
import numpy as np

from hub.registry.model import Assignment, Calibration
from hub.stores.duckdb_schema import ALWAYS_MS, NEVER_MS, Ids, Ints
from hub.stores.series import Bucket, DeviceKey
from wire.quantities import QUANTITIES, Kind

# How long a state or counter that nobody repeats still counts: change-driven devices report at least daily.
CARRY_MS = 24 * 3600 * 1000

RawRow = tuple[int, str, str, str | None, float | str]


class Known(Protocol):
    """What a query needs to know beside the values: ids, newest times, rooms, calibrations."""

    @property
    def devices(self) -> Ids[DeviceKey]: ...
    @property
    def quantities(self) -> Ids[str]: ...
    @property
    def highest(self) -> Ints: ...
    @property
    def assignments(self) -> Mapping[DeviceKey, tuple[Assignment, ...]]: ...
    @property
    def calibrations(self) -> Mapping[DeviceKey, tuple[Calibration, ...]]: ...


class Segment(msgspec.Struct, frozen=True):
    """A device hung in the room and was calibrated one way in [from_ms, to_ms); `part` counts its stays there."""

    device: int
    name: str
    part: int
    from_ms: int
    to_ms: int
    scale: float = 1.0
    offset: float = 0.0


class Span(msgspec.Struct, frozen=True):
    """What is asked for: one quantity, [from_ms, to_ms) in steps that begin at whole multiples of `step_ms`."""

    quantity: str
    from_ms: int
    to_ms: int
    step_ms: int


def history(
    connection: duckdb.DuckDBPyConnection, catalogue: Known, school: str, room: str | None, span: Span
) -> dict[str, list[Bucket]]:
    """Buckets by device, as the quantity's kind allows; no room: those of all rooms."""
    quantity = QUANTITIES.get(span.quantity)
    if quantity is not None and quantity.kind is Kind.STATE:
        return _run(connection, catalogue, school, room, span, _STATE, carry_ms=CARRY_MS)
    return _run(connection, catalogue, school, room, span, _GAUGE, carry_ms=0)


def consumption(
    connection: duckdb.DuckDBPyConnection, catalogue: Known, school: str, room: str, span: Span
) -> dict[str, list[tuple[int, float]]]:
    """What a counter counted in each step, by device; a register that falls was reset and began at zero."""
    segments = list(_segments(catalogue, school, room, span, CARRY_MS))
    rows = _rows(connection, catalogue, span, segments, _CONSUMPTION, CARRY_MS)
    names = {segment.device: segment.name for segment in segments}
    found: dict[str, list[tuple[int, float]]] = {}
    for device, t_ms, amount in rows:
        found.setdefault(names[device], []).append((t_ms, amount))
    return found


def raw(
    connection: duckdb.DuckDBPyConnection,
    school: str,
    room: str | None,
    device: str | None,
    between: tuple[int, int],
    limit: int,
    *,
    calibrated: bool,
) -> list[RawRow]:
    """Stored values in time order: (time, device, quantity, room, value)."""
    wanted, arguments = "school = ? AND t_ms >= ? AND t_ms < ?", [school, *between]
    for column, value in (("room", room), ("device", device)):
        if value is not None:
            wanted += f" AND {column} = ?"
            arguments.append(value)
    arguments.append(limit)
    query = (
        f"SELECT t_ms, device, quantity, room, {{}} FROM {{}} WHERE {wanted} ORDER BY t_ms, device, quantity LIMIT ?"  # noqa: S608
    )
    numbers = query.format("value" if calibrated else "measured", "reading")
    texts = query.format("value", "reading_text")
    rows: list[RawRow] = connection.execute(numbers, arguments).fetchall()
    rows += connection.execute(texts, arguments).fetchall()
    rows.sort(key=lambda row: row[:3])
    return rows[:limit]


def _run(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Known,
    school: str,
    room: str | None,
    span: Span,
    query: str,
    carry_ms: int,
) -> dict[str, list[Bucket]]:
    segments = list(_segments(catalogue, school, room, span, carry_ms))
    names = {segment.device: segment.name for segment in segments}
    found: dict[str, list[Bucket]] = {}
    for device, *figures in _rows(connection, catalogue, span, segments, query, carry_ms):
        found.setdefault(names[device], []).append(Bucket(*figures))
    return found


def _rows(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Known,
    span: Span,
    segments: list[Segment],
    query: str,
    carry_ms: int,
) -> list[tuple[Any, ...]]:
    quantity = catalogue.quantities.get(span.quantity)
    if not segments or quantity is None or span.step_ms <= 0 or span.to_ms <= span.from_ms:
        return []
    newest_ms = max(int(catalogue.highest.max(initial=NEVER_MS)), span.from_ms)
    names = ("device", "part", "from_ms", "to_ms")
    columns = {name: np.array([getattr(each, name) for each in segments], np.int64) for name in names}
    columns |= {name: np.array([getattr(each, name) for each in segments], np.float64) for name in ("scale", "offset")}
    settings: dict[str, Any] = {
        "quantity": quantity,
        "start": span.from_ms,
        "early": span.from_ms - carry_ms,
        "stop": span.to_ms,
        "step": span.step_ms,
        "carry": carry_ms,
        "now": newest_ms + 1,  # a state is not carried into what nobody has measured yet
        "devices": sorted({each.device for each in segments}),
    }
    connection.register("segment", columns)
    try:
        return connection.execute(query, {key: at for key, at in settings.items() if f"${key}" in query}).fetchall()
    finally:
        connection.unregister("segment")


def _segments(catalogue: Known, school: str, room: str | None, span: Span, carry_ms: int) -> Iterator[Segment]:
    """The device's stays in the room that touch the span (and what is carried into it), cut where it was calibrated."""
    for (of_school, device), stays in catalogue.assignments.items():
        number = catalogue.devices.get((school, device)) if of_school == school else None
        if number is None:
            continue
        for part, stay in enumerate(stays):
            start = max(stay.from_ms, span.from_ms - carry_ms)
            end = min(ALWAYS_MS if stay.to_ms is None else stay.to_ms, span.to_ms)
            if room not in {None, stay.room} or start >= end:
                continue
            whole = Segment(number, device, part, start, end)
            yield from _calibrated(whole, catalogue, (school, device), span.quantity)


def _calibrated(whole: Segment, catalogue: Known, device: tuple[str, str], quantity: str) -> Iterator[Segment]:
    steps = [each for each in catalogue.calibrations.get(device, ()) if each.quantity == quantity]
    edges = [(NEVER_MS, 1.0, 0.0), *((each.from_ms, each.scale, each.offset) for each in steps)]
    ends = [edge[0] for edge in edges[1:]] + [ALWAYS_MS]
    for (start, scale, offset), end in zip(edges, ends, strict=True):
        cut = msgspec.structs.replace(
            whole, from_ms=max(whole.from_ms, start), to_ms=min(whole.to_ms, end), scale=scale, offset=offset
        )
        if cut.from_ms < cut.to_ms:
            yield cut


_VALUES = """
    SELECT p.device, s.part, p.t, p.value AS measured, p.value * s.scale + s."offset" AS value, s.scale, s.to_ms
    FROM point p JOIN segment s ON p.device = s.device AND p.t >= s.from_ms AND p.t < s.to_ms
    WHERE p.quantity = $quantity AND p.t >= $early AND p.t < $stop AND list_contains($devices, p.device)
"""

_GAUGE = f"""
    WITH v AS ({_VALUES})
    SELECT device, t // $step * $step AS bucket, avg(value), min(value), max(value), arg_max(value, t), count(*)
    FROM v WHERE t >= $start GROUP BY device, bucket ORDER BY device, bucket
"""  # noqa: S608

# A state holds until the next one, for CARRY_MS at most; every step it touches gets its share of time.
_STATE = f"""
    WITH v AS ({_VALUES}),
    held AS (
        SELECT device, t, value, greatest(t, $start) AS a,
               least(coalesce(lead(t) OVER (PARTITION BY device, part ORDER BY t), $now), t + $carry, to_ms, $now) AS b
        FROM v),
    piece AS (
        SELECT device, t, value, unnest(range(a // $step, (b - 1) // $step + 1)) AS n, a, b FROM held WHERE b > a),
    share AS (
        SELECT device, t, value, n, greatest(a, n * $step) AS a,
               least(b, (n + 1) * $step) - greatest(a, n * $step) AS ms
        FROM piece)
    SELECT device, n * $step AS bucket, sum(value * ms) / sum(ms), min(value), max(value), arg_max(value, a),
           count(*) FILTER (WHERE t >= greatest($start, n * $step))
    FROM share GROUP BY device, n ORDER BY device, n
"""  # noqa: S608

_CONSUMPTION = f"""
    WITH v AS ({_VALUES}),
    counted AS (
        SELECT device, t, scale, measured, lag(measured) OVER (PARTITION BY device, part ORDER BY t) AS before FROM v)
    SELECT device, t // $step * $step AS bucket,
           sum(scale * CASE WHEN before IS NULL THEN 0 WHEN measured >= before THEN measured - before ELSE measured END)
    FROM counted WHERE t >= $start GROUP BY device, bucket ORDER BY device, bucket
"""  # noqa: S608
