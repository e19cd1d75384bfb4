"""Ways to say a day's hours from the days before: the seasonal baseline, and one that knows the timetable.

Seasonal: the mean of the same weekday and hour of the last weeks, of days that were open or closed as the day is. With
the timetable: what an hour takes with a lesson and without, in the shares that are planned, kept near the usual of that
hour. Both say NaN where nothing like it was ever seen.
"""

from enum import StrEnum

import numpy as np

from hub.live.forecast.hours import HOURS, DayPlan, Grid, Mask, Past

WEEKS = 4  # of the same weekday: a month follows the season, and one odd day does not rule
FEWEST_ALIKE = 2  # the same weekday at least so often; else any day of its kind
PLANNED_SHARE = 0.5  # from here on an hour counts as one with a lesson
FEWEST_HOURS = 3


class Method(StrEnum):
    SEASONAL = "seasonal"
    TIMETABLE = "timetable"


def say(method: Method, known: Past, plan: DayPlan) -> Grid:
    """24 values, NaN where they cannot be said."""
    return seasonal(known, plan) if method is Method.SEASONAL else timetable(known, plan)


def seasonal(known: Past, plan: DayPlan) -> Grid:
    kind: Mask = np.equal(known.open, plan.open)
    alike = known.values[kind & (known.weekday == plan.day.weekday())]
    any_day = known.values[kind]
    near = _mean(alike[_with_values(alike)][-WEEKS:], FEWEST_ALIKE)
    return np.where(np.isfinite(near), near, _mean(any_day[_with_values(any_day)][-WEEKS * 5 :], 1))


def timetable(known: Past, plan: DayPlan) -> Grid:
    """The hour's own values with and without a lesson where seen often enough, else those of all its hours."""
    wanted = np.asarray(plan.planned)
    kind: Mask = np.equal(known.open, plan.open)[:, None] & np.isfinite(known.values)
    busy = known.planned >= PLANNED_SHARE
    with_lesson = _of_hours(known.values, kind & busy)
    without = _of_hours(known.values, kind & ~busy)
    said = np.where(np.isfinite(with_lesson), with_lesson, without) * wanted + without * (1 - wanted)
    said = np.where(wanted == 1, with_lesson, np.where(wanted == 0, without, said))
    return np.where(np.isfinite(said), said, seasonal(known, plan))


def _of_hours(values: Grid, chosen: Mask) -> Grid:
    """Mean by hour of the day over the chosen cells of the last weeks; hours seen too rarely lean on all hours."""
    recent = slice(-WEEKS * 7, None)
    mask, values = chosen[recent], values[recent]
    sums, counts = np.where(mask, values, 0.0).sum(axis=0), mask.sum(axis=0)
    whole = sums.sum() / counts.sum() if counts.sum() >= FEWEST_HOURS else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        own = sums / counts
    return np.where(counts >= FEWEST_HOURS, own, whole)


def _with_values(rows: Grid) -> Mask:
    found: Mask = np.isfinite(rows).sum(axis=1) > 0
    return found


def _mean(rows: Grid, fewest: int) -> Grid:
    """Mean of each hour over the rows that know it; NaN where fewer than that."""
    if not len(rows):
        return np.full(HOURS, np.nan)
    known = np.isfinite(rows)
    counts = known.sum(axis=0)
    sums = np.where(known, rows, 0.0).sum(axis=0)
    return np.where(counts >= fewest, sums / np.maximum(counts, 1), np.nan)
