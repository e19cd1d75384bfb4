"""One timetable prepared for many days: cards by weekday, rooms translated, double periods joined. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date

from hub.registry.model import Room
from hub.school.headcount import Headcount
from hub.school.masks import MONDAY_FIRST
from hub.school.model import Lesson, Period, SchoolDay
from hub.school.names import RoomNames
from hub.school.timetable import Bell, Card, PlannedLesson, Timetable

MAX_GAP_MIN = 15  # a break this short inside a double period does not end the lesson
Runs = Callable[[date, str, str], bool]
Instant = Callable[[int], int]


class Edition:
    """A timetable in force from some date on."""

    def __init__(self, timetable: Timetable, rooms: Iterable[Room], headcount: Headcount) -> None:
        self._bells = {bell.number: bell for bell in timetable.bells}
        self._lessons = {lesson.id: lesson for lesson in timetable.lessons}
        self._subjects = {subject.id: subject.name for subject in timetable.subjects}
        self._teachers = {teacher.id: teacher.name for teacher in timetable.teachers}
        self._classes = {school_class.id: school_class for school_class in timetable.classes}
        self._groups = {group.id: group for group in timetable.groups}
        self._headcount = headcount
        self.weeks = max((len(card.weeks) for card in timetable.cards), default=0)
        names = RoomNames(rooms)
        self._rooms = {room.id: names.find((room.id, room.name, room.short)) for room in timetable.rooms}
        self.unmatched = tuple(sorted(room.name for room in timetable.rooms if self._rooms[room.id] is None))
        self.empty = not timetable.cards
        self._by_weekday: list[list[Card]] = [[] for _ in range(MONDAY_FIRST)]
        for card in timetable.cards:
            for weekday, mark in enumerate(card.days[:MONDAY_FIRST]):
                if mark == "1":
                    self._by_weekday[weekday].append(card)

    def names(self, room: str) -> bool:
        return room in self._rooms.values()

    def day(self, day: date, runs: Runs, instant: Instant) -> SchoolDay:
        cards = [card for card in self._by_weekday[day.weekday()] if runs(day, card.weeks, card.terms)]
        used = [bell for card in cards for number in card.periods if (bell := self._bells.get(number)) is not None]
        if not used:
            return SchoolDay(day, (), (), None)
        hours = (instant(min(bell.start_min for bell in used)), instant(max(bell.end_min for bell in used)))
        bells = sorted(self._bells.values(), key=lambda bell: (bell.start_min, bell.end_min))
        periods = tuple(
            Period(bell.name, instant(bell.start_min), instant(bell.end_min))
            for bell in bells
            if bell.start_min < max(one.end_min for one in used)
        )
        lessons = sorted(self._placed(cards, day, instant), key=lambda lesson: (lesson.start_ms, lesson.id))
        return SchoolDay(day, periods, tuple(lessons), hours)

    def _placed(self, cards: list[Card], day: date, instant: Instant) -> Iterable[Lesson]:
        spans: defaultdict[tuple[str, str], list[Bell]] = defaultdict(list)
        for card in cards:
            for room in {self._rooms.get(room) for room in card.rooms} - {None}:
                found = (self._bells[number] for number in card.periods if number in self._bells)
                spans[card.lesson, str(room)].extend(found)
        for (lesson, room), bells in spans.items():
            for run in _joined(bells):
                yield self._lesson(self._lessons[lesson], room, run, day, instant)

    def _lesson(self, planned: PlannedLesson, room: str, run: list[Bell], day: date, instant: Instant) -> Lesson:
        names = dict.fromkeys(bell.short or bell.name for bell in run)
        return Lesson(
            id=f"{planned.id}@{day.isoformat()}T{run[0].start_min:04d}",
            room=room,
            period="–".join((*names,)[:: max(1, len(names) - 1)]),
            start_ms=instant(run[0].start_min),
            end_ms=instant(max(bell.end_min for bell in run)),
            subject=self._subjects.get(planned.subject, ""),
            classes=tuple(self._classes[one].name for one in planned.classes if one in self._classes),
            teachers=tuple(self._teachers[one] for one in planned.teachers if one in self._teachers),
            expected_people=self._people(planned, day),
        )

    def _people(self, planned: PlannedLesson, day: date) -> int | None:
        """Pupils enrolled and teachers; None as soon as one part of the lesson cannot be counted."""
        parts = [self._groups[group] for group in planned.groups if group in self._groups]
        covered = {group.school_class for group in parts}
        counts = [self._class_size(one, day) for one in planned.classes if one not in covered]
        counts += [self._class_size(group.school_class, day) if group.entire else group.pupils for group in parts]
        known = [count for count in counts if count is not None]
        return sum(known) + len(planned.teachers) if counts and len(known) == len(counts) else None

    def _class_size(self, identifier: str, day: date) -> int | None:
        found = self._classes.get(identifier)
        if found is None:
            return None
        enrolled = self._headcount.pupils((found.name, found.short, found.id), day)
        return enrolled if enrolled is not None else found.pupils


def _joined(bells: Iterable[Bell]) -> list[list[Bell]]:
    """Periods that follow each other closely, as runs: a double period is one lesson."""
    runs: list[list[Bell]] = []
    for bell in sorted(set(bells), key=lambda bell: (bell.start_min, bell.end_min)):
        if runs and bell.start_min - max(one.end_min for one in runs[-1]) <= MAX_GAP_MIN:
            runs[-1].append(bell)
        else:
            runs.append([bell])
    return runs
