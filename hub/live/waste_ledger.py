"""What ran in a room for nobody: minutes and energy of a day, by kind of appliance and why it was empty. Pure."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from enum import StrEnum

import msgspec

from hub.live.lesson_record import Folded, RoomDay
from hub.live.minute_grid import Appliance
from hub.live.thresholds import Thresholds
from hub.live.trace import MINUTE_MS
from hub.live.views import RoomStatus, Running
from hub.live.waste import LIT_LX

DARK_FROM_H, DARK_TO_H = 18.5, 5.5  # near the equator the sun keeps these hours all year
MINUTES_PER_H = 60


class Why(StrEnum):
    """Why nobody was there."""

    FREE = "free_period"
    LESSON_EMPTY = "lesson_but_empty"
    AFTER_HOURS = "after_hours"
    HOLIDAY = "holiday"
    UNPLANNED = "unplanned"  # nothing was imported that says when the school is open


class WasteLine(msgspec.Struct, frozen=True):
    """`kwh` was measured in `measured_min` of the minutes; `estimated_kwh` is assumed for the others."""

    room: str
    what: Running
    why: Why
    minutes: int
    measured_min: int
    kwh: float
    estimated_kwh: float


class _Sum(msgspec.Struct):
    minutes: int = 0
    measured_min: int = 0
    kwh: float = 0.0
    estimated_kwh: float = 0.0


def waste_lines(of: RoomDay, limits: Thresholds, zone: tzinfo, *, opens: bool) -> list[WasteLine]:
    """`opens`: whether the school opens at all that day. A projector and the plug it hangs on are one appliance: the
    meter speaks for both.
    """
    sums: dict[tuple[Running, Why], _Sum] = {}
    kinds: dict[Running, list[Appliance]] = {}
    for one in of.grid.appliances:
        if one.what is not None:
            kinds.setdefault(one.what, []).append(one)
    watts = {
        Running.DISPLAY: limits.display_w,
        Running.PROJECTOR: limits.projector_w,
        Running.LIGHTS: limits.lights_w,
        Running.AIR_CONDITIONER: limits.air_conditioner_w,
    }
    light = of.grid.gauges["illuminance_lx"] if Running.LIGHTS not in kinds else []
    for t_ms, folded in sorted(of.folded.items()):
        place = (t_ms - of.grid.first_ms) // MINUTE_MS
        why = why_empty(folded, opens=opens)
        if why is None or not 0 <= place < of.grid.minutes:
            continue
        for what, appliances in kinds.items():
            if any(one.on[place] is True for one in appliances):
                metered = [kwh for one in appliances if (kwh := one.kwh[place]) is not None]
                _add(sums.setdefault((what, why), _Sum()), metered, watts[what])
        lux = light[place] if light else None
        if lux is not None and lux >= LIT_LX and _is_dark(t_ms, zone):
            _add(sums.setdefault((Running.LIGHTS, why), _Sum()), [], watts[Running.LIGHTS])
    return _lines(of.room.id, sums)


def why_empty(folded: Folded, *, opens: bool) -> Why | None:
    """None where somebody is there, may be there, or where a class may just be late."""
    _, course, planned = folded
    if course.occupied is not False:
        return None
    if planned.lesson is not None:
        return Why.LESSON_EMPTY if course.status is RoomStatus.LESSON_BUT_EMPTY else None
    if planned.in_school_hours is None:
        return Why.UNPLANNED
    if planned.in_school_hours:
        return Why.FREE
    return Why.AFTER_HOURS if opens else Why.HOLIDAY


def _add(total: _Sum, metered: list[float], watts: float) -> None:
    total.minutes += 1
    if metered:
        total.measured_min += 1
        total.kwh += sum(metered)
    else:
        total.estimated_kwh += watts / 1000 / MINUTES_PER_H


def _lines(room: str, sums: Mapping[tuple[Running, Why], _Sum]) -> list[WasteLine]:
    return [
        WasteLine(room, what, why, one.minutes, one.measured_min, round(one.kwh, 4), round(one.estimated_kwh, 4))
        for (what, why), one in sorted(sums.items())
    ]


def _is_dark(t_ms: int, zone: tzinfo) -> bool:
    local = datetime.fromtimestamp(t_ms / 1000, zone)
    hour = local.hour + local.minute / 60
    return hour >= DARK_FROM_H or hour < DARK_TO_H
