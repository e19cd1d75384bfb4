"""Timetables as lists and as printed grids: weekdays, half days, periods, weeks A and B."""

from pathlib import Path

import pytest

from hub.school.importers.column_map import ColumnMap, SheetKind, Target
from hub.school.importers.formats import read_roster, read_timetable
from hub.school.importers.found import TimetableImport
from hub.school.problems import Severity, Unreadable
from tests.hub.school.importers.sheets import Value, said, saved, workbook

HEADER = ("Thứ", "Tiết", "Lớp", "Môn học", "Giáo viên", "Phòng học")


def placed(read: TimetableImport) -> list[tuple[str, tuple[str, ...], str, tuple[str, ...], tuple[str, ...]]]:
    """Weekday mask, periods, subject, classes and rooms of each card."""
    lessons = {lesson.id: lesson for lesson in read.timetable.lessons}
    return [
        (one.days, one.periods, lessons[one.lesson].subject, lessons[one.lesson].classes, one.rooms)
        for one in read.timetable.cards
    ]


def test_a_list_of_lessons(tmp_path: Path) -> None:
    rows = [
        ("THỜI KHÓA BIỂU",), HEADER,
        ("Thứ 2", 1, "10A1", "Toán", "Trần Thu Hà", "P.101"),
        ("Thứ Ba", "Tiết 2-3", "10A1, 10A2", "Thể dục", "Vũ Minh; Lê An", None),
        (4, "4", "10a1", "Toán", "Trần Thu Hà", "P.101"),
        ("CN", 1, "10A1", "Toán", "Trần Thu Hà", "P.101"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows), tmp_path))
    assert read.format == "spreadsheet"
    assert read.counts == {
        "periods": 4, "teachers": 3, "rooms": 1, "classes": 2, "groups": 0, "subjects": 2, "lessons": 2, "cards": 4,
    }  # fmt: skip
    assert placed(read) == [
        ("1000000", ("1",), "Toán", ("10A1",), ("P.101",)),
        ("0100000", ("2", "3"), "Thể dục", ("10A1", "10A2"), ()),
        ("0010000", ("4",), "Toán", ("10A1",), ("P.101",)),
        ("0000001", ("1",), "Toán", ("10A1",), ("P.101",)),
    ]
    assert [one.row for one in read.timetable.cards] == [3, 4, 5, 6]
    assert any("bell schedule" in one.en for one in read.assumed)
    assert said(read.findings, 4, "there is no room") == [Severity.NOTE]


def test_a_printed_grid_with_afternoons(tmp_path: Path) -> None:
    rows = [
        ("THỜI KHÓA BIỂU",), ("Thứ", "Buổi", "Tiết", "10A1", "10A2"),
        ("Thứ 2", "Sáng", 1, "Chào cờ", "Chào cờ"), (None, None, 2, "Toán - Hà", "Văn-Lan"),
        (None, "Chiều", 1, "Tin\nMinh", None), ("Thứ 3", "Sáng", 1, None, "Lí - Nam"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows, merges=("A3:A5", "B3:B4")), tmp_path))
    assert placed(read) == [
        ("1000000", ("1",), "Chào cờ", ("10A1",), ()), ("1000000", ("1",), "Chào cờ", ("10A2",), ()),
        ("1000000", ("2",), "Toán", ("10A1",), ()), ("1000000", ("2",), "Văn", ("10A2",), ()),
        ("1000000", ("6",), "Tin", ("10A1",), ()), ("0100000", ("1",), "Lí", ("10A2",), ()),
    ]  # fmt: skip
    assert sorted(one.name for one in read.timetable.teachers) == ["Hà", "Lan", "Minh", "Nam"]
    assert any("period 1 of an afternoon is period 6" in one.en for one in read.assumed)
    columns: dict[Target, str | tuple[str, ...]] = {
        Target.DAY: "Thứ", Target.SESSION: "Buổi", Target.PERIOD: "Tiết",
    }  # fmt: skip
    column_map = ColumnMap(SheetKind.TIMETABLE, columns, afternoon=4)
    assert placed(read_timetable(tmp_path / "ds.xlsx", column_map=column_map))[4][1] == ("5",)


@pytest.mark.parametrize("merges", [(), ("D1:E1", "F1:G1", "A1:A2")])
def test_a_grid_whose_classes_stand_over_columns_of_their_own(tmp_path: Path, merges: tuple[str, ...]) -> None:
    rows: list[tuple[Value, ...]] = [
        ("Thứ", "Buổi", "Tiết", "10A1", None, "10A2", None), (None, None, None, "Môn", "GV", "Môn", "GV"),
        ("2", "Sáng", 1, "Toán", "Hà", "Văn", "Lan"), (None, None, 2, None, None, "Lí", "Nam; Minh"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows, merges=merges), tmp_path))
    assert placed(read) == [
        ("1000000", ("1",), "Toán", ("10A1",), ()), ("1000000", ("1",), "Văn", ("10A2",), ()),
        ("1000000", ("2",), "Lí", ("10A2",), ()),
    ]  # fmt: skip
    assert [one.teachers for one in read.timetable.lessons] == [("Hà",), ("Lan",), ("Nam", "Minh")]


