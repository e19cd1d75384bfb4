"""Exports of other aSc versions and of programs that write its form: own files with the traps strangers' files have."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.asc import is_asc, read_asc
from hub.school.importers.formats import read_timetable
from hub.school.importers.found import TimetableImport
from hub.school.importers.source import look_at
from hub.school.problems import Severity, Unreadable
from hub.school.sessions import sessions
from tests.hub.school.conftest import FIXTURES

SUNDAY = FIXTURES / "asc" / "sunday_schedules.xml"
ALONE = FIXTURES / "asc" / "cards_alone.xml"
OLDER = FIXTURES / "asc" / "older_2008.xml"
MONDAY = date(2026, 9, 7)
EXAMPLES = 3_000 if os.environ.get("CLASSHUB_SOAK") else 100


def on(read: TimetableImport, offset: int) -> list[tuple[str | None, str, str, list[str], list[str], list[str]]]:
    day = MONDAY + timedelta(days=offset)
    return [
        (one.start, one.period, one.subject, one.classes, one.teachers, one.rooms)
        for one in sessions(read.timetable, day)
    ]


def said(read: TimetableImport) -> list[str]:
    return [one.text.en for one in read.findings.problems]


def test_a_week_that_begins_on_sunday_and_schedules_instead_of_cards() -> None:
    read = read_timetable(SUNDAY)
    assert read.format == "asc"
    assert (read.counts["cards"], read.counts["lessons"], read.counts["periods"]) == (4, 3, 2)
    first = ("08:00", "1", "Toán", ["9A"], ["Nguyễn Văn An"], ["P.101"])
    assert on(read, 6) == [first, ("09:00", "2", "Hóa học", ["9B"], ["Trần Thị Bình"], ["P.102"])]
    assert on(read, 0) == [first]
    assert [on(read, offset) for offset in (1, 2, 4, 5)] == [[], [], [], []]
    assert on(read, 3) == [("09:00", "2", "", ["9B"], ["Trần Thị Bình"], [])]
    assert "the first day of the file is Sunday, by name" in said(read)
    assert "lessons are taken from the table <TimeTableSchedules>" in said(read)
    assert [(one.row, one.column) for one in read.findings.problems if one.severity is Severity.ERROR] == [
        (23, "subjectid")
    ]
    assert not any("Monday" in one.en for one in read.assumed)


def test_cards_that_say_themselves_what_is_taught_and_periods_without_times() -> None:
    read = read_timetable(ALONE)
    assert (read.counts["cards"], read.counts["lessons"]) == (4, 3)
    assert on(read, 0) == [
        (None, "0", "Toán", ["10A1", "10A2"], ["Nguyễn Văn An"], ["P.101"]),
        (None, "1", "Ngữ văn", ["10A1"], ["Nguyễn Văn An"], ["P.101", "P.102"]),
    ]
    assert on(read, 2) == [
        (None, "1", "Toán", ["10A1", "10A2"], ["Nguyễn Văn An"], ["P.102"]),
        (None, "2", "Toán", ["10A1"], [], []),
    ]
    assert any("no bell times" in one.en for one in read.assumed)
    assert [text for text in said(read) if "is not in the file" in text] == ["teacher 7 is not in the file"]
    assert not any("building" in text for text in said(read))  # a lone star is no id


def test_a_root_without_attributes_is_recognised(tmp_path: Path) -> None:
    assert is_asc(look_at(SUNDAY))
    assert is_asc(look_at(ALONE))
    path = tmp_path / "x.xml"
    path.write_bytes(b"<?xml version='1.0'?>\n<timetables/>")
    assert not is_asc(look_at(path))


@pytest.mark.parametrize("encoding", ["windows-1250", "windows-1256", "windows-1258", "iso-8859-1"])
def test_a_false_encoding_is_told_and_the_letters_are_right(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.xml"
    content = SUNDAY.read_text("utf-8").replace('encoding="UTF-8"', f'encoding="{encoding}"')
    path.write_text(content, "utf-8")
    read = read_asc(path)
    assert [one.name for one in read.timetable.teachers] == ["Nguyễn Văn An", "Trần Thị Bình"]
    assert f"it declares {encoding} and is UTF-8: read as UTF-8" in said(read)


def test_an_encoding_that_is_true_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    content = ALONE.read_text("utf-8").replace("Toán", "Środa").replace("Nguyễn Văn An", "Żak").replace("Ngữ văn", "Ł")
    path.write_bytes(b"<?xml version='1.0' encoding='windows-1250'?>\n" + content.encode("cp1250"))
    read = read_asc(path)
    assert (read.timetable.subjects[0].name, read.timetable.teachers[0].name) == ("Środa", "Żak")
    assert not any("declares" in text for text in said(read))


def test_the_form_of_2008_with_cards_that_say_otherwise_than_their_lessons() -> None:
    read = read_timetable(OLDER)
    assert (read.counts["cards"], read.counts["lessons"], read.counts["periods"]) == (7, 2, 3)
    assert read.spanning
    assert not any("Monday" in one.en for one in read.assumed)  # its days have names
    cuc, dong = ["Lê Thị Cúc"], ["Phạm Văn Đông"]
    assert on(read, 0) == [
        ("07:00", "1-2", "Toán", ["8A"], cuc, ["P.201"]), ("08:45", "3", "Ngữ văn", ["8A"], dong, ["P.201"]),
    ]  # fmt: skip
    assert on(read, 1) == [
        ("07:00", "1", "Ngữ văn", ["8A"], dong, ["P.201"]),
        ("07:50", "2", "Ngữ văn", ["8A"], cuc, ["P.201"]),
        ("08:45", "3", "Toán", ["8A"], cuc, ["P.201"]),
    ]
    told = [
        (str(one.severity), one.row, one.text.en)
        for one in read.findings.problems
        if one.severity in {Severity.ERROR, Severity.WARNING}
    ]
    assert told == [
        ("warning", 17, "lesson L9 is not in the file: the card is followed"),
        ("warning", 18, "lesson L2 says otherwise than the card itself: the card is followed"),
        ("error", 5, "period 1 of day 2 alone starts at 7:30: times of single days are not read"),
        ("warning", 20, "the card of line 19: counts once"),
        ("warning", 21, "a card without a place"),
    ]


def test_rows_of_a_class_timetable_are_cards(tmp_path: Path) -> None:
    head, _, tail = OLDER.read_text("utf-8").partition("<lessons>")
    row = '<classtimetable classid="C1" day="1" period="2" teacherids="G1,G2" subjectids="S1" classroomids="R1"/>'
    path = tmp_path / "x.xml"
    path.write_text(f"{head}<classtimetables>{row}</classtimetables></timetable>", "utf-8")
    read = read_asc(path)
    assert tail
    assert on(read, 0) == [("07:50", "2", "Toán", ["8A"], ["Lê Thị Cúc", "Phạm Văn Đông"], ["P.201"])]
    assert (read.counts["cards"], read.counts["lessons"]) == (1, 1)


def test_one_card_told_twice_does_not_decide_how_long_all_double_periods_are(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    content = OLDER.read_text("utf-8")
    card = '    <card lessonid="L1" day="1" period="1" classroomid="R1"/>\n'
    path.write_text(content.replace(card, card * 2), "utf-8")
    assert read_asc(path).spanning


DAYSDEFS = '<daysdefs><daysdef id="a" name="{}" days="10000"/><daysdef id="b" name="{}" days="01000"/></daysdefs>'


@pytest.mark.parametrize(
    ("names", "weekday"),
    [
        (("Chủ nhật", "Thứ hai"), 6), (("Poniedziałek", "Wtorek"), 0), (("Saturday", "Sunday"), 5),
        (("Sunday", "Wednesday"), 0), (("Ngày 1", "Ngày 2"), 0), (("Sunday", "Day 2"), 0),
        (("شنبه", "یکشنبه"), 5), (("Ahad", "Khamis"), 0), (("יום ראשון", "יום שני"), 6),
    ],
)  # fmt: skip
def test_names_of_days_say_which_weekday_only_where_they_agree(
    tmp_path: Path, names: tuple[str, str], weekday: int
) -> None:
    path = tmp_path / "x.xml"
    content = ALONE.read_text("utf-8").replace("<buildings", DAYSDEFS.format(*names) + "<buildings", 1)
    path.write_text(content, "utf-8")
    read = read_asc(path)
    assert [len(on(read, offset)) for offset in range(7)] == [
        {0: 2, 2: 2}.get((offset - weekday) % 7, 0) for offset in range(7)
    ]


def test_a_cycle_of_ten_days_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    days = '<daysdefs><daysdef id="a" name="Day 1" days="1000000000"/></daysdefs>'
    path.write_text(ALONE.read_text("utf-8").replace("<buildings", days + "<buildings", 1), "utf-8")
    assert "a cycle of 10 days, no week: only its first seven have a weekday" in said(read_asc(path))


@settings(max_examples=EXAMPLES)
@given(st.sampled_from([SUNDAY, ALONE, OLDER]), st.data())
def test_damage_is_a_problem_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, source: Path, data: st.DataObject
) -> None:
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 12))] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b'="', b'"', b"1,1", b"-1", b"9" * 30, b"*"])
        )
    path = tmp_path_factory.mktemp("damage") / "x.xml"
    path.write_bytes(bytes(content))
    try:
        read = read_asc(path)
    except Unreadable:
        return
    for offset in range(7):
        sessions(read.timetable, MONDAY + timedelta(days=offset))
