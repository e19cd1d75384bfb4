"""What holds nine in ten, measured on days to fit on: prints REACH and SPREAD of hub/live/forecast/outlook.py.

`python -m benchmarks.forecast_fit`. Every minute's course is held against the level some minutes later in the same
lesson; the errors in units of the course itself give the twentieth and the nineteenth twentieth by distance. The wider
of recorded and simulated rooms counts, and an interval never narrows with distance. Days held out are not read here
(benchmarks.forecast reads them).
"""

from collections.abc import Sequence

import numpy as np

from benchmarks import lessons_recorded, lessons_simulated
from benchmarks.lessons import Heard
from hub.live.forecast.outlook import Outlook

AHEAD_MIN = (2, 5, 10, 20, 30, 40)  # of a lesson of 45 minutes
SIMULATED = range(150)
TAIL = 0.05
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
Miss = tuple[Outlook, int, float]  # as it was known; minutes ahead; how far above its middle the level came to lie


def errors(lessons: Sequence[Heard], minutes: int) -> list[Miss]:
    """Against the level so many minutes later in the same lesson."""
    found = []
    for lesson in lessons:
        for word in lesson.words:
            later = word.minute + minutes
            truth = lesson.level(later) if later <= lesson.length_min else None
            if truth is not None:
                found.append((word.ahead, minutes, truth - word.ahead.middle(minutes)))
    return found


def units(misses: Sequence[Miss]) -> tuple[float, float]:
    """How many units below and above the middle hold all but a twentieth on each side."""
    low, high = np.quantile([error / ahead.unit(minutes) for ahead, minutes, error in misses], [TAIL, 1 - TAIL])
    return max(0.0, -float(low)), max(0.0, float(high))


def reach(parts: Sequence[Sequence[Heard]]) -> list[tuple[float, float, float]]:
    rows: list[tuple[float, float, float]] = []
    below = above = 0.0
    for minutes in AHEAD_MIN:
        measured = [units(errors(lessons, minutes)) for lessons in parts]
        below, above = max(below, *(one[0] for one in measured)), max(above, *(one[1] for one in measured))
        rows.append((float(minutes), round(below, 2), round(above, 2)))
    return rows


def spread(parts: Sequence[Sequence[Heard]]) -> list[tuple[float, float]]:
    """Where errors lie within the reach in use, over all distances."""
    where = [[_place(miss) for at in AHEAD_MIN for miss in errors(lessons, at)] for lessons in parts]
    inner = [(round(float(np.mean([np.quantile(one, share) for one in where])), 2), share) for share in SHARES]
    return [(-1.0, TAIL), *inner, (1.0, 1 - TAIL)]


def _place(miss: Miss) -> float:
    ahead, minutes, error = miss
    below, above = ahead.reach(minutes)
    return error / (above if error > 0 else below)


def main() -> None:
    recorded, simulated = lessons_recorded.fitting(), lessons_simulated.heard(SIMULATED)
    for name, lessons in (("recorded", recorded), ("simulated", simulated)):
        print(f"{name}: {len(lessons)} lessons, {sum(len(one.words) for one in lessons)} words")
    print("REACH =", reach([recorded, simulated]))
    print("SPREAD, with the REACH in use:", spread([recorded, simulated]))


if __name__ == "__main__":
    main()