def test_teachers_in_brackets_are_no_part_of_a_class(tmp_path: Path) -> None:
    rows: list[tuple[Value, ...]] = [
        ("Thứ", "Tiết", "10A1\n(Hà)", "10A2 (GVCN: Lan)"), ("Hai", 1, "Toán\n(Hà)", "Văn - Lan"),
    ]  # fmt: skip
    lessons = read_timetable(saved(workbook(rows), tmp_path)).timetable.lessons
    assert [(one.subject, one.classes, one.teachers) for one in lessons] == [
        ("Toán", ("10A1",), ("Hà",)), ("Văn", ("10A2",), ("Lan",)),
    ]  # fmt: skip


def test_weekdays_with_their_date_beside_them(tmp_path: Path) -> None:
    rows: list[tuple[Value, ...]] = [
        HEADER, ("Thứ 2 (23/11)", 1, "10A1", "Toán", "Hà", "P.101"),
        ("Thứ Ba 24/11/2026", 1, "10A1", "Toán", "Hà", "P.101"), ("Thứ 2 (23/11)", 2, "10A1", "Toán", "Hà", "P.101"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows), tmp_path))
    assert [one.days for one in read.timetable.cards] == ["1000000", "0100000", "1000000"]
    assert read.findings.bad == 0
    rows.append(("Thứ 2 (30/11)", 1, "10A1", "Toán", "Hà", "P.101"))
    with pytest.raises(Unreadable, match="dates of several weeks"):
        read_timetable(saved(workbook(rows), tmp_path))


def test_rows_that_say_no_time_are_told_and_left_out(tmp_path: Path) -> None:
    rows = [
        (*HEADER, "Tuần", "Buổi"), ("Thứ 9", 1, "10A1", "Toán"), ("Thứ 2", 0, "10A1", "Toán"),
        ("Thứ 2", "sáng sớm", "10A1", "Toán"), ("Thứ 2", 1, "10A1", "Toán", None, None, "lẻ"),
        ("Thứ 2", 1, "10A2", "Toán", None, None, "B"), ("Thứ 2", 1, "10A2", "Toán", None, None, "1-18"),
        ("Thứ 2", 1, None, None, "Lê An"), ("Thứ 2", 2, "10A1", "Toán", None, None, None, "khuya"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows), tmp_path))
    error = [Severity.ERROR]
    assert said(read.findings, 2, "neither a weekday nor a date") == error
    assert said(read.findings, 3, "'0' is no period") == error
    assert said(read.findings, 4, "'sáng sớm' is no period") == error
    assert said(read.findings, 7, "the week '1-18' is not understood") == error
    assert said(read.findings, 8, "neither subject nor class") == error
    assert said(read.findings, 9, "'khuya' is not understood") == error
    assert read.weeks_masks == {"10": 1, "01": 1}
    assert read.counts["cards"] == 8


def test_dates_of_one_week_are_weekdays_and_of_several_are_refused(tmp_path: Path) -> None:
    rows: list[tuple[Value, ...]] = [
        ("Ngày", "Tiết", "Lớp", "Môn"),
        ("07/09/2026", 1, "10A1", "Toán"),
        ("08/09/2026", 1, "10A1", "Văn"),
    ]
    read = read_timetable(saved(workbook(rows), tmp_path))
    assert [one.days for one in read.timetable.cards] == ["1000000", "0100000"]
    rows.append(("21/09/2026", 1, "10A1", "Toán"))
    with pytest.raises(Unreadable, match="dates of several weeks"):
        read_timetable(saved(workbook(rows), tmp_path))


def test_each_command_sends_to_the_other(tmp_path: Path) -> None:
    plan = saved(workbook([HEADER, ("Thứ 2", 1, "10A1", "Toán", "Hà", "P1")]), tmp_path, "tkb.xlsx")
    pupils = saved(workbook([("Mã HS", "Họ và tên", "Lớp"), ("1", "Lê Ánh", "10A1")]), tmp_path, "hs.xlsx")
    with pytest.raises(Unreadable, match=r"this is a timetable .*classhub timetable check"):
        read_roster(plan)
    with pytest.raises(Unreadable, match=r"this is a roster .*classhub roster check"):
        read_timetable(pupils)
