"""Histories for charts and exports: ranges, one line for a room from several devices, lessons beneath."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum

import msgspec
from starlette.concurrency import run_in_threadpool

from hub.context import Hub
from hub.registry.model import Room
from hub.school.model import Lesson
from hub.stores.series import Bucket, RoomMinute
from hub.web.board import Item

MIN_MS = 60_000
DAY_MS = 86_400_000
PEOPLE = "people"
ADDITIVE = frozenset({"power_w", "current_a"})
CHARTS = ("co2_ppm", "temperature_c", "humidity_pct", "illuminance_lx", "noise_dba", PEOPLE, "power_w")


class Range(StrEnum):
    """How far back a chart looks."""

    HOURS_3 = "3h"
    HOURS_24 = "24h"
    DAYS_7 = "7d"
    DAYS_30 = "30d"


class Window(msgspec.Struct, frozen=True):
    """A range made concrete: whole steps, and how much of the future stands at its right."""

    from_ms: int
    to_ms: int
    step_ms: int
    ahead_ms: int


_SPANS = {
    Range.HOURS_3: (180, 1, 45),
    Range.HOURS_24: (1_440, 5, 120),
    Range.DAYS_7: (7 * 1_440, 30, 0),
    Range.DAYS_30: (30 * 1_440, 120, 0),
}


def window(chosen: Range, now_ms: int) -> Window:
    span, step, ahead = (minutes * MIN_MS for minutes in _SPANS[chosen])
    return Window((now_ms - span) // step * step, (now_ms // step + 1) * step, step, ahead)


def merged(by_device: dict[str, list[Bucket]]) -> list[Bucket]:
    """One line from several devices: means weighted by count, the lowest and highest of all."""
    if len(by_device) == 1:
        return next(iter(by_device.values()))
    steps: dict[int, Bucket] = {}
    for buckets in by_device.values():
        for new in buckets:
            known = steps.get(new.t_ms)
            steps[new.t_ms] = new if known is None else _together(known, new)
    return [steps[t_ms] for t_ms in sorted(steps)]


def summed(by_device: dict[str, list[Bucket]]) -> list[Bucket]:
    """One line of what adds up (power): in each step the sum over the devices that were heard in it."""
    steps: dict[int, Bucket] = {}
    for buckets in by_device.values():
        for new in buckets:
            a = steps.get(new.t_ms)
            steps[new.t_ms] = (
                new
                if a is None
                else Bucket(
                    a.t_ms,
                    a.mean + new.mean,
                    a.minimum + new.minimum,
                    a.maximum + new.maximum,
                    a.last + new.last,
                    a.count + new.count,
                )
            )
    return [steps[t_ms] for t_ms in sorted(steps)]


def _together(a: Bucket, b: Bucket) -> Bucket:
    count = max(1, a.count + b.count)
    return Bucket(
        a.t_ms,
        (a.mean * a.count + b.mean * b.count) / count,
        min(a.minimum, b.minimum),
        max(a.maximum, b.maximum),
        b.last,
        count,
    )


def people_buckets(minutes: Sequence[RoomMinute], step_ms: int) -> list[Bucket]:
    """The estimate of people from derived minutes, in steps."""
    steps: dict[int, list[float]] = {}
    for minute in minutes:
        if minute.people is not None:
            steps.setdefault(minute.t_ms // step_ms * step_ms, []).append(minute.people)
    return [
        Bucket(t_ms, sum(values) / len(values), min(values), max(values), values[-1], len(values))
        for t_ms, values in sorted(steps.items())
    ]


async def quantity_history(hub: Hub, room: Room, quantity: str, over: Window) -> list[Bucket]:
    """Raises StoreDown."""
    if quantity == PEOPLE:
        return people_buckets(await hub.series.minutes(room.school, room.id, over.from_ms, over.to_ms), over.step_ms)
    by_device = await hub.series.history(room.school, room.id, quantity, over.from_ms, over.to_ms, over.step_ms)
    return summed(by_device) if quantity in ADDITIVE else merged(by_device)


async def room_history(hub: Hub, room: Room, chosen: Range, now_ms: int) -> Item:
    """All charts of a room page: `[start, mean, lowest, highest]` a step, gaps left out. Raises StoreDown."""
    over = window(chosen, now_ms)
    found = await asyncio.gather(*(quantity_history(hub, room, quantity, over) for quantity in CHARTS))
    return {
        "range": chosen.value,
        "from": over.from_ms,
        "to": now_ms,
        "ahead": over.ahead_ms,
        "step": over.step_ms,
        "series": {
            quantity: [[b.t_ms, _short(b.mean), _short(b.minimum), _short(b.maximum)] for b in buckets]
            for quantity, buckets in zip(CHARTS, found, strict=True)
        },
        "lessons": [_shape_lesson(one) for one in await run_in_threadpool(lessons_over, hub, room, over)],
    }


def lessons_over(hub: Hub, room: Room, over: Window) -> list[Lesson]:
    """Lessons that touch the window, the future at its right included. It may build a plan: call it in a thread."""
    plan = hub.schools.schedule(room.school)
    if plan is None:
        return []
    end_ms = over.to_ms + over.ahead_ms
    found: dict[tuple[str, int], Lesson] = {}
    for t_ms in (*range(over.from_ms, end_ms, DAY_MS), end_ms):
        for lesson in plan.day(room.id, t_ms):
            if lesson.end_ms > over.from_ms and lesson.start_ms < end_ms:
                found[(lesson.id, lesson.start_ms)] = lesson
    return sorted(found.values(), key=lambda lesson: lesson.start_ms)


def _shape_lesson(lesson: Lesson) -> list[object]:
    return [lesson.start_ms, lesson.end_ms, ", ".join(lesson.classes), lesson.subject, ", ".join(lesson.teachers)]


def _short(number: float) -> float:
    return float(f"{number:.5g}")
