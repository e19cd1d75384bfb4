"""The forms in which timetables are printed: lists, a column a class, pairs of columns a class, a week of one class.

Source: timetables Vietnamese schools publish, and programs that write them (a row a period with "Môn", "GV" under each
class; class and "GV dạy" side by side; a sheet a class with Thứ 2 … Thứ 7 across).
"""

import re
from collections.abc import Hashable, Iterator, Sequence

import msgspec

from hub.school.importers.column_map import Target
from hub.school.importers.grid import GridRow
from hub.school.importers.spreadsheet_table import Table, half_day_of_rows
from hub.school.importers.spreadsheet_titles import (
    class_of_sheet,
    class_said,
    half_day_in_titles,
    half_day_of_sheet,
    teacher_said,
)
from hub.school.importers.spreadsheet_words import WORDS, header_key, is_day, weekday_said
from hub.school.names import plain
from hub.school.problems import Findings
from wire.text import Text

SEVERAL = re.compile(r"\s*[,;+\n]\s*")
_SUBJECT_TEACHER = re.compile(r"\s*\n\s*|\s+[-–]\s+|(?<=\w)[-–](?=\w)")
_NUMBER = re.compile(r"\d{1,3}")
_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_IN_BLOCKS = frozenset({Target.SUBJECT, Target.TEACHER, Target.ROOM})


class Entry(msgspec.Struct, frozen=True):
    """One row of a list or one cell of a grid, as written."""

    line: int
    day: str
    date: str
    session: str
    period: str
    week: str
    subject: str
    classes: tuple[str, ...]
    teachers: tuple[str, ...]
    rooms: tuple[str, ...]
    length: str = ""
    start: str = ""
    end: str = ""


def entries_of(table: Table, rows: Sequence[GridRow], findings: Findings) -> Iterator[Entry]:
    """What the rows say, cell by cell where a row has several lessons."""
    days = {column: name for column, name in enumerate(table.head.names) if is_day(name)}
    if table.head.columns.get(Target.DAY) in days:
        return _week(table, days, findings)
    if blocks := _blocks(table):
        return _paired(table, rows, blocks, findings)
    return _grid(table, rows, findings) if _is_grid(table) else _list(table, rows)


class _Anew:
    """Notices periods of one class and day that count anew, where no half day is said: two lessons at once, or an
    afternoon? Nobody here knows; the row on which it begins is told, once.
    """

    def __init__(self, file: str, findings: Findings) -> None:
        self._file, self._findings = file, findings
        self._seen: dict[Hashable, list[int]] = {}
        self._told = 0

    def note(self, owner: Hashable, session: str, period: str, line: int) -> None:
        number = _NUMBER.search(period)
        if session or number is None:
            return
        seen = self._seen.setdefault(owner, [])
        again = bool(seen) and int(number[0]) in seen and int(number[0]) < seen[-1]
        seen.append(int(number[0]))
        if again and line != self._told:
            self._told = line
            text = Text(
                f"tiết đếm lại từ {number[0]} trong cùng một ngày mà không ghi buổi: các tiết sau bị coi là trùng giờ; "
                "hãy ghi Sáng, Chiều",
                f"periods count anew from {number[0]} within one day and no half day is said: these lessons stand at "
                "the same time as those before; write Sáng, Chiều (morning, afternoon)",
            )
            self._findings.warning(self._file, text, line)


