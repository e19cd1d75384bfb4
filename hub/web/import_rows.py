"""One import row by row for the import centre: what changed, filtered and paged, and what a person could mend first."""

from enum import StrEnum

import msgspec

from hub.context import Hub
from hub.db.engine import reading
from hub.school import intake, journal
from hub.school.changed_rows import ImportedRow, RoomsMet, compared_of, rooms_met, rows_of
from hub.school.difference import Compared, Difference, Doubt, DoubtKind, Names, RowState, TableDifference, difference
from hub.school.doubts import table_name
from hub.school.importers.format_names import format_name
from hub.school.journal import ImportRecord, Status, Stream
from hub.school.kept import Gone
from hub.web.api.import_rows_model import ImportRoomsOut, ImportRowOut, ImportRowsOut, ImportTableOut
from hub.web.api.outgoing import words
from hub.web.texts import text
from wire.text import Text

PAGE_ROWS, MOST_ROWS = 50, 500
SHOWN_ROOMS = 40
_SMALLER = frozenset({DoubtKind.SHRINK, DoubtKind.EMPTY})


class Shown(StrEnum):
    """Which rows a person wants to see."""

    ALL = "all"
    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"
    SUSPICIOUS = "suspicious"


class Wanted(msgspec.Struct, frozen=True):
    """A page of an import's rows; `table` "" means all of them."""

    shown: Shown = Shown.ALL
    table: str = ""
    offset: int = 0
    limit: int = PAGE_ROWS


class _Laid(msgspec.Struct, frozen=True):
    compared: tuple[Compared, ...]
    names: Names
    doubts: tuple[Doubt, ...]
    other_source: Text | None = None


def import_rows(hub: Hub, number: int, wanted: Wanted) -> ImportRowsOut:
    """Blocks. What a held import would change is worked out anew. Raises UnknownImport."""
    with reading(hub.engine).begin() as connection:
        entry = journal.record(connection, number)
    laid = _laid(hub, entry)
    every = rows_of(entry.school, laid.compared, laid.names, laid.doubts)
    of_table = [row for row in every if wanted.table in {"", row.table}]
    fitting = [row for row in of_table if _fits(row, wanted.shown)]
    told = difference(entry.school, laid.compared, laid.names)
    return ImportRowsOut(
        total=len(fitting),
        offset=wanted.offset,
        states=_states(of_table),
        tables=tuple(map(_table, _changed(told))),
        rows=tuple(map(_row, fitting[wanted.offset : wanted.offset + wanted.limit])),
        pupils=tuple(map(words, told.pupils)),
        rooms=_rooms(rooms_met(laid.compared, hub.registry.rooms(entry.school))),
        other_source=None if laid.other_source is None else words(laid.other_source),
    )


def sources(hub: Hub, school: str) -> list[str]:
    """Names of the sources a school has beside the usual one: of imports that hold, and of pulls. Blocks."""
    with reading(hub.engine).begin() as connection:
        held = [entry.source for entry in journal.in_force(connection, school)]
    return sorted({*held, *(view.name for view in hub.pulls.view(school))} - {""})


def _laid(hub: Hub, entry: ImportRecord) -> _Laid:
    doubts = tuple(msgspec.convert(one, Doubt) for one in entry.doubts)
    if entry.status == Status.HELD:
        try:
            weighed, _ = intake.reweighed(hub.engine, hub.schools.held, entry, hub.now_ms())
        except Gone:  # it can only be rejected: the page says so
            return _Laid((), Names(), doubts)
        doubts = weighed.difference.doubts
        return _Laid(weighed.compared, weighed.names, doubts, _other_source(hub, entry, doubts))
    with reading(hub.engine).begin() as connection:
        compared, names = compared_of(connection, entry)
    return _Laid(tuple(compared), names, doubts)


def _other_source(hub: Hub, entry: ImportRecord, doubts: tuple[Doubt, ...]) -> Text | None:
    """A small file of another system would end most of what the usual one brought: it was meant beside it. Or it has
    classes of another source: it may well belong to that one.
    """
    if any(doubt.kind is DoubtKind.CLASS_ELSEWHERE for doubt in doubts):
        return text("imports.classes_elsewhere")
    if not any(doubt.kind in _SMALLER for doubt in doubts):
        return None
    with reading(hub.engine).begin() as connection:
        standing = journal.standing(connection, Stream(entry.school, entry.kind, entry.source))
    if standing is None or standing.format == entry.format:
        return None
    held, fresh = format_name(standing.format), format_name(entry.format)
    return Text(
        text("imports.other_source", file=standing.file, format=held.vi, fresh=fresh.vi).vi,
        text("imports.other_source", file=standing.file, format=held.en, fresh=fresh.en).en,
    )


def _fits(row: ImportedRow, shown: Shown) -> bool:
    if shown is Shown.ALL:
        return True
    return row.why is not None if shown is Shown.SUSPICIOUS else row.change.state.value == shown.value


def _states(rows: list[ImportedRow]) -> dict[str, int]:
    counts = {state.value: sum(row.change.state is state for row in rows) for state in RowState}
    suspicious = sum(row.why is not None for row in rows)
    return counts | {Shown.SUSPICIOUS.value: suspicious, Shown.ALL.value: len(rows)}


def _changed(told: Difference) -> list[TableDifference]:
    return [one for one in told.tables if one.added or one.changed or one.ended]


def _table(one: TableDifference) -> ImportTableOut:
    return ImportTableOut(one.table, words(table_name(one.table)), one.added, one.changed, one.ended, one.unchanged)


def _row(row: ImportedRow) -> ImportRowOut:
    change = row.change
    why = None if row.why is None else words(row.why)
    return ImportRowOut(row.table, change.state.value, change.key, change.name, change.fields, why)


def _rooms(met: RoomsMet | None) -> ImportRoomsOut | None:
    return None if met is None else ImportRoomsOut(met.total, met.known, met.unknown[:SHOWN_ROOMS])
