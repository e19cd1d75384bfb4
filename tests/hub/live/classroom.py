"""A small classroom for tests: CO2 mass balance with a mixing delay, drift and noise the estimator does not know."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

OUTDOOR_PPM = 415.0
PUPIL_L_S = 0.0047


@dataclass
class Classroom:
    """People and air changes are functions of minutes since the start; the sensor lags, drifts and is noisy."""

    people: Callable[[float], float]
    ach: Callable[[float], float]
    volume_m3: float = 180.0
    mixing_min: float = 2.5
    drift_ppm_per_h: float = 4.0
    noise_ppm: float = 8.0
    seed: int = 7
    room_ppm: float = OUTDOOR_PPM + 30
    sensor_ppm: float = OUTDOOR_PPM + 30
    minutes: float = 0.0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def step(self, seconds: float) -> float:
        """Let time pass; what the sensor says then."""
        for _ in range(max(1, round(seconds))):
            part_h = seconds / max(1, round(seconds)) / 3600
            gain = self.people(self.minutes) * PUPIL_L_S * 3600 / (self.volume_m3 * 1000) * 1e6
            self.room_ppm += (gain - self.ach(self.minutes) * (self.room_ppm - OUTDOOR_PPM)) * part_h
            self.sensor_ppm += (self.room_ppm - self.sensor_ppm) * part_h * 60 / self.mixing_min
            self.minutes += part_h * 60
        drift = self.drift_ppm_per_h * self.minutes / 60
        return round(self.sensor_ppm + drift + self.chance.gauss(0, self.noise_ppm))
