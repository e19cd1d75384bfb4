"""Tomorrow by the hour, held against the days that came: `python -m benchmarks forecast` prints this among the rest.

Every day is said from the days before it alone, as in the night; nothing is fitted, so all days are held out. Recorded:
share of each hour with somebody there in the office of UCI's detection set, 2 to 18 February 2015 (said from the 9th
on, when five days are known). Simulated: twelve weeks of a room, energy, people and share in use; how well a real
school repeats itself its own room pages say. Hours that take nothing are easy: busy ones are told apart.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from benchmarks.recorded import DETECTION, detection
from hub.live.forecast.backtest import forecast_day
from hub.live.forecast.hours import HOURS, DayPlan, past

FIRST = date(2026, 8, 31)
TERM_DAYS, SAID_FROM = 84, 42
HOLIDAYS = frozenset({2, 3, 46, 47})
FEWEST_ROWS = 30  # of an hour, before its share counts
BUSY = 0.25  # of the highest hour known: above it an hour counts as busy
AIM = 0.8
Hours = Mapping[date, Sequence[float | None]]


class DayScore(msgspec.Struct):
    """Hours said and what came of them; `busy` are those in which something was to be said."""

    hours: int = 0
    error: float = 0.0
    inside: int = 0
    busy: int = 0
    busy_inside: int = 0
    busy_width: float = 0.0
    score: float = 0.0
    plain_score: float = 0.0

    def row(self) -> list[str]:
        """Hours, mean error, share inside; of busy hours share inside and width; score beside the plain one's."""
        return [
            str(self.hours),
            f"{self.error / self.hours:.3f}",
            f"{self.inside / self.hours:.2f}",
            f"{self.busy_inside / max(1, self.busy):.2f}",
            f"{self.busy_width / max(1, self.busy):.2f}",
            f"{self.score / self.hours:.2f} / {self.plain_score / self.hours:.2f}",
        ]


def said_days(plans: Sequence[DayPlan], hours: Hours, first: int, most: float, score: DayScore) -> None:
    """Each day from `first` on; the plain way says an hour's usual range over all days known, whatever the day."""
    for at in range(first, len(plans)):
        truths = hours.get(plans[at].day, ())
        said = forecast_day(past(plans[:at], hours), plans[:at], plans[at], most)
        known = [[day[hour] for day in (hours.get(one.day, ()) for one in plans[:at]) if day] for hour in range(HOURS)]
        highest = max((one for day in known for one in day if one is not None), default=0.0)
        for hour, (told, truth) in enumerate(zip(said.hours, truths, strict=False)):
            if told is None or truth is None:
                continue
            plain = _usual([one for one in known[hour] if one is not None])
            _note(score, (told.value, told.low, told.high), plain, truth, busy=told.value >= BUSY * highest)


def _note(
    score: DayScore, said: tuple[float, float, float], plain: tuple[float, float], truth: float, *, busy: bool
) -> None:
    value, low, high = said
    score.hours += 1
    score.error += abs(value - truth)
    score.inside += low <= truth <= high
    score.score += _interval_score(low, high, truth)
    score.plain_score += _interval_score(*plain, truth)
    if busy:
        score.busy += 1
        score.busy_inside += low <= truth <= high
        score.busy_width += high - low


def _interval_score(low: float, high: float, truth: float) -> float:
    return high - low + 2 / (1 - AIM) * max(low - truth, truth - high, 0.0)


def _usual(values: list[float]) -> tuple[float, float]:
    """What holds four in five of the values known."""
    ranked = sorted(values)
    out = int(len(ranked) * (1 - AIM) / 2)
    return (ranked[out], ranked[-1 - out]) if ranked else (0.0, 0.0)


def recorded() -> tuple[list[DayPlan], dict[date, list[float | None]]]:
    """The office, its three files in the order of time; nobody knows a timetable there."""
    there: dict[tuple[date, int], list[bool]] = {}
    for name in ("datatest", "datatraining", "datatest2"):
        for moment in detection(DETECTION / f"{name}.txt"):
            at = datetime.fromtimestamp(moment.at_ms / 1000, UTC)
            there.setdefault((at.date(), at.hour), []).append(moment.people > 0)
    days = sorted({day for day, _ in there})
    hours: dict[date, list[float | None]] = {}
    for day in days:
        found = [there.get((day, hour), []) for hour in range(HOURS)]
        hours[day] = [sum(one) / len(one) if len(one) >= FEWEST_ROWS else None for one in found]
    return [DayPlan(day, day.weekday() < 5) for day in days], hours


def term(chance: random.Random, *, moving: bool, people: bool = False) -> tuple[list[DayPlan], Hours]:
    """Twelve weeks of one room: `moving` where lessons lie elsewhere every week (laboratories, halls)."""
    plans, hours = [], {}
    for number in range(TERM_DAYS):
        day = FIRST + timedelta(days=number)
        open_day = day.weekday() < 5 and number not in HOLIDAYS
        draw = random.Random((number if moving else day.weekday()) * 7 + 1)
        used = set(draw.sample(range(7, 17), 6)) if open_day else set()
        plan = DayPlan(day, open_day, tuple(float(hour in used) for hour in range(HOURS)))
        plans.append(plan)
        full = chance.gauss(1, 0.1)  # a warm day, an illness that goes about
        hours[day] = [_hour(chance, planned, full, people=people) for planned in plan.planned]
    return plans, hours


def _hour(chance: random.Random, planned: float, full: float, *, people: bool) -> float | None:
    if chance.random() < 0.02:  # nobody measured
        return None
    if people:
        held = planned * (chance.random() > 0.05)  # one lesson of twenty is held elsewhere
        return max(0.0, round(held * 38 * full + chance.gauss(0, 2 if held else 0.3), 1))
    return max(0.0, 0.06 + planned * full * chance.lognormvariate(0, 0.25))


def rows(rooms: int) -> list[list[str]]:
    found = []
    if DETECTION.exists():
        score = DayScore()
        plans, hours = recorded()
        first = next(at for at, plan in enumerate(plans) if plan.day >= date(2015, 2, 9))
        said_days(plans, hours, first, 1.0, score)
        found.append(["share in use, recorded office", *score.row()])
    for name, people, moving in (
        ("kWh, the same week over and over", False, False),
        ("kWh, lessons move every week", False, True),
        ("people, the same week over and over", True, False),
        ("people, lessons move every week", True, True),
    ):
        score, chance = DayScore(), random.Random(3)
        for _ in range(rooms):
            said_days(*term(chance, moving=moving, people=people), SAID_FROM, 1e9, score)
        found.append([name, *score.row()])
    return found
