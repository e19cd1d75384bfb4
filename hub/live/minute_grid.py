"""What the sensors of one room said in each minute of a span, from the store's one-minute buckets. Pure.

A gauge stands for HOLD_MIN minutes where nothing newer came, the store itself holds states. Registers are counted by
difference: a register that falls was reset, and began at zero. What passed between two readings of a register, or of a
meter of power, is spread over the time between them, if that is SPREAD_MIN at most; else nobody knows when it ran.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from hub.live.appliances import STANDBY_W, kind_of, meters_whole_room
from hub.live.trace import MINUTE_MS
from hub.live.views import Running
from hub.stores.series import Bucket

HOLD_MIN = 10
SPREAD_MIN = 60
MOST_KW = 100.0  # what no room draws: a register that was exchanged, or read 0 once and is back
QUANTITIES = (
    "co2_ppm", "temperature_c", "humidity_pct", "illuminance_lx", "noise_dba", "energy_kwh", "power_w", "display_on",
    "switch_on",
)  # fmt: skip
TELLING = ("co2_ppm", "occupancy", "people_count", "illuminance_lx", "noise_dba")
ON = 0.5
Line = list[float | None]  # one figure a minute, None where nothing is known


class DeviceDay(msgspec.Struct, frozen=True):
    """One device in one room: its buckets by quantity, in time order. `whole_room`: a meter of all that runs there.

    `at_work`: when it or its room was under maintenance, [from, to) in ms: what was measured then does not count.
    """

    device: str
    appliance: Running | None
    buckets: Mapping[str, Sequence[Bucket]]
    whole_room: bool = False
    at_work: tuple[tuple[int, int], ...] = ()


class Appliance(msgspec.Struct, frozen=True):
    """One device that something hangs on: whether it ran and what it used in each minute."""

    device: str
    what: Running | None
    on: list[bool | None]
    kwh: Line
    whole_room: bool = False


class Grid(msgspec.Struct, frozen=True):
    """Minutes from `first_ms` on. `sensors`: quantities that any device of the room measured in the span at all."""

    first_ms: int
    minutes: int
    gauges: dict[str, Line]
    appliances: tuple[Appliance, ...]
    sensors: frozenset[str]

    @property
    def meters(self) -> list[Appliance]:
        """What the room's energy is the sum of: its own meter where that tells, else those of its devices."""
        whole = [one for one in self.appliances if one.whole_room and any(kwh is not None for kwh in one.kwh)]
        return whole or list(self.appliances)

    def place(self, t_ms: int) -> int:
        """Index of the minute, kept within the grid."""
        return min(max(0, (t_ms - self.first_ms) // MINUTE_MS), self.minutes)


def appliance_of(device: str, name: str, model: str, quantities: Iterable[str]) -> Running | None:
    """What hangs on it; a device that says whether its display is on is one, a meter of the whole room is none."""
    if meters_whole_room(device, name, model):
        return None
    return kind_of(device, name, model) or (Running.DISPLAY if "display_on" in quantities else None)


def grid(devices: Sequence[DeviceDay], first_ms: int, last_ms: int) -> Grid:
    """All devices of one room over [first_ms, last_ms), whole minutes."""
    count = max(0, (last_ms - first_ms) // MINUTE_MS)
    gauges: dict[str, Line] = {}
    for quantity in ("co2_ppm", "temperature_c", "humidity_pct", "illuminance_lx"):
        gauges[quantity] = _mean(_lines(devices, quantity, first_ms, count), count)
    gauges["noise_dba"] = energetic(_lines(devices, "noise_dba", first_ms, count), count)
    return Grid(
        first_ms,
        count,
        gauges,
        tuple(found for one in devices if (found := _appliance(one, first_ms, count)) is not None),
        frozenset(quantity for one in devices for quantity, buckets in one.buckets.items() if buckets),
    )


def _lines(devices: Sequence[DeviceDay], quantity: str, first_ms: int, count: int) -> list[Line]:
    found = []
    for one in devices:
        if buckets := one.buckets.get(quantity):
            line = held(buckets, first_ms, count)
            _leave_out(line, one.at_work, first_ms)
            found.append(line)
    return found


def _leave_out(line: list[Any], at_work: Sequence[tuple[int, int]], first_ms: int) -> None:
    """Every minute of which a part lies in one of these spans."""
    for from_ms, to_ms in at_work:
        first = max(0, (from_ms - first_ms) // MINUTE_MS)
        for place in range(first, min(-(-(to_ms - first_ms) // MINUTE_MS), len(line))):
            line[place] = None


def held(buckets: Sequence[Bucket], first_ms: int, count: int, hold_min: int = HOLD_MIN) -> Line:
    """Means on the grid; each stands until the next, for `hold_min` minutes at most."""
    line: Line = [None] * count
    starts = [(bucket.t_ms - first_ms) // MINUTE_MS for bucket in buckets]
    ends = [*starts[1:], count]
    for bucket, start, following in zip(buckets, starts, ends, strict=True):
        if following - start == 1 and 0 <= start < count:  # the usual case: a value in every minute
            line[start] = bucket.mean
            continue
        for place in range(max(0, start), min(start + hold_min, following, count)):
            line[place] = bucket.mean
    return line


def counted(buckets: Sequence[Bucket], first_ms: int, count: int) -> Line:
    """What a register counted in each minute, in its unit."""
    line: Line = [None] * count
    for before, now in pairwise(buckets):
        gap = (now.t_ms - before.t_ms) // MINUTE_MS
        if not 0 < gap <= SPREAD_MIN:
            continue
        amount = now.last - before.last
        if amount < 0:  # reset: what it had counted before that, and what since
            amount = max(0.0, now.maximum - before.last) + now.last
        if amount > MOST_KW / 60 * gap:
            continue
        start = (before.t_ms - first_ms) // MINUTE_MS + 1
        for place in range(max(0, start), min(start + gap, count)):
            line[place] = (line[place] or 0.0) + amount / gap
    return line


def energetic(lines: Sequence[Line], count: int) -> Line:
    """Levels in dB averaged as energies."""
    if len(lines) == 1:
        return lines[0]
    found = _mean([[None if x is None else 10 ** (x / 10) for x in line] for line in lines], count)
    return [None if x is None else 10 * math.log10(x) for x in found]


def _mean(lines: Sequence[Line], count: int) -> Line:
    if len(lines) == 1:
        return lines[0]
    line: Line = [None] * count
    for place in range(count if lines else 0):
        known = [x for one in lines if (x := one[place]) is not None]
        if known:
            line[place] = sum(known) / len(known)
    return line


def _appliance(one: DeviceDay, first_ms: int, count: int) -> Appliance | None:
    """A meter's word is worth more than a switch's: below STANDBY_W nothing runs."""
    register, power = one.buckets.get("energy_kwh"), one.buckets.get("power_w")
    states = [held(one.buckets[key], first_ms, count) for key in ("display_on", "switch_on") if one.buckets.get(key)]
    if not register and not power and not states:
        return None
    watts = held(power, first_ms, count, SPREAD_MIN) if power else [None] * count
    kwh: Line
    if register:
        kwh = counted(register, first_ms, count)
    else:
        kwh = [None if watt is None else max(0.0, watt) / 60_000 for watt in watts]
    on: list[bool | None] = [_runs(said) for said in zip(*states, strict=True)] if states else [None] * count
    if power:
        on = [
            running if watt is None or running is False else watt >= STANDBY_W
            for running, watt in zip(on, watts, strict=True)
        ]
    _leave_out(on, one.at_work, first_ms)
    _leave_out(kwh, one.at_work, first_ms)
    return Appliance(one.device, one.appliance, on, kwh, one.whole_room)


def _runs(said: Sequence[float | None]) -> bool | None:
    """By switches and displays; any that is on, None where none told."""
    known = [x for x in said if x is not None]
    return any(x >= ON for x in known) if known else None