def _week(table: Table, days: dict[int, str], findings: Findings) -> Iterator[Entry]:
    """Weekdays across, periods down: the week of a class or of a teacher; several may stand one below the other."""
    owner = _Owner(class_of_sheet(table), "")
    for row in table.titles:
        owner = owner.after(row, "")
    session, told, anew = half_day_of_sheet(table), "", _Anew(table.grid.file, findings)
    for row in table.grid.rows[table.head.row + 1 :]:
        owner, before = owner.after(row, table.get(row, Target.PERIOD)), owner
        if owner is not before:
            session = half_day_in_titles([row]) or half_day_of_sheet(table)
        session = half_day_of_rows(table, row) or table.get(row, Target.SESSION) or session
        cells = {column: row.cell(column) for column in days}
        if half_day_of_rows(table, row):
            continue
        if not table.get(row, Target.PERIOD) or not any(cells.values()) or list(cells.values()) == list(days.values()):
            continue
        if not owner.school_class and not owner.teacher and not told:
            told = "không rõ thời khóa biểu của lớp nào: hãy ghi “Lớp …” ở tiêu đề hoặc tên trang tính"
            text = Text(told, 'whose timetable this is is not said: write "Lớp …" into a title or the sheet\'s name')
            findings.warning(table.grid.file, text, row.line)
        for column, cell in cells.items():
            if cell:
                anew.note((owner, column), session, table.get(row, Target.PERIOD), row.line)
                yield _of_week(table, row, days[column], session, cell, owner)


class _Owner(msgspec.Struct, frozen=True):
    """Whose week is printed."""

    school_class: str
    teacher: str

    def after(self, row: GridRow, period: str) -> "_Owner":
        """As a title says; a row of a period is none."""
        if period[:1].isdecimal() or plain(period).startswith("tiết"):
            return self
        school_class = next((said for cell in row.cells if (said := class_said(cell))), "")
        teacher = "" if school_class else next((said for cell in row.cells if (said := teacher_said(cell))), "")
        return _Owner(school_class, teacher) if school_class or teacher else self


def _of_week(table: Table, row: GridRow, day: str, session: str, cell: str, owner: _Owner) -> Entry:
    subject, others = _taught(cell)
    classes, teachers = (others, (owner.teacher,)) if owner.teacher else ((owner.school_class,), others)
    return Entry(
        row.line, day, "", session, table.get(row, Target.PERIOD), table.get(row, Target.WEEK), subject,
        tuple(one for one in classes if one), teachers, (),
    )  # fmt: skip


def _taught(cell: str) -> tuple[str, tuple[str, ...]]:
    """Subject, and who teaches or is taught: "Toán - Hà", "Tin" over "(Minh, Lan)"."""
    subject, *others = _SUBJECT_TEACHER.split(cell, maxsplit=1)
    others = [part[1:-1] if part[:1] == "(" and part[-1:] == ")" else part for part in others]
    return subject.strip(), tuple(part for part in SEVERAL.split("".join(others)) if part)


def _is_grid(table: Table) -> bool:
    """Days and periods down, classes across: neither subjects nor classes nor rooms have a column of their own."""
    own = {Target.SUBJECT, Target.CLASS, Target.TEACHER, Target.ROOM}
    return not own & table.head.columns.keys() and bool(_columns(table))


def _class_of(name: str) -> str:
    """A class without its teacher, whom many print below it in brackets."""
    name = " ".join(name.split())
    return _BRACKETS.sub("", name) or name


def _columns(table: Table) -> dict[int, str]:
    """Columns of a grid that are classes, by their header."""
    known = WORDS[table.head.kind]
    used = set(table.head.columns.values())
    return {
        column: _class_of(name)
        for column, name in enumerate(table.head.names)
        if name and column not in used and header_key(name) not in known
    }


def _filled(table: Table, rows: Sequence[GridRow]) -> Iterator[tuple[GridRow, str, str]]:
    """Rows with their day and half day; where these are blank the ones above hold, as printed timetables have it. A
    half day in a row of its own holds for its day; above a new day, for all that follow.
    """
    session = usual = half_day_of_sheet(table)
    day = said = ""
    for row in rows:
        above, said = said, half_day_of_rows(table, row)
        written = table.get(row, Target.DAY)
        if said:
            session = said
            day = written if weekday_said(written) is not None else day
            continue
        if written and written != day:
            usual = above or usual
            day, session = written, usual
        session = table.get(row, Target.SESSION) or session
        yield row, day, session


