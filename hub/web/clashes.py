"""What speaks against a one-day change: a room that is taken, a teacher or a class that is elsewhere then. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from hub.school.changes import ChangeKind
from hub.school.model import Lesson, SchoolDay
from wire.text import Text


class Meant(msgspec.Struct, frozen=True):
    """A change with its times and whom it needs; `lessons` are those it meets, which cannot clash with themselves."""

    kind: ChangeKind
    start_ms: int
    end_ms: int
    lessons: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def clashes(day: SchoolDay, meant: Meant, said: dict[str, str], when: dict[str, str]) -> list[Text]:
    """`said` has the names of rooms, `when` the times of lessons by id. Nothing clashes with what is cancelled."""
    if meant.kind is ChangeKind.CANCELLED:
        return []
    others = [one for one in _around(day, meant) if one.id not in meant.lessons]
    found: list[Text] = []
    for lesson in others:
        told = f"{when.get(lesson.id, '')} {', '.join(lesson.classes)} {lesson.subject}".strip()
        if lesson.room and lesson.room in meant.rooms:
            name = said.get(lesson.room, lesson.room)
            found.append(Text(f"Phòng {name} đã có tiết: {told}", f"Room {name} is taken: {told}"))
        found += [
            Text(f"Giáo viên {name} đang có tiết: {told}", f"{name} teaches then: {told}")
            for name in _shared(meant.teachers, lesson.teacher_ids, lesson.teachers)
        ]
        found += [
            Text(f"Lớp {name} đang có tiết: {told}", f"Class {name} has a lesson then: {told}")
            for name in _shared(meant.classes, lesson.class_ids, lesson.classes)
        ]
    return list(dict.fromkeys(found))


def _around(day: SchoolDay, meant: Meant) -> Iterable[Lesson]:
    every = (*day.lessons, *day.elsewhere)
    return (one for one in every if one.start_ms < meant.end_ms and meant.start_ms < one.end_ms)


def _shared(wanted: Sequence[str], ids: Sequence[str], names: Sequence[str]) -> list[str]:
    return [name for key, name in zip(ids, names, strict=False) if key in wanted]


def overlapping(spans: Sequence[tuple[str, int, int]]) -> list[tuple[str, str]]:
    """Names of bell periods (name, start, end) that overlap the one before them in time."""
    ordered = sorted(spans, key=lambda one: (one[1], one[2]))
    return [(before[0], after[0]) for before, after in pairwise(ordered) if after[1] < before[2]]
