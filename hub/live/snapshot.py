"""The live state as bytes and back, so that a restarted hub shows what it knew, as old as it is by then."""

from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from hub.live.air import AirChange
from hub.live.device import GAPS, Cell, DeviceState, Pace
from hub.live.minute_status import Course
from hub.live.occupancy import Belief
from hub.live.room import RoomState
from hub.live.trace import Trace
from hub.live.views import RoomStatus
from hub.live.waste import RunningNow, WasteMeter

VERSION = 1
AT_ONCE = 300  # devices or rooms in a piece: a few milliseconds
STATUS_MS = 15 * 60_000  # older beliefs and statuses are not taken up again


class SnapshotError(Exception):
    """A snapshot that cannot be read: the hub starts without one."""


class _Cell(msgspec.Struct, array_like=True, gc=False):
    value: float | str
    at_ms: int
    since_ms: int
    lead: str


class _Pace(msgspec.Struct, array_like=True, gc=False):
    last_ms: int
    count: int
    gaps: bytes


class _Device(msgspec.Struct, array_like=True, gc=False):
    """`times` and `levels` are the trace as machine numbers: a snapshot is read by the machine that wrote it."""

    school: str
    device: str
    gateway: str
    available: bool | None
    available_ms: int
    cells: dict[str, _Cell]
    paces: dict[str, _Pace]
    times: bytes
    levels: bytes


class _Room(msgspec.Struct, array_like=True):
    status: RoomStatus
    since_ms: int | None
    judged_ms: int
    over: bool
    belief: Belief | None
    outdoor_ppm: float
    exchange: AirChange | None
    co2_device: str | None
    running: dict[str, RunningNow]
    minute_ms: int
    lows: list[float] = []
    decay: AirChange | None = None
    course: Course | None = None
    lamps_lx: list[float] = []


class _Snapshot(msgspec.Struct, array_like=True):
    version: int
    devices: list[_Device]
    rooms: dict[str, _Room]


_decoder = msgspec.msgpack.Decoder(_Snapshot)


def pieces(devices: Iterable[DeviceState], rooms: dict[str, RoomState]) -> Iterator[bytes]:
    """The snapshot in pieces to be joined; a province takes a fifth of a second, others have their turn in between.

    Msgpack's array of three, array and map of known length begin with these bytes.
    """
    encode = msgspec.msgpack.encode
    every = list(devices)
    yield b"\x93" + encode(VERSION) + b"\xdd" + len(every).to_bytes(4)
    for start in range(0, len(every), AT_ONCE):
        yield b"".join([encode(_pack(device)) for device in every[start : start + AT_ONCE]])
    inhabited = [(uid, room) for uid, room in rooms.items() if room.devices]
    yield b"\xdf" + len(inhabited).to_bytes(4)
    for start in range(0, len(inhabited), AT_ONCE):
        yield b"".join([encode(uid) + encode(_pack_room(room)) for uid, room in inhabited[start : start + AT_ONCE]])


def _pack(device: DeviceState) -> _Device:
    leads = {id(pace): lead for lead, pace in device.paces.items()}
    return _Device(
        device.school,
        device.id,
        device.gateway,
        device.available,
        device.available_ms,
        {key: _Cell(cell.value, cell.at_ms, cell.since_ms, leads[id(cell.pace)]) for key, cell in device.cells.items()},
        {lead: _Pace(pace.last_ms, pace.count, pace.gaps.tobytes()) for lead, pace in device.paces.items()},
        device.trace.times.tobytes() if device.trace is not None else b"",
        device.trace.values.tobytes() if device.trace is not None else b"",
    )


def _pack_room(room: RoomState) -> _Room:
    return _Room(
        room.status,
        room.since_ms,
        room.judged_ms,
        room.over,
        room.belief,
        room.breath.outdoor_ppm,
        room.breath.in_use,
        room.breath.device,
        room.meter.appliances,
        room.minute_ms,
        room.breath.lows,
        room.breath.decay,
        room.course,
        room.lamps.levels,
    )


def _read(data: bytes) -> _Snapshot:
    try:
        whole = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        raise SnapshotError(f"live snapshot of {len(data)} bytes cannot be read: {broken}") from broken
    if whole.version != VERSION:
        raise SnapshotError(f"live snapshot is of version {whole.version}, this hub reads {VERSION}")
    return whole


def devices(data: bytes, newest_ms: int) -> list[DeviceState]:
    """The devices, without values from the future. Raises SnapshotError."""
    return [_unpack(packed, newest_ms) for packed in _read(data).devices]


def _unpack(packed: _Device, newest_ms: int) -> DeviceState:
    device = DeviceState(packed.school, packed.device, packed.gateway)
    device.available, device.available_ms = packed.available, packed.available_ms
    for lead, packed_pace in packed.paces.items():
        pace = device.paces[lead] = Pace(min(packed_pace.last_ms, newest_ms))
        gaps = _numbers("I", packed_pace.gaps)
        if len(gaps) == min(packed_pace.count, GAPS):
            pace.gaps, pace.count = gaps, packed_pace.count
    for quantity, one in packed.cells.items():
        if 0 <= one.at_ms <= newest_ms and one.lead in device.paces:
            cell = device.cells[quantity] = Cell(one.value, one.at_ms, device.paces[one.lead])
            cell.since_ms = one.since_ms
    if packed.times:
        device.trace = Trace()
        for time, level in zip(_numbers("d", packed.times), _numbers("d", packed.levels), strict=False):
            if 0 <= time <= newest_ms:
                device.trace.add(int(time), level)
    return device


def _numbers(kind: Literal["I", "d"], packed: bytes) -> "array[Any]":
    numbers: array[Any] = array(kind)
    numbers.frombytes(packed[: len(packed) // numbers.itemsize * numbers.itemsize])
    return numbers


def restore_rooms(data: bytes, rooms: dict[str, RoomState], now_ms: int) -> None:
    """What was learnt of the rooms; beliefs and statuses only where they are not long past."""
    for uid, packed in _read(data).rooms.items():
        room = rooms.get(uid)
        if room is None:
            continue
        room.breath.outdoor_ppm, room.breath.in_use = packed.outdoor_ppm, packed.exchange
        room.breath.decay = packed.decay
        room.breath.device, room.over = packed.co2_device, packed.over
        room.breath.lows = packed.lows
        room.lamps.levels = packed.lamps_lx
        room.minute_ms = min(packed.minute_ms, now_ms)
        if packed.course is not None and packed.course.t_ms <= now_ms:
            room.course = packed.course
        room.due_ms = 0
        if 0 <= now_ms - packed.judged_ms <= STATUS_MS:
            room.status, room.since_ms, room.belief = packed.status, packed.since_ms, packed.belief
            room.meter = WasteMeter({name: one for name, one in packed.running.items() if name in room.devices})
