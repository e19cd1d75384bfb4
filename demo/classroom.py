"""A physical classroom: CO2 mass balance, heat, light, sound, dust and electricity, with the faults of real sensors.

Pure and seeded. It knows effects the hub's estimator does not: the air mixes slowly, sensors lag and drift, windows
are opened by people who feel bad air, classes come late. Sources: Batterman 2017 (mass balance), Persily and
de Jonge 2017 (CO2 a pupil gives, 11 to 16 years, 1.3 met, 25 °C).
"""

import math

import msgspec

from demo.chance import Chance
from demo.script import Moment

OUTDOOR_CO2_PPM = 425.0
CO2_LITRES_PER_S_PERSON = 0.0044
_LAG_S = 150.0  # mixing delay between breathing zone and the wall where the sensor hangs, and the sensor itself
_WINDOW_ACH = 9.0  # what an opened window row adds
_OPENS_AT_PPM, _SHUTS_AT_PPM = 1_680.0, 950.0
_NIGHT_ACH = 0.6
_DOOR_ACH = 2.5
_LAMPS_LX, _LAMPS_W, _PROJECTOR_W, _COOLING_W = 360.0, 216.0, 228.0, 1_450.0
_PIR_HOLD_S = 60.0


class Traits(msgspec.Struct, frozen=True):
    """What is particular to one room. From `shut_from_ms` its windows are shut (rain) and only `shut_ach` is left."""

    volume_m3: float = 182.0
    day_ach: float = 5.0
    shut_ach: float = 5.0
    shut_from_ms: int | None = None
    drift_ppm: float = 0.0
    daylight: float = 1.0


class Outdoors(msgspec.Struct, frozen=True):
    """The air and the light outside."""

    temperature_c: float
    humidity_pct: float
    pm25_ugm3: float
    daylight: float


class Air(msgspec.Struct):
    """The state of one room; it changes with every step."""

    co2_ppm: float = 440.0
    sensed_ppm: float = 440.0
    temperature_c: float = 27.0
    vapour_gm3: float = 17.0
    pm25_ugm3: float = 22.0
    window_open: bool = False
    seen_ms: int = 0
    projector_kwh: float = 41.0
    cooling_kwh: float = 310.0
    drift_ppm: float = 0.0


class Observation(msgspec.Struct, frozen=True):
    """What the instruments of one room would show, before their protocols; `people` is the truth and is never sent."""

    t_ms: int
    people: float
    co2_ppm: float
    temperature_c: float
    humidity_pct: float
    illuminance_lx: float
    noise_dba: float
    pm1_ugm3: float
    pm25_ugm3: float
    pm10_ugm3: float
    occupancy: bool
    contact_open: bool
    lights_on: bool
    projector_w: float
    projector_kwh: float
    cooling_w: float
    cooling_kwh: float


def outdoors(hour: float) -> Outdoors:
    """A warm, slightly hazy day in the Red River delta, by the local hour (0 to 24)."""
    warmth = math.sin((hour - 9) / 24 * 2 * math.pi)
    sun = max(0.0, math.sin((hour - 5.8) / 12.2 * math.pi)) if 5.8 < hour < 18.0 else 0.0  # noqa: PLR2004
    return Outdoors(25.5 + 3.5 * warmth, 78 - 9 * warmth, 30 + 9 * math.sin((hour - 3) / 12 * math.pi), sun)


