"""Which importer reads this file: decided by content, never by name. Adding a format is one file and one line here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from hub.school.importers.asc import read_asc
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.importers.oneroster import read_oneroster
from hub.school.importers.source import Source, look_at

T = TypeVar("T", RosterImport, TimetableImport)


class Format(msgspec.Struct, Generic[T], frozen=True):
    """`name` for people, `recognises` looks at content only, `read` raises Unreadable and OSError."""

    name: str
    recognises: Callable[[Source], bool]
    read: Callable[[Path], T]


def _unitime(source: Source) -> bool:
    return b"//UniTime" in source.head  # its root is <timetable> too


# The first that recognises the file reads it; what none does the last one refuses, in words.
ROSTER_FORMATS: tuple[Format[RosterImport], ...] = (Format("OneRoster CSV", lambda _: True, read_oneroster),)
TIMETABLE_FORMATS: tuple[Format[TimetableImport], ...] = (
    Format("aSc Timetables XML", lambda source: b"<timetable " in source.head and not _unitime(source), read_asc),
)


def read_roster(path: Path) -> RosterImport:
    """Raises Unreadable and OSError."""
    return _read(path, ROSTER_FORMATS)


def read_timetable(path: Path) -> TimetableImport:
    """Raises Unreadable and OSError."""
    return _read(path, TIMETABLE_FORMATS)


def _read(path: Path, formats: Sequence[Format[T]]) -> T:
    source = look_at(path)
    for one in formats:
        if one.recognises(source):
            return one.read(path)
    return formats[-1].read(path)  # which says what is wrong with it
