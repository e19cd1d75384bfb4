"""The record of imports in SQL: what was tried, held, applied and undone, in which order, and what schools chose."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from hub.db.models import SchoolRow
from hub.db.school_models import SchoolImportRow, SchoolOptionRow
from hub.school.kind import Kind

__all__ = ["IMPORTS", "Kind"]

IMPORTS = SchoolImportRow.metadata.tables["school_import"]
OPTIONS = SchoolOptionRow.metadata.tables["school_option"]
SHRINK_PCT, SHRINK_PCT_USUAL = "shrink_pct", 10


class UnknownSchool(LookupError):
    """An import for a school nobody has set up."""


class UnknownImport(LookupError):
    """No import has this number."""


class Status(StrEnum):
    """HELD: a person has to decide. REFUSED: unreadable, or a person said no. UNDONE: applied once, not any more."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    HELD = "held"
    REFUSED = "refused"
    UNDONE = "undone"


class ImportRecord(msgspec.Struct, frozen=True):
    """One line of the import history. `undoes` names the import that this line took back."""

    id: int
    school: str
    kind: str
    format: str
    file: str
    digest: str
    imported_ms: int
    status: str
    valid_from: str | None
    counts: dict[str, int]
    problems: dict[str, int]
    source: str = ""
    by: str = ""
    applied_ms: int | None = None
    undone_ms: int | None = None
    undoes: int | None = None
    turn: int | None = None
    options: dict[str, Any] = {}
    doubts: list[dict[str, Any]] = []
    changes: dict[str, list[int]] = {}


class Stream(msgspec.Struct, frozen=True):
    """Imports that follow on each other: of one school, kind and source."""

    school: str
    kind: str
    source: str = ""


def timezone_of(connection: Connection, school: str) -> str:
    """Raises UnknownSchool."""
    table = SchoolRow.metadata.tables["school"]
    zone = connection.execute(select(table.c.timezone).where(table.c.id == school)).scalar()
    if zone is None:
        raise UnknownSchool(school)
    return str(zone)


def next_instant(connection: Connection, school: str, now_ms: int) -> int:
    """The instant from which a change is believed: now, and later than every change of the school before."""
    newest = connection.execute(select(func.max(IMPORTS.c.applied_ms)).where(IMPORTS.c.school == school)).scalar()
    return max(now_ms, int(newest or 0) + 1)


def next_turn(connection: Connection) -> int:
    """The number of the next change of any school's data."""
    return int(connection.execute(select(func.max(IMPORTS.c.turn))).scalar() or 0) + 1


def write(connection: Connection, **values: Any) -> int:
    """One more line; its number."""
    given = {"options": {}, "counts": {}, "problems": {}, "doubts": [], "changes": {}} | values
    added = connection.execute(insert(IMPORTS).values(**given))
    key = added.inserted_primary_key
    return int(key[0]) if key is not None else 0


def amend(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(update(IMPORTS).where(IMPORTS.c.id == number).values(**values))


def record(connection: Connection, number: int) -> ImportRecord:
    """Raises UnknownImport."""
    found = connection.execute(select(IMPORTS).where(IMPORTS.c.id == number)).mappings().first()
    if found is None:
        raise UnknownImport(number)
    return _record(found)


def history(connection: Connection, school: str | None, limit: int) -> list[ImportRecord]:
    """The newest first."""
    wanted = select(IMPORTS).order_by(IMPORTS.c.id.desc()).limit(limit)
    if school is not None:
        wanted = wanted.where(IMPORTS.c.school == school)
    return [_record(row) for row in connection.execute(wanted).mappings()]


def standing(connection: Connection, stream: Stream) -> ImportRecord | None:
    """The import whose rows hold now: the newest applied and not undone."""
    wanted = _of(stream).where(IMPORTS.c.status == Status.APPLIED, IMPORTS.c.undoes.is_(None))
    found = connection.execute(wanted.order_by(IMPORTS.c.applied_ms.desc()).limit(1)).mappings().first()
    return None if found is None else _record(found)


def in_force(connection: Connection, school: str) -> list[ImportRecord]:
    """Of each kind and source of a school's imports the one whose rows hold now, newest first; no edits by hand."""
    newest_of = (
        select(func.max(IMPORTS.c.applied_ms))
        .where(
            IMPORTS.c.school == school,
            IMPORTS.c.status == Status.APPLIED,
            IMPORTS.c.undoes.is_(None),
            IMPORTS.c.kind != Kind.EDIT,
        )
        .group_by(IMPORTS.c.kind, IMPORTS.c.source)
    )
    wanted = select(IMPORTS).where(IMPORTS.c.school == school, IMPORTS.c.applied_ms.in_(newest_of))
    found = connection.execute(wanted.order_by(IMPORTS.c.applied_ms.desc())).mappings()
    return [_record(row) for row in found]


def applied_after(connection: Connection, entry: ImportRecord) -> list[ImportRecord]:
    """Everything of the same stream that was applied later and stands, undoings included, newest first."""
    wanted = _of(Stream(entry.school, entry.kind, entry.source)).where(
        IMPORTS.c.status == Status.APPLIED, IMPORTS.c.applied_ms > (entry.applied_ms or 0)
    )
    return [_record(row) for row in connection.execute(wanted.order_by(IMPORTS.c.applied_ms.desc())).mappings()]


def held(connection: Connection, stream: Stream) -> list[ImportRecord]:
    """What waits for a person, newest first."""
    wanted = _of(stream).where(IMPORTS.c.status == Status.HELD).order_by(IMPORTS.c.id.desc())
    return [_record(row) for row in connection.execute(wanted).mappings()]


def newest(connection: Connection, stream: Stream) -> ImportRecord | None:
    found = connection.execute(_of(stream).order_by(IMPORTS.c.id.desc()).limit(1)).mappings().first()
    return None if found is None else _record(found)


def option(connection: Connection, school: str, name: str, usual: Any) -> Any:
    wanted = select(OPTIONS.c.value).where(OPTIONS.c.school == school, OPTIONS.c.name == name)
    found = connection.execute(wanted).first()
    return usual if found is None else found.value


def choose(connection: Connection, school: str, name: str, value: Any, who: str, now_ms: int) -> None:
    """Raises UnknownSchool."""
    timezone_of(connection, school)
    changed = connection.execute(
        update(OPTIONS)
        .where(OPTIONS.c.school == school, OPTIONS.c.name == name)
        .values(value=value, set_by=who, at_ms=now_ms)
    )
    if not changed.rowcount:
        connection.execute(insert(OPTIONS).values(school=school, name=name, value=value, set_by=who, at_ms=now_ms))


def forget_choice(connection: Connection, school: str, name: str) -> bool:
    """Whether there was one."""
    chosen = delete(OPTIONS).where(OPTIONS.c.school == school, OPTIONS.c.name == name)
    return bool(connection.execute(chosen).rowcount)


def _of(stream: Stream) -> Any:
    return select(IMPORTS).where(
        IMPORTS.c.school == stream.school, IMPORTS.c.kind == stream.kind, IMPORTS.c.source == stream.source
    )


def _record(row: Mapping[Any, Any]) -> ImportRecord:
    named = {str(name): value for name, value in row.items()}
    return msgspec.convert(named | {"by": named["taken_by"]}, ImportRecord)
