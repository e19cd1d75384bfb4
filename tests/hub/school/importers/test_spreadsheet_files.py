"""Workbooks that are broken, hostile or something else: refused in words, never an exception of a library."""

import contextlib
import io
import os
import random
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.formats import read_roster, read_timetable
from hub.school.importers.grid import letter
from hub.school.importers.spreadsheet import read_roster_sheet
from hub.school.importers.spreadsheet_files import MAX_CSV_BYTES
from hub.school.importers.xlsx import read_xlsx
from hub.school.problems import Unreadable
from tests.hub.school.importers.sheets import CLASS_LIST, Value, saved, workbook


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        read_roster(path)
    assert refused.value.problem.text.vi
    return refused.value.problem.text.en


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one of its parts replaced."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old binary .xls"),
        (b"<html><body><table><tr><td>STT</td></tr></table></body></html>", "a web page (HTML)"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "XML of 2003"),
        (b"%PDF-1.7\n", "a PDF file"),
        (b"", "the file is empty"),
        (b"sourcedId,status,dateLastModified,name\n1,,,A\n", "one file of OneRoster"),
        (b"PK\x03\x04 and no more", "neither a zip"),
    ],
)
def test_what_only_looks_like_a_spreadsheet(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "ds.xls"
    path.write_bytes(content)
    assert words in refusal(path)


def test_an_opendocument_and_a_word_file(tmp_path: Path) -> None:
    for names, words in ((("mimetype", "content.xml"), "OpenDocument"), (("word/document.xml",), "a Word file")):
        path = tmp_path / "ds.xlsx"
        with zipfile.ZipFile(path, "w") as book:
            for name in names:
                book.writestr(name, "x")
        assert words in refusal(path)


def test_an_entity_a_bomb_and_a_missing_part(tmp_path: Path) -> None:
    sheet = "xl/worksheets/sheet1.xml"
    path = saved(workbook(CLASS_LIST), tmp_path)
    changed(path, sheet, lambda xml: b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml)
    with pytest.raises(Unreadable, match="DTD or an XML entity"):
        read_roster_sheet(path)
    changed(saved(workbook(CLASS_LIST), tmp_path), sheet, lambda xml: xml + b" " * 30_000_000)
    with pytest.raises(Unreadable, match="zip bomb"):
        read_roster_sheet(path)
    changed(saved(workbook(CLASS_LIST), tmp_path), "xl/_rels/workbook.xml.rels", lambda _: b"<Relationships/>")
    with pytest.raises(Unreadable, match="no worksheet"):
        read_roster_sheet(path)
    changed(saved(workbook(CLASS_LIST), tmp_path), sheet, lambda xml: xml[: len(xml) // 2])
    with pytest.raises(Unreadable, match=r"broken \.xlsx"):
        read_roster_sheet(path)


def test_links_to_other_files_are_not_followed(tmp_path: Path) -> None:
    def elsewhere(xml: bytes) -> bytes:
        return xml.replace(b'Target="/xl/worksheets/sheet1.xml"', b'Target="file:///etc/passwd" TargetMode="External"')

    path = changed(saved(workbook(CLASS_LIST), tmp_path), "xl/_rels/workbook.xml.rels", elsewhere)
    with pytest.raises(Unreadable, match="no worksheet"):
        read_roster_sheet(path)


def test_a_csv_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "ds.csv"
    with path.open("wb") as stream:
        stream.write("Mã học sinh,Họ và tên,Lớp\n".encode())
        stream.truncate(MAX_CSV_BYTES + 1)
    assert "too large" in refusal(path)


def test_values_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    book = workbook([])
    sheet = book.active
    assert sheet is not None
    values: list[Value] = [
        date(2026, 9, 5),
        datetime(2026, 9, 5, 7, 30),  # noqa: DTZ001
        12.0,
        1.5,
        7,
        True,
        -3,
        "  x ",
        "#N/A",
        12345678901,
    ]
    for column, value in enumerate(values, 1):
        sheet.cell(1, column, value)
    sheet.cell(1, 5).number_format = "0000000"
    grid = read_xlsx(saved(book, tmp_path))[0]
    shown = ["2026-09-05", "2026-09-05 07:30", "12", "1.5", "0000007", "true", "-3", "x", "", "12345678901"]
    assert list(grid.rows[0].cells) == shown
    assert "#N/A" in grid.doubts[1, 8].en


def test_dates_that_count_from_1904(tmp_path: Path) -> None:
    book = workbook([(date(2026, 9, 5),)])
    book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
    assert read_xlsx(saved(book, tmp_path))[0].rows[0].cells == ("2026-09-05",)


def test_names_of_columns() -> None:
    assert [letter(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@cache
def sound() -> bytes:
    """Written once: openpyxl puts the time of day into it."""
    memory = io.BytesIO()
    workbook(CLASS_LIST, merges=("A1:C1", "F7:F9")).save(memory)
    return memory.getvalue()


EXAMPLES = 2_000 if os.environ.get("CLASSHUB_SOAK") else 100


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_damaged_workbooks_are_refused_or_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("damage") / "ds.xlsx"
    path.write_bytes(sound())
    part = data.draw(
        st.sampled_from(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", ""])
    )

    def damage(content: bytes) -> bytes:
        broken = bytearray(content)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, max(0, len(broken) - 1)))
            broken[at : at + data.draw(st.integers(0, 20))] = data.draw(
                st.binary(max_size=8)
                | st.sampled_from([b"-1", b"99999999999999", b'r="ZZZ9"', b"1E308", b"nan", b"s", b'"', b"<", b""])
            )
        return bytes(broken)

    if part:
        changed(path, part, damage)
    else:
        path.write_bytes(damage(path.read_bytes()))
    for read in (read_roster, read_timetable):
        with contextlib.suppress(Unreadable):
            assert read(path).counts


def test_one_endless_text_is_refused_while_it_is_read(tmp_path: Path) -> None:
    """Packed well enough to look harmless: random letters between long runs."""
    source, path = saved(workbook(CLASS_LIST), tmp_path, "a.xlsx"), tmp_path / "b.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "xl/sharedStrings.xml":
                new.writestr(name, old.read(name))
        with new.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(b"<sst><si><t>")
            for _ in range(60):
                part.write(os.urandom(10_000).hex().encode() + b"a" * 1_000_000)
            part.write(b"</t></si></sst>")
    with pytest.raises(Unreadable, match="too much text"):
        read_roster(path)


@pytest.mark.parametrize("seed", range(5))
def test_rubbish_is_neither_quoted_nor_asked_for_columns(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "rubbish.csv"
    path.write_bytes(random.Random(seed).randbytes(4_000))
    for read in (read_roster, read_timetable):
        with pytest.raises(Unreadable) as refused:
            read(path)
        assert refused.value.problem.text.en.startswith("neither text nor a spreadsheet")
