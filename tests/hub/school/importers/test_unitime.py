import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.formats import read_timetable
from hub.school.importers.unitime import read_unitime
from hub.school.importers.unitime_times import minute_of, weekdays
from hub.school.problems import Severity, Unreadable
from hub.school.sessions import sessions
from tests.commands.test_roster import SCHOOL_FILES

CLASSES = SCHOOL_FILES / "unitime" / "classes.xml"
EXAMPLES = 3_000 if os.environ.get("CLASSHUB_SOAK") else 150


@pytest.mark.parametrize(
    ("text", "minute"),
    [("0730", 450), ("730", 450), ("7:30", 450), ("1:30p", 810), ("1:30pm", 810), ("12:00a", 0), ("12:05p", 725),
     ("13:30", 810), ("noon", 720), ("2400", 1440), ("2500", None), ("0760", None), ("13:00p", None), ("", None)],
)  # fmt: skip
def test_times(text: str, minute: int | None) -> None:
    assert minute_of(text) == minute


@pytest.mark.parametrize(
    ("text", "days"),
    [("MWF", (0, 2, 4)), ("TTh", (1, 3)), ("ThF", (3, 4)), ("SSu", (5, 6)), ("MTWThF", (0, 1, 2, 3, 4)), ("X", None)],
)
def test_days(text: str, days: tuple[int, ...] | None) -> None:
    assert weekdays(text) == days


def test_classes_with_dates_without_and_cancelled() -> None:
    found = read_timetable(CLASSES)
    assert found.format == "unitime"
    assert (found.counts["classes"], found.counts["cards"], found.counts["cancelled"]) == (5, 5, 1)
    monday = sessions(found.timetable, date(2026, 9, 7))
    assert [(one.start, one.end, one.subject, one.classes, one.teachers, one.rooms) for one in monday] == [
        ("13:30", "14:20", "MATH 101 Giải tích", ["MATH 101 Lec 1"], ["An Trần"], ["A 101", "A 102"])
    ]
    assert [one.classes for one in sessions(found.timetable, date(2026, 9, 8))] == [["MATH 101 Lab 2"]]
    assert sessions(found.timetable, date(2026, 9, 21)) == []  # beyond its dates
    assert len(found.timetable.dated) == 4


def test_every_defect_with_its_line() -> None:
    said = {(one.row, one.column): one.severity for one in read_unitime(CLASSES).findings.problems}
    assert said[18, "cancelled"] is Severity.NOTE
    assert said[19, "days"] is said[19, "roomNbr"] is Severity.ERROR
    assert said[21, "startDate"] is said[21, "endTime"] is Severity.ERROR


@pytest.mark.parametrize(
    "declared",
    ['<!ENTITY x "y">', '<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;', '<!ENTITY x SYSTEM "file:///etc/passwd">'],
)
def test_entities_are_refused(tmp_path: Path, declared: str) -> None:
    path = tmp_path / "x.xml"
    head = f'<!DOCTYPE timetable PUBLIC "-//UniTime//X" "http://127.0.0.1:1/x.dtd" [{declared}]>'
    path.write_text(f'<?xml version="1.0"?>{head}<timetable year="2026"><class subject="&x;"/></timetable>', "utf-8")
    with pytest.raises(Unreadable):
        read_timetable(path)


def test_the_export_of_unitime_s_own_examples(shared_data: Path) -> None:
    found = read_timetable(shared_data / "timetables" / "unitime" / "courseTimetableExport.xml")
    assert found.format == "unitime"
    assert (found.counts["classes"], found.counts["rooms"], found.counts["teachers"]) == (3, 3, 2)
    wednesday = sessions(found.timetable, date(2007, 8, 22))
    assert [(one.start, one.end, one.rooms) for one in wednesday] == [("07:30", "08:20", ["REC 101", "REC 102"])]
    ends = {card.day for card in found.timetable.dated}
    assert (min(ends), max(ends), len(ends)) == (date(2007, 8, 20), date(2007, 9, 21), 15)
    thursday = sessions(found.timetable, date(2007, 8, 23))
    assert [(one.start, one.end, one.rooms) for one in thursday] == [("10:30", "12:20", ["PIZZA HUT"])]


def test_the_room_availability_answer(shared_data: Path) -> None:
    found = read_timetable(shared_data / "timetables" / "unitime" / "roomAvailabilityResponse.xml")
    assert (found.counts["rooms"], found.counts["lessons"], found.counts["cards"]) == (4, 5, 9)
    assert found.findings.problems == []
    friday = [(one.start, one.end, one.subject, one.rooms) for one in sessions(found.timetable, date(2010, 12, 15))]
    assert friday == [
        ("08:00", "10:00", "Performances", ["THTR 101"]), ("09:00", "10:20", "Meeting", ["EDUC 102"]),
        ("12:00", "12:30", "Staff Lunch", ["EDUC 104"]), ("15:00", "20:00", "Joe's Birthday", ["EDUC 103"]),
    ]  # fmt: skip


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_damage_is_a_problem_never_a_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = bytearray(CLASSES.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 12))] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"", b"9", b"99999999", b'"', b"<class>"])
        )
    path = tmp_path_factory.mktemp("damage") / "x.xml"
    path.write_bytes(bytes(content))
    try:
        found = read_unitime(path)
    except Unreadable:
        return
    sessions(found.timetable, date(2026, 9, 7))
