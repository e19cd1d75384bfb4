"""School lists in .xlsx or CSV (pupils, teachers, timetable) by a column map, or by words over the columns.

Source: facts.md 2 (Vietnam: no public interface, so spreadsheets); words in spreadsheet_words.
Errors: Unreadable and OSError for the whole file; everything smaller is a Problem and the rest is imported.
"""

from collections.abc import Set as AbstractSet
from pathlib import Path

from hub.school.importers.column_map import ColumnMap, SheetKind, Target
from hub.school.importers.dates import DateOrder
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.importers.grid import TOO_LONG, Grid, GridRow, letter
from hub.school.importers.source import Source
from hub.school.importers.spreadsheet_files import read_grids
from hub.school.importers.spreadsheet_people import People
from hub.school.importers.spreadsheet_plan import Plan
from hub.school.importers.spreadsheet_table import HEADER_ROWS, Head, Table, as_map, data_rows, find, propose
from hub.school.problems import Findings, Unreadable, refuse
from wire.text import Text

FORMAT = "spreadsheet"
ROSTER_KINDS = frozenset({SheetKind.PUPILS, SheetKind.TEACHERS})
TIMETABLE_KINDS = frozenset({SheetKind.TIMETABLE})
_LOOKED_AT = HEADER_ROWS + 20
_SHOWN = 12


def is_roster_sheet(source: Source) -> bool:
    return bool(_kinds(source) & ROSTER_KINDS)


def is_timetable_sheet(source: Source) -> bool:
    return bool(_kinds(source) & TIMETABLE_KINDS)


def read_roster_sheet(path: Path, column_map: ColumnMap | None = None) -> RosterImport:
    """Raises Unreadable and OSError."""
    findings = Findings()
    tables = _tables(path, column_map, ROSTER_KINDS, findings)
    date_order = column_map.date_order if column_map else DateOrder.DAY_FIRST
    people = People(findings, date_order, column_map.id_length if column_map else 0)
    for table in tables:
        people.take(table, _data(table, findings))
    roster, counts = people.finish()
    return RosterImport(
        format=FORMAT,
        version="",
        modes=dict.fromkeys(sorted(counts), "bulk"),
        roster=roster,
        counts=counts,
        findings=findings,
        column_maps=_maps(tables, column_map),
    )


def read_timetable_sheet(path: Path, column_map: ColumnMap | None = None) -> TimetableImport:
    """Raises Unreadable and OSError."""
    findings = Findings()
    tables = _tables(path, column_map, TIMETABLE_KINDS, findings)
    plan = Plan(findings, column_map or as_map(tables[0].head))
    for table in tables:
        plan.take(table, _data(table, findings))
    timetable, counts, masks = plan.finish(path.name)
    return TimetableImport(
        format=FORMAT,
        timetable=timetable,
        counts=counts,
        weeks_masks=masks,
        findings=findings,
        spanning=any(len(card.periods) > 1 for card in timetable.cards),
        assumed=plan.assumed,
        column_maps=_maps(tables, column_map),
    )


def _kinds(source: Source) -> AbstractSet[SheetKind]:
    if source.path.is_dir() or source.head.lstrip().startswith((b"<", b"{", b"[", b"BEGIN:", b"%PDF")):
        return frozenset()
    try:
        grids = read_grids(source.path, Findings(), _LOOKED_AT)
    except (Unreadable, OSError):
        return frozenset()
    return {head.kind for grid in grids if not grid.hidden and (head := propose(grid)) is not None}


def _tables(path: Path, column_map: ColumnMap | None, kinds: AbstractSet[SheetKind], findings: Findings) -> list[Table]:
    if column_map is not None and column_map.kind not in kinds:
        kind = column_map.kind.value
        text = Text(f"ánh xạ cột dành cho {kind}, không dùng ở đây", f"the column map is one for {kind}, not for this")
        raise refuse(path.name, text)
    grids = read_grids(path, findings)
    if column_map is not None and column_map.sheet:
        grids = [grid for grid in grids if grid.sheet == column_map.sheet]
        if not grids:
            text = Text(f"không có trang tính “{column_map.sheet}”", f"there is no sheet {column_map.sheet!r}")
            raise refuse(path.name, text)
    else:
        grids = _visible(grids, findings)
    tables: list[Table] = []
    for grid in grids:
        head = find(grid, column_map) if column_map is not None else propose(grid)
        if head is not None and head.kind in kinds:
            tables.append(Table(grid, head))
        elif grid.rows:
            text = Text("không thấy dòng tiêu đề của danh sách, bỏ qua trang này", "no header row of a list: left out")
            findings.note(grid.file, text)
    if not tables:
        raise refuse(path.name, _no_header(grids, column_map))
    for table in tables:
        _report_doubts(table, findings)
    return tables


