"""Reads an aSc Timetables XML export as a stream into rows with their line numbers; nothing is interpreted here.

Source: the export definition asctt2012.xml: one wrapper per table, one child element per row, all data in attributes.
Errors: Unreadable, naming file and line, for anything that is not such a document.
"""

import re
from pathlib import Path
from typing import BinaryIO
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from hub.school.problems import Unreadable, refuse
from wire.text import Text

MAX_BYTES = 200 * 1024 * 1024
MAX_ROWS = 1_000_000
_CHUNK = 1 << 16
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")

TABLES = {
    "period": "periods", "day": "days", "daysdef": "daysdefs", "weeksdef": "weeksdefs", "termsdef": "termsdefs",
    "subject": "subjects", "teacher": "teachers", "building": "buildings", "classroom": "classrooms",
    "grade": "grades", "class": "classes", "group": "groups", "student": "students", "lesson": "lessons",
    "card": "cards", "break": "breaks", "studentsubject": "studentsubjects",
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
        return tuple(dict.fromkeys(part for part in parts if part))


class Document(msgspec.Struct):
    """All tables by the name of their element (`period`, `card` …)."""

    options: str = ""
    tables: dict[str, list[Row]] = {}
    present: set[str] = set()
    unknown: dict[str, int] = {}

    def rows(self, name: str) -> list[Row]:
        return self.tables.get(name, [])


class _Collector(ContentHandler):
    def __init__(self, file: str) -> None:
        super().__init__()
        self.file, self.document = file, Document(tables={name: [] for name in TABLES})
        self._depth = self._rows = 0
        self._locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802  the name SAX calls
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  the name SAX calls
        self._depth += 1
        line = (self._locator.getLineNumber() or 0) if self._locator else 0
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
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise refuse(path.name, Text(f"tệp quá lớn: {size} byte", f"file too large: {size} bytes, limit {MAX_BYTES}"))
    with path.open("rb") as stream:
        return _parse(stream, path.name)


def _parse(stream: BinaryIO, file: str) -> Document:
    collector = _Collector(file)
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(collector)
    collector.setDocumentLocator(parser)  # feed() does not, only parse() would
    head = stream.read(_CHUNK)
    if not head.strip():
        raise refuse(file, Text("tệp rỗng", "the file is empty"))
    try:
        parser.feed(head)
        while chunk := stream.read(_CHUNK):
            parser.feed(chunk)
        parser.close()
    except DefusedXmlException as forbidden:
        raise refuse(file, _forbidden(forbidden)) from forbidden
    except SAXParseException as broken:
        raise _broken(file, broken, head) from broken
    except (SAXException, ValueError, LookupError) as broken:
        raise refuse(file, Text(f"XML hỏng: {broken}", f"broken XML: {broken}")) from broken
    return collector.document


def _forbidden(forbidden: DefusedXmlException) -> Text:
    kind = type(forbidden).__name__
    return Text(
        f"bị từ chối: tệp khai báo DTD hoặc thực thể XML ({kind}); hãy xuất lại không kèm DOCTYPE",
        f"refused: the file declares a DTD or an XML entity ({kind}); export it again without a DOCTYPE",
    )


def _broken(file: str, broken: SAXParseException, head: bytes) -> Unreadable:
    line, column = broken.getLineNumber(), broken.getColumnNumber()
    reason = broken.getMessage()
    declared = _DECLARED.search(head[:500])
    encoding = declared.group(1).decode("ascii") if declared else "UTF-8"
    vi = f"XML hỏng ở dòng {line}, cột {column}: {reason}"
    en = f"broken XML at line {line}, column {column}: {reason}"
    if "invalid token" in reason or "encoding" in reason:
        vi += f"; có thể tệp không được lưu bằng mã {encoding} như đã khai báo"
        en += f"; perhaps the file is not stored in {encoding} as it declares"
    return refuse(file, Text(vi, en), line)
