"""CO2 as physics: what people breathe out and what ventilation takes away.

Mass balance of a well-mixed room (Batterman 2017): V dC/dt = n G - Q (C - Cout), in litres, seconds and parts of one.
Generation rates: Persily and de Jonge 2017, table for 273 K, brought to 25 degrees.
"""

import math
from collections.abc import Sequence

import msgspec

from hub.live.trend import Trend

MILLION = 1e6
SECONDS_PER_HOUR = 3600.0
LITRES_PER_M3 = 1000.0
TO_25_DEGREES = 1.09
DECAY_RISE_PPM = 120.0  # a decay is read only from air that stands clearly above outdoors
DECAY_SHORTEST_MIN = 6.0
DECAY_FEWEST = 8
DECAY_FIT = 0.8
BALANCE_RISE_PPM = 150.0  # below that the difference to outdoors is mostly sensor error
OUTDOOR_ERROR_PPM = 25.0
WIDE_OPEN = 4.0  # times the usual air changes
PEOPLE_ERROR = 0.15  # generation differs between people, and a class is rarely complete
ACH_RANGE = (0.05, 30.0)
SURE = 1.64  # standard deviations on either side of a 90 % interval

# Litres of CO2 a second at 1.0 met, mean of both sexes: up to this age (years).
_GENERATION = ((6.0, 0.0018), (11.0, 0.0024), (16.0, 0.00315), (21.0, 0.0033), (math.inf, 0.0033))


class AirSettings(msgspec.Struct, frozen=True):
    """What differs from place to place. `scale` adjusts generation, e.g. for pupils lighter than the table's."""

    outdoor_ppm: float = 420.0
    met: float = 1.3  # seated, reading and writing
    scale: float = 1.0
    usual_ach: float = 2.0  # assumed air changes until the room's own were measured
    usual_ach_error: float = 0.6  # relative


class AirChange(msgspec.Struct, frozen=True):
    """Air changes per hour with their relative standard error, and when they were measured."""

    per_h: float
    error: float
    at_ms: int


class Balance(msgspec.Struct, frozen=True):
    """The mass balance now: ppm above outdoors, slope a minute with its error, and the slope one person makes."""

    rise_ppm: float
    slope: float
    slope_error: float
    person_ppm_per_min: float
    air: AirChange

    @property
    def people(self) -> float:
        """People n = (Q (C - Cout) + V dC/dt) / G; it may come out below zero, and is only as good as its error."""
        return (self.slope + self.air.per_h / 60 * self.rise_ppm) / self.person_ppm_per_min

    @property
    def most(self) -> float | None:
        """People if the windows stand wide open; None once the room's own air changes are known."""
        if self.air.at_ms > 0:
            return None
        return (self.slope + WIDE_OPEN * self.air.per_h / 60 * self.rise_ppm) / self.person_ppm_per_min

    @property
    def error(self) -> float:
        exchange = self.air.per_h / 60
        unsure = math.hypot(self.slope_error, exchange * self.rise_ppm * self.air.error, exchange * OUTDOOR_ERROR_PPM)
        return unsure / self.person_ppm_per_min


def generation_l_s(age_years: float, settings: AirSettings) -> float:
    """CO2 one person gives, in litres a second at 25 degrees."""
    resting = next(rate for limit, rate in _GENERATION if age_years < limit)
    return resting * settings.met * TO_25_DEGREES * settings.scale


def flow_l_s(ach: float, volume_m3: float) -> float:
    return ach * volume_m3 * LITRES_PER_M3 / SECONDS_PER_HOUR


def balance(now: Trend, volume_m3: float, generation: float, air: AirChange, outdoor_ppm: float) -> Balance:
    person = generation * 60 * MILLION / (volume_m3 * LITRES_PER_M3)
    return Balance(now.level - outdoor_ppm, now.slope, now.error, person, air)


def air_change_from_people(
    now: Trend, people: float, volume_m3: float, generation: float, outdoor_ppm: float
) -> AirChange | None:
    """Air changes where it is known how many people are there (build-up and steady state alike)."""
    rise = now.level - outdoor_ppm
    if rise < BALANCE_RISE_PPM or people <= 0:
        return None
    volume = volume_m3 * LITRES_PER_M3
    gain = people * generation * MILLION - volume * now.slope / 60
    per_h = gain / rise * SECONDS_PER_HOUR / volume
    if not ACH_RANGE[0] <= per_h <= ACH_RANGE[1]:
        return None
    slope_error = volume * now.error / 60 / gain
    return AirChange(per_h, math.hypot(slope_error, OUTDOOR_ERROR_PPM / rise, PEOPLE_ERROR), now.at_ms)


def air_change_from_decay(points: Sequence[tuple[float, float]], outdoor_ppm: float) -> AirChange | None:
    """Air changes from the fall of CO2 in an empty room: points (ms, ppm), oldest first, all with nobody there.

    ACH = ln((C0 - Cout) / (Ct - Cout)) / hours, by least squares over all points; None where they do not tell.
    """
    high = [(time, value - outdoor_ppm) for time, value in points if value - outdoor_ppm > DECAY_RISE_PPM / 2]
    if len(high) < DECAY_FEWEST or high[0][1] < DECAY_RISE_PPM:
        return None
    hours = [(time - high[0][0]) / MILLION / 3.6 for time, _ in high]
    if hours[-1] * 60 < DECAY_SHORTEST_MIN:
        return None
    logs = [math.log(rise) for _, rise in high]
    slope, fit, error = _least_squares(hours, logs)
    if not ACH_RANGE[0] <= -slope <= ACH_RANGE[1] or fit < DECAY_FIT:
        return None
    return AirChange(-slope, max(0.1, error / -slope), int(high[-1][0]))


def _least_squares(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float, float]:
    """Slope, share of variance explained, standard error of the slope."""
    count = len(xs)
    mean_x, mean_y = sum(xs) / count, sum(ys) / count
    sxx = sum((x - mean_x) ** 2 for x in xs)
    syy = sum((y - mean_y) ** 2 for y in ys)
    sxy = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    if sxx == 0 or syy == 0:
        return 0.0, 0.0, math.inf
    slope = sxy / sxx
    rest = max(0.0, syy - slope * sxy)
    return slope, 1 - rest / syy, math.sqrt(rest / (count - 2) / sxx)
