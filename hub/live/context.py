"""What is planned in a room at an instant, as a frame of time in which nothing changes: one comparison a reading."""

import msgspec

from hub.school.model import Lesson, Period
from hub.school.schedule import Schedule

LONGEST_MS = 15 * 60_000  # frames end on this grid too: every zone's midnight lies on it


class Context(msgspec.Struct, frozen=True, gc=False):
    """Holds on [from_ms, to_ms). `in_school_hours` None: nothing was imported that says so."""

    lesson: Lesson | None
    period: Period | None
    in_school_hours: bool | None
    from_ms: int
    to_ms: int

    def holds(self, t_ms: int) -> bool:
        return self.from_ms <= t_ms < self.to_ms

    @property
    def lesson_id(self) -> str:
        """As derived minutes keep it: "" for none."""
        return "" if self.lesson is None else self.lesson.id

    @property
    def classes(self) -> str | None:
        return ", ".join(self.lesson.classes) if self.lesson is not None else None


def context_at(schedule: Schedule | None, room: str, t_ms: int) -> Context:
    """The plan of that room at that instant, with the longest frame that is easily known around it."""
    first = t_ms // LONGEST_MS * LONGEST_MS
    if schedule is None:
        return Context(None, None, None, first, first + LONGEST_MS)
    period = schedule.period_at(t_ms)
    following = schedule.next_period(t_ms)
    edges = {first, first + LONGEST_MS}
    for lesson in schedule.day(room, t_ms):
        edges |= {lesson.start_ms, lesson.end_ms}
    if period is not None:
        edges |= {period.start_ms, period.end_ms}
    else:
        edges.add(t_ms)  # how long there has been no bell period is not asked: an earlier reading looks again
    if following is not None:
        edges.add(following.start_ms)
    begin, end = max(edge for edge in edges if edge <= t_ms), min(edge for edge in edges if edge > t_ms)
    is_open = schedule.in_school_hours(t_ms)
    begin, end = _while_open_is(schedule, begin, t_ms, end)
    return Context(schedule.at(room, t_ms), period, is_open, begin, end)


def _while_open_is(schedule: Schedule, begin: int, t_ms: int, end: int) -> tuple[int, int]:
    """The part of [begin, end) around the instant in which the school is as open as it is then."""
    is_open = schedule.in_school_hours(t_ms)
    low, high = t_ms, end
    if schedule.in_school_hours(end - 1) is not is_open:
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if schedule.in_school_hours(middle) is is_open else (low, middle)
        end = high
    low, high = begin, t_ms
    if schedule.in_school_hours(begin) is not is_open:
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if schedule.in_school_hours(middle) is is_open else (middle, high)
        begin = high
    return begin, end
