"""A spreadsheet file, .xlsx or CSV, as grids; files that only look like one are refused with what to do.

Source: magic numbers of compound documents (MS-CFB 2.2), PDF and zip; RFC 4180.
Errors: Unreadable and OSError.
"""

import unicodedata
from pathlib import Path

from hub.school.importers.csv_rows import rows_of
from hub.school.importers.encoding import decode, report
from hub.school.importers.grid import TOO_LONG, Grid, GridRow
from hub.school.importers.layout import MAX_TEXT
from hub.school.importers.source import Source, look_at
from hub.school.importers.xlsx import is_xlsx, read_xlsx
from hub.school.importers.xlsx_sheet import MAX_ROWS
from hub.school.problems import Findings, refuse
from wire.text import Text

MAX_CSV_BYTES = 24 * 1024 * 1024
MAX_COLUMNS = 512
BINARY_LEAST, BINARY_SHARE = 4, 0.05
_CONTROL = frozenset(range(0x20)) - frozenset(b"\t\n\v\f\r\x00\x01\x03\x1a\x1e")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
SAVE_AS = "mở bằng Excel hoặc LibreOffice rồi lưu dạng .xlsx"
SAVE_AS_EN = "open it in Excel or LibreOffice and save it as .xlsx"


def read_grids(path: Path, findings: Findings, head_rows: int | None = None) -> list[Grid]:
    """The sheets of the file, in order. Raises Unreadable and OSError."""
    source = look_at(path)
    refuse_lookalikes(source)
    if is_xlsx(source.names):
        return [_in_nfc(grid) for grid in read_xlsx(path, head_rows)]
    if source.names or path.is_dir():
        text = Text("không phải tệp .xlsx hay CSV", "neither an .xlsx file nor CSV")
        raise refuse(path.name, text)
    return [_csv(path, findings, head_rows)]


def refuse_lookalikes(source: Source) -> None:
    """Raises Unreadable for old .xls files, web pages called .xls, OpenDocument and PDF."""
    name, head = source.path.name, source.head.lstrip()
    if head.startswith(_OLD_EXCEL.replace(b"\0", b"")):
        what = Text(f"tệp .xls (Excel 97-2003) đời cũ; hãy {SAVE_AS}", f"an old binary .xls file: {SAVE_AS_EN}")
    elif head[:1] == b"<" and any(word in head.lower() for word in (b"<html", b"<table", b"<!doctype html")):
        what = Text(f"là trang web (HTML) mang tên bảng tính; hãy {SAVE_AS}", f"a web page (HTML): {SAVE_AS_EN}")
    elif b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        what = Text(f"là bảng tính XML 2003; hãy {SAVE_AS}", f"a spreadsheet in XML of 2003: {SAVE_AS_EN}")
    elif head.startswith(b"%PDF"):
        what = Text("là tệp PDF; hãy xuất dạng .xlsx hoặc CSV", "a PDF file: export .xlsx or CSV instead")
    elif "content.xml" in source.names and "mimetype" in source.names:
        what = Text(f"là tệp OpenDocument; hãy {SAVE_AS}", f"an OpenDocument file: {SAVE_AS_EN}")
    elif "xl/workbook.bin" in source.names:
        what = Text(f"là tệp .xlsb; hãy {SAVE_AS}", f"an .xlsb file: {SAVE_AS_EN}")
    elif "word/document.xml" in source.names:
        what = Text("là tệp Word; hãy chép bảng sang Excel", "a Word file: copy the table into a spreadsheet")
    elif _is_binary(head):
        what = Text(
            "không phải văn bản hay bảng tính (dữ liệu nhị phân, hoặc tệp hỏng); hãy xuất lại từ hệ thống của trường",
            "neither text nor a spreadsheet (binary data, or damaged): export it again from the school's system",
        )
    else:
        return
    raise refuse(name, what)


def _is_binary(head: bytes) -> bool:
    """Many control characters; those that halves of Vietnamese letters in UTF-16 are do not count."""
    control = sum(byte in _CONTROL for byte in head)
    return control >= BINARY_LEAST and control > len(head) * BINARY_SHARE


def _csv(path: Path, findings: Findings, head_rows: int | None) -> Grid:
    size = path.stat().st_size
    with path.open("rb") as stream:
        if head_rows is not None:
            content = stream.read(64 * 1024)
        elif size > MAX_CSV_BYTES:
            limit = MAX_CSV_BYTES >> 20
            text = Text(f"tệp quá lớn (giới hạn {limit} MB)", f"the file is too large (limit {limit} MB)")
            raise refuse(path.name, text)
        else:
            content = stream.read(MAX_CSV_BYTES + 1)
    decoded = decode(content)
    report(path.name, decoded, findings, utf_8_only=False)
    rows: list[GridRow] = []
    doubts: dict[tuple[int, int], Text] = {}
    for line, cells in rows_of(path.name, decoded.text, _delimiter(decoded.text), findings):
        trimmed = tuple(cell.strip() for cell in cells[:MAX_COLUMNS])
        if any(len(cell) > MAX_TEXT for cell in trimmed):
            doubts |= {(line, column): TOO_LONG for column, cell in enumerate(trimmed) if len(cell) > MAX_TEXT}
            trimmed = tuple(cell if len(cell) <= MAX_TEXT else "" for cell in trimmed)
        rows.append(GridRow(line, trimmed))
        if head_rows is not None and len(rows) >= head_rows:
            break
        if len(rows) > MAX_ROWS:
            raise refuse(path.name, Text(f"quá {MAX_ROWS} dòng", f"more than {MAX_ROWS} rows"), line)
    return Grid(path.name, "", tuple(rows), doubts=doubts)


def _delimiter(text: str) -> str:
    """The sign most of the first lines hold most often; titles above the header hold none."""
    lines = [line for line in text[:64_000].splitlines() if line.strip()][:40]
    counts = {sign: sorted((line.count(sign) for line in lines), reverse=True) for sign in ",;\t|"}
    middle = len(lines) // 2
    return max(counts, key=lambda sign: (counts[sign][middle] if lines else 0, sum(counts[sign])))


def _in_nfc(grid: Grid) -> Grid:
    rows = tuple(
        row
        if all(cell.isascii() for cell in row.cells)
        else GridRow(row.line, tuple(unicodedata.normalize("NFC", cell) for cell in row.cells))
        for row in grid.rows
    )
    return Grid(grid.file, grid.sheet, rows, grid.hidden, grid.doubts)
