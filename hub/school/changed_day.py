"""One-day changes laid over the lessons of a day: substitutes, other rooms, lessons that are off or added. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from hub.school.changes import ChangeKind, DayChange
from hub.school.datebook import Told
from hub.school.meeting import Met, Occurrence, meetings
from hub.school.model import Lesson
from hub.school.names import plain

MIN_MS = 60_000
NOWHERE = ""  # the room of a lesson in a room the registry does not have
Named = tuple[str, str]  # id and name


class Lookup(Protocol):
    """What the names and ids in a change mean."""

    def room(self, source: str, name: str) -> str:
        """The registry's room, NOWHERE where it has none of that name."""
        ...

    def teacher(self, source: str, name: str) -> Named: ...

    def school_class(self, source: str, name: str) -> Named: ...

    def lesson(self, source: str, identifier: str) -> str: ...


class ChangedDay(msgspec.Struct, frozen=True):
    lessons: list[Lesson]
    cancelled: list[Lesson]


def change_day(
    lessons: Iterable[Lesson], told: Sequence[Told], look: Lookup, instant: Callable[[int], int], day: str
) -> ChangedDay:
    """`instant` gives UTC milliseconds of a local minute, `day` is the date in ids of lessons that are added."""
    running: list[Lesson] = []
    cancelled: list[Lesson] = []
    occurrences: dict[str, list[Lesson]] = {}
    for lesson in lessons:
        occurrences.setdefault(lesson.id, []).append(lesson)
    meant = _meant(occurrences, told, look)
    for identifier, rooms in occurrences.items():
        met = _effective([told[index] for index in meant.get(identifier, ())])
        if ChangeKind.CANCELLED in met:
            cancelled += [msgspec.structs.replace(one, change=ChangeKind.CANCELLED) for one in rooms]
        else:
            running += _altered(rooms, met, look)
    for one in told:
        if one.change.kind is ChangeKind.EXTRA:
            running += _added(one, look, instant, day)
    return ChangedDay(running, cancelled)


def met_by(lessons: Iterable[Lesson], told: Sequence[Told], look: Lookup) -> list[Met]:
    """Of each change, the lessons of the day that it means."""
    day = occurrences_of(lessons, in_words=any(one.meant is not None for one in told))
    return meetings([(one, look.lesson(one.source, one.change.lesson)) for one in told], day)


def occurrences_of(lessons: Iterable[Lesson], *, in_words: bool) -> list[Occurrence]:
    """Each lesson of the day once, however many rooms it has."""
    by_id = {one.id: one for one in lessons}
    return [occurrence_of(one, in_words=in_words) for one in by_id.values()]


def _meant(occurrences: dict[str, list[Lesson]], told: Sequence[Told], look: Lookup) -> dict[str, list[int]]:
    """Which changes meet which lesson of the day, in their order."""
    if not told:
        return {}
    day = [rooms[0] for rooms in occurrences.values()]
    found = met_by(day, told, look)
    places = ((one.id, occurrence_of(one)) for one in day)
    return {
        identifier: [index for index, met in enumerate(found) if here.place in met.places]
        for identifier, here in places
    }


def occurrence_of(lesson: Lesson, *, in_words: bool = False) -> Occurrence:
    """Its id says which lesson it is, and its minute of the day."""
    identifier, _, when = lesson.id.rpartition("@")
    start_min = int(when.rpartition("T")[2])
    end_min = start_min + (lesson.end_ms - lesson.start_ms) // MIN_MS
    subject, classes = (plain(lesson.subject), frozenset(map(plain, lesson.classes))) if in_words else ("", frozenset())
    joined = "–" in lesson.period
    return Occurrence(identifier, start_min, end_min, joined=joined, subject=subject, classes=classes)


def _effective(told: Sequence[Told]) -> dict[ChangeKind, Told]:
    """One of each kind: by hand before imported, else the last. A lesson put right by hand is not cancelled."""
    met: dict[ChangeKind, Told] = {}
    for one in told:
        before = met.get(one.change.kind)
        if before is None or one.by_hand or not before.by_hand:
            met[one.change.kind] = one
    off = met.get(ChangeKind.CANCELLED)
    if off is not None and not off.by_hand and any(one.by_hand for one in met.values()):
        del met[ChangeKind.CANCELLED]
    return met


def _altered(rooms: list[Lesson], met: dict[ChangeKind, Told], look: Lookup) -> list[Lesson]:
    found = rooms
    substitution, moved = met.get(ChangeKind.SUBSTITUTION), met.get(ChangeKind.ROOM)
    if substitution is not None:
        found = [_substituted(one, substitution, look) for one in found]
    if moved is not None and moved.change.rooms:
        names = dict.fromkeys(look.room(moved.source, name) for name in moved.change.rooms)
        places = [name for name in names if name != NOWHERE] or [NOWHERE]
        longest = max(found, key=lambda one: one.end_ms)  # in another room the same lesson may have ended earlier
        found = [msgspec.structs.replace(longest, room=place, change=ChangeKind.ROOM) for place in places]
    return found


def _substituted(lesson: Lesson, told: Told, look: Lookup) -> Lesson:
    change, people = told.change, lesson.expected_people
    teachers = [look.teacher(told.source, one) for one in change.teachers]
    if teachers and people is not None:
        people += len(teachers) - len(lesson.teachers)
    substitutes = {identifier for identifier, _ in teachers}
    return msgspec.structs.replace(
        lesson,
        subject=change.subject or lesson.subject,
        teachers=tuple(name for _, name in teachers) if teachers else lesson.teachers,
        teacher_ids=tuple(identifier for identifier, _ in teachers) if teachers else lesson.teacher_ids,
        expected_people=people,
        change=ChangeKind.SUBSTITUTION,
        relieved_ids=tuple(one for one in lesson.teacher_ids if one not in substitutes) if substitutes else (),
    )


def _added(told: Told, look: Lookup, instant: Callable[[int], int], day: str) -> list[Lesson]:
    change: DayChange = told.change
    if change.start_min is None or change.end_min is None or change.end_min <= change.start_min:
        return []
    teachers = [look.teacher(told.source, one) for one in change.teachers]
    classes = [look.school_class(told.source, one) for one in change.classes]
    rooms = [room for room in dict.fromkeys(look.room(told.source, one) for one in change.rooms) if room != NOWHERE]
    return [
        Lesson(
            id=f"{change.id}@{day}T{change.start_min:04d}",
            room=room,
            period="",
            start_ms=instant(change.start_min),
            end_ms=instant(change.end_min),
            subject=change.subject,
            classes=tuple(name for _, name in classes),
            teachers=tuple(name for _, name in teachers),
            class_ids=tuple(identifier for identifier, _ in classes),
            teacher_ids=tuple(identifier for identifier, _ in teachers),
            change=ChangeKind.EXTRA,
        )
        for room in rooms or [NOWHERE]
    ]
