"""Rooms out of use and called otherwise from a day on, through the API and the pages."""

from datetime import date, timedelta
from typing import Any

import httpx

from tests.hub.web.doubles import NOW_MS, SCHOOL, Clock, Stand
from tests.hub.web.planned import DAY_MS, plan_of

Client = httpx.AsyncClient
BASE = f"/api/v1/schools/{SCHOOL}"
TODAY = date(2026, 11, 24)
HOUR_MS = 3_600_000


def iso(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def told(client: Client, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def subjects(client: Client, week: str, known: str = "") -> set[str]:
    found = await told(client, f"/api/v1/timetable?school={SCHOOL}&room=a102&week={week}{known}")
    return {lesson["subject"] for day in found["days"] for lesson in day["lessons"]}


def shown(stand: Stand) -> list[str]:
    """The rooms the wall is made of."""
    return [room.id for room in stand.hub.registry.rooms(SCHOOL)]


async def test_a_room_is_retired_and_its_past_stays_readable(planner: Client, planned: Stand) -> None:
    order = {"since": iso(-1), "reason": "Sửa mái"}
    refused = await planner.put(f"{BASE}/rooms/a102/retirement", json=order)
    assert (refused.status_code, refused.json()["field"]) == (422, "take_out")
    assert "2 thiết bị" in refused.json()["detail"]["vi"]
    before = await subjects(planner, "2026-W47")
    assert before
    done = await planner.put(f"{BASE}/rooms/a102/retirement", json=order | {"take_out": True})
    assert done.status_code == 200
    assert "a102" not in shown(planned)
    gone = await planner.get(f"/api/v1/rooms/{SCHOOL}.a102")
    assert gone.status_code == 404
    assert iso(-1) in gone.json()["detail"]["en"]
    page = await planner.get(f"/rooms/{SCHOOL}.a102")
    assert (page.status_code, 'id="gone"' in page.text, "Sửa mái" in page.text) == (200, True, True)
    assert (await planner.get(f"/api/v1/rooms/{SCHOOL}.a102/history?range=7d")).status_code == 200
    alias = await planner.post(f"/api/v1/rooms/{SCHOOL}.a102/aliases", json={"alias": "Phòng Hóa"})
    assert (alias.status_code, alias.json()["field"]) == (422, "alias")
    assert await subjects(planner, "2026-W47") == before
    assert await subjects(planner, "2026-W49") == set()
    school = await planner.get("/school")
    assert '"retired":[{' in school.text.replace(" ", "")
    found = {one["kind"]: one for one in (await told(planner, f"{BASE}/data-quality"))["issues"]}
    assert found["room_retired"]["examples"] == ["A102 (23/11/2026)"]
    assert "A102" not in str(found.get("room_unknown"))
    newest = (await told(planner, "/api/v1/audit?limit=1"))[0]["what"]
    assert newest.startswith("retire_room")
    assert "Sửa mái" not in newest  # a reason may name people
    assert planned.hub.registry.room_of(SCHOOL, "a102-co2", planned.hub.now_ms()) is None


async def test_days_out_of_use_say_since_when_and_the_room_says_it_before(planner: Client) -> None:
    order = {"since": iso(2), "reason": "Sửa mái", "take_out": True}
    assert (await planner.put(f"{BASE}/rooms/a102/retirement", json=order)).status_code == 200
    for week, out in (("2026-W48", [None] * 3 + [iso(2)] * 4), ("2026-W49", [iso(2)] * 7)):
        found = await told(planner, f"/api/v1/timetable?school={SCHOOL}&room=a102&week={week}")
        assert [day["out_since"] for day in found["days"]] == out
    other = await told(planner, f"/api/v1/timetable?school={SCHOOL}&room=a101&week=2026-W49")
    assert {day["out_since"] for day in other["days"]} == {None}
    page = (await planner.get(f"/rooms/{SCHOOL}.a102")).text
    assert ('id="gone"' in page, "Phòng ngừng dùng từ 26/11/2026: Sửa mái." in page) == (False, True)


async def test_who_retires_a_room_is_told_what_is_planned_there(planner: Client, planned: Stand) -> None:
    path = f"{BASE}/rooms/a103/retirement"
    ids = [{one.id for one in plan_of(planned).day("a103", NOW_MS + days * DAY_MS)} for days in range(2, 16)]
    week = max(sum(map(len, ids[:7])), sum(map(len, ids[7:])))  # weeks alternate
    before = await told(planner, f"{path}?since={iso(2)}")
    assert before["since"] == iso(2)
    assert f"tới {week} tiết mỗi tuần" in before["words"][0]["vi"]
    assert "a103" in shown(planned)
    done = await planner.put(path, json={"since": iso(2), "reason": "Sơn lại", "take_out": True})
    assert done.json() == before
    nothing = await told(planner, f"{BASE}/buildings/nowhere/retirement?since={iso(2)}")
    assert "Không tiết nào" in nothing["words"][0]["vi"]
    assert (await planner.get(f"{BASE}/rooms/nowhere/retirement?since={iso(2)}")).status_code == 404
    assert (await planner.get(f"{path}?since=9999-12-31")).json()["words"] == []


async def test_what_was_held_today_stays_in_a_room_retired_today(planner: Client, planned: Stand) -> None:
    held = plan_of(planned).day("a103", NOW_MS)
    assert held[0].start_ms < NOW_MS
    order = {"since": iso(0), "reason": "Sơn lại", "take_out": True}
    done = (await planner.put(f"{BASE}/rooms/a103/retirement", json=order)).json()
    assert done["since"] == iso(1)
    assert "hôm nay vẫn tính là đang dùng, ngừng dùng từ 25/11/2026" in done["words"][0]["vi"]
    assert plan_of(planned).day("a103", NOW_MS) == held
    assert plan_of(planned).day("a103", NOW_MS + DAY_MS) == []
    past = await told(planner, f"{BASE}/rooms/a104/retirement?since={iso(-1)}")
    assert (past["since"], "tiết đã qua" in past["words"][0]["vi"]) == (iso(-1), True)


async def test_a_retirement_is_taken_back(planner: Client, planned: Stand) -> None:
    for room in ("a102", "nowhere"):
        refused = await planner.delete(f"{BASE}/rooms/{room}/retirement")
        assert refused.status_code == 422
    order = {"since": iso(3), "reason": "Sơn lại"}
    assert (await planner.put(f"{BASE}/rooms/a103/retirement", json=order | {"take_out": True})).status_code == 200
    assert await subjects_of(planner, "a103", "2026-W49") == set()
    assert "a103" in shown(planned)
    assert (await planner.delete(f"{BASE}/rooms/a103/retirement?since={iso(1)}")).status_code == 422
    assert (await planner.delete(f"{BASE}/rooms/a103/retirement")).status_code == 200
    assert await subjects_of(planner, "a103", "2026-W49")
    assert planned.hub.registry.room_of(SCHOOL, "a103-co2", planned.hub.now_ms()) == "a103"
    back = planned.hub.registry.room(SCHOOL, "a103")
    assert back is not None
    assert (back.retirement, back.spells) == (None, ())


async def subjects_of(client: Client, room: str, week: str) -> set[str]:
    found = await told(client, f"/api/v1/timetable?school={SCHOOL}&room={room}&week={week}")
    return {lesson["subject"] for day in found["days"] for lesson in day["lessons"]}


async def test_a_building_is_retired_with_its_rooms(planner: Client, planned: Stand) -> None:
    assert (await planner.put(f"{BASE}/buildings/c", json={"name": "Nhà C"})).status_code == 200
    assert (await planner.put(f"{BASE}/rooms/c101", json={"name": "C101", "building": "c"})).status_code == 200
    order = {"since": iso(0), "reason": "Phá dỡ"}
    refused = await planner.put(f"{BASE}/buildings/c/retirement", json=order)
    assert (refused.status_code, refused.json()["field"]) == (422, "take_out")
    done = await planner.put(f"{BASE}/buildings/c/retirement", json=order | {"take_out": True})
    assert done.status_code == 200
    assert "c101" not in shown(planned)
    assert (await planner.delete(f"{BASE}/rooms/c101/retirement")).json()["field"] == "building"
    assert (await planner.delete(f"{BASE}/buildings/c/retirement")).status_code == 200
    assert (await planner.delete(f"{BASE}/rooms/c101/retirement")).status_code == 200
    assert "c101" in shown(planned)


async def test_renaming_does_not_rewrite_what_was_believed(planner: Client, clock: Clock) -> None:
    """From a day on the room bears another name: lessons before stay, and so does what was thought of those after."""
    before = await subjects(planner, "2026-W49")
    assert before
    knew = (await told(planner, f"/api/v1/timetable?school={SCHOOL}&room=a102"))["now"]
    clock.now_ms += HOUR_MS
    renamed = {"name": "Phòng Lý", "building": "a", "since": iso(3)}
    # its id is what the timetable calls it, too: the id goes on naming the room
    assert (await planner.put(f"{BASE}/rooms/a102", json=renamed)).status_code == 200
    past = await told(planner, f"{BASE}/rooms/a102/past")
    assert [(one["since"], one["until"], one["name"]) for one in past["spells"]] == [
        (None, iso(3), "A102"),
        (iso(3), None, "Phòng Lý"),
    ]
    then = await told(planner, f"{BASE}/rooms/a102/past?known={knew.replace('+', '%2B')}")
    assert [one["name"] for one in then["spells"]] == ["A102"]
    assert await subjects(planner, "2026-W49") == before
    order = {"since": iso(0), "reason": "Sửa mái", "take_out": True}
    assert (await planner.put(f"{BASE}/rooms/a102/retirement", json=order)).status_code == 200
    assert await subjects(planner, "2026-W49") == set()
    assert await subjects(planner, "2026-W49", f"&known={knew.replace('+', '%2B')}") == before
    wrong = await planner.get(f"{BASE}/rooms/nowhere/past")
    assert wrong.status_code == 404


async def test_who_only_looks_changes_nothing(pupil: Client) -> None:
    order = {"since": iso(0), "reason": "Sửa"}
    for path in ("rooms/a102", "buildings/a"):
        assert (await pupil.put(f"{BASE}/{path}/retirement", json=order)).status_code in {401, 403}
        assert (await pupil.delete(f"{BASE}/{path}/retirement")).status_code in {401, 403}
    assert (await pupil.get(f"{BASE}/rooms/a102/past")).status_code == 200
