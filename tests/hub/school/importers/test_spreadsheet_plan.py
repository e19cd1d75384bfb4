"""Timetables as lists and as printed grids: weekdays, half days, periods, weeks A and B."""

import csv
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.column_map import ColumnMap, SheetKind, Target
from hub.school.importers.formats import read_roster, read_timetable
from hub.school.importers.found import TimetableImport
from hub.school.problems import Severity, Unreadable
from hub.school.sessions import sessions
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


GRID = ("Thứ", "Tiết", "10A1", "10A2")
DAYS = ("Thứ 2", "Thứ 3", "Thứ 4", "Thứ 5", "Thứ 6", "Thứ 7")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([GRID, (2, 1, "A"), (None, 2, "B"), ("BUỔI CHIỀU",), (None, 1, "C"), (3, 1, "D")], "2:1 2:2 2:6 3:1"),
        ([GRID, (2, 1, "A"), (None, "Chiều:"), (None, 1, "C"), ("Thứ 3", "Chiều"), (None, 1, "D")], "2:1 2:6 3:6"),
        ([GRID, ("Sáng",), (2, 1, "A"), (3, 1, "B"), ("Chiều",), (2, 1, "C"), (3, 1, "D")], "2:1 3:1 2:6 3:6"),
        ([("THỜI KHÓA BIỂU BUỔI CHIỀU",), GRID, (2, 1, "A"), (3, 7, "B")], "2:6 3:7"),
        ([("Thời khoá biểu từ chiều 5/9",), ("Ghi chú: buổi chiều nghỉ",), GRID, (2, 1, "A")], "2:1"),
        ([("TKB sáng",), GRID, ("Thứ 2", "Chiều"), (None, 1, "A"), (3, 1, "B")], "2:6 3:1"),
    ],
)
def test_a_half_day_in_a_row_of_its_own(rows: list[tuple[Value, ...]], expected: str, tmp_path: Path) -> None:
    read = read_timetable(saved(workbook(rows), tmp_path))
    found = [f"{one.days.index('1') + 2}:{one.periods[0]}" for one in read.timetable.cards]
    assert " ".join(found) == expected
    assert not [one for one in read.findings.problems if "a total" in one.text.en]


@pytest.mark.parametrize(("sheet", "period"), [("TKB Chiều", "6"), ("Sáng", "1"), ("Sáng chiều", "1")])
def test_a_sheet_of_one_half_day(sheet: str, period: str, tmp_path: Path) -> None:
    read = read_timetable(saved(workbook([GRID, (2, 1, "A")], sheet), tmp_path))
    assert [one.periods for one in read.timetable.cards] == [(period,)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([GRID, (2, 1, "A"), (None, 2, "B"), (None, 1, "C"), (None, 2, "D"), (3, 1, "E")], [4]),
        ([GRID, (2, 1, "A"), (None, 2, "B"), (None, 1, None, "C"), (3, 1, "E")], []),  # another class
        ([GRID, (2, 1, "A"), (None, 1, "B"), (None, 2, "C"), (None, 2, "D")], []),  # a divided class
        ([GRID, (2, 1, "A"), (None, 2, "B"), ("Chiều",), (None, 1, "C"), (None, 2, "D")], []),
        ([("LỚP 10A1",), ("Tiết", *DAYS), (1, "A"), (2, "B"), (1, "C"), (2, "D")], [5]),
        ([("LỚP 10A1",), ("Tiết", *DAYS), (1, "A"), (2, "B"), ("LỚP 10A2",), (1, "C")], []),
        (
            [
                *[("Thứ", "Tiết", "10A1", None, "10A2"), (None, None, "Môn", "GV", "Môn", "GV")],
                *[(2, 1, "A", "H", "B", "L"), (2, 2, "A", "H"), (2, 1, "C", "H")],
            ],
            [5],
        ),
    ],
)
def test_periods_that_count_anew_without_a_half_day_are_told(
    rows: list[tuple[Value, ...]], told: list[int], tmp_path: Path
) -> None:
    read = read_timetable(saved(workbook(rows), tmp_path))
    assert [one.row for one in read.findings.problems if "count anew" in one.text.en] == told


