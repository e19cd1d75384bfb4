"""Which importer reads this file: decided by content, never by name. Adding a format is one file and one line here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from hub.school.importers.asc import is_asc, read_asc
from hub.school.importers.column_map import ColumnMap
from hub.school.importers.edfi import is_edfi, read_edfi_roster
from hub.school.importers.edfi_timetable import read_edfi_timetable
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.importers.ics import is_ics, read_ics
from hub.school.importers.oneroster import read_oneroster
from hub.school.importers.sds import is_sds, read_sds
from hub.school.importers.source import Source, look_at
from hub.school.importers.spreadsheet import (
    is_roster_sheet,
    is_timetable_sheet,
    read_roster_sheet,
    read_timetable_sheet,
)
from hub.school.importers.strangers import has_oneroster_files, refuse_clever, refuse_mixture, refuse_strange
from hub.school.importers.unitime import is_unitime, read_unitime
from hub.school.importers.untis import is_untis, read_untis
from hub.school.importers.xlsx import is_xlsx
from hub.school.problems import Unreadable, refuse
from wire.text import Text

T = TypeVar("T", RosterImport, TimetableImport)
U = TypeVar("U", RosterImport, TimetableImport)


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
    Format("Ed-Fi", is_edfi, read_edfi_roster),
    Format("Microsoft School Data Sync", is_sds, read_sds),
    Format("spreadsheet", is_roster_sheet, read_roster_sheet),
    Format("OneRoster CSV", lambda _: True, read_oneroster),
)
TIMETABLE_FORMATS: tuple[Format[TimetableImport], ...] = (
    Format("UniTime XML", is_unitime, read_unitime),  # its root is <timetable> too
    Format("Ed-Fi", is_edfi, read_edfi_timetable),
    Format("iCalendar", is_ics, read_ics, read_ics),
    Format("Untis GPU001", is_untis, read_untis),
    Format("spreadsheet", is_timetable_sheet, read_timetable_sheet),
    Format("aSc Timetables XML", is_asc, read_asc),
)


def read_roster(path: Path, column_map: ColumnMap | None = None) -> RosterImport:
    """Raises Unreadable and OSError. `column_map` says that it is a spreadsheet, and how its columns are to be read."""
    if column_map is not None:
        return read_roster_sheet(path, column_map)
    source = look_at(path)
    refuse_mixture(source)
    refuse_clever(source)
    one = _recognised(source, ROSTER_FORMATS[:-1])
    if one is None and not has_oneroster_files(source):
        _refuse(source, TIMETABLE_FORMATS, Text("thời khóa biểu", "a timetable"), "classhub timetable check")
        if source.head or is_xlsx(source.names):
            return read_roster_sheet(path)
    return (one or ROSTER_FORMATS[-1]).read(path)  # which says what is wrong with it


def read_timetable(path: Path, zone: str = "", column_map: ColumnMap | None = None) -> TimetableImport:
    """Raises Unreadable and OSError. `zone`: the school's; without one a calendar's own local time is taken."""
    if column_map is not None:
        return read_timetable_sheet(path, column_map)
    source = look_at(path)
    one = _recognised(source, TIMETABLE_FORMATS)
    if one is None:
        rosters = ROSTER_FORMATS if has_oneroster_files(source) else ROSTER_FORMATS[:-1]
        _refuse(source, rosters, Text("danh sách", "a roster"), "classhub roster check")
        if is_xlsx(source.names):
            return read_timetable_sheet(path)
        if b"<" not in source.head and source.head.strip():
            raise _unknown(source, TIMETABLE_FORMATS)
        one = TIMETABLE_FORMATS[-1]  # which says what is wrong with it
    return one.read_in(path, zone) if zone and one.read_in is not None else one.read(path)


def _unknown(source: Source, formats: Sequence[Format[T]]) -> Unreadable:
    known = ", ".join(one.name for one in formats)
    text = Text(f"không nhận ra định dạng; đọc được: {known}", f"no known format; those read are: {known}")
    return refuse(source.path.name, text)


def _recognised(source: Source, formats: Sequence[Format[T]]) -> Format[T] | None:
    return next((one for one in formats if one.recognises(source)), None)


def _refuse(source: Source, others: Sequence[Format[U]], what: Text, command: str) -> None:
    """Raises Unreadable where the file is something else that has a name."""
    other = _recognised(source, others)
    if other is not None:
        text = Text(f"đây là {what.vi} ({other.name}): {command}", f"this is {what.en} ({other.name}): {command}")
        raise refuse(source.path.name, text)
    refuse_strange(source)
