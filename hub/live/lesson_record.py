"""What really happened in one lesson, from the minutes of its room and the limits of its school. Pure.

Where nothing was measured a figure is None and `missing` says why; a figure is never made up.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from statistics import median

import msgspec

from hub.live.air import flow_l_s
from hub.live.context import Context
from hub.live.minute_grid import Grid, Line
from hub.live.minute_status import Course
from hub.live.thresholds import Thresholds
from hub.live.trace import MINUTE_MS
from hub.live.views import Running
from hub.registry.model import Room
from hub.school.changes import ChangeKind
from hub.school.model import Lesson
from hub.stores.series import RoomMinute

EARLY_MS = LATE_MS = 10 * 60_000  # how far before and after its times a lesson may really begin and end
LEAST_MIN = 5  # people for a shorter time were no lesson
LEAST_SHARE = 0.5  # of its minutes must be known before a lesson is said not to have been held
SHOWING = frozenset({Running.DISPLAY, Running.PROJECTOR})
Folded = tuple[RoomMinute, Course, Context]


class Missing(StrEnum):
    """Why a figure is None."""

    NO_SENSOR = "no_sensor"  # nothing in the room measures it
    SILENT = "silent"  # it is measured here, but not in this lesson
    UNDECIDED = "undecided"  # sensors spoke, but did not tell whether anybody was there


class Air(msgspec.Struct, frozen=True):
    """CO2 and what it says of ventilation. `over_*_min`: minutes above a limit; `longest_over_most_min`: on end."""

    mean_ppm: float | None = None
    peak_ppm: float | None = None
    over_good_min: int | None = None
    over_limit_min: int | None = None
    over_poor_min: int | None = None
    over_most_min: int | None = None
    longest_over_most_min: int | None = None
    too_long: bool | None = None
    air_changes_per_h: float | None = None
    litres_per_s_person: float | None = None


class Surroundings(msgspec.Struct, frozen=True):
    """Means over the lesson (noise as energy), minutes too loud and too dark."""

    noise_dba: float | None = None
    loud_min: int | None = None
    light_lx: float | None = None
    dark_min: int | None = None
    temperature_c: float | None = None
    humidity_pct: float | None = None


class Power(msgspec.Struct, frozen=True):
    """Energy by the room's meter, else by its devices'; minutes a display or projector was on, and on for nobody."""

    kwh: float | None = None
    display_min: int | None = None
    display_empty_min: int | None = None


class Attendance(msgspec.Struct, frozen=True):
    """`held` None: nobody knows. `actual_*` are planned times where people had come before and stayed on."""

    held: bool | None = None
    actual_start_ms: int | None = None
    actual_end_ms: int | None = None
    people: float | None = None
    people_low: float | None = None
    people_high: float | None = None
    empty_min: int | None = None


class LessonRecord(msgspec.Struct, frozen=True):
    """One lesson that has ended. `coverage`: share of its minutes in which each thing was measured.

    `filled_min`: minutes of presence worked out afterwards from readings that came late.
    """

    school: str
    day: str
    room: str
    lesson: str
    period: str
    subject: str
    classes: tuple[str, ...]
    class_ids: tuple[str, ...]
    teacher_ids: tuple[str, ...]
    change: ChangeKind | None
    start_ms: int
    end_ms: int
    expected_people: int | None
    attendance: Attendance
    air: Air
    surroundings: Surroundings
    power: Power
    coverage: dict[str, float]
    missing: dict[str, Missing]
    filled_min: int = 0


class RoomDay(msgspec.Struct, frozen=True):
    """What the records of one room and day are made of; `folded` by the start of the minute."""

    room: Room
    grid: Grid
    folded: Mapping[int, Folded]
    filled: frozenset[int] = frozenset()


def lesson_records(of: RoomDay, day: str, lessons: Sequence[Lesson], limits: Thresholds) -> list[LessonRecord]:
    """Of the lessons of that room, in the order of their starts."""
    ordered = sorted(lessons, key=lambda lesson: (lesson.start_ms, lesson.id))
    found = []
    for place, lesson in enumerate(ordered):
        before = max((one.end_ms for one in ordered[:place]), default=0)
        after = min((one.start_ms for one in ordered[place + 1 :]), default=lesson.end_ms + LATE_MS)
        found.append(_record(of, day, lesson, limits, (before, after)))
    return found


def _record(of: RoomDay, day: str, lesson: Lesson, limits: Thresholds, neighbours: tuple[int, int]) -> LessonRecord:
    span = minutes_of(lesson)
    first, last = of.grid.place(lesson.start_ms), of.grid.place(lesson.end_ms)
    gauges = {key: line[first:last] for key, line in of.grid.gauges.items()}
    attendance = _attendance(of, lesson, neighbours)
    power, metered = _power(of, span)
    coverage = {key: _share(line, len(span)) for key, line in gauges.items()}
    coverage["presence"] = round(sum(_occupied(of, t_ms) is not None for t_ms in span) / max(1, len(span)), 3)
    coverage["energy_kwh"] = _share(metered, len(span))
    people = attendance.people if attendance.people is not None else lesson.expected_people
    return LessonRecord(
        school=of.room.school,
        day=day,
        room=of.room.id,
        lesson=lesson.id,
        period=lesson.period,
        subject=lesson.subject,
        classes=lesson.classes,
        class_ids=lesson.class_ids,
        teacher_ids=lesson.teacher_ids,
        change=lesson.change,
        start_ms=lesson.start_ms,
        end_ms=lesson.end_ms,
        expected_people=lesson.expected_people,
        attendance=attendance,
        air=_air(of, span, gauges["co2_ppm"], limits, people if attendance.held else None),
        surroundings=_surroundings(gauges, limits),
        power=power,
        coverage=coverage,
        missing=_missing(of, coverage, power),
        filled_min=sum(t_ms in of.filled for t_ms in span),
    )


def minutes_of(lesson: Lesson) -> range:
    """Starts of the whole minutes that begin within the lesson."""
    return range(-(-lesson.start_ms // MINUTE_MS) * MINUTE_MS, lesson.end_ms, MINUTE_MS)


def _occupied(of: RoomDay, t_ms: int) -> bool | None:
    found = of.folded.get(t_ms)
    return None if found is None else found[1].occupied


def _attendance(of: RoomDay, lesson: Lesson, neighbours: tuple[int, int]) -> Attendance:
    span = minutes_of(lesson)
    there = [t_ms for t_ms in span if _occupied(of, t_ms) is True]
    empty = sum(_occupied(of, t_ms) is False for t_ms in span)
    if len(there) < max(1, min(LEAST_MIN, len(span))):
        known = (len(there) + empty) / max(1, len(span)) >= LEAST_SHARE
        return Attendance(held=False if known else None, empty_min=empty if known else None)
    start_ms, end_ms = _actual(of, lesson, neighbours)
    told = [of.folded[t_ms][0] for t_ms in there]
    return Attendance(
        held=True,
        actual_start_ms=start_ms,
        actual_end_ms=end_ms,
        people=_median([one.people for one in told]),
        people_low=_median([one.people_low for one in told]),
        people_high=_median([one.people_high for one in told]),
        empty_min=empty,
    )


def _actual(of: RoomDay, lesson: Lesson, neighbours: tuple[int, int]) -> tuple[int, int]:
    """When people came and went. Who is there all the time from the lesson before did not come for this one.

    Of a room booked twice the other lesson may end within this one: then this one begins with its planned time.
    """
    begin = _whole(max(min(neighbours[0], lesson.start_ms), lesson.start_ms - EARLY_MS))
    end = _whole(min(max(neighbours[1], lesson.end_ms), lesson.end_ms + LATE_MS))
    there = [t_ms for t_ms in range(begin, end, MINUTE_MS) if _occupied(of, t_ms) is True]
    came, left = there[0], there[-1] + MINUTE_MS
    start_ms = lesson.start_ms if came == begin and begin < lesson.start_ms else came
    return start_ms, lesson.end_ms if left >= end > lesson.end_ms else left


def _whole(t_ms: int) -> int:
    return -(-t_ms // MINUTE_MS) * MINUTE_MS


def _air(of: RoomDay, span: range, line: Line, limits: Thresholds, people: float | None) -> Air:
    changes = [of.folded[t_ms][0].air_changes_per_h for t_ms in span if t_ms in of.folded]
    per_h = _median(changes)
    flow = None if per_h is None or not people else flow_l_s(per_h, of.room.volume_m3) / people
    known = [x for x in line if x is not None]
    if not known:
        return Air(air_changes_per_h=_rounded(per_h, 2), litres_per_s_person=_rounded(flow, 2))
    longest = _longest(line, limits.co2_most_ppm)
    return Air(
        mean_ppm=round(sum(known) / len(known), 1),
        peak_ppm=round(max(known), 1),
        over_good_min=sum(x > limits.co2_good_ppm for x in known),
        over_limit_min=sum(x > limits.co2_limit_ppm for x in known),
        over_poor_min=sum(x > limits.co2_poor_ppm for x in known),
        over_most_min=sum(x > limits.co2_most_ppm for x in known),
        longest_over_most_min=longest,
        too_long=longest > limits.co2_most_min,
        air_changes_per_h=_rounded(per_h, 2),
        litres_per_s_person=_rounded(flow, 2),
    )


def _longest(line: Line, limit: float) -> int:
    """Most minutes on end above the limit; a minute without a figure ends a stretch."""
    best = now = 0
    for x in line:
        now = now + 1 if x is not None and x > limit else 0
        best = max(best, now)
    return best


def _surroundings(gauges: Mapping[str, Line], limits: Thresholds) -> Surroundings:
    noise = [x for x in gauges["noise_dba"] if x is not None]
    light = [x for x in gauges["illuminance_lx"] if x is not None]
    level = 10 * math.log10(sum(10 ** (x / 10) for x in noise) / len(noise)) if noise else None
    return Surroundings(
        noise_dba=_rounded(level, 1),
        loud_min=sum(x > limits.noise_dba for x in noise) if noise else None,
        light_lx=_mean(light, 1),
        dark_min=sum(x < limits.light_lx for x in light) if light else None,
        temperature_c=_mean(gauges["temperature_c"], 2),
        humidity_pct=_mean(gauges["humidity_pct"], 1),
    )


def _power(of: RoomDay, span: range) -> tuple[Power, Line]:
    """With the energy of each minute, None where no meter told."""
    first, last = of.grid.place(span.start), of.grid.place(span.stop)
    total: Line = [None] * (last - first)
    shown = [False] * (last - first)
    tells = False
    for one in of.grid.meters:
        for place, kwh in enumerate(one.kwh[first:last]):
            if kwh is not None:
                total[place] = (total[place] or 0.0) + kwh
    for one in of.grid.appliances:
        if one.what in SHOWING:
            for place, on in enumerate(one.on[first:last]):
                tells = tells or on is not None
                shown[place] = shown[place] or on is True
    known = [kwh for kwh in total if kwh is not None]
    alone = sum(on and _occupied(of, t_ms) is False for on, t_ms in zip(shown, span, strict=False))
    return Power(
        kwh=round(sum(known), 4) if known else None,
        display_min=sum(shown) if tells else None,
        display_empty_min=alone if tells else None,
    ), total


def _missing(of: RoomDay, coverage: Mapping[str, float], power: Power) -> dict[str, Missing]:
    found = {}
    for key, share in coverage.items():
        if share == 0 and key != "presence":
            known = bool({"energy_kwh", "power_w"} & of.grid.sensors) if key == "energy_kwh" else key in of.grid.sensors
            found[key] = Missing.SILENT if known else Missing.NO_SENSOR
    if coverage["presence"] == 0:
        spoke = any(minute.evidence is not None for minute, _, _ in of.folded.values())
        found["presence"] = Missing.UNDECIDED if spoke else Missing.SILENT if of.grid.sensors else Missing.NO_SENSOR
    if power.display_min is None:
        shows = any(one.what in SHOWING for one in of.grid.appliances)
        found["display_on"] = Missing.SILENT if shows else Missing.NO_SENSOR
    return found


def _share(line: Line, minutes: int) -> float:
    return round(sum(x is not None for x in line) / max(1, minutes), 3)


def _mean(line: Sequence[float | None], digits: int) -> float | None:
    known = [x for x in line if x is not None]
    return round(sum(known) / len(known), digits) if known else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [x for x in values if x is not None]
    return round(float(median(known)), 2) if known else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
