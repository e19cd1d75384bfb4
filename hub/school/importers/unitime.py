"""UniTime XML: a course timetable export, or a room availability answer, as a Timetable.

Source: UniTime's interface examples in ../shared/data/timetables/unitime (Apache-2.0) and their attributes.
Classes without dates are the term's whole weeks; classes with dates, and events, are lessons of those dates.
Errors: Unreadable for the whole file; everything smaller is a Problem and the rest is imported.
"""

import re
from pathlib import Path

from hub.school.importers.found import TimetableImport
from hub.school.importers.source import Source
from hub.school.importers.unitime_classes import ClassReader
from hub.school.importers.unitime_events import read_events
from hub.school.importers.unitime_xml import UniTime, read_unitime_xml
from hub.school.problems import Findings
from hub.school.timetable import Timetable
from wire.text import Text

FORMAT = "unitime"
# without the DOCTYPE its own files have; the input of its solver is told apart by the reader
_TIMETABLE = re.compile(rb"<timetable\s[^>]*\b(?:campus|slotsPerDay)\s*=")
WHOLE_TERM = Text(
    "giả định: lớp không ghi ngày: chạy mọi tuần của học kỳ, học kỳ do niên lịch của trường",
    "assumed: classes without dates run every week of the term; the school's calendar says when the term is",
)


def is_unitime(source: Source) -> bool:
    head = source.head
    return (
        b"//UniTime" in head
        or _TIMETABLE.search(head) is not None
        or b"<offerings " in head
        or (b"<availability " in head and b"timeFormat" in head)
    )


def read_unitime(path: Path) -> TimetableImport:
    """Raises Unreadable and OSError."""
    findings = Findings()
    document = read_unitime_xml(path)
    if document.root in {"availability", "roomAvailability"}:
        timetable, counts = read_events(document, path.name, findings)
        return TimetableImport(FORMAT, timetable, counts, {}, findings)
    return _classes(document, path.name, findings)


def _classes(document: UniTime, file: str, findings: Findings) -> TimetableImport:
    reader = ClassReader(document, file, findings)
    reader.read()
    timetable = Timetable(
        bells=tuple(reader.bells.values()),
        rooms=tuple(reader.rooms.values()),
        subjects=tuple(reader.subjects.values()),
        teachers=tuple(reader.teachers.values()),
        classes=tuple(reader.classes.values()),
        lessons=tuple(reader.lessons),
        cards=tuple(reader.cards),
        dated=tuple(reader.dated),
    )
    counts = {
        "periods": len(reader.spans),
        "teachers": len(reader.teachers),
        "rooms": len(reader.rooms),
        "classes": len(document.classes),
        "groups": 0,
        "subjects": len(reader.subjects),
        "lessons": len(document.classes),
        "cards": sum(len(one.all("time")) + len(one.all("meeting")) for one in document.classes),
        "dated": len(reader.dated),
        "arranged_hours": sum(bool(one.all("arrangeTime")) for one in document.classes),
        "cancelled": reader.cancelled,
    }
    return TimetableImport(FORMAT, timetable, counts, {}, findings, assumed=(WHOLE_TERM,) if reader.cards else ())
