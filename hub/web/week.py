"""A week of a room, a class or a teacher: what was planned, and over it what really happened. Pure.

Evidence comes as the hub derived it; a lesson without it is told to be without, never judged by its plan.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from hub.school.model import Lesson, SchoolDay
from hub.stores.series import RoomMinute

MIN_MS = 60_000
PUNCTUAL_MIN = 10  # so much later or earlier than the bell is told
SHORTEST_USE_MIN = 10  # of a room without a lesson: who fetches a bag is no use
LARGEST_GAP_MIN = 5
SAME_TIME_SHARE = 0.5  # of a missing lesson's minutes, so that another room's use may be it
DAYS = 7


class Side(StrEnum):
    """Whose week it is."""

    ROOM = "room"
    CLASS = "class"
    TEACHER = "teacher"


class Outcome(StrEnum):
    """What became of a lesson. PENDING: over, not worked out yet. UNKNOWN: too little was measured to say."""

    PLANNED = "planned"
    RUNNING = "running"
    PENDING = "pending"
    HELD = "held"
    EMPTY = "empty"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Difference(StrEnum):
    """How a lesson believed then differs from what is known now."""

    SAME = ""
    ONLY_THEN = "only_then"
    ONLY_NOW = "only_now"
    CHANGED = "changed"


class Evidence(msgspec.Struct, frozen=True):
    """What the hub derived of one lesson. `held` None: nobody knows. `coverage`: share of its minutes known."""

    coverage: float
    held: bool | None = None
    began_ms: int | None = None
    ended_ms: int | None = None
    people: float | None = None
    people_low: float | None = None
    people_high: float | None = None
    co2_peak_ppm: float | None = None
    minutes_over: float | None = None


class Judged(msgspec.Struct, frozen=True):
    """A lesson with its outcome; `late_min` and `early_min` only of one that was held."""

    lesson: Lesson
    outcome: Outcome
    evidence: Evidence | None = None
    late_min: int = 0
    early_min: int = 0
    elsewhere: str = ""
    difference: Difference = Difference.SAME


class Use(msgspec.Struct, frozen=True):
    """A stretch in which a room was used without a lesson, with the mean of its people estimates."""

    room: str
    start_ms: int
    end_ms: int
    people: float | None


def monday_of(week: str) -> date:
    """The Monday of a week written like 2026-W48. Raises ValueError."""
    year, separator, number = week.partition("-W")
    if not separator or not (year + number).isdecimal() or len(year) != len("2026") or len(number) != len("48"):
        raise ValueError(week)
    return date.fromisocalendar(int(year), int(number), 1)


def name_of_week(day: date) -> str:
    year, number, _ = day.isocalendar()
    return f"{year:04d}-W{number:02d}"


def days_of(monday: date) -> list[date]:
    return [monday + timedelta(days=offset) for offset in range(DAYS)]


def concerns(lesson: Lesson, side: Side, key: str) -> bool:
    """Whether a lesson belongs in that week; `key` is an id of the registry (room) or of the timetable."""
    match side:
        case Side.ROOM:
            return lesson.room == key
        case Side.CLASS:
            return key in lesson.class_ids
        case Side.TEACHER:
            return key in lesson.teacher_ids


def lessons_of(day: SchoolDay, side: Side, key: str) -> tuple[list[Lesson], list[Lesson]]:
    """Those that run, and those that were cancelled."""
    mine = [lesson for lesson in (*day.lessons, *day.elsewhere) if concerns(lesson, side, key)]
    return mine, [lesson for lesson in day.cancelled if concerns(lesson, side, key)]


def judge(lesson: Lesson, evidence: Evidence | None, now_ms: int) -> Judged:
    """What became of a lesson that was not cancelled."""
    if now_ms < lesson.start_ms:
        return Judged(lesson, Outcome.PLANNED)
    if not lesson.room:  # in the yard, or in a room the school has not named: nobody measures there
        return Judged(lesson, Outcome.UNKNOWN)
    if now_ms < lesson.end_ms:
        return Judged(lesson, Outcome.RUNNING, evidence)
    if evidence is None:
        return Judged(lesson, Outcome.PENDING)
    if evidence.held is not True:
        return Judged(lesson, Outcome.UNKNOWN if evidence.held is None else Outcome.EMPTY, evidence)
    late = 0 if evidence.began_ms is None else (evidence.began_ms - lesson.start_ms) // MIN_MS
    early = 0 if evidence.ended_ms is None else (lesson.end_ms - evidence.ended_ms) // MIN_MS
    return Judged(
        lesson,
        Outcome.HELD,
        evidence,
        late_min=late if late >= PUNCTUAL_MIN else 0,
        early_min=early if early >= PUNCTUAL_MIN else 0,
    )


def uses(minutes: Iterable[RoomMinute], unscheduled: str) -> list[Use]:
    """Stretches of minutes with that status, by room and time; short gaps do not end one, short ones are left out."""
    found: list[Use] = []
    run: list[RoomMinute] = []
    for minute in minutes:
        if minute.status != unscheduled:
            continue
        if run and (minute.room != run[-1].room or minute.t_ms - run[-1].t_ms > LARGEST_GAP_MIN * MIN_MS):
            found.append(_use(run))
            run = []
        run.append(minute)
    if run:
        found.append(_use(run))
    return [use for use in found if use.end_ms - use.start_ms >= SHORTEST_USE_MIN * MIN_MS]


def _use(run: Sequence[RoomMinute]) -> Use:
    known = [minute.people for minute in run if minute.people is not None]
    mean = sum(known) / len(known) if known else None
    return Use(run[0].room, run[0].t_ms, run[-1].t_ms + MIN_MS, mean)


def found_elsewhere(judged: Judged, around: Iterable[Use]) -> Judged:
    """An empty lesson that exactly one room used without a lesson meanwhile may have been held there."""
    lesson = judged.lesson
    needed_ms = SAME_TIME_SHARE * (lesson.end_ms - lesson.start_ms)
    overlap_ms: dict[str, int] = {}
    for use in around:
        shared = min(use.end_ms, lesson.end_ms) - max(use.start_ms, lesson.start_ms)
        if use.room != lesson.room and shared > 0:
            overlap_ms[use.room] = overlap_ms.get(use.room, 0) + shared
    rooms = [room for room, shared in overlap_ms.items() if shared >= needed_ms]
    if judged.outcome is not Outcome.EMPTY or len(rooms) != 1:
        return judged
    return msgspec.structs.replace(judged, outcome=Outcome.ELSEWHERE, elsewhere=rooms[0])


def compared(then: Sequence[Judged], now: Sequence[Judged]) -> list[Judged]:
    """The day as believed then, each lesson marked with what is known of it now; what was not believed is added."""
    left = list(now)
    marked = [msgspec.structs.replace(one, difference=_difference(one, _partner(one, left))) for one in then]
    new = [msgspec.structs.replace(one, difference=Difference.ONLY_NOW) for one in left]
    return sorted([*marked, *new], key=lambda one: (one.lesson.start_ms, one.lesson.room, one.lesson.id))


def _partner(one: Judged, left: list[Judged]) -> Judged | None:
    """The same lesson as known now, taken out of those that are left: by id and place, by id, by place alone."""
    same_id = [other for other in left if other.lesson.id == one.lesson.id]
    same_place = [
        other for other in left if (other.lesson.start_ms, other.lesson.room) == (one.lesson.start_ms, one.lesson.room)
    ]
    both = [other for other in same_id if other.lesson.room == one.lesson.room]
    found = next(iter((*both, *same_id, *same_place)), None)
    if found is not None:
        left.remove(found)
    return found


def _difference(one: Judged, present: Judged | None) -> Difference:
    if present is None:
        return Difference.ONLY_THEN
    return Difference.SAME if _content(present) == _content(one) else Difference.CHANGED


def _content(one: Judged) -> tuple[object, ...]:
    lesson = one.lesson
    place = (lesson.room, lesson.start_ms, lesson.end_ms)
    what = (lesson.subject, lesson.classes, lesson.teachers, lesson.change)
    return (*place, *what, one.outcome is Outcome.CANCELLED)
