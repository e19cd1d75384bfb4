"""The timetable in Ed-Fi interchange files: class periods are bells, locations rooms, sections lessons and classes.

Source: as edfi_xml; a bell schedule with dates of its own says on which days its class periods meet, one without means
every school day from Monday to Friday. Cards carry the term their section's session is.
Errors: Unreadable for the whole; everything smaller is a Problem and the rest is imported.
"""

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from hub.school.calendar import CalendarDay, DayKind
from hub.school.importers.asc_bells import minutes
from hub.school.importers.edfi_keys import school_of, section_key, session_key, session_of, term_spans
from hub.school.importers.edfi_xml import Record, read_records, term
from hub.school.importers.found import TimetableImport
from hub.school.problems import Findings, refuse
from hub.school.roster import Session
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

FORMAT = "edfi"
WANTED = frozenset({
    "Section", "Location", "ClassPeriod", "BellSchedule", "Course", "Session", "Calendar", "CalendarDate", "Staff",
    "StaffSectionAssociation",
})  # fmt: skip
WEEKDAYS = "1111100"
EVERY_DAY = Text(
    "giả định: lịch chuông không ghi ngày áp dụng mọi ngày từ thứ Hai đến thứ Sáu của học kỳ",
    "assumed: a bell schedule without dates holds every day from Monday to Friday of its term",
)
_FREE = {"holiday", "non-instructional day", "teacher only day", "weather day", "emergency day", "strike"}


def read_edfi_timetable(path: Path) -> TimetableImport:
    """Raises Unreadable and OSError."""
    findings = Findings()
    records: defaultdict[str, list[Record]] = defaultdict(list)
    found = read_records(path, WANTED, lambda record: records[record.kind].append(record))
    if not any(
        found[kind] for kind in ("Section", "ClassPeriod", "Location", "BellSchedule", "Session", "CalendarDate")
    ):
        said = Text("không có lớp, tiết, phòng hay lịch", "there are no sections, periods, rooms or calendar in it")
        raise refuse(path.name, said)
    builder = _Timetable(records, findings)
    timetable = builder.build()
    counts = {
        "periods": found["ClassPeriod"],
        "teachers": len(timetable.teachers),
        "rooms": found["Location"],
        "classes": found["Section"],
        "groups": 0,
        "subjects": len(timetable.subjects),
        "lessons": found["Section"],
        "cards": sum(len(record.all("ClassPeriodName")) for record in records["Section"]),
        **_more(found),
    }
    assumed = (EVERY_DAY,) if timetable.cards else ()
    return TimetableImport(FORMAT, timetable, counts, {}, findings, assumed=assumed, terms=tuple(builder.sessions))


def _more(found: Counter[str]) -> dict[str, int]:
    kinds = {
        "bell_schedules": "BellSchedule", "sections": "Section", "course_offerings": "CourseOffering",
        "courses": "Course", "sessions": "Session", "grading_periods": "GradingPeriod", "schools": "School",
        "school_attendance_events": "StudentSchoolAttendanceEvent",
        "section_attendance_events": "StudentSectionAttendanceEvent",
    }  # fmt: skip
    return {name: found[kind] for name, kind in kinds.items() if found[kind]}


