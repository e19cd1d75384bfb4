"""What pages read from InfluxDB: histories and consumption by the resolution that fits, raw values, derived minutes.

Rooms and calibrations are those told last, whatever tag a point still has: a change in the past is seen at once.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import duckdb
from sqlalchemy import Engine

from hub.config import InfluxSection
from hub.stores import duckdb_history as queries
from hub.stores.duckdb_history import CARRY_MS, RawRow, Span
from hub.stores.influx import queries as ask
from hub.stores.influx.derived import MINUTE_FIELDS, minutes_of
from hub.stores.influx.gone import RawGone
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.levels import DUCKDB
from hub.stores.influx.lines import MEASURED, SEQ, SEQ_OF, is_quantity
from hub.stores.influx.plan import Plan, make_plan
from hub.stores.influx.points import Lens, RawValues, values_of
from hub.stores.influx.queries import Where
from hub.stores.influx.select import InfluxSelect, Table
from hub.stores.influx.stretches import NOWHERE, SAME, clipped, factors_at, room_at, stays, widened, without
from hub.stores.influx.sweeps import Sweeps
from hub.stores.influx.told import NOTHING, Told
from hub.stores.influx.windows import LevelReader, uncounted
from hub.stores.series import Bucket, Intervals, RoomMinute
from wire.quantities import QUANTITIES, Kind

PAGE_ROWS = 2_000
CLOSE_S = 2.0
TAGS = ("school", "device", "room")


class InfluxHistory:
    """Serves one reading thread. `newest_ms`: the newest stored time of any device."""

    def __init__(
        self,
        http: InfluxHttp,
        section: InfluxSection,
        engine: Engine,
        told: Told,
        gone: RawGone,
        newest_ms: Callable[[], int],
    ) -> None:
        self._section, self._told, self._gone, self._newest_ms = section, told, gone, newest_ms
        self._select = InfluxSelect(http)
        self._sweeps = Sweeps(engine)
        self._raw = f"{section.bucket}_raw"
        self._connection = duckdb.connect(":memory:", config=DUCKDB)
        self._busy = threading.Lock()

    def history(
        self, school: str, room: str | None, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[Bucket]]:
        known = QUANTITIES.get(quantity)
        if step_ms <= 0 or to_ms <= from_ms or (known is not None and known.kind is Kind.TEXT):
            return {}
        is_state = known is not None and known.kind is Kind.STATE
        span = Span(quantity, from_ms, to_ms, step_ms)
        with self._busy:
            plan, lens = self._begin(school, room, span, carry_ms=CARRY_MS if is_state else 0)
            if plan is None:
                return {}
            found = self._levels(lens).buckets(plan, school, room, span)
            for start, stop in plan.raw:
                part = Span(quantity, start, stop, step_ms)
                values = RawValues(self._select, self._raw, lens)
                where = Where(school, start, stop, tuple(lens.names))
                if is_state:
                    values.fetch_last(quantity, where.within(start - CARRY_MS, start))
                values.fetch(quantity, where)
                values.register(self._connection)
                for device, buckets in queries.history(self._connection, lens, school, room, part).items():
                    found.setdefault(device, []).extend(buckets)
        return {device: sorted(found[device], key=lambda each: each.t_ms) for device in sorted(found)}

    def consumption(
        self, school: str, room: str, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[tuple[int, float]]]:
        """From registers: those of windows where they are enough, and all where one fell within a window."""
        if step_ms <= 0 or to_ms <= from_ms:
            return {}
        span = Span(quantity, from_ms, to_ms, step_ms)
        with self._busy:
            plan, lens = self._begin(school, room, Span(quantity, from_ms - CARRY_MS, to_ms, step_ms), counting=True)
            if plan is None:
                return {}
            values = RawValues(self._select, self._raw, lens)
            raw = list(plan.raw)
            for device, registers in self._levels(lens).registers(plan, school, room, quantity).items():
                theirs = [(s.from_ms, s.to_ms) for s in stays(lens.assignments[school, device]) if s.room == room]
                again = widened(uncounted(registers, plan.window_ms, theirs), 1)
                again = clipped(again, (plan.oldest_raw_ms, to_ms))
                values.add(device, [t for t, _ in registers], [value for _, value in registers])
                for start, stop in (left for one in again for left in without(one, raw)):
                    values.fetch(quantity, Where(school, start, stop, (device,)))
            for start, stop in raw:
                values.fetch(quantity, Where(school, start, stop, tuple(lens.names)))
            values.register(self._connection)
            return queries.consumption(self._connection, lens, school, room, span)

    def raw(
        self,
        school: str,
        room: str | None,
        device: str | None,
        from_ms: int,
        to_ms: int,
        limit: int,
        *,
        calibrated: bool = False,
    ) -> list[RawRow]:
        with self._busy:
            self._select.begin()
            told = self._told.of_school(school)
            wanted: tuple[str, ...] | None = None if device is None else (device,)
            if room is not None:
                within = _devices_in(told, room, from_ms, to_ms)
                wanted = tuple(each for each in within if device in {None, each})
            where = Where(school, from_ms, to_ms, wanted)
            found: list[RawRow] = []
            size = PAGE_ROWS
            while not where.empty and len(found) < limit and where.from_ms < ask.NEWEST_MS:
                table = self._select.table(self._raw, ask.rows((), where, size))
                times = table.column("time")
                whole = len(times) < size
                upto = where.to_ms if whole else times[-1]  # the last time's rows may not all be there
                values = (each for each in _values(table, told, calibrated=calibrated) if each.row[0] < upto)
                found += _latest(each for each in values if room in {None, each.row[3]})
                size = size if upto > where.from_ms else size * 2
                where = where.within(upto, where.to_ms)
        return found[:limit]

    def minutes(self, school: str, room: str | None, from_ms: int, to_ms: int) -> list[RoomMinute]:
        where = Where(school, from_ms, to_ms, room=room, measurement="room_status")
        with self._busy:
            self._select.begin()
            table = self._select.table(f"{self._section.bucket}_1m", ask.rows([*MINUTE_FIELDS, "room"], where))
        return sorted(minutes_of(school, table), key=lambda each: (each.room, each.t_ms))

    def told_hours(self, school: str, from_ms: int, to_ms: int) -> frozenset[int]:
        where = Where(school, from_ms, to_ms, measurement="room_status")
        if where.empty:
            return frozenset()
        with self._busy:
            self._select.begin()
            table = self._select.table(f"{self._section.bucket}_1m", ask.hours("status", where))
        return frozenset(table.column("time"))

    def interrupt(self) -> None:
        """From any thread: the query that runs gives up with StoreDown."""
        self._select.give_up()

    def close(self) -> None:
        """Waits a moment for the query that runs."""
        self._select.give_up()
        if self._busy.acquire(timeout=CLOSE_S):
            self._connection.close()
            self._busy.release()

    # ---- inside ----

    def _begin(
        self, school: str, room: str | None, span: Span, *, counting: bool = False, carry_ms: int = 0
    ) -> tuple[Plan | None, Lens]:
        """Where to read what, and the devices that may have hung in the room then; no plan where none did.

        `counting`: of a stay's first window the last register is not enough.
        """
        self._select.begin()
        told, moving = self._told.of_school(school), self._told.moving(school)
        devices = _devices_in(told, room, span.from_ms - CARRY_MS, span.to_ms)
        newest_ms = self._newest_ms()
        lens = Lens(
            school,
            {device: told[device] for device in devices},
            span.quantity,
            newest_ms,
            moving=not moving.keys().isdisjoint(devices),
        )
        if not devices:
            return None, lens
        theirs = [stay for device in devices for stay in stays(told[device][0]) if _meant(stay.room, room)]
        cuts = [edge for stay in theirs for edge in (stay.from_ms, stay.to_ms)]
        holes = [stretch for device in devices for stretch in moving.get(device, ())]
        if counting:
            holes += [(stay.from_ms, stay.from_ms + 1) for stay in theirs]
        sweeps = self._sweeps.state(school)
        gone_ms = self._gone.before_ms(school)
        plan = make_plan(
            self._section, sweeps, span, newest_ms, cuts=cuts, holes=holes, carry_ms=carry_ms, gone_ms=gone_ms
        )
        return plan, lens

    def _levels(self, lens: Lens) -> LevelReader:
        return LevelReader(self._select, self._section, self._connection, lens)


def _devices_in(told: dict[str, Intervals], room: str | None, from_ms: int, to_ms: int) -> tuple[str, ...]:
    return tuple(
        device
        for device, (assignments, _) in sorted(told.items())
        if any(
            _meant(stay.room, room) and stay.from_ms < to_ms and (stay.to_ms is None or stay.to_ms > from_ms)
            for stay in assignments
        )
    )


def _meant(room: str, wanted: str | None) -> bool:
    return room == wanted if wanted is not None else room != NOWHERE


class _Ranked(NamedTuple):
    """A stored value, and which of two rows with its key is the later one."""

    row: RawRow
    rank: int


def _values(table: Table, told: dict[str, Intervals], *, calibrated: bool) -> Iterator[_Ranked]:
    """All values of some points, with room and calibration as told last."""
    quantities = [name for name in table.columns if name not in {"time", *TAGS} and is_quantity(name)]
    columns = {name: values_of(table.column(name), table.column(name + MEASURED)) for name in quantities}
    own = {name: values_of(table.column(SEQ), table.column(SEQ_OF + name)) for name in quantities}
    for place, (t_ms, device) in enumerate(zip(table.column("time"), table.column("device"), strict=True)):
        assignments, calibrations = told.get(device, NOTHING)
        room = room_at(assignments, t_ms)
        factors = factors_at(calibrations, t_ms) if calibrated else {}
        for name, column in columns.items():
            value = column[place]
            if value is None:
                continue
            if not isinstance(value, str):
                scale, offset = factors.get(name, SAME)
                value = float(value) * scale + offset
            yield _Ranked((t_ms, device, name, None if room == NOWHERE else room, value), own[name][place] or 0)


def _latest(found: Iterable[_Ranked]) -> list[RawRow]:
    """One value a key, sorted: while a device moves, a row may stand under two room tags."""
    kept: dict[tuple[int, str, str], _Ranked] = {}
    for each in found:
        before = kept.get(each.row[:3])
        if before is None or before.rank < each.rank:
            kept[each.row[:3]] = each
    return [kept[key].row for key in sorted(kept)]
