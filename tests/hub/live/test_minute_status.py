"""The fold of minutes against the same written slowly, over any evidence, holes and lessons."""

from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.live.minute_status import day_span, fold
from hub.stores.series import RoomMinute
from tests.hub.derived.naively import RoomTold, statuses
from tests.hub.derived.term import FIRST, MINUTE, SCHOOL, ZONE, Story, at
from tests.hub.live.places import Plan, lesson

ODD = st.none() | st.floats(-9, 9, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(
    said=st.dictionaries(st.integers(400, 640), st.tuples(ODD, st.booleans()), max_size=150),
    minutes=st.integers(0, 4),
)
def test_it_is_what_its_description_says(said: dict[int, tuple[float | None, bool]], minutes: int) -> None:
    told = {
        at(FIRST, minute + minutes): (level, direct and level is not None) for minute, (level, direct) in said.items()
    }
    story, room = Story(), "r2"
    lessons = [
        lesson(at(FIRST, one.start_min), one.end_min - one.start_min, room=room)
        for one in story.lessons(FIRST)
        if one.room == room
    ]
    plan = Plan(lessons, (at(FIRST, 420), at(FIRST, 855)))
    rows = [RoomMinute(SCHOOL, room, t, "", None, None, evidence=told[t][0], direct=told[t][1]) for t in sorted(told)]
    found = {minute.t_ms: (course.status.value, course.occupied) for minute, course, _ in fold(rows, plan, room, ZONE)}
    assert found == statuses(story, FIRST, room, RoomTold(told, {}))


def test_a_local_day_may_have_another_length() -> None:
    zone = ZoneInfo("Europe/Berlin")
    noon = 1_793_530_800_000  # 2026-11-01, a week after clocks went back
    begin, end = day_span(noon - 7 * 86_400_000, zone)
    assert (end - begin) == 25 * 60 * MINUTE
    assert day_span(at(date(2026, 9, 7), 0), ZONE) == (at(date(2026, 9, 7), 0), at(date(2026, 9, 8), 0))
