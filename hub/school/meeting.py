"""Which lessons of its day a one-day change means, also where bells, cards or ids have moved since it was told. Pure.

It says when its lesson started then. The same start is the same lesson; else the lesson of its id that starts closest
is meant, as far as that is sure: cards of one lesson that are not one start an hour apart at the least. Where the day
has no lesson of its id any more, another one or a shorter one, the one of the same subject and classes takes its place.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from hub.school.changes import ChangeKind, Meant
from hub.school.datebook import Told

NEAR_MIN = 30  # less than half of what two lessons of one id start apart
ALONE_MIN = 60  # where the day has no other lesson of that id
CLOSE_MIN = 15  # of lessons of several ids: less than half of what the shortest periods start apart
Place = tuple[str, int]  # a lesson's id and the minute at which it starts


class Occurrence(msgspec.Struct, frozen=True):
    """A lesson of the day, by the id of its timetable; `joined`: of several periods; words folded for comparison."""

    lesson: str
    start_min: int
    end_min: int
    joined: bool = False
    subject: str = ""
    classes: frozenset[str] = frozenset()

    @property
    def place(self) -> Place:
        return self.lesson, self.start_min


class Met(msgspec.Struct, frozen=True):
    """The lessons a change means; none: it is lost, with `several` because more than one could be meant."""

    places: frozenset[Place] = frozenset()
    several: bool = False

    def __bool__(self) -> bool:
        return bool(self.places)


Taking = tuple[str, ChangeKind, Place]  # of one kind, one source says one thing of a lesson


def meetings(told: Sequence[tuple[Told, str]], day: Sequence[Occurrence]) -> list[Met]:
    """Of each change, with its lesson's id as the day has it, the lessons it means."""
    own = [[other for other in day if other.lesson == lesson and not _reused(one, other, day)] for one, lesson in told]
    found = [
        Met(frozenset((lesson, start) for start in _exactly(one, here)))
        for (one, lesson), here in zip(told, own, strict=True)
    ]
    taken = {_taking(one, place) for (one, _), met in zip(told, found, strict=True) for place in met.places}
    moved = [
        (abs(start - (one.change.start_min or 0)), index, start)
        for index, (one, lesson) in enumerate(told)
        if not found[index] and (start := _near(one, own[index])) is not None
    ]
    for _, index, start in sorted(moved):
        one, lesson = told[index]
        if (taking := _taking(one, (lesson, start))) not in taken:
            taken.add(taking)
            found[index] = Met(frozenset({(lesson, start)}))
    if any(one.meant is not None for one, _ in told):
        _follow(told, day, own, found, {taking: taking[2] for taking in taken})
    return found


def _reused(told: Told, other: Occurrence, day: Sequence[Occurrence]) -> bool:
    """Whether its id was given to another lesson: some programs number them anew. A subject or class that is only
    called otherwise is the same one; so it must be seen that the one that was meant goes on elsewhere.
    """
    meant = told.meant
    if meant is None or not meant.classes or (other.subject, other.classes) == (meant.subject, meant.classes):
        return False
    if any((one.subject, one.classes) == (meant.subject, meant.classes) for one in day):
        return True
    return other.classes.isdisjoint(meant.classes) and any(one.classes & meant.classes for one in day)


def _taking(told: Told, place: Place) -> Taking:
    return told.source, told.change.kind, place


def _exactly(told: Told, own: Sequence[Occurrence]) -> frozenset[int]:
    if told.change.kind is ChangeKind.EXTRA:
        return frozenset()
    starts = frozenset(one.start_min for one in own)
    said = told.change.start_min
    return starts if said is None else starts & {said}


def _near(told: Told, own: Sequence[Occurrence]) -> int | None:
    """The start of the one lesson it surely means, though not when it was."""
    said = told.change.start_min
    if said is None or told.change.kind is ChangeKind.EXTRA:
        return None
    starts = {one.start_min for one in own}
    close = sorted(starts, key=lambda start: abs(start - said))
    if not close or (len(close) > 1 and abs(close[0] - said) == abs(close[1] - said)):
        return None
    off = abs(close[0] - said)
    if off <= NEAR_MIN:
        return close[0]
    within = any(one.joined and one.start_min < said < one.end_min for one in own)
    return close[0] if len(starts) == 1 and off <= ALONE_MIN and not within else None


