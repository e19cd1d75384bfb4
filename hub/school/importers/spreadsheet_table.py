"""Finds the table in a sheet: its header under titles, what each column means, which rows are data and which not."""

import re
from collections.abc import Mapping

import msgspec

from hub.school.importers.column_map import NEEDED, ColumnMap, SheetKind, Target
from hub.school.importers.grid import Grid, GridRow
from hub.school.importers.spreadsheet_words import half_day, header_key, is_day, is_of_teachers, meaning, weekday_said

HEADER_ROWS = 30
_CLOSING = re.compile(
    r"^(tổng|cộng|tổng cộng|ghi chú|lưu ý|người lập|hiệu trưởng|phó hiệu trưởng|giáo viên chủ nhiệm|xác nhận|"
    r"danh sách (này )?(có|gồm)|trong đó|total|sum|note|(.{0,40}, ?)?ngày .{1,12} tháng)\b",
    re.IGNORECASE,
)


class Head(msgspec.Struct, frozen=True):
    """A header: the row of the grid it ends on, the column of each target, and what the columns are called."""

    kind: SheetKind
    row: int
    columns: dict[Target, int]
    names: tuple[str, ...]
    second_name: int | None = None  # the column beside a full name that holds given names
    above: tuple[str, ...] = ()  # what stands over `names` in a header of two rows, e.g. classes over "Môn", "GV"


class Table(msgspec.Struct, frozen=True):
    """A sheet with its header; data begin under it."""

    grid: Grid
    head: Head

    @property
    def titles(self) -> tuple[GridRow, ...]:
        return self.grid.rows[: self.head.row]

    def get(self, row: GridRow, target: Target) -> str:
        column = self.head.columns.get(target)
        return "" if column is None else row.cell(column)

    def header(self, target: Target) -> str:
        column = self.head.columns.get(target)
        return target.value if column is None else self.head.names[column]


def propose(grid: Grid) -> Head | None:
    """The header row that says most by the words this module knows; None where no row says enough."""
    best: Head | None = None
    for depth in (1, 2):  # a header of one row first: two rows may be a title and a header
        for number in range(min(HEADER_ROWS, len(grid.rows))):
            names = _names(grid, number, depth)
            for kind in SheetKind:
                above = _above(grid, number) if depth > 1 else ()
                head = _head(kind, number + depth - 1, names, grid, above)
                if head is not None and (best is None or len(head.columns) > len(best.columns)):
                    best = head
    return best


def find(grid: Grid, column_map: ColumnMap) -> Head | None:
    """The header row in which the headers of the map stand; None where the needed ones are not there."""
    best: Head | None = None
    wanted = {target: [header_key(name) for name in column_map.headers(target)] for target in column_map.columns}
    for depth in (1, 2):
        for number in range(min(HEADER_ROWS, len(grid.rows))):
            names = _names(grid, number, depth)
            keys = [header_key(name) for name in names]
            columns = {
                target: keys.index(next(key for key in options if key in keys))
                for target, options in wanted.items()
                if any(key in keys for key in options)
            }
            if _enough(column_map.kind, columns) and (best is None or len(columns) > len(best.columns)):
                row = number + depth - 1
                above = _above(grid, number) if depth > 1 else ()
                best = Head(column_map.kind, row, columns, names, _second_name(columns, names, grid, row), above)
    return best


def as_map(head: Head) -> ColumnMap:
    """The proposal as a map somebody can keep and correct."""
    columns: dict[Target, str | tuple[str, ...]] = {
        target: head.names[column] for target, column in sorted(head.columns.items(), key=lambda one: one[1])
    }
    return ColumnMap(kind=head.kind, columns=columns)


def data_rows(table: Table) -> tuple[list[GridRow], list[GridRow]]:
    """Rows that list something, and rows that close, repeat or annotate the list."""
    data: list[GridRow] = []
    other: list[GridRow] = []
    header = [header_key(name) for name in table.head.names]
    for row in table.grid.rows[table.head.row + 1 :]:
        if row.blank:
            continue
        aside = _is_aside(table, row, header) or (not data and _is_lower_header(table, row))
        aside = aside and not half_day_of_rows(table, row)
        (other if aside else data).append(row)
    return data, other


def half_day_of_rows(table: Table, row: GridRow) -> str:
    """The half day a row of its own says for those below it, beside a weekday at the most; else ""."""
    if table.head.kind is not SheetKind.TIMETABLE:
        return ""
    day = table.get(row, Target.DAY)
    beside = day if weekday_said(day) is not None else ""
    said = {half_day(cell) for cell in row.cells if cell and cell != beside}
    return said.pop() if len(said) == 1 else ""


def _is_lower_header(table: Table, row: GridRow) -> bool:
    """Under "Nơi sinh": "Xã", "Tỉnh". Whom a row is about it says; this one says it of nobody."""
    about = {*_TELLING, Target.NUMBER, Target.CLASS, Target.BIRTHDAY}
    return table.head.kind is not SheetKind.TIMETABLE and not any(table.get(row, target) for target in about)


