"""What the forecast of CO2 rests on, measured on days to fit on, and whether it beats the baseline on days left out.

`python -m benchmarks.forecast_fit` prints COURSE, LEAVING and SPREAD of hub/live/forecast/outlook.py, CHANCE of
crossing.py. Every minute's course is held against the level some minutes later in the same lesson. How much
the course counts beside the level as it is: where the kind of rooms it helps least has its least mean error. The
errors in units of the course itself give the twentieth and the nineteenth twentieth by distance; the wider of recorded
and simulated rooms counts, and an interval never narrows with distance. Then each recorded day is said by the reach of
the others (with the shares in use, which knew it too), and simulated rooms nothing was fitted on, beside the baseline:
a distance at which it won would be its own. Bells and limits of those rooms come last. Days held out are not read here
(benchmarks.forecast reads them).
"""

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import lessons_recorded, lessons_simulated
from benchmarks.forecast import bell_table, limit_table
from benchmarks.forecast_chance import chance
from benchmarks.forecast_scores import Changes, Interval
from benchmarks.lessons import Heard
from hub.live.forecast.outlook import COURSE, Outlook

AHEAD_MIN = (1, 2, 3, 5, 10, 15, 20, 30, 40)  # of a lesson of 45 minutes
BELL_MIN = (2, 5, 10, 20, 30, 40)
SIMULATED, VALIDATED = range(150), range(150, 250)
SIMULATED_LIMITS_PPM = (900.0, 1100.0, 1300.0, 1500.0, 1700.0, 2000.0)
TAIL = 0.05
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
STEPS = np.arange(0.0, 1.001, 0.05)  # of the course in the middle
Miss = tuple[Outlook, int, float]  # as it was known; minutes ahead; how far above its middle the level came to lie
Row = tuple[float, float, float]


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


def shares(parts: Sequence[Sequence[Heard]]) -> list[tuple[float, float]]:
    """How much the course counts: least error, in parts of the baseline's, where it is worst; never less further on."""
    rows: list[tuple[float, float]] = []
    for minutes in AHEAD_MIN:
        by_step = np.max([_by_step(errors(lessons, minutes)) for lessons in parts], axis=0)
        best = float(STEPS[int(np.argmin(by_step))])
        rows.append((float(minutes), round(max(best, *(share for _, share in rows), 0.0), 2)))
    return rows


def _by_step(misses: Sequence[Miss]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The mean error with each share of the course, in parts of that without it."""
    changed = np.array([error + ahead.middle(minutes) - ahead.level_ppm for ahead, minutes, error in misses])
    course = np.array([ahead.course(minutes) for ahead, minutes, _ in misses])
    found = np.abs(changed - STEPS[:, None] * course).mean(axis=1)
    return np.asarray(found / found[0])


def units(misses: Sequence[Miss]) -> tuple[float, float]:
    """How many units below and above the middle hold all but a twentieth on each side."""
    low, high = np.quantile([error / ahead.unit(minutes) for ahead, minutes, error in misses], [TAIL, 1 - TAIL])
    return max(0.0, -float(low)), max(0.0, float(high))


def reach(parts: Sequence[Sequence[Heard]]) -> list[Row]:
    rows: list[Row] = []
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


def leaving(lessons: Sequence[Heard]) -> list[tuple[float, float]]:
    """At the bell of a class the truth may lie further below than in the middle of its lesson: by what factor."""
    rows = []
    for about in BELL_MIN:
        where = [
            _place((word.ahead, left, truth - word.ahead.middle(left)))
            for lesson in lessons
            if (truth := lesson.level(lesson.length_min)) is not None
            for word in lesson.words
            if abs((left := lesson.length_min - word.minute) - about) <= max(1, about // 4) and left > 0
        ]
        rows.append((float(about), round(max(1.0, -float(np.quantile(where, TAIL))), 1)))
    return rows


Say = Callable[[Outlook, int], Interval]


def left_out(recorded: Sequence[Heard], simulated: Sequence[Heard]) -> list[list[str]]:
    """Recorded days, each said by the reach of all others, beside the baseline of the same."""
    found: list[list[tuple[float, float, bool]]] = [[] for _ in AHEAD_MIN]
    for day in sorted({_day(one) for one in recorded}):
        others = [one for one in recorded if _day(one) != day]
        rows, plain = reach([others, simulated]), Changes(others)
        for number, minutes in enumerate(AHEAD_MIN):
            found[number] += _scores([one for one in recorded if _day(one) == day], minutes, rows[number], plain)
    return _table("recorded, a day left out", found)


def never_fitted(simulated: Sequence[Heard], plain: Changes) -> list[list[str]]:
    rows = [(minutes, below, above) for minutes, _, below, above in COURSE]
    found = [_scores(simulated, minutes, row, plain) for minutes, row in zip(AHEAD_MIN, rows, strict=True)]
    return _table("simulated, not fitted", found)


def _scores(lessons: Sequence[Heard], minutes: int, row: Row, plain: Changes) -> list[tuple[float, float, bool]]:
    """Interval scores of ours and of the baseline, and whether ours held."""
    _, below, above = row
    found = []
    for ahead, _, error in errors(lessons, minutes):
        middle, unit = ahead.middle(minutes), ahead.unit(minutes)
        said, truth = Interval(middle - below * unit, middle + above * unit), middle + error
        theirs = plain.around(ahead.level_ppm, minutes)
        found.append((said.score(truth), theirs.score(truth), said.holds(truth)))
    return found


def _table(name: str, found: Sequence[Sequence[tuple[float, float, bool]]]) -> list[list[str]]:
    rows = []
    for minutes, scores in zip(AHEAD_MIN, found, strict=True):
        ours, theirs, held = (float(one) for one in np.mean(np.array(scores, np.float64), axis=0))
        rows.append([name, str(minutes), str(len(scores)), f"{100 * held:.0f}", f"{ours:.0f} / {theirs:.0f}"])
    return rows


def _day(lesson: Heard) -> str:
    return lesson.name.rsplit(" ", 1)[0]


def main() -> None:
    recorded, simulated = lessons_recorded.fitting(), lessons_simulated.heard(SIMULATED)
    for name, lessons in (("recorded", recorded), ("simulated", simulated)):
        print(f"{name}: {len(lessons)} lessons, {sum(len(one.words) for one in lessons)} words")
    say(recorded, simulated, lessons_simulated.heard(VALIDATED))


def say(recorded: Sequence[Heard], simulated: Sequence[Heard], validated: Sequence[Heard]) -> None:
    parts = [recorded, simulated]
    print("COURSE, first its shares:", shares(parts))
    print("COURSE, reach with the shares in use:", reach(parts))
    print("LEAVING, with the reach in use:", leaving(simulated))
    print("SPREAD, with the reach in use:", spread(parts))
    print(
        "CHANCE, with all of that in use:",
        chance([(recorded, lessons_recorded.LIMITS_PPM), (simulated, SIMULATED_LIMITS_PPM)]),
    )
    plain = Changes(simulated)
    tables = (
        left_out(recorded, simulated),
        never_fitted(validated, plain),
        bell_table("simulated, not fitted", validated, plain),
        limit_table("1,500 ppm", validated, plain, (1500.0,)),
        limit_table("six limits", validated, plain, SIMULATED_LIMITS_PPM),
    )
    for row in (row for table in tables for row in table):
        print(" | ".join(row))


if __name__ == "__main__":
    main()
