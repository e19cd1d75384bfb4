"""What cannot be in one place twice: rooms, teachers and classes with two lessons at once; bells that overlap. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

import msgspec

from hub.school.masks import MONDAY_FIRST
from hub.school.timetable import Bell, Card, PlannedLesson, Timetable

_DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
MAX_FOUND = 1_000


class _Slot(msgspec.Struct, frozen=True):
    start_min: int
    end_min: int
    card: Card
    lesson: PlannedLesson


def bells_that_overlap(bells: Iterable[Bell]) -> list[str]:
    """Pairs of one schedule, in words: "Tiết 2 07:50 / Tiết 3 07:45"."""
    found: list[str] = []
    schedules: defaultdict[str, list[Bell]] = defaultdict(list)
    for bell in bells:
        schedules[bell.schedule].append(bell)
    for name, members in schedules.items():
        ordered = sorted(members, key=lambda bell: (bell.start_min, bell.end_min))
        for before, after in pairwise(ordered):
            if after.start_min < before.end_min:
                pair = f"{_period(before)} / {_period(after)}"
                found.append(f"{name}: {pair}" if name else pair)
    return found[:MAX_FOUND]


def clashes(timetable: Timetable, what: str) -> list[str]:
    """Weekly lessons of one `room`, `teacher` or `class` at the same time, each pair once, in words."""
    slots = _slots(timetable, what)
    names = _names(timetable, what)
    found: dict[str, None] = {}
    for (thing, weekday), placed in sorted(slots.items()):
        placed.sort(key=lambda slot: (slot.start_min, slot.end_min))
        for place, slot in enumerate(placed):
            for other in placed[place + 1 :]:
                if other.start_min >= slot.end_min:
                    break
                if _collide(slot, other, what, timetable):
                    when = f"{_DAYS[weekday]} {_clock(other.start_min)}"
                    found[f"{names.get(thing, thing)} · {when}"] = None
            if len(found) >= MAX_FOUND:
                return list(found)
    return list(found)


def _names(timetable: Timetable, what: str) -> dict[str, str]:
    if what == "room":
        return {one.id: one.name for one in timetable.rooms}
    if what == "teacher":
        return {one.id: one.name for one in timetable.teachers}
    return {one.id: one.name for one in timetable.classes}


def _slots(timetable: Timetable, what: str) -> defaultdict[tuple[str, int], list[_Slot]]:
    bells: dict[str, Bell] = {}
    for bell in sorted(timetable.bells, key=lambda bell: bell.schedule):  # the usual schedule first
        bells.setdefault(bell.number, bell)
    lessons = {lesson.id: lesson for lesson in timetable.lessons}
    slots: defaultdict[tuple[str, int], list[_Slot]] = defaultdict(list)
    for card in timetable.cards:
        lesson = lessons.get(card.lesson)
        rung = [bells[number] for number in card.periods if number in bells]
        if lesson is None or not rung:
            continue
        slot = _Slot(min(one.start_min for one in rung), max(one.end_min for one in rung), card, lesson)
        owners = {"room": card.rooms, "teacher": lesson.teachers, "class": lesson.classes}[what]
        for weekday, mark in enumerate(card.days[:MONDAY_FIRST]):
            if mark == "1":
                for owner in dict.fromkeys(owners):
                    slots[owner, weekday].append(slot)
    return slots


def _collide(one: _Slot, other: _Slot, what: str, timetable: Timetable) -> bool:
    """In different weeks, of one lesson, or of parts of a class that may well be apart, two lessons are no clash."""
    if one.lesson.id == other.lesson.id or not _meet(one.card.weeks, other.card.weeks):
        return False
    if not _meet(one.card.terms, other.card.terms):
        return False
    together = bool(set(one.card.rooms) & set(other.card.rooms))
    shared = bool(set(one.lesson.teachers) & set(other.lesson.teachers))
    if what == "class":
        entire = {group.id for group in timetable.groups if group.entire}
        parts = [set(slot.lesson.groups) - entire for slot in (one, other)]
        return not all(parts) or bool(parts[0] & parts[1])
    if what == "teacher":
        return not together  # several classes taught in one room by one teacher are one lesson
    return not shared


def _meet(one: str, other: str) -> bool:
    """Whether two masks have a week (or term) in common; an empty one means all, one of another length anything."""
    if "1" not in one or "1" not in other or len(one) != len(other):
        return True
    return any(a == b == "1" for a, b in zip(one, other, strict=True))


def _period(bell: Bell) -> str:
    return f"{bell.name or bell.number} {_clock(bell.start_min)}–{_clock(bell.end_min)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
