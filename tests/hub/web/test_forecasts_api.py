"""Forecasts and devices' health through the API: shapes, how good it was so far, rated hours, and who may set them."""

from datetime import date, timedelta

from hub.forecasts.rows import ForecastRows, Told
from hub.live.forecast.backtest import Compared, DayForecast, HourForecast
from hub.live.forecast.baseline import Method
from hub.live.forecast.hours import Target
from hub.live.health.finding import Fault, Finding
from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import NOW_MS, SCHOOL, Stand
from wire.text import Text

TODAY = date(2026, 11, 24)
UID = f"{SCHOOL}.a101"


def told(day: date, value: float, room: str = "a101") -> Told:
    hours = (HourForecast(value, value - 0.1, value + 0.1),) * 24
    said = DayForecast(Method.SEASONAL, 30, Compared(14, 0.2, 0.3), hours)
    return Told(room, day, Target.ENERGY, said, NOW_MS)


def finding(device: str, fault: Fault, ends_ms: int | None = None) -> Finding:
    why, todo = Text("vì thế", "because"), Text("làm thế", "do so")
    return Finding(device, "co2_ppm", fault, NOW_MS - 3_600_000, 0.93, why, todo, ends_ms, ends_ms, ends_ms)


async def test_a_forecast_says_how_good_it_was(stand: Stand, client: Client) -> None:
    rows = ForecastRows(stand.hub.engine)
    for back in (2, 1, 0, -1):
        rows.put_forecasts(SCHOOL, TODAY - timedelta(days=back), [told(TODAY - timedelta(days=back), 1.0)])
    for back in (2, 1):
        rows.put_hours(SCHOOL, TODAY - timedelta(days=back), {"a101": {Target.ENERGY: [1.05] * 12 + [1.3] * 12}})
    answer = (await client.get(f"/api/v1/rooms/{UID}/forecast")).json()
    assert [one["day"] for one in answer["days"]] == ["2026-11-24", "2026-11-25"]
    tomorrow = answer["days"][1]
    assert (tomorrow["target"], tomorrow["unit"], tomorrow["method"]) == ("energy_kwh", "kWh", "seasonal")
    assert (tomorrow["compared_days"], tomorrow["mae_seasonal"], tomorrow["mae_timetable"]) == (14, 0.2, 0.3)
    assert (tomorrow["checked_days"], tomorrow["inside_so_far"]) == (2, 0.5)
    assert abs(tomorrow["mae_so_far"] - 0.175) < 1e-6
    assert tomorrow["hours"][7] == {"hour": 7, "value": 1.0, "low": 0.9, "high": 1.1}
    empty = (await client.get(f"/api/v1/rooms/{SCHOOL}.a102/forecast")).json()
    assert empty["days"] == []
    assert (await client.get(f"/api/v1/rooms/{SCHOOL}.nowhere/forecast")).status_code == 404


async def test_findings_of_a_school_and_of_all(stand: Stand, client: Client) -> None:
    rows = ForecastRows(stand.hub.engine)
    rows.put_findings(SCHOOL, [finding("a101-co2", Fault.STUCK), finding("x", Fault.BATTERY_END, NOW_MS)], NOW_MS)
    rows.put_findings("another", [finding("y", Fault.STUCK)], NOW_MS)  # a school that is gone
    every = (await client.get("/api/v1/health/devices")).json()
    here = (await client.get(f"/api/v1/health/devices?school={SCHOOL}")).json()
    assert every == here
    assert [(one["device"], one["fault"]) for one in here] == [("a101-co2", "stuck"), ("x", "battery_end")]
    assert here[0]["why"] == {"vi": "vì thế", "en": "because"}
    assert here[0]["since"] == "2026-11-24T08:48:12.000+07:00"
    assert (here[0]["ends"], here[1]["ends"]) == (None, "2026-11-24T09:48:12.000+07:00")
    assert (await client.get("/api/v1/health/devices?school=nowhere")).status_code == 404


async def test_a_lamp_is_rated_by_an_operator_within_reason(stand: Stand) -> None:
    where = f"/api/v1/schools/{SCHOOL}/devices/a101-co2/lamp"
    async with client_of(stand) as client:
        assert (await client.put(where, json={"rated_h": 3_000})).status_code in {401, 403}
        await sign_in(client)
        client.headers["x-csrf-token"] = await csrf_of(client)
        assert (await client.put(where, json={"rated_h": 3_000})).status_code == 200
        assert ForecastRows(stand.hub.engine).ratings(SCHOOL) == {"a101-co2": 3_000}
        assert (await client.get(where)).json() == {"rated_h": 3_000, "usual_h": None}
        assert (await client.get(where.replace("a101-co2", "nothing"))).status_code == 404
        assert (await client.put(where, json={"rated_h": 5})).status_code == 422
        assert (await client.put(where, json={"rated_h": "NaN"})).status_code == 422
        assert (await client.put(where, json={"rated_h": None})).status_code == 200
        assert ForecastRows(stand.hub.engine).ratings(SCHOOL) == {}
        newest = (await client.get("/api/v1/audit")).json()[0]["what"]
        assert newest.startswith(f"lamp {SCHOOL}/a101-co2")


async def test_the_room_page_has_a_place_for_tomorrow(client: Client) -> None:
    page = (await client.get(f"/rooms/{UID}")).text
    assert 'id="tomorrow-days"' in page
    assert "Ngày mai theo giờ" in page
