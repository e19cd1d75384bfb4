"""CO2 at the bell and minutes to the limit, replayed: how often what was said holds what came."""

import random

import pytest

from benchmarks.lessons import Said, replay, share
from hub.live.air import AirChange, Balance
from hub.live.forecast.co2 import at_lesson_end
from hub.live.trend import Trend

MINUTE = 60_000


@pytest.fixture(scope="module")
def told() -> dict[str, list[Said]]:
    return replay(16, random.Random(11))


def test_the_end_of_the_lesson_lies_within_what_was_said(told: dict[str, list[Said]]) -> None:
    ends = told["lesson_end"]
    assert len(ends) > 250
    assert 0.8 <= share(ends) <= 0.995, share(ends)
    near = [one for one in ends if one[0] <= 15]
    assert sum(abs(said - truth) for _, said, truth, *_ in near) / len(near) < 120


def test_the_limit_is_crossed_within_the_minutes_said(told: dict[str, list[Said]]) -> None:
    crossings = told["crossing"]
    assert len(crossings) > 30
    assert share(crossings) >= 0.75, share(crossings)


def test_a_class_that_comes_in_is_known_from_the_roster() -> None:
    air = AirChange(2.0, 0.3, 0)
    flat = Trend(5 * MINUTE, 450, 0.5, 0.3)
    balance = Balance(30, 0.5, 0.3, 1.5, air)
    said = at_lesson_end(flat, balance, 4 * MINUTE, 49 * MINUTE, 5 * MINUTE, 40)
    alone = at_lesson_end(flat, balance, 4 * MINUTE, 49 * MINUTE, 5 * MINUTE, None)
    assert said is not None
    assert alone is not None
    assert said.ppm > 1_000 > alone.ppm
    assert said.low_ppm < said.ppm < said.high_ppm


def test_no_word_at_the_bell_or_without_a_line() -> None:
    air = AirChange(2.0, 0.3, 0)
    line, balance = Trend(0, 900, 5, 0.5), Balance(480, 5, 0.5, 1.5, air)
    assert at_lesson_end(line, balance, 0, 30_000, 0, None) is None
    assert at_lesson_end(None, balance, 0, 45 * MINUTE, 0, None) is None
    assert at_lesson_end(line, None, 0, 45 * MINUTE, 0, None) is None