def _follow(
    told: Sequence[tuple[Told, str]],
    day: Sequence[Occurrence],
    owns: Sequence[Sequence[Occurrence]],
    found: list[Met],
    taken: dict[Taking, Place],
) -> None:
    """Changes of lessons the day has not, or not all of, into `found`: first by the same time, then by the closest.
    `taken`: of which lesson what is said was told; another's is left to it.
    """
    for search in (_same_time, _closest):
        for index, (one, lesson) in enumerate(told):
            meant, own = one.meant, owns[index]
            if meant is None or not (meant.subject and meant.classes) or found[index].several:
                continue
            if own and not found[index]:
                continue  # its id is there at another time, too far off to be sure
            here, origin = found[index].places, (lesson, meant.start_min)
            alike = [other for other in day if (other.subject, other.classes) == (meant.subject, meant.classes)]
            free = [
                other
                for other in alike
                if (other.lesson == lesson or other.lesson not in meant.beside)
                and taken.get(_taking(one, other.place), origin) == origin
            ]
            if not here:
                found[index] = search(meant, free, alike)
            elif search is _same_time:
                found[index] = _with_parts(meant, [other for other in own if other.place in here], free)
            taken |= {_taking(one, place): origin for place in found[index].places - here}


def _same_time(meant: Meant, free: Sequence[Occurrence], _: Sequence[Occurrence]) -> Met:
    """The lesson that has its time now, or its parts, where the first begins when it did."""
    same = [one for one in free if (one.start_min, one.end_min) == (meant.start_min, meant.end_min)]
    parts = same or _inside(meant, free)
    if not parts or min(one.start_min for one in parts) != meant.start_min:
        return Met()
    return Met(frozenset(one.place for one in parts)) if _apart(parts) else Met(several=True)


def _with_parts(meant: Meant, own: Sequence[Occurrence], free: Sequence[Occurrence]) -> Met:
    """The lesson of its id, and what of it goes on under another."""
    rest = [one for one in _inside(meant, free) if one not in own]
    return Met(frozenset(one.place for one in (*own, *(rest if _apart([*own, *rest]) else ()))))


def _inside(meant: Meant, lessons: Sequence[Occurrence]) -> list[Occurrence]:
    return [one for one in lessons if meant.start_min <= one.start_min and one.end_min <= meant.end_min]


def _apart(lessons: Sequence[Occurrence]) -> bool:
    """Whether one ends before the next starts: else they are of halves of a class, and either could be meant."""
    ordered = sorted(lessons, key=lambda one: (one.start_min, one.end_min))
    return all(one.end_min <= other.start_min for one, other in pairwise(ordered))


def _closest(meant: Meant, free: Sequence[Occurrence], alike: Sequence[Occurrence]) -> Met:
    """The one that starts closest; further off the only one of the day, then and now."""
    fits = [one for one in free if (one.end_min - one.start_min) * 2 < (meant.end_min - meant.start_min) * 3]
    if not fits:
        return Met()  # one that is much longer holds other lessons, too
    off = sorted(abs(one.start_min - meant.start_min) for one in fits)
    near = off[0] <= (NEAR_MIN if meant.alone else CLOSE_MIN)
    if (near and off[1:2] == off[:1]) or (not near and not (meant.alone and len(alike) == 1)):
        return Met(several=len(alike) > 1)
    best = min(fits, key=lambda one: abs(one.start_min - meant.start_min))
    return Met(frozenset({best.place}))


def meant_by(met: Met, day: Sequence[Occurrence]) -> Meant | None:
    """What a change that meets one lesson of the day means, in words; None where that is not one."""
    found = [one for one in day if one.place in met.places]
    if len(found) != 1:
        return None
    own = found[0]
    alike = [one for one in day if (one.subject, one.classes) == (own.subject, own.classes)]
    beside = frozenset(one.lesson for one in alike)
    return Meant(own.start_min, own.end_min, own.subject, own.classes, beside, alone=len(alike) == 1)
