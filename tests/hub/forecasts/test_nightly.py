"""The night's work on real stores: hours measured, tomorrow forecast, devices examined; both databases."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from hub.forecasts.nightly import Nightly
from hub.forecasts.rows import ForecastRows
from hub.live.forecast.hours import Target
from hub.live.health.finding import Fault, Finding
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from tests.hub.forecasts.school import (
    ROOMS,
    SCHOOL,
    TODAY,
    Plans,
    at_once,
    in_use,
    nightly_of,
    now_ms,
    past_hours,
    registry_of,
)
from wire.text import Text


async def test_a_night_measures_forecasts_and_examines(state_engine: Engine, tmp_path: Path) -> None:
    rows = ForecastRows(state_engine)
    nightly, series = nightly_of(state_engine, tmp_path, stuck="a3-air", days=6)
    past_hours(rows, 40, 7)
    try:
        await nightly.follow()
    finally:
        await series.close()
    assert nightly.failures == 0
    yesterday = TODAY - timedelta(days=1)
    measured = rows.hours(SCHOOL, yesterday, yesterday)[yesterday]
    assert set(measured) == set(ROOMS)
    for hour in range(1, 24):
        used = in_use(yesterday, hour)
        kwh = measured["a1"][Target.ENERGY][hour]
        assert kwh is not None
        assert abs(kwh - (1.2 if used else 0.06)) < 0.25
        assert measured["a1"][Target.OCCUPIED][hour] == float(used)
        assert measured["a1"][Target.PEOPLE][hour] == (38.0 if used else 0.0)
    tomorrow = TODAY + timedelta(days=1)
    told = {one.target: one for one in rows.forecasts(SCHOOL, "a1", tomorrow, tomorrow)}
    assert set(told) == set(Target)
    energy = told[Target.ENERGY].forecast
    assert energy.known_days >= 35
    assert energy.compared.days == 14
    assert energy.compared.seasonal is not None
    at_eight, at_night = energy.hours[8], energy.hours[2]
    assert at_eight is not None
    assert at_night is not None
    assert abs(at_eight.value - 1.2) < 0.15
    assert at_night.value < 0.2
    assert rows.forecasts(SCHOOL, "a1", TODAY, TODAY)  # at the first start today is said too
    found = [(one.device, one.fault) for _, one in rows.findings(SCHOOL)]
    assert found == [("a3-air", Fault.STUCK)]
    assert [notice.code for notice in nightly.problems()] == ["device.suspect"]
    assert nightly.problems()[0].text.en.startswith("1 device measures what")


async def test_a_notice_names_devices_as_people_do(state_engine: Engine, tmp_path: Path) -> None:
    registry, series = registry_of(state_engine), SeriesReader(DuckDbSeries(tmp_path / "series.duckdb"))
    rows = ForecastRows(state_engine)
    nightly = Nightly(rows=rows, registry=registry, schools=Plans(), series=series, in_thread=at_once, now_ms=now_ms)
    await series.close()
    registry.name_device(SCHOOL, "a3-air", "Cảm biến không khí")
    registry.name_device(SCHOOL, "a4-air", "Treo tường A4")
    registry.assign(SCHOOL, "a5-air", None, now_ms())
    why = Text("đứng yên", "it does not move")
    devices = ("a3-air", "a4-air", "a5-air", "unknown")
    nightly.findings = {SCHOOL: [Finding(one, "co2_ppm", Fault.STUCK, 0, 1.0, why, why) for one in devices]}
    told = nightly.problems()[0].text
    assert "(Cảm biến không khí ở A3, Treo tường A4, a5-air …)" in told.vi
    assert "(Cảm biến không khí in A3, Treo tường A4, a5-air …)" in told.en


async def test_a_school_is_done_once_a_night_and_findings_survive_a_restart(
    state_engine: Engine, tmp_path: Path
) -> None:
    nightly, series = nightly_of(state_engine, tmp_path)
    try:
        await nightly.follow()
        first = nightly.took_s.count
        await nightly.follow()
    finally:
        await series.close()
    assert (first, nightly.took_s.count) == (1, 1)
    told = ForecastRows(state_engine).forecasts(SCHOOL, "a1", TODAY, TODAY + timedelta(days=1))
    assert told
    assert not any(one.forecast.said for one in told)  # three days are too short a history, and that is said
    assert told[0].forecast.known_days == 3


def test_a_lamp_rating_is_kept_and_taken_back(state_engine: Engine) -> None:
    rows = ForecastRows(state_engine)
    rows.rate(SCHOOL, "beamer", 3_000, "lan", 1)
    rows.rate(SCHOOL, "beamer", 5_000, "lan", 2)
    assert rows.ratings(SCHOOL) == {"beamer": 5_000}
    rows.rate(SCHOOL, "beamer", None, "lan", 3)
    assert rows.ratings(SCHOOL) == {}
