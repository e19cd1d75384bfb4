"""Where a device hung and how it was calibrated, over time: which stretches of history a new version changes. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from hub.registry.model import Assignment, Calibration
from hub.stores.series import Intervals

NEVER_MS = -(2**62)  # smaller than any time
ALWAYS_MS = 2**62  # larger than any time
NOWHERE = "_"  # the room tag of a device that hung in no room
Stretch = tuple[int, int]  # [from_ms, to_ms)
Factors = tuple[float, float]  # scale and offset
SAME: Factors = (1.0, 0.0)


class Stay(msgspec.Struct, frozen=True):
    """A device hung in a room (or nowhere) in [from_ms, to_ms); `part` counts the device's stays."""

    part: int
    room: str
    from_ms: int
    to_ms: int


def stays(assignments: Sequence[Assignment]) -> list[Stay]:
    """All of time, the stretches in no room included."""
    found: list[Stay] = []
    at = NEVER_MS
    for item in sorted(assignments, key=lambda each: each.from_ms):
        end = ALWAYS_MS if item.to_ms is None else item.to_ms
        if item.from_ms > at:
            found.append(Stay(len(found), NOWHERE, at, item.from_ms))
        found.append(Stay(len(found), item.room, item.from_ms, end))
        at = end
    if at < ALWAYS_MS:
        found.append(Stay(len(found), NOWHERE, at, ALWAYS_MS))
    return found


def room_at(assignments: Sequence[Assignment], t_ms: int) -> str:
    """The room tag at a time."""
    for item in assignments:
        if item.from_ms <= t_ms and (item.to_ms is None or t_ms < item.to_ms):
            return item.room
    return NOWHERE


def factors_at(calibrations: Sequence[Calibration], t_ms: int) -> dict[str, Factors]:
    """Scale and offset of each quantity that is calibrated at a time."""
    found: dict[str, Factors] = {}
    for item in sorted(calibrations, key=lambda each: each.from_ms):
        if item.from_ms <= t_ms:
            found[item.quantity] = (item.scale, item.offset)
    return found


def changed(old: Intervals, new: Intervals) -> list[Stretch]:
    """Where room or calibration differ between two versions, in order, neighbours joined."""
    edges = sorted({NEVER_MS, ALWAYS_MS, *_edges(old), *_edges(new)})
    found: list[Stretch] = []
    for start, end in pairwise(edges):
        if _meaning(old, start) == _meaning(new, start):
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def without(whole: Stretch, parts: Iterable[Stretch]) -> list[Stretch]:
    """What is left of a stretch."""
    left: list[Stretch] = []
    at, end = whole
    for start, stop in sorted(parts):
        if start > at:
            left.append((at, min(start, end)))
        at = max(at, stop)
        if at >= end:
            return left
    return [*left, (at, end)]


def widened(stretches: Iterable[Stretch], step_ms: int) -> list[Stretch]:
    """Stretches grown to whole steps, joined where they meet."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        start, end = start // step_ms * step_ms, -(-end // step_ms) * step_ms  # noqa: PLW2901
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def clipped(stretches: Iterable[Stretch], within: Stretch) -> list[Stretch]:
    pairs = ((max(start, within[0]), min(end, within[1])) for start, end in stretches)
    return [(start, end) for start, end in pairs if start < end]


def _edges(told: Intervals) -> Iterator[int]:
    assignments, calibrations = told
    for stay in assignments:
        yield stay.from_ms
        if stay.to_ms is not None:
            yield stay.to_ms
    for item in calibrations:
        yield item.from_ms


def _meaning(told: Intervals, t_ms: int) -> tuple[str, dict[str, Factors]]:
    assignments, calibrations = told
    factors = factors_at(calibrations, t_ms)
    return room_at(assignments, t_ms), {quantity: pair for quantity, pair in factors.items() if pair != SAME}
