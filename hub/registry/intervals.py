"""Where a device hung when: changing one stretch of a list of half-open intervals, without ever overlapping. Pure."""

from collections.abc import Iterable

import msgspec

from hub.registry.model import Assignment


def placed(
    before: Iterable[Assignment], school: str, device: str, room: str | None, from_ms: int, to_ms: int | None
) -> list[Assignment]:
    """The device's intervals after it is put in `room` (None: nowhere) for [from_ms, to_ms); `to_ms` None: for good.

    What lies outside the stretch stays; neighbours in the same room become one interval.
    """
    kept = [piece for item in before for piece in _outside(item, from_ms, to_ms)]
    if room is not None:
        kept.append(Assignment(school, device, room, from_ms, to_ms))
    kept.sort(key=lambda item: item.from_ms)
    joined: list[Assignment] = []
    for item in kept:
        last = joined[-1] if joined else None
        if last is not None and last.room == item.room and last.to_ms == item.from_ms:
            joined[-1] = msgspec.structs.replace(last, to_ms=item.to_ms)
        else:
            joined.append(item)
    return joined


def _outside(item: Assignment, from_ms: int, to_ms: int | None) -> list[Assignment]:
    """The parts of an interval before and after a stretch."""
    pieces = []
    if item.from_ms < from_ms:
        end = from_ms if item.to_ms is None else min(item.to_ms, from_ms)
        pieces.append(msgspec.structs.replace(item, to_ms=end))
    if to_ms is not None and (item.to_ms is None or item.to_ms > to_ms):
        pieces.append(msgspec.structs.replace(item, from_ms=max(item.from_ms, to_ms)))
    return pieces
