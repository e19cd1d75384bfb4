"""One timetable prepared for many days: ids and names of all its sources, rooms translated, cards by weekday. Pure."""

import copy
from collections.abc import Callable, Iterable, Mapping
from datetime import date

import msgspec

from hub.school.bells import HAND, Bells, outranked
from hub.school.changed_day import NOWHERE, Named
from hub.school.headcount import Headcount
from hub.school.masks import MONDAY_FIRST
from hub.school.names import RoomNames, plain
from hub.school.timetable import Group, PlannedLesson, SchoolClass, Timetable

Runs = Callable[[str, str], bool]  # do a weeks mask and a terms mask mean the date?


class Taught(msgspec.Struct, frozen=True):
    """A lesson of the timetable in words; `parts` and `groups` are what its pupils are counted by."""

    id: str
    subject: str
    classes: tuple[str, ...]
    class_ids: tuple[str, ...]
    teachers: tuple[str, ...]
    teacher_ids: tuple[str, ...]
    parts: tuple[SchoolClass, ...]
    groups: tuple[tuple[Group, SchoolClass | None], ...]


class Placed(msgspec.Struct, frozen=True):
    """A card: `rooms` are the registry's, NOWHERE alone where it has none of them."""

    source: str
    taught: Taught
    periods: tuple[str, ...]
    weeks: str
    terms: str
    rooms: tuple[str, ...]


