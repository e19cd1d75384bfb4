"""What a school plans, as frozen structures: bell periods and the lessons that run in rooms."""

from datetime import date

import msgspec

from hub.school.changes import ChangeKind


class Period(msgspec.Struct, frozen=True):
    """One bell period on one day; times are UTC milliseconds."""

    name: str
    start_ms: int
    end_ms: int


class Lesson(msgspec.Struct, frozen=True, gc=False):
    """One lesson on one day in one room (a double period is one lesson); times are UTC milliseconds, end exclusive.

    `expected_people` counts pupils enrolled and teachers, None where no roster says so. `classes` and `teachers` are
    names, `class_ids` and `teacher_ids` those of the timetable, in the same order. `change`: what a one-day change did;
    `relieved_ids`: teachers of the timetable whom it gave a substitute.
    """

    id: str
    room: str
    period: str
    start_ms: int
    end_ms: int
    subject: str
    classes: tuple[str, ...]
    teachers: tuple[str, ...]
    expected_people: int | None = None
    class_ids: tuple[str, ...] = ()
    teacher_ids: tuple[str, ...] = ()
    change: ChangeKind | None = None
    relieved_ids: tuple[str, ...] = ()


class SchoolDay(msgspec.Struct, frozen=True):
    """What is planned in one school on one local date. `school_hours` are UTC milliseconds, None on a free day;
    `cancelled` are lessons that would have run; `elsewhere` those in no room the registry knows (their room is ""),
    found by class and teacher only; `title` is what the calendar calls the day.
    """

    date: date
    periods: tuple[Period, ...]
    lessons: tuple[Lesson, ...]
    school_hours: tuple[int, int] | None
    cancelled: tuple[Lesson, ...] = ()
    title: str = ""
    elsewhere: tuple[Lesson, ...] = ()
