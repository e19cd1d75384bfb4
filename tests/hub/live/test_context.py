"""The plan at a reading's own time: frames in which nothing changes, and the first reading of another lesson."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.live.context import context_at
from hub.live.engine import LiveEngine
from hub.live.minute_status import Course
from hub.live.views import RoomStatus
from tests.hub.live.places import MINUTE, SCHOOL, T0, Places, Plan, lesson, reading

UID = f"{SCHOOL}.a101"


@settings(max_examples=200)
@given(
    starts=st.lists(st.tuples(st.integers(0, 300), st.integers(1, 90)), max_size=6),
    hours=st.none() | st.tuples(st.integers(-60, 100), st.integers(101, 400)),
    asked=st.integers(-90 * MINUTE, 420 * MINUTE),
    other=st.integers(0, 16 * MINUTE),
)
def test_within_a_frame_the_answer_is_the_same(
    starts: list[tuple[int, int]], hours: tuple[int, int] | None, asked: int, other: int
) -> None:
    opening = None if hours is None else (T0 + hours[0] * MINUTE + 17, T0 + hours[1] * MINUTE + 23)
    plan = Plan([lesson(T0 + start * MINUTE, minutes) for start, minutes in starts], opening)
    found = context_at(plan, "a101", T0 + asked)
    assert found.holds(T0 + asked)
    for t_ms in {found.from_ms, found.to_ms - 1, max(found.from_ms, min(T0 + asked + other, found.to_ms - 1))}:
        assert plan.at("a101", t_ms) == found.lesson
        assert plan.in_school_hours(t_ms) is found.in_school_hours


def test_the_first_reading_of_the_next_lesson_belongs_to_it() -> None:
    places, first, second = Places(), lesson(T0), lesson(T0 + 45 * MINUTE)
    places.put("pir")
    engine = LiveEngine(places, lambda _: Plan([first, second]))
    bell = second.start_ms
    engine.apply([reading("pir", bell - 10, {"occupancy": 1.0})], bell - 5)
    engine.tick(bell - 5)
    before = engine.place_of(SCHOOL, "pir", bell - 10)[1]
    engine.apply([reading("pir", bell + 3, {"occupancy": 0.0})], bell + 4)
    after = engine.place_of(SCHOOL, "pir", bell + 3)[1]
    assert before is not None
    assert after is not None
    assert (before.lesson, after.lesson) == (first, second)
    (view,) = engine.tick(bell + 5)
    assert view.lesson is not None
    assert view.lesson.start_ms == bell


def test_a_corrected_plan_reaches_the_next_reading() -> None:
    places, plan = Places(), Plan([lesson(T0)])
    places.put("pir")
    engine = LiveEngine(places, lambda _: plan)
    engine.apply([reading("pir", T0, {"occupancy": 1.0})], T0)
    plan.lessons = []
    engine.replanned(SCHOOL)
    engine.apply([reading("pir", T0 + 1_000, {"occupancy": 1.0})], T0 + 1_000)
    room, planned = engine.place_of(SCHOOL, "pir", T0 + 1_000)
    assert (room, planned and planned.lesson) == ("a101", None)
    assert engine.place_of(SCHOOL, "nobody", T0) == (None, None)


def test_a_minute_s_status_is_the_fold_s_and_its_evidence_knows_no_plan() -> None:
    told = []
    for lessons in ([], [lesson(T0)]):
        places = Places()
        places.put("pir")
        engine = LiveEngine(places, {SCHOOL: Plan(lessons)}.get)
        found = []
        for minute in range(20):
            now = T0 + minute * MINUTE
            engine.apply([reading("pir", now, {"occupancy": float(minute < 10)})], now)
            engine.tick(now + 59_000)
            found += engine.finished_minutes(now + MINUTE)
        told.append(found)
    free, taught = told
    assert [(one.t_ms, one.evidence, one.direct) for one in free] == [
        (one.t_ms, one.evidence, one.direct) for one in taught
    ]
    assert {one.status for one in free[:9]} == {RoomStatus.OCCUPIED_UNSCHEDULED}
    assert {one.status for one in taught[:9]} == {RoomStatus.IN_LESSON}
    assert {one.lesson for one in taught} == {"l1"}
    assert taught[-1].status == RoomStatus.LESSON_BUT_EMPTY


def test_a_fold_derived_anew_is_gone_on_from() -> None:
    places = Places()
    places.put("pir")
    engine = LiveEngine(places, {SCHOOL: Plan([])}.get)
    for minute in range(3):
        engine.apply([reading("pir", T0 + minute * MINUTE, {"occupancy": 1.0})], T0 + minute * MINUTE)
        engine.tick(T0 + minute * MINUTE + 59_000)
        (told,) = engine.finished_minutes(T0 + minute * MINUTE + MINUTE)
    assert told.status == RoomStatus.OCCUPIED_UNSCHEDULED
    empty = Course(T0, -4.0, False, T0, RoomStatus.IDLE, T0 + 15 * 60 * MINUTE)  # ends at the local midnight
    engine.refold(SCHOOL, {"a101": empty, "elsewhere": empty})
    assert engine._rooms["tran-phu.a101"].course == empty
    engine.refold(SCHOOL, {"a101": msgspec.structs.replace(empty, t_ms=T0 + 9 * MINUTE)})
    assert engine._rooms["tran-phu.a101"].course == empty, "a fold does not go ahead of the minutes"
