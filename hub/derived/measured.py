"""Reads what a school-day is derived from: one query a quantity for all rooms, never one a room or lesson."""

from collections.abc import Sequence
from typing import Protocol

from hub.derived.day import Measured, Span, by_room
from hub.live.appliances import meters_whole_room
from hub.live.minute_grid import QUANTITIES, DeviceDay, appliance_of
from hub.live.trace import MINUTE_MS
from hub.registry.model import Assignment, Device, Maintenance
from hub.stores.reader import SeriesReader
from hub.stores.series import Bucket, RoomMinute

BEFORE_MS = 60 * MINUTE_MS  # registers are counted from their last reading before the span
QUARTER_MS = 15 * MINUTE_MS
SLOW_TELLING = ("occupancy", "people_count")  # asked for by the quarter hour: only whether there was anything
Spell = tuple[int, int]  # [from, to) in ms
QUICK_TELLING = ("co2_ppm", "illuminance_lx", "noise_dba")


class Places(Protocol):
    """The part of the registry that is asked here."""

    def assignments(self, school: str, device: str, /) -> tuple[Assignment, ...]: ...

    def device(self, school: str, device: str, /) -> Device | None: ...

    def maintenance(self, school: str, /) -> list[Maintenance]: ...


async def measure(
    series: SeriesReader, places: Places, school: str, span: Span
) -> tuple[Measured, dict[str, frozenset[int]]]:
    """What the store holds, and by room the quarter hours in which something spoke that tells of people.

    Raises StoreDown.
    """
    minutes: dict[str, list[RoomMinute]] = {}
    for minute in await series.minutes(school, None, span.day_from_ms, span.to_ms):
        minutes.setdefault(minute.room, []).append(minute)
    works = _Works(places.maintenance(school), span.from_ms - BEFORE_MS, span.to_ms)
    found: dict[tuple[str, str], dict[str, list[Bucket]]] = {}
    spoke: dict[str, set[int]] = {}
    for quantity in QUANTITIES:
        by_device = await series.history(school, None, quantity, span.from_ms - BEFORE_MS, span.to_ms, MINUTE_MS)
        for device, buckets in by_device.items():
            for room, ours in by_room(places.assignments(school, device), buckets, MINUTE_MS - 1):
                found.setdefault((room, device), {})[quantity] = ours
                if quantity in QUICK_TELLING:
                    _note(spoke.setdefault(room, set()), ours, works.at(room, device))
    for quantity in SLOW_TELLING if span.whole else ():
        by_device = await series.history(school, None, quantity, span.from_ms, span.to_ms, QUARTER_MS)
        for device, buckets in by_device.items():
            for room, ours in by_room(places.assignments(school, device), buckets, QUARTER_MS - 1):
                _note(spoke.setdefault(room, set()), ours, works.at(room, device))
    devices: dict[str, list[DeviceDay]] = {}
    for (room, name), quantities in sorted(found.items()):
        known = places.device(school, name)
        named = (known.name, known.model) if known is not None else ("", "")
        what, whole = appliance_of(name, *named, quantities), meters_whole_room(name, *named)
        devices.setdefault(room, []).append(DeviceDay(name, what, quantities, whole, works.at(room, name)))
    within = {room: frozenset(one for one in quarters if one >= span.from_ms) for room, quarters in spoke.items()}
    return Measured(minutes, devices), within


class _Works:
    """When something was under maintenance, as far as it touches the span."""

    def __init__(self, entries: Sequence[Maintenance], from_ms: int, to_ms: int) -> None:
        self._of: dict[tuple[str | None, str | None], list[Spell]] = {}
        for one in entries:
            end_ms = to_ms if one.to_ms is None else min(one.to_ms, to_ms)
            if max(one.from_ms, from_ms) < end_ms:
                self._of.setdefault((one.room, one.device), []).append((one.from_ms, end_ms))

    def at(self, room: str, device: str) -> tuple[Spell, ...]:
        if not self._of:
            return ()
        return (*self._of.get((room, None), ()), *self._of.get((None, device), ()))


def _note(quarters: set[int], buckets: Sequence[Bucket], at_work: Sequence[Spell]) -> None:
    counted = [one.t_ms for one in buckets if one.count]
    if at_work:
        counted = [t_ms for t_ms in counted if not any(first <= t_ms < last for first, last in at_work)]
    quarters.update(t_ms // QUARTER_MS * QUARTER_MS for t_ms in counted)
