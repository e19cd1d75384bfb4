"""The forecast benchmark's tables and its fit on a few rooms: they run and agree; their figures are not judged."""

import msgspec
import numpy as np
import pytest

from benchmarks import forecast, forecast_chance, forecast_days, forecast_fit, lessons_simulated
from benchmarks.forecast_scores import Changes, Interval
from benchmarks.lessons import Heard
from hub.live.forecast.outlook import COURSE, LEAVING, SPREAD


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
    reach, shares = forecast_fit.reach([rooms]), forecast_fit.shares([rooms])
    assert [row[0] for row in reach] == [row[0] for row in shares] == [row[0] for row in COURSE]
    assert all(below > 0 and above > 0 for _, below, above in reach)
    assert [below for _, below, _ in reach] == sorted(below for _, below, _ in reach)
    assert [share for _, share in shares] == sorted(share for _, share in shares)
    assert all(0 <= share <= 1 for _, share in shares)
    assert [share for _, share in forecast_fit.spread([rooms])] == [share for _, share in SPREAD]
    assert [minutes for minutes, _ in forecast_fit.leaving(rooms)] == [minutes for minutes, _ in LEAVING]


def test_rooms_nothing_was_fitted_on_are_said_beside_the_baseline(rooms: list[Heard]) -> None:
    rows = forecast_fit.never_fitted(rooms, Changes(rooms))
    assert [int(row[1]) for row in rows] == list(forecast_fit.AHEAD_MIN)
    as_days = [msgspec.structs.replace(room, name=f"day {number} l0") for number, room in enumerate(rooms)]
    days = forecast_fit.left_out(as_days, rooms)
    assert [int(row[2]) for row in days] == [int(row[2]) for row in rows]  # every word once, by the rooms left in
    assert all(float(one) > 0 for row in (*rows, *days) for one in row[4].split(" / "))


def test_chances_that_hold_need_no_calibration() -> None:
    """A thousand words whose limit came as often as was said; then one that was said half as surely as it should be."""
    odds = np.linspace(-3, 3, 1000)
    likely = 1 / (1 + np.exp(-odds))
    came = (np.modf(np.cumsum(likely))[0] < likely).astype(np.float64)
    assert forecast_chance.fitted([(odds, came)]) == pytest.approx((0.0, 1.0), abs=0.05)
    assert forecast_chance.fitted([(odds / 2, came)]) == pytest.approx((0.0, 2.0), abs=0.1)


def test_chances_are_fitted_on_lessons(rooms: list[Heard]) -> None:
    shift, scale = forecast_chance.chance([(rooms, (900.0, 1100.0, 1300.0))])
    assert abs(shift) < 5
    assert 0 < scale < 10


def test_the_tables_of_tomorrow() -> None:
    rows = forecast_days.rows(1)
    assert {len(row) for row in rows} == {7}
    assert all(0.5 < float(row[3]) <= 1 for row in rows), rows


def test_an_interval_is_scored_by_its_width_and_its_misses() -> None:
    said = Interval(100.0, 200.0)
    assert (said.score(150.0), said.score(210.0), said.score(95.0)) == pytest.approx((100, 300, 200))
    assert said.holds(200.0)
    assert not said.holds(99.0)
