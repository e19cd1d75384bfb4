"""Lessons, waste and limits through the API: what is answered, who may change limits, and what is recorded."""

from collections.abc import AsyncIterator
from datetime import date

import msgspec
import pytest

from hub.derived import ledger, records
from hub.derived.due import next_due
from hub.live.lesson_record import Air, Attendance, LessonRecord, Power, Surroundings
from hub.live.thresholds import LIMITS, Thresholds
from hub.live.views import Running
from hub.live.waste_ledger import WasteLine, Why
from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import NOW_MS, SCHOOL, Stand

DAY = date(2026, 11, 24)
LESSON = LessonRecord(
    SCHOOL, DAY.isoformat(), "a101", "l1@2026-11-24T0420", "1", "Toán", ("7A1",), ("c1",), ("t1",), None,
    NOW_MS - 7_200_000, NOW_MS - 4_500_000, 41, Attendance(held=True, actual_start_ms=NOW_MS - 7_100_000, people=38.0),
    Air(mean_ppm=1210.5, over_limit_min=30), Surroundings(noise_dba=61.2), Power(kwh=0.21), {"co2_ppm": 1.0}, {},
)  # fmt: skip
LINES = [
    WasteLine("a101", Running.PROJECTOR, Why.FREE, 40, 40, 0.16, 0.0),
    WasteLine("a101", Running.LIGHTS, Why.AFTER_HOURS, 60, 0, 0.0, 0.2),
]


@pytest.fixture
async def operator(stand: Stand) -> AsyncIterator[Client]:
    with stand.hub.engine.begin() as connection:
        records.put(connection, SCHOOL, DAY, [LESSON])
        ledger.replace(connection, SCHOOL, DAY, LINES)
    async with client_of(stand) as client:
        await sign_in(client)
        client.headers["x-csrf-token"] = await csrf_of(client)
        yield client


async def test_lessons_of_a_day_as_json_and_csv(operator: Client) -> None:
    (lesson,) = (await operator.get(f"/api/v1/lessons?school={SCHOOL}&day=2026-11-24")).json()
    assert (lesson["room"], lesson["classes"], lesson["attendance"]["people"]) == ("a101", ["7A1"], 38.0)
    assert lesson["actual_start"] == "2026-11-24T07:49:52.000+07:00"
    assert (lesson["air"]["mean_ppm"], lesson["power"]["kwh"]) == (1210.5, 0.21)
    assert (await operator.get(f"/api/v1/lessons?school={SCHOOL}&day=2026-11-24&room=a102")).json() == []
    assert (await operator.get(f"/api/v1/lessons?school={SCHOOL}&day=2026-11-20&to=2026-11-23")).json() == []
    table = (await operator.get(f"/api/v1/lessons.csv?school={SCHOOL}&day=2026-11-24")).text
    assert "1210.5" in table
    assert "7A1" in table


@pytest.mark.parametrize(
    ("query", "status"),
    [("school=nobody", 404), (f"school={SCHOOL}&day=31/02", 422), (f"school={SCHOOL}&day=2026-02-31", 422),
     (f"school={SCHOOL}&day=2026-11-24&to=2026-11-23", 422), (f"school={SCHOOL}&day=2026-01-01&to=2026-11-23", 422)],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_in_words(operator: Client, query: str, status: int) -> None:
    refused = await operator.get(f"/api/v1/lessons?{query}")
    assert refused.status_code == status
    assert refused.json()["detail"]["vi"]


async def test_waste_with_the_share_that_was_measured(operator: Client) -> None:
    waste = (await operator.get(f"/api/v1/waste?school={SCHOOL}&day=2026-11-24")).json()
    assert (waste["minutes"], waste["kwh"], waste["estimated_kwh"], waste["measured_share"]) == (100, 0.16, 0.2, 0.4)
    assert {(one["line"]["what"], one["line"]["why"]) for one in waste["lines"]} == {
        ("projector", "free_period"),
        ("lights", "after_hours"),
    }


async def test_a_school_chooses_its_limits_and_its_days_are_held_against_them(stand: Stand, operator: Client) -> None:
    where = f"/api/v1/schools/{SCHOOL}/thresholds"
    usual = {one["name"]: one["value"] for one in (await operator.get(where)).json()}
    assert usual == msgspec.to_builtins(Thresholds())
    assert usual.keys() == LIMITS.keys()
    chosen = usual | {"co2_limit_ppm": 1_200.0}
    assert (await operator.put(where, json=chosen)).status_code == 200
    assert {one["name"]: one["value"] for one in (await operator.get(where)).json()} == chosen
    audit = (await operator.get("/api/v1/audit")).json()[0]["what"]
    assert audit.startswith(f"choose_thresholds {SCHOOL} ")
    with stand.hub.engine.connect() as connection:
        (due,) = [one for one in next_due(connection, NOW_MS + 60_000, 10) if one.reason == "thresholds"]
    assert due.day == DAY
    refused = await operator.put(where, json=chosen | {"light_lx": 0})
    assert (refused.status_code, refused.json()["field"]) == (422, "light_lx")
    assert (await operator.put(where, json={"unknown": 1})).status_code == 422
    assert (await operator.get(f"/api/v1/schools/{SCHOOL}/derived")).json() == []


async def test_only_operators_choose(stand: Stand) -> None:
    async with client_of(stand) as stranger:
        refused = await stranger.put(f"/api/v1/schools/{SCHOOL}/thresholds", json={})
        assert refused.status_code in {401, 403}
