import sys
import timeit
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.registry.model import Room
from hub.school.headcount import Headcount, Stay
from hub.school.importers.asc import read_asc
from hub.school.model import Lesson
from hub.school.plan import MAX_DAYS, PlanRules, SchoolPlan
from hub.school.roster import Session
from hub.school.schedule import Schedule
from hub.school.timetable import Card, Timetable
from tests.hub.school.conftest import FIXTURES, ROOMS

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = date(2026, 9, 7)  # ISO week 37, odd
STAYS = (
    *(Stay(("10A1", "10A1")) for _ in range(3)),
    Stay(("10A1",), date(2026, 9, 5), MONDAY),
    *(Stay(("10A2",)) for _ in range(2)),
)


def ms(day: date, clock: str, zone: str = "Asia/Ho_Chi_Minh") -> int:
    hour, minute = map(int, clock.split(":"))
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def plan(**changes: object) -> SchoolPlan:
    settings: dict[str, object] = {
        "timetables": [(date(1, 1, 1), read_asc(FIXTURES / "asc_school.xml").timetable)],
        "rooms": ROOMS,
        "headcount": Headcount(STAYS),
    }
    return SchoolPlan(**(settings | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def school() -> SchoolPlan:
    return plan()


def test_it_is_a_schedule(school: SchoolPlan) -> None:
    schedule: Schedule = school
    assert schedule.at("r101", ms(MONDAY, "06:59")) is None


def test_a_double_period_is_one_lesson_break_included(school: SchoolPlan) -> None:
    lesson = school.at("r101", ms(MONDAY, "07:47"))
    assert lesson is not None
    assert (lesson.start_ms, lesson.end_ms) == (ms(MONDAY, "07:00"), ms(MONDAY, "08:35"))
    assert (lesson.period, lesson.subject, lesson.classes, lesson.teachers) == (
        "1–2", "Toán", ("10A1",), ("Nguyễn Thị Ánh",),
    )  # fmt: skip
    assert school.at("r101", ms(MONDAY, "08:34")) == lesson
    assert school.at("r101", ms(MONDAY, "08:35")) is None
    assert school.day("r101", ms(MONDAY, "23:00")) == [lesson]
    assert school.day("r101", ms(MONDAY + timedelta(days=1), "07:00")) == []
    assert school.next_after("r101", ms(MONDAY, "06:00")) == lesson
    assert school.next_after("r101", ms(MONDAY, "07:00")) is None


def test_it_tells_which_rooms_it_knows(school: SchoolPlan) -> None:
    assert school.names("r101", ms(MONDAY, "07:00"))
    assert not school.names("hall", ms(MONDAY, "07:00"))
    later = plan(timetables=[(date(2026, 9, 14), read_asc(FIXTURES / "asc_school.xml").timetable)])
    assert not later.names("r101", ms(MONDAY, "07:00"))


def test_people_expected_are_pupils_of_that_day_and_teachers(school: SchoolPlan) -> None:
    def expected(room: str, day: date, clock: str) -> int | None:
        lesson = school.at(room, ms(day, clock))
        assert lesson is not None
        return lesson.expected_people

    assert expected("r101", MONDAY, "07:00") == 3 + 1
    assert expected("r102", MONDAY, "09:00") == 3 + 2 + 2
    assert expected("tin", MONDAY + timedelta(days=5), "10:00") == 2 + 1  # a group that the timetable counts
    assert expected("tin", MONDAY + timedelta(days=12), "10:00") is None  # one that nobody counts
    before = plan().at("r101", ms(MONDAY - timedelta(days=7), "07:00"))
    assert before is not None
    assert before.expected_people == 3 + 1  # the fourth pupil begins on the 5th, a Saturday, and leaves on the 7th


def test_without_a_roster_nobody_is_expected() -> None:
    lesson = plan(headcount=None).at("r101", ms(MONDAY, "07:00"))
    assert lesson is not None
    assert lesson.expected_people is None


def test_weeks_alternate_as_the_rules_say() -> None:
    saturday, next_one = MONDAY + timedelta(days=5), MONDAY + timedelta(days=12)
    odd, even = plan(), plan(rules=PlanRules(odd_first=False))
    first, second = odd.at("tin", ms(saturday, "10:00")), odd.at("tin", ms(next_one, "10:00"))
    assert first is not None
    assert second is not None
    assert (first.id.partition("@")[0], second.id.partition("@")[0]) == ("L3", "L4")
    turned = even.at("tin", ms(saturday, "10:00"))
    assert turned is not None
    assert turned.id.startswith("L4@")


def test_rooms_are_matched_by_name_and_alias_and_the_rest_reported(school: SchoolPlan) -> None:
    assert school.unmatched_rooms == ("Sân bóng",)


def test_bells_and_school_hours(school: SchoolPlan) -> None:
    period, following = school.period_at(ms(MONDAY, "07:44")), school.next_period(ms(MONDAY, "07:44"))
    assert period is not None
    assert following is not None
    assert (period.name, following.name) == ("Tiết 1", "Tiết 2")
    assert school.period_at(ms(MONDAY, "07:45")) is None
    assert school.next_period(ms(MONDAY, "18:00")) is None
    assert [school.in_school_hours(ms(MONDAY, clock)) for clock in ("06:59", "07:00", "09:39", "09:40")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert school.in_school_hours(ms(MONDAY + timedelta(days=6), "09:00")) is False
    assert SchoolPlan(timetables=(), rooms=()).in_school_hours(ms(MONDAY, "09:00")) is None
    assert plan(timetables=[(date(1, 1, 1), Timetable())]).in_school_hours(ms(MONDAY, "09:00")) is None


def test_a_newer_timetable_leaves_the_past_alone() -> None:
    old = read_asc(FIXTURES / "asc_school.xml").timetable
    changed = plan(timetables=[(date(1, 1, 1), old), (MONDAY + timedelta(days=7), Timetable(bells=old.bells))])
    assert changed.at("r101", ms(MONDAY, "07:00")) is not None
    assert changed.at("r101", ms(MONDAY + timedelta(days=7), "07:00")) is None


def test_between_terms_is_free_and_outside_the_known_calendar_is_not() -> None:
    sessions = [
        Session("a", "HK1", "semester", date(2026, 9, 1), date(2026, 9, 6)),
        Session("b", "HK2", "semester", date(2026, 9, 8), date(2027, 5, 31)),
        Session("c", "NH", "schoolYear", date(2026, 9, 1), date(2027, 5, 31)),
    ]
    calendar = plan(sessions=sessions)
    assert calendar.at("r101", ms(MONDAY, "07:00")) is None
    assert calendar.in_school_hours(ms(MONDAY, "07:30")) is False
    assert calendar.at("r101", ms(MONDAY + timedelta(days=7), "07:00")) is not None
    assert calendar.at("r101", ms(date(2028, 9, 4), "07:00")) is not None


def test_the_second_of_two_terms() -> None:
    base = read_asc(FIXTURES / "asc_school.xml").timetable
    card = Card("L1", ("1",), "100000", "1", "01", ("R101",))
    sessions = [
        Session("a", "HK1", "semester", date(2026, 9, 1), date(2027, 1, 16)),
        Session("b", "HK2", "semester", date(2027, 1, 18), date(2027, 5, 31)),
    ]
    table = Timetable(bells=base.bells, rooms=base.rooms, lessons=base.lessons, cards=(card,))
    second = plan(timetables=[(date(1, 1, 1), table)], sessions=sessions)
    assert second.at("r101", ms(MONDAY, "07:00")) is None
    assert second.at("r101", ms(date(2027, 1, 18), "07:00")) is not None
    assert plan(timetables=[(date(1, 1, 1), table)]).at("r101", ms(MONDAY, "07:00")) is not None


def test_local_time_through_a_change_of_clocks() -> None:
    berlin = plan(timezone="Europe/Berlin")
    for day in (date(2026, 3, 23), date(2026, 3, 30), date(2026, 10, 26)):
        lesson = berlin.at("r101", ms(day, "07:10", "Europe/Berlin"))
        assert lesson is not None
        assert lesson.start_ms == ms(day, "07:00", "Europe/Berlin")
    sunday = date(2026, 3, 29)  # 23 hours long
    assert berlin.day("r101", ms(sunday, "23:59", "Europe/Berlin")) == []


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(["r101", "r102", "tin", "none"]))
def test_every_answer_agrees_with_the_day(t_ms: int, room: str) -> None:
    lessons = school_once().day(room, t_ms)
    assert lessons == sorted(lessons, key=lambda lesson: lesson.start_ms)
    running = [lesson for lesson in lessons if lesson.start_ms <= t_ms < lesson.end_ms]
    assert school_once().at(room, t_ms) == (running[-1] if running else None)
    later = [lesson for lesson in lessons if lesson.start_ms > t_ms]
    assert school_once().next_after(room, t_ms) == (later[0] if later else None)
    today = datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(ZONE).date()
    assert all(ms(today, "00:00") <= lesson.start_ms for lesson in lessons)
    assert len(school_once()._days) <= MAX_DAYS


_ONCE: list[SchoolPlan] = []


def school_once() -> SchoolPlan:
    if not _ONCE:
        _ONCE.append(plan())
    return _ONCE[0]


def test_a_double_booking_shows_the_later_start_then_the_longer_one() -> None:
    base = read_asc(FIXTURES / "asc_school.xml").timetable
    cards = (
        Card("L1", ("1", "2"), "100000", "1", "1", ("R101",)),
        Card("L2", ("2",), "100000", "1", "1", ("R101",)),
    )
    table = Timetable(bells=base.bells, rooms=base.rooms, lessons=base.lessons, cards=cards)
    double = plan(timetables=[(date(1, 1, 1), table)])

    def running(clock: str) -> str:
        lesson: Lesson | None = double.at("r101", ms(MONDAY, clock))
        return "" if lesson is None else lesson.id[:2]

    assert [running(clock) for clock in ("07:10", "07:48", "08:00", "08:35")] == ["L1", "L1", "L2", ""]


def test_a_question_takes_under_five_microseconds(school: SchoolPlan) -> None:
    now = ms(MONDAY, "07:10")
    week = [now + offset * 86_400_000 for offset in range(7)] * 2_000
    school.at("r101", now)
    best = min(timeit.repeat(lambda: [school.at("r101", t_ms) for t_ms in week], number=1, repeat=5)) / len(week)
    assert sys.gettrace() is not None or best < 5e-6  # seconds, changing the day every time


def test_a_room_with_no_registry_entry_is_simply_unknown() -> None:
    assert plan(rooms=[Room("thu", "x", "Khác", "a")]).unmatched_rooms == (
        "P.102",
        "Phòng 101",
        "Phòng Tin học",
        "Sân bóng",
    )
