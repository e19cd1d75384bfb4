"""UniTime's XML as classes and events with their lines: elements inside belong to the class or room around them.

Source: UniTime's interface examples; the DTD a DOCTYPE names is never fetched (xml_stream).
Errors: Unreadable for anything that is no such document.
"""

from pathlib import Path
from xml.sax.xmlreader import AttributesImpl

import msgspec

from hub.school.importers.xml_stream import LineHandler, parse_xml
from hub.school.problems import refuse
from wire.text import Text

MAX_CLASSES = 500_000
ROOTS = ("timetable", "offerings", "availability", "roomAvailability")
_PARTS = ("date", "time", "arrangeTime", "room", "location", "instructor", "event", "meeting")


class Element(msgspec.Struct):
    """A class or room, with what stands inside; `around` are the course, configuration and subpart it is in."""

    kind: str
    line: int
    values: dict[str, str]
    parts: dict[str, list["Element"]] = {}
    around: dict[str, str] = {}

    def get(self, *names: str) -> str:
        return next((self.values[name] for name in names if self.values.get(name)), "")

    def all(self, kind: str) -> list["Element"]:
        return self.parts.get(kind, [])


class UniTime(msgspec.Struct):
    """The whole document; `root` is the name of its root element."""

    root: str = ""
    values: dict[str, str] = {}
    classes: list[Element] = []
    rooms: list[Element] = []


class _Collector(LineHandler):
    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.document = UniTime()
        self._open: list[Element | None] = []
        self._course: list[dict[str, str]] = []
        self._names: list[str] = []

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  the name SAX calls
        values = {key: value.strip() for key, value in attrs.items()}
        self._names.append(name)
        if len(self._names) == 1:
            self._root(name, values)
        owner = next((one for one in reversed(self._open) if one is not None), None)
        element: Element | None = None
        if name == "class" or (name == "room" and owner is None):
            element = Element(name, self.line, values, {}, self._around())
            self._keep(element)
        elif name in _PARTS and owner is not None:
            owner.parts.setdefault(name, []).append(Element(name, self.line, values))
        elif name == "course" and self._course and (not self._course[-1] or values.get("controlling") == "true"):
            self._course[-1] = values
        if name in {"offering", "config", "subpart"}:
            self._course.append({} if name == "offering" else values)
        self._open.append(element)

    def endElement(self, name: str) -> None:  # noqa: N802  the name SAX calls
        self._open.pop()
        self._names.pop()
        if name in {"offering", "config", "subpart"} and self._course:
            self._course.pop()

    def _around(self) -> dict[str, str]:
        """The controlling course first, then the subpart's type."""
        around: dict[str, str] = {}
        for values in self._course:
            around |= {key: value for key, value in values.items() if key in {"subject", "courseNbr", "title", "type"}}
        return around

    def _keep(self, element: Element) -> None:
        kept = self.document.classes if element.kind == "class" else self.document.rooms
        kept.append(element)
        if len(kept) > MAX_CLASSES:
            said = Text(f"hơn {MAX_CLASSES} phần tử", f"more than {MAX_CLASSES} elements")
            raise refuse(self.file, said, self.line)

    def _root(self, name: str, values: dict[str, str]) -> None:
        if name not in ROOTS:
            said = Text(
                f"không phải thời khóa biểu của UniTime (phần tử gốc <{name}>); hãy xuất course timetable",
                f"no timetable of UniTime (its root is <{name}>): export the course timetable",
            )
            raise refuse(self.file, said, self.line)
        if "slotsPerDay" in values:
            said = Text(
                "là dữ liệu đầu vào của bộ giải UniTime (giờ và phòng có thể chọn); hãy xuất course timetable",
                "input of UniTime's solver, times and rooms that may be chosen: export the course timetable",
            )
            raise refuse(self.file, said, self.line)
        self.document.root, self.document.values = name, values


def read_unitime_xml(path: Path) -> UniTime:
    """Raises Unreadable and OSError."""
    collector = _Collector(path.name)
    parse_xml(path, collector, doctype=True)
    return collector.document
