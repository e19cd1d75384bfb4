"""Rows of a timetable list, or cells of a timetable grid (a column a class), as a Timetable.

Source: how Vietnamese schools print timetables: weekdays Thứ 2 … Thứ 7 and CN, periods counted anew in the afternoon.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from hub.school.importers.column_map import ColumnMap, Target
from hub.school.importers.dates import read_date
from hub.school.importers.grid import GridRow
from hub.school.importers.spreadsheet_table import Table
from hub.school.importers.spreadsheet_words import WORDS, header_key
from hub.school.names import plain
from hub.school.problems import Findings, Unreadable, refuse
from hub.school.timetable import Card, PlannedLesson, PlannedRoom, SchoolClass, Subject, Teacher, Timetable
from wire.text import Text

_WEEKDAYS = (
    "2|hai|t2|mon|monday", "3|ba|t3|tue|tuesday", "4|tư|t4|wed|wednesday", "5|năm|t5|thu|thursday",
    "6|sáu|t6|fri|friday", "7|bảy|bẩy|t7|sat|saturday", "8|cn|chủ nhật|t8|sun|sunday",
)  # fmt: skip
WEEKDAYS = {word: number for number, words in enumerate(_WEEKDAYS) for word in words.split("|")}
_MORNING = frozenset({"sáng", "s", "buổi sáng", "morning", "am"})
_AFTERNOON = frozenset({"chiều", "c", "buổi chiều", "afternoon", "pm"})
_ODD = frozenset({"lẻ", "a", "tuần a", "tuần lẻ", "odd"})
_EVEN = frozenset({"chẵn", "b", "tuần b", "tuần chẵn", "even"})
_EVERY = frozenset({"", "tất cả", "cả hai", "all", "hàng tuần"})
_PERIODS = re.compile(r"(?:tiết|t)?\s*(\d{1,2})(?:\s*(?:-|–|→|đến)\s*(\d{1,2}))?", re.IGNORECASE)
_SUBJECT_TEACHER = re.compile(r"\s*\n\s*|\s+[-–]\s+|(?<=\w)[-–](?=\w)")
_SEVERAL = re.compile(r"\s*[,;+\n]\s*")
_MOST_PERIODS = 20
_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_IN_BLOCKS = frozenset({Target.SUBJECT, Target.TEACHER, Target.ROOM})
_DATED = re.compile(r"(.*?\w)[\s,(]+(\d{1,2}[/.\-]\d{1,2}(?:[/.\-]\d{4})?)\)?")

NO_BELLS = Text(
    "tệp không có giờ chuông: giờ bắt đầu và kết thúc theo lịch chuông của trường",
    "the file has no bell times: start and end come from the school's bell schedule",
)
EVERY_WEEK = Text("mọi tuần đều như nhau", "every week is the same")


class _Entry(msgspec.Struct, frozen=True):
    """One row of a list or one cell of a grid, as written."""

    line: int
    day: str
    date: str
    session: str
    period: str
    week: str
    subject: str
    classes: tuple[str, ...]
    teachers: tuple[str, ...]
    rooms: tuple[str, ...]


class Plan:
    """Takes one table after the other; `finish` gives the timetable, its counts and the weeks masks of its cards."""

    def __init__(self, findings: Findings, column_map: ColumnMap) -> None:
        self._findings, self._map = findings, column_map
        self._names: dict[str, dict[str, str]] = {one: {} for one in ("subjects", "classes", "teachers", "rooms")}
        self._lessons: dict[str, PlannedLesson] = {}
        self._cards: list[Card] = []
        self._rows = 0
        self._dates: dict[date, str] = {}
        self._said: dict[int, str] = {}  # the date beside a weekday, "Thứ 2 (23/11)"
        self._afternoon = self._weeks = False

    @property
    def assumed(self) -> tuple[Text, ...]:
        said = [NO_BELLS]
        if not self._weeks:
            said.append(EVERY_WEEK)
        if self._afternoon:
            first = self._map.afternoon + 1
            said.append(Text(f"tiết 1 buổi chiều là tiết {first}", f"period 1 of an afternoon is period {first}"))
        return tuple(said)

    def take(self, table: Table, rows: Sequence[GridRow]) -> None:
        blocks = _blocks(table)
        if blocks:
            entries = _paired(table, rows, blocks)
        else:
            entries = _grid(table, rows) if _is_grid(table) else _list(table, rows)
        for entry in entries:
            self._rows += 1
            self._take(table, entry)
        if self._dates and (max(self._dates) - min(self._dates)).days > 6:  # noqa: PLR2004  more than one week
            raise _several_weeks(table)

    def finish(self) -> tuple[Timetable, dict[str, int], dict[str, int]]:
        names = self._names
        timetable = Timetable(
            rooms=tuple(PlannedRoom(one, one) for one in names["rooms"].values()),
            subjects=tuple(Subject(one, one) for one in names["subjects"].values()),
            teachers=tuple(Teacher(one, one) for one in names["teachers"].values()),
            classes=tuple(SchoolClass(one, one) for one in names["classes"].values()),
            lessons=tuple(self._lessons.values()),
            cards=tuple(self._cards),
        )
        counts = {
            "periods": len({period for card in self._cards for period in card.periods}),
            **{one: len(names[one]) for one in ("teachers", "rooms", "classes")},
            "groups": 0,
            "subjects": len(names["subjects"]),
            "lessons": len(self._lessons),
            "cards": self._rows,
        }
        return timetable, counts, dict(Counter(card.weeks for card in self._cards))

    def _take(self, table: Table, entry: _Entry) -> None:
        weekday = self._weekday(table, entry)
        periods = self._periods(table, entry)
        weeks = self._week_mask(table, entry)
        if weekday is None or not periods or weeks is None:
            return
        if not entry.subject and not entry.classes:
            text = Text("không có môn và lớp; dòng bị bỏ", "neither subject nor class; the row is left out")
            self._findings.error(table.grid.file, text, entry.line)
            return
        if not entry.rooms and Target.ROOM in table.head.columns:
            self._findings.note(table.grid.file, Text("không có phòng", "there is no room"), entry.line)
        days = "".join("1" if number == weekday else "0" for number in range(7))
        lesson = self._lesson(entry)
        rooms = tuple(self._named("rooms", room) for room in entry.rooms)
        self._cards.append(Card(lesson, periods, days, weeks, "1", rooms, entry.line))

    def _lesson(self, entry: _Entry) -> str:
        subject = self._named("subjects", entry.subject) if entry.subject else ""
        classes = tuple(self._named("classes", one) for one in entry.classes)
        teachers = tuple(self._named("teachers", one) for one in entry.teachers)
        seed = "\0".join((subject, ",".join(classes), ",".join(teachers)))
        identifier = "l-" + hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()
        self._lessons.setdefault(identifier, PlannedLesson(identifier, subject, classes, (), teachers))
        return identifier

    def _named(self, table: str, name: str) -> str:
        """The name under which a thing was first seen: "10a1" and "10A1" are one class."""
        return self._names[table].setdefault(plain(name), name)

    def _weekday(self, table: Table, entry: _Entry) -> int | None:
        dated = _DATED.fullmatch(plain(entry.day))
        word = (dated[1] if dated else plain(entry.day)).removeprefix("thứ ").removeprefix("thu ").strip(" .")
        if word in WEEKDAYS:
            if dated and self._said.setdefault(WEEKDAYS[word], dated[2]) != dated[2]:
                raise _several_weeks(table)
            return WEEKDAYS[word]
        written = entry.date or entry.day
        found = read_date(written, self._map.date_order)
        if found is not None:
            self._dates.setdefault(found, written)
            return found.weekday()
        target = Target.DATE if entry.date else Target.DAY
        text = Text(f"“{written}” không phải thứ hay ngày", f"{written!r} is neither a weekday nor a date")
        self._findings.error(table.grid.file, text, entry.line, table.header(target))
        return None

    def _periods(self, table: Table, entry: _Entry) -> tuple[str, ...]:
        session = plain(entry.session)
        later = self._map.afternoon if session in _AFTERNOON else 0
        numbers: list[int] = []
        for part in _SEVERAL.split(entry.period):
            match = _PERIODS.fullmatch(part.strip().removesuffix(".0"))
            first = int(match[1]) if match else 0
            last = int(match[2] or first) if match else 0
            if not 0 < first <= last <= _MOST_PERIODS:
                text = Text(f"“{entry.period}” không phải tiết", f"{entry.period!r} is no period")
                self._findings.error(table.grid.file, text, entry.line, table.header(Target.PERIOD))
                return ()
            numbers.extend(range(first, last + 1))
        if session and session not in _MORNING | _AFTERNOON:
            text = Text(f"không hiểu buổi “{entry.session}”", f"the half day {entry.session!r} is not understood")
            self._findings.error(table.grid.file, text, entry.line, table.header(Target.SESSION))
            return ()
        if later and max(numbers) <= later:
            self._afternoon = True
            numbers = [number + later for number in numbers]
        return tuple(str(number) for number in dict.fromkeys(numbers))

    def _week_mask(self, table: Table, entry: _Entry) -> str | None:
        word = plain(entry.week)
        if word in _EVERY:
            return "1"
        self._weeks = True
        if word in _ODD | _EVEN:
            return "10" if word in _ODD else "01"
        text = Text(
            f"không hiểu tuần “{entry.week}” (lẻ/chẵn hoặc A/B)", f"the week {entry.week!r} is not understood (A or B)"
        )
        self._findings.error(table.grid.file, text, entry.line, table.header(Target.WEEK))
        return None


def _several_weeks(table: Table) -> Unreadable:
    text = Text(
        "các ngày thuộc nhiều tuần mà không có giờ; hãy xuất thời khóa biểu của một tuần",
        "dates of several weeks and no times of day: export the timetable of one week",
    )
    return refuse(table.grid.file, text)


def _is_grid(table: Table) -> bool:
    """Days and periods down, classes across: neither subjects nor classes have a column of their own."""
    return not {Target.SUBJECT, Target.CLASS, Target.TEACHER} & table.head.columns.keys() and bool(_columns(table))


def _class_of(name: str) -> str:
    """A class without its teacher, whom many print below it in brackets."""
    name = " ".join(name.split())
    return _BRACKETS.sub("", name) or name


def _columns(table: Table) -> dict[int, str]:
    """Columns of a grid that are classes, by their header."""
    known = WORDS[table.head.kind]
    used = set(table.head.columns.values())
    return {
        column: _class_of(name)
        for column, name in enumerate(table.head.names)
        if name and column not in used and header_key(name) not in known
    }


def _filled(table: Table, rows: Sequence[GridRow]) -> Iterator[tuple[GridRow, str, str]]:
    """Rows with their day and half day; where these are blank the ones above hold, as printed timetables have it."""
    day = session = ""
    for row in rows:
        written = table.get(row, Target.DAY)
        if written and written != day:
            day, session = written, ""
        session = table.get(row, Target.SESSION) or session
        yield row, day, session


def _list(table: Table, rows: Sequence[GridRow]) -> Iterator[_Entry]:
    for row, day, session in _filled(table, rows):
        several = {
            target: tuple(dict.fromkeys(part for part in _SEVERAL.split(table.get(row, target)) if part))
            for target in (Target.CLASS, Target.TEACHER, Target.ROOM)
        }
        yield _Entry(
            row.line, day, table.get(row, Target.DATE), session, table.get(row, Target.PERIOD),
            table.get(row, Target.WEEK), table.get(row, Target.SUBJECT), several[Target.CLASS],
            several[Target.TEACHER], several[Target.ROOM],
        )  # fmt: skip


def _grid(table: Table, rows: Sequence[GridRow]) -> Iterator[_Entry]:
    for row, day, session in _filled(table, rows):
        for column, name in _columns(table).items():
            cell = row.cell(column)
            if cell:
                subject, *teacher = _SUBJECT_TEACHER.split(cell, maxsplit=1)
                teacher = [part[1:-1] if part[:1] == "(" and part[-1:] == ")" else part for part in teacher]
                yield _Entry(
                    row.line, day, table.get(row, Target.DATE), session, table.get(row, Target.PERIOD),
                    table.get(row, Target.WEEK), subject.strip(), (name,),
                    tuple(part for part in _SEVERAL.split("".join(teacher)) if part), (),
                )  # fmt: skip


def _blocks(table: Table) -> dict[str, dict[Target, int]]:
    """Where classes stand over columns of their own ("Môn", "GV", "Phòng"): these columns by class. Empty where it is
    no such table, or only one class has any.
    """
    if Target.CLASS in table.head.columns:
        return {}
    blocks: dict[str, dict[Target, int]] = {}
    for column, name in enumerate(table.head.names):
        target = WORDS[table.head.kind].get(header_key(name), (Target.IGNORED, 0))[0]
        above = _class_of(table.head.above[column]) if column < len(table.head.above) else ""
        if target in _IN_BLOCKS and above and header_key(above) != header_key(name):
            blocks.setdefault(above, {}).setdefault(target, column)
    return blocks if sum(Target.SUBJECT in block for block in blocks.values()) > 1 else {}


def _paired(table: Table, rows: Sequence[GridRow], blocks: dict[str, dict[Target, int]]) -> Iterator[_Entry]:
    for row, day, session in _filled(table, rows):
        for name, block in blocks.items():
            cells = {target: row.cell(column) for target, column in block.items()}
            if cells.get(Target.SUBJECT):
                teachers, rooms = (
                    tuple(part for part in _SEVERAL.split(cells.get(one, "")) if part)
                    for one in (Target.TEACHER, Target.ROOM)
                )
                yield _Entry(
                    row.line, day, table.get(row, Target.DATE), session, table.get(row, Target.PERIOD),
                    table.get(row, Target.WEEK), cells[Target.SUBJECT], (name,), teachers, rooms,
                )  # fmt: skip
