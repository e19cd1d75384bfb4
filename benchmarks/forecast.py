"""How good forecasts are and what a night costs: `python -m benchmarks forecast`.

Coverage on lessons replayed in simulated classrooms (benchmarks.lessons), both ways of forecasting hours on simulated
terms, and a school's night with real stores. The hours of the terms are invented (lessons, weekends, holidays, noise);
how well a real school repeats itself, its own comparison says on the room page.
"""

import asyncio
import random
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.engine import URL

from benchmarks import lessons
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


def main() -> None:
    told = lessons.replay(40, random.Random(5))
    rows: list[list[str]] = []
    for kind, name in (("lesson_end", "CO2 at the end of the lesson (ppm)"), ("crossing", "minutes until the limit")):
        for low, high in ((0, 5), (5, 15), (15, 30), (30, 60)):
            part = [one for one in told[kind] if low < one[0] <= high]
            if part:
                error = sum(abs(one[1] - one[2]) for one in part) / len(part)
                rows.append(
                    [name, f"{low} to {high} min ahead", str(len(part)), f"{error:.1f}", f"{lessons.share(part):.2f}"]
                )
    print_table("CO2 in replayed lessons", ("what", "when", "said", "mean error", "truth within"), rows)
    head = ("term", "MAE seasonal", "MAE timetable", "timetable used", "MAE said (kWh)", "truth within")
    print_table("Tomorrow by the hour, simulated terms", head, [held_out(moving=False), held_out(moving=True)])
    print(f"a night of a school of 5 rooms (fortnight of readings): {asyncio.run(night()):.2f} s")


if __name__ == "__main__":
    main()
