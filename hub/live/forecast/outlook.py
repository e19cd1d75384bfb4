"""How CO2 will go from here, with how far it may lie from that: the mass balance carried on, its reach measured.

The middle lies between the plain baseline (the level stays) and the course dC/dt = gain - a (C - Cout) from the line
through the last minutes: `COURSE` says how much the course counts by distance, for near by the line is noise. What it
cannot know grows with the distance: people go and come, windows move, the air change was learnt from poor evidence.
`unit` says in ppm how much that may matter in this room now; how many units hold nine truths in ten was measured by
distance on training days (`python -m benchmarks.forecast_fit` prints the tables; docs/correlation.md names the days).
Pure.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

import msgspec

SENSOR_PPM = 7.0  # noise of a sensor and of the line through it
WANDER_PPM = 9.0  # a minute's square root: doors, windows, pupils called to the board
TURNOVER_SHARE = 0.2  # of what people give and the air takes: either may change
SLOPE_SHARE = 0.4  # of the slope: it may end at once, or go on for longer
# (minutes ahead, share of the course in the middle, units below, units above it): 19 of 20 on its side are held.
COURSE = (
    *((1.0, 0.45, 1.0, 1.34), (2.0, 0.6, 1.08, 1.34), (3.0, 0.6, 1.08, 1.34), (5.0, 0.7, 1.08, 1.45)),
    *((10.0, 0.85, 1.08, 1.65), (15.0, 0.95, 1.15, 1.88), (20.0, 1.0, 1.35, 2.18), (30.0, 1.0, 1.52, 2.8)),
    (40.0, 1.0, 1.52, 2.8),
)
# (minutes to the bell, how much further below it may end): a class leaves early, or half of it never came.
LEAVING = ((2.0, 1.4), (5.0, 1.6), (10.0, 1.7), (20.0, 1.4), (30.0, 1.5), (40.0, 1.1))
# (where, in reaches below or above the middle; share of truths that lay lower): the middle itself is no median.
SPREAD = ((-1.0, 0.05), (-0.65, 0.1), (-0.21, 0.25), (0.14, 0.5), (0.41, 0.75), (0.72, 0.9), (1.0, 0.95))
TAIL = math.log(10)  # beyond the interval a twentieth is left; it falls to a tenth with every further reach


class Outlook(msgspec.Struct, frozen=True):
    """`slope` in ppm a minute now, with its error; `fading`: the share of it that goes in a minute; `turnover`: ppm a
    minute that people give and air takes, in the mean.
    """

    level_ppm: float
    slope: float
    slope_error: float
    fading: float
    turnover: float

    def middle(self, minutes: float) -> float:
        return self.span(minutes)[0]

    def reach(self, minutes: float) -> tuple[float, float]:
        """How far below and above the middle the truth may lie: nine times in ten it is between."""
        _, below, above = self.span(minutes)
        return below, above

    def span(self, minutes: float) -> tuple[float, float, float]:
        """The middle, and the reach below and above it."""
        share, below, above = _at(COURSE, minutes)
        weight, unit = self._weight(minutes), self.unit(minutes)
        return self.level_ppm + share * self.slope * weight, below * unit, above * unit

    def course(self, minutes: float) -> float:
        """Ppm the mass balance alone moves the level by."""
        return self.slope * self._weight(minutes)

    def most(self, minutes: float) -> float:
        """The upper end of every interval until then: the reach only grows, and a fall may end at once."""
        middle, _, above = self.span(minutes)
        return max(self.level_ppm, middle) + above

    def unit(self, minutes: float) -> float:
        """Ppm by which what cannot be known may move the level until then."""
        moved = math.hypot(self.slope_error, TURNOVER_SHARE * self.turnover, SLOPE_SHARE * self.slope)
        return math.hypot(SENSOR_PPM, WANDER_PPM * math.sqrt(minutes), moved * self._weight(minutes))

    def above(self, limit_ppm: float, minutes: float) -> float:
        """How likely it lies above the limit then."""
        middle, below, above = self.span(minutes)
        apart = limit_ppm - middle
        return 1 - _share_below(apart / (above if apart > 0 else below))

    def _weight(self, minutes: float) -> float:
        """Minutes for which the present slope counts: fewer than pass, the faster it fades."""
        return (1 - math.exp(-self.fading * minutes)) / self.fading


def _share_below(where: float) -> float:
    (first, least), (last, most) = SPREAD[0], SPREAD[-1]
    if where <= first:
        return least * math.exp(TAIL * (where - first))
    if where >= last:
        return 1 - (1 - most) * math.exp(TAIL * (last - where))
    return _between(SPREAD, where)[0]


def leaving(minutes: float) -> float:
    """By what the reach below the middle grows at the bell of a class."""
    return _at(LEAVING, minutes)[0]


def _at(rows: Sequence[tuple[float, ...]], minutes: float) -> list[float]:
    """Beyond the measured distances as at their ends."""
    return _between(rows, min(max(minutes, rows[0][0]), rows[-1][0]))


def _between(rows: Sequence[tuple[float, ...]], where: float) -> list[float]:
    """What the rows say at their first column, by straight lines; `where` lies within them."""
    at = min(max(bisect_right(rows, where, key=itemgetter(0)), 1), len(rows) - 1)
    before, after = rows[at - 1], rows[at]
    part = (where - before[0]) / (after[0] - before[0])
    return [one + (other - one) * part for one, other in zip(before[1:], after[1:], strict=True)]
