"""One file to be read: what is asked of a reader, what it hands over, and reading it here and now.

Errors: OSError; a file that is no good as a whole is handed over as the Unreadable it is.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from hub.school.importers.column_map import ColumnMap
from hub.school.importers.formats import read_roster, read_timetable
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.importers.recognition import kind_of, sure_kind_of
from hub.school.kind import Kind
from hub.school.problems import Unreadable

Found = RosterImport | TimetableImport


class Wanted(msgspec.Struct, frozen=True, tag="file"):
    """`kind` None: told by content, `sure` refuses what may be either. `zone`: the school's, for what tells instants.
    `path` is bytes, as a disk has it.
    """

    path: bytes
    kind: Kind | None = None
    zone: str = ""
    column_map: ColumnMap | None = None
    sure: bool = False

    @staticmethod
    def of(
        path: Path, kind: Kind | None = None, zone: str = "", column_map: ColumnMap | None = None, *, sure: bool = False
    ) -> "Wanted":
        return Wanted(os.fsencode(path.absolute()), kind, zone, column_map, sure)

    @property
    def file(self) -> Path:
        return Path(os.fsdecode(self.path))


class Read(msgspec.Struct, frozen=True):
    """What became of it."""

    kind: Kind
    found: Found | Unreadable


Reader = Callable[[Wanted], Read]  # blocks; raises OSError


def read_here(wanted: Wanted) -> Read:
    """In this process. Raises OSError."""
    path, kind = wanted.file, wanted.kind or Kind.ROSTER
    try:
        if wanted.kind is None:
            kind = sure_kind_of(path) if wanted.sure else kind_of(path)
        if kind is Kind.ROSTER:
            return Read(kind, read_roster(path, wanted.column_map))
        return Read(kind, read_timetable(path, wanted.zone, wanted.column_map))
    except Unreadable as refused:
        return Read(kind, refused)
