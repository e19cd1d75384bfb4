"""Classes of a UniTime export: their names, times, dates, rooms and instructors, each defect with its line."""

from collections import Counter
from datetime import date

from hub.school.importers.unitime_events import room_of
from hub.school.importers.unitime_times import (
    date_of,
    dates_between,
    days_mask,
    minute_of,
    minutes_of_pattern,
    weekdays,
    weeks_of_pattern,
)
from hub.school.importers.unitime_xml import Element, UniTime
from hub.school.problems import Findings
from hub.school.timetable import (
    Bell,
    Card,
    DatedCard,
    PlannedLesson,
    PlannedRoom,
    SchoolClass,
    Subject,
    Teacher,
)
from wire.text import Text

MAX_DATED = 300_000
_DAY_MIN = 24 * 60
_WHOLE_TERM = frozenset({"full term", "default", "all weeks"})


class ClassReader:
    """Collects what classes name; `spans` are the distinct times of the file."""

    def __init__(self, document: UniTime, file: str, findings: Findings) -> None:
        self._document, self._file, self._findings = document, file, findings
        year = document.values.get("year", "")
        self._year = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None  # noqa: PLR2004
        self._pattern = document.values.get("dateFormat") or "MM/dd"
        self.bells: dict[str, Bell] = {}
        self.spans: set[tuple[int, int]] = set()
        self.rooms: dict[str, PlannedRoom] = {}
        self.subjects: dict[str, Subject] = {}
        self.teachers: dict[str, Teacher] = {}
        self.classes: dict[str, SchoolClass] = {}
        self.lessons: list[PlannedLesson] = []
        self.cards: list[Card] = []
        self.dated: list[DatedCard] = []
        self.cancelled = 0
        self._ids: Counter[str] = Counter()

    def read(self) -> None:
        for element in self._document.classes:
            self._class(element)

    def _class(self, element: Element) -> None:
        lesson = self._lesson(element)
        rooms = self._rooms(element)
        if element.get("cancelled").lower() in {"true", "1", "yes"}:
            self.cancelled += 1
            said = Text("lớp đã hủy: không xếp lịch", "a cancelled class: not scheduled")
            self._findings.note(self._file, said, element.line, "cancelled")
            return
        if not element.all("time") and not element.all("meeting"):
            said = Text("lớp không có giờ cố định", "a class without a fixed time")
            self._findings.note(self._file, said, element.line, "time")
        elif element.all("time") and not rooms:
            said = Text("buổi học chưa có phòng", "a card without a room")
            self._findings.note(self._file, said, element.line, "room")
        dates = self._dates(element)
        for time in element.all("time"):
            self._place(lesson, time, rooms, dates)
        for meeting in element.all("meeting"):
            self._meeting(lesson, meeting)

    def _meeting(self, lesson: str, meeting: Element) -> None:
        """A time with dates and a room of its own, all in one element."""
        values = meeting.values
        named = {"building": values.get("building", ""), "roomNbr": values.get("room", "")}
        place = Element("room", meeting.line, named if any(named.values()) else {"name": values.get("location", "")})
        room = room_of(place)
        if room is not None:
            self.rooms.setdefault(room.id, room)
        dates = self._spans([meeting]) if meeting.get("startDate", "endDate") else None
        self._place(lesson, meeting, (room.id,) if room else (), dates)

    def _lesson(self, element: Element) -> str:
        around = element.around
        subject = " ".join(
            part for name in ("subject", "courseNbr") if (part := element.get(name) or around.get(name, ""))
        )
        kind = element.get("type") or around.get("type", "")
        name = " ".join(part for part in (subject, kind, element.get("suffix")) if part) or element.get("name", "id")
        if not name:
            said = Text("lớp không có tên môn hay số", "a class without a subject and number")
            self._findings.warning(self._file, said, element.line, "subject")
            name = f"row {element.line}"
        identifier = element.get("id") or name
        self._ids[identifier] += 1
        twin = self._ids[identifier]
        if twin > 1:
            said = Text(f"lớp {name} lặp lại: thành một buổi riêng", f"class {name} appears again: a lesson of its own")
            self._findings.warning(self._file, said, element.line, "id")
        if subject:
            title = around.get("title", "")
            self.subjects.setdefault(subject, Subject(subject, f"{subject} {title}".strip(), subject))
        self.classes.setdefault(identifier, SchoolClass(identifier, name))
        lesson = identifier if twin == 1 else f"{identifier} ({twin})"
        teachers = self._teachers(element)
        self.lessons.append(PlannedLesson(lesson, subject, (identifier,), (), teachers))
        return lesson

    def _teachers(self, element: Element) -> tuple[str, ...]:
        found = []
        for one in element.all("instructor"):
            parts = (one.get("fname"), one.get("mname"), one.get("lname"))
            name = " ".join(part for part in parts if part) or one.get("name")
            identifier = one.get("id", "externalId") or name
            if not identifier:
                said = Text("giáo viên không có tên và mã", "an instructor without a name and an id")
                self._findings.warning(self._file, said, one.line, "instructor")
                continue
            self.teachers.setdefault(identifier, Teacher(identifier, name or identifier))
            found.append(identifier)
        return tuple(dict.fromkeys(found))

    def _rooms(self, element: Element) -> tuple[str, ...]:
        """Rooms, and places outside the school, by their name."""
        found = []
        for one in [*element.all("room"), *element.all("location")]:
            room = room_of(one)
            if room is None:
                said = Text("phòng không có tên", "a room without a name")
                self._findings.error(self._file, said, one.line, "roomNbr")
                continue
            self.rooms.setdefault(room.id, room)
            found.append(room.id)
        return tuple(dict.fromkeys(found))

    def _dates(self, element: Element) -> list[tuple[date, date]] | None:
        """The spans of dates the class runs in; None: it does not say, every week of the term."""
        return self._spans(element.all("date")) if element.all("date") else None

    def _spans(self, elements: list[Element]) -> list[tuple[date, date]]:
        spans = []
        for one in elements:
            first, last = (date_of(one.get(name), self._pattern, self._year) for name in ("startDate", "endDate"))
            if first is not None and last is not None and last < first and "y" not in self._pattern:
                last = date_of(one.get("endDate"), self._pattern, first.year + 1)  # a winter term
            if first is None or last is None or last < first:
                column = "startDate" if first is None else "endDate"
                said = Text(
                    f"“{one.get('startDate')}” đến “{one.get('endDate')}” không phải khoảng ngày",
                    f"{one.get('startDate')!r} to {one.get('endDate')!r} is no span of dates",
                )
                self._findings.error(self._file, said, one.line, column)
                continue
            spans.append((first, last))
        return spans

    def _place(self, lesson: str, time: Element, rooms: tuple[str, ...], dates: list[tuple[date, date]] | None) -> None:
        found = self._time(time)
        if found is None:
            return
        days, start, end = found
        self.spans.add((start, end))
        if dates is None:
            weeks = weeks_of_pattern(time.get("datePattern"))
            self._note_pattern(time, weeks)
            self.cards.append(Card(lesson, (self._bell(start, end),), days_mask(days), weeks, "", rooms, time.line))
            return
        on = {day for first, last in dates for day in dates_between(first, last, days)}
        if len(self.dated) + len(on) > MAX_DATED:
            said = Text("quá nhiều buổi học: phần sau bị bỏ qua", "far too many lessons: the rest is left out")
            self._findings.error(self._file, said, time.line, "date")
            return
        self.dated += [DatedCard(lesson, day, start, end, rooms, time.line) for day in sorted(on)]

    def _time(self, time: Element) -> tuple[tuple[int, ...], int, int] | None:
        """Weekdays, start and end; the end may be the pattern's."""
        days, start = weekdays(time.get("days")), minute_of(time.get("startTime"))
        said = f"{time.get('days')} {time.get('startTime')}-{time.get('endTime')}"
        lasts = minutes_of_pattern(time.get("timePattern"))
        end = minute_of(time.get("endTime"))
        if not time.get("endTime") and start is not None and lasts is not None:
            end = start + lasts
        if days is not None and start is not None and end is not None and start < end <= _DAY_MIN:
            return days, start, end
        column = "days" if days is None else "startTime" if start is None else "endTime"
        text = Text(f"“{said}” không phải ngày giờ", f"{said!r} is no time of the week")
        if column == "endTime" and end is None and not time.get("endTime"):
            text = Text(
                "không có giờ kết thúc (endTime, hoặc timePattern như 2 x 50)",
                "it has no end (endTime, or a timePattern like 2 x 50)",
            )
        self._findings.error(self._file, text, time.line, column)
        return None

    def _note_pattern(self, time: Element, weeks: str) -> None:
        """Date patterns are names: what their dates are, only UniTime knows."""
        name = time.get("datePattern")
        if name and not weeks and name.casefold() not in _WHOLE_TERM:
            said = Text(
                f"mẫu ngày “{name[:60]}” không ghi ngày: lấy mọi tuần",
                f"date pattern {name[:60]!r} has no dates here: every week is taken",
            )
            self._findings.warning(self._file, said, time.line, "datePattern")

    def _bell(self, start: int, end: int) -> str:
        """Times of the week are no bells here: each span of time becomes one, named by itself."""
        name = f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
        self.bells.setdefault(name, Bell(name, name, "", start, end))
        return name
