"""What the hub derived of lessons, as the timetable page lays it over them."""

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import Engine, select

from hub.db.derived_models import LessonRecordRow
from hub.db.engine import reading
from hub.live.lesson_record import LessonRecord
from hub.web.week import Evidence

RECORDS = LessonRecordRow.metadata.tables["lesson_record"]


def evidence_of(engine: Engine, school: str, room: str | None, days: Sequence[date]) -> dict[tuple[str, str], Evidence]:
    """By (room, lesson id), of the given days; of one room, or of all. One query; blocks."""
    wanted = select(RECORDS.c.record).where(
        RECORDS.c.school == school, RECORDS.c.day.in_([day.isoformat() for day in days])
    )
    if room is not None:
        wanted = wanted.where(RECORDS.c.room == room)
    with reading(engine).connect() as connection:
        found = [msgspec.convert(each, LessonRecord) for each in connection.execute(wanted).scalars()]
    return {(record.room, record.lesson): _evidence(record) for record in found}


def _evidence(record: LessonRecord) -> Evidence:
    seen = record.attendance
    return Evidence(
        coverage=record.coverage.get("presence", 0.0),
        held=seen.held,
        began_ms=seen.actual_start_ms,
        ended_ms=seen.actual_end_ms,
        people=seen.people,
        people_low=seen.people_low,
        people_high=seen.people_high,
        co2_peak_ppm=record.air.peak_ppm,
        minutes_over=record.air.over_limit_min,
    )
