"""The registry: what schools own and where it hangs. Read from memory in microseconds, written through SQL.

Readers work on immutable per-school indexes and need no lock. Writers block, one transaction each, and run in a thread;
the checks and the SQL are in hub.registry.changes.
"""

import threading
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from hub.db.engine import reading
from hub.db.models import RegistryVersionRow
from hub.registry import changes, premises, retiring
from hub.registry.index import SchoolIndex, SchoolRecords
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
)
from hub.registry.records import read_schools
from hub.registry.retiring import Retiring

_NOTHING = SchoolIndex(SchoolRecords(None))

# Schools whose new devices are written in one transaction: a province's first minute was 730 of them and 4 s of CPU.
_TOGETHER = 50


class Registry:
    """One per process. `on_change` callbacks run in the thread that wrote, after the index is new; keep them short."""

    def __init__(self, engine: Engine, pending_limit: int = 100) -> None:
        self.on_change: list[Callable[[], None]] = []
        self._engine = engine
        self._pending_limit = pending_limit
        self._lock = threading.RLock()
        self._index: dict[str, SchoolIndex] = {}
        self._versions: dict[str, int] = {}
        self._pending = 0
        self._version = 0
        self._reload()

    # ---- questions ----

    @property
    def version(self) -> int:
        """Grows with every change, whichever process made it."""
        return self._version

    def school_version(self, school: str) -> int:
        """Grows with every change of one school."""
        return self._versions.get(school, 0)

    def schools(self) -> list[School]:
        return [index.records.school for index in list(self._index.values()) if index.records.school is not None]

    def school(self, school: str) -> School | None:
        return self._of(school).records.school

    def buildings(self, school: str) -> list[Building]:
        """Those that were retired, too: their rooms have a past."""
        return list(self._of(school).buildings.values())

    def rooms(self, school: str) -> list[Room]:
        """Those that stand today."""
        return list(self._of(school).standing)

    def rooms_ever(self, school: str) -> list[Room]:
        """Retired ones, too."""
        return list(self._of(school).rooms.values())

    def rooms_on(self, school: str, day: date) -> list[Room]:
        """Those that stood on that local date, as they were called then."""
        return [then for room in self._of(school).rooms.values() if (then := room.on(day)) is not None]

    def room(self, school: str, room: str) -> Room | None:
        """A retired one, too."""
        return self._of(school).rooms.get(room)

    def room_by_uid(self, uid: str) -> Room | None:
        school, _, room = uid.partition(".")
        return self.room(school, room)

    def gateways(self, school: str | None = None) -> list[Gateway]:
        """Of one school, or of all, pending ones included."""
        indexes = list(self._index.values()) if school is None else [self._of(school)]
        return [gateway for index in indexes for gateway in index.gateways.values()]

    def gateway(self, school: str, gateway: str) -> Gateway | None:
        return self._of(school).gateways.get(gateway)

    def accepted(self, school: str, gateway: str) -> bool:
        return self._of(school).accepted(gateway)

    def devices(self, school: str) -> list[Device]:
        return list(self._of(school).devices.values())

    def device(self, school: str, device: str) -> Device | None:
        return self._of(school).devices.get(device)

    def unassigned(self, school: str) -> list[Device]:
        """Devices that hang nowhere now."""
        return [device for device in self.devices(school) if device.room is None]

    def room_of(self, school: str, device: str, t_ms: int) -> str | None:
        """The room the device hung in at that time."""
        index = self._index.get(school)
        return None if index is None else index.room_of(device, t_ms)

    def calibrated(self, school: str, device: str, t_ms: int, values: dict[str, float | str]) -> dict[str, float | str]:
        """Values as they should have read at that time; the same dictionary where nothing is calibrated."""
        index = self._index.get(school)
        return values if index is None else index.calibrated(device, t_ms, values)

    def calibrates(self, school: str) -> bool:
        """Whether any device of the school ever had a calibration."""
        index = self._index.get(school)
        return index is not None and index.calibrates

    def assignments(self, school: str, device: str) -> tuple[Assignment, ...]:
        return self._of(school).assignments(device)

    def calibrations(self, school: str, device: str) -> tuple[Calibration, ...]:
        return self._of(school).calibrations(device)

    def maintenance_of(
        self, school: str, room: str | None = None, device: str | None = None, t_ms: int = 0
    ) -> Maintenance | None:
        """The maintenance that concerns the room or the device at that time."""
        return self._of(school).maintenance_of(room, device, t_ms)

    def maintenance(self, school: str) -> list[Maintenance]:
        """All of it, past and present."""
        return list(self._of(school).maintenance)

    # ---- changes (blocking) ----

    def add_school(self, school: School) -> None:
        """Add it, or change what is said of it. The same holds for buildings, rooms and gateways."""
        self.change(school.id, lambda session: changes.put_school(session, school))

    def add_building(self, building: Building, *, since: date | None = None, now_ms: int | None = None) -> None:
        work = partial(premises.put_building, building=building, since=since, now_ms=now_ms)
        self.change(building.school, work)

    def add_room(self, room: Room, *, since: date | None = None, now_ms: int | None = None) -> None:
        """`since`: it is called so from that local date on; None: for as long as what it is called today."""
        self.change(room.school, partial(premises.put_room, room=room, since=since, now_ms=now_ms))

    def retire_room(self, school: str, room: str, order: Retiring, now_ms: int | None = None) -> None:
        self.change(school, lambda session: retiring.retire_room(session, school, room, order, now_ms))

    def reopen_room(self, school: str, room: str, since: date | None = None, now_ms: int | None = None) -> None:
        self.change(school, lambda session: retiring.reopen_room(session, school, room, since, now_ms))

    def turn_day(self, now_ms: int) -> bool:
        """Names and rooms whose day came hold from now on. True where there were any; cheap where not."""
        turning = [
            index.records.school.id
            for index in list(self._index.values())
            if index.changing and index.records.school is not None and index.turns(_today(index.records.school, now_ms))
        ]
        for school in turning:
            self.change(school, partial(retiring.turn, school=school, now_ms=now_ms))
        return bool(turning)

    def add_gateway(self, school: str, gateway: str, name: str, status: GatewayStatus = GatewayStatus.ACCEPTED) -> None:
        self.change(school, lambda session: changes.put_gateway(session, school, gateway, name, status))

    def accept_gateway(self, school: str, gateway: str) -> None:
        self.change(school, lambda s: changes.set_gateway_status(s, school, gateway, GatewayStatus.ACCEPTED))

    def refuse_gateway(self, school: str, gateway: str) -> None:
        self.change(school, lambda s: changes.set_gateway_status(s, school, gateway, GatewayStatus.REFUSED))

    def note_pending(self, school: str, gateway: str, now_ms: int) -> bool:
        """List a gateway nobody registered. False where the list is full; cheap for gateways already known."""
        if gateway in self._of(school).gateways:
            return True
        if self._pending >= self._pending_limit:
            return False
        self.change(school, lambda session: changes.note_pending(session, school, gateway, now_ms))
        return True

    def note_devices(self, devices: Iterable[tuple[str, str, str, int | None, str]]) -> None:
        """Devices seen: (school, device, gateway, first seen, model). Cheap where nothing is new."""
        by_school: dict[str, list[changes.Seen]] = {}
        for school, device, gateway, first_seen_ms, model in devices:
            known = self.device(school, device)
            if (
                known is None
                or known.first_seen_ms is None
                or known.gateway != gateway
                or model not in {"", known.model}
            ):
                by_school.setdefault(school, []).append((device, gateway, first_seen_ms, model))
        schools = list(by_school)
        for start in range(0, len(schools), _TOGETHER):
            part = {school: by_school[school] for school in schools[start : start + _TOGETHER]}
            self._change(part, partial(changes.note_all_devices, devices=part))

    def name_device(self, school: str, device: str, name: str) -> None:
        self.change(school, lambda session: changes.name_device(session, school, device, name))

    def assign(self, school: str, device: str, room: str | None, from_ms: int, to_ms: int | None = None) -> None:
        """The device hangs in `room` (None: nowhere) from then on, or until `to_ms`, whatever was said before."""
        self.change(school, lambda session: changes.assign(session, school, device, room, from_ms, to_ms))

    def replace_device(self, school: str, old: str, new: str, from_ms: int) -> None:
        """A broken device makes way for a new one: it takes the room (and the name, if it has none) from then on."""
        self.change(school, lambda session: changes.replace_device(session, school, old, new, from_ms))

    def calibrate(self, school: str, device: str, quantity: str, scale: float, offset: float, from_ms: int) -> None:
        """From then until the next calibration: value = measured * scale + offset."""
        calibration = Calibration(school, device, quantity, scale, offset, from_ms)
        self.change(school, lambda session: changes.calibrate(session, calibration))

    def start_maintenance(
        self, school: str, room: str | None, device: str | None, note: str, from_ms: int, to_ms: int | None = None
    ) -> int:
        """The id, to end it with; of the past, what was derived of that time is derived anew."""
        return self.change(
            school, lambda session: changes.start_maintenance(session, school, room, device, note, from_ms, to_ms)
        )

    def end_maintenance(self, maintenance: int, to_ms: int) -> None:
        school = next(
            (name for name, index in self._index.items() if any(each.id == maintenance for each in index.maintenance)),
            None,
        )
        if school is None:
            raise changes.unknown("lần bảo trì", "maintenance", str(maintenance))
        self.change(school, lambda session: changes.end_maintenance(session, maintenance, to_ms))

    def remove_maintenance(self, school: str, maintenance: int) -> None:
        """As if it had never been told; what was derived of that time is derived anew."""
        self.change(school, lambda session: changes.remove_maintenance(session, school, maintenance))

    def reload_if_changed(self) -> bool:
        """Read again what another process (the command line) changed. True where there was something."""
        changed = self._reload()
        if changed:
            self._announce()
        return changed

    # ---- inside ----

    def _of(self, school: str) -> SchoolIndex:
        return self._index.get(school, _NOTHING)

    def change(self, school: str, work: Callable[[Session], changes.Result]) -> changes.Result:
        """Do several things of hub.registry.changes to one school in one transaction."""
        return self._change([school], work)

    def _change(self, schools: Collection[str], work: Callable[[Session], changes.Result]) -> changes.Result:
        with self._lock:
            with Session(self._engine) as session, session.begin():
                result = work(session)
                session.flush()
                versions = {school: changes.bump(session, school) for school in schools}
                records = read_schools(session, schools)
            self._take(records, versions)
        self._announce()
        return result

    def _reload(self) -> bool:
        with self._lock, Session(reading(self._engine)) as session, session.begin():
            stored = {row.school: row.version for row in session.scalars(select(RegistryVersionRow))}
            stale = [school for school, version in stored.items() if self._versions.get(school) != version]
            if stale:
                self._take(read_schools(session, stale), {school: stored[school] for school in stale})
        return bool(stale)

    def _take(self, records: dict[str, SchoolRecords], versions: dict[str, int]) -> None:
        """Swap whole dictionaries: a reader sees the state before or after, never between."""
        index = self._index | {school: SchoolIndex(each) for school, each in records.items()}
        self._index = dict(sorted(index.items()))
        self._versions = self._versions | versions
        self._version = sum(self._versions.values())
        self._pending = sum(
            gateway.status is GatewayStatus.PENDING
            for each in self._index.values()
            for gateway in each.gateways.values()
        )

    def _announce(self) -> None:
        for callback in self.on_change:
            callback()


def _today(school: School, now_ms: int) -> date:
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(school.timezone)).date()
