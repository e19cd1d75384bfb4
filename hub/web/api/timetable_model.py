"""What the timetable API answers with: weeks of rooms, classes, teachers. Times are RFC 3339 in the school's zone."""

import msgspec

from hub.web.api.model import PeopleOut


class NamedOut(msgspec.Struct, frozen=True):
    """`id` is opaque for classes and teachers ("" where the timetable has none), the room's id for rooms."""

    id: str
    name: str


class PlannedOut(msgspec.Struct, frozen=True):
    """A lesson with what became of it. `outcome`: planned running pending held empty elsewhere unknown cancelled.

    `difference` is told of a week as it was believed at an earlier time: only_then, only_now, changed, or "".
    `coverage` is the share of its minutes of which anything is known; what is not known is null.
    """

    id: str
    start: str
    end: str
    period: str
    subject: str
    classes: tuple[NamedOut, ...]
    teachers: tuple[NamedOut, ...]
    room: NamedOut | None
    change: str | None
    note: str
    outcome: str
    late_min: int
    early_min: int
    began: str | None
    ended: str | None
    people: PeopleOut
    co2_peak_ppm: float | None
    co2_limit_ppm: float
    minutes_over: float | None
    coverage: float | None
    elsewhere: NamedOut | None
    difference: str


class UseOut(msgspec.Struct, frozen=True):
    """A stretch in which the room was used without a lesson."""

    start: str
    end: str
    people: float | None


class PlanDayOut(msgspec.Struct, frozen=True):
    """One date. `free`: no school that day; `changed` counts one-day changes.

    `out_since`: in a room's week, the date since which it is out of use on that day.
    """

    date: str
    midnight: str
    title: str
    free: bool
    changed: int
    out_since: str | None
    lessons: tuple[PlannedOut, ...]
    uses: tuple[UseOut, ...]


class WeekOut(msgspec.Struct, frozen=True):
    """A week. `known` is the time whose belief is shown, null for the present; `letter` the A or B week where known."""

    school: str
    side: str
    id: str
    name: str
    week: str
    before: str
    after: str
    today: str
    now: str
    known: str | None
    letter: str
    planned: bool
    store_down: bool
    days: tuple[PlanDayOut, ...]


class DirectoryOut(msgspec.Struct, frozen=True):
    """Whose week can be asked for."""

    room: tuple[NamedOut, ...]
    teacher: tuple[NamedOut, ...]
    class_: tuple[NamedOut, ...] = msgspec.field(name="class")
