"""What can be edited by hand in a school's plan, as the API takes and tells it. Times of day are HH:MM, local."""

from datetime import date

import msgspec

from hub.school.calendar import DayKind
from hub.school.changes import ChangeKind
from hub.web.api.model import Words


class BellIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bell period; `number` is what timetables call it."""

    number: str
    start: str
    end: str
    name: str = ""


class PutBells(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="bells", tag_field="type"):
    """A whole bell schedule; "" is the usual one, no bells take it away."""

    bells: tuple[BellIn, ...]
    schedule: str = ""
    anyway: bool = False


class PutDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="day", tag_field="type"):
    """What a date is: a holiday, a half day (`until`), with other bells, as another weekday, of another week."""

    day: date
    kind: DayKind = DayKind.TEACHING
    title: str = ""
    bells: str = ""
    week: int | None = None
    weekday: int | None = None
    until: str | None = None
    anyway: bool = False


class DropDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ordinary_day", tag_field="type"):
    """The date is as the timetable says again."""

    day: date
    anyway: bool = False


class AddChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="change", tag_field="type"):
    """A one-day change. `lesson` is a lesson's id on that day as /api/v1/timetable tells it; an extra lesson has times
    and a subject instead. Classes and teachers by their opaque ids, rooms by theirs.
    """

    day: date
    kind: ChangeKind
    lesson: str = ""
    start: str | None = None
    end: str | None = None
    rooms: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    subject: str = ""
    note: str = ""
    anyway: bool = False


class DropChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="no_change", tag_field="type"):
    """Takes a change made by hand away again."""

    id: str
    anyway: bool = False


PlanEdit = PutBells | PutDay | DropDay | AddChange | DropChange


class PreviewOut(msgspec.Struct, frozen=True):
    """What an edit would do, in words, and what speaks against it."""

    words: tuple[Words, ...]
    clashes: tuple[Words, ...]


class EditedOut(msgspec.Struct, frozen=True):
    """What an edit did; `import_id` undoes it through /api/v1/imports."""

    import_id: int
    status: str
    words: tuple[Words, ...]


class DayLessonOut(msgspec.Struct, frozen=True):
    """A lesson of a date, to choose from; `id` is what `AddChange.lesson` names."""

    id: str
    start: str
    end: str
    subject: str
    classes: tuple[str, ...]
    teachers: tuple[str, ...]
    rooms: tuple[str, ...]


class HandBell(msgspec.Struct, frozen=True):
    number: str
    name: str
    start: str
    end: str


class HandSchedule(msgspec.Struct, frozen=True):
    schedule: str
    bells: tuple[HandBell, ...]


class RingingOut(msgspec.Struct, frozen=True):
    """A bell schedule in force. `by_hand`: a person set it, and `imported` is what would ring again without that (null
    where no file has bell times); else `file` of `source` says so. `at` is when it was taken in.
    """

    schedule: str
    by_hand: bool
    source: str
    file: str
    at: str | None
    bells: tuple[HandBell, ...]
    imported: tuple[HandBell, ...] | None


class HandDay(msgspec.Struct, frozen=True):
    day: str
    kind: str
    title: str
    bells: str
    week: int | None
    weekday: int | None
    until: str | None


class HandChange(msgspec.Struct, frozen=True):
    id: str
    day: str
    kind: str
    words: Words
    note: str


class ByHandOut(msgspec.Struct, frozen=True):
    """Everything edited by hand that holds now, and `bells`: what rings today, whoever said so."""

    schedules: tuple[HandSchedule, ...]
    days: tuple[HandDay, ...]
    changes: tuple[HandChange, ...]
    bells: tuple[RingingOut, ...] = ()
