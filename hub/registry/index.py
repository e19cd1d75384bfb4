"""One school's part of the registry as an immutable index: every question a reading asks, answered from memory."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date

import msgspec

from hub.registry.model import (
    Assignment,
    Building,
    Calibration,
    Device,
    Gateway,
    GatewayStatus,
    Maintenance,
    Room,
    School,
    Spell,
)
from hub.registry.spells import at

LARGEST = 1e15  # beyond what anything measures; what was once calibrated by 1e308 must not stop live, store and pages


class SchoolRecords(msgspec.Struct, frozen=True):
    """Everything known of one school, as read from the database; `school` None: only gateways that nobody set up."""

    school: School | None
    buildings: tuple[Building, ...] = ()
    rooms: tuple[Room, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    devices: tuple[Device, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()


class Timeline(msgspec.Struct, frozen=True):
    """A device's assignments in time order, with their starts apart for bisection."""

    starts: list[int]
    items: tuple[Assignment, ...]

    def at(self, t_ms: int) -> Assignment | None:
        place = bisect_right(self.starts, t_ms) - 1
        if place < 0:
            return None
        item = self.items[place]
        return item if item.to_ms is None or t_ms < item.to_ms else None


class Scaling(msgspec.Struct, frozen=True):
    """The calibrations of one quantity of one device, in time order."""

    starts: list[int]
    items: tuple[Calibration, ...]

    def apply(self, t_ms: int, value: float) -> float:
        place = bisect_right(self.starts, t_ms) - 1
        return value if place < 0 else value * self.items[place].scale + self.items[place].offset


class SchoolIndex:
    """Read-only once built; replaced as a whole when the school changes, so that readers need no lock."""

    __slots__ = (
        *("_scalings", "_timelines", "buildings", "changing", "devices", "gateways", "maintenance", "records", "rooms"),
        "standing",
    )

    def __init__(self, records: SchoolRecords) -> None:
        self.records = records
        self.buildings = {building.id: building for building in records.buildings}
        self.rooms = {room.id: room for room in records.rooms}
        self.standing = tuple(room for room in records.rooms if room.retired is None)
        places: list[Room | Building] = [*records.rooms, *records.buildings]
        self.changing = tuple(place for place in places if place.spells)
        self.gateways = {gateway.id: gateway for gateway in records.gateways}
        self.maintenance = records.maintenance
        self._timelines = _timelines(records.assignments)
        self._scalings = _scalings(records.calibrations)
        self.devices = {device.id: self._placed(device) for device in records.devices}

    def turns(self, today: date) -> bool:
        """Whether a place is called otherwise today, or came or went, than was put down for it."""
        return any(not _is_put_down(place, at(place.spells, today)) for place in self.changing)

    def accepted(self, gateway: str) -> bool:
        found = self.gateways.get(gateway)
        return found is not None and found.status is GatewayStatus.ACCEPTED

    def room_of(self, device: str, t_ms: int) -> str | None:
        timeline = self._timelines.get(device)
        if timeline is None:
            return None
        assignment = timeline.at(t_ms)
        return None if assignment is None else assignment.room

    def assignments(self, device: str) -> tuple[Assignment, ...]:
        timeline = self._timelines.get(device)
        return () if timeline is None else timeline.items

    def calibrations(self, device: str) -> tuple[Calibration, ...]:
        scalings = self._scalings.get(device, {})
        return tuple(item for scaling in scalings.values() for item in scaling.items)

    @property
    def calibrates(self) -> bool:
        return bool(self._scalings)

    def calibrated(self, device: str, t_ms: int, values: dict[str, float | str]) -> dict[str, float | str]:
        """The same dictionary where nothing is calibrated. What a calibration makes impossibly large is left out."""
        scalings = self._scalings.get(device)
        if scalings is None:
            return values
        scaled = {key: _scaled(scalings.get(key), t_ms, value) for key, value in values.items()}
        return {key: value for key, value in scaled.items() if isinstance(value, str) or abs(value) <= LARGEST}

    def maintenance_of(self, room: str | None, device: str | None, t_ms: int) -> Maintenance | None:
        for entry in self.maintenance:
            concerns = (entry.device is not None and entry.device == device) or (
                entry.room is not None and entry.room == room
            )
            if concerns and entry.from_ms <= t_ms and (entry.to_ms is None or t_ms < entry.to_ms):
                return entry
        return None

    def _placed(self, device: Device) -> Device:
        """Where it is now: the open assignment. None lists it as unassigned."""
        timeline = self._timelines.get(device.id)
        last = timeline.items[-1] if timeline else None
        return msgspec.structs.replace(device, room=last.room if last and last.to_ms is None else None)


def _is_put_down(place: Room | Building, spell: Spell | None) -> bool:
    if spell is None or (place.name, place.retired) != (spell.name, spell.retired):
        return spell is None
    return isinstance(place, Building) or place.aliases == spell.aliases


def _timelines(assignments: Iterable[Assignment]) -> dict[str, Timeline]:
    by_device: dict[str, list[Assignment]] = {}
    for item in sorted(assignments, key=lambda each: each.from_ms):
        by_device.setdefault(item.device, []).append(item)
    return {device: Timeline([each.from_ms for each in items], tuple(items)) for device, items in by_device.items()}


def _scalings(calibrations: Iterable[Calibration]) -> dict[str, dict[str, Scaling]]:
    by_key: dict[str, dict[str, list[Calibration]]] = {}
    for item in sorted(calibrations, key=lambda each: each.from_ms):
        by_key.setdefault(item.device, {}).setdefault(item.quantity, []).append(item)
    return {
        device: {key: Scaling([each.from_ms for each in items], tuple(items)) for key, items in quantities.items()}
        for device, quantities in by_key.items()
    }


def _scaled(scaling: Scaling | None, t_ms: int, value: float | str) -> float | str:
    return value if scaling is None or isinstance(value, str) else scaling.apply(t_ms, value)
