"""Which importer reads this file: decided by content, never by name. Adding a format is one file and one line here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from hub.school.importers.asc import read_asc
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.importers.oneroster import read_oneroster
from hub.school.importers.sds import is_sds, read_sds
from hub.school.importers.source import Source, look_at
from hub.school.importers.unitime import is_unitime, read_unitime
from hub.school.importers.untis import is_untis, read_untis

T = TypeVar("T", RosterImport, TimetableImport)


class Format(msgspec.Struct, Generic[T], frozen=True):
    """`name` for people, `recognises` looks at content only, `read` raises Unreadable and OSError; `read_in` does it
    for a time zone, where a format tells instants.
    """

    name: str
    recognises: Callable[[Source], bool]
    read: Callable[[Path], T]
    read_in: Callable[[Path, str], T] | None = None


# The first that recognises the file reads it; what none does the last one refuses, in words.
ROSTER_FORMATS: tuple[Format[RosterImport], ...] = (
    Format("Microsoft School Data Sync", is_sds, read_sds),
    Format("OneRoster CSV", lambda _: True, read_oneroster),
)
TIMETABLE_FORMATS: tuple[Format[TimetableImport], ...] = (
    Format("UniTime XML", is_unitime, read_unitime),  # its root is <timetable> too
    Format("Untis GPU001", is_untis, read_untis),
    Format("aSc Timetables XML", lambda source: b"<timetable " in source.head, read_asc),
)


def read_roster(path: Path) -> RosterImport:
    """Raises Unreadable and OSError."""
    return _read(path, ROSTER_FORMATS)


def read_timetable(path: Path, zone: str = "") -> TimetableImport:
    """Raises Unreadable and OSError. `zone`: the school's; without one a calendar's own local time is taken."""
    return _read(path, TIMETABLE_FORMATS, zone)


def _read(path: Path, formats: Sequence[Format[T]], zone: str = "") -> T:
    source = look_at(path)
    one = next((one for one in formats if one.recognises(source)), formats[-1])  # the last says what is wrong with it
    return one.read_in(path, zone) if zone and one.read_in is not None else one.read(path)
