"""Which way forecasts a room best: each of the last days is said from the days before it alone, and compared.

The seasonal baseline stays unless the other was better by a clear margin on the days held out; the errors of the one
used become the interval. What was compared is kept with every forecast.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from hub.live.forecast.baseline import Method, say
from hub.live.forecast.hours import HOURS, DayPlan, Grid, Past

HELD_OUT_DAYS = 14
FEWEST_DAYS = 5  # known, before anything is said
FEWEST_COMPARED = 3
MARGIN = 0.97  # of the baseline's error: below it the other method is better, not just luckier
LOW, HIGH = 0.1, 0.9  # of past errors: the interval holds four hours in five
FEWEST_ERRORS = 20
LIKE_SIZE = 0.25  # as a share of the size


class Compared(msgspec.Struct, frozen=True):
    """Mean absolute error of each way over the same held-out hours, and on how many days."""

    days: int
    seasonal: float | None
    timetable: float | None


class HourForecast(msgspec.Struct, frozen=True, array_like=True):
    value: float
    low: float
    high: float


class DayForecast(msgspec.Struct, frozen=True):
    """24 hours, None where nothing like it was ever seen; all None where the history is too short."""

    method: Method
    known_days: int
    compared: Compared
    hours: tuple[HourForecast | None, ...]

    @property
    def said(self) -> bool:
        return any(hour is not None for hour in self.hours)


def forecast_day(known: Past, plans: Sequence[DayPlan], plan: DayPlan, most: float = math.inf) -> DayForecast:
    """`plans` are those of the rows of `known`; values lie between nothing and `most`."""
    days = known.known_days
    if days < FEWEST_DAYS:
        return DayForecast(Method.SEASONAL, days, Compared(0, None, None), (None,) * HOURS)
    truths, said = _replayed(known, plans)
    compared = _compare(truths, said)
    method = _better(compared)
    middle = say(method, known, plan)
    low, high = _reach(truths, said[method], middle)
    hours = tuple(
        HourForecast(*(round(float(min(max(0.0, one), most)), 4) for one in (middle[hour], low[hour], high[hour])))
        if math.isfinite(middle[hour])
        else None
        for hour in range(HOURS)
    )
    return DayForecast(method, days, compared, hours)


def _replayed(known: Past, plans: Sequence[DayPlan]) -> tuple[Grid, dict[Method, Grid]]:
    """The truths of the days held out, and what each way would have said in the evening before."""
    rows = [row for row in range(len(plans)) if np.isfinite(known.values[row]).any()]
    held_out = rows[FEWEST_COMPARED:][-HELD_OUT_DAYS:]
    said = {
        method: np.array([say(method, known.before(row), plans[row]) for row in held_out]).reshape(-1, HOURS)
        for method in Method
    }
    return known.values[held_out].reshape(-1, HOURS), said


def _compare(truths: Grid, said: dict[Method, Grid]) -> Compared:
    """Only hours that both could say count."""
    both = np.isfinite(truths) & np.isfinite(said[Method.SEASONAL]) & np.isfinite(said[Method.TIMETABLE])
    days = int(both.any(axis=1).sum())
    if days < FEWEST_COMPARED:
        return Compared(days, None, None)
    errors = {method: float(np.abs(said[method] - truths)[both].mean()) for method in Method}
    return Compared(days, round(errors[Method.SEASONAL], 4), round(errors[Method.TIMETABLE], 4))


def _better(compared: Compared) -> Method:
    if compared.seasonal is None or compared.timetable is None or compared.days < FEWEST_DAYS:
        return Method.SEASONAL
    return Method.TIMETABLE if compared.timetable < MARGIN * compared.seasonal else Method.SEASONAL


def _reach(truths: Grid, said: Grid, middle: Grid) -> tuple[Grid, Grid]:
    """Each hour's interval from the past errors of hours that were said to be of like size.

    Where those are few, of the hours nearest in size: the many hours of the night know nothing of a lesson's.
    """
    usable = np.isfinite(truths) & np.isfinite(said)
    errors, sizes = (truths - said)[usable], said[usable]
    low, high = np.zeros(HOURS), 2 * middle
    if len(errors) < FEWEST_ERRORS:
        return low, high
    for hour in np.flatnonzero(np.isfinite(middle)):
        apart = np.abs(sizes - middle[hour])
        alike = apart <= LIKE_SIZE * abs(float(middle[hour]))
        pool = (
            errors[alike] if alike.sum() >= FEWEST_ERRORS else errors[np.argsort(apart, kind="stable")[:FEWEST_ERRORS]]
        )
        below, above = _tails(np.sort(pool))
        low[hour], high[hour] = middle[hour] + min(0.0, below), middle[hour] + max(0.0, above)
    return low, high


def _tails(ranked: Grid) -> tuple[float, float]:
    """Between which errors the next one lies four times in five: a rank further out for every error that is yet to
    come (split conformal prediction).
    """
    last = len(ranked) - 1
    first, end = math.floor((last + 2) * LOW), math.ceil((last + 2) * HIGH)
    return float(ranked[max(0, first - 1)]), float(ranked[min(last, end - 1)])
