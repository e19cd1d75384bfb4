"""Simulated classrooms the estimator knows nothing of: a lesson to get to know the room, then one that is heard.

Drawn anew for each room: class, pupils who breathe more or less, volume (the engine assumes the usual one), mixing,
noise and drift of the sensor, air left from before, windows that are moved every three quarters of an hour in the mean,
single pupils who are out for some minutes, in one room of ten half a class the roster knows whole, and in another one a
class that leaves before the bell.
"""

import math
import random
from collections.abc import Callable

from benchmarks.lessons import Heard, Word, word
from hub.live.engine import LiveEngine
from tests.hub.live.classroom import Classroom
from tests.hub.live.places import MINUTE, SCHOOL, T0, Places, Plan, lesson, reading

UID = f"{SCHOOL}.a101"
BEFORE_MIN, FROM_MIN, LENGTH_MIN = 20, 75, 45
STEP_S = 20
UNUSUAL = 0.1
STEPS_A_MIN = 60 // STEP_S


def heard(seeds: range) -> list[Heard]:
    return [_one(seed) for seed in seeds]


def _one(seed: int) -> Heard:
    chance = random.Random(seed)
    first, second = chance.randint(18, 44), chance.randint(18, 44)
    start_ms, end_ms = T0 + FROM_MIN * MINUTE, T0 + (FROM_MIN + LENGTH_MIN) * MINUTE
    expected = min(45, second + chance.randint(0, 4))
    if chance.random() < UNUSUAL:
        second //= 2
    plan = Plan([lesson(T0 + BEFORE_MIN * MINUTE, LENGTH_MIN, expected=first + 2), lesson(start_ms, expected=expected)])
    room = _room(chance, seed, first, second)
    places = Places()
    places.put("co2")
    engine = LiveEngine(places, lambda _: plan)
    words: list[Word] = []
    levels: dict[int, float] = {}
    for step in range((FROM_MIN + LENGTH_MIN) * STEPS_A_MIN + 1):
        now_ms = T0 + step * STEP_S * 1000
        ppm = room.step(STEP_S)
        engine.apply([reading("co2", now_ms, {"co2_ppm": ppm})], now_ms)
        engine.tick(now_ms)
        minute, rest = divmod(step, STEPS_A_MIN)
        if rest or minute < FROM_MIN:
            continue
        levels[minute - FROM_MIN] = ppm
        said = word(engine, UID, now_ms, start_ms, end_ms, expected)
        if said is not None:
            words.append(said)
    return Heard(f"room {seed}", LENGTH_MIN, words, levels)


def _room(chance: random.Random, seed: int, first: int, second: int) -> Classroom:
    leaves = FROM_MIN + LENGTH_MIN - (chance.uniform(3, 12) if chance.random() < UNUSUAL else 0)
    breath, comes = chance.gauss(1, 0.15), FROM_MIN + chance.uniform(-4, 4)
    out = [(FROM_MIN + chance.uniform(0, LENGTH_MIN), chance.uniform(3, 10), chance.randint(1, 3)) for _ in range(3)]

    def people(at: float) -> float:
        count = first * _there(at, BEFORE_MIN - 2, BEFORE_MIN + LENGTH_MIN) + second * _there(at, comes, leaves)
        away = sum(some for start, long, some in out if start <= at < start + long)
        return max(0, round(count) - away) * breath

    return Classroom(
        people,
        _windows(chance),
        volume_m3=chance.uniform(140, 230),
        mixing_min=chance.uniform(1.5, 5),
        drift_ppm_per_h=chance.uniform(-5, 5),
        noise_ppm=chance.uniform(2, 12),
        seed=seed,
        room_ppm=(level := chance.uniform(430, 900)),
        sensor_ppm=level,
    )


def _there(at: float, comes: float, leaves: float) -> float:
    return min(max((at - comes) / 4, 0.0), 1.0) - min(max((at - leaves) / 2, 0.0), 1.0)


def _windows(chance: random.Random) -> Callable[[float], float]:
    """Air changes an hour: about two, moved now and then to the half or the double."""
    usual = math.exp(chance.gauss(math.log(2.2), 0.5))
    moved, at = [(0.0, usual)], 0.0
    while at < FROM_MIN + LENGTH_MIN:
        at += chance.expovariate(1 / 45)
        moved.append((at, usual * math.exp(chance.gauss(0, 0.5))))
    return lambda minute: next(per_h for start, per_h in reversed(moved) if start <= minute)
