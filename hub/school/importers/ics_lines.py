"""An iCalendar file as components with their properties and lines; folded lines joined as octets, damage reported.

Source: RFC 5545 3.1, 3.6. Lines come apart and together again before they are text, so that a fold inside a letter is
harmless; a content line is taken apart by the icalendar library.
Errors: Unreadable for a file beyond its limits; every broken line is a Problem and the others are read.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from icalendar.parser import Contentline

from hub.school.problems import Findings, refuse
from wire.text import Text

MAX_BYTES = 64 * 1024 * 1024
MAX_LINE = 20_000
MAX_DEPTH = 12
MAX_RUBBISH = 20_000
_SHOWN = 60
_LINE = re.compile(rb"\r\n|\n|\r")
_WHOLE = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"})  # never within each other
_PARTS = frozenset({"VALARM", "STANDARD", "DAYLIGHT"})
_NAME = re.compile(r"([A-Za-z0-9-]+)\s*[;:]")
# Most lines by far: nothing quoted, nothing escaped. The library would say the same, letter by letter, in twenty times
# the time.
_SIMPLE = re.compile(r"([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=[A-Za-z0-9./_+-]+){0,3}):([^\\]*)")
READ = frozenset({
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "UID", "SEQUENCE", "DTSTAMP",
    "LAST-MODIFIED",
    "STATUS", "SUMMARY", "LOCATION", "DESCRIPTION", "CATEGORIES", "ORGANIZER", "ATTENDEE", "METHOD", "TZID",
    "TZOFFSETFROM", "TZOFFSETTO", "X-WR-TIMEZONE", "X-WR-CALNAME", "X-LIC-LOCATION", "TRANSP",
})  # fmt: skip


class Property(msgspec.Struct, frozen=True):
    """One content line, its text without escapes; parameters by their name in capitals."""

    name: str
    value: str
    line: int
    parameters: dict[str, str] = {}


class Component(msgspec.Struct):
    """What stands between BEGIN and END; `whole` is False where the file ends before it does."""

    name: str
    line: int
    properties: list[Property] = []
    inside: list["Component"] = []
    whole: bool = True

    def first(self, name: str) -> Property | None:
        return next((one for one in self.properties if one.name == name), None)

    def all(self, name: str) -> list[Property]:
        return [one for one in self.properties if one.name == name]

    def text(self, name: str) -> str:
        found = self.first(name)
        return found.value.strip() if found else ""

    def within(self, name: str) -> Iterator["Component"]:
        """Components of that name, however deep, in the order of the file."""
        stack = [self]
        while stack:
            one = stack.pop()
            if one.name == name and one is not self:
                yield one
            stack.extend(reversed(one.inside))


def read_components(path: Path, findings: Findings) -> Component:
    """A component without a name that holds all others. Raises Unreadable and OSError."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise refuse(path.name, Text(f"tệp quá lớn: {size} byte", f"file too large: {size} bytes, limit {MAX_BYTES}"))
    content = path.read_bytes()
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            content = content.decode(encoding, errors="replace").encode()
    return _Reader(path.name, findings).read(content.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b""))


