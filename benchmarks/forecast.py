"""How good forecasts are and what a night costs: `python -m benchmarks forecast`.

Coverage on lessons replayed in simulated classrooms (benchmarks.lessons), both ways of forecasting hours on simulated
terms, and a school's night with real stores. The hours of the terms are invented (lessons, weekends, holidays, noise);
how well a real school repeats itself, its own comparison says on the room page.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

from sqlalchemy.engine import URL

from benchmarks import lessons_recorded, lessons_simulated
from benchmarks.forecast_scores import LESSON_END, Changes, Limit, at_the_bell, by_balance, by_changes, words_on
from benchmarks.lessons import Heard
from benchmarks.recorded import DATA
from benchmarks.table import print_table
from hub.db.engine import open_database
from hub.forecasts.rows import ForecastRows
from hub.live.forecast.backtest import forecast_day
from hub.live.forecast.hours import HOURS, DayPlan, past
from hub.registry.model import School
from tests.hub.forecasts.school import SCHOOL, nightly_of, past_hours

FIRST = date(2026, 8, 31)
TERM_DAYS = 84
HOLIDAYS = frozenset({2, 3, 46, 47})
HELD_OUT = 10_000  # seeds from here on were never fitted on
LIKELY = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.01)


def term(chance: random.Random, *, moving: bool) -> tuple[list[DayPlan], dict[date, list[float | None]]]:
    """Twelve weeks of one room: `moving` where lessons lie elsewhere every week (laboratories, halls)."""
    plans, hours = [], {}
    for number in range(TERM_DAYS):
        day = FIRST + timedelta(days=number)
        open_day = day.weekday() < 5 and number not in HOLIDAYS
        draw = random.Random((number if moving else day.weekday()) * 7 + 1)
        used = set(draw.sample(range(7, 17), 6)) if open_day else set()
        plan = DayPlan(day, open_day, tuple(float(hour in used) for hour in range(HOURS)))
        plans.append(plan)
        warm = chance.gauss(1, 0.1)  # the air conditioner on a warm day
        hours[day] = [
            max(0.0, 0.06 + planned * warm * chance.lognormvariate(0, 0.25)) if chance.random() > 0.02 else None
            for planned in plan.planned
        ]
    return plans, hours


def held_out(*, moving: bool, rooms: int = 10) -> list[str]:
    chance = random.Random(3)
    errors: list[float] = []
    inside = told = better = days = 0
    seasonal = timetable = 0.0
    for _ in range(rooms):
        plans, hours = term(chance, moving=moving)
        for at in range(42, TERM_DAYS):
            said = forecast_day(past(plans[:at], hours), plans[:at], plans[at])
            days += 1
            better += said.method == "timetable"
            seasonal += said.compared.seasonal or 0
            timetable += said.compared.timetable or 0
            for one, truth in zip(said.hours, hours[plans[at].day], strict=True):
                if one is not None and truth is not None:
                    told += 1
                    errors.append(abs(one.value - truth))
                    inside += one.low <= truth <= one.high
    name = "lessons move every week" if moving else "the same week over and over"
    mean = sum(errors) / len(errors)
    figures = (f"{seasonal / days:.3f}", f"{timetable / days:.3f}", f"{better / days:.0%}", f"{mean:.3f}")
    return [name, *figures, f"{inside / told:.2f}"]


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


def main(rooms: int = 60) -> None:
    air(rooms)
    head = ("term", "MAE seasonal", "MAE timetable", "timetable used", "MAE said (kWh)", "truth within")
    print_table("Tomorrow by the hour, simulated terms", head, [held_out(moving=False), held_out(moving=True)])
    print(f"a night of a school of 5 rooms (fortnight of readings): {asyncio.run(night()):.2f} s")


if __name__ == "__main__":
    main()
