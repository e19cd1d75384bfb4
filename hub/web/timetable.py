"""Gathers one week for the timetable page and its API: the plan, what the hub derived of it, what nobody planned."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from starlette.concurrency import run_in_threadpool

from hub.context import Hub
from hub.live.views import RoomStatus
from hub.registry.model import Room, School
from hub.school.directory import Directory
from hub.school.model import SchoolDay
from hub.school.plan import SchoolPlan
from hub.stores.series import StoreDown
from hub.web.api.model import PeopleOut
from hub.web.api.outgoing import rfc3339
from hub.web.api.timetable_model import NamedOut, PlanDayOut, PlannedOut, UseOut, WeekOut
from hub.web.change_notes import ChangeNotes, notes_of
from hub.web.evidence import evidence_of
from hub.web.week import (
    DAYS,
    Evidence,
    Judged,
    Outcome,
    Side,
    Use,
    compared,
    days_of,
    found_elsewhere,
    judge,
    lessons_of,
    name_of_week,
    uses,
)

MOST_LOOKED_FOR = 12  # empty lessons of a week whose pupils are looked for in other rooms
STORE_WAIT_S = 3.0
Derived = Mapping[tuple[str, str], Evidence]


class Asked(msgspec.Struct, frozen=True):
    """Whose week, which, and as believed when (None: now). `key` is the id in the timetable, `id` the opaque one."""

    school: School
    side: Side
    id: str
    key: str
    name: str
    monday: date
    known_ms: int | None = None


class _Believed(msgspec.Struct, frozen=True):
    """A plan's seven days, and who they are about."""

    days: tuple[SchoolDay, ...]
    directories: dict[Side, Directory]


async def week_out(hub: Hub, asked: Asked) -> WeekOut:
    """The whole answer. Never fails for a store that is down: it says so."""
    now_ms, school = hub.now_ms(), asked.school.id
    plan, then = await run_in_threadpool(_plans, hub, school, asked.known_ms)
    days = days_of(asked.monday)
    shown = then if asked.known_ms is not None else plan
    present = await run_in_threadpool(_believed, plan, days)
    believed = present if shown is plan else await run_in_threadpool(_believed, shown, days)
    derived, by_day, store_down = await _reality(hub, asked, present, now_ms)
    rooms = {room.id: room for room in hub.registry.rooms_ever(school)}
    notes = await run_in_threadpool(notes_of, hub.engine, school, days)
    place = rooms.get(asked.key) if asked.side is Side.ROOM and asked.known_ms is None else None
    spoken = _Spoken(ZoneInfo(asked.school.timezone), rooms, (believed.directories, present.directories), notes, place)
    judged = [_judged_day(day, asked, derived, now_ms) for day in believed.days]
    if asked.known_ms is not None:
        really = [_judged_day(day, asked, derived, now_ms) for day in present.days]
        judged = [compared(one, other) for one, other in zip(judged, really, strict=True)]
    judged = [[_with_people(hub, school, one, now_ms) for one in day] for day in judged]
    judged = await _looked_for(hub, asked, judged, present)
    return WeekOut(
        school=school,
        side=asked.side.value,
        id=asked.id,
        name=asked.name,
        week=name_of_week(asked.monday),
        before=name_of_week(asked.monday - timedelta(days=DAYS)),
        after=name_of_week(asked.monday + timedelta(days=DAYS)),
        today=spoken.date_of(now_ms).isoformat(),
        now=rfc3339(now_ms, spoken.zone),
        known=rfc3339(asked.known_ms, spoken.zone),
        letter=_letter(shown, asked.monday),
        planned=plan is not None,
        store_down=store_down,
        days=tuple(
            spoken.day(day, lessons, by_day.get(day.date, ()))
            for day, lessons in zip(believed.days, judged, strict=True)
        ),
    )


def _plans(hub: Hub, school: str, known_ms: int | None) -> tuple[SchoolPlan | None, SchoolPlan | None]:
    return hub.schools.schedule(school), None if known_ms is None else hub.schools.as_known(school, known_ms)


