"""What an export plans for a date and a room, card by card with its line: for a person who checks it. Pure."""

from collections.abc import Collection, Iterable
from datetime import date

import msgspec

from hub.school.calendar import CalendarDay, DayKind
from hub.school.masks import holds, in_week
from hub.school.roster import Session
from hub.school.terms import Terms
from hub.school.timetable import Bell, Card, DatedCard, Timetable

_ORDINARY = CalendarDay(date.min)


class PlannedSession(msgspec.Struct, frozen=True):
    """One card on one day; `start` and `end` are local times HH:MM, None where the file has no bell times; `row` is the
    line in the file.
    """

    start: str | None
    end: str | None
    period: str
    subject: str
    classes: list[str]
    groups: list[str]
    teachers: list[str]
    rooms: list[str]
    weeks: str
    row: int


def sessions(
    timetable: Timetable,
    day: date,
    rooms: Collection[str] | None = None,
    *,
    odd_first: bool = True,
    terms: Iterable[Session] = (),
) -> list[PlannedSession]:
    """The cards of the date in one of these rooms (all rooms where None), by start and line. The calendar of the file
    itself counts: its holidays, weeks, bell schedules and `terms`; outside the terms nothing runs.
    """
    view = _View(timetable)
    marked = next((one for one in timetable.days if one.day == day), _ORDINARY)
    off = marked.kind is DayKind.HOLIDAY
    cards: list[Card | DatedCard] = [card for card in timetable.dated if card.day == day and not off]
    calendar = _Calendar(day, marked, Terms(terms), odd_first=odd_first)
    cards += [card for card in timetable.cards if calendar.means(card)]
    wanted = [card for card in cards if rooms is None or any(room in rooms for room in card.rooms)]
    found = [session for card in wanted if (session := view.session(card, marked)) is not None]
    return sorted(found, key=lambda session: (session.start or "", session.row))


class _Calendar:
    """Whether a weekly card means the date."""

    def __init__(self, day: date, marked: CalendarDay, terms: Terms, *, odd_first: bool) -> None:
        self._day, self._marked, self._terms, self._odd_first = day, marked, terms, odd_first
        outside = terms.first is not None and not terms.knows(day)
        teaching = marked is not _ORDINARY or (terms.teaching(day) and not outside)
        self._runs = teaching and marked.kind is DayKind.TEACHING

    def means(self, card: Card) -> bool:
        weekday = self._day.weekday() if self._marked.weekday is None else self._marked.weekday
        return (
            self._runs
            and holds(card.days, weekday)
            and self._in_week(card.weeks)
            and self._terms.in_term(card.terms, self._day)
        )

    def _in_week(self, mask: str) -> bool:
        if self._marked.week is not None and len(mask) > 1:
            return holds(mask, self._marked.week)
        return in_week(mask, self._day, odd_first=self._odd_first)


class _View:
    """Names instead of ids."""

    def __init__(self, timetable: Timetable) -> None:
        self._bells = {(bell.schedule, bell.number): bell for bell in timetable.bells}
        self._lessons = {lesson.id: lesson for lesson in timetable.lessons}
        self._subjects = {one.id: one.name for one in timetable.subjects}
        self._classes = {one.id: one.name for one in timetable.classes}
        self._groups = {one.id: one.name for one in timetable.groups}
        self._teachers = {one.id: one.name for one in timetable.teachers}
        self._rooms = {one.id: one.name for one in timetable.rooms}

    def session(self, card: Card | DatedCard, marked: CalendarDay) -> PlannedSession | None:
        """None where the day ends before, or its bell schedule has no such period."""
        span = self._span(card, marked)
        if span is None:
            return None
        start, end = span
        if start is not None and marked.until_min is not None and start >= marked.until_min:
            return None
        lesson = self._lessons[card.lesson]
        return PlannedSession(
            start=_clock(start),
            end=_clock(end),
            period=_numbers(card.periods) if isinstance(card, Card) else "",
            subject=self._subjects.get(lesson.subject, ""),
            classes=[self._classes[one] for one in lesson.classes],
            groups=[self._groups[one] for one in lesson.groups],
            teachers=[self._teachers[one] for one in lesson.teachers],
            rooms=[self._rooms[one] for one in card.rooms],
            weeks=card.weeks if isinstance(card, Card) else "",
            row=card.row,
        )

    def _span(self, card: Card | DatedCard, marked: CalendarDay) -> tuple[int | None, int | None] | None:
        if isinstance(card, DatedCard):
            return card.start_min, card.end_min
        if not self._bells:
            return None, None
        bells = [bell for number in card.periods if (bell := self._bell(number, marked)) is not None]
        return (min(bell.start_min for bell in bells), max(bell.end_min for bell in bells)) if bells else None

    def _bell(self, number: str, marked: CalendarDay) -> Bell | None:
        return self._bells.get((marked.bells, number)) or (None if marked.bells else self._bells.get(("", number)))


def _numbers(periods: tuple[str, ...]) -> str:
    return periods[0] if len(periods) == 1 else f"{periods[0]}-{periods[-1]}"


def _clock(minute: int | None) -> str | None:
    return None if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"
