"""No two rows of one device share a time: a value is known by device, quantity and time, so one would hide the other.

Pure. Several messages of one millisecond (a local broker hands over what waited) follow one another by a millisecond.
"""

import msgspec

from edge.outbox.stamps import Anchor, NewReading
from wire.ranges import RangeSet

_RANGES = 64  # stretches of time a device; a crowd without gaps is one
_MESSAGES = 64
_DEVICES = 4_096


class _Device(msgspec.Struct):
    """What times its rows have: on the wire, and since boot (those move with a clock that is corrected)."""

    wire: RangeSet = msgspec.field(default_factory=RangeSet)
    boot: RangeSet = msgspec.field(default_factory=RangeSet)
    said: dict[tuple[int, int], int] = {}  # time a message brought, hash of its values -> time of its row


class Instants:
    """The last times of each device. Mutable, bounded."""

    def __init__(self) -> None:
        self._devices: dict[str, _Device] = {}

    def apart(self, reading: NewReading, anchor: Anchor) -> NewReading:
        """The reading at a time of its own. A message said again with the time it brought stays the row it is."""
        device = self._devices.pop(reading.device, None) or _Device()
        if len(self._devices) >= _DEVICES:
            del self._devices[next(iter(self._devices))]
        self._devices[reading.device] = device
        if reading.at_ms is None:
            mono_ms = _stamped(device, reading.mono_ms, anchor.offset_ms)
            return reading if mono_ms == reading.mono_ms else msgspec.structs.replace(reading, mono_ms=mono_ms)
        at_ms = _told(device, reading.at_ms, hash(tuple(reading.values.items())))
        return reading if at_ms == reading.at_ms else msgspec.structs.replace(reading, at_ms=at_ms)


def _stamped(device: _Device, mono_ms: int, offset_ms: int) -> int:
    """The first time from `mono_ms` on that is free in both views."""
    while True:
        free_ms = _free(device.boot, mono_ms)
        mono_ms = _free(device.wire, free_ms + offset_ms) - offset_ms
        if mono_ms == free_ms:
            break
    _take(device.boot, mono_ms)
    _take(device.wire, mono_ms + offset_ms)
    return mono_ms


def _told(device: _Device, at_ms: int, content: int) -> int:
    known = device.said.get((at_ms, content))
    if known is not None:
        return known
    free_ms = _free(device.wire, at_ms)
    _take(device.wire, free_ms)
    device.said[at_ms, content] = free_ms
    if len(device.said) > _MESSAGES:
        del device.said[next(iter(device.said))]
    return free_ms


def _free(taken: RangeSet, at_ms: int) -> int:
    end = taken.end_of_run(at_ms)
    return at_ms if end is None else end + 1


def _take(taken: RangeSet, at_ms: int) -> None:
    taken.add(at_ms, at_ms)
    if len(taken) > _RANGES:
        taken.remove(*next(iter(taken)))
