"""Editing a school by hand: told before, checked, applied, undone; rooms of the registry."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import msgspec
import pytest

from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import NOW_MS, SCHOOL, Stand
from tests.hub.web.planned import DAY_MS, plan_of

EDITS = f"/api/v1/schools/{SCHOOL}/edits"
TOMORROW = "2026-11-25"


@pytest.fixture
async def refused(planned_once: Stand) -> AsyncIterator[Client]:
    async with client_of(planned_once) as made:
        await sign_in(made)
        made.headers["x-csrf-token"] = await csrf_of(made)
        yield made


async def preview(client: Client, edit: dict[str, Any]) -> Any:
    return await client.get(f"{EDITS}/preview", params={"edit": msgspec.json.encode(edit).decode()})


async def lessons(client: Client, day: str = TOMORROW) -> list[Any]:
    found: list[Any] = (await client.get(f"{EDITS}/lessons", params={"day": day})).json()
    return found


async def a_move(client: Client, planned: Stand, room: str) -> dict[str, Any]:
    """Tomorrow's first lesson of a101 into another room."""
    del client
    lesson = plan_of(planned).day("a101", NOW_MS + DAY_MS)[0]
    return {"type": "change", "day": TOMORROW, "kind": "room", "lesson": lesson.id, "rooms": [room], "note": "Sửa điện"}


def free_and_taken(planned: Stand) -> tuple[str, str]:
    """A room without a lesson while a101 has its first of tomorrow, and one with."""
    plan = plan_of(planned)
    start_ms = plan.day("a101", NOW_MS + DAY_MS)[0].start_ms
    rooms = [room.id for room in planned.hub.registry.rooms(SCHOOL) if room.id != "a101"]
    free = next(room for room in rooms if plan.at(room, start_ms) is None)
    return free, next(room for room in rooms if plan.at(room, start_ms) is not None)


async def test_a_room_swap_is_told_applied_shown_and_undone(planner: Client, planned: Stand) -> None:
    free, _ = free_and_taken(planned)
    edit = await a_move(planner, planned, free)
    lesson = plan_of(planned).day("a101", NOW_MS + DAY_MS)[0]
    told = (await preview(planner, edit)).json()
    assert told["clashes"] == []
    assert "1 tiết đổi phòng" in told["words"][0]["vi"]
    assert "A101" in told["words"][0]["en"]
    assert len((await planner.get(EDITS)).json()["changes"]) == 0  # a preview changes nothing
    done = (await planner.post(EDITS, json=edit)).json()
    assert done["status"] == "applied"
    (kept,) = planned.hub.schools.by_hand(SCHOOL, date.fromisoformat(TOMORROW)).changes
    assert ((kept.end_min or 0) - (kept.start_min or 0)) * 60_000 == lesson.end_ms - lesson.start_ms
    week = (await planner.get(f"/api/v1/timetable?school={SCHOOL}&room={free}")).json()
    moved = [one for day in week["days"] for one in day["lessons"] if one["change"] == "room"]
    assert [(one["id"], one["note"]) for one in moved] == [(edit["lesson"], "Sửa điện")]
    assert (await planner.get(EDITS)).json()["changes"][0]["note"] == "Sửa điện"
    undone = await planner.post(f"/api/v1/imports/{done['import_id']}/undo", json={})
    assert undone.status_code == 200, undone.text
    assert (await planner.get(EDITS)).json()["changes"] == []


async def test_a_taken_room_has_to_be_meant(planner: Client, planned: Stand) -> None:
    _, taken = free_and_taken(planned)
    edit = await a_move(planner, planned, taken)
    told = (await preview(planner, edit)).json()
    assert "đã có tiết" in told["clashes"][0]["vi"]
    refused = await planner.post(EDITS, json=edit)
    assert (refused.status_code, refused.json()["field"]) == (409, "anyway")
    assert (await planner.post(EDITS, json=edit | {"anyway": True})).json()["status"] == "applied"


async def test_a_busy_teacher_is_told(planner: Client, planned: Stand) -> None:
    lesson = plan_of(planned).day("a101", NOW_MS + DAY_MS)[0]
    busy = next(
        one
        for one in plan_of(planned).school_day(_date()).lessons
        if one.start_ms == lesson.start_ms and one.room != "a101"
    )
    key = plan_of(planned).teachers.by_id[busy.teacher_ids[0]].key
    edit = {"type": "change", "day": TOMORROW, "kind": "substitution", "lesson": lesson.id, "teachers": [key]}
    told = (await preview(planner, edit)).json()
    assert busy.teachers[0] in told["words"][0]["vi"]
    assert any("teaches then" in one["en"] for one in told["clashes"])
    off = {"type": "change", "day": TOMORROW, "kind": "cancelled", "lesson": lesson.id}
    assert (await planner.post(EDITS, json=off)).status_code == 200
    week = (await planner.get(f"/api/v1/timetable?school={SCHOOL}&room=a101")).json()
    assert [one["id"] for day in week["days"] for one in day["lessons"] if one["outcome"] == "cancelled"] == [lesson.id]


