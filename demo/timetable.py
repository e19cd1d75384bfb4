"""The demo school's week: which class has which lesson in which room, clash-free, and just right for the present."""

import msgspec

from demo.bells import CURRENT, Bells
from demo.cast import CLASSES, COMPUTING, FORM, PE, PLACES, SEED, Cast, Teacher, form_teachers
from demo.chance import Chance

DAYS = 7  # a visitor may come on a Sunday
_ORDINARY = (
    "Toán", "Toán", "Ngữ văn", "Ngữ văn", "Tiếng Anh", "Tiếng Anh", "Khoa học tự nhiên", "Khoa học tự nhiên",
    "Lịch sử và Địa lí", "Giáo dục công dân", "Công nghệ", "Nghệ thuật", FORM,
)  # fmt: skip
_LAB = next(place.id for place in PLACES if place.kind == "lab")
_HOME = {place.home: place.id for place in PLACES if place.home}
# What the visitor meets: in the running period these classes are out of their rooms. 8A1 sits in the computer room,
# grade 9 is in the yard together; B101, B103 and B203 stand without a lesson.
_NOW_LAB, _NOW_YARD = "8A1", ("9A1", "9A2", "9A3")


class Hour(msgspec.Struct, frozen=True):
    """One weekly lesson: `day` 0 is Monday; `room` is None in the yard."""

    day: int
    period: int
    group: str
    subject: str
    teacher: str
    room: str | None


def make_timetable(cast: Cast, bells: Bells, seed: int = SEED) -> tuple[Hour, ...]:
    """All lessons of the week. Every class is at one place at a time, and so is every teacher and every room."""
    chance = Chance(seed)
    hours: list[Hour] = []
    for day in range(DAYS):
        for bell in bells.periods:
            now = day == bells.today.weekday() and bell.number == CURRENT
            hours.extend(_slot(cast, chance, day, bell.number, now=now))
    return tuple(hours)


def _slot(cast: Cast, chance: Chance, day: int, period: int, *, now: bool) -> list[Hour]:
    turn = day * 10 + period
    lab = _NOW_LAB if now else CLASSES[turn % len(CLASSES)]
    yard = _NOW_YARD if now else (CLASSES[(turn * 5 + 3) % len(CLASSES)],)
    free_homes = [_HOME[group] for group in (lab, *yard) if group in _HOME]
    busy: set[str] = set()
    hours = []
    for group in CLASSES:
        subjects, room = _where(chance, group, lab, yard, free_homes)
        found = next(filter(None, (_staffed(cast, group, subject, busy) for subject in subjects)), None)
        if found is not None:
            subject, teacher = found
            busy.add(teacher.id)
            hours.append(Hour(day, period, group, subject, teacher.id, room))
    return hours


def _where(
    chance: Chance, group: str, lab: str, yard: tuple[str, ...], free_homes: list[str]
) -> tuple[tuple[str, ...], str | None]:
    """The subjects a class may have now, in the order to try them, and its room (None in the yard).

    The class without a room of its own takes one that stands free; without one it has no lesson.
    """
    if group == lab:
        return (COMPUTING,), _LAB
    if group in yard:
        return (PE,), None
    room = _HOME.get(group) or (free_homes.pop() if free_homes else None)
    return (tuple(chance.sample(_ORDINARY, len(_ORDINARY))) if room else ()), room


def _staffed(cast: Cast, group: str, subject: str, busy: set[str]) -> tuple[str, Teacher] | None:
    """The subject with the class's own teacher, or a colleague where that one is busy; None where nobody is left."""
    if subject == FORM:
        own = form_teachers(cast)[group]
        return None if own.id in busy else (subject, own)
    able = [teacher for teacher in cast.teachers if subject in teacher.subjects]
    first = CLASSES.index(group) % len(able)
    free = next((teacher for teacher in able[first:] + able[:first] if teacher.id not in busy), None)
    return None if free is None else (subject, free)


def lesson_ids(hours: tuple[Hour, ...]) -> dict[tuple[str, str, str], str]:
    """What the export calls the lesson of a class, subject and teacher."""
    weekly = dict.fromkeys((hour.group, hour.subject, hour.teacher) for hour in hours)
    return {key: f"bh{number:03d}" for number, key in enumerate(weekly, 1)}
