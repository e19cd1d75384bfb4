"""The question every reading asks: what is planned here at this instant? Answered without a clock or a database."""

from typing import Protocol

from hub.school.model import Lesson, Period


class Schedule(Protocol):
    """The plan of one school, as known now."""

    def at(self, room: str, t_ms: int) -> Lesson | None:
        """The lesson running in the room at that instant."""
        ...

    def next_after(self, room: str, t_ms: int) -> Lesson | None:
        """The next lesson that starts after the instant on the same local day."""
        ...

    def day(self, room: str, t_ms: int) -> list[Lesson]:
        """The room's lessons of the local day that holds the instant, in order."""
        ...

    def names(self, room: str, t_ms: int) -> bool:
        """Whether the timetable in force on that day knows the room; of one it does not, it says nothing."""
        ...

    def period_at(self, t_ms: int) -> Period | None:
        """The bell period running in the school, lesson or not."""
        ...

    def next_period(self, t_ms: int) -> Period | None:
        """The next bell period of the same local day."""
        ...

    def in_school_hours(self, t_ms: int) -> bool | None:
        """Whether the school is open; None where nothing was imported that says so."""
        ...
