"""Sensors that are not there, speaking real bytes behind pseudo-terminals: for the demo, tests and trying things out.

Built from the data sheets' frames, not from this package's decoders. A value is a function of the seconds given.
"""

import asyncio
import contextlib
import math
import os
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

Level = Callable[[float], float]
_TICK_S = 0.1


class SimulatedSensor(Protocol):
    """What hangs on a line. `at_s` is seconds on the caller's clock, never going back."""

    def power(self, at_s: float) -> None:
        """Power has come (back)."""
        ...

    def receive(self, data: bytes, at_s: float) -> bytes:
        """Bytes were sent to it; its answer."""
        ...

    def speak(self, at_s: float) -> bytes:
        """What it says by itself by now."""
        ...


def _plantower(body: bytes) -> bytes:
    return body + (sum(body) & 0xFFFF).to_bytes(2, "big")


def _winsen(body: bytes) -> bytes:
    return b"\xff" + body + bytes(((256 - sum(body) % 256) % 256,))


class SimulatedMhz19:
    """MH-Z19B: answers polls; sends 500 ppm while it warms up; takes the calibration commands."""

    def __init__(self, co2_ppm: Level, *, warm_up_s: float = 0.0) -> None:
        self.co2_ppm, self.warm_up_s = co2_ppm, warm_up_s
        self.self_calibration, self.range_ppm, self.zeroed = True, 2000, 0
        self.silent = False
        self._offset_ppm = 0.0
        self._powered_s = 0.0
        self._heard = b""

    def power(self, at_s: float) -> None:
        self._powered_s, self._heard = at_s, b""

    def receive(self, data: bytes, at_s: float) -> bytes:
        self._heard = (self._heard + data)[-64:]
        answer = b""
        while (at := self._heard.find(b"\xff\x01")) >= 0 and len(self._heard) >= at + 9:
            frame, self._heard = self._heard[at : at + 9], self._heard[at + 9 :]
            if frame == _winsen(frame[1:8]):
                answer += self._obey(frame, at_s)
        return b"" if self.silent else answer

    def speak(self, at_s: float) -> bytes:  # noqa: ARG002 it never speaks unasked
        return b""

    def _obey(self, frame: bytes, at_s: float) -> bytes:
        match frame[2]:
            case 0x86:
                ppm = self._ppm(at_s)
                return _winsen(bytes((0x86, ppm >> 8, ppm & 0xFF, 0x40 + 27, 0, 0, 0)))
            case 0x79:
                self.self_calibration = frame[3] == 0xA0  # noqa: PLR2004 the data sheet's "on"
            case 0x99:
                self.range_ppm = frame[6] << 8 | frame[7]
            case 0x87:
                self.zeroed += 1
                self._offset_ppm = 400 - self.co2_ppm(at_s)
                return b""
            case _:
                return b""
        return _winsen(bytes((frame[2], 1, 0, 0, 0, 0, 0)))

    def _ppm(self, at_s: float) -> int:
        if at_s - self._powered_s < self.warm_up_s:
            return 500
        return round(min(max(self.co2_ppm(at_s) + self._offset_ppm, 400), self.range_ppm))


class SimulatedPms5003:
    """PMS5003: streams, or answers when passive; sleeps and wakes; zeros while its fan starts."""

    def __init__(self, pm25_ugm3: Level, *, period_s: float = 1.0, fan_start_s: float = 0.0) -> None:
        self.pm25_ugm3, self.period_s, self.fan_start_s = pm25_ugm3, period_s, fan_start_s
        self.active, self.asleep, self.silent = True, False, False
        self.error = 0
        self._fan_s = self._next_s = 0.0
        self._heard = b""

    def power(self, at_s: float) -> None:
        self.active, self.asleep, self._heard = True, False, b""
        self._fan_s = self._next_s = at_s

    def receive(self, data: bytes, at_s: float) -> bytes:
        self._heard = (self._heard + data)[-64:]
        answer = b""
        while (at := self._heard.find(b"BM")) >= 0 and len(self._heard) >= at + 7:
            frame, self._heard = self._heard[at : at + 7], self._heard[at + 7 :]
            if frame == _plantower(frame[:5]):
                answer += self._obey(frame[2], frame[4], at_s)
        return b"" if self.silent else answer

    def speak(self, at_s: float) -> bytes:
        if self.silent or self.asleep or not self.active or at_s < self._next_s:
            return b""
        self._next_s = at_s + self.period_s
        return self._measurement(at_s)

    def _obey(self, code: int, value: int, at_s: float) -> bytes:
        if code == 0xE4:  # noqa: PLR2004 sleep and wake
            if value and self.asleep:
                self._fan_s = self._next_s = at_s
            self.asleep = not value
        elif code == 0xE1:  # noqa: PLR2004 passive and active
            self.active = bool(value)
        elif code == 0xE2 and not self.asleep:  # noqa: PLR2004 read in passive mode
            return self._measurement(at_s)
        else:
            return b""
        return _plantower(bytes((0x42, 0x4D, 0, 4, code, value)))

    def _measurement(self, at_s: float) -> bytes:
        if at_s - self._fan_s < self.fan_start_s:
            return _plantower(b"BM\x00\x1c" + bytes(26))
        pm25 = max(0.0, self.pm25_ugm3(at_s))
        masses = [round(pm25 * share) for share in (0.62, 1.0, 1.18)]
        counts = [math.ceil(pm25 * share) for share in (130, 38, 6.5, 0.6, 0.2, 0.1)]
        words = [*masses, *masses, *counts]
        content = b"".join(min(word, 0xFFFF).to_bytes(2, "big") for word in words) + bytes((0x97, self.error))
        return _plantower(b"BM\x00\x1c" + content)


class PseudoTerminal:
    """A serial line with `sensor` at its far end. `link`, where given, is a symbolic link that stays the same.

    `plug` and `unplug` are what a hand does; `run` serves until cancelled and unplugs at the end.
    """

    def __init__(
        self,
        sensor: SimulatedSensor,
        link: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sensor, self._link, self._clock = sensor, link, clock
        self._master = self._slave = -1
        self.port = ""
        self.plug()

    @property
    def plugged(self) -> bool:
        return self._master >= 0

    def plug(self) -> None:
        """Power and line come (back); `port` is the path to open."""
        if self.plugged:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # before anybody opens it, or the terminal would echo
        os.set_blocking(self._master, False)
        path = os.ttyname(self._slave)
        self.port = path if self._link is None else str(self._link)
        if self._link is not None:
            fresh = self._link.with_name(f".{self._link.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(path)
            fresh.replace(self._link)
        self.sensor.power(self._clock())

    def unplug(self) -> None:
        """The line is gone, in the middle of a frame if need be."""
        if not self.plugged:
            return
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def send(self, data: bytes) -> None:
        """Bytes on the line, from the sensor or as noise. What nobody reads is lost when the line is full."""
        if data and self.plugged:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    def step(self) -> None:
        """Take what was sent to the sensor, give what it says."""
        if not self.plugged:
            return
        at_s = self._clock()
        with contextlib.suppress(BlockingIOError):
            self.send(self.sensor.receive(os.read(self._master, 4096), at_s))
        self.send(self.sensor.speak(at_s))

    async def run(self) -> None:
        """Serve the line until cancelled."""
        try:
            while True:
                self.step()
                await asyncio.sleep(_TICK_S)
        finally:
            self.unplug()
