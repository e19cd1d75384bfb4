"""Serial lines that spoil what goes over them: by a rule of the test's own, or by a seeded random."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from firmware_bridge.simulated import PseudoTerminal, SimulatedSensor

Spoil = Callable[[bytes], bytes]
_TICK_S = 0.005


class SpoiltLine:
    """Stands between a simulated sensor and its pseudo-terminal; `spoil` changes what the sensor says."""

    def __init__(self, sensor: SimulatedSensor, spoil: Spoil) -> None:
        self.sensor, self.spoil = sensor, spoil

    def power(self, at_s: float) -> None:
        self.sensor.power(at_s)

    def receive(self, data: bytes, at_s: float) -> bytes:
        return self.spoil(self.sensor.receive(data, at_s))

    def speak(self, at_s: float) -> bytes:
        return self.spoil(self.sensor.speak(at_s))


class Echoing:
    """A half-duplex adapter: everything sent comes back before the answer."""

    def __init__(self, sensor: SimulatedSensor) -> None:
        self.sensor = sensor

    def power(self, at_s: float) -> None:
        self.sensor.power(at_s)

    def receive(self, data: bytes, at_s: float) -> bytes:
        return data + self.sensor.receive(data, at_s)

    def speak(self, at_s: float) -> bytes:
        return self.sensor.speak(at_s)


class Wire:
    """One direction of a bad line, without any input or output: bytes go in at a time and come out later, in pieces.

    `drop` and `flip` are chances for each byte (a flip changes one bit); `split` is the chance that a piece ends
    after a byte, and each piece is up to `delay_s` late. The order of the bytes stays. Everything follows from `seed`.
    """

    def __init__(
        self, seed: int, *, drop: float = 0.0, flip: float = 0.0, split: float = 0.2, delay_s: float = 0.02
    ) -> None:
        self._random = random.Random(seed)
        self.drop, self.flip, self.split, self.delay_s = drop, flip, split, delay_s
        self.dropped = self.flipped = 0
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._busy_s = 0.0

    def put(self, data: bytes, at_s: float) -> None:
        piece = bytearray()
        for byte in data:
            if self._random.random() < self.drop:
                self.dropped += 1
                continue
            piece.append(self._perhaps_flipped(byte))
            if self._random.random() < self.split:
                self._send(piece, at_s)
                piece = bytearray()
        self._send(piece, at_s)

    def take(self, at_s: float) -> bytes:
        """What has arrived by now."""
        arrived = bytearray()
        while self._pieces and self._pieces[0][0] <= at_s:
            arrived += self._pieces.popleft()[1]
        return bytes(arrived)

    def _perhaps_flipped(self, byte: int) -> int:
        if self._random.random() >= self.flip:
            return byte
        self.flipped += 1
        return byte ^ 1 << self._random.randrange(8)

    def _send(self, piece: bytearray, at_s: float) -> None:
        if piece:
            self._busy_s = max(self._busy_s, at_s) + self._random.random() * self.delay_s
            self._pieces.append((self._busy_s, bytes(piece)))


class BadLine:
    """A simulated sensor at the far end of a bad line: `to_sensor` and `from_sensor` spoil the two directions."""

    def __init__(self, sensor: SimulatedSensor, from_sensor: Wire, to_sensor: Wire | None = None) -> None:
        self.sensor, self.from_sensor, self.to_sensor = sensor, from_sensor, to_sensor

    def power(self, at_s: float) -> None:
        self.sensor.power(at_s)

    def receive(self, data: bytes, at_s: float) -> bytes:
        if self.to_sensor is None:
            self.from_sensor.put(self.sensor.receive(data, at_s), at_s)
        else:
            self.to_sensor.put(data, at_s)
        return b""

    def speak(self, at_s: float) -> bytes:
        if self.to_sensor is not None:
            heard = self.to_sensor.take(at_s)
            self.from_sensor.put(self.sensor.receive(heard, at_s) if heard else b"", at_s)
        self.from_sensor.put(self.sensor.speak(at_s), at_s)
        return self.from_sensor.take(at_s)


@asynccontextmanager
async def on_a_terminal(sensor: SimulatedSensor, tick_s: float = _TICK_S) -> AsyncIterator[PseudoTerminal]:
    """The sensor on a pseudo-terminal that is served often enough for pieces of a frame to arrive apart."""
    terminal = PseudoTerminal(sensor)

    async def serve() -> None:
        while True:
            terminal.step()
            await asyncio.sleep(tick_s)

    serving = asyncio.create_task(serve())
    try:
        yield terminal
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        terminal.unplug()