class Classroom:
    """One room that lives on in steps of some seconds."""

    def __init__(self, traits: Traits, seed: str, air: Air | None = None) -> None:
        self.traits = traits
        self.air = air or Air(drift_ppm=traits.drift_ppm)
        self._chance = Chance(seed)

    def step(self, t_ms: int, dt_s: float, now: Moment, outside: Outdoors) -> None:
        """Advance to `t_ms`, which lies `dt_s` after the last step."""
        air, volume = self.air, self.traits.volume_m3
        exchange = 1 - math.exp(-self._air_changes(t_ms, now) * dt_s / 3600)
        air.co2_ppm += now.people * CO2_LITRES_PER_S_PERSON * dt_s / volume * 1_000
        air.co2_ppm += (OUTDOOR_CO2_PPM - air.co2_ppm) * exchange
        air.sensed_ppm += (air.co2_ppm - air.sensed_ppm) * (1 - math.exp(-dt_s / _LAG_S))
        air.drift_ppm += self._chance.gauss(0, 0.02) * math.sqrt(dt_s)
        self._mind_the_window(now)
        heat_w = now.people * 70 + (_PROJECTOR_W if now.projector else 0) - (4_200 if now.cooling else 0)
        target_c = outside.temperature_c + 1.2 + heat_w / 900
        air.temperature_c += (max(23.5, target_c) - air.temperature_c) * (1 - math.exp(-dt_s / 2_400))
        air.vapour_gm3 += now.people * 0.013 * dt_s / volume + (_vapour(outside) - air.vapour_gm3) * exchange
        dust = outside.pm25_ugm3 * 0.75 + min(now.people, 40) * 0.15
        air.pm25_ugm3 += (dust - air.pm25_ugm3) * (1 - math.exp(-dt_s / 1_800)) + self._chance.gauss(0, 0.12)
        air.projector_kwh += self._watts(_PROJECTOR_W, on=now.projector) * dt_s / 3.6e6
        air.cooling_kwh += self._watts(_COOLING_W, on=now.cooling) * dt_s / 3.6e6
        if now.people >= 1 and self._chance.random() < 1 - 0.9 ** (now.people * dt_s / 10):
            air.seen_ms = t_ms

    def observe(self, t_ms: int, now: Moment, outside: Outdoors) -> Observation:
        """What the instruments show: lagged, drifting, noisy."""
        air, noise = self.air, self._chance.gauss
        lamps = _LAMPS_LX if now.lights else 0.0
        voices = 8 * math.log10(1 + now.people) + (9 if now.people >= 1 else 0)
        pm25 = max(1.0, air.pm25_ugm3 + noise(0, 0.6))
        return Observation(
            t_ms=t_ms,
            people=now.people,
            co2_ppm=max(401.0, air.sensed_ppm + air.drift_ppm + noise(0, 7)),
            temperature_c=air.temperature_c + noise(0, 0.05),
            humidity_pct=min(99.0, max(20.0, _relative(air) + noise(0, 0.3))),
            illuminance_lx=max(0.0, (lamps + 420 * outside.daylight * self.traits.daylight) * (1 + noise(0, 0.02))),
            noise_dba=36 + voices + (3 if now.projector else 0) + noise(0, 1.4),
            pm1_ugm3=pm25 * 0.66,
            pm25_ugm3=pm25,
            pm10_ugm3=pm25 * 1.24 + 1,
            occupancy=t_ms - air.seen_ms < _PIR_HOLD_S * 1_000,
            contact_open=now.door_open,
            lights_on=now.lights,
            projector_w=self._watts(_PROJECTOR_W, on=now.projector) or 0.6,
            projector_kwh=air.projector_kwh,
            cooling_w=self._watts(_COOLING_W, on=now.cooling) or 2.1,
            cooling_kwh=air.cooling_kwh,
        )

    def _air_changes(self, t_ms: int, now: Moment) -> float:
        traits = self.traits
        if not now.school_open:
            return _NIGHT_ACH
        shut = traits.shut_from_ms is not None and t_ms >= traits.shut_from_ms
        rate = traits.shut_ach if shut else traits.day_ach
        return rate + (_WINDOW_ACH if self.air.window_open else 0) + (_DOOR_ACH if now.door_open else 0)

    def _mind_the_window(self, now: Moment) -> None:
        """People open a window long after a meter would have asked for it, and shut it when it gets cool or loud."""
        if now.people >= 1 and self.air.co2_ppm > _OPENS_AT_PPM:
            self.air.window_open = True
        elif self.air.co2_ppm < _SHUTS_AT_PPM:
            self.air.window_open = False

    def _watts(self, rated: float, *, on: bool) -> float:
        return rated * (1 + self._chance.gauss(0, 0.012)) if on else 0.0


def _saturation_gm3(temperature_c: float) -> float:
    """Water vapour that air of that temperature can hold (Magnus)."""
    pressure_pa = 611.2 * math.exp(17.62 * temperature_c / (243.12 + temperature_c))
    return pressure_pa / (461.5 * (temperature_c + 273.15)) * 1_000


def _vapour(outside: Outdoors) -> float:
    return _saturation_gm3(outside.temperature_c) * outside.humidity_pct / 100


def _relative(air: Air) -> float:
    return air.vapour_gm3 / _saturation_gm3(air.temperature_c) * 100
