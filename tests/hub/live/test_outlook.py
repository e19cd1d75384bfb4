"""The course of CO2 from here: exact where nothing is unsure, wider with distance, never a limit that cannot come."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.live.air import AirChange, Balance
from hub.live.forecast.co2 import MOST_MIN, UnderWay, forecast, outlook
from hub.live.forecast.crossing import CHANCE, EARLY_PPM, by_minute, calibrated, crossing, early
from hub.live.forecast.outlook import COURSE, LEAVING, SPREAD, Outlook, leaving
from hub.live.trend import Trend

MINUTE = 60_000
CLASS = Outlook(level_ppm=900, slope=12, slope_error=0.6, fading=0.06, turnover=25)


@given(st.floats(600, 1400), st.floats(2, 60), st.floats(0.3, 6), st.floats(20, 120))
def test_far_ahead_the_middle_is_the_exact_course_and_near_by_it_is_nearer_the_level(
    level: float, slope: float, per_h: float, minutes: float
) -> None:
    ahead = Outlook(level, slope, 0.2, per_h / 60, slope)
    assert ahead.middle(minutes) == pytest.approx(level + slope * 60 / per_h * (1 - math.exp(-per_h * minutes / 60)))
    for near in (1.0, 2.0, 5.0):
        assert level < ahead.middle(near) < level + ahead.course(near)


@given(st.floats(600, 1400), st.floats(2, 60), st.floats(0.3, 6))
def test_minutes_are_said_where_the_limit_is_likelier_reached_than_not(
    level: float, slope: float, per_h: float
) -> None:
    ahead = Outlook(level, slope, 0.2, per_h / 60, slope)
    told = crossing(ahead, 1500, MOST_MIN)
    assert (told.minutes is None) == (told.likely < 0.5)
    if told.minutes is None:
        return
    assert told.low is not None
    assert told.low <= told.minutes <= MOST_MIN
    assert told.high is None or told.high >= told.minutes
    assert (told.high is None) == (told.likely < 0.9)
    by_then = crossing(ahead, 1500, max(told.minutes, 1.0)).likely
    assert by_then == pytest.approx(0.5, abs=0.12) or told.minutes < 1


outlooks = st.builds(
    Outlook, st.floats(350, 4000), st.floats(-80, 80), st.floats(0, 20), st.floats(0.03, 0.6), st.floats(0, 120)
)


@given(outlooks, st.floats(400, 5000), st.floats(1, 120))
def test_whatever_the_course_its_figures_are_in_order(ahead: Outlook, limit: float, within: float) -> None:
    told = crossing(ahead, limit, within)
    assert 0 <= told.likely <= 1
    known = [one for one in (told.low, told.minutes, told.high) if one is not None]
    assert all(0 <= one <= within for one in known)
    assert known == sorted(known)
    below, above = ahead.reach(within)
    assert min(below, above) > 0
    assert ahead.middle(within) + above <= ahead.most(within) + 1e-6


@given(outlooks, st.floats(400, 5000))
def test_the_reach_grows_with_distance_and_time_makes_a_crossing_no_less_likely(ahead: Outlook, limit: float) -> None:
    steps = (1.0, 3.0, 8.0, 15.0, 30.0, 45.0, 90.0)
    reaches = [ahead.reach(minutes) for minutes in steps]
    assert reaches == sorted(reaches)
    assert [above for _, above in reaches] == sorted(above for _, above in reaches)
    if ahead.level_ppm < limit and ahead.slope >= 0:
        likely = [crossing(ahead, limit, minutes).likely for minutes in steps]
        assert all(later >= before - 0.02 for before, later in pairwise(likely))


def test_nine_in_ten_lie_within_the_reach_by_its_own_shares() -> None:
    middle, (below, above) = CLASS.middle(20), CLASS.reach(20)
    assert CLASS.above(middle - below, 20) == pytest.approx(0.95)
    assert CLASS.above(middle + above, 20) == pytest.approx(0.05)
    assert CLASS.above(middle + 3 * above, 20) < 0.001
    assert [row[0] for row in SPREAD] == sorted(row[0] for row in SPREAD)
    for column in range(4):  # minutes, share of the course, reach below and above: none falls with distance
        assert [row[column] for row in COURSE] == sorted(row[column] for row in COURSE)
    assert all(0 <= share <= 1 for _, share, _, _ in COURSE)


def test_a_limit_far_above_is_told_as_not_before_the_bell() -> None:
    told = crossing(CLASS, 3_000, 40)
    assert (told.minutes, told.low, told.high) == (None, None, None)
    assert told.likely < 0.01
    assert crossing(CLASS, 880, 40).likely == 1.0


def test_the_bell_ends_what_is_looked_at() -> None:
    line, balance = Trend(20 * MINUTE, 1100, 30, 0.6), Balance(680, 30, 0.6, 1.5, AirChange(2.0, 0.3, 1))
    early = forecast(line, balance, 1500, UnderWay(10, 5, None), over=False)
    assert early.minutes is None
    assert early.before_bell is not None
    assert early.before_bell < 0.05
    long = forecast(line, balance, 1500, UnderWay(10, 80, None), over=False)
    assert long.minutes is not None
    assert long.minutes < 80
    assert long.before_bell is not None
    assert long.before_bell > 0.5
    alone = forecast(line, balance, 1500, None, over=False)
    assert alone.before_bell is None
    assert alone.lesson_end_ppm is None
    assert alone.minutes is not None


def test_no_minutes_without_a_rise_and_a_chance_until_the_very_end() -> None:
    for slope, error in ((0.0, 0.2), (-5.0, 0.2), (1.0, 2.0)):
        line, balance = Trend(0, 900, slope, error), Balance(480, slope, error, 1.5, AirChange(2.0, 0.3, 1))
        told = forecast(line, balance, 1500, None, over=False)
        assert (told.minutes, told.minutes_low, told.minutes_high) == (None, None, None)
    steep = Trend(0, 1600, 10, 0.1), Balance(1180, 10, 0.1, 1.5, AirChange(2.0, 0.3, 1))
    assert forecast(*steep, 1500, None, over=True).minutes is None
    assert forecast(None, None, 1500, None, over=False).slope_ppm_per_min is None
    last = forecast(Trend(0, 1400, 10, 0.1), steep[1], 1500, UnderWay(44.5, 0.5, 40), over=False)
    assert (last.minutes, last.before_bell, last.lesson_end_ppm) == (None, 0.0, None)
    near = forecast(Trend(0, 1480, 30, 0.1), steep[1], 1500, UnderWay(44.8, 0.2, 40), over=False)
    assert near.before_bell is not None
    assert near.before_bell > 0.2  # not "below for two hours", which the page says where nothing is told
    there = forecast(Trend(0, 1505, 10, 0.1), steep[1], 1500, UnderWay(20, 25, 40), over=False)
    assert (there.minutes, there.before_bell) == (None, 1.0)  # the line is there, the last value not yet


def test_a_fall_tells_the_exchange_and_ends_above_outdoors() -> None:
    line, balance = Trend(0, 1200, -30, 0.5), Balance(780, -30, 0.5, 1.5, AirChange(0.3, 0.3, 1))
    assert outlook(line, balance, None).middle(120) > 420


def test_chances_are_calibrated_in_order_and_stay_chances() -> None:
    shares = [number / 100 for number in range(101)]
    turned = [calibrated(share) for share in shares]
    assert turned == sorted(turned)
    assert (turned[0], turned[-1]) == (0.0, 1.0)
    assert all(abs(before - after) < 0.05 for before, after in zip(shares, turned, strict=True)), CHANCE


def test_a_limit_is_reached_by_noise_the_later_the_sooner() -> None:
    assert early(0) == 0
    assert [early(minutes) for minutes in (1, 5, 20, 60)] == sorted(early(minutes) for minutes in (1, 5, 20, 60))
    assert early(120) < EARLY_PPM
    likely = [share for _, share in by_minute(CLASS, 1_100, 45)]
    assert likely == sorted(likely)
    assert likely[0] == 0


def test_a_class_may_end_further_below() -> None:
    assert all(leaving(minutes) >= 1 for minutes in (0.5, 2, 12, 44, 90))
    assert (leaving(1), leaving(90)) == (LEAVING[0][1], LEAVING[-1][1])
    line, balance = Trend(0, 900, 5, 0.5), Balance(480, 5, 0.5, 1.5, AirChange(2.0, 0.3, 1))
    told = [forecast(line, balance, 1500, UnderWay(20, 10, expected), over=False) for expected in (None, 40)]
    lows = [one.lesson_end_low_ppm or 0 for one in told]
    assert lows[1] < lows[0]
    assert told[0].lesson_end_high_ppm == told[1].lesson_end_high_ppm
