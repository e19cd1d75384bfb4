"""Lesson records in the state database: replaced by school-day, read by day, room or class. Blocks."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, insert, select, update

from hub.db.derived_models import LessonRecordRow
from hub.db.engine import reading
from hub.live.lesson_record import LessonRecord

TABLE = LessonRecordRow.metadata.tables["lesson_record"]
Key = tuple[str, str]  # room and lesson


class Changed(msgspec.Struct, frozen=True):
    """How many rows a derivation added, changed and removed; rooms of lessons that other people are expected in now."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    expecting: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class Records:
    """Reads; `replace` and `put` write in the caller's transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_day(self, school: str, day: date) -> list[LessonRecord]:
        """By room, then by time."""
        return self._read((TABLE.c.school == school) & (TABLE.c.day == day.isoformat()))

    def of_room(self, school: str, room: str, first: date, last: date) -> list[LessonRecord]:
        """Of the days from first to last, both included."""
        return self.between(school, first, last, room=room)

    def between(
        self, school: str, first: date, last: date, *, room: str | None = None, limit: int | None = None
    ) -> list[LessonRecord]:
        wanted = (TABLE.c.school == school) & TABLE.c.day.between(first.isoformat(), last.isoformat())
        return self._read(wanted if room is None else wanted & (TABLE.c.room == room), limit)

    def _read(self, wanted: ColumnElement[bool], limit: int | None = None) -> list[LessonRecord]:
        query = select(TABLE.c.record).where(wanted).order_by(TABLE.c.day, TABLE.c.room, TABLE.c.start_ms).limit(limit)
        with reading(self._engine).connect() as connection:
            return [msgspec.convert(record, LessonRecord) for record in connection.scalars(query)]


def replace(connection: Connection, school: str, day: date, records: Sequence[LessonRecord]) -> Changed:
    """The records of that day are these and no others; only what is another is written."""
    return _write(connection, school, day, records, lambda stored: stored)


def put(connection: Connection, school: str, day: date, records: Sequence[LessonRecord]) -> Changed:
    """Write these, and leave the day's other records alone."""
    return _write(connection, school, day, records, lambda _: set())


def _write(connection: Connection, school: str, day: date, records: Sequence[LessonRecord], goes: Any) -> Changed:
    of_day = (TABLE.c.school == school) & (TABLE.c.day == day.isoformat())
    rows = connection.execute(select(TABLE.c.room, TABLE.c.lesson, TABLE.c.record).where(of_day)).all()
    stored: dict[Key, Any] = {(row.room, row.lesson): row.record for row in rows}
    wanted: dict[Key, LessonRecord] = {(record.room, record.lesson): record for record in records}
    gone: set[Key] = goes(set(stored)) - wanted.keys()
    fresh = {key: record for key, record in wanted.items() if key not in stored}
    known = {key: _readable(stored[key]) for key in wanted if key in stored}
    other = {key: wanted[key] for key, before in known.items() if before != wanted[key]}
    expecting = {
        key[0] for key, before in known.items() if before and before.expected_people != wanted[key].expected_people
    }
    is_it = of_day & (TABLE.c.room == bindparam("is_room")) & (TABLE.c.lesson == bindparam("is_lesson"))
    if gone:
        connection.execute(delete(TABLE).where(is_it), [{"is_room": one[0], "is_lesson": one[1]} for one in gone])
    if other:
        named = {name: bindparam(name, type_=TABLE.c[name].type) for name in ("start_ms", "end_ms", "record")}
        changed = [{"is_room": key[0], "is_lesson": key[1]} | _columns(record) for key, record in other.items()]
        connection.execute(update(TABLE).where(is_it).values(**named), changed)
    if fresh:
        connection.execute(insert(TABLE), _rows(fresh.values()))
    return Changed(len(fresh), len(other), len(gone), frozenset(expecting))


def _readable(stored: Any) -> LessonRecord | None:
    """None where another version of the hub wrote it in another shape: then it is written anew."""
    try:
        return msgspec.convert(stored, LessonRecord)
    except msgspec.ValidationError:
        return None


def _rows(records: Iterable[LessonRecord]) -> list[dict[str, Any]]:
    return [
        {"school": one.school, "day": one.day, "room": one.room, "lesson": one.lesson} | _columns(one)
        for one in records
    ]


def _columns(record: LessonRecord) -> dict[str, Any]:
    return {"start_ms": record.start_ms, "end_ms": record.end_ms, "record": msgspec.to_builtins(record)}
