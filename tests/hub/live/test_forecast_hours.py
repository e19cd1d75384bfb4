"""Tomorrow by the hour: days that repeat, holidays, a timetable that moves, intervals that hold, a short history."""

import math
import random
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.live.forecast.backtest import DayForecast, forecast_day
from hub.live.forecast.baseline import Method, seasonal, timetable
from hub.live.forecast.hours import HOURS, DayPlan, past

FIRST = date(2026, 8, 31)  # a Monday
Day = Callable[[DayPlan, random.Random], list[float | None]]


def plan_of(day: date, *, moved: bool = False, holiday: bool = False) -> DayPlan:
    """Lessons 7 to 11, on even weekdays to 16; `moved`: every day other hours."""
    if holiday or day.weekday() > 4:
        return DayPlan(day, open=False)
    hours = set(range(7, 16 if day.weekday() % 2 == 0 else 11))
    if moved:
        hours = set(random.Random(day.toordinal()).sample(range(7, 18), 4))
    return DayPlan(day, open=True, planned=tuple(float(hour in hours) for hour in range(HOURS)))


def power(plan: DayPlan, chance: random.Random) -> list[float | None]:
    return [0.05 + 1.5 * planned + chance.gauss(0, 0.05) for planned in plan.planned]


def tomorrow(days: int, values: Day, *, moved: bool = False, holidays: frozenset[int] = frozenset()) -> DayForecast:
    chance = random.Random(4)
    plans = [plan_of(FIRST + timedelta(days=n), moved=moved, holiday=n in holidays) for n in range(days + 1)]
    hours = {plan.day: values(plan, chance) for plan in plans[:-1]}
    return forecast_day(past(plans[:-1], hours), plans[:-1], plans[-1])


def test_a_week_that_repeats_is_said() -> None:
    said = tomorrow(35, power)  # the day after is a Monday
    assert said.known_days == 35
    assert said.compared.days == 14
    assert said.compared.seasonal is not None
    assert said.compared.seasonal < 0.06
    for hour, planned in enumerate(plan_of(FIRST + timedelta(days=35)).planned):
        told = said.hours[hour]
        assert told is not None
        assert abs(told.value - 0.05 - 1.5 * planned) < 0.1
        assert told.low <= told.value <= told.high


def test_a_timetable_that_changes_every_day_is_said_by_the_plan_and_the_comparison_shows_it() -> None:
    said = tomorrow(36, power, moved=True)
    assert said.method is Method.TIMETABLE
    assert said.compared.seasonal is not None
    assert said.compared.timetable is not None
    assert said.compared.timetable < 0.5 * said.compared.seasonal
    for hour, planned in enumerate(plan_of(FIRST + timedelta(days=36), moved=True).planned):
        told = said.hours[hour]
        assert told is not None
        assert abs(told.value - 0.05 - 1.5 * planned) < 0.15


def test_a_holiday_is_said_from_closed_days_whatever_its_weekday() -> None:
    said = tomorrow(35, power, holidays=frozenset({35}))
    assert all(told is not None and told.value < 0.15 for told in said.hours)


def test_holidays_in_the_past_do_not_drag_open_days_down() -> None:
    said = tomorrow(35, power, holidays=frozenset({21, 28}))  # two of the last Mondays
    told = said.hours[8]
    assert told is not None
    assert told.value > 1.4


def test_too_short_a_history_says_nothing() -> None:
    for days in range(5):
        said = tomorrow(days, power)
        assert not said.said
        assert said.known_days == days
    silent = tomorrow(30, lambda *_: [None] * HOURS)
    assert (silent.said, silent.known_days) == (False, 0)


def test_intervals_hold_about_four_hours_in_five_on_days_to_come() -> None:
    chance = random.Random(9)
    inside = told = 0

    def noisy(plan: DayPlan, chance: random.Random) -> list[float | None]:
        return [max(0.0, 0.2 + planned * chance.lognormvariate(0, 0.4)) for planned in plan.planned]

    plans = [plan_of(FIRST + timedelta(days=n)) for n in range(90)]
    hours = {plan.day: noisy(plan, chance) for plan in plans}
    for at in range(40, 90):
        said = forecast_day(past(plans[:at], hours), plans[:at], plans[at])
        for hour, truth in enumerate(hours[plans[at].day]):
            one = said.hours[hour]
            if one is None or truth is None or plans[at].planned[hour] == 0:
                continue
            told += 1
            inside += one.low <= truth <= one.high
    assert told > 200
    assert 0.65 < inside / told < 0.93, inside / told


def test_nothing_of_the_day_itself_reaches_its_forecast() -> None:
    plans = [plan_of(FIRST + timedelta(days=n)) for n in range(30)]
    hours = {plan.day: power(plan, random.Random(1)) for plan in plans}
    known = past(plans, hours)
    spoilt = past(plans, hours | {plan.day: [999.0] * HOURS for plan in plans[20:]})
    for say in (seasonal, timetable):
        assert np.allclose(say(known.before(20), plans[20]), say(spoilt.before(20), plans[20]), equal_nan=True)


cells = st.none() | st.floats(0, 1e6)


@given(st.lists(st.lists(cells, max_size=30), max_size=30), st.booleans(), st.floats(0, 1))
@settings(max_examples=80, deadline=None)
def test_any_history_gives_sane_hours(rows: list[list[float | None]], moved: bool, share: float) -> None:
    plans = [plan_of(FIRST + timedelta(days=n), moved=moved) for n in range(len(rows))]
    hours = {plan.day: row for plan, row in zip(plans, rows, strict=True)}
    wanted = DayPlan(FIRST + timedelta(days=len(rows)), open=moved, planned=(share,) * HOURS)
    said = forecast_day(past(plans, hours), plans, wanted, most=1e6)
    assert len(said.hours) == HOURS
    for told in said.hours:
        if told is not None:
            assert 0 <= told.low <= told.value <= told.high <= 1e6
            assert math.isfinite(told.high)
