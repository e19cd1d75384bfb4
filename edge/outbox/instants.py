"""No two rows of one device share a time: a value is known by device, quantity and time, so one would hide the other.

Pure. Several messages of one millisecond (a local broker hands over what waited) follow one another by a millisecond.
"""

import msgspec

from edge.outbox.stamps import Anchor, NewReading

_REMEMBERED = 64  # times a device: what comes out of order and would fall on a row that is there
_DEVICES = 4_096


class _Last(msgspec.Struct):
    """The last row of one kind: the time it came with, and the time it was given."""

    claimed_ms: int = -1
    given_ms: int = -1

    def behind(self, at_ms: int) -> int:
        """`at_ms`, or the first millisecond behind a crowd that began no later."""
        crowded = self.claimed_ms <= at_ms <= self.given_ms
        return self.given_ms + 1 if crowded else at_ms


class _Device(msgspec.Struct):
    stamped: _Last = msgspec.field(default_factory=_Last)  # in milliseconds since boot
    told: _Last = msgspec.field(default_factory=_Last)  # in somebody else's time
    taken: dict[int, int] = {}  # time on the wire -> hash of the values


class Instants:
    """The last times of each device. Mutable, bounded."""

    def __init__(self) -> None:
        self._devices: dict[str, _Device] = {}

    def apart(self, reading: NewReading, anchor: Anchor) -> NewReading:
        """The reading at a time of its own. A message said again with the time it brought stays what it is."""
        device = self._devices.pop(reading.device, None) or _Device()
        if len(self._devices) >= _DEVICES:
            del self._devices[next(iter(self._devices))]
        self._devices[reading.device] = device
        content = hash(tuple(reading.values.items()))
        claimed, last, offset_ms = reading.mono_ms, device.stamped, anchor.offset_ms
        if reading.at_ms is not None:
            if device.taken.get(reading.at_ms) == content:
                return reading
            claimed, last, offset_ms = reading.at_ms, device.told, 0
        given = last.behind(claimed)
        while given + offset_ms in device.taken:
            given += 1
        last.claimed_ms, last.given_ms = claimed, given
        device.taken[given + offset_ms] = content
        if len(device.taken) > _REMEMBERED:
            del device.taken[next(iter(device.taken))]
        if given == claimed:
            return reading
        moved = {"mono_ms": given} if reading.at_ms is None else {"at_ms": given}
        return msgspec.structs.replace(reading, **moved)