def _date() -> Any:
    from datetime import date

    return date.fromisoformat(TOMORROW)


async def test_a_standing_change_is_told_against_the_day_without_it(planner: Client, planned: Stand) -> None:
    plan, (free, _) = plan_of(planned), free_and_taken(planned)
    lesson = plan.day("a101", NOW_MS + DAY_MS)[0]
    other = next(one for one in plan.teachers.by_id.values() if one.id not in lesson.teacher_ids)
    move = await a_move(planner, planned, free)
    substitution = move | {"kind": "substitution", "rooms": [], "teachers": [other.key]}
    for edit in (move, substitution):
        assert (await planner.post(EDITS, json=edit | {"anyway": True})).status_code == 200
    listed = {one["kind"]: one["words"]["vi"] for one in (await planner.get(EDITS)).json()["changes"]}
    assert f"từ A101 sang {free.upper()}" in listed["room"]
    assert f"{other.name} thay {lesson.teachers[0]}" in listed["substitution"]
    again = (await preview(planner, move)).json()["words"][0]["vi"]  # changing one's mind replaces what stands
    assert "từ A101 sang" in again


async def test_an_added_lesson_that_stands_does_not_clash_with_itself(planner: Client, planned: Stand) -> None:
    start = {"type": "change", "day": TOMORROW, "kind": "extra", "start": "18:00", "end": "18:45", "rooms": ["a101"]}
    assert (await planner.post(EDITS, json=start | {"subject": "Phụ đạo"})).status_code == 200
    told = (await preview(planner, start | {"subject": "Toán"})).json()
    assert told["clashes"] == []
    assert plan_of(planned).day("a101", NOW_MS + DAY_MS)[-1].subject == "Phụ đạo"


async def test_holidays_half_days_and_ordinary_again(planner: Client, planned: Stand) -> None:
    count = len(await lessons(planner))
    holiday = {"type": "day", "day": TOMORROW, "kind": "holiday", "title": "Hội khỏe"}
    assert f"{count} tiết không diễn ra" in (await preview(planner, holiday)).json()["words"][0]["vi"]
    assert (await planner.post(EDITS, json=holiday)).json()["status"] == "applied"
    assert await lessons(planner) == []
    week = (await planner.get(f"/api/v1/timetable?school={SCHOOL}&room=a101")).json()
    assert [(day["title"], day["free"]) for day in week["days"] if day["date"] == TOMORROW] == [("Hội khỏe", True)]
    assert (await planner.post(EDITS, json={"type": "ordinary_day", "day": TOMORROW})).status_code == 200
    assert len(await lessons(planner)) == count
    half = {"type": "day", "day": TOMORROW, "until": "11:30"}
    assert "11:30" in (await preview(planner, half)).json()["words"][0]["en"]
    await planner.post(EDITS, json=half)
    assert 0 < len(await lessons(planner)) < count
    assert plan_of(planned).school_day(_date()).lessons


async def test_bells_are_checked_for_overlap(planner: Client) -> None:
    bells = [{"number": "1", "start": "07:00", "end": "07:45"}, {"number": "2", "start": "07:40", "end": "08:25"}]
    edit = {"type": "bells", "schedule": "Mùa đông", "bells": bells}
    assert "1" in (await preview(planner, edit)).json()["clashes"][0]["vi"]
    assert (await planner.post(EDITS, json=edit)).status_code == 409
    bells[1]["start"] = "07:50"
    assert (await planner.post(EDITS, json=edit)).json()["status"] == "applied"
    held = (await planner.get(EDITS)).json()["schedules"]
    assert [(one["schedule"], len(one["bells"]), one["bells"][1]["start"]) for one in held] == [
        ("Mùa đông", 2, "07:50")
    ]


