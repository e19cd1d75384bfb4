"""Calendars as timetable programs write them: rooms in lists and behind labels, titles that say it is off."""

from datetime import date

import pytest

from hub.school.importers.formats import read_timetable
from hub.school.importers.found import TimetableImport
from hub.school.problems import Severity
from hub.school.sessions import PlannedSession, sessions
from tests.hub.school.conftest import FIXTURES

PROGRAMS = FIXTURES / "ics" / "programs.ics"


@pytest.fixture(scope="module")
def programs() -> TimetableImport:
    return read_timetable(PROGRAMS)


def on(found: TimetableImport, day: int) -> list[PlannedSession]:
    return sessions(found.timetable, date(2026, 9, day))


@pytest.mark.parametrize(
    ("day", "rooms"),
    [
        (7, ["NHAB 06", "NHAB 05", "A.03 KHU B", "A.10 KHU B"]), (8, ["KD1", "KD2"]),
        (9, ["EG-2515", "EG-2516", "Hội trường lớn", "EG-3506"]), (10, ["Phòng 101, tầng 2"]), (11, ["R.G308"]),
    ],
)  # fmt: skip
def test_rooms(programs: TimetableImport, day: int, rooms: list[str]) -> None:
    assert [one.rooms for one in on(programs, day)] == [rooms]


def test_titles_with_entities_and_people_of_the_description(programs: TimetableImport) -> None:
    assert [one.subject for one in on(programs, 7)] == ["Giải tích & Đại số"]
    assert [(one.teachers, one.classes) for one in on(programs, 11)] == [(["Nguyễn Văn An"], ["10A1"])]


def test_a_title_that_says_cancelled(programs: TimetableImport) -> None:
    assert [(one.start, one.subject) for one in on(programs, 12)] == [("09:00", "Hủy diệt rừng và khí hậu")]
    assert programs.counts["cancelled"] == 1
    [said] = [one for one in programs.findings.problems if one.column == "SUMMARY"]
    assert said.severity is Severity.NOTE
    assert said.text.en == "its title says it is cancelled: it does not take place"


def test_components_that_never_end_lose_nothing(programs: TimetableImport) -> None:
    assert [one.subject for one in on(programs, 13)] == ["Sau đó"]
    assert [one.day.day for one in programs.timetable.days] == [17, 18]
    assert programs.findings.bad == 0
    said = [one.text.en for one in programs.findings.problems if one.severity is Severity.WARNING]
    assert said == [
        "END:VTOOD without its BEGIN",
        "VTODO without its END",
        "the file ends inside VCALENDAR (its END is missing)",
    ]
