"""How good words about CO2 were, beside a plain baseline: coverage, width, interval score, probabilities that hold.

The baseline says the level stays as it is; its interval is what levels changed by in so many minutes on the days to
fit on. Of a limit both say when it is reached before the bell; a limit that is not reached counts as reached at the
bell, and lies within an interval that ends open.
"""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from benchmarks.lessons import Heard
from hub.live.forecast.crossing import crossing
from hub.live.forecast.outlook import Outlook

AIM = 0.9
TAIL = 0.05
Distances = Sequence[tuple[int, int]]
LESSON_END: Distances = ((1, 5), (5, 15), (15, 30), (30, 45))
NEAREST_MIN = 2  # nearer the bell both only tell noise of the sensor


class Interval(msgspec.Struct, frozen=True):
    low: float
    high: float

    def holds(self, truth: float) -> bool:
        return self.low <= truth <= self.high

    def score(self, truth: float) -> float:
        """Interval score (Gneiting and Raftery 2007) of a 90 % interval: its width, and twenty times every miss."""
        return self.high - self.low + 2 / (1 - AIM) * max(self.low - truth, truth - self.high, 0.0)


class Changes:
    """The baseline: how much levels changed on the days to fit on, by minutes ahead."""

    def __init__(self, lessons: Sequence[Heard]) -> None:
        length = max(one.length_min for one in lessons)
        self._tails = [self._measured(lessons, minutes) for minutes in range(1, length + 1)]

    def around(self, level_ppm: float, minutes: float) -> Interval:
        low, high = self._tails[min(max(1, round(minutes)), len(self._tails)) - 1]
        return Interval(level_ppm + low, level_ppm + high)

    @staticmethod
    def _measured(lessons: Sequence[Heard], minutes: int) -> tuple[float, float]:
        changes = [
            truth - word.ahead.level_ppm
            for lesson in lessons
            for word in lesson.words
            if word.minute + minutes <= lesson.length_min and (truth := lesson.level(word.minute + minutes)) is not None
        ]
        if not changes:
            return -1000.0, 1000.0
        low, high = np.quantile(changes, [TAIL, 1 - TAIL])
        return float(low), float(high)


class EndScore(msgspec.Struct, frozen=True):
    """Words on the level at the bell from so far ahead; `baseline…` is the plain one's on the same words."""

    said: int
    error_ppm: float
    baseline_error_ppm: float
    inside: float
    baseline_inside: float
    width_ppm: float
    baseline_width_ppm: float
    score: float
    baseline_score: float


def at_the_bell(lessons: Sequence[Heard], plain: Changes, ahead_min: tuple[int, int]) -> EndScore | None:
    ours: list[tuple[float, Interval, float]] = []
    theirs: list[tuple[float, Interval, float]] = []
    for lesson in lessons:
        truth = lesson.level(lesson.length_min)
        for word in lesson.words if truth is not None else ():
            left, told = lesson.length_min - word.minute, word.told
            if truth is None or told.lesson_end_ppm is None or not ahead_min[0] < left <= ahead_min[1]:
                continue
            told_range = Interval(told.lesson_end_low_ppm or 0.0, told.lesson_end_high_ppm or 0.0)
            ours.append((told.lesson_end_ppm, told_range, truth))
            theirs.append((word.ahead.level_ppm, plain.around(word.ahead.level_ppm, left), truth))
    if not ours:
        return None
    (error, inside, width, score), (other_error, other_inside, other_width, other_score) = _of(ours), _of(theirs)
    return EndScore(len(ours), error, other_error, inside, other_inside, width, other_width, score, other_score)


def _of(said: Sequence[tuple[float, Interval, float]]) -> tuple[float, float, float, float]:
    """Mean error, share inside, median width, mean interval score."""
    return (
        float(np.mean([abs(middle - truth) for middle, _, truth in said])),
        float(np.mean([interval.holds(truth) for _, interval, truth in said])),
        float(np.median([interval.high - interval.low for _, interval, _ in said])),
        float(np.mean([interval.score(truth) for _, interval, truth in said])),
    )


class Limit(msgspec.Struct, frozen=True):
    """One word on a limit: minutes to the bell, when it was reached (None: not before it), what was said."""

    left_min: float
    reached: float | None
    minutes: float | None
    low: float | None
    high: float | None
    likely: float

    @property
    def inside(self) -> bool:
        if self.reached is None:
            return self.high is None
        return self.low is not None and self.low <= self.reached <= (self.left_min if self.high is None else self.high)

    @property
    def width(self) -> float:
        return self._interval.high - self._interval.low

    @property
    def score(self) -> float:
        return self._interval.score(self.left_min if self.reached is None else self.reached)

    @property
    def _interval(self) -> Interval:
        open_end = self.left_min
        return Interval(open_end if self.low is None else self.low, open_end if self.high is None else self.high)

    @property
    def brier(self) -> float:
        return (self.likely - (self.reached is not None)) ** 2


Say = Callable[[Outlook, float, float], Limit]  # the course, the limit, minutes to the bell


def words_on(lessons: Sequence[Heard], limits_ppm: Sequence[float], say: Say) -> list[Limit]:
    """Every word on every limit that was not reached yet; `say` gives it without what came."""
    found = []
    for lesson in lessons:
        for word in lesson.words:
            left = lesson.length_min - word.minute
            for limit in limits_ppm if left >= NEAREST_MIN else ():
                if word.ahead.level_ppm < limit and lesson.levels.get(word.minute, 0.0) < limit:
                    said = say(word.ahead, limit, left)
                    found.append(msgspec.structs.replace(said, reached=lesson.crossed(limit, word.minute)))
    return found


def by_balance(ahead: Outlook, limit_ppm: float, left_min: float) -> Limit:
    found = crossing(ahead, limit_ppm, left_min)
    return Limit(left_min, None, found.minutes, found.low, found.high, found.likely)


def by_changes(plain: Changes) -> Say:
    """The baseline's: its level reaches the limit nowhere, its upper edge somewhere; in between by a straight line."""

    def say(ahead: Outlook, limit_ppm: float, left_min: float) -> Limit:
        low = next(
            (float(at) for at in range(1, int(left_min) + 1) if plain.around(ahead.level_ppm, at).high >= limit_ppm),
            None,
        )
        reach = plain.around(ahead.level_ppm, left_min).high - ahead.level_ppm
        share = min(1.0, (limit_ppm - ahead.level_ppm) / max(reach, 1e-9))
        return Limit(left_min, None, None, low, None, max(0.02, 0.5 - 0.45 * share))

    return say
