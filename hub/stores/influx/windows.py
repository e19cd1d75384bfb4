"""Reads windows of a coarse level as steps of a history, weighted by what they count, or as registers of a counter."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np

from hub.config import InfluxSection
from hub.stores.duckdb_history import Span
from hub.stores.influx import queries as ask
from hub.stores.influx.lines import MEASURED
from hub.stores.influx.plan import Plan
from hub.stores.influx.points import Lens, pieces, values_of
from hub.stores.influx.queries import Where
from hub.stores.influx.select import InfluxSelect
from hub.stores.influx.stretches import NOWHERE, Stay, Stretch, stays
from hub.stores.series import Bucket
from wire.quantities import QUANTITIES, Kind

PIECE_MS = 30 * 86_400_000
HELD = "_held_ms"  # of a state that was known for a part of its window only
Register = tuple[int, float]

_STEPS = """
    SELECT device, t // $step * $step AS bucket, sum(mean * weight) / sum(weight), min(low), max(high),
           arg_max(last, t), sum(count)::BIGINT
    FROM level GROUP BY device, bucket ORDER BY device, bucket
"""


class LevelReader:
    """One quantity of some devices, out of the buckets `_1m` and `_15m`."""

    def __init__(
        self, select: InfluxSelect, section: InfluxSection, connection: duckdb.DuckDBPyConnection, lens: Lens
    ) -> None:
        self._select, self._section, self._connection, self._lens = select, section, connection, lens

    def buckets(self, plan: Plan, school: str, room: str | None, span: Span) -> dict[str, list[Bucket]]:
        """Steps by device. Windows of counters give their last register for all figures: a mean of it says nothing."""
        known = QUANTITIES.get(span.quantity)
        kind = known.kind if known else Kind.GAUGE
        names = ["last"] if kind is Kind.COUNTER else ["mean", "min", "max", "last"]
        fields = [f"{span.quantity}_{name}" for name in (*names, "count")] + [span.quantity + HELD]
        rows: list[tuple[Any, ...]] = []
        for t_ms, device, values in self._rows(plan, school, room, fields):
            *figures, count, held_ms = values
            if None in figures or count is None:
                continue
            mean, low, high, last = figures * 4 if kind is Kind.COUNTER else figures
            window_ms = plan.window_ms
            weight = (held_ms or window_ms) if kind is Kind.STATE else count
            rows.append((device, t_ms, mean, low, high, last, count, weight))
        return self._steps(rows, span.step_ms)

    def registers(self, plan: Plan, school: str, room: str, quantity: str) -> dict[str, list[Register]]:
        """Each window's last register as it was measured, as if read at the window's end."""
        last = f"{quantity}_last"
        fields = [last, f"{quantity}{MEASURED}_last"]
        window_ms = plan.window_ms
        found: dict[str, list[Register]] = {}
        for t_ms, device, (shown, measured) in self._rows(plan, school, room, fields):
            (value,) = values_of([shown], [measured])
            if value is not None:
                at_ms = t_ms + window_ms - 1 if t_ms % window_ms == 0 else t_ms
                found.setdefault(device, []).append((at_ms, float(value)))
        return {device: sorted(registers) for device, registers in found.items()}

    # ---- inside ----

    def _rows(
        self, plan: Plan, school: str, room: str | None, fields: Sequence[str]
    ) -> Iterator[tuple[int, str, tuple[Any, ...]]]:
        """(start, device, values) of every window that belongs to the room, or to any."""
        if plan.level is None:
            return
        bucket, belongs = f"{self._section.bucket}_{plan.level}", _Belonging(self._lens, room, plan.window_ms)
        for start, stop in (piece for each in plan.windows for piece in pieces(*each, PIECE_MS)):
            where = Where(school, start, stop, tuple(self._lens.names))
            table = self._select.table(bucket, ask.rows([*fields, "device", "room"], where))
            columns = [table.column(name) for name in fields]
            keys = list(zip(*(table.column(name) for name in ("time", "device", "room")), strict=True))
            there = set(keys)
            for (t_ms, device, tag), values in zip(keys, zip(*columns, strict=True), strict=True):
                if belongs(device, t_ms, tag, there):
                    yield t_ms, device, values

    def _steps(self, rows: list[tuple[Any, ...]], step_ms: int) -> dict[str, list[Bucket]]:
        if not rows:
            return {}
        names = ("device", "t", "mean", "low", "high", "last", "count", "weight")
        kinds = (object, np.int64, *[np.float64] * 6)
        columns = zip(names, kinds, zip(*rows, strict=True), strict=True)
        self._connection.register("level", {name: np.array(column, kind) for name, kind, column in columns})
        found: dict[str, list[Bucket]] = {}
        try:
            for device, *figures in self._connection.execute(_STEPS, {"step": step_ms}).fetchall():
                found.setdefault(device, []).append(Bucket(*figures))
        finally:
            self._connection.unregister("level")
        return found


class _Belonging:
    """Whether a window is of a room: it lies within a stay there, or the stay began or ended in it and its tag says so.

    A tag that history has not yet followed counts where no window with the right one is there. No room: of any.
    """

    def __init__(self, lens: Lens, room: str | None, window_ms: int) -> None:
        self._window_ms = window_ms
        self._stays: dict[str, list[Stay]] = {
            device: [stay for stay in stays(told) if (stay.room == room if room else stay.room != NOWHERE)]
            for (_, device), told in lens.assignments.items()
        }

    def __call__(self, device: str, t_ms: int, tag: str, there: set[tuple[int, str, str]]) -> bool:
        end_ms = t_ms + self._window_ms
        for stay in self._stays.get(device, ()):
            if tag == stay.room and t_ms < stay.to_ms and end_ms > stay.from_ms:
                return True
            within = stay.from_ms <= t_ms and end_ms <= stay.to_ms
            if within and (t_ms, device, stay.room) not in there:
                return True
        return False


def uncounted(registers: Sequence[Register], window_ms: int, stays_there: Iterable[Stretch]) -> list[Stretch]:
    """What raw values alone say: the first window of each stay in the room, and between which windows a register fell.

    That window may come long after the stay began: the meter first spoke there then.
    """
    firsts = [next((at for at, _ in registers if start <= at < end), None) for start, end in stays_there]
    resets = [(before + 1, after + 1) for (before, high), (after, low) in pairwise(registers) if low < high]
    return [(at - window_ms + 1, at + 1) for at in firsts if at is not None] + resets
