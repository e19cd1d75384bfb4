"""What an export plans for a date and a room, card by card with its line: for a person who checks it. Pure."""

from collections.abc import Collection
from datetime import date

import msgspec

from hub.school.masks import in_week, on_day
from hub.school.timetable import Bell, Card, Timetable


class PlannedSession(msgspec.Struct, frozen=True):
    """One card on one day; `start` and `end` are local times HH:MM, `row` is the line in the file."""

    start: str
    end: str
    period: str
    subject: str
    classes: list[str]
    groups: list[str]
    teachers: list[str]
    rooms: list[str]
    weeks: str
    row: int


def sessions(
    timetable: Timetable, day: date, rooms: Collection[str] | None = None, *, odd_first: bool = True
) -> list[PlannedSession]:
    """The cards of the date in one of these rooms (all rooms where None), by start and line."""
    view = _View(timetable)
    found = [
        view.session(card)
        for card in timetable.cards
        if (rooms is None or any(room in rooms for room in card.rooms))
        and on_day(card.days, day)
        and in_week(card.weeks, day, odd_first=odd_first)
    ]
    return sorted(found, key=lambda session: (session.start, session.row))


class _View:
    """Names instead of ids."""

    def __init__(self, timetable: Timetable) -> None:
        self._bells = {bell.number: bell for bell in timetable.bells}
        self._lessons = {lesson.id: lesson for lesson in timetable.lessons}
        self._subjects = {one.id: one.name for one in timetable.subjects}
        self._classes = {one.id: one.name for one in timetable.classes}
        self._groups = {one.id: one.name for one in timetable.groups}
        self._teachers = {one.id: one.name for one in timetable.teachers}
        self._rooms = {one.id: one.name for one in timetable.rooms}

    def session(self, card: Card) -> PlannedSession:
        bells = [self._bells[number] for number in card.periods]
        lesson = self._lessons[card.lesson]
        return PlannedSession(
            start=_clock(min(bell.start_min for bell in bells)),
            end=_clock(max(bell.end_min for bell in bells)),
            period=_numbers(bells),
            subject=self._subjects.get(lesson.subject, ""),
            classes=[self._classes[one] for one in lesson.classes],
            groups=[self._groups[one] for one in lesson.groups],
            teachers=[self._teachers[one] for one in lesson.teachers],
            rooms=[self._rooms[one] for one in card.rooms],
            weeks=card.weeks,
            row=card.row,
        )


def _numbers(bells: list[Bell]) -> str:
    return bells[0].number if len(bells) == 1 else f"{bells[0].number}-{bells[-1].number}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
