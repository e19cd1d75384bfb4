"""Tomorrow of every room of a school: past hours and the plan in, forecasts with their comparison out. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from hub.forecasts.measured import HOUR_MS, day_ms
from hub.forecasts.rows import SchoolHours, Told
from hub.live.forecast.backtest import forecast_day
from hub.live.forecast.hours import HOURS, DayPlan, Target, past
from hub.registry.model import Room
from hub.school.model import Lesson, SchoolDay

WEEKEND = 5  # Saturday and Sunday, where no timetable says which days are open


class Days(Protocol):
    """What a plan says of dates (hub.school.plan.SchoolPlan)."""

    def school_day(self, day: date) -> SchoolDay: ...


class PlannedDay:
    """One date of a school: open or not, and each room's planned share of every hour."""

    def __init__(self, day: date, plan: Days | None, zone: ZoneInfo) -> None:
        self.day = day
        planned = plan.school_day(day) if plan is not None else None
        self.open = bool(planned.lessons) if planned is not None else day.weekday() < WEEKEND
        self._start_ms = day_ms(day, zone)[0]
        self._shares: dict[str, list[float]] = {}
        for lesson in planned.lessons if planned is not None else ():
            self._add(lesson)

    def _add(self, lesson: Lesson) -> None:
        shares = self._shares.setdefault(lesson.room, [0.0] * HOURS)
        for hour in range(HOURS):
            start_ms = self._start_ms + hour * HOUR_MS
            inside = min(lesson.end_ms, start_ms + HOUR_MS) - max(lesson.start_ms, start_ms)
            if inside > 0:
                shares[hour] = min(1.0, shares[hour] + inside / HOUR_MS)

    def of(self, room: str) -> DayPlan:
        return DayPlan(self.day, self.open, tuple(self._shares.get(room, (0.0,) * HOURS)))


def room_forecasts(
    rooms: Sequence[Room],
    known: Mapping[date, SchoolHours],
    days: Sequence[PlannedDay],
    wanted: PlannedDay,
    now_ms: int,
) -> list[Told]:
    """`days`: the past ones, oldest first. Rooms that never measured a target are left out."""
    told = []
    for room in rooms:
        plans = [day.of(room.id) for day in days]
        for target in Target:
            hours = {day: school[room.id][target] for day, school in known.items() if target in school.get(room.id, {})}
            if not hours:
                continue
            first = next((at for at, plan in enumerate(plans) if plan.day in hours), len(plans))
            grid = past(plans[first:], hours)
            most = 1.0 if target is Target.OCCUPIED else float("inf")
            said = forecast_day(grid, plans[first:], wanted.of(room.id), most)
            told.append(Told(room.id, wanted.day, target, said, now_ms))
    return told
