"""Is somebody there? Evidence of different kinds is weighed as log-odds and followed over time with hysteresis.

Weights are likelihood ratios (natural logarithm), each bounded, so that no single quiet sensor empties a room.
They were tuned on the UCI occupancy detection training set and on simulated classrooms: benchmarks/occupancy.py.
"""

import math

import msgspec

from hub.live.air import OUTDOOR_ERROR_PPM, Balance

OCCUPIED_AT = 0.8
EMPTY_AT = -0.8
SURE_EMPTY = -1.8
DIRECT_ODDS = 1.5
TELLING = 0.7  # evidence weaker than this in sum says nothing
FOLLOW_S = 75.0
MOST = 6.0
CO2_MOST, CO2_LEAST = 4.0, -2.5
CLASS_PEOPLE, CO2_LEAST_CLASS = 10, -4.0  # the air of a room cannot hide a class
CLASS_SHARE = 0.9  # of lessons with anybody there, the class is there
UNLIKELY = 1e-9
# Air changes against those last measured, with their shares: sealed at night, windows thrown open at noon.
AIR_FACTORS = ((0.15, 0.1), (0.5, 0.2), (1.0, 0.35), (2.0, 0.2), (4.0, 0.15))
MODEL_PPM_PER_MIN = 0.4  # what mixing and neighbours do to the slope
MODEL_ERROR_PEOPLE = 0.5  # mixing delay and unlike people, added to the error the mass balance knows of
MODEL_ERROR_SHARE = 0.12
QUIET_AT_ONCE, QUIET_PER_MIN, QUIET_LEAST = -0.6, -0.5, -3.5  # sensors hold motion for a minute or so
DOOR_S = 240.0
DARK_LX, DIM_LX, BRIGHT_LX = 15.0, 100.0, 250.0
BRIGHT_WEIGHT = 1.6
DARK = -2.5
BRIGHT_ALONE = 0.4  # by day a light sensor alone may be looking at the sun
# Where the lamps' own level was learnt (hub.live.lamps): log-odds on UCI's training part are about +4 lit and -3.7 by
# daylight alone (python -m benchmarks occupancy prints them); held back, since lamps are left on and day does for some.
LIT, BY_DAYLIGHT = 3.0, -1.5
CO2_BESIDE_LAMPS = 0.33  # fitted as well: both follow the same people; a class is beyond doubt even so
BY_DAYLIGHT_BESIDE = -0.8  # beside motion or a counter
BY_DAYLIGHT_IN_LESSON = -0.3  # a class does without lamps on a bright day
LOUD_DBA, SILENT_DBA = 58.0, 38.0
COUNTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Evidence(msgspec.Struct, frozen=True):
    """What fresh values of one room say; None where nothing measures it."""

    motion: bool | None = None
    motion_since_ms: int | None = None  # when it became so
    quiet_s: float = 0.0
    count: float | None = None
    balance: Balance | None = None
    light_lx: float | None = None
    dark_outside: bool = False
    lamps: bool | None = None  # whether they are on; None where their own level is not known
    noise_dba: float | None = None
    running: bool | None = None
    door_s: float | None = None  # since a door was last moved
    expected: float | None = None
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
    people_most: float | None = None

    @property
    def sure_empty(self) -> bool:
        return self.occupied is False and self.odds <= SURE_EMPTY


def weigh(evidence: Evidence) -> tuple[Clue, ...]:
    """All clues, the heaviest first."""
    clues = [Clue(kind, weight) for kind, weight in _weights(evidence) if weight]
    return tuple(sorted(clues, key=lambda clue: -abs(clue.weight)))


def _weights(evidence: Evidence) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    if evidence.count is not None:
        found.append(("count", 5.0 if evidence.count >= 1 else -4.0))
    if evidence.motion is not None:
        quiet = max(QUIET_LEAST, QUIET_AT_ONCE + QUIET_PER_MIN * evidence.quiet_s / 60)
        found.append(("motion", 4.0 if evidence.motion else quiet))
    if evidence.balance is not None:
        found.append(("co2", _co2_weight(evidence.balance, evidence)))
    if evidence.light_lx is not None:
        found.append(("light", _light_weight(evidence.light_lx, evidence)))
    if evidence.noise_dba is not None:
        found.append(("noise", _noise_weight(evidence.noise_dba)))
    if evidence.running is not None:
        found.append(("display", 0.4 if evidence.running else 0.0))
    return found


def _co2_weight(balance: Balance, evidence: Evidence) -> float:
    """How much better "some people" explains level and slope than "nobody", whatever the windows do meanwhile."""
    airs = _airs(balance)
    somebody = sum(share * _likelihood(balance, airs, count) for count, share in _counts(evidence))
    weight = math.log(max(somebody, UNLIKELY)) - math.log(max(_likelihood(balance, airs, 0.0), UNLIKELY))
    if evidence.lamps is not None:
        weight *= CO2_BESIDE_LAMPS
    if weight < 0 and evidence.door_s is not None and evidence.door_s < DOOR_S:
        weight /= 2  # people have just come in and the air has not mixed yet, or have just gone
    least = CO2_LEAST_CLASS if (evidence.expected or 0) >= CLASS_PEOPLE else CO2_LEAST
    return min(max(weight, least), CO2_MOST)


