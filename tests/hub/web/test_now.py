"""A teacher's page: chosen once without a name, the lesson at hand, what its room needs."""

from typing import Any

import msgspec

from hub.live.views import Forecast
from hub.school.repository import Schools
from hub.web.boards import BoardKind, BoardName
from hub.web.now import now_items, to_do
from tests.hub.web.conftest import Client
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, Clock, Stand, stage_orders, value
from tests.hub.web.planned import DAY_MS, plan_of


def teaching(planned: Stand) -> Any:
    """Who teaches in a101 next or now."""
    lesson = plan_of(planned).at("a101", NOW_MS) or plan_of(planned).next_after("a101", NOW_MS)
    assert lesson is not None
    return plan_of(planned).teachers.by_id[lesson.teacher_ids[0]]


async def test_a_teacher_is_chosen_once_and_remembered_without_a_name(planned: Stand, pupil: Client) -> None:
    page = await pupil.get("/now")
    who = teaching(planned)
    assert f"teacher={who.key}" in page.text
    chosen = await pupil.get(f"/now/me?school={SCHOOL}&teacher={who.key}")
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"/now?school={SCHOOL}")
    cookie = chosen.headers["set-cookie"]
    assert who.key in cookie
    assert "HttpOnly" in cookie
    assert who.name.split()[-1] not in cookie
    mine = await pupil.get("/now")
    assert f'data-teacher="{who.key}"' in mine.text
    assert f"/timetable?school={SCHOOL}&amp;teacher={who.key}" in mine.text
    week = await pupil.get("/timetable")
    assert f'"side":"teacher","id":"{who.key}"' in week.text
    await pupil.get(f"/now/me?school={SCHOOL}")
    assert "data-teacher" not in (await pupil.get("/now")).text


async def test_a_cookie_of_nobody_asks_again(pupil: Client) -> None:
    pupil.cookies.set("classhub_teacher", f"{SCHOOL}.0123456789abcdef", domain="localhost")
    assert "teachers" in (await pupil.get("/now")).text
    pupil.cookies.set("classhub_teacher", "x;y<script>", domain="localhost")
    page = await pupil.get("/now")
    assert page.status_code == 200
    assert "x;y" not in page.text


async def test_the_board_has_the_lesson_at_hand_and_its_room(planned: Stand, clock: Clock, pupil: Client) -> None:
    del pupil  # the application binds the fan-out
    lesson = plan_of(planned).at("a101", NOW_MS) or plan_of(planned).next_after("a101", NOW_MS)
    assert lesson is not None
    clock.now_ms = lesson.start_ms + MIN
    name = BoardName(BoardKind.NOW, SCHOOL, "vi", lesson.teacher_ids[0])
    board = msgspec.json.decode(planned.hub.fanout.board(name).whole(clock()))["all"]
    keys = [one["key"] for one in board["day"]["lessons"]]
    assert board["day"]["running"] in keys
    lessons = plan_of(planned).day_of_teacher(lesson.teacher_ids[0], NOW_MS)
    assert len(keys) == len(lessons)
    assert board["room"]["uid"].startswith(f"{SCHOOL}.")
    clock.now_ms = max(one.end_ms for one in lessons) + MIN
    planned.hub.fanout.refresh()
    board = msgspec.json.decode(planned.hub.fanout.board(name).whole(clock()))["all"]
    assert (board["day"]["running"], board["day"]["next"], board["room"]) == (None, None, {})


async def test_a_stream_of_nobody_is_refused(pupil: Client) -> None:
    answer = await pupil.get(f"/live/now?school={SCHOOL}&teacher=nobody")
    assert (answer.status_code, answer.json()["field"]) == (404, "teacher")


def test_what_needs_doing(planned: Stand) -> None:
    view = planned.live.rooms[f"{SCHOOL}.a101"]
    fresh = view.values | {"co2_ppm": value("co2_ppm", 1600, NOW_MS), "display_on": value("display_on", 1, NOW_MS)}
    calm = msgspec.structs.replace(
        view, values=fresh, stale=False, maintenance=None, next_lesson=None,
        forecast=Forecast(1500, 0.0, None, None, None, over=False),
    )  # fmt: skip

    def kinds(changed: Any, running: Any = None, at_ms: int = NOW_MS) -> list[str]:
        return [one["kind"] for one in to_do(changed, running, "vi", at_ms)]

    assert kinds(calm) == []
    over = msgspec.structs.replace(calm, forecast=Forecast(1500, 3.0, None, None, None, over=True))
    assert kinds(over) == ["air"]
    soon = msgspec.structs.replace(calm, forecast=Forecast(1500, 30.0, 8.0, 6.0, 12.0, over=False))
    assert "8 phút" in to_do(soon, None, "vi", NOW_MS)[0]["detail"]
    late = msgspec.structs.replace(calm, forecast=Forecast(1500, 3.0, 55.0, 40.0, 80.0, over=False))
    assert kinds(late) == []
    old = msgspec.structs.replace(over, values={"co2_ppm": value("co2_ppm", 1600, NOW_MS, stale=True)})
    assert kinds(old) == []  # old figures advise nobody
    assert kinds(msgspec.structs.replace(calm, stale=True)) == ["silent"]
    assert kinds(msgspec.structs.replace(calm, maintenance="Sơn lại")) == ["maintenance"]
    lesson = plan_of(planned).day("a101", NOW_MS)[0]
    assert kinds(calm, lesson, lesson.end_ms - 2 * MIN) == ["leaving"]
    assert kinds(calm, lesson, lesson.start_ms) == []


