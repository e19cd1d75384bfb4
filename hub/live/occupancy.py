"""Is somebody there? Evidence of different kinds is weighed as log-odds and followed over time with hysteresis.

Weights are likelihood ratios (natural logarithm), each bounded, so that no single quiet sensor empties a room.
They were tuned on the UCI occupancy detection training set and on simulated classrooms: benchmarks/occupancy.py.
"""

import math

import msgspec

from hub.live.air import Crowd

OCCUPIED_AT = 0.8
EMPTY_AT = -0.8
SURE_EMPTY = -1.8
TELLING = 0.7  # evidence weaker than this in sum says nothing
FOLLOW_S = 75.0
MOST = 6.0
CROWD_MOST, CROWD_LEAST = 4.0, -2.5
MODEL_ERROR_PEOPLE = 0.5  # mixing delay and unlike people, added to the error the mass balance knows of
MODEL_ERROR_SHARE = 0.12
QUIET_PER_MIN, QUIET_LEAST = -0.5, -3.5
DOOR_S = 240.0
DARK_LX, DIM_LX, BRIGHT_LX = 15.0, 100.0, 250.0
LOUD_DBA, SILENT_DBA = 58.0, 38.0
COUNTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Evidence(msgspec.Struct, frozen=True):
    """What fresh values of one room say; None where nothing measures it."""

    motion: bool | None = None
    motion_since_ms: int | None = None  # when it became so
    quiet_s: float = 0.0
    count: float | None = None
    crowd: Crowd | None = None
    slope_ppm_per_min: float | None = None
    light_lx: float | None = None
    dark_outside: bool = False
    noise_dba: float | None = None
    running: bool | None = None
    door_s: float | None = None  # since a door was last moved
    capacity: int = 45


class Clue(msgspec.Struct, frozen=True):
    """One kind of evidence and its weight: above zero for somebody there."""

    kind: str
    weight: float


class Belief(msgspec.Struct, frozen=True):
    """`occupied` None while nothing tells. `direct`: the last word came from motion or a counter."""

    odds: float
    occupied: bool | None
    since_ms: int
    at_ms: int
    clues: tuple[Clue, ...] = ()
    people: float | None = None
    people_error: float = 0.0

    @property
    def sure_empty(self) -> bool:
        return self.occupied is False and self.odds <= SURE_EMPTY

    @property
    def probability(self) -> float:
        return 1 / (1 + math.exp(-self.odds))


def weigh(evidence: Evidence) -> tuple[Clue, ...]:
    """All clues, the heaviest first."""
    clues = [Clue(kind, weight) for kind, weight in _weights(evidence) if weight]
    return tuple(sorted(clues, key=lambda clue: -abs(clue.weight)))


def _weights(evidence: Evidence) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    if evidence.count is not None:
        found.append(("count", 5.0 if evidence.count >= 1 else -4.0))
    if evidence.motion is not None:
        quiet = max(QUIET_LEAST, QUIET_PER_MIN * evidence.quiet_s / 60)
        found.append(("motion", 4.0 if evidence.motion else quiet))
    if evidence.crowd is not None:
        found.append(("co2", _crowd_weight(evidence.crowd, evidence)))
    if evidence.light_lx is not None:
        found.append(("light", _light_weight(evidence.light_lx, evidence)))
    if evidence.noise_dba is not None:
        found.append(("noise", _noise_weight(evidence.noise_dba)))
    if evidence.running is not None:
        found.append(("display", 0.4 if evidence.running else 0.0))
    return found


def _crowd_weight(crowd: Crowd, evidence: Evidence) -> float:
    """How much better "some people" explains the CO2 than "nobody"; the number of people is not known beforehand."""
    error = math.hypot(crowd.error, MODEL_ERROR_PEOPLE, MODEL_ERROR_SHARE * crowd.people)
    nobody = -0.5 * (crowd.people / error) ** 2 if crowd.people > 0 else 0.0
    counts = [count for count in COUNTS if count <= max(evidence.capacity, 1)]
    somebody = (
        max(-0.5 * ((crowd.people - count) / error) ** 2 for count in counts) if crowd.people < counts[-1] else 0.0
    )
    weight = somebody - nobody - math.log(2)  # many counts compete: the best of them is a little flattered
    if weight < 0 and evidence.door_s is not None and evidence.door_s < DOOR_S:
        weight /= 2  # people have just come in and the air has not mixed yet, or have just gone
    return min(max(weight, CROWD_LEAST), CROWD_MOST)


def _light_weight(lux: float, evidence: Evidence) -> float:
    if lux < DARK_LX:
        return -0.6 if evidence.running else -2.5
    if lux < DIM_LX:
        return -0.8
    if lux < BRIGHT_LX:
        return 0.0
    return 1.6 if evidence.dark_outside else 0.8


def _noise_weight(dba: float) -> float:
    if dba >= LOUD_DBA:
        return 1.5
    return -0.8 if dba < SILENT_DBA else 0.0


def follow(before: Belief | None, evidence: Evidence, prior: float, now_ms: int) -> Belief:
    """The belief now. Direct evidence turns it at once, the rest with a time constant and hysteresis."""
    clues = weigh(evidence)
    if sum(abs(clue.weight) for clue in clues) < TELLING:
        since = before.since_ms if before is not None and before.occupied is None else now_ms
        return Belief(0.0, None, since, now_ms, clues)
    target = min(max(prior + sum(clue.weight for clue in clues), -MOST), MOST)
    direct = evidence.motion is True or (evidence.count is not None and evidence.count >= 1)
    if before is None or before.occupied is None or direct:
        odds = target
    else:
        share = 1 - math.exp(-max(0, now_ms - before.at_ms) / 1000 / FOLLOW_S)
        odds = before.odds + (target - before.odds) * share
    occupied = _decide(before, odds)
    since = before.since_ms if before is not None and before.occupied is occupied else now_ms
    people, error = _people(before, evidence, now_ms, occupied=occupied)
    return Belief(odds, occupied, since, now_ms, clues, people, error)


def _decide(before: Belief | None, odds: float) -> bool:
    if odds >= OCCUPIED_AT:
        return True
    if odds <= EMPTY_AT:
        return False
    return before.occupied if before is not None and before.occupied is not None else odds > 0


def _people(before: Belief | None, evidence: Evidence, now_ms: int, *, occupied: bool) -> tuple[float | None, float]:
    """People by the mass balance, smoothed: its noise is far above how fast a class fills."""
    seen = evidence.crowd
    if seen is None:
        return None, 0.0
    error = math.hypot(seen.error, MODEL_ERROR_PEOPLE, MODEL_ERROR_SHARE * seen.people)
    if before is None or before.people is None or before.occupied is not occupied:
        return seen.people, error
    share = 1 - math.exp(-max(0, now_ms - before.at_ms) / 1000 / PEOPLE_FOLLOW_S)
    return before.people + (seen.people - before.people) * share, before.people_error + (
        error - before.people_error
    ) * share


PEOPLE_FOLLOW_S = 150.0
