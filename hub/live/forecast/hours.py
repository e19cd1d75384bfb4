"""Hours of past days of one room as a grid, and what each day is: open or closed, how much of each hour is planned."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt

HOURS = 24
Grid = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Target(StrEnum):
    """What is forecast by the hour: kWh, people (mean), share of the hour with anybody there."""

    ENERGY = "energy_kwh"
    PEOPLE = "people"
    OCCUPIED = "occupied"


class DayPlan(msgspec.Struct, frozen=True):
    """One local date of one room. `open`: the school teaches then; `planned`: share of each hour with a lesson here."""

    day: date
    open: bool
    planned: tuple[float, ...] = (0.0,) * HOURS


class Past(msgspec.Struct, frozen=True):
    """Days in order, oldest first, each with its 24 values (NaN: not known) and its plan as numbers."""

    values: Grid
    planned: Grid
    open: Mask
    weekday: npt.NDArray[np.int64]

    @property
    def known_days(self) -> int:
        return int(np.isfinite(self.values).any(axis=1).sum())

    def before(self, row: int) -> "Past":
        """Only the days before that row: what was known when that day was forecast."""
        return Past(self.values[:row], self.planned[:row], self.open[:row], self.weekday[:row])


def past(plans: Sequence[DayPlan], hours: Mapping[date, Sequence[float | None]]) -> Past:
    """A day of which nothing is known stays as a row without values."""
    values = np.full((len(plans), HOURS), np.nan)
    for row, plan in enumerate(plans):
        known = hours.get(plan.day, ())
        values[row, : len(known)] = [np.nan if value is None else value for value in known][:HOURS]
    return Past(
        values,
        np.array([plan.planned for plan in plans], np.float64).reshape(len(plans), HOURS),
        np.array([plan.open for plan in plans], np.bool_),
        np.array([plan.day.weekday() for plan in plans], np.int64),
    )
