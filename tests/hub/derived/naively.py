"""The slow way to everything that is derived: loops over single minutes and raw values, written from the description in
docs/correlation.md and not from the code.
"""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from tests.hub.derived.term import MINUTE, Held, Story, at

Raw = dict[int, float]  # by the start of the minute, at most one value a minute


@dataclass
class RoomTold:
    """Everything one room's sensors told on one day."""

    evidence: dict[int, tuple[float | None, bool]]
    people: dict[int, float | None]
    co2: Raw = field(default_factory=dict)
    watts: Raw = field(default_factory=dict)
    register: Raw = field(default_factory=dict)


def moved(t_ms: int) -> bool:
    """Motion of the day whose readings came late: four minutes of seven."""
    return t_ms // MINUTE % 7 < 4


def by_motion(t_ms: int) -> float:
    """What a motion sensor alone says at the end of a minute: +4, or -0.6 and 0.5 less for each minute of quiet."""
    if moved(t_ms):
        return 4.0
    quiet = t_ms // MINUTE % 7 - 3
    return max(-3.5, -0.6 - 0.5 * quiet)


def planned_at(lessons: list[Held], t_ms: int) -> Held | None:
    return next((one for one in lessons if at(one.day, one.start_min) <= t_ms < at(one.day, one.end_min)), None)


def statuses(story: Story, day: date, room: str, told: RoomTold) -> dict[int, tuple[str, bool | None]]:
    """Status, and whether somebody is believed there, minute by minute."""
    hours, lessons = story.hours(day), [one for one in story.lessons(day) if one.room == room]
    found: dict[int, tuple[str, bool | None]] = {}
    odds, there, said, last = 0.0, None, "unknown", None
    for t_ms in sorted(told.evidence):
        evidence, direct = told.evidence[t_ms]
        if last is not None and t_ms - last > 15 * MINUTE:
            odds, there, said = 0.0, None, "unknown"
        lesson = planned_at(lessons, t_ms)
        is_open = hours is not None and at(day, hours[0]) <= t_ms < at(day, hours[1])
        likely = 1.0 if lesson else (-0.3 if is_open else -1.2)
        odds, there = believed(odds, there, evidence, likely, 0 if last is None else t_ms - last, direct=direct)
        if there is None:
            said = "unknown"
        elif lesson is not None:
            late = t_ms - at(day, lesson.start_min) > 5 * MINUTE
            gone = there is False and (odds <= -1.8 or said == "lesson_but_empty")
            said = "lesson_but_empty" if late and gone else "in_lesson"
        elif there:
            said = "occupied_unscheduled"
        else:
            said = "idle" if is_open else "after_hours"
        found[t_ms] = (said, there)
        last = t_ms
    return found


def believed(
    odds: float, there: bool | None, evidence: float | None, likely: float, gap_ms: int, *, direct: bool
) -> tuple[float, bool | None]:
    if evidence is None:
        return 0.0, None
    aim = max(-6.0, min(6.0, likely + evidence))
    if there is None and not direct and (-0.8 < aim < 0.8 or abs(evidence) < 0.7):
        return 0.0, None
    if direct:
        return max(aim, 1.5), True
    if there is None:
        odds = aim
    else:
        odds += (aim - odds) * (1 - math.exp(-gap_ms / 75_000))
    if odds >= 0.8:
        return odds, True
    if odds <= -0.8:
        return odds, False
    return odds, odds > 0 if there is None else there


def standing(raw: Raw, t_ms: int, minutes: int) -> float | None:
    """The newest value whose minute is this one or one of the `minutes - 1` before."""
    for ago in range(minutes):
        if t_ms - ago * MINUTE in raw:
            return raw[t_ms - ago * MINUTE]
    return None


def used_kwh(told: RoomTold, t_ms: int) -> float | None:
    """By the plug's power."""
    watt = standing(told.watts, t_ms, 60)
    return None if watt is None else watt / 60_000


