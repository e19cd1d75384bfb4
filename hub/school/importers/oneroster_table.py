"""One CSV file of a bundle as rows with their line numbers: encoding, delimiter, quoting and headers examined."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches

import msgspec

from hub.school.importers.oneroster_columns import COLUMNS, OLD_NAMES, Column
from hub.school.problems import Findings
from wire.text import Text

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class Record(msgspec.Struct, frozen=True):
    """One data row: the line it begins on and its cells by column name, trimmed, in NFC."""

    line: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        return self.cells.get(column, "")

    def ids(self, column: str) -> tuple[str, ...]:
        parts = (part.strip() for part in self.get(column).split(","))
        return tuple(dict.fromkeys(part for part in parts if part))


class Table(msgspec.Struct):
    """A whole file: `stem` its OneRoster name, `file` its name in the bundle, `rows` how many it has, good or bad."""

    stem: str
    file: str
    header: tuple[str, ...] = ()
    records: list[Record] = []
    rows: int = 0


def read_table(stem: str, file: str, content: bytes, columns: tuple[Column, ...] | None, findings: Findings) -> Table:
    """Never raises: what cannot be read is reported, and the rows before it are kept."""
    text = _decode(file, content, findings)
    _note_line_ends(file, text, findings)
    delimiter = _delimiter(file, text, findings)
    rows = _rows(file, text, delimiter, findings)
    first = next(rows, None)
    if first is None:
        findings.error(file, Text("tệp rỗng, không có dòng tiêu đề", "the file is empty, it has no header"), 1)
        return Table(stem, file, (), [])
    foreign = columns is not None and _is_foreign(stem, file, {cell.strip() for cell in first[1]}, findings)
    names = _header(file, first[1], None if foreign else columns, findings)
    table = Table(stem, file, tuple(name for name in names if name), [])
    for line, row in rows:
        table.rows += 1
        cells = _cells(file, line, row, names, findings) if row else None
        if cells is not None:
            table.records.append(Record(line, cells))
    if not table.rows:
        findings.note(file, Text("chỉ có dòng tiêu đề", "only a header, no rows"), 1)
    return table


def _decode(file: str, content: bytes, findings: Findings) -> str:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            named = "UTF-8 BOM" if encoding == "utf-8" else encoding.upper()
            findings.warning(file, Text(f"có dấu {named} ở đầu tệp", f"begins with a mark of {named}"), 1)
            return content[len(bom) :].decode(encoding, errors="replace")
    if b"\0" in content[:2]:  # every other byte of UTF-16 is zero in a header
        encoding = "utf-16-be" if content.startswith(b"\0") else "utf-16-le"
        message = Text(f"tệp là {encoding.upper()}, OneRoster cần UTF-8", f"stored as {encoding.upper()}, not as UTF-8")
        findings.error(file, message, 1)
        return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as broken:
        line = content[: broken.start].count(b"\n") + 1
        text = Text(
            "không phải UTF-8 như OneRoster quy định; đọc theo Windows-1258, hãy kiểm tra dấu trong tên",
            "not UTF-8 as OneRoster demands; read as Windows-1258, check the accents in names",
        )
        findings.error(file, text, line)
        return unicodedata.normalize("NFC", content.decode("cp1258", errors="replace"))


def _note_line_ends(file: str, text: str, findings: Findings) -> None:
    if "\r\n" in text:
        findings.note(file, Text("dòng kết thúc bằng CRLF", "lines end with CRLF"))
    if text and not text.endswith(("\n", "\r")):
        text_ = Text("không có xuống dòng ở cuối tệp", "no newline at the end of the file")
        findings.note(file, text_, text.count("\n") + 1)


def _delimiter(file: str, text: str, findings: Findings) -> str:
    first = text.splitlines()[0] if text else ""
    for other, vi, en in ((";", "chấm phẩy", "semicolon"), ("\t", "tab", "tab")):
        if "," not in first and other in first:
            message = Text(f"cột ngăn bằng {vi} thay vì dấu phẩy", f"columns are separated by a {en}, not a comma")
            findings.error(file, message, 1)
            return other
    if first and all(cell.startswith('"') and cell.endswith('"') for cell in first.split(",")):
        findings.note(file, Text("mọi ô đều nằm trong dấu nháy kép", "every field is quoted"), 1)
    return ","


def _rows(file: str, text: str, delimiter: str, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it begins on; one with broken quoting is reported and comes empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            message = Text(
                f"CSV hỏng ({broken}); dòng bị bỏ qua",
                f"broken CSV ({broken}); the row is left out",
            )
            findings.error(file, message, line)
            yield line, []
            continue
        if row:
            yield line, row


def _header(file: str, cells: list[str], columns: tuple[Column, ...] | None, findings: Findings) -> list[str]:
    """Column names in order, "" for a column that cannot be used."""
    known = {column.name: column for column in columns or ()}
    lower = {name.lower(): name for name in known}
    names: list[str] = []
    for number, cell in enumerate((cell.strip() for cell in cells), 1):
        name = cell if cell in known or columns is None else lower.get(cell.lower(), cell)
        if not cell:
            message = Text(f"ô tiêu đề thứ {number} trống", f"header cell {number} is empty")
            findings.warning(file, message, 1, f"#{number}")
        elif name in names:
            findings.error(file, Text(f"cột “{cell}” lặp lại", f"the column {cell!r} appears twice"), 1, cell)
            name = ""
        elif name != cell:
            message = Text(f"“{cell}” phải viết là “{name}”", f"{cell!r} should be written {name!r}")
            findings.warning(file, message, 1, cell)
        elif columns is not None and cell not in known and not cell.startswith(("metadata.", "ext_", "ext:")):
            findings.warning(file, _unknown_column(cell, set(known) - set(cells)), 1, cell)
        names.append(name)
    for column in known.values():
        if column.name not in names and (column.required or column.name in {"status", "dateLastModified"}):
            message = Text(f"thiếu cột “{column.name}”", f"the column {column.name!r} is missing")
            (findings.error if column.required else findings.warning)(file, message, 1, column.name)
    if columns is not None and [name for name in names if name in known] != [name for name in known if name in names]:
        findings.note(file, Text("thứ tự cột khác quy định", "columns are not in the order of the standard"), 1)
    return names


def _unknown_column(cell: str, missing: set[str]) -> Text:
    old = OLD_NAMES.get(cell)
    if old is not None:
        return Text(
            f"cột “{cell}” là tên của OneRoster 1.0, nay là “{old}”; bỏ qua",
            f"the column {cell!r} is a name of OneRoster 1.0, now {old!r}; ignored",
        )
    near = get_close_matches(cell, missing, n=1, cutoff=0.75)
    if near:
        return Text(
            f"không có cột “{cell}”: viết sai “{near[0]}”? bỏ qua",
            f"no such column {cell!r}: a misspelling of {near[0]!r}? ignored",
        )
    return Text(f"không có cột “{cell}”, bỏ qua", f"no such column {cell!r}, ignored")


def _is_foreign(stem: str, file: str, header: set[str], findings: Findings) -> bool:
    """A file that holds another file's columns (userprofiles.csv with the content of roles.csv)."""
    shared = {"sourcedId", "status", "dateLastModified"}
    fit: dict[str, float] = {}
    for table in COLUMNS.values():
        for other, columns in table.items():
            own = {column.name for column in columns} - shared
            fit[other] = max(fit.get(other, 0.0), len(own & header) / len(own))
    best = max(fit, key=lambda other: fit[other])
    if fit[best] > 0.8 and fit.get(stem, 0.0) < 0.5:  # noqa: PLR2004
        message = Text(f"tệp chứa nội dung của {best}.csv", f"the file holds the content of {best}.csv")
        findings.error(file, message, 1)
        return True
    return False


def _cells(file: str, line: int, row: list[str], names: list[str], findings: Findings) -> dict[str, str] | None:
    named = max((number for number, name in enumerate(names, 1) if name), default=0)
    if len(row) not in {named, len(names)}:
        message = Text(
            f"{len(row)} ô, dòng tiêu đề có {len(names)}", f"{len(row)} cells where the header has {len(names)}"
        )
        if len(row) < named or any(cell.strip() for cell in row[len(names) :]):
            findings.error(file, message, line)
            return None
        findings.warning(file, message, line)
    cells: dict[str, str] = {}
    for name, cell in zip(names, row, strict=False):
        if not name:
            continue
        trimmed = cell.strip()
        if trimmed != cell:
            message = Text("khoảng trắng thừa ở đầu hoặc cuối", "stray blanks at the beginning or end")
            findings.note(file, message, line, name)
        cells[name] = unicodedata.normalize("NFC", trimmed)
    return cells
