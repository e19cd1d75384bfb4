"""What a school plans by the date, of all its sources: calendar days, dated lessons, one-day changes. Pure."""

from collections.abc import Mapping
from datetime import date

import msgspec

from hub.school.bells import HAND, outranked
from hub.school.calendar import CalendarDay
from hub.school.changes import DayChange, Meant
from hub.school.timetable import DatedCard, Timetable


class Dated(msgspec.Struct, frozen=True):
    """A dated lesson and whose id of a lesson it names."""

    source: str
    card: DatedCard


class Told(msgspec.Struct, frozen=True):
    """A one-day change and who told it; `by_hand` outranks what was imported. `meant`: what its lesson was then."""

    source: str
    change: DayChange
    meant: Meant | None = None

    @property
    def by_hand(self) -> bool:
        return self.source == HAND


class DateBook:
    """By date; of two calendar days for one date the one of the higher rank."""

    def __init__(self, parts: Mapping[str, Timetable]) -> None:
        self.days: dict[date, CalendarDay] = {}
        self._cards: dict[date, list[Dated]] = {}
        self._changes: dict[date, list[Told]] = {}
        for source in sorted(parts, key=outranked):
            part = parts[source]
            for day in part.days:
                self.days.setdefault(day.day, day)
            for card in part.dated:
                self._cards.setdefault(card.day, []).append(Dated(source, card))
            for change in part.changes:
                self._changes.setdefault(change.day, []).append(Told(source, change))
        self._weeks = _said_weeks(parts)

    def cards(self, day: date) -> list[Dated]:
        return self._cards.get(day, [])

    def changes(self, day: date) -> list[Told]:
        return self._changes.get(day, [])

    def remember(self, meant: Mapping[str, Meant]) -> None:
        """What changes set by hand were told of, by their ids; before any day is asked for."""
        for day, told in self._changes.items():
            self._changes[day] = [
                msgspec.structs.replace(one, meant=meant[one.change.id])
                if one.by_hand and one.change.id in meant
                else one
                for one in told
            ]

    def changed_from(self, since: date) -> list[date]:
        """The days from then on of which one-day changes are told."""
        return sorted(day for day in self._changes if day >= since)

    def week(self, day: date) -> int | None:
        """The week of week masks the calendar says for the date, or for another day of its week."""
        own = self.days.get(day)
        return own.week if own is not None and own.week is not None else self._weeks.get(day.isocalendar()[:2])

    @property
    def has_lessons(self) -> bool:
        """Whether it says when lessons are, and not only on which days they are not."""
        return bool(self._cards)


def _said_weeks(parts: Mapping[str, Timetable]) -> dict[tuple[int, int], int]:
    """A calendar that marks Mondays means their weeks; one that contradicts itself means the first of them.

    A day of higher rank that says nothing of its week leaves standing what another calendar says.
    """
    marked: dict[date, int] = {}
    for source in sorted(parts, key=outranked):
        for day in parts[source].days:
            if day.week is not None:
                marked.setdefault(day.day, day.week)
    said: dict[tuple[int, int], int] = {}
    for one in sorted(marked):
        said.setdefault(one.isocalendar()[:2], marked[one])
    return said
