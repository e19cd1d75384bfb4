"""The rule that switches displays off: its times against a plain reading of the timetable, and what stops it."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.live.policy import (
    MISSED_MS,
    ONE_ORDER_MS,
    RULES,
    SCHOOL_DAY_MIN,
    Mode,
    OnSince,
    Watched,
    is_on,
    lesson_around,
    may_order_again,
    why_act,
    why_not_on,
)
from hub.live.views import DeviceView, Forecast, People, RoomStatus, RoomView, Value, Ventilation
from hub.school.model import Lesson, Period

RULE = RULES["displays-off"]
MIN = 60_000
DAY = 1_440 * MIN
IDLE = RULE.idle_min * MIN
HUNDREDS = settings(max_examples=max(400, settings().max_examples))


class Plan:
    """Lessons of one room by UTC day, as (start, end) in minutes since the epoch."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.lessons = [
            Lesson(str(at), "a101", "", start * MIN, end * MIN, "", (), ()) for at, (start, end) in enumerate(spans)
        ]

    def day(self, room: str, t_ms: int) -> list[Lesson]:
        return [each for each in self.lessons if room == "a101" and each.start_ms // DAY == t_ms // DAY]

    def at(self, room: str, t_ms: int) -> Lesson | None:
        return next((each for each in self.day(room, t_ms) if each.start_ms <= t_ms < each.end_ms), None)

    def next_after(self, room: str, t_ms: int) -> Lesson | None:
        return next((each for each in self.day(room, t_ms) if each.start_ms > t_ms), None)

    def period_at(self, _t_ms: int) -> Period | None:
        return None

    def next_period(self, _t_ms: int) -> Period | None:
        return None

    def names(self, room: str, _t_ms: int) -> bool:
        return room == "a101"

    def in_school_hours(self, _t_ms: int) -> bool | None:
        return True


def room(status: RoomStatus = RoomStatus.IDLE, maintenance: str | None = None) -> RoomView:
    return RoomView(
        "s", "a101", "A101", "a", status, 0, (), None, None, {}, None, False, People(None, None, None, None),
        Ventilation(None, None, None), Forecast(1500, None, None, None, None, over=False), (), (), maintenance,
    )  # fmt: skip


def display(on: float | str = 1.0, *, stale: bool = False) -> DeviceView:
    values = {"display_on": Value("display_on", on, 0, "d", stale)}
    return DeviceView(
        "s", "d", "D", "", "g", "a101", 0, 10.0, stale=stale, available=True, values=values
    )  # fmt: skip


# Days of lessons that begin on the day they belong to, as plans have them; minutes around two midnights.
spans = st.lists(
    st.tuples(st.integers(0, 4_319), st.integers(5, 120)).map(
        lambda span: (span[0], min(span[0] + span[1], (span[0] // 1_440 + 1) * 1_440))
    ),
    max_size=12,
)


@HUNDREDS
@given(spans, st.integers(30 * MIN, 4_290 * MIN))
def test_never_within_twenty_minutes_of_a_lesson_and_always_beyond(found: list[tuple[int, int]], now_ms: int) -> None:
    near = any(
        now_ms - IDLE <= t_ms <= now_ms + IDLE for start, end in found for t_ms in range(start * MIN, end * MIN, 15_000)
    )
    why = why_act(RULE, room(), Plan(found), now_ms - IDLE, now_ms)
    if near:
        assert why is None
    elif not lesson_around(Plan(found), "a101", now_ms, IDLE + MIN):
        assert why is not None
        assert "20" in why.vi


@pytest.mark.parametrize(
    ("ended_before_min", "starts_in_min", "acts"),
    [(20, 21, True), (19, 300, False), (300, 20, False), (300, 21, True), (0, 300, False), (-10, 300, False)],
)
def test_at_the_edges(ended_before_min: int, starts_in_min: int, acts: bool) -> None:
    now = 2_000
    plan = Plan([(now - ended_before_min - 45, now - ended_before_min), (now + starts_in_min, now + 345)])
    assert (why_act(RULE, room(), plan, 0, now * MIN) is not None) is acts


def test_what_is_known_of_people_stops_it_and_what_is_not_does_not() -> None:
    stopped = {RoomStatus.OCCUPIED_UNSCHEDULED, RoomStatus.IN_LESSON}
    for status in RoomStatus:
        why = why_act(RULE, room(status), Plan([]), 0, DAY)
        assert (why is None) is (status in stopped), status
    seen, unknown = (why_act(RULE, room(each), Plan([]), 0, DAY) for each in (RoomStatus.IDLE, RoomStatus.UNKNOWN))
    assert seen is not None
    assert unknown is not None
    assert "nobody seen" in seen.en
    assert "nobody seen" not in unknown.en
    assert why_act(RULE, room(maintenance="Thay đèn"), Plan([]), 0, DAY) is None


def test_only_a_fresh_word_that_it_is_on() -> None:
    assert is_on(RULE, display())
    for other in (
        display(0.0),
        display(stale=True),
        display("on"),
        msgspec.structs.replace(display(), values={}),
        msgspec.structs.replace(display(), available=False),
        msgspec.structs.replace(display(), maintenance="sửa"),
    ):
        assert not is_on(RULE, other)


def test_what_was_just_switched_on_stays_on() -> None:
    assert why_act(RULE, room(), Plan([]), None, DAY) is None
    assert why_act(RULE, room(), Plan([]), DAY - IDLE + 1, DAY) is None
    assert why_act(RULE, room(), Plan([]), DAY - IDLE, DAY) is not None


@HUNDREDS
@given(st.lists(st.tuples(st.integers(0, 2 * MISSED_MS), st.booleans()), min_size=1, max_size=60))
def test_on_since_counts_only_unbroken_looks(looks: list[tuple[int, bool]]) -> None:
    seen, now_ms, first, last = OnSince(), 0, None, None
    for step, on in looks:
        now_ms += step
        if not on:
            first = None
        elif first is None or last is None or now_ms - last > MISSED_MS:
            first = now_ms
        last = now_ms if on else None
        assert seen.look(("s", "d"), now_ms, on=on) == first


@HUNDREDS
@given(st.lists(st.integers(-2 * ONE_ORDER_MS, 2 * ONE_ORDER_MS), max_size=50))
def test_at_most_one_order_an_hour_whatever_the_clock_does(steps: list[int]) -> None:
    now_ms, given_ms = 10 * DAY, list[int]()
    for step in steps:
        now_ms += step
        if may_order_again(given_ms[-1] if given_ms else None, now_ms):
            given_ms.append(now_ms)
    assert all(not 0 <= later - before < ONE_ORDER_MS for before, later in itertools.pairwise(given_ms))


def test_on_only_after_a_watched_school_day() -> None:
    watched = Watched()
    for minute in range(SCHOOL_DAY_MIN - 1):
        watched = watched.another("2026-11-23")
        assert why_not_on(Mode.DRY_RUN, watched) is not None, minute
    for _ in range(SCHOOL_DAY_MIN - 1):  # two days of almost enough are not one day
        watched = watched.another("2026-11-24")
    assert why_not_on(Mode.DRY_RUN, watched) is not None
    watched = watched.another("2026-11-24")
    assert why_not_on(Mode.DRY_RUN, watched) is None
    assert why_not_on(Mode.OFF, watched) is not None
    assert why_not_on(Mode.ON, Watched()) is None
    assert why_not_on(Mode.DRY_RUN, watched.another("2026-11-25")) is None
