"""One worksheet read as it streams by: cells as texts, merged cells filled, a bound on rows, columns and cells.

Source: ECMA-376 part 1, 18.3.1.4 (c: types b d e inlineStr n s str), 18.3.1.55 (mergeCell), 18.17.4 (dates).
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from xml.sax.xmlreader import AttributesImpl

from hub.school.importers.grid import TOO_LONG, Grid, GridRow
from hub.school.importers.layout import MAX_TEXT
from hub.school.importers.xlsx_parts import Part, Style
from hub.school.problems import refuse
from wire.text import Text

MAX_ROWS = 300_000
MAX_COLUMNS = 512
MAX_CELLS = 3_000_000
MAX_CELL = 32_767  # characters; no spreadsheet program writes more
MAX_MERGES = 50_000
MAX_FILLED = 500_000
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})", re.ASCII)
_LAST_SERIAL = 2_958_465  # 31/12/9999
NO_VALUE = Text(
    "công thức chưa có giá trị đã tính; hãy mở tệp, lưu lại, hoặc dán dạng giá trị",
    "a formula without a computed value: open the file and save it, or paste values",
)


class SheetReader(Part[list[GridRow]]):
    """Feed it a worksheet's XML; `done` once `head_rows` are there."""

    def __init__(
        self, file: str, strings: Sequence[str], styles: Sequence[Style], epoch: datetime, head_rows: int | None
    ) -> None:
        super().__init__([])
        self._file, self._strings, self._styles, self._epoch = file, strings, styles, epoch
        self._head_rows = head_rows
        self._rows: dict[int, dict[int, str]] = {}
        self._doubts: dict[tuple[int, int], Text] = {}
        self._merges: list[tuple[int, int, int, int]] = []
        self._line = self._column = self._cells = 0
        self._kind, self._style = "n", 0
        self._formula = False
        self._pieces: list[str] = []
        self._length = 0
        self._inside = False
        self.done = False

    def begin(self, name: str, attrs: AttributesImpl) -> None:
        self._inside = name in {"v", "t"}
        if name == "row":
            self._line = _number(attrs.get("r", ""), self._line + 1)
            self._column = -1
        elif name == "c":
            found = _REFERENCE.fullmatch(attrs.get("r", ""))
            self._column = _column(found[1]) if found else self._column + 1
            self._kind, self._style = attrs.get("t", "n"), _number(attrs.get("s", ""), 0)
            self._formula, self._pieces, self._length = False, [], 0
        elif name == "f":
            self._formula = True
        elif name == "mergeCell" and len(self._merges) < MAX_MERGES:
            self._merge(attrs.get("ref", ""))

    def end(self, name: str) -> None:
        self._inside = False
        if name == "c":
            self._cell()
        elif name == "row" and self._head_rows is not None and len(self._rows) >= self._head_rows:
            self.done = True

    def characters(self, content: str) -> None:
        if self._inside and self._length < MAX_CELL:
            self._length += len(content)
            self._pieces.append(content)

    def grid(self, name: str, *, hidden: bool) -> Grid:
        self._fill()
        rows: list[GridRow] = []
        for line in sorted(self._rows):
            cells = self._rows[line]
            rows.append(GridRow(line, tuple(cells.get(column, "") for column in range(max(cells, default=-1) + 1))))
        return Grid(self._file, name, tuple(rows), hidden, self._doubts)

    def _cell(self) -> None:
        raw = "".join(self._pieces)
        if self._formula and not raw.strip() and self._kind != "str":
            self._doubts[self._line, self._column] = NO_VALUE
        if not raw.strip() or self._column >= MAX_COLUMNS or self.done:
            return
        self._cells += 1
        if self._cells > MAX_CELLS or self._line > MAX_ROWS:
            text = Text(f"quá {MAX_ROWS} dòng hoặc {MAX_CELLS} ô", f"more than {MAX_ROWS} rows or {MAX_CELLS} cells")
            raise refuse(self._file, text, self._line)
        self._rows.setdefault(self._line, {})[self._column] = self._bounded(self._text(raw))

    def _bounded(self, text: str) -> str:
        return text if len(text) <= MAX_TEXT else self._doubt(TOO_LONG)

    def _text(self, raw: str) -> str:
        if self._kind == "s":
            at = _number(raw, -1)
            if 0 <= at < len(self._strings):
                return self._strings[at].strip()
            return self._doubt(Text("ô trỏ tới chữ không có trong tệp", "a cell points to a text that is not there"))
        if self._kind == "e":
            return self._doubt(Text(f"ô báo lỗi {raw}", f"the cell shows the error {raw}"))
        if self._kind == "b":
            return "true" if raw.strip() == "1" else "false"
        if self._kind in {"str", "inlineStr", "d"}:
            return raw.strip()
        return self._of_number(raw.strip())

    def _of_number(self, raw: str) -> str:
        try:
            value = float(raw)
        except ValueError:
            return self._doubt(Text(f"“{raw}” không phải số", f"{raw!r} is no number"))
        style = self._styles[self._style] if 0 <= self._style < len(self._styles) else Style()
        if style.is_date and 0 <= value <= _LAST_SERIAL:
            return self._of_date(value)
        if value != value or abs(value) >= 1e15:  # noqa: PLR0124, PLR2004  beyond that a spreadsheet loses digits
            return self._doubt(Text("số quá lớn, đã mất chữ số", "a number too large, digits are lost"))
        return f"{int(value):0{style.digits}d}" if value.is_integer() and value >= 0 else f"{value:g}"

    def _of_date(self, value: float) -> str:
        moment = self._epoch + timedelta(days=value)
        if value < 1:
            return f"{moment:%H:%M}"
        return f"{moment:%Y-%m-%d}" if not value % 1 else f"{moment:%Y-%m-%d %H:%M}"

    def _doubt(self, text: Text) -> str:
        self._doubts[self._line, self._column] = text
        return ""

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        a, b = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if a and b:
            self._merges.append((int(a[2]), _column(a[1]), int(b[2]), _column(b[1])))

    def _fill(self) -> None:
        filled = 0
        for top, left, bottom, right in self._merges:
            value = self._rows.get(top, {}).get(left, "")
            size = (bottom - top + 1) * (right - left + 1)
            if not value or size <= 1 or right >= MAX_COLUMNS or filled + size > MAX_FILLED:
                continue
            filled += size
            for line in range(top, bottom + 1):
                cells = self._rows.setdefault(line, {})
                for column in range(left, right + 1):
                    cells.setdefault(column, value)


def _number(text: str, otherwise: int) -> int:
    text = text.strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 9 else otherwise  # noqa: PLR2004


def _column(letters: str) -> int:
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - ord("A") + 1
    return number - 1
