"""Ed-Fi interchange files, one or a folder of them, as a roster; edfi_timetable makes the timetable of them.

Source: as edfi_xml. Sections are classes, their courses from the course offerings; attendance events are only counted.
Errors: Unreadable for the whole; everything smaller is a Problem and the rest is imported.
"""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from hub.school.importers.edfi_keys import school_of, section_key, session_key, session_of
from hub.school.importers.edfi_xml import Record, is_edfi, read_records, term
from hub.school.importers.found import RosterImport
from hub.school.problems import Findings, refuse
from hub.school.roster import Enrolment, Org, Person, Roster, RosterClass, Session
from wire.text import Text

__all__ = ["is_edfi", "read_edfi_roster"]
FORMAT = "edfi"
WANTED = frozenset({
    "School", "Session", "GradingPeriod", "CourseOffering", "Course", "Section", "Student", "Staff",
    "StudentSectionAssociation", "StaffSectionAssociation",
})  # fmt: skip
_STEMS = {
    "orgs": ("School",), "academicSessions": ("Session", "GradingPeriod"), "courses": ("CourseOffering", "Course"),
    "classes": ("Section",), "users": ("Student", "Staff"),
    "enrollments": ("StudentSectionAssociation", "StaffSectionAssociation"),
}  # fmt: skip


def read_edfi_roster(path: Path) -> RosterImport:
    """Raises Unreadable and OSError."""
    findings = Findings()
    reader = _Roster(findings)
    found = read_records(path, WANTED, reader.take)
    if not any(found[kind] for kinds in _STEMS.values() for kind in kinds) and not _attendance(found):
        said = Text("không có trường, lớp hay học sinh", "there are no schools, sections or students in it")
        raise refuse(path.name, said)
    present = {stem for stem, kinds in _STEMS.items() if any(found[kind] for kind in kinds)}
    modes = {stem: "bulk" if stem in present else "absent" for stem in _STEMS}
    gone: dict[str, frozenset[str]] = {stem: frozenset() for stem in present - {"courses"}}
    return RosterImport(FORMAT, "5", modes, reader.roster(gone, complete=present), _counts(found), findings)


def _counts(found: Counter[str]) -> dict[str, int]:
    counts = {stem: sum(found[kind] for kind in kinds) for stem, kinds in _STEMS.items()}
    counts["courses"] = found["Course"] or found["CourseOffering"]
    more = {
        "sections": "Section", "course_offerings": "CourseOffering", "students": "Student",
        "sessions": "Session", "grading_periods": "GradingPeriod", "locations": "Location",
        "class_periods": "ClassPeriod", "bell_schedules": "BellSchedule",
    }  # fmt: skip
    counts |= {name: found[kind] for name, kind in more.items() if found[kind]}
    return counts | _attendance(found)


def _attendance(found: Counter[str]) -> dict[str, int]:
    """What is only counted: a file of nothing else is a sound one that says nothing of classes."""
    names = {"school_enrollments": "StudentSchoolAssociation",
             "school_attendance_events": "StudentSchoolAttendanceEvent",
             "section_attendance_events": "StudentSectionAttendanceEvent"}  # fmt: skip
    return {name: found[kind] for name, kind in names.items() if found[kind]}


