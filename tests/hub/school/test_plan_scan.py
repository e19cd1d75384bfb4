"""Plans against a slow scan of the same timetables: masks, weeks, calendar, one-day changes, both axes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from hub.db.engine import open_database
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.school.calendar import CalendarDay, DayKind
from hub.school.changes import ChangeKind, DayChange
from hub.school.edits import DropChange, DropDays, SetChange, SetDays
from hub.school.importers.found import TimetableImport
from hub.school.journal import Kind
from hub.school.plan import SchoolPlan
from hub.school.problems import Findings
from hub.school.repository import Schools
from hub.school.timetable import (
    Bell,
    Card,
    DatedCard,
    PlannedLesson,
    PlannedRoom,
    SchoolClass,
    Subject,
    Teacher,
    Timetable,
)
from tests.hub.school.slow_scan import Found, running, runs_in, starts_of
from tests.patience import SOAK

FIRST = date(2026, 9, 7)
DAYS = [FIRST + timedelta(days=offset) for offset in (0, 1, 4, 7, 10, 14, 15)]
ROOMS = (Room("thu", "r1", "P.1", "a"), Room("thu", "r2", "P.2", "a"))
Named = TypeVar("Named", Card, DatedCard, DayChange)
EXAMPLES = 20 if SOAK else 1
BELLS = tuple(
    Bell(str(n), f"Tiết {n}", str(n), start, start + 45) for n, start in enumerate((420, 470, 530, 580, 700, 790))
)
HALF = tuple(Bell(str(n), f"Tiết {n}", str(n), 420 + 30 * n, 445 + 30 * n, "half") for n in range(4))

NEVER_MIN = 60  # so far from every lesson that it is none's (a nearer one is: tests/hub/school/test_meeting.py)

lesson_ids = st.sampled_from(["L0", "L1", "L2"])
places = st.lists(st.sampled_from(["R1", "R2", "R9"]), max_size=2, unique=True).map(tuple)
a_day = st.sampled_from(DAYS)
cards = st.builds(
    Card,
    lesson=lesson_ids,
    periods=st.lists(st.sampled_from("012345"), min_size=1, max_size=3, unique=True).map(tuple),
    days=st.sampled_from(["11111", "10010", "010011", "100001"]),
    weeks=st.sampled_from(["", "1", "10", "01", "11"]),
    terms=st.just("1"),
    rooms=places,
)
dated = st.builds(
    lambda lesson, day, start, length, rooms: DatedCard(lesson, day, start, start + length, rooms),
    lesson_ids, a_day, st.integers(400, 1100), st.integers(1, 120), places,
)  # fmt: skip
calendar_days = st.lists(
    st.builds(
        CalendarDay,
        day=a_day,
        kind=st.sampled_from([DayKind.TEACHING, DayKind.TEACHING, DayKind.HOLIDAY]),
        bells=st.sampled_from(["", "half", "nobody's"]),
        week=st.sampled_from([None, 0, 1]),
        weekday=st.sampled_from([None, 0, 3]),
        until_min=st.sampled_from([None, 540, 600]),
    ),
    max_size=5,
    unique_by=lambda one: one.day,
).map(tuple)


@st.composite
def day_changes(draw: st.DrawFn, rooms: tuple[str, ...] = ("R1", "R2", "R9")) -> tuple[DayChange, ...]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(ChangeKind))
        extra = kind is ChangeKind.EXTRA
        start = draw(st.sampled_from([420, 530])) if extra else draw(st.sampled_from([None, None, NEVER_MIN]))
        found.append(
            DayChange(
                id=f"C{number}",
                day=draw(a_day),
                kind=kind,
                lesson="" if extra else draw(lesson_ids),
                start_min=start,
                end_min=start + 45 if extra and start is not None else None,
                rooms=(draw(st.sampled_from(rooms)),) if kind in {ChangeKind.ROOM, ChangeKind.EXTRA} else (),
                teachers=(draw(st.sampled_from(["T0", "T1"])),) if kind is ChangeKind.SUBSTITUTION else (),
                subject="thêm" if extra else "",
            )
        )
    return tuple(found)


@st.composite
def timetables(draw: st.DrawFn, *, bells: bool = True) -> Timetable:
    return Timetable(
        bells=BELLS + HALF if bells else (),
        rooms=tuple(PlannedRoom(f"R{n}", f"Phòng {n}") for n in (1, 2, 9)),
        subjects=tuple(Subject(f"S{n}", f"S{n}") for n in range(4)),
        teachers=tuple(Teacher(f"T{n}", f"T{n}") for n in range(4)),
        lessons=tuple(PlannedLesson(f"L{n}", f"S{n}", teachers=(f"T{n}",)) for n in range(4)),
        cards=tuple(draw(st.lists(cards, min_size=2, max_size=9))),
        dated=tuple(draw(st.lists(dated, max_size=3, unique_by=lambda one: (one.lesson, one.day)))),
        days=draw(calendar_days),
        changes=draw(day_changes()),
    )


@st.composite
def by_hands(draw: st.DrawFn) -> Timetable:
    bells = tuple(Bell(bell.number, bell.name, bell.short, bell.start_min + 5, bell.end_min + 5) for bell in BELLS)
    return Timetable(
        bells=draw(st.sampled_from([(), bells])),
        days=draw(calendar_days),
        changes=draw(day_changes(("r1", "r2", "R9"))),
    )


def plan_of(timetable: Timetable, by_hand: Timetable) -> SchoolPlan:
    return SchoolPlan(timetables=[(date(1, 1, 1), {"": timetable, "hand": by_hand})], rooms=ROOMS)


def aimed(part: Timetable, timetable: Timetable, by_hand: Timetable) -> Timetable:
    """Every second change of a minute names the one at which its lesson starts, if it has one that day."""

    def aim(change: DayChange) -> DayChange:
        starts = starts_of(timetable, by_hand, change.lesson, change.day)
        if change.start_min != NEVER_MIN or change.id in {"C1", "C3"} or not starts:
            return change
        return msgspec.structs.replace(change, start_min=starts[-1])

    return msgspec.structs.replace(part, changes=tuple(map(aim, part.changes)))


def ms(day: date, minute: int) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() - 7 * 3600 + minute * 60) * 1000


def told(plan: SchoolPlan, room: str, day: date) -> list[Found]:
    base = ms(day, 0)
    return [
        (
            (one.start_ms - base) // 60_000, (one.end_ms - base) // 60_000, one.id.partition("@")[0],
            one.subject, one.teachers, one.change or "", one.relieved_ids,
        )
        for one in plan.day(room, base)
    ]  # fmt: skip


@settings(max_examples=120 * EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(timetables(), by_hands(), st.sampled_from(["r1", "r2"]), a_day, st.integers(0, 1439))
def test_every_answer_is_that_of_the_slow_scan(
    timetable: Timetable, by_hand: Timetable, room: str, day: date, minute: int
) -> None:
    timetable, by_hand = (aimed(part, timetable, by_hand) for part in (timetable, by_hand))
    plan = plan_of(timetable, by_hand)
    for one in DAYS:
        assert told(plan, room, one) == runs_in(timetable, by_hand, room, one)
    expected, found = running(timetable, by_hand, room, ms(day, minute)), plan.at(room, ms(day, minute))
    assert (found.id.partition("@")[0] if found else None) == (expected[2] if expected else None)


def taught(timetable: Timetable) -> Timetable:
    """Each lesson to a class of its own, so that subject and class say which it is."""
    return msgspec.structs.replace(
        timetable,
        classes=tuple(SchoolClass(f"K{one.id}", f"7 {one.id}") for one in timetable.lessons),
        lessons=tuple(msgspec.structs.replace(one, classes=(f"K{one.id}",)) for one in timetable.lessons),
    )


def under_new_ids(timetable: Timetable) -> Timetable:
    def renamed(things: Iterable[Named]) -> tuple[Named, ...]:
        return tuple(msgspec.structs.replace(one, lesson=one.lesson and f"N{one.lesson[1:]}") for one in things)

    return msgspec.structs.replace(
        timetable,
        lessons=tuple(msgspec.structs.replace(one, id=f"N{one.id[1:]}") for one in timetable.lessons),
        cards=renamed(timetable.cards),
        dated=renamed(timetable.dated),
        changes=renamed(timetable.changes),
    )


@settings(max_examples=80 * EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(timetables(), by_hands())
def test_lessons_under_new_ids_keep_what_hands_set(timetable: Timetable, by_hand: Timetable) -> None:
    """The slow scan knows the old ids alone."""
    timetable = taught(timetable)
    timetable, by_hand = (aimed(part, timetable, by_hand) for part in (timetable, by_hand))
    whole_days = {one.id for one in by_hand.changes if one.kind is not ChangeKind.EXTRA and one.start_min is None}
    by_hand = msgspec.structs.replace(
        by_hand, changes=tuple(one for one in by_hand.changes if one.id not in whole_days)
    )
    before, after = plan_of(timetable, by_hand), plan_of(under_new_ids(timetable), by_hand)
    after.remember(before.meant(after.doubtful(frozenset(one.id for one in by_hand.changes))))
    for day in DAYS:
        for room in ("r1", "r2"):
            expected = runs_in(timetable, by_hand, room, day)
            assert told(after, room, day) == [(*one[:2], one[2].replace("L", "N"), *one[3:]) for one in expected]
    assert [one.id for one in after.unmet(DAYS[0])] == [one.id for one in before.unmet(DAYS[0])]


@settings(max_examples=40 * EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(timetables(), by_hands(), a_day)
def test_teachers_find_every_lesson_of_theirs_in_a_room_or_none(
    timetable: Timetable, by_hand: Timetable, day: date
) -> None:
    plan = plan_of(timetable, by_hand)
    planned = plan.school_day(day)
    for teacher in ("T0", "T1", "T2", "T3"):
        theirs = plan.day_of_teacher(teacher, ms(day, 0))
        assert theirs == sorted(theirs, key=lambda one: one.start_ms)
        everywhere = [one for one in (*planned.lessons, *planned.elsewhere) if teacher in one.teacher_ids]
        assert sorted(one.id for one in theirs) == sorted(one.id for one in everywhere)
        for one in theirs:
            found = plan.at_teacher(teacher, one.start_ms)
            assert found is not None
            assert found.start_ms == one.start_ms
    assert all(one.room == "" for one in planned.elsewhere)
    assert all(one.change is ChangeKind.CANCELLED for one in planned.cancelled)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("axes")
    engine = open_database(f"sqlite:///{folder / 'state.db'}")
    yield engine
    engine.dispose()


HELD_FROM = [None, FIRST, FIRST + timedelta(days=7), FIRST + timedelta(days=14)]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("import"), timetables(), st.sampled_from(HELD_FROM)),
        st.tuples(st.just("hand"), by_hands(), st.none()),
        st.tuples(st.just("drop"), a_day, st.none()),
    ),
    min_size=1,
    max_size=4,
)
_COUNT = iter(range(10**9))


@settings(
    max_examples=12 * EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(first=timetables(), then=steps)
def test_what_was_believed_at_every_step_can_still_be_asked(
    database: Engine, first: Timetable, then: list[tuple[str, Timetable | date, date | None]]
) -> None:
    """The model beside it: for each date the timetable imported last with effect on it, and what hands set."""
    school = f"thu{next(_COUNT)}"
    registry = Registry(database)
    registry.add_school(School(school, "THCS"))
    registry.add_building(Building(school, "a", "A"))
    for room in ROOMS:
        registry.add_room(Room(school, room.id, room.name, "a"), now_ms=0)
    schools, now_ms = Schools(database), ms(FIRST - timedelta(days=30), 0)
    held = dict.fromkeys(DAYS, Timetable())
    hand: tuple[dict[date, CalendarDay], dict[str, DayChange]] = ({}, {})
    believed: list[tuple[int, dict[tuple[str, date], list[Found]]]] = []
    for kind, what, since in [("import", first, None), *then]:
        now_ms += 86_400_000
        if kind == "import" and isinstance(what, Timetable):
            weekly = Timetable(
                **{
                    name: getattr(what, name)
                    for name in what.__struct_fields__
                    if name not in {"dated", "days", "changes"}
                }
            )
            found = TimetableImport("test", weekly, {}, {}, Findings())
            start = since or (date(1, 1, 1) if not believed else FIRST - timedelta(days=1))
            digest = f"{len(believed)}"
            schools.take_in(
                school, Kind.TIMETABLE, found, name="t", digest=digest, valid_from=start, force=True, now_ms=now_ms
            )
            held = {day: weekly if start <= day else before for day, before in held.items()}
        elif isinstance(what, Timetable):
            if what.days:
                schools.edit(school, SetDays(what.days), "test", now_ms)
                hand[0].update({one.day: one for one in what.days})
            for number, change in enumerate(what.changes):
                schools.edit(school, SetChange(change), "test", now_ms + 1 + number)
                hand[1][change.id] = change
        elif isinstance(what, date):
            schools.edit(school, DropDays((what,)), "test", now_ms)
            schools.edit(school, DropChange("C0"), "test", now_ms + 1)
            hand[0].pop(what, None)
            hand[1].pop("C0", None)
        by_hand = Timetable(days=tuple(hand[0].values()), changes=tuple(hand[1].values()))
        expected = {
            (room, day): sorted(runs_in(held[day], by_hand, room, day)) for room in ("r1", "r2") for day in DAYS
        }
        believed.append((now_ms + 1_000, expected))
        now = schools.schedule(school)
        assert now is not None
        assert {key: sorted(told(now, *key)) for key in expected} == expected
    for known_ms, expected in believed:
        then_plan = schools.as_known(school, known_ms)
        assert then_plan is not None
        assert {key: sorted(told(then_plan, *key)) for key in expected} == expected