def directories_of(plan: SchoolPlan | None) -> dict[Side, Directory]:
    """Classes and teachers of a plan by the opaque keys that stand in addresses."""
    if plan is None:
        return {Side.CLASS: Directory(()), Side.TEACHER: Directory(())}
    return {Side.CLASS: plan.classes, Side.TEACHER: plan.teachers}


def _believed(plan: SchoolPlan | None, days: Sequence[date]) -> _Believed:
    found = (SchoolDay(day, (), (), None) if plan is None else plan.school_day(day) for day in days)
    return _Believed(tuple(found), directories_of(plan))


def _letter(plan: SchoolPlan | None, monday: date) -> str:
    """A or B (or C, D) where the timetable differs by weeks."""
    character = None if plan is None else plan.week_of(monday)
    return "" if character is None else chr(ord("A") + character)


def _judged_day(day: SchoolDay, asked: Asked, derived: Derived, now_ms: int) -> list[Judged]:
    runs, cancelled = lessons_of(day, asked.side, asked.key)
    found = [judge(lesson, derived.get((lesson.room, lesson.id)), now_ms) for lesson in runs]
    found += [Judged(lesson, Outcome.CANCELLED) for lesson in cancelled]
    return sorted(found, key=lambda one: (one.lesson.start_ms, one.lesson.room, one.lesson.id))


async def _reality(
    hub: Hub, asked: Asked, present: _Believed, now_ms: int
) -> tuple[Derived, dict[date, tuple[Use, ...]], bool]:
    """Records of the week's lessons, unplanned use of a room by day, and whether the store was silent."""
    zone = ZoneInfo(asked.school.timezone)
    from_ms, to_ms = _midnight(asked.monday, zone), _midnight(asked.monday + timedelta(days=DAYS), zone)
    if now_ms < from_ms:
        return {}, {}, False
    room = asked.key if asked.side is Side.ROOM else None
    past = [day.date for day in present.days if _midnight(day.date, zone) <= now_ms]
    derived = await run_in_threadpool(evidence_of, hub.engine, asked.school.id, room, past)
    if room is None:
        return derived, {}, False
    try:
        minutes = await asyncio.wait_for(
            hub.series.minutes(asked.school.id, room, from_ms, min(to_ms, now_ms)), STORE_WAIT_S
        )
    except (StoreDown, TimeoutError):
        return derived, {}, True
    by_day: dict[date, tuple[Use, ...]] = {}
    for use in uses(minutes, RoomStatus.OCCUPIED_UNSCHEDULED):
        day = datetime.fromtimestamp(use.start_ms / 1000, zone).date()
        by_day[day] = (*by_day.get(day, ()), use)
    return derived, by_day, False


def _with_people(hub: Hub, school: str, one: Judged, now_ms: int) -> Judged:
    """The running lesson has no record yet: what the live state says of its room."""
    if one.outcome is not Outcome.RUNNING or not one.lesson.room:
        return one
    view = hub.live.room(f"{school}.{one.lesson.room}", now_ms)
    if view is None or view.stale or view.people.estimate is None:
        return one
    people = view.people
    seen = Evidence(1.0, people=people.estimate, people_low=people.low, people_high=people.high)
    return msgspec.structs.replace(one, evidence=seen)


async def _looked_for(hub: Hub, asked: Asked, judged: list[list[Judged]], present: _Believed) -> list[list[Judged]]:
    """Empty lessons, the newest few, are looked for in rooms that were used without a lesson meanwhile."""
    empty = [one for day in judged for one in day if one.outcome is Outcome.EMPTY][-MOST_LOOKED_FOR:]
    known = {lesson.room for day in present.days for lesson in day.lessons}
    found: dict[tuple[str, str], Judged] = {}
    for one in empty:
        lesson = one.lesson
        try:
            minutes = await asyncio.wait_for(
                hub.series.minutes(asked.school.id, None, lesson.start_ms, lesson.end_ms), STORE_WAIT_S
            )
        except (StoreDown, TimeoutError):
            return judged
        around = [use for use in uses(minutes, RoomStatus.OCCUPIED_UNSCHEDULED) if use.room in known]
        found[lesson.room, lesson.id] = found_elsewhere(one, around)
    return [[found.get((one.lesson.room, one.lesson.id), one) for one in day] for day in judged]


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


