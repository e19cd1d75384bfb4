"""What a date is in a school where it is no ordinary day of its week: holidays, half days, A and B weeks."""

from datetime import date
from enum import StrEnum

import msgspec


class DayKind(StrEnum):
    """TEACHING: lessons run, also where terms or weekday say otherwise. HOLIDAY: none do."""

    TEACHING = "teaching"
    HOLIDAY = "holiday"


class CalendarDay(msgspec.Struct, frozen=True):
    """One date. `bells` names the bell schedule of that day (a half day has one of its own), "" the usual one;
    `week` is the character of weeks masks that holds (0: week A), `weekday` the weekday whose lessons run (0: Monday);
    None as the calendar says. A half day is `until_min`: nothing runs from that minute on.
    """

    day: date
    kind: DayKind = DayKind.TEACHING
    title: str = ""
    bells: str = ""
    week: int | None = None
    weekday: int | None = None
    until_min: int | None = None
