"""One local day of a school, found by room, class or teacher in a bisection. Pure."""

from bisect import bisect_right
from collections.abc import Callable, Iterable

from hub.school.model import Lesson, Period, SchoolDay


class Lessons:
    """Lessons by some key, each list in order of time."""

    __slots__ = ("_lessons", "_starts")

    def __init__(self, lessons: Iterable[Lesson], keys: Callable[[Lesson], Iterable[str]]) -> None:
        found: dict[str, list[Lesson]] = {}
        for lesson in lessons:
            for key in keys(lesson):
                found.setdefault(key, []).append(lesson)
        self._lessons = {key: tuple(ones) for key, ones in found.items()}
        self._starts = {key: tuple([one.start_ms for one in ones]) for key, ones in found.items()}

    def at(self, key: str, t_ms: int) -> Lesson | None:
        """The one running then; of two the one that began later."""
        starts = self._starts.get(key)
        if starts is None:
            return None
        lessons = self._lessons[key]
        for index in range(bisect_right(starts, t_ms) - 1, -1, -1):
            if t_ms < lessons[index].end_ms:
                return lessons[index]
        return None

    def after(self, key: str, t_ms: int) -> Lesson | None:
        index = bisect_right(self._starts.get(key, ()), t_ms)
        lessons = self._lessons.get(key, ())
        return lessons[index] if index < len(lessons) else None

    def of(self, key: str) -> list[Lesson]:
        return list(self._lessons.get(key, ()))


class Day:
    """A school day prepared for questions. `rooms` are those its timetable knows; `told` whether one says anything."""

    __slots__ = (
        "_classes",
        "_teachers",
        "by_room",
        "end_ms",
        "hours",
        "periods",
        "rooms",
        "school_day",
        "start_ms",
        "told",
    )

    def __init__(
        self, school_day: SchoolDay, span: tuple[int, int], rooms: frozenset[str] = frozenset(), *, told: bool = False
    ) -> None:
        self.school_day = school_day
        self.start_ms, self.end_ms = span
        self.hours, self.periods = school_day.school_hours, school_day.periods
        self.rooms, self.told = rooms, told
        self.by_room = Lessons(school_day.lessons, lambda lesson: (lesson.room,))
        self._classes: Lessons | None = None
        self._teachers: Lessons | None = None

    @property
    def by_class(self) -> Lessons:
        if self._classes is None:
            self._classes = Lessons(self._everywhere(), lambda lesson: lesson.class_ids)
        return self._classes

    @property
    def by_teacher(self) -> Lessons:
        if self._teachers is None:
            self._teachers = Lessons(self._everywhere(), lambda lesson: lesson.teacher_ids)
        return self._teachers

    def _everywhere(self) -> list[Lesson]:
        both = (*self.school_day.lessons, *self.school_day.elsewhere)
        return sorted(both, key=lambda lesson: (lesson.start_ms, lesson.id, lesson.room))

    def period_at(self, t_ms: int) -> Period | None:
        """The bell period running, lesson or not; where two bell schedules overlap, the later start."""
        running = [period for period in self.periods if period.start_ms <= t_ms < period.end_ms]
        return running[-1] if running else None

    def next_period(self, t_ms: int) -> Period | None:
        return next((period for period in self.periods if period.start_ms > t_ms), None)

    def in_school_hours(self, t_ms: int) -> bool | None:
        """None where no timetable says anything."""
        if self.hours is not None:
            return self.hours[0] <= t_ms < self.hours[1]
        return False if self.told else None
