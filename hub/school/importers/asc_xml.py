"""Reads an aSc Timetables XML export as a stream into rows with their line numbers; nothing is interpreted here.

Source: the export definition asctt2012.xml: one wrapper per table, one child element per row, all data in attributes.
Errors: Unreadable, naming file and line, for anything that is not such a document.
"""

from pathlib import Path
from xml.sax.xmlreader import AttributesImpl

import msgspec

from hub.school.importers.xml_stream import LineHandler, declared_wrongly, parse_xml
from hub.school.problems import refuse
from wire.text import Text

MAX_ROWS = 250_000  # the largest export at hand has 14,000; so many take 350 MB

TABLES = {
    "period": "periods", "day": "days", "daysdef": "daysdefs", "weeksdef": "weeksdefs", "termsdef": "termsdefs",
    "subject": "subjects", "teacher": "teachers", "building": "buildings", "classroom": "classrooms",
    "grade": "grades", "class": "classes", "group": "groups", "student": "students", "lesson": "lessons",
    "card": "cards", "break": "breaks", "studentsubject": "studentsubjects",
    "TimeTableSchedule": "TimeTableSchedules", "classtimetable": "classtimetables", "dayperiod": "dayperiods",
}  # fmt: skip


class Row(msgspec.Struct, frozen=True):
    """One element: the line it begins on and its attributes, trimmed."""

    line: int
    values: dict[str, str]

    def get(self, *names: str) -> str:
        """The first attribute of these names that is there, "" where none is."""
        for name in names:
            if name in self.values:
                return self.values[name]
        return ""

    def number(self, name: str) -> int | None:
        """A count of at most nine digits, None where the attribute is no such number."""
        text = self.get(name)
        return int(text) if text.isdecimal() and len(text) <= 9 else None  # noqa: PLR2004

    def ids(self, *names: str) -> tuple[str, ...]:
        """A comma list of ids, without empty ones and repetitions, in order."""
        parts = (part.strip() for part in self.get(*names).split(","))
        return tuple(dict.fromkeys(part for part in parts if part and part != "*"))  # a lone star means none


class Document(msgspec.Struct):
    """All tables by the name of their element (`period`, `card` …); `declared`: an encoding it names and is not in."""

    options: str = ""
    declared: str = ""
    tables: dict[str, list[Row]] = {}
    present: set[str] = set()
    unknown: dict[str, int] = {}

    def rows(self, name: str) -> list[Row]:
        return self.tables.get(name, [])


class _Collector(LineHandler):
    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.document = Document(tables={name: [] for name in TABLES})
        self._depth = self._rows = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  the name SAX calls
        self._depth += 1
        line = self.line
        if self._depth == 1:
            self._root(name, attrs, line)
        elif name in self.document.tables and self._depth > 2:  # noqa: PLR2004  root, table, row
            self._rows += 1
            if self._rows > MAX_ROWS:
                raise refuse(self.file, Text(f"hơn {MAX_ROWS} dòng", f"more than {MAX_ROWS} rows"), line)
            self.document.tables[name].append(Row(line, {key: value.strip() for key, value in attrs.items()}))
        elif self._depth == 2:  # noqa: PLR2004
            self.document.present.add(name)
            if name not in TABLES.values():
                self.document.unknown[name] = line

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802  the name SAX calls
        self._depth -= 1

    def _root(self, name: str, attrs: AttributesImpl, line: int) -> None:
        if name != "timetable":
            raise refuse(
                self.file,
                Text(
                    f"không phải tệp aSc Timetables: phần tử gốc là <{name}>, cần <timetable>",
                    f"not an aSc Timetables file: the root element is <{name}>, expected <timetable>",
                ),
                line,
            )
        self.document.options = attrs.get("options", "")


def read_document(path: Path) -> Document:
    """Raises Unreadable; OSError where the file cannot be opened."""
    collector = _Collector(path.name)
    parse_xml(path, collector)
    collector.document.declared = declared_wrongly(path)
    return collector.document