def _is_aside(table: Table, row: GridRow, header: list[str]) -> bool:
    filled = [cell for cell in row.cells if cell]
    if [header_key(cell) for cell in row.cells if cell] == [name for name in header if name]:
        return True  # the header again, at the top of another printed page
    told = {target: table.get(row, target) for target in table.head.columns}
    if any(told.get(one) and header_key(told[one]) == header_key(table.header(one)) for one in _TELLING):
        return True  # the lower row of a header whose cells are merged downwards
    if _closes(filled, told):
        return True
    known = [target for group in NEEDED[table.head.kind] for target in group]
    return len(set(filled)) == 1 and not any(told.get(target) and target is Target.ID for target in known)


def _closes(filled: list[str], told: Mapping[Target, str]) -> bool:
    """Totals, notes and signatures; who has an identifier and a name is somebody, a headmaster in his row too."""
    if len(set(filled)) > _FEW or not any(_CLOSING.match(cell) for cell in filled):
        return False
    named = {told[one] for one in (Target.ID, Target.FULL_NAME, Target.GIVEN_NAME) if told.get(one)}
    return len(named) < 2 or any(_CLOSING.match(cell) for cell in named)  # noqa: PLR2004


_FEW = 4
_WEEK = 3
_TELLING = (Target.ID, Target.FULL_NAME, Target.GIVEN_NAME, Target.DAY, Target.PERIOD)


def _names(grid: Grid, number: int, depth: int) -> tuple[str, ...]:
    """Headers of a row, or of two rows where the second says more under what the first says."""
    rows = grid.rows[number : number + depth]
    width = max(len(row.cells) for row in rows)
    names: list[str] = []
    for column in range(width):
        parts = dict.fromkeys(row.cell(column) for row in rows if row.cell(column))
        last = next(reversed(parts), "")
        names.append(last)
    return tuple(names)


def _above(grid: Grid, number: int) -> tuple[str, ...]:
    """The upper row of a header; a name counts for the empty cells to its right, as merged cells do."""
    names: list[str] = []
    for column in range(max(len(row.cells) for row in grid.rows[number : number + 2])):
        names.append(grid.rows[number].cell(column) or (names[-1] if names else ""))
    return tuple(names)


def _head(kind: SheetKind, row: int, names: tuple[str, ...], grid: Grid, above: tuple[str, ...] = ()) -> Head | None:
    columns: dict[Target, int] = {}
    ranks: dict[Target, int] = {}
    if "sourcedid" in {header_key(name) for name in names}:
        return None  # a file out of a bundle of OneRoster
    for column, name in enumerate(names):
        target, rank = meaning(kind, name)
        if target is not Target.IGNORED and rank < ranks.get(target, 1_000):
            columns[target], ranks[target] = column, rank
    if kind is SheetKind.TIMETABLE and not {Target.DAY, Target.DATE} & columns.keys():
        columns |= _days_across(names)
    teachers = any(map(is_of_teachers, names))
    if kind is SheetKind.PUPILS and teachers and Target.CLASS not in columns:
        return None
    if kind is SheetKind.TEACHERS and not teachers:
        return None
    if (
        kind is SheetKind.TIMETABLE
        and Target.PERIOD not in columns
        and not {Target.SUBJECT, Target.CLASS} & set(columns)
    ):
        return None  # days and times alone may be anything
    if len(columns) < 2 or not _enough(kind, columns):  # noqa: PLR2004  one word alone may stand anywhere
        return None
    return Head(kind, row, columns, names, _second_name(columns, names, grid, row), above)


def _days_across(names: tuple[str, ...]) -> dict[Target, int]:
    """The first of the columns that are weekdays, where at least three different ones are."""
    days = [column for column, name in enumerate(names) if is_day(name)]
    return {Target.DAY: days[0]} if len({weekday_said(names[column]) for column in days}) >= _WEEK else {}


def _enough(kind: SheetKind, columns: Mapping[Target, int]) -> bool:
    return all(any(target in columns for target in group) for group in NEEDED[kind])


def _second_name(columns: Mapping[Target, int], names: tuple[str, ...], grid: Grid, row: int) -> int | None:
    """Where one header "Họ và tên" stands over two columns: the second, if it holds something of its own."""
    first = columns.get(Target.FULL_NAME)
    if first is None or Target.GIVEN_NAME in columns or first + 1 in columns.values():
        return None
    above = names[first + 1] if first + 1 < len(names) else ""
    if above and header_key(above) != header_key(names[first]):
        return None
    rows = grid.rows[row + 1 : row + 31]
    own = sum(bool(one.cell(first + 1)) and one.cell(first + 1) != one.cell(first) for one in rows)
    return first + 1 if own * 2 > len(rows) and rows else None