def counted_kwh(told: RoomTold, t_ms: int) -> float | None:
    """By the room's register: what passed between two readings, spread over the minutes between them."""
    readings = sorted(told.register.items())
    for (before, low), (after, high) in pairwise(readings):
        first, last = before // MINUTE + 1, after // MINUTE
        if first <= t_ms // MINUTE <= last and last - first < 60:
            return (high - low if high >= low else high) / (last - first + 1)
    return None


def record(
    story: Story, lesson: Held, told: RoomTold, there: Callable[[int], bool | None], neighbours: list[Held]
) -> dict[str, object]:
    """The figures of one lesson."""
    start, end = at(lesson.day, lesson.start_min), at(lesson.day, lesson.end_min)
    minutes = range(start, end, MINUTE)
    inside = [t for t in minutes if there(t) is True]
    empty = [t for t in minutes if there(t) is False]
    known = (len(inside) + len(empty)) / len(minutes)
    held = True if len(inside) >= 5 else False if known >= 0.5 else None
    levels = [x for t in minutes if (x := standing(told.co2, t, 10)) is not None]
    found: dict[str, object] = {
        "id": lesson.id,
        "expected": lesson.expected,
        "teachers": ", ".join(lesson.teachers),
        "held": held,
        "empty_min": len(empty) if held is not None else None,
        "presence": round(known, 3),
        "co2_mean": round(sum(levels) / len(levels), 1) if levels else None,
        "co2_peak": round(max(levels), 1) if levels else None,
        "over_1000": sum(x > 1000 for x in levels) if levels else None,
        "over_1500": sum(x > 1500 for x in levels) if levels else None,
        "kwh": None,
        "display_min": None,
        "display_empty_min": None,
        "start": None,
        "end": None,
        "people": None,
    }
    spent = [x for t in minutes for x in (used_kwh(told, t), counted_kwh(told, t)) if x is not None]
    if spent:
        found["kwh"] = round(sum(spent), 4)
    draws = {t: watt for t in minutes if (watt := standing(told.watts, t, 60)) is not None}
    shown = [t for t, watt in draws.items() if watt >= 12]
    if draws:
        found["display_min"] = len(shown)
        found["display_empty_min"] = sum(there(t) is False for t in shown)
    if held:
        people = [x for t in inside if (x := told.people[t]) is not None]
        found["people"] = round(statistics.median(people), 2) if people else None
        found["start"], found["end"] = came_and_left(lesson, there, neighbours)
    del story
    return found


def came_and_left(lesson: Held, there: Callable[[int], bool | None], neighbours: list[Held]) -> tuple[int, int]:
    start, end = at(lesson.day, lesson.start_min), at(lesson.day, lesson.end_min)
    before = [at(one.day, one.end_min) for one in neighbours if one.end_min <= lesson.start_min]
    after = [at(one.day, one.start_min) for one in neighbours if one.start_min >= lesson.end_min]
    earliest = max([start - 10 * MINUTE, *before])
    latest = min([end + 10 * MINUTE, *after])
    inside = [t for t in range(earliest, latest, MINUTE) if there(t) is True]
    came, left = inside[0], inside[-1] + MINUTE
    if came == earliest and earliest < start:
        came = start
    if left == latest and latest > end:
        left = end
    return came, left


def waste(story: Story, day: date, room: str, told: RoomTold) -> dict[str, tuple[int, float]]:
    """Minutes and kWh of the projector's plug with nobody there, by why."""
    found: dict[str, tuple[int, float]] = {}
    said = statuses(story, day, room, told)
    hours = story.hours(day)
    for t_ms, (status, there) in said.items():
        watt = standing(told.watts, t_ms, 60)
        if there is not False or watt is None or watt < 12 or status == "in_lesson":
            continue
        why = "lesson_but_empty"
        if status != "lesson_but_empty":
            is_open = hours is not None and at(day, hours[0]) <= t_ms < at(day, hours[1])
            why = "free_period" if is_open else "after_hours" if hours is not None else "holiday"
        minutes, kwh = found.get(why, (0, 0.0))
        found[why] = (minutes + 1, kwh + watt / 60_000)
    return found
