"""How sure a limit before the bell is, measured on days to fit on: the two numbers of CHANCE in crossing.py.

The shift and scale of the log-odds that make what was said most likely: least log loss, recorded and simulated rooms
alike (Platt 1999).
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.forecast_scores import NEAREST_MIN
from benchmarks.lessons import Heard
from hub.live.forecast.crossing import by_minute
from hub.live.forecast.outlook import Outlook

SURE = 0.001  # what was said is never taken as surer than that: a single surprise would decide
STEPS = 30
Numbers = npt.NDArray[np.float64]
Part = tuple[Sequence[Heard], Sequence[float]]  # lessons; limits asked for


def chance(parts: Sequence[Part], each: int = 2) -> tuple[float, float]:
    """Shift and scale; every second minute's words will do."""
    shift, scale = fitted([_said(part, each) for part in parts])
    return round(shift, 2), round(scale, 2)


def _said(part: Part, each: int) -> tuple[Numbers, Numbers]:
    """Log-odds said, and whether it came."""
    found = [
        (by_minute(ahead, limit, left)[-1][1], reached is not None)
        for ahead, limit, left, reached in _words(part, each)
    ]
    share, came = np.array(found, np.float64).T
    share = np.clip(share, SURE, 1 - SURE)
    return np.log(share / (1 - share)), came


def _words(part: Part, each: int) -> Iterator[tuple[Outlook, float, float, float | None]]:
    lessons, limits_ppm = part
    for lesson in lessons:
        for word in lesson.words[::each]:
            left = lesson.length_min - word.minute
            for limit in limits_ppm if left >= NEAREST_MIN else ():
                if word.ahead.level_ppm < limit and lesson.levels.get(word.minute, 0.0) < limit:
                    yield word.ahead, limit, float(left), lesson.crossed(limit, word.minute)


def fitted(said: Sequence[tuple[Numbers, Numbers]]) -> tuple[float, float]:
    """Shift and scale of the log-odds with the least loss; each part counts the same (Newton's way)."""
    found = np.array([0.0, 1.0])
    for _ in range(STEPS):
        gradient, curvature = np.zeros(2), np.zeros((2, 2))
        for odds, came in said:
            terms = np.stack([np.ones_like(odds), odds])
            likely = 1 / (1 + np.exp(-(found @ terms)))
            gradient += terms @ (came - likely) / len(odds)
            curvature += (terms * (likely * (1 - likely))) @ terms.T / len(odds)
        found = found + np.linalg.solve(curvature, gradient)
    return float(found[0]), float(found[1])
