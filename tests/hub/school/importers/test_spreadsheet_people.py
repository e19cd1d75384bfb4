"""Lists of pupils and teachers as schools send them: titles, merged cells, lost zeros, formulas, notes at the end."""

import contextlib
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.column_map import ColumnMap, SheetKind, Target, as_toml, load_map
from hub.school.importers.formats import read_roster
from hub.school.importers.spreadsheet import read_roster_sheet
from hub.school.problems import Severity, Unreadable
from tests.hub.school.importers.sheets import CLASS_LIST, Value, said, saved, windows_1258, workbook

HEADER = CLASS_LIST[5]
WARNING, ERROR, NOTE = [Severity.WARNING], [Severity.ERROR], [Severity.NOTE]


def test_a_class_list_under_titles_with_notes_at_its_end(tmp_path: Path) -> None:
    read = read_roster(saved(workbook(CLASS_LIST, merges=("A1:C1", "A2:C2", "A4:G4", "A12:G12")), tmp_path))
    assert (read.format, read.counts) == ("spreadsheet", {"classes": 2, "enrollments": 5, "users": 5})
    assert read.findings.bad == 0
    first = read.roster.people[0]
    assert (first.id, first.family_name, first.given_name, first.role) == (
        "0000000012", "Nguyễn Thị", "Ánh", "student",
    )  # fmt: skip
    assert [(one.school_class, one.person) for one in read.roster.enrolments][3] == ("10A2", "0000000015")
    for row in (12, 13, 14):
        assert said(read.findings, row, "a total, a note") == NOTE
    assert said(read.findings, None, "last word is the given name") == NOTE
    assert not [text for text in ("2010", "Nữ") if text in repr((read.roster, read.findings.problems))]


def test_a_header_merged_over_two_rows_is_no_pupil(tmp_path: Path) -> None:
    rows: list[tuple[Value, ...]] = [
        ("STT", "Mã HS", "Họ và tên", "Lớp", "Điểm", None), (None, None, None, None, "Toán", "Văn"),
        (1, "0000000012", "Nguyễn Thị Ánh", "10A1", 8, 9), (2, "0000000013", "Lê Bình", "10A1", 7, 6),
    ]  # fmt: skip
    read = read_roster(saved(workbook(rows, merges=("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1")), tmp_path))
    assert [one.id for one in read.roster.people] == ["0000000012", "0000000013"]
    assert [one.title for one in read.roster.classes] == ["10A1"]


def test_a_headmaster_in_a_short_list_is_no_signature(tmp_path: Path) -> None:
    rows: list[tuple[Value, ...]] = [
        ("STT", "Mã GV", "Họ và tên", "Chức vụ"), (1, "GV001", "Trần Văn An", "Hiệu trưởng"),
        (2, "GV002", "Lê Thị Bình", "Phó hiệu trưởng"), (3, "GV003", "Hồ Văn Dũng", "Giáo viên chủ nhiệm"),
        (None, None, "Người lập biểu", "Hiệu trưởng"), (None, "Tổng cộng: 3", "Tổng cộng: 3", None),
    ]  # fmt: skip
    read = read_roster(saved(workbook(rows), tmp_path))
    assert [one.id for one in read.roster.people] == ["GV001", "GV002", "GV003"]


def test_a_csv_list_has_no_more_rows_than_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "ds.csv"
    path.write_text("STT,Họ và tên,Mã HS\n" + "1,A,2\n" * 300_001, "utf-8")
    with pytest.raises(Unreadable, match="300000"):
        read_roster(path)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_name_of_thousands_of_letters_is_told_and_not_taken(ending: str, tmp_path: Path) -> None:
    rows = [("Mã HS", "Họ và tên", "Lớp"), ("0001", "Nguyễn An", "6A"), ("0002", "A" * 30_000, "6A")]
    path = tmp_path / "ds.csv"
    if ending == "xlsx":
        path = saved(workbook(rows), tmp_path)
    else:
        path.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    read = read_roster(path)
    assert ERROR[0] in said(read.findings, 3, "longer than 2000 characters")
    assert all(len(one.given_name) + len(one.family_name) < 100 for one in read.roster.people)


def test_the_map_that_was_assumed_reads_the_same_file_the_same_way(tmp_path: Path) -> None:
    path = saved(workbook(CLASS_LIST), tmp_path)
    assumed = read_roster(path)
    toml = tmp_path / "m.toml"
    toml.write_text(as_toml(assumed.column_maps[0]), "utf-8")
    assert load_map(toml) == assumed.column_maps[0]
    assert read_roster(path, load_map(toml)).roster == assumed.roster


