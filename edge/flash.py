"""Bytes this program causes to be written to flash: /proc/self/io, the kernel's own account, in whole pages.

It counts pages of 4 KiB made dirty, so it is what wears the card, not what SQLite thinks it writes.
"""

from collections import deque
from pathlib import Path

_ACCOUNT = Path("/proc/self/io")
_DAY_S = 86_400.0
_SAMPLES = 144  # one in ten minutes
_LEAST_S = 600.0  # over less than that a burst would be taken for the day's pace


def written_bytes() -> int:
    """Since this program started; 0 where the system keeps no such account."""
    try:
        for line in _ACCOUNT.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "write_bytes":
                return int(value)
    except OSError:
        return 0
    return 0


class FlashMeter:
    """Total over all runs, and what a day costs at the rate of the last day (or since the start, if later)."""

    def __init__(self, before_bytes: int, now_s: float) -> None:
        self._before = before_bytes - written_bytes()
        self._samples: deque[tuple[float, int]] = deque([(now_s, self.total())], maxlen=_SAMPLES)

    def total(self) -> int:
        return max(0, self._before + written_bytes())

    def per_day(self, now_s: float) -> int:
        """A forecast in bytes, 0 while it would be a guess; call it now and then, it remembers."""
        newest_s, _ = self._samples[-1]
        if now_s - newest_s >= _DAY_S / _SAMPLES:
            self._samples.append((now_s, self.total()))
        first_s, first_bytes = self._samples[0]
        if now_s - first_s < _LEAST_S:
            return 0
        return int((self.total() - first_bytes) / (now_s - first_s) * _DAY_S)
