"""Rooms over two time axes: any sequence of renaming, naming, retiring and taking back says, for every day and as
believed at every instant, what a slow recomputation day by day says, and timetables are matched accordingly.
"""

import itertools
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from hub.db.engine import downgrade, upgrade
from hub.registry.changes import RegistryError
from hub.registry.model import ALWAYS, Building, Room, School, Spell
from hub.registry.registry import Registry
from hub.registry.retiring import Retiring
from hub.registry.spell_rows import PlaceKind, rooms_of, spells_of
from hub.school.importers.found import TimetableImport
from hub.school.journal import Kind
from hub.school.names import NamesOverTime, RoomNames, room_key
from hub.school.problems import Findings
from hub.school.repository import Schools
from hub.school.timetable import Bell, Card, PlannedLesson, PlannedRoom, Subject, Timetable
from tests.patience import SOAK

EXAMPLES = 20 if SOAK else 1
FIRST = date(2026, 11, 2)  # a Monday
DAYS = 12
NAMES = ("P.101", "Phòng 102", "Lab", "Kho")
ROOMS = ("a1", "b2")
DAY_MS = 86_400_000
COUNT = itertools.count()
Said = tuple[str, tuple[str, ...], str | None]  # name, aliases, why retired
Course = list[Said]  # for each day, one before the first and one after the last included


def day_of(place: int) -> date:
    return FIRST + timedelta(days=place - 1)


def instant(place: int) -> int:
    """Noon of that day in Viet Nam."""
    return round(datetime.combine(day_of(place), datetime.min.time(), UTC).timestamp()) * 1000 + 5 * 3_600_000


class Act(msgspec.Struct, frozen=True):
    """What a person says on day `today`, of which room, to hold from day `since` (None: as far as it goes)."""

    kind: str
    room: str
    today: int
    since: int | None
    name: str = ""
    aliases: tuple[str, ...] = ()


acts = st.builds(
    Act,
    kind=st.sampled_from(("name", "name", "retire", "reopen")),
    room=st.sampled_from(ROOMS),
    today=st.integers(1, DAYS),
    since=st.none() | st.integers(1, DAYS),
    name=st.sampled_from(NAMES),
    aliases=st.lists(st.sampled_from(("101", "102", "Phòng Lý")), max_size=1).map(tuple),
)


# ---- the slow recomputation ----


def answers(room: str, said: Said) -> set[str]:
    return set() if said[2] is not None else {room_key(name) for name in (room, said[0], *said[1])}


def retired_since(course: Course) -> int | None:
    places = [place for place in range(len(course)) if all(said[2] for said in course[place:])]
    return min(places, default=None)


def slow(courses: dict[str, Course], act: Act) -> dict[str, Course] | None:
    """All courses after it; None where it is refused."""
    course, gone = list(courses[act.room]), retired_since(courses[act.room])
    if act.kind == "name":
        course = slow_naming(courses, act)
    elif act.kind == "retire":
        since = act.today if act.since is None else act.since
        course = [
            (one[0], one[1], None) if gone is not None and place >= gone else one for place, one in enumerate(course)
        ]
        course = [(one[0], one[1], "vì") if place >= since else one for place, one in enumerate(course)]
    else:
        if gone is None or (act.since is not None and act.since <= gone):
            return None
        since = gone if act.since is None else act.since
        course = [(one[0], one[1], None) if place >= since else one for place, one in enumerate(course)]
    return courses | {act.room: course}


def slow_naming(courses: dict[str, Course], act: Act) -> Course:
    course, since = courses[act.room], act.since
    known = {name for said in course for name in (said[0], *said[1])}
    new = {room_key(name) for name in {act.name, *act.aliases} - known}
    for other in ROOMS:
        bore = [place for place, said in enumerate(courses[other]) if new & answers(other, said)]
        if other != act.room and bore and bore[-1] < len(course) - 1:  # free since then, whatever is said
            since = max(bore[-1] + 1, since or 0)
    first, last = since, len(course)
    if since is None:  # for as long as it is called what it is called today
        first = last = act.today
        while first > 0 and course[first - 1][:2] == course[act.today][:2]:
            first -= 1
        while last < len(course) and course[last][:2] == course[act.today][:2]:
            last += 1
    assert first is not None
    return [(act.name, act.aliases, said[2]) if first <= place < last else said for place, said in enumerate(course)]


def slow_find(courses: dict[str, Course], place: int, called: str) -> str | None:
    rooms = [
        Room("s", room, said[0], "a", said[1]) for room, course in courses.items() if (said := course[place])[2] is None
    ]
    return RoomNames(rooms).find((called,))


# ---- the hub ----


def carry_out(registry: Registry, school: str, act: Act) -> None:
    now_ms = instant(act.today)
    since = None if act.since is None else day_of(act.since)
    if act.kind == "name":
        registry.add_room(Room(school, act.room, act.name, "a", act.aliases), since=since, now_ms=now_ms)
    elif act.kind == "retire":
        registry.retire_room(school, act.room, Retiring(since or day_of(act.today), "vì"), now_ms)
    else:
        registry.reopen_room(school, act.room, since, now_ms)


