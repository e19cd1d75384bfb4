"""One school-day from the stores to the stores: read, fill what is missing, derive in a thread, write what changed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from hub.derived import ledger, log, records
from hub.derived.again import Again
from hub.derived.day import Derived, Measured, Span, derive
from hub.derived.due import Due, Reason, mark_days, strike
from hub.derived.filled import filled_of, minutes_in, put_filled
from hub.derived.filling import WARM_UP_MS, lacking, lived
from hub.derived.happenings import placed, restate_events
from hub.derived.limits import Limits
from hub.derived.log import Outcome
from hub.derived.measured import QUARTER_MS, measure
from hub.derived.stores import Stores
from hub.live.minute_status import Course
from hub.live.trace import MINUTE_MS
from hub.registry.model import Room, School
from hub.school.agenda import Agenda
from hub.school.plan import SchoolPlan
from hub.stores.series import RoomMinute

CUTOFF_MS = 3 * MINUTE_MS  # minutes as young as this may still be on their way to the store
AFTER_DAY_MS = 15 * MINUTE_MS
Refold = Callable[
    [str, Mapping[str, Course]], None
]  # a school's folds of an open day stand elsewhere than live thought
Quarters = dict[str, frozenset[int]]
ESTIMATES_BACK_MS = 14 * 86_400_000  # a day of 20 rooms is some seconds of work; a term of them would be an hour


class _Found(msgspec.Struct, frozen=True):
    """What a day comes to; empty where nobody measured anything: nothing is told of it then."""

    derived: Derived = Derived((), (), ())
    filled: Mapping[str, frozenset[int]] = {}
    filled_min: int = 0
    statuses_changed: int = 0
    replanned: frozenset[str] = frozenset()


class Derivation:
    """Event loop; SQL in the state thread, series through the reader, what takes a second in a thread."""

    def __init__(
        self, stores: Stores, refold: Refold | None = None, estimates_back_ms: int = ESTIMATES_BACK_MS
    ) -> None:
        """`estimates_back_ms`: how long after a day a corrected plan still has its rooms lived again."""
        self._estimates_back_ms = estimates_back_ms
        self._engine, self._registry, self._schools = stores.engine, stores.registry, stores.schools
        self._series, self._in_thread = stores.series, stores.in_thread
        self._refold = refold
        self._limits, self._agenda = Limits(stores.engine), Agenda(stores.engine)
        self._again = Again(stores)

    async def next_step(self, due: Due, now_ms: int) -> Outcome | None:
        """The next bounded piece of the day: one of its rooms lived again (None: more is to do), then the whole.

        Raises StoreDown, SQLAlchemyError: it stays due.
        """
        school = self._registry.school(due.school)
        if school is None or not due.rooms:
            return await self.whole_day(due, now_ms)
        await self._again.one_room(due, school, day_of(school, due.day, now_ms))
        return None

    async def whole_day(self, due: Due, now_ms: int) -> Outcome:
        """Derive the day, as far as it has come, and strike it off; an open day is due again when it is over.

        Raises StoreDown, SQLAlchemyError: it stays due.
        """
        school = self._registry.school(due.school)
        if school is None:
            await self._in_thread(partial(self._strike, due, None, now_ms))
            return Outcome(due.school, due.day.isoformat(), due.reason, now_ms)
        span = day_of(school, due.day, now_ms)
        plan: SchoolPlan | None = await self._in_thread(partial(self._schools.over, school.id, due.day, due.day))
        found = await self._found(school, due, span, plan)
        if self._refold is not None and span.to_ms < span.day_to_ms:
            self._refold(school.id, found.derived.courses)
        write = partial(self._write, due, school, plan, span, found, now_ms)
        done: Outcome = await self._in_thread(write)
        return done

    async def _found(self, school: School, due: Due, span: Span, plan: SchoolPlan | None) -> _Found:
        """Everything of the day derived anew, its minutes stored."""
        measured, spoke = await measure(self._series, self._registry, school.id, span)
        if not measured.minutes and not await self._still_raw(school.id, span):
            return _Found()
        attempted: Quarters = await self._in_thread(partial(self._filled, school.id, due.day))
        late = due.reason == Reason.LATE
        wanted: dict[str, list[int]] = {}
        rooms = {room.id: room for room in self._registry.rooms_on(school.id, due.day)}
        for name in rooms:
            done = attempted.get(name, frozenset())
            quarters = lacking(measured.minutes.get(name, ()), spoke.get(name, ()), done, span.to_ms, late=late)
            if quarters:
                wanted[name] = quarters
        fresh = {name: await self._fill(school, rooms[name], plan, span, lack) for name, lack in wanted.items()}
        put = _put_into(measured.minutes, fresh, attempted)
        filled = {room: attempted.get(room, frozenset()).union(quarters) for room, quarters in wanted.items()}
        measured = _with(measured, put)
        derived = await self._derive(school, span, plan, measured, attempted | filled)
        restated = {(one.room, one.t_ms): one for one in derived.restated}
        anew = {(one.room, one.t_ms): one for one in put} | restated
        if anew:
            await self._series.put_minutes(list(anew.values()))
        statuses = len(restated.keys() - {(one.room, one.t_ms) for one in put})
        return _Found(derived, filled, len(put), statuses, _otherwise_planned(due, derived))

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
        rooms = self._registry.rooms_on(school.id, span.day)
        return await asyncio.to_thread(derive, span, rooms, plan, measured, limits, minutes)

    async def _fill(
        self, school: School, room: Room, plan: SchoolPlan | None, span: Span, quarters: list[int]
    ) -> list[RoomMinute]:
        first, last = quarters[0], min(quarters[-1] + QUARTER_MS, span.to_ms)
        found = await lived(self._series, self._registry, school, room, plan, first - WARM_UP_MS, (first, last))
        wanted = minutes_in(quarters)
        return [minute for minute in found if minute.t_ms in wanted]

    async def _still_raw(self, school: str, span: Span) -> bool:
        """What was measured that day may have been let go: then its minutes stay as they were."""
        return bool(await self._series.raw(school, None, None, span.from_ms, span.to_ms, 1))

    def _filled(self, school: str, day: date) -> Quarters:
        with self._engine.connect() as connection:
            return filled_of(connection, school, day)

    def _write(
        self, due: Due, school: School, plan: SchoolPlan | None, span: Span, found: _Found, now_ms: int
    ) -> Outcome:
        day, rooms = due.day.isoformat(), found.replanned
        anew = found.filled_min + self._again.take_changed(due)
        outcome = Outcome(school.id, day, due.reason, now_ms, statuses_changed=found.statuses_changed, filled=anew)
        with self._engine.begin() as connection:
            done = records.replace(connection, school.id, due.day, found.derived.records)
            waste = ledger.replace(connection, school.id, due.day, found.derived.waste)
            place_of = placed(self._registry, school.id, plan)
            restate_events(connection, school.id, span.day_from_ms, span.day_to_ms, place_of)
            for room, quarters in found.filled.items():
                put_filled(connection, school.id, due.day, room, quarters)
            outcome = msgspec.structs.replace(
                outcome, added=done.added, changed=done.changed, removed=done.removed, waste_changed=waste
            )
            if outcome.anything and due.reason != Reason.ENDED:
                log.note(connection, outcome)
            if due.reason != Reason.ESTIMATES:
                rooms = rooms | done.expecting
        self._strike(due, span, now_ms, rooms)
        if plan is not None:
            self._agenda.rewrite(school, plan, due.day, now_ms)
        return outcome

    def _strike(self, due: Due, span: Span | None, now_ms: int, replanned: frozenset[str] = frozenset()) -> None:
        """Of rooms that were judged by another plan the estimates of people and air are asked for."""
        days = [due.day.isoformat()]
        with self._engine.begin() as connection:
            strike(connection, due)
            if span is not None and span.to_ms < span.day_to_ms:
                over_ms = span.day_to_ms + AFTER_DAY_MS
                mark_days(connection, due.school, days, Reason.ENDED, over_ms, not_before_ms=over_ms)
            if span is not None and replanned and now_ms - span.day_to_ms < self._estimates_back_ms:
                mark_days(connection, due.school, days, Reason.ESTIMATES, now_ms, not_before_ms=now_ms, rooms=replanned)


def day_of(school: School, day: date, now_ms: int) -> Span:
    """The local day, as far as its minutes are stored by now."""
    zone = ZoneInfo(school.timezone)
    start, end = (
        round(datetime(one.year, one.month, one.day, tzinfo=zone).timestamp()) * 1000
        for one in (day, day + timedelta(days=1))
    )
    to_ms = min(end, max(start, (now_ms - CUTOFF_MS) // MINUTE_MS * MINUTE_MS))
    return Span(day, zone, start, end, start, to_ms)


def _put_into(
    known: Mapping[str, Sequence[RoomMinute]], fresh: Mapping[str, Sequence[RoomMinute]], attempted: Quarters
) -> list[RoomMinute]:
    """Of the minutes that were worked out those that tell something new.

    What was told at the time stays; what was worked out before gives way to what is known by now.
    """
    found: list[RoomMinute] = []
    for room, minutes in fresh.items():
        before = minutes_in(attempted.get(room, ()))
        told = {one.t_ms: one for one in known.get(room, ()) if one.evidence is not None}
        for one in minutes:
            stands = told.get(one.t_ms)
            if one.evidence is not None and (stands is None or (one.t_ms in before and one != stands)):
                found.append(one)
    return found


def _with(measured: Measured, put: Sequence[RoomMinute]) -> Measured:
    if not put:
        return measured
    minutes = {room: {one.t_ms: one for one in ours} for room, ours in measured.minutes.items()}
    for one in put:
        minutes.setdefault(one.room, {})[one.t_ms] = one
    return Measured({room: [ours[t] for t in sorted(ours)] for room, ours in minutes.items()}, measured.devices)


def _otherwise_planned(due: Due, derived: Derived) -> frozenset[str]:
    """Rooms whose people and air were estimated by another plan than holds now; each is lived again once."""
    if due.reason == Reason.ESTIMATES:
        return frozenset()
    if due.reason in {Reason.PLAN, Reason.UNDONE, Reason.EDIT, Reason.ROSTER}:
        return frozenset(derived.courses)
    return derived.replanned
