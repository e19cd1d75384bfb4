"""A timetable as every importer hands it over, whatever system it came from: pure and frozen.

Times are minutes since local midnight. Masks are strings of 0 and 1: character n stands for day, week or term n.
Systems that plan by the week give `cards`, those that plan by the date (calendars) give `dated`; some give both.
"""

from datetime import date

import msgspec

from hub.school.calendar import CalendarDay
from hub.school.changes import DayChange


class Bell(msgspec.Struct, frozen=True):
    """One bell period of the day, as the export numbers it; `schedule` names the bell schedule, "" is the usual one."""

    number: str
    name: str
    short: str
    start_min: int
    end_min: int
    schedule: str = ""


class PlannedRoom(msgspec.Struct, frozen=True):
    id: str
    name: str
    short: str = ""
    capacity: int | None = None


class Subject(msgspec.Struct, frozen=True):
    id: str
    name: str
    short: str = ""


class Teacher(msgspec.Struct, frozen=True):
    id: str
    name: str
    short: str = ""


class SchoolClass(msgspec.Struct, frozen=True):
    """A class; `pupils` where the timetable lists its pupils, else None."""

    id: str
    name: str
    short: str = ""
    pupils: int | None = None


class Group(msgspec.Struct, frozen=True):
    """A part of a class (or all of it); `pupils` None where the export does not count them."""

    id: str
    school_class: str
    name: str
    entire: bool = False
    pupils: int | None = None


class PlannedLesson(msgspec.Struct, frozen=True):
    """What is taught, to whom, by whom; its cards say when and where."""

    id: str
    subject: str
    classes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()


class Card(msgspec.Struct, frozen=True):
    """A lesson placed in the week: in `periods` (bell numbers) on the days, weeks and terms of its masks."""

    lesson: str
    periods: tuple[str, ...]
    days: str
    weeks: str
    terms: str
    rooms: tuple[str, ...]
    row: int = 0


class DatedCard(msgspec.Struct, frozen=True):
    """A lesson on one date at a time of its own, bells or not; `row` is the line in the file."""

    lesson: str
    day: date
    start_min: int
    end_min: int
    rooms: tuple[str, ...] = ()
    row: int = 0


class Timetable(msgspec.Struct, frozen=True):
    """One school's plan. Every id a lesson or card names is present: importers leave out and report what is not.

    Without `bells` (Untis) the numbers in `cards` are those of the school's own bell schedule. `changes` are one-day
    changes a system exports; their rooms are names or ids of this timetable.
    """

    bells: tuple[Bell, ...] = ()
    rooms: tuple[PlannedRoom, ...] = ()
    subjects: tuple[Subject, ...] = ()
    teachers: tuple[Teacher, ...] = ()
    classes: tuple[SchoolClass, ...] = ()
    groups: tuple[Group, ...] = ()
    lessons: tuple[PlannedLesson, ...] = ()
    cards: tuple[Card, ...] = ()
    dated: tuple[DatedCard, ...] = ()
    days: tuple[CalendarDay, ...] = ()
    changes: tuple[DayChange, ...] = ()