def test_headers_nobody_knows_need_a_map_and_are_found_by_it(tmp_path: Path) -> None:
    rows = [("Danh sách",), ("Nr", "Schüler", "Klasse"), ("007", "Trần Hà", "5B"), ("008", "Lê Lan", "5B")]
    path = saved(workbook(rows), tmp_path)
    with pytest.raises(Unreadable, match="“Schüler”"):
        read_roster(path)
    given_map = ColumnMap(
        SheetKind.PUPILS, {Target.ID: ("Mã", "NR"), Target.FULL_NAME: "Schüler", Target.CLASS: "Klasse"}
    )
    read = read_roster(path, given_map)
    assert [(one.id, one.given_name) for one in read.roster.people] == [("007", "Hà"), ("008", "Lan")]
    with pytest.raises(Unreadable, match="not in the first 30 rows"):
        read_roster(path, ColumnMap(SheetKind.PUPILS, {Target.ID: "Mã số"}))
    with pytest.raises(Unreadable, match="there is no sheet 'Khối 6'"):
        read_roster(path, ColumnMap(SheetKind.PUPILS, {Target.ID: "Nr"}, sheet="Khối 6"))
    with pytest.raises(Unreadable, match="one for timetable"):
        read_roster(path, ColumnMap(SheetKind.TIMETABLE, {Target.DAY: "Nr", Target.PERIOD: "Klasse"}))


def test_one_header_over_two_name_columns_and_classes_merged_down(tmp_path: Path) -> None:
    rows = [
        ("Mã HS", "Họ và tên", None, "Lớp"),
        ("01", "Nguyễn Thị", "Ánh", "10A1"),
        ("02", "Lê", "Bình", None),
        ("03", "Phạm", "Châu", None),
        ("04", "Vũ", "Dũng", "10A2"),
    ]
    read = read_roster_sheet(saved(workbook(rows, merges=("B1:C1", "D2:D4")), tmp_path))
    assert [(one.family_name, one.given_name) for one in read.roster.people][:2] == [
        ("Nguyễn Thị", "Ánh"), ("Lê", "Bình"),
    ]  # fmt: skip
    assert [one.school_class for one in read.roster.enrolments] == ["10A1", "10A1", "10A1", "10A2"]


def test_a_header_of_two_rows(tmp_path: Path) -> None:
    rows = [
        ("STT", "Mã học sinh", "Họ tên học sinh", None, "Lớp"),
        (None, None, "Họ đệm", "Tên", None),
        (1, "01", "Nguyễn Thị", "Ánh", "10A1"),
    ]
    merges = ("A1:A2", "B1:B2", "C1:D1", "E1:E2")
    read = read_roster_sheet(saved(workbook(rows, merges=merges), tmp_path))
    assert [(one.family_name, one.given_name) for one in read.roster.people] == [("Nguyễn Thị", "Ánh")]


def test_identifiers_keep_their_zeros_and_lost_ones_are_told(tmp_path: Path) -> None:
    rows = [HEADER, *CLASS_LIST[6:10]]
    rows += [(9, 17, "Hồ Giang", None, None, "10A1"), (10, 18, "Hồ Hà", None, None, "10A1")]
    rows += [(11, "1.2E+10", "Hồ Lan", None, None, "10A1"), (12, 8012345678, "Hồ Mai", None, None, "10A1")]
    book = workbook(rows)
    sheet = book.active
    assert sheet is not None
    sheet.cell(6, 2).number_format = "0000000000"
    read = read_roster_sheet(saved(book, tmp_path))
    ids = [one.id for one in read.roster.people]
    assert ids[4:] == ["0000000017", "18", "8012345678"]
    assert said(read.findings, 7, "2 digits, usual are 10") == WARNING
    assert said(read.findings, 8, "turned the identifier into a number") == ERROR
    fixed = read_roster_sheet(
        saved(book, tmp_path), ColumnMap(SheetKind.PUPILS, {Target.ID: "Mã học sinh"}, id_length=12)
    )
    assert said(fixed.findings, 2, "10 digits, usual are 12") == WARNING


def test_formulas_count_by_their_value_and_are_told_without_one(tmp_path: Path) -> None:
    path = saved(workbook([HEADER, *CLASS_LIST[6:9], (4, "=B2", "Lê Dũng", None, None, "10A1")]), tmp_path)
    read = read_roster_sheet(path)
    assert said(read.findings, 5, "without a computed value") == ERROR
    assert len(read.roster.people) == 3


def test_hidden_sheets_other_sheets_and_a_sheet_per_class(tmp_path: Path) -> None:
    book = workbook([("Mã HS", "Họ và tên"), ("01", "Lê Ánh"), ("02", "Lê Bình")], "10A1")
    for title, state, first in (("10A2", "visible", "03"), ("10A3", "hidden", "04"), ("Bìa", "visible", "")):
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        if first:
            sheet.append(["Mã HS", "Họ và tên"])
            sheet.append([first, "Lê Châu"])
        else:
            sheet.append(["Trường THPT Thử Nghiệm"])
    read = read_roster_sheet(saved(book, tmp_path))
    assert [(one.school_class, one.person) for one in read.roster.enrolments] == [
        ("10A1", "01"), ("10A1", "02"), ("10A2", "03"),
    ]  # fmt: skip
    assert said(read.findings, None, "hidden sheet") == NOTE
    assert said(read.findings, None, "no header row of a list") == NOTE


