"""A one-day change stays with its lesson when bells move; where it is not sure which lesson it means, it meets none."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.school.bells import HAND
from hub.school.changes import ChangeKind, DayChange
from hub.school.datebook import DateBook, Told
from hub.school.meeting import ALONE_MIN, NEAR_MIN, Met, Occurrence, meetings
from hub.school.plan import SchoolPlan
from hub.school.timetable import Bell, Card, PlannedLesson, Timetable

MONDAY = date(2026, 9, 7)
BELLS = tuple(
    Bell(str(number), f"Tiết {number}", str(number), start, start + 45)
    for number, start in enumerate((420, 470, 535, 585, 635, 691), start=1)
)


def change(start_min: int, kind: ChangeKind = ChangeKind.ROOM, lesson: str = "L") -> DayChange:
    return DayChange(f"{lesson}-{start_min}-{kind}", MONDAY, kind, lesson=lesson, start_min=start_min, rooms=("b",))


def school(bells: tuple[Bell, ...], changes: tuple[DayChange, ...], periods: tuple[str, ...] = ("6",)) -> SchoolPlan:
    cards = tuple(Card("L", (one,), "1000000", "1", "1", ()) for one in periods)
    part = Timetable(bells=bells, lessons=(PlannedLesson("L", "S"),), cards=cards)
    dates = DateBook({HAND: Timetable(changes=changes)})
    return SchoolPlan(timetables=[(date.min, part)], rooms=(), dates=dates)


def moved(by_min: int, bells: tuple[Bell, ...] = BELLS) -> tuple[Bell, ...]:
    return tuple(
        msgspec.structs.replace(one, start_min=one.start_min + by_min, end_min=one.end_min + by_min) for one in bells
    )


def test_a_change_follows_its_lesson_to_the_new_bell() -> None:
    told = change(691)
    earlier = tuple(
        msgspec.structs.replace(bell, start_min=675, end_min=720) if bell.number == "6" else bell for bell in BELLS
    )
    plan = school(earlier, (told,))
    assert [one.change for one in plan.school_day(MONDAY).elsewhere] == [ChangeKind.ROOM]
    assert plan.placed(told).start_min == 675
    assert plan.unmet(MONDAY) == []


@pytest.mark.parametrize("periods", [("6",), ("1", "3", "5"), ("1", "2", "4", "6"), ("1", "2", "3", "4", "5", "6")])
@given(by_min=st.integers(-NEAR_MIN, NEAR_MIN))
def test_moving_a_whole_schedule_by_minutes_keeps_every_change(by_min: int, periods: tuple[str, ...]) -> None:
    starts = [int(one.id[-4:]) for one in school(BELLS, (), periods).school_day(MONDAY).elsewhere]
    changes = tuple(change(start, kind) for start in starts for kind in (ChangeKind.ROOM, ChangeKind.SUBSTITUTION))
    plan = school(moved(by_min), changes, periods)
    assert plan.unmet(MONDAY) == []
    assert [plan.placed(one).start_min for one in changes] == [(one.start_min or 0) + by_min for one in changes]


@pytest.mark.parametrize("by_min", [ALONE_MIN, -ALONE_MIN, 45])
def test_a_single_lesson_is_found_further_off(by_min: int) -> None:
    assert school(moved(by_min), (change(691),)).unmet(MONDAY) == []


def test_it_is_told_what_other_bells_would_lose() -> None:
    told = change(691)
    plan = school(BELLS, (told,))
    assert plan.unmet(MONDAY) == []
    assert plan.unmet(MONDAY, "", BELLS[:5]) == [told]
    assert plan.unmet(MONDAY, "", moved(20)) == []
    assert plan.unmet(MONDAY, "", moved(300)) == [told]
    assert plan.unmet(date(2026, 9, 8), "", BELLS[:5]) == []  # its day is past
    assert plan.unmet(MONDAY, "") == []  # what files say rings again


def test_what_is_not_sure_meets_nothing() -> None:
    joined = [Occurrence("L", 635, 736, joined=True)]
    assert meetings([(Told(HAND, change(691)), "L")], joined) == [Met()]  # one of its periods: not all of it
    between = [Occurrence("L", 600, 645), Occurrence("L", 620, 665)]
    assert meetings([(Told(HAND, change(610)), "L")], between) == [Met()]
    other = [Occurrence("M", 691, 736)]
    assert meetings([(Told(HAND, change(691)), "L")], other) == [Met()]


def test_a_lesson_that_has_its_change_takes_no_second_one() -> None:
    day = [Occurrence("L", 420, 465)]
    told = [(Told(HAND, change(420)), "L"), (Told(HAND, change(440)), "L")]
    assert meetings(told, day) == [Met(frozenset({("L", 420)})), Met()]
    other = [(Told(HAND, change(420)), "L"), (Told(HAND, change(440, ChangeKind.CANCELLED)), "L")]
    assert meetings(other, day) == [Met(frozenset({("L", 420)}))] * 2  # of another kind it may
