"""What really happened: /api/v1/lessons, /api/v1/waste, what deriving anew changed, and a school's limits.

No names of persons: lessons name classes and subjects; teachers are the ids of their timetable.
"""

from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.derived.ledger import DayLine, Ledger
from hub.derived.limits import Limits
from hub.derived.log import Outcome, newest
from hub.derived.records import Records
from hub.live.lesson_record import Air, Attendance, LessonRecord, Missing, Power, Surroundings
from hub.live.thresholds import LIMITS, Thresholds, wrong_limit
from hub.web.api.asking import MAX_ID, answer, answers, body, school_named, takes, zone_of
from hub.web.api.model import Words
from hub.web.api.outgoing import moment, rfc3339, words
from hub.web.guard import visitor_of
from hub.web.problem import Problem
from hub.web.tables import csv_answer
from hub.web.texts import text
from wire.text import Text

MOST_DAYS = 100
MOST_LESSONS = 20_000
School = Annotated[str, Query(max_length=MAX_ID)]
Name = Annotated[str | None, Query(max_length=MAX_ID)]
Day = Annotated[
    str | None, Query(max_length=10, description="YYYY-MM-DD, the school's date; today where it is missing")
]
HEAD = (
    "day", "room", "start", "end", "lesson", "subject", "classes", "held", "actual_start", "actual_end", "people",
    "people_low", "people_high", "expected", "co2_mean", "co2_peak", "co2_over_limit_min", "co2_longest_over_most_min",
    "air_changes_per_h", "litres_per_s_person", "noise_dba", "light_lx", "temperature_c", "humidity_pct", "kwh",
    "display_min", "display_empty_min", "presence_share",
)  # fmt: skip


class LessonRecordOut(msgspec.Struct, frozen=True):
    """One lesson that has ended: as planned, and as it was. `missing` says why a figure is null."""

    day: str
    room: str
    lesson: str
    period: str
    subject: str
    classes: tuple[str, ...]
    teachers: tuple[str, ...]
    change: str | None
    start: str | None
    end: str | None
    actual_start: str | None
    actual_end: str | None
    expected_people: int | None
    attendance: Attendance
    air: Air
    surroundings: Surroundings
    power: Power
    coverage: dict[str, float]
    missing: dict[str, Missing]
    filled_min: int


class LedgerOut(msgspec.Struct, frozen=True):
    """What ran for nobody: lines by day, room, appliance and cause, and what share of the minutes was metered."""

    lines: tuple[DayLine, ...]
    minutes: int
    kwh: float
    estimated_kwh: float
    measured_share: float | None


class ThresholdOut(msgspec.Struct, frozen=True):
    """One limit: what holds, what is usual and why, and what may be chosen."""

    name: str
    value: float
    usual: float
    low: float
    high: float
    source: Words


