"""Which importer reads this file: decided by content, never by name. Adding a format is one file and one line here."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from hub.school.importers.asc import TimetableImport, read_asc
from hub.school.importers.oneroster import RosterImport, read_oneroster
from hub.school.problems import refuse
from wire.text import Text

HEAD_BYTES = 4096


class TimetableFormat(msgspec.Struct, frozen=True):
    """A format, what betrays it in the first bytes, and its reader (None: recognised, not read yet)."""

    name: str
    mark: bytes
    read: Callable[[Path], TimetableImport] | None = None


TIMETABLE_FORMATS = (
    TimetableFormat("UniTime XML", b"//UniTime"),  # its root is <timetable> too
    TimetableFormat("aSc Timetables XML", b"<timetable ", read_asc),
    TimetableFormat("iCalendar", b"BEGIN:VCALENDAR"),
)


def read_timetable(path: Path) -> TimetableImport:
    """Raises Unreadable and OSError."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES).replace(b"\0", b"")  # UTF-16 looks like ASCII then
    for one in TIMETABLE_FORMATS:
        if one.mark in head:
            if one.read is None:
                text = Text(f"nhận ra {one.name}, định dạng này chưa đọc được", f"this is {one.name}, not read yet")
                raise refuse(path.name, text)
            return one.read(path)
    return read_asc(path)  # which says what is wrong with it


def read_roster(path: Path) -> RosterImport:
    """Raises Unreadable and OSError."""
    return read_oneroster(path)
