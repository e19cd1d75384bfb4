"""Which device is in which room now, following the registry: rooms, assignments, names and maintenance."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.live.air import AirSettings
from hub.live.appliances import kind_of
from hub.live.device import DeviceState
from hub.live.room import RoomState
from hub.live.site import Site
from hub.registry.model import School

SWEEP_EVERY_MS = 30_000  # an assignment or a maintenance may begin without anything being written
SWEEP_AT_ONCE = 500  # devices looked at in one go: a province is swept over several ticks
SWEEP_IN_TICK = 4_000
_DEFAULT_ZONE = "Asia/Ho_Chi_Minh"


class Places:
    """Owns `rooms` (uid -> state) and `versions` (of schools, as taken up); shares the engine's table of devices."""

    def __init__(
        self,
        registry: Site,
        devices: dict[tuple[str, str], DeviceState],
        settings: AirSettings,
        *,
        unseen: bool = False,
    ) -> None:
        """`unseen`: of the past, whose site has another version wherever something begins or ends by itself."""
        self._unseen = unseen
        self.rooms: dict[str, RoomState] = {}
        self.versions: dict[str, int] = {}
        self._version: int | None = None
        self._registry = registry
        self._devices = devices
        self._settings = settings
        self._by_school: dict[str, list[RoomState]] = {}
        self._known: dict[str, dict[str, DeviceState]] = {}
        self._waiting: list[DeviceState] = []
        self._swept_ms = 0

    def of_school(self, school: str) -> list[RoomState]:
        """In the registry's order."""
        return self._by_school.get(school, [])

    def follow(self, now_ms: int, at_once: int = SWEEP_AT_ONCE) -> None:
        """Take up what was written since, and now and then what begins by itself."""
        version = self._registry.version
        if version != self._version:
            self._version = version
            self._follow_schools(now_ms)
        if not self._unseen and not 0 <= now_ms - self._swept_ms < SWEEP_EVERY_MS:
            self._swept_ms = now_ms
            self._waiting = list(self._devices.values())
            self._note_maintenance(self.rooms.values(), now_ms)
        for _ in range(min(len(self._waiting), at_once)):
            self.put(self._waiting.pop(), now_ms)

    def _follow_schools(self, now_ms: int) -> None:
        """Only the schools that were written: a province's new devices are noted school by school."""
        schools = self._registry.schools()
        for gone in self._by_school.keys() - {school.id for school in schools}:
            self._drop(self._by_school.pop(gone))
        for school in schools:
            version = self._registry.school_version(school.id)
            if self.versions.get(school.id) == version and school.id in self._by_school:
                continue
            self.versions[school.id] = version
            self._load_rooms(school)
            self._waiting.extend(self._known.get(school.id, {}).values())
            self._note_maintenance(self._by_school[school.id], now_ms)

    def _load_rooms(self, school: School) -> None:
        zone = _zone(school.timezone)
        before = {state.room.uid: state for state in self.of_school(school.id)}
        states = self._by_school[school.id] = []
        for room in self._registry.rooms(school.id):
            state = before.pop(room.uid, None) or RoomState(room, zone, self._settings, unseen=self._unseen)
            if state.room != room or state.zone is not zone:
                state.room, state.zone, state.due_ms = room, zone, 0
            self.rooms[room.uid] = state
            states.append(state)
        self._drop(before.values())

    def _drop(self, gone: Iterable[RoomState]) -> None:
        for state in gone:
            del self.rooms[state.room.uid]

    def _note_maintenance(self, rooms: Iterable[RoomState], now_ms: int) -> None:
        for room in rooms:
            at_work = self._registry.maintenance_of(room.room.school, room=room.room.id, device=None, t_ms=now_ms)
            note = at_work.note if at_work is not None else None
            if note != room.maintenance:
                room.maintenance, room.due_ms = note, 0

    def put(self, state: DeviceState, now_ms: int) -> None:
        """Name the device and put it into its room of now; what it measured elsewhere does not come along."""
        school, registry = state.school, self._registry
        state.placed_version = self.versions.get(school)
        self._known.setdefault(school, {})[state.id] = state
        self._name(state)
        found = registry.room_of(school, state.id, now_ms)
        at_work = registry.maintenance_of(school, room=None, device=state.id, t_ms=now_ms)
        note = at_work.note if at_work is not None else None
        uid = f"{school}.{found}" if found is not None else None
        room = self.rooms.get(uid) if uid is not None else None
        if uid != state.room:
            self._move(state, found)
            state.room = uid
        if room is None or (note == state.maintenance and state.id in room.devices):
            state.maintenance = note
            return
        state.maintenance = note
        room.devices[state.id] = state
        room.due_ms = 0

    def _move(self, state: DeviceState, to: str | None) -> None:
        before = self.rooms.get(state.room) if state.room is not None else None
        if before is not None:
            before.devices.pop(state.id, None)
            before.due_ms = 0
        there = self._registry.room_of
        elsewhere = [cell.at_ms for cell in state.cells.values() if there(state.school, state.id, cell.at_ms) != to]
        state.here_from_ms = max(elsewhere, default=-1) + 1
        if elsewhere:
            state.trace = None

    def _name(self, state: DeviceState) -> None:
        known = self._registry.device(state.school, state.id)
        name, model = (known.name, known.model) if known is not None else (state.id, "")
        if (name, model) != (state.name, state.model):
            state.name, state.model = name, model
            state.appliance = kind_of(state.id, name, model)
            room = self.rooms.get(state.room) if state.room is not None else None
            if room is not None:
                room.due_ms = 0


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(_DEFAULT_ZONE)
