"""Writes what people set by hand as rows of their own source, recorded and reversible like any import."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select

from hub.db.school_models import BellRow, HeldRow, PlanChangeRow, PlanDayRow
from hub.derived import due
from hub.school import journal
from hub.school.bells import HAND
from hub.school.edits import DropBells, DropChange, DropDays, Edit, SetBells, SetChange, SetDays, check, days_of
from hub.school.held import ALWAYS, Change, Comparison, Stamp, compare, write
from hub.school.intake import ImportResult
from hub.school.journal import Kind, Status
from hub.school.problems import Findings
from hub.school.rows import values_of
from hub.school.timetable import Timetable


def edit_by_hand(engine: Engine, school: str, edit: Edit, who: str, now_ms: int) -> ImportResult:
    """Raises RefusedEdit, UnknownSchool; then nothing is written. One that changes nothing is not recorded."""
    check(edit)
    with engine.begin() as connection:
        journal.timezone_of(connection, school)
        since = edit.since.isoformat() if isinstance(edit, SetBells | DropBells) else ALWAYS
        stamp = Stamp(school, 0, since, journal.next_instant(connection, school, now_ms), HAND)
        comparison = _compared(connection, edit, stamp)
        if not comparison.replaced and len(comparison.kept) == len(comparison.items):
            return ImportResult(0, Status.UNCHANGED, Change(), Findings())
        number = _record(connection, edit, stamp, who, now_ms)
        change = write(connection, comparison, msgspec.structs.replace(stamp, import_id=number))
        counts = {comparison.table.name.partition("_")[2]: list(msgspec.structs.astuple(change))}
        journal.amend(connection, number, changes=counts)
        first, last = _touched(edit, comparison, now_ms)
        due.mark(connection, school, first, last, due.Reason.EDIT, stamp.now_ms)
    return ImportResult(number, Status.APPLIED, change, Findings())


def _compared(connection: Connection, edit: Edit, stamp: Stamp) -> Comparison:
    model: type[HeldRow] = PlanChangeRow
    said, gone = Timetable(), frozenset[str]()
    attribute = "changes"
    if isinstance(edit, SetChange):
        said = Timetable(changes=(edit.change,))
    elif isinstance(edit, DropChange):
        gone = frozenset({edit.id})
    elif isinstance(edit, SetDays):
        model, attribute, said = PlanDayRow, "days", Timetable(days=edit.days)
    elif isinstance(edit, DropDays):
        model, attribute, gone = PlanDayRow, "days", frozenset(day.isoformat() for day in edit.days)
    else:
        model, attribute, gone = BellRow, "bells", _bells_now(connection, stamp.school, edit.schedule)
        if isinstance(edit, SetBells):
            bells = (msgspec.structs.replace(bell, schedule=edit.schedule) for bell in edit.bells)
            said = Timetable(bells=tuple(bells))
    return compare(connection, model, values_of(said, attribute), stamp, gone=gone)


def _bells_now(connection: Connection, school: str, schedule: str) -> frozenset[str]:
    table = BellRow.metadata.tables[BellRow.__tablename__]
    ours = (table.c.school == school, table.c.source == HAND, table.c.superseded_ms.is_(None))
    return frozenset(connection.scalars(select(table.c.key).where(*ours, table.c.schedule == schedule)))


def _touched(edit: Edit, comparison: Comparison, now_ms: int) -> tuple[date, date]:
    """The days that have to be derived anew; those to come are left out by whoever derives."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date() + timedelta(days=1)
    if isinstance(edit, SetBells | DropBells):
        return edit.since, today
    told = days_of(edit)
    days = list(told) if told is not None else []
    days += [date.fromisoformat(row["day"]) for row in comparison.replaced if "day" in row]
    return min(days, default=today), max(days, default=today)


def _record(connection: Connection, edit: Edit, stamp: Stamp, who: str, now_ms: int) -> int:
    told: dict[str, Any] = msgspec.to_builtins(edit)
    return journal.write(
        connection,
        school=stamp.school,
        kind=Kind.EDIT,
        format=HAND,
        file=str(told["type"]),
        digest=hashlib.sha256(msgspec.json.encode(edit)).hexdigest(),
        imported_ms=now_ms,
        status=Status.APPLIED,
        valid_from=stamp.valid_from,
        options={"edit": told},
        source=HAND,
        taken_by=who,
        applied_ms=stamp.now_ms,
        turn=journal.next_turn(connection),
    )