def _counts(evidence: Evidence) -> list[tuple[float, float]]:
    """How many there would be if somebody were, with shares: in a lesson mostly the class, else anything."""
    few = [count for count in COUNTS if count <= max(evidence.capacity, 1)]
    if not evidence.expected:
        return [(count, 1 / len(few)) for count in few]
    whole = [(evidence.expected * part, CLASS_SHARE / 3) for part in (0.5, 0.75, 1.0)]
    return whole + [(count, (1 - CLASS_SHARE) / len(few)) for count in few]


def _airs(balance: Balance) -> list[tuple[float, float, float]]:
    """For each air change that may hold just now: its share, how far off nobody would be, and that error squared."""
    known = balance.slope_error**2 + MODEL_PPM_PER_MIN**2
    found = []
    for factor, share in AIR_FACTORS:
        exchange = factor * balance.air.per_h / 60
        off = balance.slope + exchange * balance.rise_ppm
        found.append((share, off, known + (exchange * OUTDOOR_ERROR_PPM) ** 2))
    return found


def _likelihood(balance: Balance, airs: list[tuple[float, float, float]], people: float) -> float:
    """Of the slope seen, given so many people, over the air changes that may hold just now."""
    due = people * balance.person_ppm_per_min
    unlike = (MODEL_ERROR_SHARE * due) ** 2
    total, exp, sqrt = 0.0, math.exp, math.sqrt  # fifty times a judgement
    for share, off, known in airs:
        variance = known + unlike
        total += share * exp(-0.5 * (off - due) ** 2 / variance) / sqrt(variance)
    return total


def _light_weight(lux: float, evidence: Evidence) -> float:
    if lux < DARK_LX:
        return -0.6 if evidence.running else DARK
    if evidence.lamps is not None:
        return _lamp_weight(evidence, lit=evidence.lamps)
    if lux < DIM_LX:
        return -0.8
    if lux < BRIGHT_LX:
        return 0.0
    others = (evidence.motion, evidence.count, evidence.balance, evidence.noise_dba)
    if evidence.dark_outside or any(other is not None for other in others):
        return BRIGHT_WEIGHT
    return BRIGHT_ALONE


def _lamp_weight(evidence: Evidence, *, lit: bool) -> float:
    """Motion, counters and the air of a whole class tell better: beside them lamps left on must not hold a room."""
    if not lit and evidence.expected is not None:
        return BY_DAYLIGHT_IN_LESSON
    better = evidence.motion is not None or evidence.count is not None or (evidence.expected or 0) >= CLASS_PEOPLE
    if not lit:
        return BY_DAYLIGHT_BESIDE if better else BY_DAYLIGHT
    return BRIGHT_WEIGHT if better else LIT


def _noise_weight(dba: float) -> float:
    if dba >= LOUD_DBA:
        return 1.5
    return -0.8 if dba < SILENT_DBA else 0.0


def follow(before: Belief | None, evidence: Evidence, prior: float, now_ms: int) -> Belief:
    """The belief now. Direct evidence turns it at once, the rest with a time constant and hysteresis."""
    clues = weigh(evidence)
    direct = _direct(evidence)
    known = before is not None and before.occupied is not None
    weight = sum(clue.weight for clue in clues)
    target = min(max(prior + weight, -MOST), MOST)
    undecided = sum(abs(clue.weight) for clue in clues) < TELLING or EMPTY_AT < target < OCCUPIED_AT
    if not tells(evidence) or (undecided and not known and not direct):
        since = before.since_ms if before is not None and before.occupied is None else now_ms
        return Belief(0.0, None, since, now_ms, clues)
    if direct:
        target = max(target, DIRECT_ODDS)  # who moves is there, whatever dark and fresh air say
    if before is None or not known or direct:
        odds = target
    else:
        share = 1 - math.exp(-max(0, now_ms - before.at_ms) / 1000 / FOLLOW_S)
        odds = before.odds + (target - before.odds) * share
    occupied = _decide(before, odds)
    since = before.since_ms if before is not None and before.occupied is occupied else now_ms
    people, error = _people(before, evidence, now_ms, occupied=occupied)
    return Belief(
        odds, occupied, since, now_ms, clues, people, error, evidence.balance.most if evidence.balance else None
    )


def told(evidence: Evidence, belief: Belief | None = None) -> tuple[float | None, bool]:
    """What sensors say without any plan: the sum of the clues' weights, None where nothing tells; and whether motion
    or a counter saw somebody. Derived minutes keep it, so that a corrected plan can be held against it later.

    `belief`: the one that follows from this evidence, whose clues are those already where no class is expected.
    """
    if not tells(evidence):
        return None, False
    if belief is not None and evidence.expected is None:
        clues = belief.clues
    else:
        clues = weigh(msgspec.structs.replace(evidence, expected=None))
    return sum(clue.weight for clue in clues), _direct(evidence)


def _direct(evidence: Evidence) -> bool:
    return evidence.motion is True or (evidence.count is not None and evidence.count >= 1)


def tells(evidence: Evidence) -> bool:
    """Whether anything fresh could tell; a display that runs and a door that moved only colour what others say."""
    sources = (evidence.motion, evidence.count, evidence.balance, evidence.light_lx, evidence.noise_dba)
    return any(source is not None for source in sources)


def _decide(before: Belief | None, odds: float) -> bool:
    if odds >= OCCUPIED_AT:
        return True
    if odds <= EMPTY_AT:
        return False
    return before.occupied if before is not None and before.occupied is not None else odds > 0


def _people(before: Belief | None, evidence: Evidence, now_ms: int, *, occupied: bool) -> tuple[float | None, float]:
    """People by the mass balance, smoothed: its noise is far above how fast a class fills."""
    seen = evidence.balance
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
