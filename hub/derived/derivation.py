"""One school-day from the stores to the stores: read, fill what is missing, derive in a thread, write what changed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine

from hub.derived import ledger, log, records
from hub.derived.day import Derived, Measured, Span, derive
from hub.derived.due import Due, Reason, mark_days, strike
from hub.derived.filled import filled_of, minutes_in, put_filled
from hub.derived.filling import WARM_UP_MS, lacking, readings, relive
from hub.derived.happenings import restate_events
from hub.derived.limits import Limits
from hub.derived.log import Outcome
from hub.derived.measured import measure
from hub.live.context import Context, context_at
from hub.live.minute_status import Course
from hub.live.trace import MINUTE_MS
from hub.registry.model import Room, School
from hub.registry.registry import Registry
from hub.school.agenda import Agenda
from hub.school.plan import SchoolPlan
from hub.school.repository import Schools
from hub.stores.reader import SeriesReader
from hub.stores.series import RoomMinute

T = TypeVar("T")
InThread = Callable[[Callable[[], T]], Awaitable[T]]
CUTOFF_MS = 3 * MINUTE_MS  # minutes as young as this may still be on their way to the store
AFTER_DAY_MS = 15 * MINUTE_MS
Refold = Callable[
    [str, Mapping[str, Course]], None
]  # a school's folds of an open day stand elsewhere than live thought
Quarters = dict[str, frozenset[int]]
NOTHING = Derived((), (), ())  # of a day on which nobody measured anything nothing is told


class Derivation:
    """Event loop; SQL in the state thread, series through the reader, what takes a second in a thread."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        schools: Schools,
        series: SeriesReader,
        in_thread: InThread[Any],
        refold: Refold | None = None,
    ) -> None:
        self._engine, self._registry, self._schools = engine, registry, schools
        self._series, self._in_thread = series, in_thread
        self._refold = refold
        self._limits, self._agenda = Limits(engine), Agenda(engine)

    async def whole_day(self, due: Due, now_ms: int) -> Outcome:
        """Derive the day, as far as it has come, and strike it off; an open day is due again when it is over.

        Raises StoreDown, SQLAlchemyError: it stays due.
        """
        school = self._registry.school(due.school)
        if school is None:
            await self._in_thread(partial(self._strike, due, None))
            return Outcome(due.school, due.day.isoformat(), due.reason, now_ms)
        span = day_of(school, due.day, now_ms)
        plan: SchoolPlan | None = await self._in_thread(partial(self._schools.over, school.id, due.day, due.day))
        measured, spoke = await measure(self._series, self._registry, school.id, span)
        attempted: Quarters = await self._in_thread(partial(self._filled, school.id, due.day))
        again = due.reason == Reason.LATE
        silent = False
        if not measured.minutes or due.rooms:
            raw = await self._still_raw(school.id, span)
            silent = not raw and not measured.minutes
            due = due if raw else msgspec.structs.replace(due, rooms=())
        wanted = {
            room.id: self._quarters(room, span, measured, spoke, frozenset() if again else attempted.get(room.id), due)
            for room in self._registry.rooms(school.id)
        }
        fresh = {
            room: await self._fill(school, room, plan, span, quarters, whole=room in due.rooms)
            for room, quarters in wanted.items()
            if quarters
        }
        measured, put = _merged(measured, fresh)
        filled = {
            room: attempted.get(room, frozenset()).union(quarters) for room, quarters in wanted.items() if quarters
        }
        derived = NOTHING if silent else await self._derive(school, span, plan, measured, attempted | filled)
        restated = {(one.room, one.t_ms): one for one in derived.restated}
        await self._put_minutes(
            school.id, span, fresh.keys() & set(due.rooms), {(one.room, one.t_ms): one for one in put} | restated
        )
        if self._refold is not None and span.to_ms < span.day_to_ms:
            self._refold(school.id, derived.courses)
        outcome = Outcome(
            school.id,
            due.day.isoformat(),
            due.reason,
            now_ms,
            statuses_changed=len(restated.keys() - {(one.room, one.t_ms) for one in put}),
            filled=len(put),
        )
        write = partial(self._write, due, school, plan, span, derived, filled, outcome)
        done: Outcome = await self._in_thread(write)
        return done

    async def ended_lessons(self, school: School, day: date, from_ms: int, to_ms: int, now_ms: int) -> int:
        """Records of the lessons that lie in [from_ms, to_ms), soon after their end; how many were written."""
        whole = day_of(school, day, now_ms)
        span = msgspec.structs.replace(whole, from_ms=from_ms // MINUTE_MS * MINUTE_MS, to_ms=min(to_ms, whole.to_ms))
        plan: SchoolPlan | None = await self._in_thread(partial(self._schools.over, school.id, day, day))
        measured, _ = await measure(self._series, self._registry, school.id, span)
        derived = await self._derive(school, span, plan, measured, {})

        def write() -> int:
            with self._engine.begin() as connection:
                done = records.put(connection, school.id, day, derived.records)
            return done.added + done.changed

        written: int = await self._in_thread(write)
        return written

    # ---- inside ----

    async def _derive(
        self, school: School, span: Span, plan: SchoolPlan | None, measured: Measured, filled: Quarters
    ) -> Derived:
        limits = await self._in_thread(partial(self._limits.of, school.id))
        minutes = {room: minutes_in(quarters) for room, quarters in filled.items()}
        rooms = self._registry.rooms(school.id)
        return await asyncio.to_thread(derive, span, rooms, plan, measured, limits, minutes)

    def _quarters(
        self, room: Room, span: Span, measured: Measured, spoke: Quarters, done: frozenset[int] | None, due: Due
    ) -> list[int]:
        if room.id in due.rooms:
            return list(range(span.from_ms, span.to_ms, 15 * MINUTE_MS))
        return lacking(measured.minutes.get(room.id, ()), spoke.get(room.id, ()), done or frozenset(), span.to_ms)

    async def _fill(
        self, school: School, room: str, plan: SchoolPlan | None, span: Span, quarters: list[int], *, whole: bool
    ) -> tuple[list[RoomMinute], bool]:
        known = self._registry.room(school.id, room)
        if known is None:
            return [], whole
        first, last = quarters[0], min(quarters[-1] + 15 * MINUTE_MS, span.to_ms)
        rows = await readings(self._series, known, first - WARM_UP_MS, last)
        lived = await asyncio.to_thread(relive, self._registry, school, known, plan, rows, (first, last))
        wanted = minutes_in(quarters)
        return [minute for minute in lived if minute.t_ms in wanted], whole

    async def _put_minutes(
        self, school: str, span: Span, whole: set[str], minutes: dict[tuple[str, int], RoomMinute]
    ) -> None:
        """Rooms whose minutes were worked out again are replaced as a whole, of others what changed is written."""
        for room in sorted(whole):
            ours = [one for (name, _), one in sorted(minutes.items()) if name == room]
            await self._series.replace_minutes(school, room, span.from_ms, span.to_ms, ours)
        rest = [one for (name, _), one in minutes.items() if name not in whole]
        if rest:
            await self._series.put_minutes(rest)

    async def _still_raw(self, school: str, span: Span) -> bool:
        """What was measured that day may have been let go: then its minutes stay as they were."""
        return bool(await self._series.raw(school, None, None, span.from_ms, span.to_ms, 1))

    def _filled(self, school: str, day: date) -> Quarters:
        with self._engine.connect() as connection:
            return filled_of(connection, school, day)

    def _write(
        self,
        due: Due,
        school: School,
        plan: SchoolPlan | None,
        span: Span,
        derived: Derived,
        filled: Quarters,
        outcome: Outcome,
    ) -> Outcome:
        def place_of(device: str, t_ms: int) -> tuple[str | None, Context | None]:
            room = self._registry.room_of(school.id, device, t_ms)
            return room, None if room is None else context_at(plan, room, t_ms)

        with self._engine.begin() as connection:
            done = records.replace(connection, school.id, due.day, derived.records)
            waste = ledger.replace(connection, school.id, due.day, derived.waste)
            restate_events(connection, school.id, span.day_from_ms, span.day_to_ms, place_of)
            for room, quarters in filled.items():
                put_filled(connection, school.id, due.day, room, quarters)
            outcome = msgspec.structs.replace(
                outcome, added=done.added, changed=done.changed, removed=done.removed, waste_changed=waste
            )
            if outcome.anything and due.reason != Reason.ENDED:
                log.note(connection, outcome)
        self._strike(due, span)
        if plan is not None:
            self._agenda.rewrite(school, plan, due.day, outcome.at_ms)
        return outcome

    def _strike(self, due: Due, span: Span | None) -> None:
        with self._engine.begin() as connection:
            strike(connection, due)
            if span is not None and span.to_ms < span.day_to_ms:
                over_ms = span.day_to_ms + AFTER_DAY_MS
                days = [due.day.isoformat()]
                mark_days(connection, due.school, days, Reason.ENDED, over_ms, not_before_ms=over_ms)


def day_of(school: School, day: date, now_ms: int) -> Span:
    """The local day, as far as its minutes are stored by now."""
    zone = ZoneInfo(school.timezone)
    start, end = (
        round(datetime(one.year, one.month, one.day, tzinfo=zone).timestamp()) * 1000
        for one in (day, day + timedelta(days=1))
    )
    to_ms = min(end, max(start, (now_ms - CUTOFF_MS) // MINUTE_MS * MINUTE_MS))
    return Span(day, zone, start, end, start, to_ms)


def _merged(measured: Measured, fresh: dict[str, tuple[list[RoomMinute], bool]]) -> tuple[Measured, list[RoomMinute]]:
    """Minutes with those that were worked out: where sensors had told something at the time, that stays."""
    minutes = dict(measured.minutes)
    put: list[RoomMinute] = []
    for room, (lived, whole) in fresh.items():
        known = {} if whole else {one.t_ms: one for one in minutes.get(room, ())}
        told = {t_ms for t_ms, one in known.items() if one.evidence is not None}
        new = [one for one in lived if one.t_ms not in told and (whole or one.evidence is not None)]
        put += new
        minutes[room] = [one for _, one in sorted((known | {one.t_ms: one for one in new}).items())]
    return Measured(minutes, measured.devices), put