class _Reader:
    def __init__(self, file: str, findings: Findings) -> None:
        self._file, self._findings = file, findings
        self._foreign = False
        self._rubbish = 0

    def read(self, content: bytes) -> Component:
        root = Component("", 1)
        stack = [root]
        for line, octets in _unfolded(content):
            text = self._text(octets, line)
            if text.strip():
                self._take(text, line, stack)
        for one in stack[1:]:
            one.whole = False
            said = Text(
                f"tệp kết thúc giữa {one.name} (thiếu END)", f"the file ends inside {one.name} (its END is missing)"
            )
            lost = self._findings.warning if one.name == "VCALENDAR" else self._findings.error
            lost(self._file, said, one.line, one.name)
        return root

    def _take(self, text: str, line: int, stack: list[Component]) -> None:
        match = _NAME.match(text)
        if match is None:
            self._broken(text, line)
            return
        name = match[1].upper()
        if name == "BEGIN":
            self._begin(text, line, stack)
        elif name == "END":
            self._end(text, line, stack)
        elif name in READ:
            found = self._property(name, text, line)
            if found is not None:
                stack[-1].properties.append(found)

    def _begin(self, text: str, line: int, stack: list[Component]) -> None:
        name = text.partition(":")[2].strip().upper()
        while name in _WHOLE and stack[-1].name in _WHOLE | _PARTS:
            self._unended(stack.pop(), line)
        if len(stack) > MAX_DEPTH:
            said = Text("thành phần lồng nhau quá sâu", "components are nested too deep")
            raise refuse(self._file, said, line)
        component = Component(name, line, [], [])
        stack[-1].inside.append(component)
        stack.append(component)

    def _end(self, text: str, line: int, stack: list[Component]) -> None:
        name = text.partition(":")[2].strip().upper()
        if name not in {one.name for one in stack[1:]}:
            said = Text(f"END:{name} không có BEGIN", f"END:{name[:_SHOWN]} without its BEGIN")
            self._findings.warning(self._file, said, line, "END")
            return
        while stack[-1].name != name:
            self._unended(stack.pop(), line)
        stack.pop()

    def _unended(self, component: Component, line: int) -> None:
        said = Text(f"{component.name} thiếu END", f"{component.name[:_SHOWN]} without its END")
        self._findings.warning(self._file, said, line, "END")

    def _property(self, name: str, text: str, line: int) -> Property | None:
        if len(text) > MAX_LINE:
            said = Text("dòng dài quá mức: bị bỏ qua", "a line is far too long: left out")
            self._findings.error(self._file, said, line, name)
            return None
        simple = _SIMPLE.fullmatch(text)
        if simple is not None:
            return Property(name, simple[3], line, _parameters(simple[2]))
        try:
            _, parameters, value = Contentline(text).parts()  # type: ignore[no-untyped-call]
        except Exception as broken:  # noqa: BLE001  whatever the library makes of damaged lines
            said = Text(f"dòng hỏng: {broken}"[:200], f"broken line: {broken}"[:200])
            self._findings.error(self._file, said, line, name)
            return None
        plain = {
            str(key).upper(): one if isinstance(one, str) else ",".join(map(str, one))
            for key, one in parameters.items()
        }
        return Property(name, str(value), line, plain)

    def _broken(self, text: str, line: int) -> None:
        self._rubbish += 1
        if self._rubbish > MAX_RUBBISH:
            said = Text("quá nhiều dòng không phải iCalendar", "far too many lines that are no iCalendar")
            raise refuse(self._file, said, line)
        shown = text[:_SHOWN]
        said = Text(f"không phải dòng iCalendar: “{shown}”", f"no iCalendar line: {shown!r}")
        self._findings.error(self._file, said, line)

    def _text(self, octets: bytes, line: int) -> str:
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            if not self._foreign:
                self._foreign = True
                said = Text(
                    "không phải UTF-8; đọc theo Windows-1258, hãy kiểm tra chữ có dấu",
                    "not UTF-8; read as Windows-1258, check letters with accents",
                )
                self._findings.warning(self._file, said, line)
            return octets.decode("cp1258", errors="replace")


def _parameters(text: str) -> dict[str, str]:
    """Of a simple line; of one that stands twice the last, as the library has it."""
    return {key.upper(): value for key, _, value in (part.partition("=") for part in text.split(";")[1:])}


def _lines(content: bytes) -> Iterator[bytes]:
    """One after the other: a list of all lines of a file of short ones would be twenty times its size."""
    at = 0
    for found in _LINE.finditer(content):
        yield content[at : found.start()]
        at = found.end()
    yield content[at:]


def _unfolded(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Logical lines with the number of their first; what is folded further than MAX_LINE allows is cut there."""
    parts: list[bytes] = []
    first, held = 1, 0
    for number, line in enumerate(_lines(content), start=1):
        if line[:1] in {b" ", b"\t"} and parts:
            if held <= MAX_LINE * 4:
                parts.append(line[1:])
                held += len(line)
            continue
        if not line:
            continue  # a blank line in the middle of a fold, or at the end
        if parts:
            yield first, b"".join(parts)
        parts, first, held = [line], number, len(line)
    if parts:
        yield first, b"".join(parts)
