"""How good forecasts are and what a night costs: `python -m benchmarks forecast`.

CO2 on recorded and simulated lessons nothing was fitted on (benchmarks.forecast_fit names the days it fits on), beside
the plain baseline; tomorrow by the hour on days said from those before; a school's night with real stores.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

from sqlalchemy.engine import URL

from benchmarks import forecast_days, lessons_recorded, lessons_simulated
from benchmarks.forecast_scores import LESSON_END, Changes, Limit, at_the_bell, by_balance, by_changes, words_on
from benchmarks.lessons import Heard
from benchmarks.recorded import DATA
from benchmarks.table import print_table
from hub.db.engine import open_database
from hub.forecasts.rows import ForecastRows
from hub.registry.model import School
from tests.hub.forecasts.school import SCHOOL, nightly_of, past_hours

HELD_OUT = 10_000  # seeds from here on were never fitted on
LIKELY = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.01)


async def night() -> float:
    """Seconds for the second night of a small school, five weeks behind it."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(URL.create("sqlite", database=f"{folder}/state.db"))
        nightly, series = nightly_of(engine, Path(folder), days=14)
        past_hours(ForecastRows(engine), 56, 15)
        school = School(SCHOOL, "Hòa Bình")
        await nightly.school_turn(school)
        began = time.perf_counter()
        await nightly.school_turn(school)
        took_s = time.perf_counter() - began
        await series.close()
        engine.dispose()
        return took_s


def bell_table(name: str, lessons: Sequence[Heard], plain: Changes) -> list[list[str]]:
    rows = []
    for ahead in LESSON_END:
        found = at_the_bell(lessons, plain, ahead)
        if found is not None:
            figures = (
                (found.error_ppm, found.baseline_error_ppm, 0),
                (100 * found.inside, 100 * found.baseline_inside, 0),
                (found.width_ppm, found.baseline_width_ppm, 0),
                (found.score, found.baseline_score, 0),
            )
            cells = [f"{ours:.{places}f} / {theirs:.{places}f}" for ours, theirs, places in figures]
            rows.append([name, f"{ahead[0]} to {ahead[1]} min", str(found.said), *cells])
    return rows


def limit_table(name: str, lessons: Sequence[Heard], plain: Changes, limits_ppm: Sequence[float]) -> list[list[str]]:
    """By how likely a crossing before the bell was said to be; the last rows are all words, beside the baseline's."""
    ours, theirs = words_on(lessons, limits_ppm, by_balance), words_on(lessons, limits_ppm, by_changes(plain))
    rows = []
    for low, high in pairwise(LIKELY):
        part = [one for one in ours if low <= one.likely < high]
        if part:
            rows.append([name, f"{low:.0%} to {min(high, 1):.0%} likely", *_figures(part), "", ""])
    said = [one for one in ours if one.minutes is not None]
    if said:
        rows.append([name, "minutes said", *_figures(said), "", ""])
    scores = (_mean(one.score for one in part) for part in (ours, theirs))
    briers = (_mean(one.brier for one in part) for part in (ours, theirs))
    return [*rows, [name, "all", *_figures(ours), " / ".join(scores), " / ".join(briers)]]


def _figures(part: Sequence[Limit]) -> tuple[str, ...]:
    likely, came = _mean(one.likely for one in part), _mean(one.reached is not None for one in part)
    return str(len(part)), likely, came, _mean(one.inside for one in part), f"{median(one.width for one in part):.0f}"


def _mean(values: Iterable[float]) -> str:
    return f"{fmean(values):.3f}"


def air(rooms: int) -> None:
    """CO2: recorded rooms where the data are there, simulated rooms beside; both on lessons nothing was fitted on."""
    parts: list[tuple[str, list[Heard], list[Heard], tuple[float, ...]]] = []
    if DATA.exists():
        recorded = lessons_recorded.fitting(), lessons_recorded.held_out()
        parts.append(("recorded", *recorded, lessons_recorded.LIMITS_PPM))
    simulated = lessons_simulated.heard(range(rooms)), lessons_simulated.heard(range(HELD_OUT, HELD_OUT + rooms))
    parts.append(("simulated", *simulated, (1500.0,)))
    bells, limits = [], []
    for name, fit, held_out_lessons, limits_ppm in parts:
        plain = Changes(fit)
        print(f"{name}: {len(held_out_lessons)} lessons held out")
        bells += bell_table(name, held_out_lessons, plain)
        limits += limit_table(name, held_out_lessons, plain, limits_ppm)
    head = ("rooms", "before the bell", "said", "error", "truth within, %", "median width", "interval score")
    print_table("CO2 at the bell, days held out: ours / level as it is", head, bells)
    head_of_limits = ("rooms", "crossing before the bell", "said", "likely", "came", "truth within")
    print_table("The limit", (*head_of_limits, "median width, min", "interval score", "Brier"), limits)


def main(rooms: float = 60) -> None:
    air(max(1, int(rooms)))
    head_of_days = ("what", "hours said", "mean error", "truth within", "busy hours: within", "their width")
    print_table(
        "Tomorrow by the hour (aim 80 %)",
        (*head_of_days, "interval score: said / usual of that hour"),
        forecast_days.rows(max(1, int(rooms) // 10)),
    )
    print(f"a night of a school of 5 rooms (fortnight of readings): {asyncio.run(night()):.2f} s")


if __name__ == "__main__":
    main()
