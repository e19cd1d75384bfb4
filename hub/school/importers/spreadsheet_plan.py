"""Entries of timetable lists and printed timetables as a Timetable: weekdays, periods, weeks, names.

Source: how Vietnamese schools print timetables: weekdays Thứ 2 … Thứ 7 and CN, periods counted anew in the afternoon.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from hub.school.importers.column_map import ColumnMap, Target
from hub.school.importers.dates import read_date
from hub.school.importers.grid import GridRow
from hub.school.importers.spreadsheet_forms import SEVERAL, Entry, entries_of
from hub.school.importers.spreadsheet_table import Table
from hub.school.importers.spreadsheet_times import Span, Times, span_of
from hub.school.importers.spreadsheet_words import header_key, weekday_said
from hub.school.names import plain
from hub.school.problems import Findings, Unreadable, refuse
from hub.school.timetable import (
    Bell,
    Card,
    DatedCard,
    PlannedLesson,
    PlannedRoom,
    SchoolClass,
    Subject,
    Teacher,
    Timetable,
)
from wire.text import Text

_MORNING = frozenset({"sáng", "s", "buổi sáng", "morning", "am"})
_AFTERNOON = frozenset({"chiều", "c", "buổi chiều", "afternoon", "pm"})
_ODD = frozenset({"lẻ", "a", "tuần a", "tuần lẻ", "odd"})
_EVEN = frozenset({"chẵn", "b", "tuần b", "tuần chẵn", "even"})
_EVERY = frozenset({"", "tất cả", "cả hai", "all", "hàng tuần"})
_PERIODS = re.compile(r"(?:tiết|t)?\s*(\d{1,2})(?:\s*(?:-|–|→|đến)\s*(\d{1,2}))?", re.IGNORECASE)
_MOST_PERIODS = 20
_LONGEST = 6  # periods of one lesson: a larger number under "Số tiết" is that of a whole course
_RANGES = frozenset(
    header_key(word)
    for word in ("từ ngày", "đến ngày", "ngày bắt đầu", "ngày kết thúc", "start date", "end date", "thời gian học")
)

NO_BELLS = Text(
    "tệp không có giờ chuông: giờ bắt đầu và kết thúc theo lịch chuông của trường",
    "the file has no bell times: start and end come from the school's bell schedule",
)
EVERY_WEEK = Text("mọi tuần đều như nhau", "every week is the same")


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
        self._times, self._dated = Times(), list[DatedCard]()
        self._bells: tuple[Bell, ...] = ()

    @property
    def assumed(self) -> tuple[Text, ...]:
        said = [] if self._bells or not self._cards else [NO_BELLS]
        if self._cards and not self._weeks:
            said.append(EVERY_WEEK)
        if self._afternoon:
            first = self._map.afternoon + 1
            said.append(Text(f"tiết 1 buổi chiều là tiết {first}", f"period 1 of an afternoon is period {first}"))
        return tuple(said)

    def take(self, table: Table, rows: Sequence[GridRow]) -> None:
        self._note_ranges(table)
        for entry in entries_of(table, rows, self._findings):
            self._rows += 1
            self._take(table, entry)
        if self._dates and (max(self._dates) - min(self._dates)).days > 6:  # noqa: PLR2004  more than one week
            raise _several_weeks(table)

    def _note_ranges(self, table: Table) -> None:
        """Dates between which a row holds are not read: it would be a plan of one week that is told as of all."""
        named = [name for name in table.head.names if header_key(name) in _RANGES]
        if named:
            listed = ", ".join(f"“{name}”" for name in named)
            text = Text(
                f"cột {listed} không được đọc: mỗi dòng được hiểu là có ở mọi tuần",
                f"the columns {listed} are not read: each row is taken to hold every week",
            )
            line = table.grid.rows[table.head.row].line
            self._findings.warning(table.grid.file, text, line, named[0])

    def finish(self, file: str) -> tuple[Timetable, dict[str, int], dict[str, int]]:
        names = self._names
        periods = {period for card in self._cards for period in card.periods}
        self._bells = self._times.bells(periods, file, self._findings)
        timetable = Timetable(
            bells=self._bells,
            rooms=tuple(PlannedRoom(one, one) for one in names["rooms"].values()),
            subjects=tuple(Subject(one, one) for one in names["subjects"].values()),
            teachers=tuple(Teacher(one, one) for one in names["teachers"].values()),
            classes=tuple(SchoolClass(one, one) for one in names["classes"].values()),
            lessons=tuple(self._lessons.values()),
            cards=tuple(self._cards),
            dated=tuple(self._dated),
        )
        counts = {
            "periods": len(periods),
            **{one: len(names[one]) for one in ("teachers", "rooms", "classes")},
            "groups": 0,
            "subjects": len(names["subjects"]),
            "lessons": len(self._lessons),
            "cards": self._rows,
        }
        return timetable, counts, dict(Counter(card.weeks for card in self._cards))

    def _take(self, table: Table, entry: Entry) -> None:
        span = self._span(table, entry)
        numbered = Target.PERIOD in table.head.columns
        if not numbered and span is None:
            return
        day = read_date(entry.date, self._map.date_order) if span and entry.date and not numbered else None
        weekday = day.weekday() if day is not None else self._weekday(table, entry)
        periods = self._periods(table, entry) if numbered or span is None else (self._times.name(span),)
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
        if day is not None and span is not None:
            self._dated.append(DatedCard(lesson, day, *span, rooms, entry.line))
            return
        if numbered and span is not None:
            self._times.learn(periods, span, entry.line)
        self._cards.append(Card(lesson, periods, days, weeks, "1", rooms, entry.line))

    def _span(self, table: Table, entry: Entry) -> Span | None:
        """The times of day of the row; without periods it can do with none."""
        found = span_of(entry.start, entry.end) if entry.start else None
        numbered = Target.PERIOD in table.head.columns
        if found is None and (entry.start or not numbered):
            written = f"{entry.start} {entry.end}".strip()
            text = Text(f"“{written}” không phải giờ trong ngày", f"{written!r} is no time of day")
            told = self._findings.warning if numbered else self._findings.error
            told(table.grid.file, text, entry.line, table.header(Target.START_TIME))
        return found

    def _lesson(self, entry: Entry) -> str:
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

    def _weekday(self, table: Table, entry: Entry) -> int | None:
        if (known := weekday_said(entry.day)) is not None:
            weekday, dated = known
            if dated and self._said.setdefault(weekday, dated) != dated:
                raise _several_weeks(table)
            return weekday
        written = entry.date or entry.day
        found = read_date(written, self._map.date_order)
        if found is not None:
            self._dates.setdefault(found, written)
            return found.weekday()
        target = Target.DATE if entry.date else Target.DAY
        text = Text(f"“{written}” không phải thứ hay ngày", f"{written!r} is neither a weekday nor a date")
        self._findings.error(table.grid.file, text, entry.line, table.header(target))
        return None

    def _periods(self, table: Table, entry: Entry) -> tuple[str, ...]:
        session = plain(entry.session)
        later = self._map.afternoon if session in _AFTERNOON else 0
        numbers: list[int] = []
        for part in SEVERAL.split(entry.period):
            match = _PERIODS.fullmatch(part.strip().removesuffix(".0"))
            first = int(match[1]) if match else 0
            last = int(match[2] or first) if match else 0
            if not 0 < first <= last <= _MOST_PERIODS:
                text = Text(f"“{entry.period}” không phải tiết", f"{entry.period!r} is no period")
                self._findings.error(table.grid.file, text, entry.line, table.header(Target.PERIOD))
                return ()
            numbers.extend(range(first, last + 1))
        if len(numbers) == 1 and entry.length.isdecimal() and 1 < int(entry.length[:3]) <= _LONGEST:
            numbers = list(range(numbers[0], numbers[0] + int(entry.length)))
        if session and session not in _MORNING | _AFTERNOON:
            text = Text(f"không hiểu buổi “{entry.session}”", f"the half day {entry.session!r} is not understood")
            self._findings.error(table.grid.file, text, entry.line, table.header(Target.SESSION))
            return ()
        if later and max(numbers) <= later:
            self._afternoon = True
            numbers = [number + later for number in numbers]
        return tuple(str(number) for number in dict.fromkeys(numbers))

    def _week_mask(self, table: Table, entry: Entry) -> str | None:
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
