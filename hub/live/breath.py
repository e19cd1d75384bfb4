"""What one room's CO2 tells: its course, the outdoor level as its sensor sees it, the air changes learnt from it."""

import math

import msgspec

from hub.live import air
from hub.live.device import DeviceState
from hub.live.occupancy import Belief
from hub.live.trace import SPAN_MS, Trace
from hub.live.trend import LONG_WINDOW_MIN, Trend, trend
from hub.live.views import Ventilation
from hub.registry.model import Room
from hub.school.model import Lesson

OUTDOOR_RANGE = (340.0, 600.0)  # a drifted sensor reads fresh air somewhere in here
OUTDOOR_DOWN = 0.2  # share of the way, each judgement
OUTDOOR_UP_PPM_PER_H = 5.0
OUTDOOR_UP_AFTER_MS = 2 * 3_600_000
STILL_PPM_PER_MIN = 0.5
LEARN_EVERY_MS = 60_000
KEEP_MS = 24 * 3_600_000
LEARNT_SHARE = 0.3
LEARNT_ERROR = 0.35  # windows are opened and closed between the decay that was measured and now


class Breath:
    """Mutable, one a room. `device` is the sensor followed, kept while it is fresh."""

    __slots__ = ("_learnt_ms", "_seen_ms", "device", "exchange", "outdoor_ppm", "settings", "trace", "trend")

    def __init__(self, settings: air.AirSettings) -> None:
        self.settings = settings
        self.device: str | None = None
        self.trace: Trace | None = None
        self.trend: Trend | None = None
        self.outdoor_ppm = settings.outdoor_ppm
        self.exchange: air.AirChange | None = None
        self._learnt_ms = 0
        self._seen_ms = 0

    def measure(self, devices: list[DeviceState], now_ms: int) -> None:
        """Choose the sensor and draw the line through its last minutes."""
        fresh = [device for device in devices if device.trace and device.fresh("co2_ppm", now_ms) is not None]
        chosen = next((device for device in fresh if device.id == self.device), fresh[0] if fresh else None)
        if chosen is None or chosen.trace is None:
            self.trend = None
            return
        self.device, self.trace = chosen.id, chosen.trace
        newest = chosen.trace.times[-1] if chosen.trace.times else -1
        if self.trend is None or newest != self.trend.at_ms:
            self.trend = trend(self.trace.since(now_ms - LONG_WINDOW_MIN * 60_000))
        if self.trend is not None and self.trend.level < self.outdoor_ppm:
            lower = self.outdoor_ppm + (self.trend.level - self.outdoor_ppm) * OUTDOOR_DOWN
            self.outdoor_ppm = max(OUTDOOR_RANGE[0], lower)

    def crowd(self, room: Room) -> air.Crowd | None:
        if self.trend is None:
            return None
        generation = air.generation_l_s(room.pupil_age_years, self.settings)
        return air.crowd(self.trend, room.volume_m3, generation, self._exchange_or_usual(), self.outdoor_ppm)

    def _exchange_or_usual(self) -> air.AirChange:
        if self.exchange is None:
            return air.AirChange(self.settings.usual_ach, self.settings.usual_ach_error, 0)
        return msgspec.structs.replace(self.exchange, error=max(self.exchange.error, LEARNT_ERROR))

    def learn(self, belief: Belief, count: float | None, room: Room, now_ms: int) -> None:
        """Once a minute: air changes from a decay with nobody there, or from people who were counted."""
        if now_ms - self._learnt_ms < LEARN_EVERY_MS or self.trace is None or self.trend is None:
            return
        passed_ms, self._learnt_ms = now_ms - self._learnt_ms, now_ms
        found = None
        if belief.sure_empty:
            start = max(belief.since_ms, now_ms - SPAN_MS)
            found = air.air_change_from_decay(self.trace.since(start), self.outdoor_ppm)
            self._raise_outdoor(belief, now_ms, min(passed_ms, 2 * LEARN_EVERY_MS))
        elif count is not None and count >= 1:
            generation = air.generation_l_s(room.pupil_age_years, self.settings)
            found = air.air_change_from_people(self.trend, count, room.volume_m3, generation, self.outdoor_ppm)
        if found is not None:
            self.exchange = _blend(self.exchange, found)

    def _raise_outdoor(self, belief: Belief, now_ms: int, passed_ms: int) -> None:
        """Air that stays put for hours with nobody there is outdoor air, whatever the sensor calls it."""
        flat = self.trend is not None and abs(self.trend.slope) < STILL_PPM_PER_MIN
        if self.trend is None or not flat or now_ms - belief.since_ms < OUTDOOR_UP_AFTER_MS:
            return
        if self.outdoor_ppm < self.trend.level <= OUTDOOR_RANGE[1]:
            step = OUTDOOR_UP_PPM_PER_H * passed_ms / 3_600_000
            self.outdoor_ppm = min(self.trend.level, self.outdoor_ppm + step)

    def ventilation(self, room: Room, lesson: Lesson | None, count: float | None) -> Ventilation:
        """With known people from the balance (`lesson`: only where its roster may be believed); else the last decay."""
        people = count or (lesson.expected_people if lesson else None)
        if people and self.trend is not None:
            generation = air.generation_l_s(room.pupil_age_years, self.settings)
            found = air.air_change_from_people(self.trend, people, room.volume_m3, generation, self.outdoor_ppm)
            if found is not None:
                flow = air.flow_l_s(found.per_h, room.volume_m3) / people
                return Ventilation(round(found.per_h, 1), round(flow, 1), found.at_ms)
        last = self.exchange
        if last is None or (self.trend is not None and self.trend.at_ms - last.at_ms > KEEP_MS):
            return Ventilation(None, None, None)
        return Ventilation(round(last.per_h, 1), None, last.at_ms)

    def sparkline(self, now_ms: int) -> tuple[tuple[int, float], ...]:
        return self.trace.minutes(now_ms) if self.trace is not None else ()


def _blend(before: air.AirChange | None, found: air.AirChange) -> air.AirChange:
    """Follow what is measured, in ratios; the newest is not the truth, windows move."""
    if before is None:
        return found
    log = math.log(before.per_h) + (math.log(found.per_h) - math.log(before.per_h)) * LEARNT_SHARE
    error = before.error + (found.error - before.error) * LEARNT_SHARE
    return air.AirChange(math.exp(log), error, found.at_ms)
