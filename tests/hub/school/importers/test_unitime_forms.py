"""UniTime's import forms: times without an end, patterns by name, meetings with dates and rooms of their own."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from hub.school.importers.formats import read_timetable
from hub.school.problems import Severity, Unreadable
from hub.school.sessions import sessions
from tests.hub.school.conftest import FIXTURES

IMPORT = FIXTURES / "unitime" / "import.xml"
MEETINGS = FIXTURES / "unitime" / "meetings.xml"
MONDAY = date(2026, 9, 7)  # ISO week 37, an odd one


def on(path: Path, day: date) -> list[tuple[str | None, str | None, str, list[str]]]:
    found = read_timetable(path)
    return [(one.start, one.end, one.classes[0], one.rooms) for one in sessions(found.timetable, day)]


def test_a_time_pattern_says_how_long_and_which_weeks() -> None:
    assert on(IMPORT, MONDAY) == [
        ("07:30", "08:20", "TOAN 101 Lec 1", ["A1 101"]),
        ("11:30", "12:20", "SINH 101 Rec 1", ["Sân trường"]),
    ]
    assert on(IMPORT, MONDAY + timedelta(days=1)) == []
    assert on(IMPORT, MONDAY + timedelta(days=8)) == [("07:30", "08:20", "SINH 101 Rec 2", ["A1 102"])]
    assert [one[2] for one in on(IMPORT, MONDAY + timedelta(days=4))] == ["TOAN 101 Lec 1", "SINH 101 Rec 3"]


def test_what_is_missing_is_told_with_its_line() -> None:
    found = read_timetable(IMPORT)
    told = [(one.severity, one.row, one.column, one.text.en) for one in found.findings.problems]
    assert told == [
        (Severity.NOTE, 5, "time", "a class without a fixed time"),
        (Severity.ERROR, 6, "endTime", "it has no end (endTime, or a timePattern like 2 x 50)"),
        (Severity.WARNING, 9, "datePattern", "date pattern 'Nửa đầu' has no dates here: every week is taken"),
    ]
    assert (found.counts["cards"], found.counts["lessons"], len(found.timetable.cards)) == (5, 6, 4)


def test_meetings_of_classes_within_classes() -> None:
    found = read_timetable(MEETINGS)
    assert found.findings.problems == []
    assert (found.counts["lessons"], found.counts["cards"], found.counts["rooms"]) == (3, 4, 4)
    days = [MONDAY + timedelta(days=one) for one in range(40)]
    lectures = {day: one for day in days for one in on(MEETINGS, day) if one[2] == "DS 201 Lec 1"}
    expected = {
        day: ("09:30", "10:30", "DS 201 Lec 1", ["A1 103" if day < date(2026, 9, 20) else "A1 104"])
        for day in days
        if day.weekday() in {0, 2, 4} and (day <= date(2026, 9, 18) or date(2026, 9, 23) <= day <= date(2026, 10, 2))
    }
    assert lectures == expected
    assert on(MEETINGS, date(2026, 10, 13)) == [("13:30", "15:30", "DS 201 Rec 2", ["A1 107"])]
    assert on(MEETINGS, date(2026, 9, 10)) == [("15:30", "17:30", "DS 201 Rec 1", ["Sân trường"])]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '<timetable version="2.4" nrDays="7" slotsPerDay="288"><classes><class id="1"/></classes></timetable>',
            "solver",
        ),
        (
            '<!DOCTYPE events PUBLIC "-//UniTime//DTD University Course Timetabling/EN" "x.dtd"><events/>',
            "its root is <events>",
        ),
    ],
)
def test_other_files_of_unitime_are_named_and_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "x.xml"
    path.write_text(f"<?xml version='1.0'?>\n{content}", "utf-8")
    with pytest.raises(Unreadable, match=words) as refused:
        read_timetable(path)
    assert "export the course timetable" in str(refused.value)
