"""The board behind a shown week: it says when the week is to be asked for anew, and the running lessons' figures."""

from typing import Any

import msgspec
import pytest

from hub.live.views import RoomStatus
from hub.web.boards import BoardKind, BoardName
from hub.web.week import Side
from hub.web.week_board import WORKED_OUT_MS, WeekOf, week_items, week_of
from tests.hub.web.conftest import Client
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, Clock, Stand, value
from tests.hub.web.planned import DAY_MS, plan_of

ROOM = WeekOf(Side.ROOM, "a101").name()


def stand_at(planned: Stand, at_ms: int, name: str = ROOM) -> dict[str, Any]:
    return week_items(planned.hub, SCHOOL, name, at_ms)["stand"]


def test_a_name_says_whose_week_it_is() -> None:
    assert week_of(WeekOf(Side.TEACHER, "GV/01").name()) == WeekOf(Side.TEACHER, "GV/01")
    with pytest.raises(ValueError, match="nobody"):
        week_of("nobody/1")


def test_it_changes_where_a_lesson_begins_and_where_it_is_worked_out(planned: Stand) -> None:
    lessons = plan_of(planned).day("a101", NOW_MS)
    first = lessons[0]
    before = stand_at(planned, first.start_ms - 1)
    assert (before["started"], before["worked_out"]) == (0, 0)
    assert stand_at(planned, first.start_ms)["started"] == 1
    assert stand_at(planned, first.start_ms + MIN) == stand_at(planned, first.start_ms)
    done = first.end_ms + WORKED_OUT_MS
    assert [stand_at(planned, t_ms)["worked_out"] for t_ms in (done - 1, done)] == [0, 1]
    assert stand_at(planned, NOW_MS + 400 * DAY_MS)["started"] == 0  # a day nobody made ready


def test_running_lessons_have_what_is_measured_now_and_nothing_old(planned: Stand) -> None:
    lesson = plan_of(planned).day("a101", NOW_MS)[0]
    at_ms, key = lesson.start_ms + MIN, f"running/a101/{lesson.id}"
    view = planned.live.rooms[f"{SCHOOL}.a101"]
    fresh = msgspec.structs.replace(view, stale=False, values={"co2_ppm": value("co2_ppm", 1_234.4, at_ms)})
    planned.live.rooms[f"{SCHOOL}.a101"] = fresh
    figures = week_items(planned.hub, SCHOOL, ROOM, at_ms)[key]["is"]
    assert (figures[0], figures[4]) == (round(view.people.estimate or 0), 1_234)
    planned.live.rooms[f"{SCHOOL}.a101"] = msgspec.structs.replace(fresh, stale=True)
    old = week_items(planned.hub, SCHOOL, ROOM, at_ms)[key]["is"]
    assert (old[0], old[4]) == (None, None)
    assert key not in week_items(planned.hub, SCHOOL, ROOM, lesson.end_ms)
    for side, of in ((Side.TEACHER, lesson.teacher_ids[0]), (Side.CLASS, lesson.class_ids[0])):
        assert key in week_items(planned.hub, SCHOOL, WeekOf(side, of).name(), at_ms)


def test_a_use_nobody_planned_is_told_of_its_room_alone(planned: Stand) -> None:
    view = planned.live.rooms[f"{SCHOOL}.a101"]
    used = msgspec.structs.replace(view, status=RoomStatus.OCCUPIED_UNSCHEDULED)
    planned.live.rooms[f"{SCHOOL}.a101"] = used
    assert stand_at(planned, NOW_MS)["used"] is True
    planned.live.rooms[f"{SCHOOL}.a101"] = msgspec.structs.replace(view, status=RoomStatus.IDLE)
    assert stand_at(planned, NOW_MS)["used"] is False


async def test_an_edit_reaches_whoever_looks_at_the_week(planned: Stand, planner: Client) -> None:
    name = BoardName(BoardKind.WEEK, SCHOOL, "vi", ROOM)
    board = planned.hub.fanout.board(name)
    before = board.items["stand"]["plan"]
    edit = {"type": "day", "day": "2026-11-25", "kind": "holiday", "title": "Hội khỏe"}
    assert (await planner.post(f"/api/v1/schools/{SCHOOL}/edits", json=edit)).json()["status"] == "applied"
    planned.hub.fanout.refresh()
    assert planned.hub.fanout.board(name).items["stand"]["plan"] != before


async def test_only_the_present_week_is_followed(pupil: Client, clock: Clock) -> None:
    del clock

    async def board(query: str) -> str:
        page = (await pupil.get(f"/timetable?school={SCHOOL}&room=a101{query}")).text
        return page.split('id="board">')[1].split("</script>")[0]

    assert '"stand"' in await board("")
    assert await board("&week=2026-W40") == "null"
    assert await board("&known=2026-11-24T08:00:00%2B07:00") == "null"
    for wrong in ("", "room=nowhere", "teacher=nobody", "room=a101&teacher=x"):
        assert (await pupil.get(f"/live/week?school={SCHOOL}&{wrong}")).status_code in {404, 422}
