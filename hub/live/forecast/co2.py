"""CO2 at the end of the lesson that runs: the room's mass balance carried on to the bell, with an interval.

What people give and what the air takes are read from the last minutes together (their difference is the slope that was
measured); only how the two divide is uncertain, and matters the more the further the bell is. While a class comes in
the slope does not know it yet: then the roster speaks, as far as it reaches.
"""

import math

import msgspec

from hub.live.air import SURE, AirChange, Balance
from hub.live.trend import Trend

SETTLING_MIN = 10.0  # a class is complete and the air mixed by then
LEAST_MIN, MOST_MIN = 1.0, 120.0
LEAST_PPM = 350.0
SENSOR_PPM = 15.0  # noise of a sensor and of the line through it
WANDER_PPM = 8.0  # a minute's square root: doors, windows, pupils called to the board
ROSTER_ERROR = 0.25  # a class is rarely complete, and children differ
MOST_ERROR = 0.6


class LessonEnd(msgspec.Struct, frozen=True):
    """CO2 expected when the lesson ends, and the interval that holds it nine times in ten."""

    ppm: float
    low_ppm: float
    high_ppm: float


def at_lesson_end(
    now: Trend | None, balance: Balance | None, start_ms: int, end_ms: int, now_ms: int, expected: int | None
) -> LessonEnd | None:
    """None without a line through the last minutes, at the very end, or where the bell is too far to say."""
    minutes = (end_ms - now_ms) / 60_000
    if now is None or balance is None or not LEAST_MIN <= minutes <= MOST_MIN:
        return None
    outdoor = now.level - balance.rise_ppm
    gain, gain_error = _gain(balance, (now_ms - start_ms) / 60_000, expected)
    middle = _course(now.level, outdoor, gain, balance.air, minutes)
    by_gain = _course(now.level, outdoor, gain + gain_error, balance.air, minutes) - middle
    by_air = 0.0
    for sign in (-1, 1):
        factor = max(0.1, 1 + sign * min(balance.air.error, MOST_ERROR))
        other = msgspec.structs.replace(balance.air, per_h=balance.air.per_h * factor)
        # The slope was measured: with other air changes it was another gain that made it.
        moved = gain + (other.per_h - balance.air.per_h) / 60 * balance.rise_ppm
        by_air = max(by_air, abs(_course(now.level, outdoor, max(0.0, moved), other, minutes) - middle))
    reach = SURE * math.hypot(SENSOR_PPM, WANDER_PPM * math.sqrt(minutes), by_gain, by_air)
    return LessonEnd(_tens(middle), _tens(max(LEAST_PPM, middle - reach)), _tens(middle + reach))


def _tens(ppm: float) -> float:
    """Finer would move the page every few seconds and promise what no sensor holds."""
    return float(round(ppm, -1))


def _gain(balance: Balance, since_start_min: float, expected: int | None) -> tuple[float, float]:
    """What people give in ppm a minute, and its standard error: measured, or by the roster while the class comes in."""
    measured = max(0.0, balance.slope + balance.air.per_h / 60 * balance.rise_ppm)
    error = balance.slope_error
    if not expected or since_start_min >= SETTLING_MIN:
        return measured, error
    due = expected * balance.person_ppm_per_min
    if since_start_min >= SETTLING_MIN / 2 and measured > due:
        return measured, error
    trust = 1 - max(0.0, since_start_min) / SETTLING_MIN
    mixed = measured + (due - measured) * trust
    return mixed, math.hypot(error, ROSTER_ERROR * due, abs(due - measured) * trust / 2)


def _course(level: float, outdoor: float, gain: float, air: AirChange, minutes: float) -> float:
    """From dC/dt = gain - a (C - Cout)."""
    a = max(air.per_h, 0.05) / 60
    steady = outdoor + gain / a
    return steady + (level - steady) * math.exp(-a * minutes)
