"""What is different on one day: a substitute, another room, a lesson that is off, one that is added. Pure."""

from datetime import date
from enum import StrEnum

import msgspec


class ChangeKind(StrEnum):
    SUBSTITUTION = "substitution"
    ROOM = "room"
    CANCELLED = "cancelled"
    EXTRA = "extra"


class DayChange(msgspec.Struct, frozen=True):
    """One change of one day. It meets the lessons of `lesson` (an id of the timetable) that start at `start_min`
    (minutes since local midnight; None: all of that lesson's on the day); `end_min` is when the lesson it was told of
    ended, where that is known. EXTRA has no lesson: its times, rooms, teachers, subject and classes are its own.
    SUBSTITUTION gives `teachers` (and a `subject` where it differs), ROOM gives `rooms`. Rooms are ids of the registry;
    teachers and classes ids of the timetable, or names where it has none.
    """

    id: str
    day: date
    kind: ChangeKind
    lesson: str = ""
    start_min: int | None = None
    end_min: int | None = None
    rooms: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    subject: str = ""
    note: str = ""


class Meant(msgspec.Struct, frozen=True):
    """The lesson a one-day change was told of, as the day had it then: ids may be others by now.

    `subject` and `classes` are folded for comparison; `beside` are the ids of all lessons of that subject and those
    classes the day had then; `alone`: it was the only one of them.
    """

    start_min: int
    end_min: int
    subject: str
    classes: frozenset[str]
    beside: frozenset[str]
    alone: bool
