"""The forecast benchmark's tables and its fit on a few rooms: they run and agree; their figures are not judged."""

import pytest

from benchmarks import forecast, forecast_days, forecast_fit, lessons_simulated
from benchmarks.forecast_scores import Changes, Interval
from benchmarks.lessons import Heard
from hub.live.forecast.outlook import REACH, SPREAD


@pytest.fixture(scope="module")
def rooms() -> list[Heard]:
    return lessons_simulated.heard(range(3))


def test_the_tables_of_co2(rooms: list[Heard]) -> None:
    plain = Changes(rooms)
    bells = forecast.bell_table("simulated", rooms, plain)
    assert [row[1] for row in bells] == ["1 to 5 min", "5 to 15 min", "15 to 30 min", "30 to 45 min"]
    assert sum(int(row[2]) for row in bells) > 60
    limits = forecast.limit_table("simulated", rooms, plain, (900.0, 1_500.0))
    assert limits[-1][1] == "all"
    assert {len(row) for row in limits} == {9}
    by_likelihood = sum(int(row[2]) for row in limits if row[1].endswith("likely"))
    assert by_likelihood == int(limits[-1][2])


def test_the_fit_gives_rows_as_they_are_used(rooms: list[Heard]) -> None:
    reach = forecast_fit.reach([rooms])
    assert [row[0] for row in reach] == [row[0] for row in REACH]
    assert all(below > 0 and above > 0 for _, below, above in reach)
    assert [below for _, below, _ in reach] == sorted(below for _, below, _ in reach)
    assert [share for _, share in forecast_fit.spread([rooms])] == [share for _, share in SPREAD]


def test_the_tables_of_tomorrow() -> None:
    rows = forecast_days.rows(1)
    assert {len(row) for row in rows} == {7}
    assert all(0.5 < float(row[3]) <= 1 for row in rows), rows


def test_an_interval_is_scored_by_its_width_and_its_misses() -> None:
    said = Interval(100.0, 200.0)
    assert (said.score(150.0), said.score(210.0), said.score(95.0)) == pytest.approx((100, 300, 200))
    assert said.holds(200.0)
    assert not said.holds(99.0)
