"""How good forecasts were: what was said for the last days, held against what came. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from hub.forecasts.rows import SchoolHours, Told
from hub.live.forecast.hours import Target


class Kept(msgspec.Struct, frozen=True):
    """Days that were both said and measured, the mean absolute error, and the share of hours within the interval."""

    days: int = 0
    mae: float | None = None
    inside: float | None = None


def how_kept(told: Sequence[Told], known: Mapping[date, SchoolHours], target: Target) -> Kept:
    """`told` are one room's forecasts, of any target."""
    errors, inside, days = [], 0, set()
    for one in told:
        truths = known.get(one.day, {}).get(one.room, {}).get(target) if one.target is target else None
        for said, truth in zip(one.forecast.hours, truths or (), strict=False):
            if said is not None and truth is not None:
                errors.append(abs(said.value - truth))
                inside += said.low <= truth <= said.high
                days.add(one.day)
    if not errors:
        return Kept()
    return Kept(len(days), round(sum(errors) / len(errors), 3), round(inside / len(errors), 2))
