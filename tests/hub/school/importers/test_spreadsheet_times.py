"""Times of day in timetable lists: beside periods, instead of periods, and with dates."""

from datetime import date
from pathlib import Path

import pytest

from hub.school.importers.formats import read_timetable
from hub.school.importers.found import TimetableImport
from hub.school.importers.spreadsheet_times import span_of
from hub.school.problems import Severity
from hub.school.sessions import sessions
from tests.hub.school.importers.sheets import said

MONDAY = date(2026, 11, 23)
HEADER = "Lớp,Môn học,Giảng viên,Phòng,Thứ,Tiết,Giờ bắt đầu,Giờ kết thúc"


def read(tmp_path: Path, *lines: str) -> TimetableImport:
    path = tmp_path / "x.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read_timetable(path)


def on(found: TimetableImport, day: date = MONDAY) -> list[tuple[str | None, str | None, str, str]]:
    return [(one.start, one.end, one.period, one.subject) for one in sessions(found.timetable, day)]


def test_times_beside_periods_are_their_bells(tmp_path: Path) -> None:
    found = read(
        tmp_path, HEADER,
        "10A1,Toán,An,P1,Thứ 2,1,07:00,07:45", "10A1,Văn,Ba,P1,Thứ 2,2-3,7h50,9h30",
        "10A1,Lý,Cúc,P1,Thứ 3,2,07:50,08:35", "10A1,Hóa,Dũng,P1,Thứ 3,3,08:45,",
        "10A1,Sử,Én,P1,Thứ 4,3,08:45,09:30",
    )  # fmt: skip
    assert on(found) == [("07:00", "07:45", "1", "Toán"), ("07:50", "09:30", "2-3", "Văn")]
    assert [(one.number, one.start_min, one.end_min) for one in found.timetable.bells] == [
        ("1", 420, 465), ("2", 470, 515), ("3", 525, 570),
    ]  # fmt: skip
    assert said(found.findings, 5, "is no time of day") == [Severity.WARNING]
    assert not any("bell" in one.en for one in found.assumed)


def test_times_that_contradict_each_other_are_told_and_none_is_taken(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER, "10A1,Toán,An,P1,2,1,07:00,07:45", "10A2,Văn,Ba,P2,2,1,07:15,07:45")
    assert said(found.findings, 3, "period 1: 07:15, on line 2 it is 07:00") == [Severity.WARNING]
    assert found.timetable.bells == ()
    assert [one[:2] for one in on(found)] == [(None, None), (None, None)]
    assert any("bell schedule" in one.en for one in found.assumed)


def test_times_of_some_periods_only_are_not_used(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER, "10A1,Toán,An,P1,2,1,07:00,07:45", "10A1,Văn,Ba,P1,2,2-4,07:50,10:20")
    assert said(found.findings, None, "no times of period 2, 3, 4: none is used") == [Severity.NOTE]
    assert on(found) == [(None, None, "1", "Toán"), (None, None, "2-4", "Văn")]


def test_rows_without_periods_are_called_by_their_times(tmp_path: Path) -> None:
    found = read(
        tmp_path, "Day,Time,Course,Room",
        "Monday,08:00 - 09:30,Algebra,101", "Mon,1:30 PM – 3:00 PM,Physics,102", "Tuesday,8:00-9:30,Algebra,101",
        "Tuesday,soon,Algebra,101", "Tuesday,,Algebra,101",
    )  # fmt: skip
    assert on(found) == [("08:00", "09:30", "08:00-09:30", "Algebra"), ("13:30", "15:00", "13:30-15:00", "Physics")]
    assert (found.counts["cards"], found.counts["periods"]) == (5, 2)
    assert [said(found.findings, row, "is no time of day") for row in (5, 6)] == [[Severity.ERROR]] * 2


def test_dates_with_times_are_lessons_of_their_dates_in_any_number_of_weeks(tmp_path: Path) -> None:
    found = read(
        tmp_path, "Ngày,Bắt đầu,Kết thúc,Môn,Lớp,Phòng",
        "23/11/2026,07:00,07:45,Toán,10A1,P1", "30/11/2026,07:00,07:45,Toán,10A1,P1",
        "14/12/2026,8:00,9:00,Văn,10A1,P2", "31/02/2026,8:00,9:00,Văn,10A1,P2", "15/12/2026,9:00,8:00,Văn,10A1,P2",
    )  # fmt: skip
    assert on(found) == [("07:00", "07:45", "", "Toán")]
    assert [one.day.isoformat() for one in found.timetable.dated] == ["2026-11-23", "2026-11-30", "2026-12-14"]
    assert not found.timetable.cards
    assert not found.assumed
    assert said(found.findings, 5, "neither a weekday nor a date") == [Severity.ERROR]
    assert said(found.findings, 6, "is no time of day") == [Severity.ERROR]


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        ("07:00", "07:45", (420, 465)), ("7h00", "7h45", (420, 465)), ("7:00 - 7:45", "", (420, 465)),
        ("07:00:00", "07:45:00", (420, 465)), ("9:00", "8:00", None), ("9:00", "", None), ("25:00", "26:00", None),
        ("7:00-7:45-8:00", "", None), ("", "7:45", None),
    ],
)  # fmt: skip
def test_spans(start: str, end: str, span: tuple[int, int] | None) -> None:
    assert span_of(start, end) == span
