"""Lessons that were heard by the live engine minute by minute: what it knew of their CO2, what it said, what came."""

from collections.abc import Mapping, Sequence

import msgspec

from hub.live.engine import LiveEngine
from hub.live.forecast.co2 import UnderWay, awaited, outlook
from hub.live.forecast.outlook import Outlook
from hub.live.views import Forecast

MINUTE_MS = 60_000


class Word(msgspec.Struct, frozen=True):
    """A minute of a lesson: how the air will go as the engine knows it, and what a reader was told."""

    minute: int
    ahead: Outlook
    told: Forecast


class Heard(msgspec.Struct, frozen=True):
    """A lesson: `levels` is the room's CO2 by minute since its start, as the sensor saw it."""

    name: str
    length_min: int
    words: Sequence[Word]
    levels: Mapping[int, float]

    def level(self, minute: int) -> float | None:
        """The mean of the minutes around it: one reading is noise."""
        near = [self.levels[at] for at in range(minute - 1, minute + 2) if at in self.levels]
        return sum(near) / len(near) if near else None

    def crossed(self, limit_ppm: float, minute: int) -> float | None:
        """Minutes from `minute` until the level is first at the limit, before the bell."""
        for later in range(minute + 1, self.length_min + 1):
            if self.levels.get(later, 0.0) >= limit_ppm:
                return float(later - minute)
        return None


def word(engine: LiveEngine, uid: str, now_ms: int, start_ms: int, end_ms: int, expected: int | None) -> Word | None:
    """What is known now; None while the engine says nothing about the end of the lesson."""
    view, (line, balance) = engine.room(uid, now_ms), engine.air(uid)
    if view is None or view.forecast.lesson_end_ppm is None or line is None or balance is None:
        return None
    since, left, belief = (now_ms - start_ms) / MINUTE_MS, (end_ms - now_ms) / MINUTE_MS, engine.belief(uid)
    known = awaited(expected, since, occupied=belief is not None and belief.occupied is True)
    ahead = outlook(line, balance, UnderWay(since, left, known))
    return Word(round(since), ahead, view.forecast)
