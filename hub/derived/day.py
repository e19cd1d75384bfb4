"""One school-day derived: statuses, lesson records and waste, from its minutes and buckets. Pure; it takes a second.

Only statuses, lessons and what is counted by them depend on the plan: see docs/correlation.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, tzinfo

import msgspec

from hub.live.lesson_record import Folded, LessonRecord, RoomDay, lesson_records
from hub.live.minute_grid import DeviceDay, grid
from hub.live.minute_status import Course, fold, restated
from hub.live.thresholds import Thresholds
from hub.live.views import RoomStatus
from hub.live.waste_ledger import WasteLine, waste_lines
from hub.registry.model import Assignment, Room
from hub.school.model import Lesson
from hub.school.plan import SchoolPlan
from hub.stores.series import Bucket, RoomMinute

Filled = Mapping[str, frozenset[int]]  # room -> starts of minutes worked out afterwards


class Span(msgspec.Struct, frozen=True):
    """A local day [day_from_ms, day_to_ms), of which [from_ms, to_ms) is looked at; whole minutes."""

    day: date
    zone: tzinfo
    day_from_ms: int
    day_to_ms: int
    from_ms: int
    to_ms: int

    @property
    def whole(self) -> bool:
        """From midnight on; to the next one, or as far as the day has come."""
        return self.from_ms == self.day_from_ms


class Measured(msgspec.Struct, frozen=True):
    """What the store holds of the span: minutes from midnight on, devices with their buckets, by room."""

    minutes: Mapping[str, Sequence[RoomMinute]]
    devices: Mapping[str, Sequence[DeviceDay]]


class Derived(msgspec.Struct, frozen=True):
    """`restated`: minutes whose status or lesson is another than stored; `courses`: how the folds there end.

    `replanned`: the rooms of those where the lesson is another: they were lived by another plan.
    """

    records: tuple[LessonRecord, ...]
    waste: tuple[WasteLine, ...]
    restated: tuple[RoomMinute, ...]
    courses: Mapping[str, Course] = {}
    replanned: frozenset[str] = frozenset()


def derive(
    span: Span,
    rooms: Iterable[Room],
    plan: SchoolPlan | None,
    measured: Measured,
    limits: Thresholds,
    filled: Filled | None = None,
) -> Derived:
    """Everything of the lessons that end within the span; waste only of a whole day."""
    planned = plan.school_day(span.day) if plan is not None else None
    lessons: dict[str, list[Lesson]] = {}
    for lesson in planned.lessons if planned is not None else ():
        lessons.setdefault(lesson.room, []).append(lesson)
    records: list[LessonRecord] = []
    waste: list[WasteLine] = []
    changed: list[RoomMinute] = []
    courses: dict[str, Course] = {}
    replanned: set[str] = set()
    for room in rooms:
        minutes, devices = measured.minutes.get(room.id, ()), measured.devices.get(room.id, ())
        ours = lessons.get(room.id, ())
        if not minutes and not devices and not ours:
            continue
        folded = {one[0].t_ms: one for one in fold(minutes, plan, room.id, span.zone)}
        anew = list(_changed(folded))
        if anew:
            changed += anew
            courses[room.id] = folded[max(folded)][1]
            if any(folded[one.t_ms][0].lesson != one.lesson for one in anew):
                replanned.add(room.id)
        found = RoomDay(room, grid(devices, span.from_ms, span.to_ms), folded, (filled or {}).get(room.id, frozenset()))
        records.extend(
            record
            for record in lesson_records(found, span.day.isoformat(), ours, limits)
            if span.from_ms <= record.start_ms and record.end_ms <= span.to_ms
        )
        if span.whole:
            opens = planned is not None and planned.school_hours is not None
            waste.extend(waste_lines(found, limits, span.zone, opens=opens))
    return Derived(tuple(records), tuple(waste), tuple(changed), courses, frozenset(replanned))


def _changed(folded: Mapping[int, Folded]) -> Iterator[RoomMinute]:
    """Minutes kept before evidence was (0.1) and known no better now stay as they were told then."""
    for minute, course, planned in folded.values():
        told_without = minute.evidence is None and minute.status != RoomStatus.UNKNOWN.value
        anew = restated(minute, course, planned)
        if anew != minute and not told_without:
            yield anew


def by_room(
    assignments: Sequence[Assignment], buckets: Sequence[Bucket], last_of_step_ms: int
) -> Iterator[tuple[str, list[Bucket]]]:
    """A device's buckets by the room it hung in then. Of two buckets of one step the second is of the later room."""
    if len(assignments) == 1:
        yield assignments[0].room, list(buckets)
        return
    found: dict[str, list[Bucket]] = {}
    before: int | None = None
    for bucket in buckets:
        at_ms = bucket.t_ms + (last_of_step_ms if bucket.t_ms == before else 0)
        stay = _stay(assignments, at_ms) or _stay(assignments, bucket.t_ms + last_of_step_ms)
        if stay is not None:
            found.setdefault(stay.room, []).append(bucket)
        before = bucket.t_ms
    yield from found.items()


def _stay(assignments: Sequence[Assignment], at_ms: int) -> Assignment | None:
    for one in assignments:
        if one.from_ms <= at_ms and (one.to_ms is None or at_ms < one.to_ms):
            return one
    return None