def _list(table: Table, rows: Sequence[GridRow]) -> Iterator[Entry]:
    for row, day, session in _filled(table, rows):
        several = {
            target: tuple(dict.fromkeys(part for part in SEVERAL.split(table.get(row, target)) if part))
            for target in (Target.CLASS, Target.TEACHER, Target.ROOM)
        }
        yield Entry(
            row.line, day, table.get(row, Target.DATE), session, table.get(row, Target.PERIOD),
            table.get(row, Target.WEEK), table.get(row, Target.SUBJECT), several[Target.CLASS],
            several[Target.TEACHER], several[Target.ROOM], table.get(row, Target.LENGTH),
            table.get(row, Target.START_TIME), table.get(row, Target.END_TIME),
        )  # fmt: skip


def _grid(table: Table, rows: Sequence[GridRow], findings: Findings) -> Iterator[Entry]:
    anew = _Anew(table.grid.file, findings)
    for row, day, session in _filled(table, rows):
        for column, name in _columns(table).items():
            cell = row.cell(column)
            if cell:
                subject, others = _taught(cell)
                _note_row(anew, table, row, name, day, session)
                yield Entry(
                    row.line, day, table.get(row, Target.DATE), session, table.get(row, Target.PERIOD),
                    table.get(row, Target.WEEK), subject, (name,), others, (),
                )  # fmt: skip


def _blocks(table: Table) -> dict[str, dict[Target, int]]:
    """Where classes stand over columns of their own ("Môn", "GV", "Phòng"): these columns by class. Empty where it is
    no such table, or only one class has any.
    """
    if Target.CLASS in table.head.columns:
        return {}
    blocks: dict[str, dict[Target, int]] = {}
    for column, name in enumerate(table.head.names):
        target = WORDS[table.head.kind].get(header_key(name), (Target.IGNORED, 0))[0]
        above = _class_of(table.head.above[column]) if column < len(table.head.above) else ""
        if target in _IN_BLOCKS and above and header_key(above) != header_key(name):
            blocks.setdefault(above, {}).setdefault(target, column)
    return blocks if sum(Target.SUBJECT in block for block in blocks.values()) > 1 else _side_by_side(table)


def _side_by_side(table: Table) -> dict[str, dict[Target, int]]:
    """Each class beside the teachers of its lessons, in a header of one row: "6A", "GV dạy", "6B", "GV dạy"."""
    known = WORDS[table.head.kind]
    meant = [known.get(header_key(name), (None, 0))[0] for name in table.head.names]
    if {Target.SUBJECT, Target.ROOM} & table.head.columns.keys() or meant.count(Target.TEACHER) < 2:  # noqa: PLR2004
        return {}
    return {
        _class_of(table.head.names[column - 1]): {Target.SUBJECT: column - 1, Target.TEACHER: column}
        for column, target in enumerate(meant)
        if target is Target.TEACHER and column and meant[column - 1] is None and table.head.names[column - 1]
    }


def _note_row(anew: _Anew, table: Table, row: GridRow, name: str, day: str, session: str) -> None:
    owner = (name, day, table.get(row, Target.DATE), table.get(row, Target.WEEK))
    anew.note(owner, session, table.get(row, Target.PERIOD), row.line)


def _paired(
    table: Table, rows: Sequence[GridRow], blocks: dict[str, dict[Target, int]], findings: Findings
) -> Iterator[Entry]:
    anew = _Anew(table.grid.file, findings)
    for row, day, session in _filled(table, rows):
        for name, block in blocks.items():
            cells = {target: row.cell(column) for target, column in block.items()}
            if cells.get(Target.SUBJECT):
                _note_row(anew, table, row, name, day, session)
                teachers, rooms = (
                    tuple(part for part in SEVERAL.split(cells.get(one, "")) if part)
                    for one in (Target.TEACHER, Target.ROOM)
                )
                yield Entry(
                    row.line, day, table.get(row, Target.DATE), session, table.get(row, Target.PERIOD),
                    table.get(row, Target.WEEK), cells[Target.SUBJECT], (name,), teachers, rooms,
                )  # fmt: skip
