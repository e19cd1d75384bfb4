"""A serial line that is not there: a pseudo-terminal with a simulated device at its far end."""

import asyncio
import contextlib
import os
import time
import tty
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.simulated.sensor import SimulatedSensor

_TICK_S = 0.1


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
