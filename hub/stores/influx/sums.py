"""Sums raw rows up into windows by the kind of each quantity, in an in-memory DuckDB: the same rules as for histories.

No mean of a meter register or of a text; a state's mean is its share of the time it was known.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.stores.duckdb_history import CARRY_MS
from hub.stores.influx.lines import MEASURED, SEQ, SEQ_OF
from hub.stores.influx.points import values_of
from hub.stores.influx.select import Table
from hub.stores.influx.stretches import ALWAYS_MS, SAME, Stretch, stays
from hub.stores.series import Intervals
from wire.quantities import QUANTITIES, Kind

Columns = dict[str, NDArray[Any]]
STATES = tuple(key for key, row in QUANTITIES.items() if row.kind is Kind.STATE)
TEXTS = tuple(key for key, row in QUANTITIES.items() if row.kind is Kind.TEXT)


class Window(NamedTuple):
    """One quantity of one device in one window, as SQL gives it; figures as they were measured come last."""

    device: str
    room: str
    quantity: str
    t_ms: int
    mean: float
    minimum: float
    maximum: float
    last: float | str
    counted: int
    held_ms: int | None
    calibrated: bool
    measured: tuple[float, float, float, float]


class SchoolRows:
    """Raw rows of a school on their way into windows; rooms and calibrations are those told last."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, told: Mapping[str, Intervals]) -> None:
        self._connection, self._told = connection, told
        self._devices: dict[str, int] = {}
        self._quantities: dict[str, int] = {}
        self._numbers: list[Columns] = []
        self._texts: list[Columns] = []

    def add(self, table: Table, devices: list[str] | None = None) -> None:
        """The columns of an answer of InfluxDB; `devices` where they are not one of them."""
        if not table.values:
            return
        take, known = self._devices.setdefault, self._devices
        names = table.column("device") if devices is None else devices
        device = np.array([take(name, len(known)) for name in names], np.int64)
        t = np.array(table.column("time"), np.int64)
        seq = table.column(SEQ)
        for name in table.columns:
            if name in QUANTITIES:
                values = values_of(table.column(name), table.column(name + MEASURED))
                ranks = values_of(seq, table.column(SEQ_OF + name))
                self._add_column(name, device, t, values, ranks)

    def windows(self, over: Stretch, window_ms: int) -> Iterator[Window]:
        """Gauges, counters and texts of [from, to), which are whole windows."""
        settings = {"start": over[0], "stop": over[1], "window": window_ms}
        yield from self._run(_NUMBERS, settings, states=False)
        yield from self._run(_TEXTS, settings, states=False)

    def shares(self, over: Stretch, window_ms: int) -> Iterator[Window]:
        """States: rows before the stretch are carried into it."""
        settings = {"start": over[0], "stop": over[1], "window": window_ms, "carry": CARRY_MS}
        yield from self._run(_SHARES, settings, states=True)

    # ---- inside ----

    def _add_column(
        self, name: str, device: NDArray[Any], t: NDArray[Any], values: list[Any], ranks: list[Any]
    ) -> None:
        is_text = name in TEXTS
        column = np.array(values, object if is_text else np.float64)
        kept = np.array([value is not None for value in values], bool) if is_text else ~np.isnan(column)
        if not kept.any():
            return
        quantity = self._quantities.setdefault(name, len(self._quantities))
        rank = np.array([each or 0 for each in ranks], np.int64)
        columns = {"device": device, "t": t, "value": column, "rank": rank}
        columns["quantity"] = np.full(len(t), quantity, np.int64)
        (self._texts if is_text else self._numbers).append({key: each[kept] for key, each in columns.items()})

    def _run(self, query: str, settings: dict[str, int], *, states: bool) -> Iterator[Window]:
        parts = self._texts if query is _TEXTS else self._numbers
        wanted = {number for name, number in self._quantities.items() if (name in STATES) == states}
        parts = [part for part in parts if int(part["quantity"][0]) in wanted]
        if not parts:
            return
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        tables = {"point": columns, "stay": self._stays(), "scaling": self._scalings()}
        for name, table in tables.items():
            self._connection.register(name, table)
        devices, quantities = list(self._devices), list(self._quantities)
        for row in self._connection.execute(query, settings).fetchall():
            yield Window._make((devices[row[0]], row[1], quantities[row[2]], *row[3:11], row[11:]))

    def _stays(self) -> Columns:
        rows = [
            (number, stay.part, stay.room, stay.from_ms, stay.to_ms)
            for device, number in self._devices.items()
            for stay in stays(self._told.get(device, ((), ()))[0])
        ]
        return _columns(rows, device=np.int64, part=np.int64, room=object, from_ms=np.int64, to_ms=np.int64)

    def _scalings(self) -> Columns:
        rows = []
        for device, number in self._devices.items():
            for quantity, place in self._quantities.items():
                steps = [each for each in self._told.get(device, ((), ()))[1] if each.quantity == quantity]
                steps.sort(key=lambda each: each.from_ms)
                ends = [*(each.from_ms for each in steps[1:]), ALWAYS_MS]
                rows += [
                    (number, place, each.from_ms, end, each.scale, each.offset)
                    for each, end in zip(steps, ends, strict=False)
                    if (each.scale, each.offset) != SAME
                ]
        whole, broken = np.int64, np.float64
        return _columns(rows, device=whole, quantity=whole, from_ms=whole, to_ms=whole, scale=broken, offset=broken)


