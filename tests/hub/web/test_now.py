"""A teacher's page: chosen once without a name, the lesson at hand, what its room needs."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.live.views import Forecast
from hub.web.boards import BoardKind, BoardName
from hub.web.now import to_do
from tests.hub.web.conftest import Client, client_of
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, Clock, Stand, value
from tests.hub.web.planned import plan_of, planned_stand


@pytest.fixture
def stand(tmp_path: Path, clock: Clock) -> Iterator[Stand]:
    made = planned_stand(tmp_path, clock)
    made.hub.schools.make_ready(SCHOOL, clock())
    yield made
    made.close()


@pytest.fixture
async def client(stand: Stand) -> AsyncIterator[Client]:
    async with client_of(stand) as made:
        yield made


def teaching(stand: Stand) -> Any:
    """Who teaches in a101 next or now."""
    lesson = plan_of(stand).at("a101", NOW_MS) or plan_of(stand).next_after("a101", NOW_MS)
    assert lesson is not None
    return plan_of(stand).teachers.by_id[lesson.teacher_ids[0]]


async def test_a_teacher_is_chosen_once_and_remembered_without_a_name(stand: Stand, client: Client) -> None:
    page = await client.get("/now")
    who = teaching(stand)
    assert f"teacher={who.key}" in page.text
    chosen = await client.get(f"/now/me?school={SCHOOL}&teacher={who.key}")
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"/now?school={SCHOOL}")
    cookie = chosen.headers["set-cookie"]
    assert who.key in cookie
    assert "HttpOnly" in cookie
    assert who.name.split()[-1] not in cookie
    mine = await client.get("/now")
    assert f'data-teacher="{who.key}"' in mine.text
    assert f"/timetable?school={SCHOOL}&amp;teacher={who.key}" in mine.text
    week = await client.get("/timetable")
    assert f'"side":"teacher","id":"{who.key}"' in week.text
    await client.get(f"/now/me?school={SCHOOL}")
    assert "data-teacher" not in (await client.get("/now")).text


async def test_a_cookie_of_nobody_asks_again(client: Client) -> None:
    client.cookies.set("classhub_teacher", f"{SCHOOL}.0123456789abcdef", domain="localhost")
    assert "teachers" in (await client.get("/now")).text
    client.cookies.set("classhub_teacher", "x;y<script>", domain="localhost")
    page = await client.get("/now")
    assert page.status_code == 200
    assert "x;y" not in page.text


async def test_the_board_has_the_lesson_at_hand_and_its_room(stand: Stand, clock: Clock, client: Client) -> None:
    del client  # the application binds the fan-out
    lesson = plan_of(stand).at("a101", NOW_MS) or plan_of(stand).next_after("a101", NOW_MS)
    assert lesson is not None
    clock.now_ms = lesson.start_ms + MIN
    name = BoardName(BoardKind.NOW, SCHOOL, "vi", lesson.teacher_ids[0])
    board = msgspec.json.decode(stand.hub.fanout.board(name).whole(clock()))["all"]
    keys = [one["key"] for one in board["day"]["lessons"]]
    assert board["day"]["running"] in keys
    planned = plan_of(stand).day_of_teacher(lesson.teacher_ids[0], NOW_MS)
    assert len(keys) == len(planned)
    assert board["room"]["uid"].startswith(f"{SCHOOL}.")
    clock.now_ms = max(one.end_ms for one in planned) + MIN
    stand.hub.fanout.refresh()
    board = msgspec.json.decode(stand.hub.fanout.board(name).whole(clock()))["all"]
    assert (board["day"]["running"], board["day"]["next"], board["room"]) == (None, None, {})


async def test_a_stream_of_nobody_is_refused(client: Client) -> None:
    answer = await client.get(f"/live/now?school={SCHOOL}&teacher=nobody")
    assert (answer.status_code, answer.json()["field"]) == (404, "teacher")


def test_what_needs_doing(stand: Stand) -> None:
    view = stand.live.rooms[f"{SCHOOL}.a101"]
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
    lesson = plan_of(stand).day("a101", NOW_MS)[0]
    assert kinds(calm, lesson, lesson.end_ms - 2 * MIN) == ["leaving"]
    assert kinds(calm, lesson, lesson.start_ms) == []