class _Timetable:
    def __init__(self, records: dict[str, list[Record]], findings: Findings) -> None:
        self._records, self._findings = records, findings
        self.sessions: list[Session] = [one for record in records["Session"] if (one := session_of(record)) is not None]
        self._spans = term_spans(self.sessions)
        self._by_key = {one.id: one for one in self.sessions}
        self._several = len({school_of(record) for record in records["ClassPeriod"]}) > 1
        self._rooms: dict[str, PlannedRoom] = {}
        self._bells: dict[str, list[Bell]] = {}
        self._lessons: dict[str, PlannedLesson] = {}
        self._classes: dict[str, SchoolClass] = {}
        self._subjects: dict[str, Subject] = {}
        self._teachers: dict[str, Teacher] = {}
        self._teaching: defaultdict[str, list[str]] = defaultdict(list)
        self._cards: list[Card] = []
        self._dated: list[DatedCard] = []
        self._titles = {(school_of(one), one.get("CourseCode")): one.get("CourseTitle") for one in records["Course"]}
        self._by_ref = {one.id: one for kind in ("Location", "ClassPeriod") for one in records[kind] if one.id}

    def build(self) -> Timetable:
        for record in self._records["Location"]:
            self._room(record)
        for record in self._records["ClassPeriod"]:
            self._period(record)
        self._staff()
        days = self._days_of_periods()
        for record in self._records["Section"]:
            self._section(record, days)
        return Timetable(
            bells=tuple(bell for bells in self._bells.values() for bell in bells),
            rooms=tuple(self._rooms.values()),
            subjects=tuple(self._subjects.values()),
            teachers=tuple(self._teachers.values()),
            classes=tuple(self._classes.values()),
            lessons=tuple(self._lessons.values()),
            cards=tuple(self._cards),
            dated=tuple(self._dated),
            days=self._calendar(),
        )

    def _room(self, record: Record) -> None:
        code = record.get("ClassroomIdentificationCode")
        identifier = f"{school_of(record)}/{code}"
        if not code or identifier in self._rooms:
            said = Text(f"phòng “{code}” trống hoặc lặp lại", f"room {code!r} is empty or appears again")
            self._findings.error(record.file, said, record.line, "ClassroomIdentificationCode")
            return
        seats = record.get("MaximumNumberOfSeats")
        capacity = int(seats) if seats.isascii() and seats.isdigit() and len(seats) < 6 else None  # noqa: PLR2004
        self._rooms[identifier] = PlannedRoom(identifier, code, "", capacity)

    def _period(self, record: Record) -> None:
        """A class period that meets twice a day is two bells."""
        name = record.get("ClassPeriodName")
        number = self._number(school_of(record), name)
        starts, ends = record.all("StartTime", "MeetingTime"), record.all("EndTime", "MeetingTime")
        if not name or number in self._bells:
            said = Text(f"tiết “{name}” trống hoặc lặp lại", f"class period {name!r} is empty or appears again")
            self._findings.error(record.file, said, record.line, "ClassPeriodName")
            return
        self._bells[number] = []
        for index, (first, last) in enumerate(zip(starts, ends, strict=False)):
            start, end = minutes(first), minutes(last)
            if start is None or end is None or end <= start:
                said = Text(f"tiết {name}: {first}-{last} không phải giờ", f"period {name}: {first}-{last} is no time")
                self._findings.error(record.file, said, record.line, "MeetingTime")
                continue
            several = f" ({index + 1})" if index else ""
            self._bells[number].append(Bell(f"{number}{several}", name, "", start, end))
        if not self._bells[number]:
            said = Text(f"tiết {name} không có giờ", f"class period {name} has no meeting time")
            self._findings.warning(record.file, said, record.line, "MeetingTime")

    def _number(self, school: str, name: str) -> str:
        return f"{school}/{name}" if self._several else name

    def _staff(self) -> None:
        names = {one.get("StaffUniqueId"): one for one in self._records["Staff"]}
        for record in self._records["StaffSectionAssociation"]:
            identifier = record.get("StaffUniqueId")
            if identifier:
                known = names.get(identifier)
                name = f"{known.get('FirstName')} {known.get('LastSurname')}".strip() if known else ""
                self._teachers.setdefault(identifier, Teacher(identifier, name or identifier))
                self._teaching[section_key(record)].append(identifier)

    def _days_of_periods(self) -> dict[str, list[date] | None]:
        """Dates each class period meets on; None where a schedule without dates has it too."""
        found: dict[str, list[date] | None] = {}
        for record in self._records["BellSchedule"]:
            stated = record.all("Date")
            days = [day for text in stated if (day := _date(text)) is not None]
            if len(days) < len(stated):
                said = Text("lịch chuông có ngày không tồn tại", "a bell schedule with a date that does not exist")
                self._findings.error(record.file, said, record.line, "Date")
            for name in record.all("ClassPeriodName"):
                number = self._number(school_of(record), name)
                if self._records["ClassPeriod"] and number not in self._bells:
                    said = Text(f"tiết {name} không có trong tệp", f"class period {name} is not in the files")
                    self._findings.error(record.file, said, record.line, "ClassPeriodReference")
                before = found.get(number, [])
                found[number] = None if not stated or before is None else sorted({*before, *days})
        return found

    def _section(self, record: Record, days: dict[str, list[date] | None]) -> None:
        key, course = section_key(record), record.get("LocalCourseCode")
        if not record.get("SectionIdentifier") or key in self._lessons:
            said = Text("lớp học phần trống mã hoặc lặp lại", "a section whose id is empty or appears again")
            self._findings.error(record.file, said, record.line, "SectionIdentifier")
            return
        school = school_of(record)
        subject = f"{school}/{course}"
        title = self._titles.get((school, course)) or record.get("SectionName") or course
        self._subjects.setdefault(subject, Subject(subject, title, course))
        self._classes[key] = SchoolClass(key, record.get("SectionIdentifier"), course)
        teachers = tuple(dict.fromkeys(self._teaching.get(key, ())))
        self._lessons[key] = PlannedLesson(key, subject, (key,), (), teachers)
        rooms = self._room_of(record)
        terms = self._terms(record)
        for name in [*record.all("ClassPeriodName"), *self._by_reference(record, "ClassPeriodReference")]:
            self._place(record, key, self._number(school, name), days, (rooms, terms))

    def _room_of(self, record: Record) -> tuple[str, ...]:
        code = record.get("ClassroomIdentificationCode")
        code = code or next(iter(self._by_reference(record, "LocationReference")), "")
        school = record.get("SchoolId", "LocationReference") or school_of(record)
        identifier = f"{school}/{code}"
        if not code:
            said = Text("lớp học phần chưa có phòng", "a section without a room")
            self._findings.note(record.file, said, record.line, "LocationReference")
            return ()
        if identifier not in self._rooms:
            if self._records["Location"]:
                said = Text(f"phòng {code} không có trong tệp", f"room {code} is not in the files")
                self._findings.error(record.file, said, record.line, "LocationReference")
                return ()
            self._rooms[identifier] = PlannedRoom(identifier, code)  # rooms stand in a file that is not among these
        return (identifier,)

    def _by_reference(self, record: Record, element: str) -> list[str]:
        found = [self._by_ref.get(ref) for name, ref in record.refs if name == element]
        leaf = "ClassPeriodName" if element == "ClassPeriodReference" else "ClassroomIdentificationCode"
        return [one.get(leaf) for one in found if one is not None]

    def _terms(self, record: Record) -> str:
        session = self._by_key.get(session_key(record))
        if session is None or len(self._spans) < 2:  # noqa: PLR2004
            return ""
        return "".join("1" if span == (session.first, session.last) else "0" for span in self._spans)

    def _place(
        self,
        record: Record,
        lesson: str,
        number: str,
        days: dict[str, list[date] | None],
        placed: tuple[tuple[str, ...], str],
    ) -> None:
        rooms, terms = placed
        bells = self._bells.get(number)
        if bells is None and self._records["ClassPeriod"]:
            said = Text(f"tiết {number} không có trong tệp", f"class period {number} is not in the files")
            self._findings.error(record.file, said, record.line, "ClassPeriodReference")
            return
        dates = days.get(number)
        session = self._by_key.get(session_key(record))
        if dates and bells:
            self._dated += [
                DatedCard(lesson, day, bell.start_min, bell.end_min, rooms, record.line)
                for day in dates
                if session is None or session.first <= day <= session.last
                for bell in bells
            ]
            return
        for one in [bell.number for bell in bells] if bells is not None else [number]:
            self._cards.append(Card(lesson, (one,), WEEKDAYS, "", terms, rooms, record.line))

    def _calendar(self) -> tuple[CalendarDay, ...]:
        """Free days of every school with a calendar; calendars of single pupils say nothing of the school."""
        own = {one.get("CalendarCode") for one in self._records["Calendar"] if "Student" in one.get("CalendarType")}
        told: defaultdict[date, dict[str, str]] = defaultdict(dict)
        schools = set()
        for record in self._records["CalendarDate"]:
            day = record.day("Date")
            if day is None:
                said = Text("ngày không tồn tại", f"{record.get('Date')!r} is no date")
                self._findings.error(record.file, said, record.line, "Date")
            elif record.get("CalendarCode") not in own:
                schools.add(school_of(record))
                told[day][school_of(record)] = next(
                    (term(one) for one in record.all("CalendarEvent") if term(one).lower() in _FREE), ""
                )
        return tuple(
            CalendarDay(day, DayKind.HOLIDAY, next(iter(events.values())))
            for day, events in sorted(told.items())
            if schools <= {school for school, event in events.items() if event}
        )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
