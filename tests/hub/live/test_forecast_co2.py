"""CO2 at the bell and the limit before it, on lessons nothing was fitted on: what was said holds what came."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import lessons_recorded, lessons_simulated
from benchmarks.forecast_scores import Changes, at_the_bell, by_balance, by_changes, words_on
from benchmarks.lessons import Heard
from benchmarks.recorded import DETECTION
from hub.live.air import AirChange, Balance
from hub.live.forecast.co2 import UNKNOWN_MIN, LessonEnd, UnderWay, at_lesson_end, awaited, forecast, outlook
from hub.live.trend import Trend

NEVER_FITTED = range(10_000, 10_016)  # the first of those of `benchmarks forecast`


@pytest.fixture(scope="module")
def simulated() -> list[Heard]:
    return lessons_simulated.heard(NEVER_FITTED)


@pytest.fixture(scope="module")
def recorded() -> list[Heard]:
    if not DETECTION.exists():
        pytest.skip(f"recorded rooms not found: {DETECTION}")
    return lessons_recorded.in_file("datatest")


def test_simulated_lessons_end_within_what_was_said(simulated: list[Heard]) -> None:
    """Sixteen rooms, some with a class that is half away or leaves early: each is a lump of like words."""
    plain = Changes(simulated)
    for ahead in ((1, 15), (15, 45)):
        found = at_the_bell(simulated, plain, ahead)
        assert found is not None
        assert found.said > 100
        assert found.inside >= 0.75, (ahead, found)
        assert found.error_ppm < found.baseline_error_ppm, (ahead, found)
        assert found.width_ppm < 1_000, (ahead, found)


def test_recorded_days_held_out_end_within_what_was_said(recorded: list[Heard]) -> None:
    """2 to 4 February: an office with few people, whose CO2 changes little; a wide interval would hold it cheaply."""
    found = at_the_bell(recorded, Changes(recorded), (15, 45))
    assert found is not None
    assert found.said > 200
    assert found.inside >= 0.8, found
    assert found.width_ppm < 400, found


def test_a_crossing_before_the_bell_is_as_likely_as_said(simulated: list[Heard]) -> None:
    """And a limit that does not come before the bell counts as well as one that does."""
    said = words_on(simulated, (1_100.0, 1_500.0), by_balance)
    beside = words_on(simulated, (1_100.0, 1_500.0), by_changes(Changes(simulated)))
    came = [one.reached is not None for one in said]
    assert 40 < sum(came) < len(came) - 40
    assert fmean(one.inside for one in said) >= 0.85
    assert fmean(one.brier for one in said) < fmean(one.brier for one in beside)
    unlikely = [one.reached is not None for one in said if one.likely < 0.2]
    assert fmean(unlikely) < 0.2
    assert fmean(one.reached is not None for one in said if one.likely > 0.8) > 0.7


def said_at(line: Trend, balance: Balance, lesson: UnderWay) -> LessonEnd | None:
    return at_lesson_end(outlook(line, balance, lesson), lesson, line.level - balance.rise_ppm)


def test_a_class_that_comes_in_is_known_from_the_roster() -> None:
    flat, balance = Trend(0, 450, 0.5, 0.3), Balance(30, 0.5, 0.3, 1.5, AirChange(2.0, 0.3, 0))
    said, alone = (said_at(flat, balance, UnderWay(1, 44, expected)) for expected in (40, None))
    assert said is not None
    assert alone is not None
    assert said.ppm > 1_000 > alone.ppm
    assert said.low_ppm < said.ppm < said.high_ppm


def test_the_roster_speaks_of_a_class_that_is_there_or_still_comes() -> None:
    assert awaited(40, UNKNOWN_MIN + 5, occupied=True) == 40
    assert awaited(40, UNKNOWN_MIN - 1, occupied=False) == 40
    assert awaited(40, UNKNOWN_MIN, occupied=False) is None
    assert awaited(None, 1, occupied=True) is None


def test_no_word_at_the_bell() -> None:
    line, balance = Trend(0, 900, 5, 0.5), Balance(480, 5, 0.5, 1.5, AirChange(2.0, 0.3, 0))
    assert said_at(line, balance, UnderWay(44, 0.5)) is None
    assert said_at(line, balance, UnderWay(10, 200)) is None


@given(st.floats(350, 2_000), st.floats(-40, 40), st.floats(0.1, 4), st.floats(350, 500), st.floats(1, 90))
def test_no_end_is_said_better_than_the_air_outdoors(
    level: float, slope: float, error: float, outdoor: float, left: float
) -> None:
    line, balance = Trend(0, level, slope, error), Balance(level - outdoor, slope, error, 1.5, AirChange(2.0, 0.3, 0))
    told = forecast(line, balance, 1_000.0, UnderWay(10, left, 40), over=False)
    assert told.lesson_end_ppm is not None
    assert told.lesson_end_low_ppm is not None
    assert told.lesson_end_high_ppm is not None
    assert outdoor - 0.01 <= told.lesson_end_low_ppm <= told.lesson_end_ppm <= told.lesson_end_high_ppm