def _visible(grids: list[Grid], findings: Findings) -> list[Grid]:
    for grid in grids:
        if grid.hidden:
            findings.note(grid.file, Text("trang tính ẩn, bỏ qua", "a hidden sheet, left out"))
    return [grid for grid in grids if not grid.hidden]


def _no_header(grids: list[Grid], column_map: ColumnMap | None) -> Text:
    longest: list[GridRow] = [max(grid.rows[:HEADER_ROWS], key=_filled) for grid in grids if grid.rows]
    seen = [cell.replace("\n", " ") for row in longest[:1] for cell in row.cells if cell and not cell.isdecimal()]
    listed = ", ".join(f"“{cell[:30]}”" for cell in seen[:_SHOWN]) if len(grids) and seen else "—"
    if column_map is not None:
        names = ", ".join(f"“{name}”" for target in column_map.columns for name in column_map.headers(target))
        return Text(
            f"không thấy các tiêu đề của ánh xạ ({names}) trong {HEADER_ROWS} dòng đầu",
            f"the headers of the map ({names}) are not in the first {HEADER_ROWS} rows",
        )
    return Text(
        f"không nhận ra dòng tiêu đề (Họ và tên, Lớp, Thứ, Tiết …) trong {HEADER_ROWS} dòng đầu; "
        f"hãy chỉ rõ bằng ánh xạ cột (dòng dài nhất: {listed})",
        f"no header row (Họ và tên, Lớp, Thứ, Tiết …) in the first {HEADER_ROWS} rows: name them in a column map "
        f"(the longest row: {listed})",
    )


def _filled(row: GridRow) -> int:
    return sum(bool(cell) for cell in row.cells)


def _data(table: Table, findings: Findings) -> list[GridRow]:
    data, aside = data_rows(table)
    for row in aside:
        text = Text("dòng tổng, ghi chú hoặc tiêu đề lặp lại: không tính", "a total, a note or the header again")
        findings.note(table.grid.file, text, row.line)
    return data if table.grid.sheet else _of_fitting_width(table, data, findings)


def _of_fitting_width(table: Table, rows: list[GridRow], findings: Findings) -> list[GridRow]:
    """Of CSV: in a row with more cells than headers nobody knows which cell is which."""
    width = len(table.head.names)
    fitting: list[GridRow] = []
    for row in rows:
        if any(row.cells[width:]):
            text = Text(
                f"{len(row.cells)} ô, dòng tiêu đề có {width}: dấu phẩy trong ô không có nháy kép? dòng bị bỏ",
                f"{len(row.cells)} cells where the header has {width}: a comma without quotes? the row is left out",
            )
            findings.error(table.grid.file, text, row.line)
        else:
            fitting.append(row)
    return fitting


def _report_doubts(table: Table, findings: Findings) -> None:
    """Cells without a usable value, in the columns that are read. Of a printed timetable any column may be a class."""
    by_column = {column: target for target, column in table.head.columns.items()}
    for (line, column), text in sorted(table.grid.doubts.items()):
        if column in by_column and by_column[column] is not Target.NUMBER:
            findings.error(table.grid.file, text, line, table.head.names[column] or letter(column))
        elif text is TOO_LONG and table.head.kind is SheetKind.TIMETABLE:
            findings.warning(table.grid.file, text, line, letter(column))


def _maps(tables: list[Table], column_map: ColumnMap | None) -> tuple[ColumnMap, ...]:
    """What was used: the map given, or what was assumed for each kind of sheet."""
    if column_map is not None:
        return (column_map,)
    heads: dict[SheetKind, Head] = {}
    for table in tables:
        heads.setdefault(table.head.kind, table.head)
    return tuple(as_map(head) for head in heads.values())
