"""What is otherwise than the timetable in the demo school: today's changes, a holiday, a half day. Pure.

The school's office tells it the hub, and the people of the demo go by it.
"""

from datetime import date, timedelta
from enum import StrEnum

import msgspec

from demo.bells import CURRENT, Bells
from demo.cast import COMPUTING, PE, PLACES, Cast
from demo.timetable import Hour

CHANGED, MOVED_TO = ("a201", "a202", "a203", "b202"), "b203"  # in the running period
CANCELLED_IN = CURRENT - 1  # or in the one after it, where the day began with the running period
HALF_DAY_IN, HOLIDAY_IN = 2, 3  # days from today
EXTRA_SUBJECT = "Câu lạc bộ STEM"


class Kind(StrEnum):
    SUBSTITUTION = "substitution"
    ROOM = "room"
    CANCELLED = "cancelled"
    EXTRA = "extra"


class Change(msgspec.Struct, frozen=True):
    """One lesson of one day. `room` is where it is planned; of an extra one, where it is. `to`, `teacher` as told."""

    kind: Kind
    day: date
    period: int
    room: str
    group: str
    note: str
    to: str = ""
    teacher: str = ""


class SpecialDay(msgspec.Struct, frozen=True):
    """A holiday, or a day that ends after that period."""

    day: date
    title: str
    last_period: int = 0


class Diary(msgspec.Struct, frozen=True):
    changes: tuple[Change, ...] = ()
    days: tuple[SpecialDay, ...] = ()

    def held(self, day: date, period: int, hours: tuple[Hour, ...]) -> dict[str, Hour]:
        """The hours really held in that period, by room."""
        if any(one.day == day and period > one.last_period for one in self.days):
            return {}
        weekday = day.weekday()
        held = {hour.room: hour for hour in hours if hour.room and (hour.day, hour.period) == (weekday, period)}
        for change in self.changes:
            if (change.day, change.period) == (day, period):
                _obey(change, held)
        return held


def _obey(change: Change, held: dict[str, Hour]) -> None:
    """Mutates `held`: people are where the change sends them."""
    if change.kind is Kind.CANCELLED:
        del held[change.room]
    elif change.kind is Kind.ROOM:
        held[change.to] = msgspec.structs.replace(held.pop(change.room), room=change.to)
    elif change.kind is Kind.EXTRA:
        weekday, where = change.day.weekday(), change.room
        held[where] = Hour(weekday, change.period, change.group, EXTRA_SUBJECT, change.teacher, where)


def write_diary(cast: Cast, bells: Bells, hours: tuple[Hour, ...]) -> Diary:
    """A substitute and another room now; a lesson that is off, and one instead of it elsewhere."""
    today, now = bells.today, Diary().held(bells.today, CURRENT, hours)
    free = _free(cast, today, CURRENT, hours)
    one, other = [room for room in CHANGED if _single(now[room], hours)][:2]
    substitution = Change(
        Kind.SUBSTITUTION, today, CURRENT, one, now[one].group, "Giáo viên đi tập huấn", teacher=free[0]
    )
    moved = Change(Kind.ROOM, today, CURRENT, other, now[other].group, "Sửa quạt trần", to=MOVED_TO)
    days = (
        SpecialDay(today + timedelta(HALF_DAY_IN), "Họp phụ huynh, học sinh về sớm", CURRENT),
        SpecialDay(today + timedelta(HOLIDAY_IN), "Nghỉ hội thao"),
    )
    return Diary((substitution, moved, *_instead(cast, bells, hours)), days)


def _instead(cast: Cast, bells: Bells, hours: tuple[Hour, ...]) -> tuple[Change, ...]:
    """A lesson is off, and its class has another one in a room that stands free then."""
    rung, day = {bell.number for bell in bells.periods}, bells.today
    period = next((number for number in (CANCELLED_IN, CURRENT + 1) if number in rung), None)
    if period is None:
        return ()
    held = Diary().held(day, period, hours)
    ordinary = [room for room in sorted(held) if held[room].subject not in {PE, COMPUTING}]
    off = next(room for room in ordinary if _single(held[room], hours))
    vacant = [place.id for place in PLACES if place.id not in held and place.kind != "lab"]
    group = held[off].group
    cancelled = Change(Kind.CANCELLED, day, period, off, group, "Giáo viên ốm")
    teacher = _free(cast, day, period, hours)[0]
    extra = [Change(Kind.EXTRA, day, period, room, group, "Thay tiết nghỉ", teacher=teacher) for room in vacant[:1]]
    return (cancelled, *extra)


def _single(hour: Hour, hours: tuple[Hour, ...]) -> bool:
    """Whether it is no half of a double lesson, which would be changed as a whole."""
    beside = {hour.period - 1, hour.period + 1}
    said = (hour.day, hour.group, hour.subject, hour.teacher)
    return not any((one.day, one.group, one.subject, one.teacher) == said and one.period in beside for one in hours)


def _free(cast: Cast, day: date, period: int, hours: tuple[Hour, ...]) -> list[str]:
    busy = {hour.teacher for hour in hours if (hour.day, hour.period) == (day.weekday(), period)}
    return [teacher.id for teacher in cast.teachers if teacher.id not in busy]
