"""Ed-Fi interchange XML as a stream of records: one top-level element at a time, so that large files stay small.

Source: Ed-Fi Data Standard 5.2 samples and interchange schemas (Ed-Fi-Alliance-OSS/Ed-Fi-Data-Standard, Apache-2.0).
Errors: Unreadable for a file that is no interchange; OSError from files.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.sax.xmlreader import AttributesImpl

import msgspec

from hub.school.importers.source import Source
from hub.school.importers.xml_stream import LineHandler, parse_xml
from hub.school.problems import refuse
from wire.text import Text

_FIRST_GENERATION = "http://ed-fi.org/01"  # its namespace; 0200, 0220 and ed-fi.org/5.2 came later
MAX_LEAVES = 400
MAX_TEXT = 2_000
MAX_FILES = 100
MAX_DEPTH = 40


class Record(msgspec.Struct):
    """One top-level element: its leaves in order as path and text, and what it points at by `ref`."""

    kind: str
    file: str
    line: int
    id: str = ""
    leaves: list[tuple[str, str]] = []
    refs: list[tuple[str, str]] = []

    def all(self, leaf: str, under: str = "") -> list[str]:
        """Texts of that element name, anywhere below an element of the other name."""
        return [
            text
            for path, text in self.leaves
            if path.endswith(f"/{leaf}") and (not under or f"/{under}/" in path) and text
        ]

    def get(self, leaf: str, under: str = "") -> str:
        return next(iter(self.all(leaf, under)), "")

    def day(self, leaf: str) -> date | None:
        try:
            return date.fromisoformat(self.get(leaf)[:10])
        except ValueError:
            return None


class _Collector(LineHandler):
    def __init__(self, file: str, take: Callable[[Record], None], counts: Counter[str], wanted: frozenset[str]) -> None:
        super().__init__(file)
        self._take, self._counts, self._wanted = take, counts, wanted
        self._names: list[str] = []
        self._record: Record | None = None
        self._text: list[str] = []

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  the name SAX calls
        plain = name.rpartition(":")[2]
        self._names.append(plain)
        self._text = []
        depth = len(self._names)
        if depth == 1 and not plain.startswith("Interchange"):
            said = Text(f"không phải tệp Ed-Fi: gốc là <{plain}>", f"not an Ed-Fi interchange: its root is <{plain}>")
            raise refuse(self.file, said, self.line)
        if depth == 1 and any(value.startswith(_FIRST_GENERATION) for value in attrs.values()):
            said = Text(
                "Ed-Fi thế hệ 1 (2012): mã trường, lớp, học sinh đặt tên khác; hãy xuất theo Ed-Fi 2 trở lên",
                "Ed-Fi of the first generation (2012), which names schools, sections and pupils otherwise: "
                "export Ed-Fi 2 or later",
            )
            raise refuse(self.file, said, self.line)
        if depth > MAX_DEPTH:
            raise refuse(self.file, Text("lồng nhau quá sâu", "nested too deep"), self.line)
        if depth == 2:  # noqa: PLR2004
            self._counts[plain] += 1
            wanted = plain in self._wanted
            self._record = Record(plain, self.file, self.line, attrs.get("id", ""), [], []) if wanted else None
        elif self._record is not None and "ref" in attrs:
            self._record.refs.append((plain, attrs["ref"]))

    def characters(self, content: str) -> None:
        if self._record is not None and len(self._text) < MAX_TEXT:
            self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802  the name SAX calls
        record = self._record
        if record is not None:
            text = "".join(self._text).strip()[:MAX_TEXT]
            if text and len(record.leaves) < MAX_LEAVES:
                record.leaves.append(("/".join(["", *self._names[2:]]), text))
            if len(self._names) == 2:  # noqa: PLR2004
                self._take(record)
                self._record = None
        self._text = []
        self._names.pop()


def is_edfi(source: Source) -> bool:
    """An interchange file, or a folder with one."""
    if source.path.is_dir():
        return any(_is_interchange(_head(path)) for path in interchanges(source.path))
    return _is_interchange(source.head)


def _is_interchange(head: bytes) -> bool:
    return b"<Interchange" in head and b"ed-fi" in head.lower()


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(2_048)


def interchanges(path: Path) -> list[Path]:
    """The XML files of a folder in order, or the file itself."""
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.is_file() and one.suffix.lower() == ".xml")[:MAX_FILES]


def read_records(path: Path, wanted: frozenset[str], take: Callable[[Record], None]) -> Counter[str]:
    """Hands over the wanted records one by one; how many of each kind there are. Raises Unreadable and OSError."""
    counts: Counter[str] = Counter()
    for one in interchanges(path):
        if path.is_dir() and not _is_interchange(_head(one)):
            continue
        parse_xml(one, _Collector(one.name, take, counts, wanted))
    if not counts:
        raise refuse(path.name, Text("không có bản ghi Ed-Fi nào", "there is no Ed-Fi record"))
    return counts


def term(text: str) -> str:
    """What a descriptor says: Holiday of "uri://ed-fi.org/CalendarEventDescriptor#Holiday"."""
    return text.rpartition("#")[2].strip()