async def test_a_one_day_change_follows_bells_that_move_or_is_told_as_lost(planner: Client, planned: Stand) -> None:
    free, _ = free_and_taken(planned)
    await planner.post(EDITS, json=await a_move(planner, planned, free))
    rung = next(one for one in (await planner.get(EDITS)).json()["bells"] if one["schedule"] == "")["bells"]
    start_ms = plan_of(planned).day(free, NOW_MS + DAY_MS)[0].start_ms
    without = {"type": "bells", "bells": [one | {"start": "20:00", "end": "20:05"} for one in rung[-1:]]}
    against = (await preview(planner, without)).json()["clashes"]
    assert any(
        "1 thay đổi trong ngày sẽ không còn tìm thấy tiết học của mình (25/11/2026)" in one["vi"] for one in against
    )
    later = [one | {name: one[name][:3] + f"{int(one[name][3:]) // 10}9" for name in ("start", "end")} for one in rung]
    assert later != rung
    edit = {"type": "bells", "bells": later}
    assert not [one for one in (await preview(planner, edit)).json()["clashes"] if "thay đổi" in one["vi"]]
    assert (await planner.post(EDITS, json=edit)).status_code == 200
    moved = plan_of(planned).day(free, NOW_MS + DAY_MS)[0]
    assert (moved.change, moved.start_ms > start_ms) == ("room", True)
    (told,) = (await planner.get(EDITS)).json()["changes"]
    assert f"từ A101 sang {free.upper()}" in told["words"]["vi"]


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"type": "change", "day": TOMORROW, "kind": "room", "lesson": "", "rooms": ["a102"]}, "lesson"),
        (
            {"type": "change", "day": TOMORROW, "kind": "room", "lesson": f"L1@{TOMORROW}T0435", "rooms": ["zz"]},
            "rooms",
        ),
        ({"type": "change", "day": TOMORROW, "kind": "extra", "start": "9:00", "end": "08:00"}, "end"),
        ({"type": "change", "day": TOMORROW, "kind": "extra", "start": "25:00", "end": "26:00"}, "start"),
        ({"type": "change", "day": TOMORROW, "kind": "extra", "start": "9", "end": "26:00"}, "start"),
        ({"type": "day", "day": TOMORROW, "until": "12h"}, "until"),
        ({"type": "day", "day": TOMORROW, "weekday": 9}, "edit"),
        ({"type": "bells", "bells": [{"number": "", "start": "07:00", "end": "08:00"}]}, "bells.0.number"),
        ({"type": "bells", "bells": [{"number": "1", "start": "07:00", "end": "07:00"}]}, "bells.0.end"),
        ({"type": "what"}, "edit"),
        ({"type": "day", "day": "31/02/2026"}, "edit"),
    ],
)
async def test_mistakes_are_told_with_their_field(refused: Client, edit: dict[str, Any], field: str) -> None:
    found = await preview(refused, edit)
    assert (found.status_code, found.json()["field"]) == (422, field)
    assert (await refused.post(EDITS, json=edit)).status_code == 422


async def test_who_is_not_signed_in_changes_nothing(planned_once: Stand) -> None:
    async with client_of(planned_once) as stranger:
        edit = {"type": "day", "day": TOMORROW, "kind": "holiday"}
        assert (await stranger.post(EDITS, json=edit)).status_code == 401
        assert (await stranger.put(f"/api/v1/schools/{SCHOOL}/rooms/x1", json={})).status_code == 401
        assert (await stranger.get("/school")).status_code == 200


async def test_edits_are_audited_without_their_note(planner: Client, planned: Stand) -> None:
    edit = await a_move(planner, planned, free_and_taken(planned)[0])
    await planner.post(EDITS, json=edit)
    newest = (await planner.get("/api/v1/audit?limit=1")).json()[0]
    assert newest["what"].startswith("edit_plan")
    assert "Sửa điện" not in newest["what"]


async def test_rooms_are_made_changed_and_removed(planner: Client, planned: Stand) -> None:
    base = f"/api/v1/schools/{SCHOOL}"
    assert (await planner.put(f"{base}/buildings/c", json={"name": "Nhà C"})).status_code == 200
    room = {"name": "Phòng Lý", "building": "c", "aliases": ["PTN Lý", " ", "Lab 1"], "capacity": 40}
    assert (await planner.put(f"{base}/rooms/c101", json=room)).status_code == 200
    made = planned.hub.registry.room(SCHOOL, "c101")
    assert made is not None
    assert (made.name, made.aliases, made.capacity) == ("Phòng Lý", ("PTN Lý", "Lab 1"), 40)
    for wrong, field in (
        ({"volume_m3": 1}, "volume_m3"),
        ({"capacity": -1}, "capacity"),
        ({"pupil_age_years": 400}, "pupil_age_years"),
    ):
        answer = await planner.put(f"{base}/rooms/c101", json=room | wrong)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await planner.put(f"{base}/rooms/c102", json=room | {"building": "nowhere"})).status_code == 422
    assert (await planner.put(f"{base}/rooms/C 102", json=room)).status_code == 422
    assert (await planner.delete(f"{base}/rooms/c101")).status_code == 200
    assert planned.hub.registry.room(SCHOOL, "c101") is None
    used = await planner.delete(f"{base}/rooms/a101")
    assert (used.status_code, used.json()["field"]) == (422, "room")
    assert planned.hub.registry.room(SCHOOL, "a101") is not None
