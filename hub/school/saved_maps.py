"""How a school's spreadsheets are to be read, as a person said on the import page; the command line obeys, too."""

from collections.abc import Callable

import msgspec
from sqlalchemy import Engine

from hub.db.engine import reading
from hub.school import journal
from hub.school.importers.column_map import ColumnMap, SheetKind
from hub.school.intake import Attempt
from hub.school.journal import Kind

COLUMN_MAP = "column_map."


def saved_maps(engine: Engine, school: str) -> list[ColumnMap]:
    """One a kind of sheet."""
    with reading(engine).begin() as connection:
        found = [journal.option(connection, school, f"{COLUMN_MAP}{kind.value}", None) for kind in SheetKind]
    return [msgspec.convert(one, ColumnMap) for one in found if one is not None]


def read_as_saved(engine: Engine, read: Callable[[ColumnMap | None], Attempt]) -> Attempt:
    """`read` by its own proposal, then by the school's map where there is one that fits. Raises what `read` raises."""
    attempt = read(None)
    for saved in _fitting(engine, attempt):
        again = read(saved)
        if again.thing is not None:
            return again
    return attempt


def _fitting(engine: Engine, attempt: Attempt) -> list[ColumnMap]:
    """Of a spreadsheet that was read by proposal the map saved for its one kind; of one that could not be, any."""
    kinds = {one.kind for one in attempt.column_maps}
    if attempt.thing is not None and len(kinds) != 1:
        return []
    timetable = attempt.kind is Kind.TIMETABLE
    fits = [one for one in saved_maps(engine, attempt.school) if (one.kind is SheetKind.TIMETABLE) == timetable]
    return [one for one in fits if attempt.thing is None or one.kind in kinds]