class Edition:
    """A timetable in force from some date on, of one source or several. Ids of other sources than the usual one have
    its name in front: they never meet by chance.
    """

    def __init__(self, parts: Mapping[str, Timetable], names: RoomNames, headcount: Headcount) -> None:
        self.bells = Bells(parts)
        self._names, self._headcount = names, headcount
        self._rooms: dict[str, str | None] = {}
        self._room_titles: dict[str, str] = {}
        self._teachers: dict[str, Named] = {}
        self.classes: dict[str, SchoolClass] = {}
        self.teacher_shorts: dict[str, str] = {}
        self._named: dict[str, Named] = {}
        self._taught: dict[str, Taught] = {}
        self._by_weekday: list[list[Placed]] = [[] for _ in range(MONDAY_FIRST)]
        for source in sorted(parts, key=outranked):
            self._take(source, parts[source])
        self.weeks = max((len(card.weeks) for part in parts.values() for card in part.cards), default=0)
        self.empty = not any(part.cards for part in parts.values())
        self.rooms = frozenset(room for room in self._rooms.values() if room is not None)
        lost = [identifier for identifier, room in self._rooms.items() if room is None]
        self.unmatched = tuple(sorted({self._room_titles[one] for one in lost}))
        self.ambiguous = tuple(sorted({self._room_titles[one] for one in lost if names.shared(self._room_titles[one])}))
        self._own_rooms = {source: [apart(source, room.id) for room in part.rooms] for source, part in parts.items()}

    def ringing(self, bells: Bells) -> "Edition":
        """The same timetable with other bells."""
        found = copy.copy(self)
        found.bells = bells
        return found

    @property
    def teachers(self) -> dict[str, Named]:
        return self._teachers

    def cards(self, weekday: int, runs: Runs) -> list[Placed]:
        return [card for card in self._by_weekday[weekday] if runs(card.weeks, card.terms)]

    def places(self, source: str, rooms: Iterable[str]) -> tuple[str, ...]:
        """Registry rooms of a card's rooms, each once."""
        found = (self._rooms.get(apart(source, one)) for one in rooms)
        return tuple(dict.fromkeys(one for one in found if one is not None)) or (NOWHERE,)

    def taught(self, source: str, lesson: str) -> Taught | None:
        return self._taught.get(apart(source, lesson))

    def room(self, source: str, name: str) -> str:
        """A change's room: an id of the registry, one of its source's timetable, or a name."""
        known = self._rooms.get(apart(source, name)) if source != HAND else None
        return known or self._names.find((name,)) or self._rooms.get(name) or NOWHERE

    def unmatched_of(self, source: str) -> tuple[str, ...]:
        """Those of `unmatched` that this source names."""
        own = self._own_rooms.get(source, ())
        return tuple(sorted({self._room_titles[one] for one in own if self._rooms[one] is None}))

    def lesson(self, source: str, identifier: str) -> str:
        return apart(source, identifier)

    def teacher(self, source: str, name: str) -> Named:
        return self._teachers.get(apart(source, name)) or self._named.get(f"t{plain(name)}") or (name, name)

    def school_class(self, source: str, name: str) -> Named:
        found = self.classes.get(apart(source, name))
        return (found.id, found.name) if found else self._named.get(f"c{plain(name)}") or (name, name)

    def people(self, taught: Taught, day: date) -> int | None:
        """Pupils enrolled and teachers; None as soon as one part of the lesson cannot be counted."""
        covered = {group.school_class for group, _ in taught.groups}
        counts = [self._class_size(one, day) for one in taught.parts if one.id not in covered]
        counts += [self._class_size(whole, day) if group.entire else group.pupils for group, whole in taught.groups]
        known = [count for count in counts if count is not None]
        return sum(known) + len(taught.teachers) if counts and len(known) == len(counts) else None

    def _class_size(self, found: SchoolClass | None, day: date) -> int | None:
        if found is None:
            return None
        enrolled = self._headcount.pupils((found.name, found.short, found.id), day)
        return enrolled if enrolled is not None else found.pupils

    def _take(self, source: str, part: Timetable) -> None:
        for room in part.rooms:
            identifier = apart(source, room.id)
            self._rooms[identifier] = self._names.find((room.id, room.name, room.short))
            self._room_titles[identifier] = room.name
        for teacher in part.teachers:
            identifier = apart(source, teacher.id)
            self._teachers[identifier] = self._named[f"t{plain(teacher.name)}"] = (identifier, teacher.name)
            self.teacher_shorts[identifier] = teacher.short
        for one in part.classes:
            identifier = apart(source, one.id)
            self.classes[identifier] = msgspec.structs.replace(one, id=identifier)
            self._named[f"c{plain(one.name)}"] = (identifier, one.name)
        groups = {group.id: group for group in part.groups}
        subjects = {subject.id: subject.name for subject in part.subjects}
        for lesson in part.lessons:
            self._taught[apart(source, lesson.id)] = self._in_words(source, lesson, subjects, groups)
        for card in part.cards:
            taught = self.taught(source, card.lesson)
            if taught is None:
                continue
            rooms = self.places(source, card.rooms)
            placed = Placed(source, taught, card.periods, card.weeks, card.terms, rooms)
            for weekday, mark in enumerate(card.days[:MONDAY_FIRST]):
                if mark == "1":
                    self._by_weekday[weekday].append(placed)

    def _in_words(
        self, source: str, lesson: PlannedLesson, subjects: Mapping[str, str], groups: Mapping[str, Group]
    ) -> Taught:
        parts = [self.classes[key] for one in lesson.classes if (key := apart(source, one)) in self.classes]
        teachers = [self._teachers[key] for one in lesson.teachers if (key := apart(source, one)) in self._teachers]
        taken = [groups[one] for one in lesson.groups if one in groups]
        wholes = [msgspec.structs.replace(group, school_class=apart(source, group.school_class)) for group in taken]
        return Taught(
            id=apart(source, lesson.id),
            subject=subjects.get(lesson.subject, ""),
            classes=tuple(one.name for one in parts),
            class_ids=tuple(one.id for one in parts),
            teachers=tuple(name for _, name in teachers),
            teacher_ids=tuple(identifier for identifier, _ in teachers),
            parts=tuple(parts),
            groups=tuple((group, self.classes.get(group.school_class)) for group in wholes),
        )


def apart(source: str, identifier: str) -> str:
    """An id as plans know it: of the usual import as it is, of another source with its name in front."""
    return identifier if source in {"", HAND} else f"{source}:{identifier}"