def told(rooms: list[Room], place: int) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {room.id: (then.name, then.aliases) for room in rooms if (then := room.on(day_of(place))) is not None}


def expected(courses: dict[str, Course], place: int) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {room: course[place][:2] for room, course in courses.items() if course[place][2] is None}


def a_plan(schools: Schools, school: str) -> None:
    """Every day, a lesson in each of the names."""
    rooms = tuple(PlannedRoom(f"p{number}", name) for number, name in enumerate(NAMES))
    timetable = Timetable(
        bells=tuple(Bell(str(number), "", "", 420 + 60 * number, 465 + 60 * number) for number in range(len(NAMES))),
        rooms=rooms,
        subjects=(Subject("T", "Toán"),),
        lessons=tuple(PlannedLesson(room.id, "T") for room in rooms),
        cards=tuple(Card(room.id, (str(number),), "1111111", "", "", (room.id,)) for number, room in enumerate(rooms)),
    )
    found = TimetableImport("test", timetable, {}, {}, Findings())
    taken = schools.take_in(
        school, Kind.TIMETABLE, found, name="t", digest="1", valid_from=date.min, force=True, now_ms=instant(0)
    )
    assert taken.status == "applied"


def held_lessons(schools: Schools, school: str, known_ms: int, place: int) -> dict[str, set[str]]:
    plan = schools.as_known(school, known_ms)
    assert plan is not None
    noon = instant(place)
    return {room: {lesson.id.partition("@")[0] for lesson in plan.day(room, noon)} for room in ROOMS}


@settings(
    max_examples=8 * EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(said=st.lists(acts, min_size=2, max_size=6))
def test_any_sequence_agrees_with_a_slow_recomputation(state_engine: Engine, said: list[Act]) -> None:
    school, registry, schools = f"s{next(COUNT)}", Registry(state_engine), Schools(state_engine)
    registry.add_school(School(school, "THCS"))
    registry.add_building(Building(school, "a", "A"), now_ms=0)
    courses: dict[str, Course] = {}
    for room, name in zip(ROOMS, NAMES, strict=False):
        registry.add_room(Room(school, room, name, "a"), now_ms=0)
        courses[room] = [(name, (), None)] * (DAYS + 2)
    a_plan(schools, school)
    believed = [(instant(0), courses)]
    for number, act in enumerate(sorted(said, key=lambda one: one.today)):
        registry.turn_day(instant(act.today))
        after = slow(courses, act)
        if after is None:
            with pytest.raises(RegistryError):
                carry_out(registry, school, act)
            continue
        carry_out(registry, school, act)
        courses = after
        believed.append((instant(act.today) + number, courses))
        assert told(registry.rooms_ever(school), act.today) == expected(courses, act.today)
        standing = {room.id: (room.name, room.aliases) for room in registry.rooms(school)}
        assert standing == expected(courses, act.today)
    # What was learned at one instant is told apart by a millisecond: of several on one day the last one stands.
    last_of = {known_ms // DAY_MS: then for known_ms, then in believed}
    for today, then in last_of.items():
        known_ms = (today + 1) * DAY_MS - 1
        with state_engine.connect() as connection:
            rooms = rooms_of(connection, school, known_ms)
        names = NamesOverTime(rooms)
        for place in range(DAYS + 2):
            assert told(rooms, place) == expected(then, place)
            found = {called: names.at(day_of(place)).find((called,)) for called in NAMES}
            assert found == {called: slow_find(then, place, called) for called in NAMES}
    today, then = max(last_of.items())
    for place in (1, said[0].today, DAYS):
        lessons: dict[str, set[str]] = {room: set() for room in ROOMS} | {
            room: {f"p{at}" for at, called in enumerate(NAMES) if slow_find(then, place, called) == room}
            for room in ROOMS
        }
        assert held_lessons(schools, school, (today + 1) * DAY_MS - 1, place) == lessons


def test_a_database_of_before_called_them_so_since_ever_and_goes_on(engine: Engine, registry: Registry) -> None:
    before = registry.room("s1", "r1")
    downgrade(engine, "0011_pulls")
    upgrade(engine)
    opened, ever = Registry(engine), (Spell(ALWAYS, None, "P.101", ("101",)),)
    assert opened.room("s1", "r1") == before
    with engine.connect() as connection:
        assert spells_of(connection, ("s1", PlaceKind.ROOM, "r1"), known_at_ms=1) == ever
        assert spells_of(connection, ("s1", PlaceKind.BUILDING, "a")) == (Spell(ALWAYS, None, "Nhà A"),)
    opened.add_room(Room("s1", "r1", "P.201", "a"), since=FIRST, now_ms=instant(1))
    opened.retire_room("s1", "r1", Retiring(FIRST, "dột"), instant(1))
    downgrade(engine, "0011_pulls")
    upgrade(engine)
    again = Registry(engine).room("s1", "r1")
    assert again is not None
    assert (again.name, again.retired, again.spells) == ("P.201", None, ())
