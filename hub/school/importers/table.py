"""One CSV file of a bundle as rows with their line numbers: encoding, delimiter, quoting and headers examined."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from difflib import get_close_matches

import msgspec

from hub.school.importers.csv_rows import delimiter_of, note_line_ends, rows_of
from hub.school.importers.encoding import decode, report
from hub.school.importers.layout import Column, Layout
from hub.school.problems import Findings
from wire.text import Text

_KNOWN = 20_000
_SURELY, _HARDLY = 0.8, 0.5  # of a file's columns


class Record(msgspec.Struct, frozen=True, gc=False):
    """One data row: the line it begins on, its cells, trimmed and in NFC, and where in them each column stands (one
    mapping for all rows of a file: a large roster has half a million of them).
    """

    line: int
    cells: tuple[str, ...]
    columns: Mapping[str, int]

    @staticmethod
    def of(line: int, cells: Mapping[str, str]) -> "Record":
        """A row of its own."""
        return Record(line, tuple(cells.values()), {name: number for number, name in enumerate(cells)})

    def get(self, column: str) -> str:
        number = self.columns.get(column, -1)
        return self.cells[number] if 0 <= number < len(self.cells) else ""

    def ids(self, column: str) -> tuple[str, ...]:
        parts = (part.strip() for part in self.get(column).split(","))
        return tuple(dict.fromkeys(part for part in parts if part))


class Family(msgspec.Struct, frozen=True):
    """What files of one family of formats have in common: `layouts` of all its versions, column names of the past,
    prefixes of columns anybody may add, and whether the order of columns is part of the standard.
    """

    layouts: tuple[Layout, ...]
    old_names: Mapping[str, str] = {}
    additions: tuple[str, ...] = ()
    ordered: bool = False
    expected: frozenset[str] = frozenset()


class Table(msgspec.Struct):
    """A whole file: `stem` its name in the standard, `file` in the bundle, `rows` how many it has, good or bad."""

    stem: str
    file: str
    header: tuple[str, ...] = ()
    records: list[Record] = []
    rows: int = 0


def read_table(
    stem: str, file: str, content: bytes, columns: tuple[Column, ...] | None, family: Family, findings: Findings
) -> Table:
    """Never raises: what cannot be read is reported, and the rows before it are kept."""
    decoded = decode(content)
    report(file, decoded, findings, utf_8_only=True)
    text = decoded.text
    note_line_ends(file, text, findings)
    delimiter = delimiter_of(file, text, findings)
    rows = rows_of(file, text, delimiter, findings)
    first = next(rows, None)
    if first is None:
        findings.error(file, Text("tệp rỗng, không có dòng tiêu đề", "the file is empty, it has no header"), 1)
        return Table(stem, file, (), [])
    foreign = columns is not None and _is_foreign(stem, file, {cell.strip() for cell in first[1]}, family, findings)
    names = _header(file, first[1], None if foreign else columns, family, findings)
    table = Table(stem, file, tuple(name for name in names if name), [])
    places = {name: number for number, name in enumerate(names) if name}
    known: dict[str, str] = {}
    named = max((number for number, name in enumerate(names, 1) if name), default=0)
    for line, row in rows:
        table.rows += 1
        if row and not any(cell.strip() for cell in row):
            findings.warning(file, Text("dòng trống, bỏ qua", "an empty row, left out"), line)
            continue
        cells = _cells(file, line, row, names, named, known, findings) if row else None
        if cells is not None:
            table.records.append(Record(line, cells, places))
    if not table.rows:
        findings.note(file, Text("chỉ có dòng tiêu đề", "only a header, no rows"), 1)
    return table


def _header(
    file: str, cells: list[str], columns: tuple[Column, ...] | None, family: Family, findings: Findings
) -> list[str]:
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
        elif columns is not None and cell not in known and not cell.startswith(family.additions):
            findings.warning(file, _unknown_column(cell, set(known) - set(cells), family.old_names), 1, cell)
        names.append(name)
    for column in known.values():
        if column.name not in names and (column.required or column.name in family.expected):
            message = Text(f"thiếu cột “{column.name}”", f"the column {column.name!r} is missing")
            (findings.error if column.required else findings.warning)(file, message, 1, column.name)
    in_order = [name for name in known if name in names]
    if family.ordered and columns is not None and [name for name in names if name in known] != in_order:
        findings.note(file, Text("thứ tự cột khác quy định", "columns are not in the order of the standard"), 1)
    return names


def _unknown_column(cell: str, missing: set[str], old_names: Mapping[str, str]) -> Text:
    old = old_names.get(cell)
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


def stem_by_columns(header: AbstractSet[str], family: Family, *, least: float = _SURELY) -> str | None:
    """Which file of the standard has these columns, whatever it is called; None where none surely has."""
    fits = _fits(header, family)
    best = max(fits, key=lambda other: fits[other])
    return best if fits[best] > least else None


def _fits(header: AbstractSet[str], family: Family) -> dict[str, float]:
    shared = {"sourcedId", "status", "dateLastModified"}
    fits: dict[str, float] = {}
    for layout in family.layouts:
        for stem, columns in layout.items():
            own = {column.name for column in columns} - shared
            fits[stem] = max(fits.get(stem, 0.0), len(own & header) / max(len(own), 1))
    return fits


def _is_foreign(stem: str, file: str, header: set[str], family: Family, findings: Findings) -> bool:
    """A file that holds another file's columns (userprofiles.csv with the content of roles.csv)."""
    best = stem_by_columns(header, family)
    if best is not None and _fits(header, family).get(stem, 0.0) < _HARDLY:
        message = Text(f"tệp chứa nội dung của {best}.csv", f"the file holds the content of {best}.csv")
        findings.error(file, message, 1)
        return True
    return False


def _cells(
    file: str, line: int, row: list[str], names: list[str], named: int, known: dict[str, str], findings: Findings
) -> tuple[str, ...] | None:
    """`named`: cells up to the last column with a name; `known` makes equal cells one string, while they are few."""
    width = len(names)
    if len(row) != width and len(row) != named:
        message = Text(
            f"{len(row)} ô, dòng tiêu đề có {len(names)}", f"{len(row)} cells where the header has {len(names)}"
        )
        if len(row) < named or any(cell.strip() for cell in row[len(names) :]):
            findings.error(file, message, line)
            return None
        findings.warning(file, message, line)
    cells: list[str] = []
    for name, cell in zip(names, row, strict=False):
        trimmed = cell.strip()
        if name and trimmed != cell:
            message = Text("khoảng trắng thừa ở đầu hoặc cuối", "stray blanks at the beginning or end")
            findings.note(file, message, line, name)
        if len(known) < _KNOWN:
            known.setdefault(trimmed, trimmed)
        cells.append(known.get(trimmed, trimmed))
    return tuple(cells)
