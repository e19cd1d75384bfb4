"""Spreadsheets for these tests, written by openpyxl: what reads them here was written without it."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook

from hub.school.problems import Findings, Severity

Value = str | float | date | None
CLASS_LIST: tuple[tuple[Value, ...], ...] = (
    ("SỞ GIÁO DỤC VÀ ĐÀO TẠO",),
    ("TRƯỜNG THPT THỬ NGHIỆM",),
    (),
    ("DANH SÁCH HỌC SINH NĂM HỌC 2026-2027",),
    (),
    ("STT", "Mã học sinh", "Họ và tên", "Ngày sinh", "Giới tính", "Lớp", "Ghi chú"),
    (1, "0000000012", "Nguyễn Thị Ánh", "05/09/2010", "Nữ", "10A1", None),
    (2, "0000000013", "Lê Bình", "06/10/2010", "Nam", "10A1", None),
    (3, "0000000014", "Phạm Ngọc Châu", "31/12/2010", "Nữ", "10A1", None),
    (4, "0000000015", "Đặng Dũng", "01/02/2010", "Nam", "10A2", None),
    (5, "0000000016", "Vũ Em", "01/03/2010", "Nam", "10A2", None),
    ("Tổng cộng: 5 học sinh",),
    (None, None, None, None, "Huế, ngày 5 tháng 9 năm 2026"),
    (None, None, None, None, "Người lập biểu"),
)


def workbook(rows: Sequence[Sequence[Value]], title: str = "DS", merges: Sequence[str] = ()) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column, value)
    for merge in merges:
        sheet.merge_cells(merge)
    return book


def saved(book: Workbook, folder: Path, name: str = "ds.xlsx") -> Path:
    book.save(folder / name)
    return folder / name


def windows_1258(text: str) -> bytes:
    """Tone marks stand after their letters there, where a letter with its tone has no place of its own."""
    pieces: list[bytes] = []
    for letter in text:
        try:
            pieces.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", letter)
            tone = next(one for one in marks if one in "\u0300\u0301\u0303\u0309\u0323")
            pieces.append((unicodedata.normalize("NFC", marks.replace(tone, "")) + tone).encode("cp1258"))
    return b"".join(pieces)


def said(findings: Findings, row: int | None, words: str) -> list[Severity]:
    found = [one for one in findings.problems if one.row == row and words in one.text.en]
    assert all(one.text.vi for one in found)
    return [one.severity for one in found]
