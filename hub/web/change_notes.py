"""Why single lessons were changed, in the words of who changed them: for pages that show the lesson."""

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import Engine, select

from hub.db.engine import reading
from hub.db.school_models import PlanChangeRow

CHANGES = PlanChangeRow.metadata.tables["plan_change"]
MOST = 2_000


class ChangeNote(msgspec.Struct, frozen=True):
    """`start_min` None: all of that lesson's on the day. Of an extra lesson `lesson` is the change's own id."""

    day: str
    lesson: str
    start_min: int | None
    note: str


class ChangeNotes:
    """The notes of some days."""

    def __init__(self, notes: Sequence[ChangeNote] = ()) -> None:
        self._notes = {(one.day, one.lesson, one.start_min): one.note for one in notes}

    def of(self, lesson_id: str) -> str:
        """Of a dated lesson (`{lesson}@{day}T{minute}`); "" where nobody said why."""
        lesson, _, when = lesson_id.rpartition("@")
        day, _, minute = when.partition("T")
        start = int(minute) if minute.isdecimal() else None
        return self._notes.get((day, lesson, start)) or self._notes.get((day, lesson, None), "")


def notes_of(engine: Engine, school: str, days: Sequence[date]) -> ChangeNotes:
    """One query; blocks."""
    wanted = (
        select(CHANGES.c.key, CHANGES.c.day, CHANGES.c.lesson, CHANGES.c.start_min, CHANGES.c.note)
        .where(
            CHANGES.c.school == school,
            CHANGES.c.superseded_ms.is_(None),
            CHANGES.c.note != "",
            CHANGES.c.day.in_([day.isoformat() for day in days]),
        )
        .order_by(CHANGES.c.id)
        .limit(MOST)
    )
    with reading(engine).connect() as connection:
        rows = connection.execute(wanted).all()
    return ChangeNotes([ChangeNote(row.day, row.lesson or row.key, row.start_min, row.note) for row in rows])