def test_a_week_of_one_class_with_its_afternoon_below(tmp_path: Path) -> None:
    rows = [
        ("LỚP 10A1",), ("Tiết", *DAYS), (1, "Toán"), ("BUỔI CHIỀU",), (1, "Tin"),
        ("LỚP 10A2",), (1, "Văn"), (None, "Chiều"), (2, "Sử"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows), tmp_path))
    assert [(one[1], one[2], one[3]) for one in placed(read)] == [
        (("1",), "Toán", ("10A1",)), (("6",), "Tin", ("10A1",)),
        (("1",), "Văn", ("10A2",)), (("7",), "Sử", ("10A2",)),
    ]  # fmt: skip


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


def taught(read: TimetableImport) -> list[tuple[str, tuple[str, ...], str, tuple[str, ...], tuple[str, ...]]]:
    """Weekday mask, periods, subject, classes and teachers of each card."""
    lessons = {lesson.id: lesson for lesson in read.timetable.lessons}
    return [
        (card.days, card.periods, one.subject, one.classes, one.teachers)
        for card in read.timetable.cards
        for one in [lessons[card.lesson]]
    ]


@pytest.mark.parametrize("corner", ["Tiết", "Thứ/Tiết", "Tiết \\ Thứ", "Period"])
def test_a_week_of_one_class_with_its_days_across(tmp_path: Path, corner: str) -> None:
    rows = [
        ("THỜI KHÓA BIỂU LỚP 10A1",), ("Buổi", corner, *DAYS),
        ("Sáng", 1, "Chào cờ", "Toán - Hà"), (None, 2, None, "Văn\n(Lan)", None, None, None, "Sinh hoạt lớp 10A9"),
        ("Chiều", 1, "Tin - Nam"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows), tmp_path))
    assert taught(read) == [
        ("1000000", ("1",), "Chào cờ", ("10A1",), ()), ("0100000", ("1",), "Toán", ("10A1",), ("Hà",)),
        ("0100000", ("2",), "Văn", ("10A1",), ("Lan",)), ("0000010", ("2",), "Sinh hoạt lớp 10A9", ("10A1",), ()),
        ("1000000", ("6",), "Tin", ("10A1",), ("Nam",)),
    ]  # fmt: skip
    assert (read.counts["cards"], read.counts["classes"], read.counts["teachers"]) == (5, 1, 3)


def test_weeks_of_several_classes_below_each_other_and_of_a_teacher(tmp_path: Path) -> None:
    rows = [
        ("Lớp: 6A",), ("Tiết", *DAYS), (1, "Toán - Hà"), (2, None, "Văn - Lan"), (None,),
        ("Lớp: 6B",), ("Tiết", *DAYS), (1, "Văn - Lan"), ("Tiết 2", None, None, "Toán - Hà"), (None,),
        ("Giáo viên: Vũ Minh",), ("Tiết", *DAYS), (3, "Anh - 6A, 6B"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows), tmp_path))
    assert taught(read) == [
        ("1000000", ("1",), "Toán", ("6A",), ("Hà",)), ("0100000", ("2",), "Văn", ("6A",), ("Lan",)),
        ("1000000", ("1",), "Văn", ("6B",), ("Lan",)), ("0010000", ("2",), "Toán", ("6B",), ("Hà",)),
        ("1000000", ("3",), "Anh", ("6A", "6B"), ("Vũ Minh",)),
    ]  # fmt: skip
    assert [one.row for one in read.timetable.cards] == [3, 4, 8, 9, 13]


def test_a_week_of_nobody_known_is_told(tmp_path: Path) -> None:
    read = read_timetable(saved(workbook([("Tiết", *DAYS), (1, "Toán - Hà"), (2, "Văn")]), tmp_path))
    assert said(read.findings, 2, "whose timetable this is is not said") == [Severity.WARNING]
    assert said(read.findings, 3, "whose timetable") == []
    assert taught(read) == [("1000000", ("1",), "Toán", (), ("Hà",)), ("1000000", ("2",), "Văn", (), ())]


