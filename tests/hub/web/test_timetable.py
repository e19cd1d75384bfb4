"""The timetable with reality over it: API, page, and what an address may ask."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.school.model import Lesson
from hub.school.names import in_dictionary
from hub.web.week import Outcome, judge
from tests.hub.web.conftest import Client, client_of
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, TEACHERS, Clock, StagedSchools, Stand
from tests.hub.web.planned import DAY_MS, lived, plan_of, timetable_xml, used

ASK = f"/api/v1/timetable?school={SCHOOL}"


@pytest.fixture
async def reader(planned_once: Stand) -> AsyncIterator[Client]:
    async with client_of(planned_once) as made:
        yield made


async def got(client: Client, query: str) -> Any:
    answer = await client.get(f"{ASK}&{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def lessons(week: Any) -> list[Any]:
    return [lesson for day in week["days"] for lesson in day["lessons"]]


async def test_a_week_of_a_room_is_its_plan(planned_once: Stand, reader: Client) -> None:
    week = await got(reader, "room=a101")
    assert (week["week"], week["before"], week["after"]) == ("2026-W48", "2026-W47", "2026-W49")
    assert week["days"][0]["date"] == "2026-11-23"
    planned = [one for offset in range(-1, 6) for one in plan_of(planned_once).day("a101", NOW_MS + offset * DAY_MS)]
    assert len(lessons(week)) == len(planned) > 30
    first = lessons(week)[0]
    assert first["start"].endswith("+07:00")
    assert first["classes"][0]["name"] == "6A1"
    assert week["letter"] in {"A", "B"}


async def test_every_outcome_is_told(planned: Stand, pupil: Client) -> None:
    lived(planned, "a101", NOW_MS)
    found = {one["outcome"] for one in lessons(await got(pupil, "room=a101"))}
    assert {"held", "empty", "unknown", "planned"} <= found
    week = await got(pupil, "room=a102")
    assert "pending" in {one["outcome"] for one in lessons(week)}
    uneven = [one for one in lessons(await got(pupil, "room=a101")) if one["late_min"]]
    assert (uneven[0]["late_min"], uneven[0]["early_min"], uneven[0]["outcome"]) == (12, 15, "held")


async def test_the_lesson_of_now_is_running(pupil: Client, clock: Clock, planned: Stand) -> None:
    running = plan_of(planned).at("a101", NOW_MS) or plan_of(planned).next_after("a101", NOW_MS)
    assert running is not None
    clock.now_ms = running.start_ms + MIN
    week = await got(pupil, "room=a101")
    assert [one["id"] for one in lessons(week) if one["outcome"] == "running"] == [running.id]


async def test_use_without_a_lesson_and_a_lesson_in_another_room(planned: Stand, pupil: Client) -> None:
    lived(planned, "a101", NOW_MS)
    empty = next(one for one in lessons(await got(pupil, "room=a101")) if one["outcome"] == "empty")
    lesson = next(
        one for t_ms in (NOW_MS - DAY_MS, NOW_MS) for one in plan_of(planned).day("a101", t_ms) if one.id == empty["id"]
    )
    used(planned, "b101", lesson.start_ms + 3 * MIN, 40)
    found = next(one for one in lessons(await got(pupil, "room=a101")) if one["id"] == empty["id"])
    assert (found["outcome"], found["elsewhere"]["id"]) == ("elsewhere", "b101")
    uses = [use for day in (await got(pupil, "room=b101"))["days"] for use in day["uses"]]
    assert [use["people"] for use in uses] == [17.0]
    used(planned, "b102", lesson.start_ms, 45)  # two rooms: nobody can say which
    again = next(one for one in lessons(await got(pupil, "room=a101")) if one["id"] == empty["id"])
    assert again["outcome"] == "empty"


async def test_classes_and_teachers_go_by_opaque_ids(reader: Client) -> None:
    directory = (await reader.get(f"/api/v1/timetable/directory?school={SCHOOL}")).json()
    assert [one["name"] for one in directory["teacher"]] == sorted(TEACHERS, key=in_dictionary)
    for side in ("class", "teacher"):
        one = directory[side][0]
        assert one["name"].lower() not in one["id"]
        week = await got(reader, f"{side}={one['id']}")
        key = "classes" if side == "class" else "teachers"
        assert week["name"] == one["name"]
        assert lessons(week)
        assert all({"id": one["id"], "name": one["name"]} in each[key] for each in lessons(week))


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("room=a101&week=2026-W60", 422, "week"),
        ("room=a101&week=2026-48", 422, "week"),
        ("room=a101&week=0001-W01", 422, "week"),
        ("room=nowhere", 404, "room"),
        ("teacher=0123456789abcdef", 404, "teacher"),
        ("class=0123456789abcdef", 404, "class"),
        ("room=a101&class=x", 422, "room"),
        ("", 422, "room"),
        ("room=a101&known=gestern", 422, "known"),
        ("room=a101&known=2030-01-01T00:00:00", 422, "known"),
    ],
)
async def test_what_cannot_be_asked_is_told(reader: Client, query: str, status: int, field: str) -> None:
    answer = await reader.get(f"{ASK}&{query}")
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert answer.json()["detail"]["vi"]


async def test_the_plan_as_known_then(planned: Stand, pupil: Client, clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "later.xml"
    path.write_text(timetable_xml(planned.hub.registry.rooms(SCHOOL), sixth="Hóa học"), encoding="utf-8")
    before = clock.now_ms
    clock.now_ms += 10 * MIN
    assert planned.hub.schools.import_timetable(SCHOOL, path, clock.now_ms, force=True).status == "applied"
    clock.now_ms += 10 * MIN
    then = await got(pupil, "room=a102&known=" + "2026-11-24T09:49:00")
    assert before < clock.now_ms
    assert then["known"] == "2026-11-24T09:49:00.000+07:00"
    assert {one["subject"] for one in lessons(then) if one["difference"] == "changed"} >= {"Toán"}
    now = await got(pupil, "room=a102")
    assert "Hóa học" in {one["subject"] for one in lessons(now)}
    assert {one["difference"] for one in lessons(now)} == {""}


async def test_a_room_goes_by_the_name_its_own_page_has_too(reader: Client) -> None:
    week = await got(reader, f"room={SCHOOL}.a101")
    assert (week["id"], lessons(week)) == ("a101", lessons(await got(reader, "room=a101")))
    assert (await reader.get(f"/timetable?room={SCHOOL}.a101")).status_code == 200
    assert (await reader.get("/timetable?room=elsewhere.a101")).status_code == 404


async def test_the_page_carries_its_first_view(reader: Client) -> None:
    page = await reader.get("/timetable")
    assert page.status_code == 200
    assert '"2026-W48"' in page.text
    assert 'id="directory-data"' in page.text
    assert (await reader.get("/timetable?week=nonsense")).status_code == 422


async def test_a_school_without_a_timetable_says_so(pupil: Client, planned: Stand) -> None:
    planned.hub.schools = StagedSchools(None)  # type: ignore[assignment]
    week = await got(pupil, "room=a101")
    assert (week["planned"], lessons(week)) == (False, [])


def test_of_a_lesson_in_no_room_nothing_is_known() -> None:
    lesson = Lesson("L1", "", "2", NOW_MS, NOW_MS + 45 * MIN, "Thể dục", (), ())
    told = [judge(lesson, None, NOW_MS + minute * MIN).outcome for minute in (-1, 10, 100)]
    assert told == [Outcome.PLANNED, Outcome.UNKNOWN, Outcome.UNKNOWN]
