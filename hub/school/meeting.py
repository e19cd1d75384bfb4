"""Which lesson of its day a one-day change means, also where bells or cards have moved since it was told. Pure.

It says when its lesson started then. The same start is the same lesson; else the lesson of its id that starts closest
is meant, as far as that is sure: cards of one lesson that are not one start an hour apart at the least.
"""

from collections.abc import Sequence

import msgspec

from hub.school.changes import ChangeKind
from hub.school.datebook import Told

NEAR_MIN = 30  # less than half of what two lessons of one id start apart
ALONE_MIN = 60  # where the day has no other lesson of that id


class Occurrence(msgspec.Struct, frozen=True):
    """A lesson of the day, by the id of its timetable; `joined`: of several periods."""

    lesson: str
    start_min: int
    end_min: int
    joined: bool = False


def meetings(told: Sequence[tuple[Told, str]], day: Sequence[Occurrence]) -> list[frozenset[int]]:
    """Of each change, with its lesson's id as the day has it, the minutes its lessons start at; none: it meets none."""
    found = [_exactly(one, lesson, day) for one, lesson in told]
    taken = {_place(one, lesson, start) for (one, lesson), starts in zip(told, found, strict=True) for start in starts}
    moved = [
        (abs(start - (one.change.start_min or 0)), index, start)
        for index, (one, lesson) in enumerate(told)
        if not found[index] and (start := _near(one, lesson, day)) is not None
    ]
    for _, index, start in sorted(moved):
        place = _place(*told[index], start)
        if place not in taken:
            taken.add(place)
            found[index] = frozenset({start})
    return found


def _place(told: Told, lesson: str, start_min: int) -> tuple[str, ChangeKind, str, int]:
    """Of one kind, one source says one thing of a lesson."""
    return told.source, told.change.kind, lesson, start_min


def _exactly(told: Told, lesson: str, day: Sequence[Occurrence]) -> frozenset[int]:
    if told.change.kind is ChangeKind.EXTRA:
        return frozenset()
    starts = frozenset(one.start_min for one in day if one.lesson == lesson)
    said = told.change.start_min
    return starts if said is None else starts & {said}


def _near(told: Told, lesson: str, day: Sequence[Occurrence]) -> int | None:
    """The start of the one lesson it surely means, though not when it was."""
    said = told.change.start_min
    if said is None or told.change.kind is ChangeKind.EXTRA:
        return None
    starts = {one.start_min for one in day if one.lesson == lesson}
    close = sorted(starts, key=lambda start: abs(start - said))
    if not close or (len(close) > 1 and abs(close[0] - said) == abs(close[1] - said)):
        return None
    off = abs(close[0] - said)
    if off <= NEAR_MIN:
        return close[0]
    within = any(one.joined and one.lesson == lesson and one.start_min < said < one.end_min for one in day)
    return close[0] if len(starts) == 1 and off <= ALONE_MIN and not within else None
