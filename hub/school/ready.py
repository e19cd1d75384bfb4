"""A school's plan of the few days around now, as the live state needs it: small, and it never builds anything. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hub.school.day import Day
from hub.school.model import Lesson, Period

EVENING_HOUR = 20  # local time from which tomorrow is made ready
MAX_ASKED = 3


class ReadyPlan:
    """Implements hub.school.schedule.Schedule for `days`. Of another day it knows nothing, says None, and remembers in
    `asked` that somebody wanted it, for whoever builds plans.
    """

    __slots__ = ("_last", "asked", "days", "version", "zone")

    def __init__(self, days: Mapping[date, Day], zone: ZoneInfo, version: int = 0) -> None:
        self.days, self.zone, self.version = dict(days), zone, version
        self._last = next(iter(self.days.values()), None)
        self.asked: frozenset[date] = frozenset()

    @property
    def dates(self) -> frozenset[date]:
        return frozenset(self.days)

    def at(self, room: str, t_ms: int) -> Lesson | None:
        """The lesson running in the room at that instant."""
        day = self._day_of(t_ms)
        return day.by_room.at(room, t_ms) if day is not None else None

    def at_class(self, class_id: str, t_ms: int) -> Lesson | None:
        day = self._day_of(t_ms)
        return day.by_class.at(class_id, t_ms) if day is not None else None

    def at_teacher(self, teacher_id: str, t_ms: int) -> Lesson | None:
        day = self._day_of(t_ms)
        return day.by_teacher.at(teacher_id, t_ms) if day is not None else None

    def next_after(self, room: str, t_ms: int) -> Lesson | None:
        """The next lesson that starts after the instant on the same local day."""
        day = self._day_of(t_ms)
        return day.by_room.after(room, t_ms) if day is not None else None

    def day(self, room: str, t_ms: int) -> list[Lesson]:
        """The room's lessons of the local day that holds the instant, in order."""
        day = self._day_of(t_ms)
        return day.by_room.of(room) if day is not None else []

    def day_of_class(self, class_id: str, t_ms: int) -> list[Lesson]:
        day = self._day_of(t_ms)
        return day.by_class.of(class_id) if day is not None else []

    def day_of_teacher(self, teacher_id: str, t_ms: int) -> list[Lesson]:
        day = self._day_of(t_ms)
        return day.by_teacher.of(teacher_id) if day is not None else []

    def names(self, room: str, t_ms: int) -> bool:
        """Whether the timetable in force on that day knows the room."""
        day = self._day_of(t_ms)
        return day is not None and room in day.rooms

    def period_at(self, t_ms: int) -> Period | None:
        day = self._day_of(t_ms)
        return day.period_at(t_ms) if day is not None else None

    def next_period(self, t_ms: int) -> Period | None:
        """The next bell period of the same local day."""
        day = self._day_of(t_ms)
        return day.next_period(t_ms) if day is not None else None

    def in_school_hours(self, t_ms: int) -> bool | None:
        """Whether the school is open; None where nothing says so, or the day is not ready."""
        day = self._day_of(t_ms)
        return day.in_school_hours(t_ms) if day is not None else None

    def _day_of(self, t_ms: int) -> Day | None:
        last = self._last
        if last is not None and last.start_ms <= t_ms < last.end_ms:
            return last
        today = datetime.fromtimestamp(t_ms / 1000, self.zone).date()
        found = self.days.get(today)
        if found is None:
            if len(self.asked) < MAX_ASKED and any(abs((today - day).days) == 1 for day in self.days):
                self.asked |= {today}
            return None
        self._last = found
        return found