def test_a_title_names_the_class_of_its_list(tmp_path: Path) -> None:
    rows = [("DANH SÁCH HỌC SINH LỚP: 10A5 - NĂM HỌC 2026-2027",), ("Mã HS", "Họ và tên"), ("01", "Lê Ánh")]
    assert read_roster_sheet(saved(workbook(rows), tmp_path)).roster.enrolments[0].school_class == "10A5"


def test_who_left_twice_listed_and_without_class_is_told(tmp_path: Path) -> None:
    rows = [
        ("Mã học sinh", "Họ và tên", "Lớp", "Trạng thái", "Ngày nhập học", "Đến ngày"),
        ("01", "Lê Ánh", "10A1", "Đang học", "25/09/2026", "31/12/2026"),
        ("02", "Lê Bình", "10A1", "Chuyển trường", None, None),
        ("01", "Lê Ánh", "10a1", "Đang học", None, None),
        ("01", "Lê Khác", "10A1", "Đang học", None, None),
        ("03", "Lê Châu", None, "Đang học", "31/02/2026", None),
        ("04", "Lê Dũng", "10A1", "Đang học", "31/02/2026", None),
        ("05", "Lê Em", "10A1", "Đang học", "05/09/2026", None),
        (None, "Lê Gấm", "10A1", "Đang học", None, None),
    ]
    read = read_roster_sheet(saved(workbook(rows), tmp_path))
    assert read.counts == {"classes": 1, "enrollments": 7, "users": 8}
    first = read.roster.enrolments[0]
    assert (first.begin, first.end) == (date(2026, 9, 25), date(2027, 1, 1))
    assert {one.id: one.enabled for one in read.roster.people}["02"] is False
    assert "02" not in {one.person for one in read.roster.enrolments}
    assert said(read.findings, 3, "gone from school") == NOTE
    assert said(read.findings, 4, "same person in the same class") == WARNING
    assert said(read.findings, 5, "somebody else's") == ERROR
    assert said(read.findings, 6, "there is no class") == WARNING
    assert said(read.findings, 7, "'31/02/2026' is no date") == WARNING
    assert said(read.findings, 8, "2026-09-05: day or month first cannot be told") == NOTE
    assert said(read.findings, 9, "no identifier") == ERROR


def test_teachers_and_their_homerooms(tmp_path: Path) -> None:
    rows = [
        ("DANH SÁCH CÁN BỘ GIÁO VIÊN",),
        ("STT", "Mã giáo viên", "Họ và tên", "Ngày sinh", "Môn dạy", "Lớp chủ nhiệm"),
        (1, "GV01", "Trần Thu Hà", "1/1/1980", "Toán", "10A1"),
        (2, "GV02", "Vũ Minh", "1/1/1981", "Văn", None),
    ]
    read = read_roster(saved(workbook(rows), tmp_path))
    assert [(one.id, one.role) for one in read.roster.people] == [("GV01", "teacher"), ("GV02", "teacher")]
    assert [(one.school_class, one.role) for one in read.roster.enrolments] == [("10A1", "teacher")]


def test_a_list_without_identifiers_says_so_and_keeps_people_apart(tmp_path: Path) -> None:
    rows = [("Họ và tên", "Ngày sinh", "Lớp"), ("Lê Ánh", "1/1/2010", "10A1"), ("Lê Ánh", "2/1/2010", "10A1")]
    read = read_roster_sheet(saved(workbook(rows), tmp_path))
    assert len({one.id for one in read.roster.people}) == 2
    assert said(read.findings, None, "no column of identifiers") == WARNING


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-16-le", ";"), ("cp1258", ";")],
)
def test_csv_in_every_encoding_and_with_every_separator(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [["" if cell is None else str(cell) for cell in row] for row in CLASS_LIST]
    text = "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"
    path = tmp_path / "ds.csv"
    path.write_bytes(windows_1258(text) if encoding == "cp1258" else text.encode(encoding))
    read = read_roster(path)
    assert read.counts["users"] == 5
    assert read.roster.people[0].family_name == "Nguyễn Thị"
    assert read.roster.people[0].id == "0000000012"
    assert bool(said(read.findings, 1, "Windows-1258")) is (encoding == "cp1258")


EXAMPLES = 2_000 if os.environ.get("CLASSHUB_SOAK") else 150


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_damaged_lists_are_told_never_a_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damage")
    text = "\n".join(";".join("" if cell is None else str(cell) for cell in row) for row in CLASS_LIST)
    content = bytearray(text.encode(data.draw(st.sampled_from(["utf-8", "utf-16"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 40))] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b";", b'"', b"\n", b"\t", b"31/02/2026", b"1E+9"])
        )
    path = folder / "ds.csv"
    path.write_bytes(bytes(content))
    with contextlib.suppress(Unreadable):
        read = read_roster_sheet(path)
        assert read.counts["users"] >= len(read.roster.people)
        assert all(one.id for one in read.roster.people)