def of_teacher(planned: Stand, teacher: str, at_ms: int) -> Any:
    return now_items(planned.hub, SCHOOL, teacher, "vi", at_ms)


async def test_what_changed_today_is_told_and_what_comes_then(planned: Stand, planner: Client) -> None:
    lessons = plan_of(planned).day("a101", NOW_MS)
    lesson = next(one for one in lessons if one.start_ms > NOW_MS)
    teacher = lesson.teacher_ids[0]
    mine = plan_of(planned).day_of_teacher(teacher, NOW_MS)
    edit = {"type": "change", "day": "2026-11-24", "kind": "cancelled", "lesson": lesson.id}
    assert (await planner.post(f"/api/v1/schools/{SCHOOL}/edits", json=edit)).status_code == 200
    board = of_teacher(planned, teacher, lesson.start_ms + MIN)["day"]
    assert len(board["lessons"]) == len(mine)
    assert [one["change"] for one in board["lessons"] if one["key"] == f"a101/{lesson.id}"] == ["cancelled"]
    assert f"a101/{lesson.id}" not in (board["running"], board["next"])
    assert [one["start"] for one in board["lessons"]] == sorted(one["start"] for one in board["lessons"])


async def test_who_is_relieved_and_who_takes_over_are_both_told(planned: Stand, planner: Client) -> None:
    """Also where the lesson moves to another room: then its own mark says the room, and no longer the substitute."""
    lesson = next(one for one in plan_of(planned).day("a101", NOW_MS) if one.start_ms > NOW_MS)
    planned_for = lesson.teacher_ids[0]
    free = next(
        one
        for one in plan_of(planned).teachers.all
        if not any(_meets(each, lesson) for each in plan_of(planned).day_of_teacher(one.id, NOW_MS))
    )
    change = {"type": "change", "day": "2026-11-24", "lesson": lesson.id}
    for edit in ({"kind": "substitution", "teachers": [free.key]}, {"kind": "room", "rooms": ["b202"]}):
        answer = await planner.post(f"/api/v1/schools/{SCHOOL}/edits", json=change | edit | {"anyway": True})
        assert answer.status_code == 200, answer.text
        key = f"{'a101' if edit['kind'] == 'substitution' else 'b202'}/{lesson.id}"
        theirs = of_teacher(planned, planned_for, lesson.start_ms + MIN)["day"]
        told = {one["key"]: one for one in theirs["lessons"]}
        assert (told[key]["change"], told[key]["by"]) == ("taken", [free.name])
        assert key not in (theirs["running"], theirs["next"])
        ours = of_teacher(planned, free.id, lesson.start_ms + MIN)["day"]
        assert ours["running"] == key
        assert [one["change"] for one in ours["lessons"] if one["key"] == key] == [edit["kind"]]
        assert all(one["by"] == [] for one in ours["lessons"])


def _meets(one: Any, other: Any) -> bool:
    return bool(one.start_ms < other.end_ms and other.start_ms < one.end_ms)


async def test_a_holiday_says_what_it_is_called_and_the_evening_what_comes_tomorrow(
    planned: Stand, planner: Client
) -> None:
    teacher = plan_of(planned).day("a101", NOW_MS)[0].teacher_ids[0]
    edit = {"type": "day", "day": "2026-11-24", "kind": "holiday", "title": "Hội khỏe"}
    assert (await planner.post(f"/api/v1/schools/{SCHOOL}/edits", json=edit | {"anyway": True})).status_code == 200
    board = of_teacher(planned, teacher, NOW_MS)["day"]
    assert (board["free"], board["title"], board["lessons"], board["next"]) == (True, "Hội khỏe", [], None)
    evening = NOW_MS + 12 * 60 * MIN
    planned.hub.schools.make_ready(SCHOOL, evening)
    first = plan_of(planned).day_of_teacher(teacher, NOW_MS + DAY_MS)[0]
    assert of_teacher(planned, teacher, evening)["day"]["tomorrow"]["key"] == f"{first.room}/{first.id}"


def test_a_school_without_a_plan_and_a_teacher_without_a_lesson(planned: Stand) -> None:
    assert of_teacher(planned, "nobody", NOW_MS)["day"]["lessons"] == []
    planned.hub.schools = Schools(planned.hub.engine)  # as after a start: nothing is made ready yet
    empty = of_teacher(planned, "nobody", NOW_MS)
    assert (empty["day"]["planned"], empty["day"]["free"], empty["room"]) == (False, False, {})


def test_devices_of_the_room_at_hand_that_take_orders_are_there(planned: Stand) -> None:
    stage_orders(planned, NOW_MS)
    lesson = plan_of(planned).day("a101", NOW_MS)[0]
    hung = {one.device for one in planned.hub.live.devices(SCHOOL, NOW_MS) if one.room == "a101"}
    taking = {one for one in hung if planned.hub.desk.accepts(SCHOOL, one)}
    assert taking
    board = of_teacher(planned, lesson.teacher_ids[0], lesson.start_ms + MIN)
    assert {key for key in board if key.startswith("device/")} == {f"device/{one}" for one in taking}
