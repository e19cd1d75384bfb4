"""The plan of one school over time, from timetables, terms and enrolments: any room, any instant, in microseconds."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub.registry.model import Room
from hub.school.edition import Edition
from hub.school.headcount import Headcount
from hub.school.masks import in_week
from hub.school.model import Lesson, Period, SchoolDay
from hub.school.roster import Session
from hub.school.terms import Terms
from hub.school.timetable import Timetable
from wire.text import Text

MAX_DAYS = 64  # days kept ready a school: today, late rows, two months of history on a page; building one takes 1 ms


class PlanRules(msgspec.Struct, frozen=True):
    """What an import was told of the calendar, or the usual."""

    odd_first: bool = True


class _Day:
    """One local day, indexed by room; a lesson is found by bisecting its start times."""

    __slots__ = ("end_ms", "hours", "lessons", "period_starts", "periods", "start_ms", "starts")

    def __init__(self, school_day: SchoolDay, start_ms: int, end_ms: int) -> None:
        self.start_ms, self.end_ms = start_ms, end_ms
        self.hours = school_day.school_hours
        self.periods = school_day.periods
        self.period_starts = [period.start_ms for period in school_day.periods]
        self.lessons: dict[str, list[Lesson]] = {}
        for lesson in school_day.lessons:
            self.lessons.setdefault(lesson.room, []).append(lesson)
        self.starts = {room: [lesson.start_ms for lesson in lessons] for room, lessons in self.lessons.items()}


class SchoolPlan:
    """Implements hub.school.schedule.Schedule. `unmatched_rooms`: timetable rooms that are no registry room."""

    def __init__(
        self,
        *,
        timetables: Sequence[tuple[date, Timetable]],
        rooms: Iterable[Room],
        sessions: Iterable[Session] = (),
        headcount: Headcount | None = None,
        rules: PlanRules | None = None,
        timezone: str = "Asia/Ho_Chi_Minh",
    ) -> None:
        known = tuple(rooms)
        self.rules = rules or PlanRules()
        self._zone = ZoneInfo(timezone)
        self._terms = Terms(sessions)
        counts = headcount or Headcount(())
        ordered = sorted(timetables, key=lambda edition: edition[0])
        self._from = [first for first, _ in ordered]
        self._editions = [Edition(timetable, known, counts) for _, timetable in ordered]
        self._days: dict[date, _Day] = {}
        self._last: _Day | None = None
        self.unmatched_rooms: tuple[str, ...] = self._editions[-1].unmatched if self._editions else ()

    def at(self, room: str, t_ms: int) -> Lesson | None:
        """The lesson running in the room at that instant; of two (a double booking) the one that began later."""
        day = self._day_of(t_ms)
        starts = day.starts.get(room)
        if starts is None:
            return None
        lessons = day.lessons[room]
        for index in range(bisect_right(starts, t_ms) - 1, -1, -1):
            if t_ms < lessons[index].end_ms:
                return lessons[index]
        return None

    def next_after(self, room: str, t_ms: int) -> Lesson | None:
        """The next lesson that starts after the instant on the same local day."""
        day = self._day_of(t_ms)
        index = bisect_right(day.starts.get(room, []), t_ms)
        lessons = day.lessons.get(room, [])
        return lessons[index] if index < len(lessons) else None

    def day(self, room: str, t_ms: int) -> list[Lesson]:
        """The room's lessons of the local day that holds the instant, in order."""
        return list(self._day_of(t_ms).lessons.get(room, ()))

    def names(self, room: str, t_ms: int) -> bool:
        """Whether the timetable in force on that day knows the room; of one it does not, it says nothing."""
        edition = self._edition(self._local_date(t_ms))
        return edition is not None and edition.names(room)

    def period_at(self, t_ms: int) -> Period | None:
        """The bell period running in the school, lesson or not; where two bell schedules overlap, the later start."""
        day = self._day_of(t_ms)
        for index in range(bisect_right(day.period_starts, t_ms) - 1, -1, -1):
            if t_ms < day.periods[index].end_ms:
                return day.periods[index]
        return None

    def next_period(self, t_ms: int) -> Period | None:
        """The next bell period of the same local day."""
        day = self._day_of(t_ms)
        index = bisect_right(day.period_starts, t_ms)
        return day.periods[index] if index < len(day.periods) else None

    def in_school_hours(self, t_ms: int) -> bool | None:
        """Whether the school is open; None where nothing was imported that says so."""
        day = self._day_of(t_ms)
        if day.hours is not None:
            return day.hours[0] <= t_ms < day.hours[1]
        edition = self._edition(self._local_date(t_ms))
        return None if edition is None or edition.empty else False

    def school_day(self, day: date) -> SchoolDay:
        """Everything planned in the school on that local date."""
        edition = self._edition(day)
        if edition is None or not self._terms.teaching(day):
            return SchoolDay(day, (), (), None)
        return edition.day(day, self._runs, lambda minute: self._instant(day, minute))

    def _runs(self, day: date, weeks: str, terms: str) -> bool:
        return in_week(weeks, day, odd_first=self.rules.odd_first) and self._terms.in_term(terms, day)

    def _edition(self, day: date) -> Edition | None:
        index = bisect_right(self._from, day) - 1
        return self._editions[index] if index >= 0 else None

    def _local_date(self, t_ms: int) -> date:
        return datetime.fromtimestamp(t_ms / 1000, self._zone).date()

    def _instant(self, day: date, minute: int) -> int:
        """UTC milliseconds of a wall-clock minute of the day (24:00 is the next midnight)."""
        local = datetime(day.year, day.month, day.day, tzinfo=self._zone) + timedelta(minutes=minute)
        return round(local.timestamp()) * 1000

    def _day_of(self, t_ms: int) -> _Day:
        last = self._last
        if last is not None and last.start_ms <= t_ms < last.end_ms:
            return last
        today = self._local_date(t_ms)
        found = self._days.get(today)
        if found is None:
            found = _Day(self.school_day(today), self._instant(today, 0), self._instant(today, 24 * 60))
            if len(self._days) >= MAX_DAYS:
                self._days = {}  # a new one, so that another thread in the old one is not disturbed
            self._days[today] = found
        self._last = found
        return found


ODD_WEEK_ASSUMED = Text(
    "giả định: ký tự tuần thứ nhất là tuần ISO lẻ, ngày bắt đầu từ thứ Hai (chưa có lịch năm học)",
    "assumed: the first week character is the odd ISO week, days start on Monday (no calendar)",
)
EVEN_WEEK_ASSUMED = Text(
    "giả định: ký tự tuần thứ nhất là tuần ISO chẵn, ngày bắt đầu từ thứ Hai (chưa có lịch năm học)",
    "assumed: the first week character is the even ISO week, days start on Monday (no calendar)",
)