class _Spoken:
    """Structures of the hub into those of the API."""

    def __init__(
        self,
        zone: ZoneInfo,
        rooms: Mapping[str, Room],
        directories: Sequence[Mapping[Side, Directory]],
        notes: ChangeNotes,
        place: Room | None,
    ) -> None:
        self.zone, self._rooms, self._directories, self._notes = zone, rooms, directories, notes
        self._place = place  # whose week it is, of a room as it is known now

    def date_of(self, t_ms: int) -> date:
        return datetime.fromtimestamp(t_ms / 1000, self.zone).date()

    def day(self, day: SchoolDay, judged: Sequence[Judged], found: Sequence[Use]) -> PlanDayOut:
        lessons = tuple(self._lesson(one) for one in judged)
        return PlanDayOut(
            date=day.date.isoformat(),
            midnight=rfc3339(_midnight(day.date, self.zone), self.zone),
            title=day.title,
            free=day.school_hours is None,
            changed=sum(one.change is not None for one in lessons),
            out_since=None if self._place is None else self._place.out_of_use_since(day.date),
            lessons=lessons,
            uses=tuple(
                UseOut(rfc3339(use.start_ms, self.zone), rfc3339(use.end_ms, self.zone), _rounded(use.people))
                for use in found
            ),
        )

    def _lesson(self, one: Judged) -> PlannedOut:
        lesson, seen = one.lesson, one.evidence or Evidence(0.0)
        room = self._rooms.get(lesson.room)
        cancelled, running = one.outcome is Outcome.CANCELLED, one.outcome is Outcome.RUNNING
        return PlannedOut(
            id=lesson.id,
            start=rfc3339(lesson.start_ms, self.zone),
            end=rfc3339(lesson.end_ms, self.zone),
            period=lesson.period,
            subject=lesson.subject,
            classes=self._named(Side.CLASS, lesson.class_ids, lesson.classes),
            teachers=self._named(Side.TEACHER, lesson.teacher_ids, lesson.teachers),
            room=self._room(lesson.room),
            change="cancelled" if cancelled else lesson.change.value if lesson.change else None,
            note=self._notes.of(lesson.id),
            outcome=one.outcome.value,
            late_min=one.late_min,
            early_min=one.early_min,
            began=rfc3339(seen.began_ms, self.zone),
            ended=rfc3339(seen.ended_ms, self.zone),
            people=PeopleOut(
                _rounded(seen.people), _rounded(seen.people_low), _rounded(seen.people_high), lesson.expected_people
            ),
            co2_peak_ppm=_rounded(seen.co2_peak_ppm),
            co2_limit_ppm=room.co2_limit_ppm if room else Room("", "", "", "").co2_limit_ppm,
            minutes_over=seen.minutes_over,
            coverage=None if one.evidence is None or running else round(seen.coverage, 3),
            elsewhere=self._room(one.elsewhere),
            difference=one.difference.value,
        )

    def _room(self, room: str) -> NamedOut | None:
        known = self._rooms.get(room)
        return NamedOut(room, known.name if known else room) if room else None

    def _named(self, side: Side, ids: Sequence[str], names: Sequence[str]) -> tuple[NamedOut, ...]:
        """Names as the lesson has them, with the opaque keys of those the timetable lists."""
        keys = [self._key(side, one) for one in ids] + [""] * (len(names) - len(ids))
        return tuple(NamedOut(key, name) for key, name in zip(keys, names, strict=False))

    def _key(self, side: Side, identifier: str) -> str:
        found = (each[side].by_id.get(identifier) for each in self._directories)
        return next((one.key for one in found if one is not None), "")


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