def test_numbers_over_columns_are_no_weekdays(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("Tiết,2,3,4,5\n1,Toán,Văn,Anh,Lý\n", "utf-8")
    with pytest.raises(Unreadable):
        read_timetable(path)


def test_a_class_and_its_teachers_side_by_side(tmp_path: Path) -> None:
    rows = [
        ("UBND XÃ", None, None, None, "THỜI KHÓA BIỂU BUỔI SÁNG"), ("Thứ", "Tiết", "6A", "GV Dạy", "6B", "GV dạy"),
        (2, 1, "Chào cờ", "Lan", "Chào cờ", "Hoa"), (None, 2, "Toán", "Lan, Hà", None, None),
        (3, 1, "Anh", None, "Toán", "Lan"),
    ]  # fmt: skip
    read = read_timetable(saved(workbook(rows), tmp_path))
    assert taught(read) == [
        ("1000000", ("1",), "Chào cờ", ("6A",), ("Lan",)), ("1000000", ("1",), "Chào cờ", ("6B",), ("Hoa",)),
        ("1000000", ("2",), "Toán", ("6A",), ("Lan", "Hà")), ("0100000", ("1",), "Anh", ("6A",), ()),
        ("0100000", ("1",), "Toán", ("6B",), ("Lan",)),
    ]  # fmt: skip


def test_a_list_as_universities_write_it(tmp_path: Path) -> None:
    header = "Mã MH,Tên MH,Tín chỉ,Lớp TC,Giảng viên,Từ ngày,Đến ngày,Thứ,Tiết bắt đầu,Số tiết,Phòng"
    path = tmp_path / "x.csv"
    rows = "CT1,Triết học,3,CT1.01,Lê An,13/04/2026,24/05/2026,6,1,3,A.1\nCT2,Đại số,3,CT2.01,Vũ Bình,,,7,4,45,A.2\n"
    path.write_text(f"{header}\n{rows}", "utf-8")
    read = read_timetable(path)
    assert placed(read) == [
        ("0000100", ("1", "2", "3"), "Triết học", ("CT1.01",), ("A.1",)),
        ("0000010", ("4",), "Đại số", ("CT2.01",), ("A.2",)),
    ]
    assert read.counts["teachers"] == 2
    assert said(read.findings, 1, "are not read: each row is taken to hold every week") == [Severity.WARNING]


def test_columns_of_a_list_nobody_knows_are_no_classes(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Nhóm thi,Người phụ trách,Thứ,Tiết,Phòng\nA,B,2,1,P.1\n", "utf-8")
    read = read_timetable(path)
    assert read.timetable.cards == ()
    assert said(read.findings, 2, "neither subject nor class") == [Severity.ERROR]


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


EXAMPLES = 2_000 if os.environ.get("CLASSHUB_SOAK") else 60
HEADERS = st.sampled_from(
    [
        *HEADER, *DAYS, "GV dạy", "6A", "Lớp 6B", "Ngày", "Buổi", "Tuần", "Số tiết", "Tiết/Thứ", "Giờ bắt đầu",
        "Giờ kết thúc", "Thời gian", "Từ ngày", "Day", "Start", "", "2",
    ]
)  # fmt: skip
CELLS = st.text(max_size=6) | st.sampled_from(
    [
        "", "1", "2", "0", "-1", "1-3", "12-3", "99", "Tiết 2", "Thứ 2", "Thứ Ba", "CN", "Toán - Hà", "Văn\n(Lan)",
        "Lớp: 10A9", "Giáo viên: Vũ", "07:00", "7h45", "07:00 - 07:45", "25:61", "31/02/2026", "23/11/2026", "lẻ",
        "Sáng", "Chiều", "٣", "²", "–", "()", "A,B;C", "x" * 300,
    ]
)  # fmt: skip


@settings(max_examples=EXAMPLES)
@given(st.lists(HEADERS, min_size=2, max_size=9), st.lists(st.lists(CELLS, min_size=1, max_size=10), max_size=7))
def test_any_table_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, header: list[str], rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["LỚP 10A1"], header, *rows])
    try:
        read = read_timetable(path)
    except Unreadable:
        return
    bells = {one.number for one in read.timetable.bells}
    assert all(set(card.periods) <= bells for card in read.timetable.cards) or not bells
    for offset in range(7):
        sessions(read.timetable, date(2026, 11, 23) + timedelta(days=offset))
