"""When CO2 reaches a limit, and how likely it does so in time at all: one distribution over the minutes to come. Pure.

By every minute the limit was reached as likely as the level's range says (hub.live.forecast.outlook), early by what the
highest of ever more readings is above the air, and calibrated with two numbers (`CHANCE`, Platt 1999). All constants
come from training days (`python -m benchmarks.forecast_fit` prints CHANCE; docs/correlation.md says how).
"""

import math
from itertools import pairwise

import msgspec

from hub.live.forecast.outlook import Outlook

EARLY_PPM, EARLY_MIN = 20.0, 10.0  # noise is as yet no higher in the first minute than in any
CHANCE = (-0.05, 1.08)  # shift and scale of the log-odds
MIDDLE = 0.5
UNSURE = 0.05  # after the interval
# Before it: what comes within minutes is said a little too likely, so these leave no more than 5 and 10 in 100 earlier.
EARLIEST, EARLIEST_OPEN = 0.1, 0.15
GRID_MIN = (1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 37.5, 45.0, 60.0, 80.0, 100.0, 120.0)
Reached = list[tuple[float, float]]  # minutes ahead; how likely it was reached by then, before calibration


class Crossing(msgspec.Struct, frozen=True):
    """Minutes until a limit is reached: as likely before as after, and what holds nine in ten. `minutes` is None where
    it is likelier not within the time, `high` also where it is not nine times in ten; `low` where it hardly is at all.
    `likely`: how likely it is reached within the time.
    """

    minutes: float | None
    low: float | None
    high: float | None
    likely: float


def crossing(outlook: Outlook, limit_ppm: float, within_min: float) -> Crossing:
    if outlook.level_ppm >= limit_ppm:
        return Crossing(0.0, 0.0, 0.0, 1.0)
    if outlook.most(within_min) < limit_ppm - EARLY_PPM:
        last = outlook.above(limit_ppm - early(within_min), within_min)
        return Crossing(None, None, None, calibrated(last))
    reached = by_minute(outlook, limit_ppm, within_min)
    likely = calibrated(reached[-1][1])
    if likely < MIDDLE:
        return Crossing(None, _when(reached, UNSURE) if likely >= UNSURE else None, None, likely)
    low, high = _range(reached, likely)
    return Crossing(_when(reached, MIDDLE), low, high, likely)


def by_minute(outlook: Outlook, limit_ppm: float, within_min: float) -> Reached:
    """Once above it has been, whatever comes later."""
    likely, found = 0.0, [(0.0, 0.0)]
    for minutes in (*(one for one in GRID_MIN if one < within_min), within_min):
        likely = max(likely, outlook.above(limit_ppm - early(minutes), minutes))
        found.append((minutes, likely))
    return found


def early(minutes: float) -> float:
    """By how many ppm the highest of the readings until then lies above the air."""
    return EARLY_PPM * (1 - math.exp(-minutes / EARLY_MIN))


def calibrated(share: float) -> float:
    shift, scale = CHANCE
    if not 0 < share < 1:
        return share
    return 1 / (1 + math.exp(-shift - scale * math.log(share / (1 - share))))


def _range(reached: Reached, likely: float) -> tuple[float, float | None]:
    """A tenth lies outside: half of it on either side where the end is that sure. What does not come in time lies
    outside too while it is no more than that tenth; else the range ends open and holds it.
    """
    never = 1 - likely
    if never > 2 * UNSURE:
        return _when(reached, EARLIEST_OPEN), None
    return _when(reached, EARLIEST), _when(reached, 1 - UNSURE) if never <= UNSURE else reached[-1][0]


def _when(reached: Reached, share: float) -> float:
    """When that calibrated share is reached, by straight lines; at the end, where it is only there by rounding."""
    shift, scale = CHANCE
    raw = 1 / (1 + math.exp((shift - math.log(share / (1 - share))) / scale))
    for (before, less), (after, more) in pairwise(reached):
        if more >= raw:
            return before + (after - before) * (raw - less) / (more - less)
    return reached[-1][0]
