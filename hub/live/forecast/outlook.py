"""How CO2 will go from here, with how far it may lie from that: the mass balance carried on, its reach measured.

The middle is dC/dt = gain - a (C - Cout) from the line through the last minutes. What it cannot know grows with the
distance: people go and come, windows move, the air change was learnt from poor evidence. `unit` says in ppm how much
that may matter in this room now; how many units hold nine truths in ten was measured by distance on training days
(`python -m benchmarks.forecast_fit` prints REACH; docs/correlation.md names the days). Pure.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter

import msgspec

SENSOR_PPM = 7.0  # noise of a sensor and of the line through it
EARLY_PPM = 2 * SENSOR_PPM  # the highest of many readings reaches a limit before the air does
WANDER_PPM = 9.0  # a minute's square root: doors, windows, pupils called to the board
TURNOVER_SHARE = 0.2  # of what people give and the air takes: either may change
SLOPE_SHARE = 0.4  # of the slope: it may end at once, or go on for longer
# (minutes ahead, units below, units above the middle): each holds 19 of 20 on its side.
REACH = (
    *((2.0, 1.26, 1.24), (5.0, 1.26, 1.48), (10.0, 1.26, 1.58)),
    *((20.0, 1.35, 2.15), (30.0, 1.52, 2.64), (40.0, 1.52, 2.74)),
)
# (where, in reaches below or above the middle; share of truths that lay lower): the middle itself is no median.
SPREAD = ((-1.0, 0.05), (-0.66, 0.1), (-0.27, 0.25), (0.07, 0.5), (0.32, 0.75), (0.63, 0.9), (1.0, 0.95))
TAIL = math.log(10)  # beyond the interval a twentieth is left; it falls to a tenth with every further reach
UNSURE = 0.05  # on either side of an interval
GRID_MIN = (1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 37.5, 45.0, 60.0, 80.0, 100.0, 120.0)


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
        return self.level_ppm + self.slope * self._weight(minutes)

    def reach(self, minutes: float) -> tuple[float, float]:
        """How far below and above the middle the truth may lie: nine times in ten it is between."""
        (below, above), unit = _units(minutes), self.unit(minutes)
        return below * unit, above * unit

    def most(self, minutes: float) -> float:
        """The upper end of every interval until then: the reach only grows, and a fall may end at once."""
        return self.level_ppm + max(0.0, self.slope) * self._weight(minutes) + self.reach(minutes)[1]

    def unit(self, minutes: float) -> float:
        """Ppm by which what cannot be known may move the level until then."""
        moved = math.hypot(self.slope_error, TURNOVER_SHARE * self.turnover, SLOPE_SHARE * self.slope)
        return math.hypot(SENSOR_PPM, WANDER_PPM * math.sqrt(minutes), moved * self._weight(minutes))

    def above(self, limit_ppm: float, minutes: float) -> float:
        """How likely it lies above the limit then."""
        apart = limit_ppm - self.middle(minutes)
        below, above = self.reach(minutes)
        return 1 - _share_below(apart / (above if apart > 0 else below))

    def _weight(self, minutes: float) -> float:
        """Minutes for which the present slope counts: fewer than pass, the faster it fades."""
        return (1 - math.exp(-self.fading * minutes)) / self.fading


class Crossing(msgspec.Struct, frozen=True):
    """Minutes until a limit is reached: the middle and what holds nine in ten, None where it is not within the time.

    `likely`: how likely it is reached within the time at all.
    """

    minutes: float | None
    low: float | None
    high: float | None
    likely: float


def crossing(outlook: Outlook, limit_ppm: float, within_min: float) -> Crossing:
    if outlook.level_ppm >= limit_ppm:
        return Crossing(0.0, 0.0, 0.0, 1.0)
    if outlook.most(within_min) < limit_ppm - EARLY_PPM:
        return Crossing(None, None, None, outlook.above(limit_ppm - EARLY_PPM, within_min))
    ahead = [*(minutes for minutes in GRID_MIN if minutes < within_min), within_min]
    early = _reached(outlook, limit_ppm - EARLY_PPM, ahead)
    likely = early[-1][1]
    if likely < UNSURE:
        return Crossing(None, None, None, likely)
    high = _when(_reached(outlook, limit_ppm, ahead), 1 - UNSURE) if likely >= 1 - UNSURE else None
    return Crossing(_exact(outlook, limit_ppm, within_min), _when(early, UNSURE), high, likely)


def _reached(outlook: Outlook, limit_ppm: float, ahead: Sequence[float]) -> list[tuple[float, float]]:
    """How likely the limit was reached by then: once above it has been, whatever comes later."""
    likely, found = 0.0, [(0.0, 0.0)]
    for minutes in ahead:
        likely = max(likely, outlook.above(limit_ppm, minutes))
        found.append((minutes, likely))
    return found


def _exact(outlook: Outlook, limit_ppm: float, within_min: float) -> float | None:
    """When the middle meets the limit, from C(t) = C + slope (1 - exp(-a t)) / a."""
    if outlook.slope <= 0:
        return None
    rest = 1 - (limit_ppm - outlook.level_ppm) * outlook.fading / outlook.slope
    minutes = -math.log(rest) / outlook.fading if rest > 0 else math.inf
    return minutes if minutes <= within_min else None


def _when(likely: list[tuple[float, float]], share: float) -> float | None:
    for (before, less), (after, more) in pairwise(likely):
        if more >= share:
            return before + (after - before) * (share - less) / (more - less)
    return None


def _share_below(where: float) -> float:
    (first, least), (last, most) = SPREAD[0], SPREAD[-1]
    if where <= first:
        return least * math.exp(TAIL * (where - first))
    if where >= last:
        return 1 - (1 - most) * math.exp(TAIL * (last - where))
    return _between(SPREAD, where)[0]


def _units(minutes: float) -> tuple[float, float]:
    """Beyond the measured distances as at their ends."""
    below, above = _between(REACH, min(max(minutes, REACH[0][0]), REACH[-1][0]))
    return below, above


def _between(rows: Sequence[tuple[float, ...]], where: float) -> list[float]:
    """What the rows say at their first column, by straight lines; `where` lies within them."""
    at = min(max(bisect_right(rows, where, key=itemgetter(0)), 1), len(rows) - 1)
    before, after = rows[at - 1], rows[at]
    part = (where - before[0]) / (after[0] - before[0])
    return [one + (other - one) * part for one, other in zip(before[1:], after[1:], strict=True)]
