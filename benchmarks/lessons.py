"""Lessons replayed through the live engine in simulated classrooms it knows nothing of: what it said, and what came."""

import random
from collections.abc import Sequence

from hub.live.engine import LiveEngine
from tests.hub.live.classroom import Classroom
from tests.hub.live.places import MINUTE, SCHOOL, T0, Places, Plan, lesson, reading

UID = f"{SCHOOL}.a101"
START_MIN, LENGTH_MIN = 20, 45
STEP_S = 20
SLACK_MIN = 1.0  # a limit is crossed by a noisy sensor, not by the air
Said = tuple[float, float, float, float, float]  # minutes ahead, said, truth, low, high


def replay(rooms: int, chance: random.Random) -> dict[str, list[Said]]:
    """Each minute's word on the end of the lesson and on the limit, with what the air (without noise) did."""
    found: dict[str, list[Said]] = {"lesson_end": [], "crossing": []}
    for number in range(rooms):
        _one(number, chance, found)
    return found


def _one(number: int, chance: random.Random, found: dict[str, list[Said]]) -> None:
    count, ach = chance.randint(20, 44), chance.uniform(0.8, 5.0)
    opened = chance.uniform(30, 120)  # in one room of three a window opens during the lesson

    def people(at: float) -> float:
        return round(
            count * (min(max((at - START_MIN + 2) / 4, 0), 1) - min(max((at - START_MIN - LENGTH_MIN) / 2, 0), 1))
        )

    room = Classroom(people, lambda at: ach if at < opened else 1.5 * ach, seed=number)
    places = Places()
    places.put("co2")
    engine = LiveEngine(places, lambda _: Plan([lesson(T0 + START_MIN * MINUTE, LENGTH_MIN, expected=count + 2)]))
    levels: dict[int, float] = {}
    ends: list[tuple[int, float, float, float]] = []
    crossings: list[tuple[int, float, float, float]] = []
    for step in range((START_MIN + LENGTH_MIN) * 60 // STEP_S):
        now = T0 + step * STEP_S * 1000
        engine.apply([reading("co2", now, {"co2_ppm": room.step(STEP_S)})], now)
        engine.tick(now)
        minute = step * STEP_S // 60
        levels[minute] = room.sensor_ppm
        if step * STEP_S % 60 or minute < START_MIN + 3:
            continue
        view = engine.room(UID, now)
        told = view.forecast if view is not None else None
        if told is None:
            continue
        if told.lesson_end_ppm is not None and told.lesson_end_low_ppm is not None:
            ends.append((minute, told.lesson_end_ppm, told.lesson_end_low_ppm, told.lesson_end_high_ppm or 0.0))
        if told.minutes is not None and not told.over:
            crossings.append((minute, told.minutes, told.minutes_low or 0.0, told.minutes_high or 120.0))
    truth, bell = room.sensor_ppm, START_MIN + LENGTH_MIN
    found["lesson_end"] += [(bell - minute, said, truth, low, high) for minute, said, low, high in ends]
    crossed = next((minute for minute, level in sorted(levels.items()) if level >= 1500), None)
    if crossed is not None:
        found["crossing"] += [
            (crossed - minute, said, crossed - minute, low - SLACK_MIN, high + SLACK_MIN)
            for minute, said, low, high in crossings
            if minute < crossed
        ]


def share(told: Sequence[Said]) -> float:
    """How often the truth lay within the interval."""
    return sum(low <= truth <= high for _, _, truth, low, high in told) / max(1, len(told))