def _columns(rows: Iterable[tuple[Any, ...]], **kinds: Any) -> Columns:
    columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
    return {name: np.array(column, kind) for (name, kind), column in zip(kinds.items(), columns, strict=True)}


# While a device moves, a row may stand under two room tags: the later one counts.
_ONCE = "SELECT device, quantity, t, arg_max(value, rank) AS value FROM point GROUP BY device, quantity, t"

_VALUES = f"""
    SELECT p.device, p.quantity, s.room, s.part, s.to_ms, p.t, p.value AS measured,
           p.value * coalesce(c.scale, 1) + coalesce(c."offset", 0) AS value, c.scale IS NOT NULL AS calibrated
    FROM ({_ONCE}) p JOIN stay s ON p.device = s.device AND p.t >= s.from_ms AND p.t < s.to_ms
    LEFT JOIN scaling c
           ON c.device = p.device AND c.quantity = p.quantity AND p.t >= c.from_ms AND p.t < c.to_ms
"""  # noqa: S608

_NUMBERS = f"""
    WITH v AS ({_VALUES})
    SELECT device, room, quantity, t // $window * $window AS begun, avg(value), min(value), max(value),
           arg_max(value, t), count(*), NULL, bool_or(calibrated), avg(measured), min(measured), max(measured),
           arg_max(measured, t)
    FROM v WHERE t >= $start AND t < $stop GROUP BY device, room, quantity, begun ORDER BY begun, device
"""  # noqa: S608

_TEXTS = f"""
    SELECT p.device, s.room, p.quantity, p.t // $window * $window AS begun, 0.0, 0.0, 0.0, arg_max(p.value, p.t),
           count(*), NULL, false, 0.0, 0.0, 0.0, 0.0
    FROM ({_ONCE}) p JOIN stay s ON p.device = s.device AND p.t >= s.from_ms AND p.t < s.to_ms
    WHERE p.t >= $start AND p.t < $stop GROUP BY p.device, s.room, p.quantity, begun ORDER BY begun, p.device
"""  # noqa: S608

# A state holds until the next one, for CARRY_MS at most, and not into another room.
_SHARES = f"""
    WITH v AS ({_VALUES}),
    held AS (
        SELECT *, greatest(t, $start) AS a,
               least(coalesce(lead(t) OVER (PARTITION BY device, quantity, part ORDER BY t), $stop), t + $carry, to_ms,
                     $stop) AS b
        FROM v),
    piece AS (SELECT *, unnest(range(a // $window, (b - 1) // $window + 1)) AS n FROM held WHERE b > a),
    share AS (
        SELECT *, least(b, (n + 1) * $window) - greatest(a, n * $window) AS ms, greatest(a, n * $window) AS since
        FROM piece)
    SELECT device, room, quantity, n * $window AS begun, sum(value * ms) / sum(ms), min(value), max(value),
           arg_max(value, since), count(*) FILTER (WHERE t >= greatest($start, n * $window)), sum(ms)::BIGINT,
           bool_or(calibrated), sum(measured * ms) / sum(ms), min(measured), max(measured), arg_max(measured, since)
    FROM share GROUP BY device, room, quantity, n ORDER BY begun, device
"""  # noqa: S608