def lesson_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["lessons"])
    kept, ledger = Records(hub.engine), Ledger(hub.engine)

    async def found(school: str, room: str | None, day: str | None, to: str | None) -> list[LessonRecord]:
        first, last = days(hub, school, day, to)
        return await run_in_threadpool(partial(kept.between, school, first, last, room=room, limit=MOST_LESSONS))

    @router.get("/lessons", responses=answers(list[LessonRecordOut]))
    async def lessons(school: School, room: Name = None, day: Day = None, to: Day = None) -> Response:
        records = await found(school, room, day, to)
        return answer([_lesson_out(hub, record) for record in records])

    @router.get("/lessons.csv")
    async def lessons_csv(school: School, room: Name = None, day: Day = None, to: Day = None) -> Response:
        records = await found(school, room, day, to)
        return csv_answer(f"{school}-lessons", HEAD, [_row(hub, record) for record in records])

    @router.get("/waste", responses=answers(LedgerOut))
    async def waste(school: School, room: Name = None, day: Day = None, to: Day = None) -> Response:
        first, last = days(hub, school, day, to)
        lines = await run_in_threadpool(ledger.of, school, first, last, room)
        return answer(_waste_out(lines))

    @router.get("/schools/{school}/derived", responses=answers(list[Outcome]))
    async def derived(school: str, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> Response:
        school_named(hub, school)
        return answer(await run_in_threadpool(newest, hub.engine, school, limit))

    _limit_routes(hub, router)
    return router


def _limit_routes(hub: Hub, router: APIRouter) -> None:
    limits = Limits(hub.engine)

    @router.get("/schools/{school}/thresholds", responses=answers(list[ThresholdOut]))
    async def thresholds(school: str) -> Response:
        school_named(hub, school)
        return answer(limits_out(await run_in_threadpool(limits.of, school)))

    @router.put("/schools/{school}/thresholds", responses=answers(list[ThresholdOut]), openapi_extra=takes(Thresholds))
    async def choose_thresholds(request: Request, school: str) -> Response:
        school_named(hub, school)
        asked = await body(request, Thresholds)
        wrong = wrong_limit(asked)
        if wrong is not None:
            name, limit = wrong
            reason = Text(
                f"{name} phải từ {limit.low:g} đến {limit.high:g}",
                f"{name} must lie between {limit.low:g} and {limit.high:g}",
            )
            raise Problem(422, reason, field=name)
        who = visitor_of(request).operator or ""
        await run_in_threadpool(limits.choose, school, asked, who, hub.now_ms())
        return answer(limits_out(asked))


def limits_out(chosen: Thresholds) -> list[ThresholdOut]:
    usual = Thresholds()
    return [
        ThresholdOut(name, getattr(chosen, name), getattr(usual, name), limit.low, limit.high, words(limit.source))
        for name, limit in LIMITS.items()
    ]


def days(hub: Hub, school: str, day: str | None, to: str | None) -> tuple[date, date]:
    """The dates asked for, both included. Raises Problem."""
    school_named(hub, school)
    first = moment(hub.now_ms(), zone_of(hub, school)).date() if day is None else _date(day, "day")
    last = first if to is None else _date(to, "to")
    if not first <= last <= first + timedelta(days=MOST_DAYS):
        reason = Text(
            f"to phải từ ngày day trở đi và không quá {MOST_DAYS} ngày sau",
            f"to must not lie before day, nor more than {MOST_DAYS} days after it",
        )
        raise Problem(422, reason, field="to")
    return first, last


def _date(said: str, field: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as wrong:
        raise Problem(422, text("error.range", choices="YYYY-MM-DD"), field=field) from wrong


def _lesson_out(hub: Hub, record: LessonRecord) -> LessonRecordOut:
    zone = zone_of(hub, record.school)
    return LessonRecordOut(
        day=record.day,
        room=record.room,
        lesson=record.lesson,
        period=record.period,
        subject=record.subject,
        classes=record.classes,
        teachers=record.teacher_ids,
        change=None if record.change is None else record.change.value,
        start=rfc3339(record.start_ms, zone),
        end=rfc3339(record.end_ms, zone),
        actual_start=rfc3339(record.attendance.actual_start_ms, zone),
        actual_end=rfc3339(record.attendance.actual_end_ms, zone),
        expected_people=record.expected_people,
        attendance=record.attendance,
        air=record.air,
        surroundings=record.surroundings,
        power=record.power,
        coverage=record.coverage,
        missing=record.missing,
        filled_min=record.filled_min,
    )


def _row(hub: Hub, record: LessonRecord) -> list[Any]:
    zone, people, air, power = zone_of(hub, record.school), record.attendance, record.air, record.power
    around = record.surroundings

    def when(t_ms: int | None) -> Any:
        return None if t_ms is None else moment(t_ms, zone)

    return [
        record.day, record.room, when(record.start_ms), when(record.end_ms), record.lesson, record.subject,
        ", ".join(record.classes), people.held, when(people.actual_start_ms), when(people.actual_end_ms), people.people,
        people.people_low, people.people_high, record.expected_people, air.mean_ppm, air.peak_ppm, air.over_limit_min,
        air.longest_over_most_min, air.air_changes_per_h, air.litres_per_s_person, around.noise_dba, around.light_lx,
        around.temperature_c, around.humidity_pct, power.kwh, power.display_min, power.display_empty_min,
        record.coverage.get("presence"),
    ]  # fmt: skip


def _waste_out(lines: list[DayLine]) -> LedgerOut:
    minutes, measured = sum(one.line.minutes for one in lines), sum(one.line.measured_min for one in lines)
    return LedgerOut(
        tuple(lines),
        minutes,
        round(sum(one.line.kwh for one in lines), 3),
        round(sum(one.line.estimated_kwh for one in lines), 3),
        round(measured / minutes, 3) if minutes else None,
    )
