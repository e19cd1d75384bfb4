"""Modbus slaves on one line, byte by byte from the standard: own CRC, own frames, nothing of the drivers under test."""

import struct
from collections import deque
from collections.abc import Iterable

_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS = 1, 2
_READ, _WRITE = 3, 6
_CALIBRATE = 0x7C06  # S8: background calibration


def sealed(body: bytes) -> bytes:
    """With the CRC behind it, computed bit by bit."""
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return body + bytes((crc & 0xFF, crc >> 8))


def float_words(value: float) -> tuple[int, int]:
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return high, low


def float_block(values: dict[int, float]) -> dict[int, int]:
    """Registers of two-word floats."""
    return {at + i: word for at, value in values.items() for i, word in enumerate(float_words(value))}


class Slave:
    """One device: its registers by function; every register up to the last exists, as in most meters."""

    def __init__(
        self, unit: int, *, inputs: dict[int, int] | None = None, holding: dict[int, int] | None = None
    ) -> None:
        self.unit = unit
        self.tables = {4: inputs or {}, 3: holding or {}}
        self.dead = False
        self.late_s = 0.0
        self.asked: list[tuple[float, bytes]] = []
        self.written: list[tuple[int, int]] = []
        self.shared: int | None = None  # an address every device of its kind answers to
        self.own = 0  # a maker's function without content, echoed
        self.obeyed = 0

    def answer(self, frame: bytes, at_s: float) -> bytes:
        if self.dead or frame[0] not in {self.unit, self.shared}:
            return b""
        self.asked.append((at_s, frame))
        function = frame[1]
        if self.own and function == self.own:
            self.obeyed += 1
            return frame
        if function in self.tables:
            return self._read(frame)
        if function == _WRITE:
            register, value = struct.unpack(">HH", frame[2:6])
            self.written.append((register, value))
            self.tables[3][register] = value
            return frame
        return sealed(bytes((frame[0], function | 0x80, _ILLEGAL_FUNCTION)))

    def _read(self, frame: bytes) -> bytes:
        start, count = struct.unpack(">HH", frame[2:6])
        table = self.tables[frame[1]]
        if start + count > max(table, default=-1) + 1:
            return sealed(bytes((frame[0], frame[1] | 0x80, _ILLEGAL_ADDRESS)))
        words = b"".join(struct.pack(">H", table.get(start + i, 0)) for i in range(count))
        return sealed(bytes((frame[0], frame[1], len(words))) + words)


class SlavesOnALine:
    """A SimulatedSensor: what a request reaches, and answers that take their time.

    `collisions` counts requests that came while an answer was still due: on a real line both would be spoilt.
    """

    def __init__(self, slaves: Iterable[Slave], *, echo: bool = False) -> None:
        self.slaves, self.echo = list(slaves), echo
        self.collisions = 0
        self._heard = b""
        self._due: deque[tuple[float, bytes]] = deque()

    def power(self, at_s: float) -> None:
        del at_s
        self._heard = b""
        self._due.clear()

    def receive(self, data: bytes, at_s: float) -> bytes:
        self._heard = (self._heard + data)[-512:]
        now = data if self.echo else b""
        while frame := self._request():
            self.collisions += bool(self._due)
            for slave in self.slaves:
                answer = slave.answer(frame, at_s)
                if answer and slave.late_s:
                    self._due.append((at_s + slave.late_s, answer))
                else:
                    now += answer
        return now

    def speak(self, at_s: float) -> bytes:
        said = b""
        while self._due and self._due[0][0] <= at_s:
            said += self._due.popleft()[1]
        return said

    def _request(self) -> bytes:
        for at in range(len(self._heard)):
            for size in (8, 4):
                frame = self._heard[at : at + size]
                if len(frame) == size and sealed(frame[:-2]) == frame:
                    self._heard = self._heard[at + size :]
                    return frame
        return b""


def pzem(unit: int, *, volts: float = 225.7, alarm: bool = False) -> Slave:
    """PZEM-004T v3 or PZEM-016: 0.108 A, 24.4 W, 38 Wh, 50 Hz, power factor 1."""
    words = (round(volts * 10), 108, 0, 244, 0, 38, 0, 500, 100, 0xFFFF if alarm else 0)
    slave = Slave(unit, inputs=dict(enumerate(words)))
    slave.shared, slave.own = 0xF8, 0x42
    return slave


def climate(unit: int, *, tenths_c: int = 253, tenths_pct: int = 581) -> Slave:
    """XY-MD02."""
    return Slave(unit, inputs={1: tenths_c & 0xFFFF, 2: tenths_pct})


def single_phase(unit: int, *, volts: float = 230.2) -> Slave:
    """SDM120 or SDM220."""
    values = {0x00: volts, 0x06: 1.25, 0x0C: 280.5, 0x12: 287.75, 0x18: -64.1, 0x1E: 0.975}
    return Slave(unit, inputs=float_block(values | {0x46: 50.02, 0x48: 1234.56, 0x4A: 0.5, 0x158: 0.0}))


def three_phase(unit: int) -> Slave:
    """SDM630, with figures that name their phase."""
    phases = {first + 2 * phase: base + phase for first, base in _PHASED.items() for phase in range(3)}
    totals = {0x30: 6.0, 0x34: 603.0, 0x38: 633.0, 0x3C: -18.0, 0x3E: 0.95, 0x46: 49.98, 0x48: 77.5, 0x4A: 0.25}
    return Slave(unit, inputs=float_block(phases | totals))


_PHASED = {0x00: 230.0, 0x06: 1.0, 0x0C: 200.0, 0x12: 210.0, 0x18: -7.0, 0x1E: -1.0}


class S8(Slave):
    """SenseAir S8: any-address FE, CO2 in input 3, calibration confirmed `lag` reads after it was ordered."""

    def __init__(self, co2_ppm: int, *, lag: int = 1) -> None:
        super().__init__(0x68, inputs={0: 0, 3: co2_ppm}, holding={0: 0, 1: 0, 0x1F: 180})
        self.shared, self.lag = 0xFE, lag
        self.calibrated = 0

    def answer(self, frame: bytes, at_s: float) -> bytes:
        holding = self.tables[3]
        if frame[1] == _READ and frame[3] == 0 and holding[1] == _CALIBRATE:
            self.lag -= 1
            if self.lag < 0:
                holding[0], holding[1], self.tables[4][3] = 0x20, 0, 400
                self.calibrated += 1
        return super().answer(frame, at_s)
