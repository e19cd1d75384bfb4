import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.edfi import read_edfi_roster
from hub.school.importers.edfi_timetable import read_edfi_timetable
from hub.school.importers.formats import read_roster, read_timetable
from hub.school.problems import Severity, Unreadable
from hub.school.sessions import PlannedSession, sessions
from tests.commands.test_roster import SCHOOL_FILES

SCHOOL = SCHOOL_FILES / "edfi"
EXAMPLES = 2_000 if os.environ.get("CLASSHUB_SOAK") else 60


def on(day: date) -> list[PlannedSession]:
    found = read_edfi_timetable(SCHOOL)
    return sessions(found.timetable, day, terms=found.terms)


def test_sections_run_in_their_periods_on_the_days_of_their_term() -> None:
    autumn = [(one.start, one.end, one.subject, one.rooms, one.teachers) for one in on(date(2026, 9, 7))]
    assert autumn == [("07:00", "07:45", "Toán 10", ["101"], ["An Trần"]), ("07:00", "07:45", "VAN", [], [])]
    spring = [(one.start, one.end, one.subject) for one in on(date(2027, 2, 1))]
    assert spring == [("08:00", "08:45", "VAN"), ("09:00", "09:20", "VAN")]  # a period that meets twice
    assert on(date(2027, 1, 12)) == on(date(2026, 9, 6)) == on(date(2028, 2, 1)) == []
    assert on(date(2026, 9, 8)) == []  # a holiday of the calendar


def test_a_bell_schedule_with_dates_says_when_its_periods_meet() -> None:
    assert [(one.start, one.subject, one.rooms) for one in on(date(2026, 9, 12))] == [("10:00", "SU", ["102"])]
    assert on(date(2027, 3, 6)) == []  # outside the section's session


def test_every_defect_of_the_timetable() -> None:
    found = read_timetable(SCHOOL)
    assert found.format == "edfi"
    said = {(one.file, one.column): one for one in found.findings.problems}
    master = "MasterSchedule.xml"
    assert "room 999" in said[master, "LocationReference"].text.en
    assert "T9" in said[master, "ClassPeriodReference"].text.en
    assert "appears again" in said[master, "SectionIdentifier"].text.en
    assert "does not exist" in said[master, "Date"].text.en
    assert "no time" in next(one.text.en for one in found.findings.problems if one.column == "MeetingTime")
    assert all(one.row for one in found.findings.problems)


def test_the_roster_keeps_what_is_sound_and_no_more() -> None:
    found = read_roster(SCHOOL)
    assert found.format == "edfi"
    counts = {"orgs": 1, "academicSessions": 2, "classes": 6, "users": 3, "enrollments": 4}
    assert {name: found.counts[name] for name in counts} == counts
    roster = found.roster
    assert [(one.id, one.given_name, one.role) for one in roster.people] == [
        ("g1", "An", "teacher"),
        ("007", "Bình", "student"),
    ]
    assert [(one.person, one.end) for one in roster.enrolments] == [
        ("g1", date(2027, 1, 11)),
        ("007", date(2027, 1, 11)),
    ]
    assert roster.classes[0].title == "Toán 10"
    errors = [one.column for one in found.findings.problems if one.severity is Severity.ERROR]
    assert sorted(errors, key=str) == ["SectionIdentifier", "SectionReference", "StudentReference", "StudentUniqueId"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Student.xml", {"users": 960}),
        ("MasterSchedule.xml", {"classes": 532, "courses": 169, "bell_schedules": 3}),
        ("EducationOrganization.xml", {"orgs": 3, "locations": 56, "class_periods": 21, "courses": 84}),
        ("EducationOrgCalendar.xml", {"sessions": 6, "grading_periods": 18, "academicSessions": 24}),
        ("StudentSchoolAttendance.xml", {"school_attendance_events": 1917}),
        ("StudentSectionAttendance-Tardy.xml", {"section_attendance_events": 66}),
        ("", {"users": 960, "orgs": 3, "classes": 532, "courses": 84, "course_offerings": 169, "academicSessions": 24}),
    ],
)
def test_grand_bend_roster(shared_data: Path, name: str, expected: dict[str, int]) -> None:
    found = read_roster(shared_data / "school_systems" / "edfi" / name)
    assert {key: found.counts[key] for key in expected} == expected
    assert found.findings.bad == 0


def test_grand_bend_timetable(shared_data: Path) -> None:
    found = read_timetable(shared_data / "school_systems" / "edfi")
    counts = {"periods": 21, "rooms": 56, "lessons": 532, "cards": 533, "bell_schedules": 3}
    assert {key: found.counts[key] for key in counts} == counts
    assert found.findings.bad == 0
    monday = sessions(found.timetable, date(2021, 9, 6), {"255901001/220"}, terms=found.terms)
    assert [one.start for one in monday] == ["09:30", "10:25", "11:20", "12:35", "13:05", "14:00", "14:55"]


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_damage_is_a_problem_never_a_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["MasterSchedule.xml", "EducationOrganization.xml", "StudentEnrollment.xml"]))
    content = bytearray((SCHOOL / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 6))] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"", b"9", b"0", b"/"])
        )
    folder = tmp_path_factory.mktemp("damage")
    for path in SCHOOL.iterdir():
        (folder / path.name).write_bytes(bytes(content) if path.name == name else path.read_bytes())
    for read in (read_edfi_roster, read_edfi_timetable):
        try:
            assert read(folder).counts
        except Unreadable:
            continue


def test_who_is_in_a_school_but_in_no_section_is_counted(tmp_path: Path) -> None:
    """The first two thirds of a real StudentEnrollment.xml are StudentSchoolAssociation."""
    path = tmp_path / "StudentEnrollment.xml"
    one = (
        "<StudentSchoolAssociation><StudentReference><StudentIdentity><StudentUniqueId>{}</StudentUniqueId>"
        "</StudentIdentity></StudentReference><EntryDate>2026-09-05</EntryDate></StudentSchoolAssociation>"
    )
    rows = "".join(one.format(number) for number in range(3))
    root = "InterchangeStudentEnrollment"
    path.write_text(f'<?xml version="1.0"?><{root} xmlns="http://ed-fi.org/6.1.0">{rows}</{root}>')
    found = read_roster(path)
    assert (found.counts["school_enrollments"], found.counts["enrollments"]) == (3, 0)
    assert found.findings.problems == []
    assert found.roster.enrolments == ()
