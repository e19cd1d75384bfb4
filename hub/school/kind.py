"""What an import brings."""

from enum import StrEnum


class Kind(StrEnum):
    ROSTER = "roster"
    TIMETABLE = "timetable"
    EDIT = "edit"
