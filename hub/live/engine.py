"""The live state of every room and device: readings in, views out. Pure: time comes in, nothing is read or written."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from hub.live import snapshot
from hub.live.air import AirSettings, Balance
from hub.live.context import Context
from hub.live.device import Cell, DeviceState, Pace
from hub.live.minute_status import Course
from hub.live.occupancy import Belief
from hub.live.places import SWEEP_IN_TICK, Places
from hub.live.reading import Reading
from hub.live.room import RoomState
from hub.live.site import Site
from hub.live.trace import MINUTE_MS, Trace
from hub.live.trend import Trend
from hub.live.views import DeviceView, RoomView
from hub.school.schedule import Schedule
from hub.stores.series import RoomMinute
from wire.messages import TimeQuality

LATE_MS = 60_000
AHEAD_MS = 5_000
JUDGE_EVERY_MS = 5_000
ROOMS_PER_S = 1_000  # judged at most, so that a province is judged more slowly instead of starving its intake
ROOMS_A_TICK = 400  # when a bell rings in every room, the work is spread over some ticks
TICKS_FOR_ALL = 14
MOST_DEVICES = 200_000
LOGGED_FAILURES = 50  # the same fault may come back every minute
_log = logging.getLogger("classhub.live")
_AT_ONCE = frozenset({"co2_ppm", "occupancy", "contact_open", "people_count"})


class LiveEngine:
    """Called from one thread. `not_live` counts readings kept out of the present, `refused` those beyond memory."""

    def __init__(
        self,
        registry: Site,
        schedule_of: Callable[[str], Schedule | None],
        settings: AirSettings | None = None,
        *,
        unseen: bool = False,
    ) -> None:
        """`unseen`: the past is lived again for its minutes; there are no views and nothing is swept up."""
        self._registry = registry
        self._schedule_of = schedule_of
        self._devices: dict[tuple[str, str], DeviceState] = {}
        self._gateways: dict[tuple[str, str], bool] = {}
        self._of_gateway: dict[tuple[str, str], dict[str, DeviceState]] = {}
        self._said: dict[tuple[str, str], tuple[bool, int]] = {}  # of devices not heard yet
        self._places = Places(registry, self._devices, settings or AirSettings(), unseen=unseen)
        self.not_live = 0
        self.refused = 0
        self.failures = 0

    @property
    def _rooms(self) -> dict[str, RoomState]:
        return self._places.rooms

    def apply(self, readings: Sequence[Reading], now_ms: int) -> frozenset[str]:
        """Take readings in; uids of rooms to push at once: limit crossed, status turned by motion, door or count."""
        self._places.follow(now_ms, 0)  # whoever speaks is placed below; the silent wait for the next tick
        devices, rooms, versions = self._devices, self._places.rooms, self._places.versions
        ok, restamped = TimeQuality.OK, TimeQuality.RESTAMPED
        newest_allowed = now_ms + AHEAD_MS
        crossed: set[str] = set()
        touched: set[str] = set()
        for reading in readings:
            at_ms = reading.at_ms
            quality = reading.quality
            if (
                (quality is not ok and quality is not restamped)
                or at_ms > newest_allowed
                or reading.received_ms - at_ms > LATE_MS
            ):
                self.not_live += 1
                continue
            device = devices.get((reading.school, reading.device))
            if device is None:
                device = self._meet(reading, now_ms)
                if device is None:
                    continue
            elif device.placed_version != versions.get(device.school):
                self._places.put(device, now_ms)
            notable = _take(device, at_ms, reading.values)
            if device.gateway != reading.gateway:
                self._attach(device, reading.gateway)
            if device.available is False and at_ms > device.available_ms:
                device.available = True  # it speaks, so it is there
            room = rooms.get(device.room) if device.room is not None else None
            if room is None:
                continue
            room.dirty = True
            context = room.context
            if context is None or not context.from_ms <= at_ms < context.to_ms:
                context = room.context_at(self._schedule_of(device.school), at_ms)
            device.context = context
            if notable:
                self._notable(device, room, notable, crossed, touched)
        flipped = [uid for uid in touched | crossed if self._judge(rooms[uid], now_ms)]
        return frozenset(crossed.union(flipped))

    def _notable(
        self, device: DeviceState, room: RoomState, notable: list[str], crossed: set[str], touched: set[str]
    ) -> None:
        for quantity in notable:
            cell = device.cells[quantity]
            value = cell.value
            if quantity != "co2_ppm":
                # Only somebody coming turns a room at once; leaving is never that sure.
                if value and (room.belief is None or room.belief.occupied is not True):
                    touched.add(room.room.uid)
            elif not isinstance(value, str):
                if device.trace is None:
                    device.trace = Trace()
                device.trace.add(cell.at_ms, value)
                if room.limit_crossed(device, value):
                    crossed.add(room.room.uid)

    def availability(self, school: str, device: str, available: bool, at_ms: int) -> None:  # noqa: FBT001 - a fact, not a switch
        """What a device's bridge says of it; older news never replace newer ones."""
        state = self._devices.get((school, device))
        if state is None:
            if len(self._said) < MOST_DEVICES:
                self._said[(school, device)] = (available, at_ms)
            return
        if at_ms < state.available_ms:
            return
        state.available, state.available_ms = available, at_ms
        self._touch(state)

    def gateway(self, school: str, gateway: str, *, online: bool) -> None:
        """While a gateway is away nobody vouches for its change-driven devices."""
        if self._gateways.get((school, gateway), True) is online:
            return
        self._gateways[(school, gateway)] = online
        for state in self._of_gateway.get((school, gateway), {}).values():
            state.gateway_online = online
            self._touch(state)

    def replanned(self, school: str) -> None:
        """The school's timetable is another now: its rooms are judged at the next ticks."""
        for room in self._places.of_school(school):
            room.replanned()

    def refold(self, school: str, courses: Mapping[str, Course]) -> None:
        """Minutes of today were derived anew: those to come follow what they say now, not what they said."""
        for name, course in courses.items():
            room = self._rooms.get(f"{school}.{name}")
            if room is not None:
                room.refold(course)

    def place_of(self, school: str, device: str, t_ms: int) -> tuple[str | None, Context | None]:
        """The room in which the device hung at that instant and what is planned there then, as known now."""
        room = self._registry.room_of(school, device, t_ms)
        state = self._rooms.get(f"{school}.{room}")
        return room, None if state is None else state.context_at(self._schedule_of(school), t_ms)

    def _attach(self, state: DeviceState, gateway: str) -> None:
        self._of_gateway.get((state.school, state.gateway), {}).pop(state.id, None)
        self._of_gateway.setdefault((state.school, gateway), {})[state.id] = state
        state.gateway = gateway
        state.gateway_online = self._gateways.get((state.school, gateway), True)

    def _touch(self, state: DeviceState) -> None:
        room = self._rooms.get(state.room) if state.room else None
        if room is not None:
            room.due_ms = 0

    def tick(self, now_ms: int) -> tuple[RoomView, ...]:
        """Once a second: judge what is due; the views that changed since they were last handed out here."""
        self._places.follow(now_ms, SWEEP_IN_TICK)
        pace = max(JUDGE_EVERY_MS, len(self._rooms) * 1000 // ROOMS_PER_S)
        left = max(ROOMS_A_TICK, len(self._rooms) // TICKS_FOR_ALL)
        found = []
        for room in self._rooms.values():
            due = now_ms >= room.due_ms or room.judged_ms > now_ms
            if left and (due or (room.dirty and now_ms - room.judged_ms >= pace)):
                self._judge(room, now_ms)
                left -= 1
            elif due or room.dirty:
                room.refresh(now_ms, room.judged_ms + pace)
            if room.changed and room.view is not None:
                room.changed = False
                found.append(room.view)
        return tuple(found)

    def room(self, uid: str, now_ms: int) -> RoomView | None:
        self._places.follow(now_ms)
        room = self._rooms.get(uid)
        return None if room is None else self._current(room, now_ms)

    def belief(self, uid: str) -> Belief | None:
        """What is believed of the people in a room, with its odds: for measuring how well they are stated."""
        room = self._rooms.get(uid)
        return None if room is None else room.belief

    def air(self, uid: str) -> tuple[Trend | None, Balance | None]:
        """What forecasts of a room's CO2 begin with: for measuring how good they are."""
        room = self._rooms.get(uid)
        return (None, None) if room is None else (room.breath.trend, room.evidence.balance)

    def wall(self, school: str, now_ms: int) -> list[RoomView]:
        """All rooms of a school, in the registry's order."""
        self._places.follow(now_ms)
        return [self._current(room, now_ms) for room in self._places.of_school(school)]

    def devices(self, school: str, now_ms: int) -> list[DeviceView]:
        """All devices of a school, those never heard since the start too."""
        self._places.follow(now_ms)
        return [
            _device_view(
                self._devices.get((school, known.id)) or self._unmeasured(school, known.id, known.gateway),
                known.name,
                known.model,
                known.room,
                now_ms,
            )
            for known in self._registry.devices(school)
        ]

    def _unmeasured(self, school: str, device: str, gateway: str) -> DeviceState:
        """A device that has measured nothing: a reader, or one not heard yet; its gateway may know that it is there."""
        state = DeviceState(school, device, gateway)
        state.available, state.available_ms = self._said.get((school, device), (None, 0))
        state.gateway_online = self._gateways.get((school, gateway), True)
        return state

    def finished_minutes(self, now_ms: int) -> list[RoomMinute]:
        """The last whole minute of every room that was judged, once."""
        minute = now_ms // MINUTE_MS * MINUTE_MS - MINUTE_MS
        plan = self._schedule_of
        found = (room.minute(minute, plan(room.room.school)) for room in self._rooms.values())
        return [one for one in found if one is not None]

    def snapshot(self) -> bytes:
        return b"".join(self.snapshot_pieces())

    def snapshot_pieces(self) -> Iterator[bytes]:
        """The same to be joined by whoever must not hold up the event loop; readings may come in between."""
        return snapshot.pieces(self._devices.values(), self._rooms)

    def restore(self, data: bytes, now_ms: int) -> None:
        """Continue from a snapshot: values come back as old as they are. Raises SnapshotError."""
        self._places.follow(now_ms)
        for state in snapshot.devices(data, now_ms + AHEAD_MS):
            self._devices[(state.school, state.id)] = state
            self._attach(state, state.gateway)
            self._places.put(state, now_ms)
        snapshot.restore_rooms(data, self._rooms, now_ms)

    def _current(self, room: RoomState, now_ms: int) -> RoomView:
        if room.view is None or now_ms >= room.due_ms or room.judged_ms > now_ms:
            self._judge(room, now_ms)
        elif room.dirty:
            room.refresh(now_ms, room.judged_ms + JUDGE_EVERY_MS)
        view = room.view
        if view is None:
            raise AssertionError("a judged room has a view")
        return view

    def _judge(self, room: RoomState, now_ms: int) -> bool:
        """True where its status turned. One room that cannot be judged must not take the others along."""
        try:
            return room.judge(self._schedule_of(room.room.school), now_ms)
        except Exception:  # noqa: BLE001 - supervisor of one room: whatever is wrong there stays there
            self.failures += 1
            room.give_up(now_ms)
            if self.failures <= LOGGED_FAILURES:
                _log.exception("room %s cannot be judged; its values are shown, its status is unknown", room.room.uid)
            return False

    def _meet(self, reading: Reading, now_ms: int) -> DeviceState | None:
        if len(self._devices) >= MOST_DEVICES:
            self.refused += 1
            return None
        state = DeviceState(reading.school, reading.device, reading.gateway)
        state.available, state.available_ms = self._said.pop((reading.school, reading.device), (None, 0))
        self._attach(state, reading.gateway)
        self._devices[(reading.school, reading.device)] = state
        self._places.put(state, now_ms)
        return state


def _take(device: DeviceState, at_ms: int, values: dict[str, float | str]) -> list[str] | None:
    """Put newer values into the device's cells; the quantities that may have to be pushed at once."""
    cells, pace, notable = device.cells, None, None
    for quantity, value in values.items():
        if pace is None:  # the first quantity names the kind of message, and each kind has its own pace
            pace = device.paces.get(quantity)
            if pace is None:
                pace = device.paces[quantity] = Pace(at_ms)
            else:
                pace.note(at_ms)
        cell = cells.get(quantity)
        if cell is None:
            cells[quantity] = Cell(value, at_ms, pace)
        elif at_ms > cell.at_ms:
            same = cell.value == value
            cell.at_ms, cell.pace, cell.shown = at_ms, pace, None
            if not same:
                cell.value, cell.since_ms = value, at_ms
            elif quantity != "co2_ppm":
                continue
        else:
            continue
        if quantity in _AT_ONCE:
            notable = [quantity] if notable is None else [*notable, quantity]
    return notable


def _device_view(state: DeviceState, name: str, model: str, room: str | None, now_ms: int) -> DeviceView:
    values = {quantity: state.value(quantity, cell, now_ms) for quantity, cell in state.cells.items()}
    return DeviceView(
        school=state.school,
        device=state.id,
        name=name,
        model=model,
        gateway=state.gateway,
        room=room,
        last_ms=state.last_ms if values or not state.available else state.available_ms,
        interval_s=state.interval_s,
        stale=all(value.stale for value in values.values()) and not (not values and state.vouched),
        available=state.available,
        values=values,
        maintenance=state.maintenance,
    )