class _Roster:
    """Records become parts of the roster one by one; references are looked at in the end, whatever order files have."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._orgs: dict[str, Org] = {}
        self._sessions: dict[str, Session] = {}
        self._classes: dict[str, RosterClass] = {}
        self._people: dict[str, Person] = {}
        self._enrolments: dict[str, Enrolment] = {}
        self._titles: dict[tuple[str, str], tuple[str, str]] = {}
        self._lines: dict[str, tuple[str, int]] = {}

    def take(self, record: Record) -> None:
        {
            "School": self._school, "Session": self._session, "GradingPeriod": self._session, "Course": self._course,
            "Section": self._section, "Student": self._person, "Staff": self._person,
            "StudentSectionAssociation": self._enrolment, "StaffSectionAssociation": self._enrolment,
        }.get(record.kind, lambda _: None)(record)  # fmt: skip

    def roster(self, gone: dict[str, frozenset[str]], *, complete: set[str]) -> Roster:
        enrolments = [one for one in self._enrolments.values() if self._refers(one, complete)]
        return Roster(
            orgs=tuple(self._orgs.values()),
            sessions=tuple(self._sessions.values()),
            classes=tuple(self._titled(one) for one in self._classes.values()),
            people=tuple(self._people.values()),
            enrolments=tuple(enrolments),
            gone=gone,
        )

    def _fresh(self, identifier: str, known: object, record: Record, column: str) -> bool:
        """Whether there is an id, and nothing has it yet."""
        if identifier.strip("/") and (not isinstance(known, dict) or identifier not in known):
            return True
        said = Text(
            f"{record.kind}: mã “{identifier}” trống hoặc lặp lại",
            f"{record.kind}: id {identifier!r} is empty or appears again",
        )
        self._findings.error(record.file, said, record.line, column)
        return False

    def _school(self, record: Record) -> None:
        identifier = record.get("SchoolId")
        if self._fresh(identifier, self._orgs, record, "SchoolId"):
            self._orgs[identifier] = Org(identifier, record.get("NameOfInstitution"), "school", identifier)

    def _session(self, record: Record) -> None:
        session = session_of(record)
        if session is None:
            said = Text("ngày bắt đầu và kết thúc không hợp lệ", "its first and last dates are no span of dates")
            self._findings.error(record.file, said, record.line, "BeginDate")
        elif self._fresh(session.id, self._sessions, record, "SessionName"):
            self._sessions[session.id] = session

    def _course(self, record: Record) -> None:
        key = school_of(record), record.get("CourseCode")
        self._titles[key] = record.get("CourseTitle"), term(record.get("AcademicSubject"))

    def _section(self, record: Record) -> None:
        identifier = section_key(record)
        if not record.get("SectionIdentifier") or not self._fresh(
            identifier, self._classes, record, "SectionIdentifier"
        ):
            return
        self._classes[identifier] = RosterClass(
            identifier,
            record.get("SectionName") or record.get("LocalCourseCode"),
            record.get("SectionIdentifier"),
            "scheduled",
            record.get("ClassroomIdentificationCode"),
            school_of(record),
            (session_key(record),),
            (record.get("LocalCourseCode"),),
        )

    def _titled(self, one: RosterClass) -> RosterClass:
        title, subject = self._titles.get((one.org, one.subjects[0]), ("", ""))
        named = one.title if one.title != one.subjects[0] else title or one.title
        return RosterClass(
            one.id, named, one.code, one.kind, one.location, one.org, one.terms, (subject,) if subject else ()
        )

    def _person(self, record: Record) -> None:
        identifier = record.get(f"{record.kind}UniqueId")
        if self._fresh(identifier, self._people, record, f"{record.kind}UniqueId"):
            role = "student" if record.kind == "Student" else "teacher"
            given, family = record.get("FirstName"), record.get("LastSurname")
            if not given and not family:
                self._findings.warning(record.file, Text("không có tên", "there is no name"), record.line, "FirstName")
            self._people[identifier] = Person(identifier, given, family, role, identifier)

    def _enrolment(self, record: Record) -> None:
        person = record.get("StudentUniqueId") or record.get("StaffUniqueId")
        school_class = section_key(record)
        begin, end = record.day("BeginDate"), record.day("EndDate")
        identifier = f"{person}/{school_class}/{begin or ''}"
        if not person or not self._fresh(identifier, self._enrolments, record, "BeginDate"):
            return
        wrong = next(
            (name for name, day in (("BeginDate", begin), ("EndDate", end)) if record.get(name) and not day), ""
        )
        if wrong or (begin and end and end < begin):
            said = Text("ngày không hợp lệ", "its dates are no span of dates")
            self._findings.error(record.file, said, record.line, wrong or "EndDate")
            return
        role = "student" if record.kind.startswith("Student") else "teacher"
        after = end + timedelta(days=1) if end is not None and end < date.max else None
        self._enrolments[identifier] = Enrolment(identifier, school_class, person, role, begin, after)
        self._lines[identifier] = record.file, record.line

    def _refers(self, one: Enrolment, complete: set[str]) -> bool:
        """Whether class and person are there; where their files are not among these, nothing is said."""
        file, line = self._lines[one.id]
        for stem, known, value, column in (
            ("classes", self._classes, one.school_class, "SectionReference"),
            ("users", self._people, one.person, "StudentReference" if one.role == "student" else "StaffReference"),
        ):
            people_absent = stem == "users" and not any(person.role == one.role for person in self._people_of(one.role))
            if stem in complete and value not in known and not people_absent:
                said = Text(f"{column}: {value} không có trong tệp", f"{column}: {value} is not in the files")
                self._findings.error(file, said, line, column)
                return False
        return True

    def _people_of(self, role: str) -> list[Person]:
        first = next((person for person in self._people.values() if person.role == role), None)
        return [first] if first else []
