"""Whose list or timetable a sheet is, and of which half day: as its titles say, or what the sheet is called. Pure.

Source: lists and timetables Vietnamese schools publish: "LỚP 10A1", "Giáo viên: …" above, a sheet a class or half day.
"""

import re
from collections.abc import Iterable

from hub.school.importers.grid import GridRow
from hub.school.importers.spreadsheet_table import Table
from hub.school.importers.spreadsheet_words import half_day
from hub.school.names import plain

_CLASS_TITLE = re.compile(r"\b(?:lớp|class)\s*[:\-]?\s*(\d{1,2}\s?[A-Za-zĐđ]?[\w./]{0,6})", re.IGNORECASE)
_CLASS_NAME = re.compile(r"(?:lớp\s*)?(\d{1,2}\s?[A-Za-zĐđ][\w./]{0,6}|\d{1,2}[./]\d{1,2})", re.IGNORECASE)
_TEACHER_TITLE = re.compile(r"\b(?:giáo viên|gv|thầy|cô|teacher)\s*[:\-]\s*([^\d:,;\-–]{2,60})", re.IGNORECASE)

_HALF_DAY = re.compile(r"\b(?:sáng|chiều)\b")
_OF_TIMETABLES = ("thời khóa biểu", "tkb")


def class_of_sheet(table: Table) -> str:
    """The class a sheet without a column of classes is of: from its titles, else from its name; "" where none is."""
    found = next((said for row in table.titles for cell in row.cells if (said := class_said(cell))), "")
    if found:
        return found
    named = _CLASS_NAME.fullmatch(table.grid.sheet.strip())
    return "".join(named[1].split()) if named else ""


def class_said(text: str) -> str:
    """The class a title names, "" where it names none."""
    found = _CLASS_TITLE.search(text)
    return "".join(found[1].split()) if found else ""


def teacher_said(text: str) -> str:
    found = _TEACHER_TITLE.search(text)
    return " ".join(found[1].split()) if found else ""


def half_day_of_sheet(table: Table) -> str:
    """The half day all of a sheet is of; "" where that is not said, or of both."""
    return half_day_in_titles(table.titles) or _only({*_HALF_DAY.findall(plain(table.grid.sheet))})


def half_day_in_titles(rows: Iterable[GridRow]) -> str:
    """As titles of timetables have it; remarks above them may speak of other half days."""
    found = set[str]()
    for cell in (cell for row in rows for cell in row.cells):
        title = plain(cell)
        if half_day(cell):
            found.add(half_day(cell))
        elif title.startswith(_OF_TIMETABLES) and " từ " not in title:  # "from the afternoon of 5/9 on"
            found.update(_HALF_DAY.findall(title))
    return _only(found)


def _only(found: set[str]) -> str:
    return found.pop() if len(found) == 1 else ""
