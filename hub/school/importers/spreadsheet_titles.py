"""Whose list or timetable a sheet is: the class or teacher its titles name, or the class the sheet is called by. Pure.

Source: lists and timetables Vietnamese schools publish: "LỚP 10A1", "Giáo viên: …" above, a sheet a class.
"""

import re

from hub.school.importers.spreadsheet_table import Table

_CLASS_TITLE = re.compile(r"\b(?:lớp|class)\s*[:\-]?\s*(\d{1,2}\s?[A-Za-zĐđ]?[\w./]{0,6})", re.IGNORECASE)
_CLASS_NAME = re.compile(r"(?:lớp\s*)?(\d{1,2}\s?[A-Za-zĐđ][\w./]{0,6}|\d{1,2}[./]\d{1,2})", re.IGNORECASE)
_TEACHER_TITLE = re.compile(r"\b(?:giáo viên|gv|thầy|cô|teacher)\s*[:\-]\s*([^\d:,;\-–]{2,60})", re.IGNORECASE)


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
