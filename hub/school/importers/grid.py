"""A sheet of cells as texts: what .xlsx and CSV files are read into before columns have meanings."""

import msgspec

from hub.school.importers.layout import MAX_TEXT
from wire.text import Text

TOO_LONG = Text(
    f"ô dài hơn {MAX_TEXT} ký tự, không được đọc", f"a cell longer than {MAX_TEXT} characters, it is not read"
)


class GridRow(msgspec.Struct, frozen=True):
    """`line` as the spreadsheet program numbers it (of CSV: the line it begins on); merged cells repeat their value."""

    line: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        return self.cells[column] if column < len(self.cells) else ""

    @property
    def blank(self) -> bool:
        return not any(self.cells)


class Grid(msgspec.Struct, frozen=True):
    """`file` is what problems name; `doubts` by line and column say what is wrong with single cells, where known."""

    file: str
    sheet: str
    rows: tuple[GridRow, ...]
    hidden: bool = False
    doubts: dict[tuple[int, int], Text] = {}


def letter(column: int) -> str:
    """The name of a column (0: A) as spreadsheet programs show it."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
