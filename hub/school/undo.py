"""Taking an import back: what was believed before it is believed again. An undoing is recorded and can be undone."""

from datetime import date, timedelta

import msgspec
from sqlalchemy import Connection, Engine, select

from hub.derived import due
from hub.school import journal, rows
from hub.school.held import ALWAYS, Change, Stamp, restore
from hub.school.intake import ImportResult, mark_due
from hub.school.journal import ImportRecord, Kind, Status
from hub.school.problems import Findings
from wire.text import Text

_DATED = ("plan_dated", "plan_day", "plan_change")


class CannotUndo(Exception):
    """`text` says why, and what to do first."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


def undo(engine: Engine, number: int, who: str, now_ms: int) -> ImportResult:
    """Take back an applied import, or an undoing. Raises UnknownImport, CannotUndo; then nothing is written.

    Rows stay on both axes: what was believed in between can still be asked for.
    """
    with engine.begin() as connection:
        entry = journal.record(connection, number)
        _refuse(connection, entry)
        instant = journal.next_instant(connection, entry.school, now_ms)
        back = _record(connection, entry, who, now_ms, instant)
        stamp = Stamp(entry.school, back, entry.valid_from or ALWAYS, instant, entry.source)
        change = Change()
        changes: dict[str, list[int]] = {}
        for model in rows.models_of(entry.kind):
            one = restore(connection, model, stamp, (entry.applied_ms or 0) - 1)
            change += one
            if one != Change():
                changes[model.__tablename__.partition("_")[2]] = list(msgspec.structs.astuple(one))
        journal.amend(connection, number, status=Status.UNDONE, undone_ms=instant)
        journal.amend(connection, back, changes=changes)
        _turn_over(connection, entry.undoes, instant)
        if change != Change():
            _mark_due(connection, stamp, entry.kind)
    return ImportResult(back, Status.UNDONE, change, Findings(), entry.counts)


def undoable(connection: Connection, entry: ImportRecord) -> Text | None:
    """None where it can be taken back, else why not."""
    if entry.status != Status.APPLIED or entry.applied_ms is None:
        return Text(
            f"lần nhập {entry.id} không đang có hiệu lực (trạng thái: {entry.status})",
            f"import {entry.id} is not in force (its status: {entry.status})",
        )
    undone = _undone_after(connection, entry, entry.applied_ms)
    standing = [one for one in journal.applied_after(connection, entry) if one.undoes not in undone]
    if standing:
        first = standing[0].id
        return Text(
            f"sau lần nhập {entry.id} còn {len(standing)} thay đổi mới hơn: hãy hoàn tác lần {first} trước",
            f"{len(standing)} newer changes rest on import {entry.id}: undo number {first} first",
        )
    return None


def _turn_over(connection: Connection, number: int | None, instant: int) -> None:
    """What an undoing had taken back stands again, and what that had taken back does not, and so on."""
    stands = True
    while number is not None:
        journal.amend(
            connection,
            number,
            status=Status.APPLIED if stands else Status.UNDONE,
            undone_ms=None if stands else instant,
        )
        number, stands = journal.record(connection, number).undoes, not stands


def _refuse(connection: Connection, entry: ImportRecord) -> None:
    why = undoable(connection, entry)
    if why is not None:
        raise CannotUndo(why)


def _undone_after(connection: Connection, entry: ImportRecord, instant: int) -> set[int]:
    """What was applied later and taken back since: an undoing of it leaves nothing behind."""
    table = journal.IMPORTS
    wanted = select(table.c.id).where(
        table.c.school == entry.school,
        table.c.kind == entry.kind,
        table.c.source == entry.source,
        table.c.status == Status.UNDONE,
        table.c.applied_ms > instant,
    )
    return set(connection.scalars(wanted))


def _record(connection: Connection, entry: ImportRecord, who: str, now_ms: int, instant: int) -> int:
    return journal.write(
        connection,
        school=entry.school,
        kind=entry.kind,
        format=entry.format,
        file=entry.file,
        digest=entry.digest,
        imported_ms=now_ms,
        status=Status.APPLIED,
        valid_from=entry.valid_from,
        source=entry.source,
        taken_by=who,
        applied_ms=instant,
        undoes=entry.id,
        turn=journal.next_turn(connection),
    )


def _mark_due(connection: Connection, stamp: Stamp, kind: str) -> None:
    """The days of which something else is believed now: of an edit of single days those alone, else all since then."""
    days = _touched(connection, stamp)
    if kind == Kind.EDIT and stamp.valid_from == ALWAYS:
        for day in map(date.fromisoformat, days):  # a week said for one day is said for its whole week
            monday = day - timedelta(days=day.weekday())
            due.mark(connection, stamp.school, monday, monday + timedelta(days=6), due.Reason.UNDONE, stamp.now_ms)
    else:
        mark_due(connection, stamp, min([stamp.valid_from, *days]), due.Reason.UNDONE)


def _touched(connection: Connection, stamp: Stamp) -> list[str]:
    """The dates that rows of a date of their own were changed for, in order."""
    days: set[str] = set()
    for model in rows.models_of("timetable"):
        if model.__tablename__ in _DATED:
            table = model.metadata.tables[model.__tablename__]
            day = table.c.day if "day" in table.c else table.c.key
            touched = (table.c.learned_ms == stamp.now_ms) | (table.c.superseded_ms == stamp.now_ms)
            wanted = select(day).distinct().where(table.c.school == stamp.school, touched)
            days.update(map(str, connection.scalars(wanted)))
    return sorted(days)
