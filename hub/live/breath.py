"""What one room's CO2 tells: its course, the outdoor level as its sensor sees it, the air changes learnt from it."""

import msgspec

from hub.live import air
from hub.live.device import DeviceState
from hub.live.occupancy import Belief
from hub.live.trace import SPAN_MS, Trace
from hub.live.trend import LONG_WINDOW_MIN, Trend, trend
from hub.live.views import Ventilation
from hub.registry.model import Room
from hub.school.model import Lesson

OUTDOOR_RANGE = (340.0, 650.0)  # a drifted sensor reads fresh air somewhere in here
DAY_HOURS = 24
HOUR_MS = 3_600_000
LEARN_EVERY_MS = 60_000
KEEP_MS = 24 * 3_600_000
LEARNT_SHARE = 0.3
ROSTER_SHARE = 0.05
LEARNT_ERROR = 0.5  # windows are opened and closed between the decay that was measured and now


class Breath:
    """Mutable, one a room. `device` is the sensor followed, kept while it is fresh."""

    __slots__ = (
        "_hour",
        "_learnt_ms",
        "decay",
        "device",
        "in_use",
        "lows",
        "outdoor_ppm",
        "settings",
        "trace",
        "trend",
    )

    def __init__(self, settings: air.AirSettings) -> None:
        self.settings = settings
        self.device: str | None = None
        self.trace: Trace | None = None
        self.trend: Trend | None = None
        self.outdoor_ppm = settings.outdoor_ppm
        self.in_use: air.AirChange | None = None  # with people there, windows as they like them
        self.decay: air.AirChange | None = None  # with nobody there
        self._learnt_ms = 0
        self._hour = 0
        self.lows: list[float] = []  # the lowest level of each hour with data, newest last

    def measure(self, devices: list[DeviceState], now_ms: int) -> None:
        """Choose the sensor and draw the line through its last minutes."""
        fresh = [device for device in devices if device.trace and device.fresh("co2_ppm", now_ms) is not None]
        chosen = next((device for device in fresh if device.id == self.device), fresh[0] if fresh else None)
        if chosen is None or chosen.trace is None:
            self.trend = None
            return
        self.device, self.trace = chosen.id, chosen.trace
        newest = int(chosen.trace.times[-1]) if chosen.trace.times else -1
        if self.trend is None or newest != self.trend.at_ms:
            self.trend = trend(self.trace.since(now_ms - LONG_WINDOW_MIN * 60_000))
        self._follow_outdoor(now_ms)

    def _follow_outdoor(self, now_ms: int) -> None:
        """A room is aired or empty at some hour of every day: the lowest of 24 hours is outdoor air to this sensor."""
        if self.trend is None:
            return
        level, hour = self.trend.level, now_ms // HOUR_MS
        if hour != self._hour:
            self._hour = hour
            self.lows = [*self.lows, level][-DAY_HOURS:]
        elif level < self.lows[-1]:
            self.lows[-1] = level
        low = min(self.lows)
        if len(self.lows) < DAY_HOURS:
            low = min(low, self.settings.outdoor_ppm)
        self.outdoor_ppm = min(max(low, OUTDOOR_RANGE[0]), OUTDOOR_RANGE[1])

    @property
    def exchange(self) -> air.AirChange | None:
        """The best known for a room with people."""
        return self.in_use or self.decay

    def balance(self, room: Room) -> air.Balance | None:
        if self.trend is None:
            return None
        generation = air.generation_l_s(room.pupil_age_years, self.settings)
        return air.balance(self.trend, room.volume_m3, generation, self._exchange_or_usual(), self.outdoor_ppm)

    def _exchange_or_usual(self) -> air.AirChange:
        known = self.exchange
        if known is None:
            return air.AirChange(self.settings.usual_ach, self.settings.usual_ach_error, 0)
        return msgspec.structs.replace(known, error=max(known.error, LEARNT_ERROR))

    def learn(self, belief: Belief, count: float | None, believed: Lesson | None, room: Room, now_ms: int) -> None:
        """Once a minute: air changes from a decay with nobody there, from people who were counted, or from a class.

        A roster is not a count: it moves what was learnt only slowly, so that a half-empty lesson still shows as one.
        """
        if now_ms - self._learnt_ms < LEARN_EVERY_MS or self.trace is None or self.trend is None:
            return
        self._learnt_ms = now_ms
        if belief.sure_empty:
            start = max(belief.since_ms, now_ms - SPAN_MS)
            found = air.air_change_from_decay(self.trace.since(start), self.outdoor_ppm)
            self.decay = _follow(self.decay, found, LEARNT_SHARE)
            return
        people = count or (believed.expected_people if believed else None)
        if people:
            generation = air.generation_l_s(room.pupil_age_years, self.settings)
            found = air.air_change_from_people(self.trend, people, room.volume_m3, generation, self.outdoor_ppm)
            self.in_use = _follow(self.in_use, found, LEARNT_SHARE if count else ROSTER_SHARE)

    def ventilation(self, room: Room, lesson: Lesson | None, count: float | None) -> Ventilation:
        """With known people from the balance (`lesson`: only where its roster may be believed); else the last decay."""
        people = count or (lesson.expected_people if lesson else None)
        if people and self.trend is not None:
            generation = air.generation_l_s(room.pupil_age_years, self.settings)
            found = air.air_change_from_people(self.trend, people, room.volume_m3, generation, self.outdoor_ppm)
            if found is not None:
                flow = air.flow_l_s(found.per_h, room.volume_m3) / people
                return Ventilation(round(found.per_h, 1), round(flow, 1), found.at_ms)
        last = max((one for one in (self.in_use, self.decay) if one), key=lambda one: one.at_ms, default=None)
        if last is None or (self.trend is not None and self.trend.at_ms - last.at_ms > KEEP_MS):
            return Ventilation(None, None, None)
        return Ventilation(round(last.per_h, 1), None, last.at_ms)

    def sparkline(self, now_ms: int) -> tuple[tuple[int, float], ...]:
        return self.trace.minutes(now_ms) if self.trace is not None else ()


def _follow(before: air.AirChange | None, found: air.AirChange | None, share: float) -> air.AirChange | None:
    """Follow what is measured, in ratios; the newest is not the truth, windows move."""
    if before is None or found is None:
        return found or before
    per_h = before.per_h * (found.per_h / before.per_h) ** share
    return air.AirChange(per_h, before.error + (found.error - before.error) * share, found.at_ms)
