"""The API's structures of imports: what was tried, what it would change, what is wrong with it row by row."""

import msgspec

from hub.school.difference import TableDifference
from hub.school.importers.column_map import ColumnMap
from hub.web.api.model import Words


class ImportOut(msgspec.Struct, frozen=True):
    """One line of the history. `undoes` names the import this one took back; `changes` are added, changed, ended."""

    id: int
    school: str
    kind: str
    format: str
    file: str
    digest: str
    source: str
    by: str
    status: str
    time: str
    applied: str | None
    valid_from: str | None
    undoes: int | None
    counts: dict[str, int]
    problems: dict[str, int]
    changes: dict[str, list[int]]


class DoubtOut(msgspec.Struct, frozen=True):
    """A reason to look twice; `holds`: it made the import wait."""

    kind: str
    table: str
    reason: Words
    holds: bool


class ProblemOut(msgspec.Struct, frozen=True):
    file: str
    row: int | None
    column: str | None
    severity: str
    problem: Words


class ImportDetailOut(msgspec.Struct, frozen=True):
    """One import in full, for operators. `why_not_undo` is null where it can be taken back."""

    entry: ImportOut
    tables: tuple[TableDifference, ...] = ()
    table_names: dict[str, Words] = {}
    pupils: tuple[Words, ...] = ()
    doubts: tuple[DoubtOut, ...] = ()
    problems: tuple[ProblemOut, ...] = ()
    problems_left_out: int = 0
    may_decide: bool = False
    why_not_undo: Words | None = None
    column_maps: tuple[ColumnMap, ...] = ()


class ImportOptions(msgspec.Struct, frozen=True):
    """`shrink_pct`: a table that shrinks by more waits for a person."""

    shrink_pct: int
