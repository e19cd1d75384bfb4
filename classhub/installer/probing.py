"""Finding out what hangs on a port: listens at every speed, then asks as each known device would be asked.

Only questions are sent, never orders; what a device needs to begin measuring at all is a question here.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import msgspec

from classhub.installer.session import dialogue_of, talk
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Device, Happened, Identified, Measured, Noted, Options, WarmingUp
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.links.line import Line
from firmware_bridge.links.opening import open_line
from wire.quantities import QUANTITIES

LISTEN_S = 2.5
SETTLE_S = 0.1  # an adapter needs a moment between two speeds
_ROUNDS = 2  # of a device's polls, before it counts as not there
_LEAST_TALK_S, _LONGEST_TALK_S = 0.8, 5.0
_MAX_HEARD = 64 * 1024
# What a room, or a bench, hardly ever leaves: figures beyond are more likely another kind's words.
_IN_ROOMS = {"temperature_c": (-10.0, 60.0), "humidity_pct": (5.0, 100.0), "formaldehyde_ugm3": (0.0, 2_000.0)}


class Speed(msgspec.Struct, frozen=True, order=True):
    """What a port is set to."""

    baud: int
    parity: str
    stop_bits: int

    def __str__(self) -> str:
        return f"{self.baud} 8{self.parity}{self.stop_bits}"


class Found(msgspec.Struct, frozen=True):
    """A device that made sense of what came: `sound` frames, `data` of them readings or identities."""

    device: str
    speed: Speed
    sound: int
    data: int
    bad: int
    values: dict[str, float | str]

    @property
    def score(self) -> tuple[int, int, int, int]:
        strange = sum(
            isinstance(value, float) and not _IN_ROOMS[key][0] <= value <= _IN_ROOMS[key][1]
            for key, value in self.values.items()
            if key in _IN_ROOMS
        )
        return (self.data, self.sound, -self.bad, -strange)

    @property
    def possible(self) -> bool:
        """Whether every figure can be what the device's words would make it."""
        return all(QUANTITIES[key].accepts(value) for key, value in self.values.items())


class Report(msgspec.Struct, frozen=True):
    """`found` best first; `received` bytes came unasked at each speed."""

    found: tuple[Found, ...]
    received: dict[str, int]


def speeds(devices: Iterable[Device]) -> list[tuple[Speed, list[Device]]]:
    """Every setting in the table with its devices, the most common first."""

    def speed(device: Device) -> Speed:
        return Speed(device.baud, device.parity, device.stop_bits)

    groups = [(one, list(group)) for one, group in groupby(sorted(devices, key=speed), key=speed)]
    return sorted(groups, key=lambda pair: -len(pair[1]))


async def probe(
    address: str,
    devices: Sequence[Device],
    options: Options,
    progress: Callable[[str], None],
    listen_s: float = LISTEN_S,
) -> Report:
    """Try every speed until one gives readings. Raises LinkError where the port cannot be opened."""
    received: dict[str, int] = {}
    found: list[Found] = []
    for speed, group in speeds(devices):
        progress(f"{speed}: …")
        heard = await _listen(address, group[0], listen_s)
        received[str(speed)] = len(heard)
        found += [one for device in group if (one := overheard(device, speed, heard)).data]
        if not found:
            found = await _ask_around(address, group, speed, options, progress)
        if any(one.data for one in found):
            break
    return Report(ranked(found), received)


def ranked(found: Iterable[Found]) -> tuple[Found, ...]:
    """Best first. Kinds whose frames look alike read each other's words: an impossible figure tells the wrong kind."""
    best = sorted(found, key=lambda one: one.score, reverse=True)
    return tuple(one for one in best if one.possible) or tuple(best)


async def _ask_around(
    address: str, group: Sequence[Device], speed: Speed, options: Options, progress: Callable[[str], None]
) -> list[Found]:
    """Whoever of a group answers; first those that need only be asked.

    What makes one kind begin may be an order to another (ZH03's resets an MH-Z19), so once somebody has answered it is
    not sent.
    """
    found: list[Found] = []
    for device in sorted((one for one in group if one.polls or one.dialogue), key=lambda one: bool(one.start)):
        if device.start and found:
            break
        progress(f"{speed}: {device.name}")
        found += [one for one in [await _asked(address, device, speed, options)] if one.sound]
    return found


def overheard(device: Device, speed: Speed, data: bytes) -> Found:
    """What a device's decoder makes of bytes that came by themselves."""
    conversation = Conversation(device, joined=True)
    return _judged(device, speed, conversation.feed(data) + conversation.finish())


async def _listen(address: str, device: Device, seconds: float) -> bytes:
    line = await open_line(address, device)
    heard = bytearray()
    try:
        await _collect(line, heard, seconds)
    finally:
        line.close()
    await asyncio.sleep(SETTLE_S)
    return bytes(heard)


async def _collect(line: Line, heard: bytearray, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while (left := ends - loop.time()) > 0 and len(heard) < _MAX_HEARD:
        heard += await line.read(left)


async def _asked(address: str, device: Device, speed: Speed, options: Options) -> Found:
    rounds_s = _ROUNDS * len(device.polls) * (device.answer_s + device.turnaround_s)
    seconds = min(max(rounds_s, _LEAST_TALK_S), _LONGEST_TALK_S)
    quick = msgspec.structs.replace(device, interval_s=0.0)
    line = await open_line(address, device)
    try:
        return _judged(device, speed, [one async for one in talk(line, dialogue_of(quick, options), seconds)])
    finally:
        line.close()
        await asyncio.sleep(SETTLE_S)


def _judged(device: Device, speed: Speed, heard: Iterable[Heard | BadFrame]) -> Found:
    sound = data = bad = 0
    values: dict[str, float | str] = {}
    for one in heard:
        if isinstance(one, BadFrame):
            bad += 1
            continue
        match one.meaning:
            case Measured(measured):
                sound, data, values = sound + 1, data + 1, values | measured
            case Identified():
                sound, data = sound + 1, data + 1
            case Answer() | Noted() | Happened() | WarmingUp():
                sound += 1
    return Found(device.name, speed, sound, data, bad, values)
