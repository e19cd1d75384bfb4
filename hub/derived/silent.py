"""Days of which nothing is known are struck off together: a first import asks for half a year, most of it before any
sensor hung. Only their events and dated lessons follow the plan.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from hub.db.derived_models import LessonRecordRow, WasteDayRow
from hub.derived.day import Span
from hub.derived.derivation import day_of
from hub.derived.due import Due, Reason, ripe_of, strike
from hub.derived.happenings import placed, restate_events
from hub.derived.stores import Stores
from hub.registry.model import School
from hub.school.agenda import Agenda

HOUR_MS = 3_600_000
FEWEST = 4  # fewer days are derived one by one as ever
AT_ONCE = 200
FROM_PLANS = frozenset({Reason.PLAN, Reason.UNDONE, Reason.EDIT, Reason.ROSTER, Reason.THRESHOLDS})
TABLES = tuple(row.metadata.tables[row.__tablename__] for row in (LessonRecordRow, WasteDayRow))


class Silence:
    """Event loop; SQL in the state thread, one question to the series."""

    def __init__(self, stores: Stores) -> None:
        self._engine, self._registry, self._schools = stores.engine, stores.registry, stores.schools
        self._series, self._in_thread = stores.series, stores.in_thread
        self._agenda = Agenda(stores.engine)

    async def strike(self, school: School, now_ms: int) -> int:
        """Strike the school's ripe days that have neither minutes nor records; how many. Raises StoreDown."""
        found: list[Due] = await self._in_thread(partial(self._ripe, school.id, now_ms))
        spans = [(due, day_of(school, due.day, now_ms)) for due in found]
        spans = [(due, span) for due, span in spans if span.to_ms == span.day_to_ms]  # days that are over
        if len(spans) < FEWEST:
            return 0
        first, last = min(span.day_from_ms for _, span in spans), max(span.day_to_ms for _, span in spans)
        hours = await self._series.told_hours(school.id, first, last)
        silent = [(due, span) for due, span in spans if not _any(hours, span)]
        if not silent:
            return 0
        struck: int = await self._in_thread(partial(self._struck, school, silent, now_ms))
        return struck

    def _ripe(self, school: str, now_ms: int) -> list[Due]:
        with self._engine.connect() as connection:
            known = {day for table in TABLES for day in connection.scalars(_days(table, school))}
            found = ripe_of(connection, school, sorted(FROM_PLANS), now_ms, AT_ONCE)
        return [due for due in found if due.day.isoformat() not in known and not due.rooms]

    def _struck(self, school: School, silent: Sequence[tuple[Due, Span]], now_ms: int) -> int:
        days = [due.day for due, _ in silent]
        plan = self._schools.over(school.id, min(days), max(days))
        place_of = placed(self._registry, school.id, plan)
        with self._engine.begin() as connection:
            for due, span in silent:
                restate_events(connection, school.id, span.day_from_ms, span.day_to_ms, place_of)
                strike(connection, due)
        if plan is None:
            return len(days)
        for day in days:
            self._agenda.rewrite(school, plan, day, now_ms)
        return len(days)


def _days(table: Any, school: str) -> Any:
    return select(table.c.day).where(table.c.school == school).distinct()


def _any(hours: Iterable[int], span: Span) -> bool:
    return any(span.day_from_ms - HOUR_MS < hour < span.day_to_ms for hour in hours)
