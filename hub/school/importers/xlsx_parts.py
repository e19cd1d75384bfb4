"""Small parts of an .xlsx workbook: names of sheets, where they lie, shared strings, which styles are dates.

Source: as in xlsx; builtin number formats 14 to 22 and 45 to 47 are dates and times (18.8.30).
"""

from typing import Generic, TypeVar
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import msgspec
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from hub.school.problems import Unreadable, refuse
from wire.text import Text

T = TypeVar("T")
MAX_STRINGS = 2_000_000
MAX_STRING_CHARS = 50_000_000


class Style(msgspec.Struct, frozen=True):
    """What a cell's number means: a date, or a number shown with at least `digits` digits ("0000000")."""

    is_date: bool = False
    digits: int = 0


class Part(ContentHandler, Generic[T]):
    """A part read into one `result`; names of elements come without their namespace prefix."""

    def __init__(self, result: T) -> None:
        super().__init__()
        self.result = result

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  the name SAX calls
        self.begin(name.rpartition(":")[2], attrs)

    def endElement(self, name: str) -> None:  # noqa: N802  the name SAX calls
        self.end(name.rpartition(":")[2])

    def begin(self, name: str, attrs: AttributesImpl) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""


class Sheet(msgspec.Struct, frozen=True):
    name: str
    hidden: bool
    relation: str


class Workbook(Part[list[Sheet]]):
    """The sheets in their order; `old_epoch`: dates are counted from 1904."""

    def __init__(self) -> None:
        super().__init__([])
        self.old_epoch = False

    def begin(self, name: str, attrs: AttributesImpl) -> None:
        if name == "sheet":
            relation = next((attrs[key] for key in attrs.getNames() if key.rpartition(":")[2] == "id"), "")
            self.result.append(Sheet(attrs.get("name", ""), attrs.get("state", "visible") != "visible", relation))
        elif name == "workbookPr":
            self.old_epoch = attrs.get("date1904", "0") in {"1", "true"}


class Relationships(Part[dict[str, str]]):
    """Parts inside the file by the id of their relationship; what lies outside is left out."""

    def __init__(self) -> None:
        super().__init__({})

    def begin(self, name: str, attrs: AttributesImpl) -> None:
        if name == "Relationship" and attrs.get("TargetMode", "Internal") != "External":
            self.result[attrs.get("Id", "")] = attrs.get("Target", "")


class Strings(Part[list[str]]):
    """Shared strings; readings of characters (rPh) are no text."""

    def __init__(self, file: str) -> None:
        super().__init__([])
        self._file, self._chars = file, 0
        self._pieces: list[str] = []
        self._inside = False
        self._reading = False

    def begin(self, name: str, attrs: AttributesImpl) -> None:
        del attrs
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._reading = True
        self._inside = name == "t" and not self._reading

    def end(self, name: str) -> None:
        self._inside = False
        if name == "rPh":
            self._reading = False
        elif name == "si":
            if len(self.result) >= MAX_STRINGS:
                raise self._too_much()
            self.result.append("".join(self._pieces))

    def characters(self, content: str) -> None:
        if self._inside:
            self._chars += len(content)
            if self._chars > MAX_STRING_CHARS:
                raise self._too_much()
            self._pieces.append(content)

    def _too_much(self) -> Unreadable:
        return refuse(self._file, Text("quá nhiều chữ trong bảng tính", "too much text in the workbook"))


class Styles(Part[list[Style]]):
    """What each cell format means, by its number."""

    def __init__(self) -> None:
        super().__init__([])
        self._formats: dict[str, str] = {str(number): text for number, text in BUILTIN_FORMATS.items()}
        self._in_cells = False

    def begin(self, name: str, attrs: AttributesImpl) -> None:
        if name == "numFmt":
            self._formats[attrs.get("numFmtId", "")] = attrs.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self.result.append(_style(self._formats.get(attrs.get("numFmtId", "0"), "General")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False


def _style(code: str) -> Style:
    if is_date_format(code):
        return Style(is_date=True)
    zeros = code.split(";", maxsplit=1)[0]
    return Style(digits=len(zeros) if zeros and not zeros.strip("0") else 0)
