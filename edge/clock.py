"""What time it is and what that is worth: a pure core fed with readings. The readings come from `edge.timepiece`.

Time of a row = monotonic milliseconds since boot (they survive suspend and are never set) + the core's offset.
"""

from collections import deque
from typing import Literal

import msgspec

from wire.messages import ClockState

STEP_MS = 1_000  # a smaller change is slewing and rounding; a larger one is another clock
MIN_SAMPLES = 2  # the hub answers a birth with one acknowledgement a stream: two samples at once
SAMPLE_AGE_MS = 3_600_000  # older samples say more about the crystal's drift than about the hub's time
MAX_SAMPLES = 256


class ClockReading(msgspec.Struct, frozen=True):
    """The operating system's clocks at one instant. `synchronised`: the kernel says that NTP disciplines its clock."""

    realtime_ms: int
    boottime_ms: int
    synchronised: bool


class Setting(msgspec.Struct, frozen=True):
    """A clock that stamps rows: its worth, and milliseconds to add to the time since boot.

    With `state` UNKNOWN the offset is the operating system's guess: good enough to say later how wrong it was.
    """

    state: ClockState
    offset_ms: int

    @property
    def known(self) -> bool:
        return self.state is not ClockState.UNKNOWN


class ClockCore:
    """Chooses the setting: the system's clock where trusted or synchronised, else the hub's time, else unknown."""

    def __init__(self, trust: Literal["auto", "system", "hub"], first: ClockReading) -> None:
        self._trust = trust
        self._samples: deque[tuple[int, int]] = deque(maxlen=MAX_SAMPLES)  # (boottime_ms, offset_ms)
        self._synchronised = False
        self._system_offset_ms = first.realtime_ms - first.boottime_ms
        self.setting = self._anchored = Setting(ClockState.UNKNOWN, self._system_offset_ms)
        self.observe(first)

    def observe(self, reading: ClockReading) -> bool:
        """Take in a reading; True where rows of this boot must be stamped anew (the clock became known or stepped)."""
        # Once synchronised, a crystal stays good for longer than any lesson: losing NTP later does not unsettle it.
        self._synchronised = self._synchronised or reading.synchronised
        self._system_offset_ms = reading.realtime_ms - reading.boottime_ms
        while self._samples and self._samples[0][0] < reading.boottime_ms - SAMPLE_AGE_MS and len(self._samples) > 1:
            self._samples.popleft()
        return self._choose()

    def hub_sample(self, hub_time_ms: int, boottime_ms: int) -> bool:
        """An acknowledgement's `hub_time`, read at `boottime_ms`; True as for `observe`."""
        self._samples.append((boottime_ms, hub_time_ms - boottime_ms))
        return self._choose()

    def now_ms(self, boottime_ms: int) -> int:
        return boottime_ms + self.setting.offset_ms

    def hub_now_ms(self, boottime_ms: int) -> int:
        """The hub's time as far as it is known here, else our own."""
        best = self._best_sample()
        return boottime_ms + (best if best is not None else self.setting.offset_ms)

    def behind_hub_ms(self) -> int:
        """By how much our clock is behind the hub's (negative: ahead); 0 without a sample."""
        best = self._best_sample()
        return 0 if best is None else best - self.setting.offset_ms

    def _best_sample(self) -> int | None:
        # Delay on the way only makes the hub's time look earlier, so the sample furthest ahead is the truest.
        return max((offset for _, offset in self._samples), default=None)

    def _choose(self) -> bool:
        if self._trust == "system" or (self._trust == "auto" and self._synchronised):
            return self._adopt(Setting(ClockState.NTP, self._system_offset_ms))
        best = self._best_sample()
        if best is not None and (self.setting.known or len(self._samples) >= MIN_SAMPLES):
            return self._adopt(Setting(ClockState.HUB, best))
        return self._adopt(Setting(ClockState.UNKNOWN, self._system_offset_ms))

    def _adopt(self, new: Setting) -> bool:
        self.setting = new
        old = self._anchored
        if not new.known or (old.known and abs(new.offset_ms - old.offset_ms) < STEP_MS):
            return False
        self._anchored = new
        return True
