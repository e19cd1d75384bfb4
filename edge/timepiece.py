"""The operating system's clocks and its identity: wall time, time since boot, NTP state, boot id, machine id."""

import ctypes
import hashlib
import secrets
import time
from pathlib import Path

from edge.clock import ClockReading

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 256  # struct timex is 208 bytes on 64-bit Linux, 128 on 32-bit; all zero means "only read"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MACHINE_IDS = (
    # A card copied to another Raspberry Pi carries /etc/machine-id along; the serial number is in the hardware.
    Path("/sys/firmware/devicetree/base/serial-number"),
    Path("/etc/machine-id"),
)


def boottime_ms() -> int:
    """Milliseconds since the machine was switched on; never set, and counted through suspend where Linux offers it."""
    source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(source) // 1_000_000


class Timepiece:
    """Reads the clocks; a simulated school or a test gives the agent another object with these two methods."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)

    def read(self) -> ClockReading:
        return ClockReading(time.time_ns() // 1_000_000, boottime_ms(), self._synchronised())

    def boottime_ms(self) -> int:
        return boottime_ms()

    def _synchronised(self) -> bool:
        if not hasattr(self._libc, "adjtimex"):
            return False
        state = int(self._libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
        return 0 <= state < _TIME_ERROR


def boot_id() -> str:
    """The same for every program start between two boots of the machine; random where the system does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_hex(16)


def machine_id(configured: Path | None) -> str:
    """A short digest of the machine's own number, or an empty string where there is none to be read."""
    for path in (configured,) if configured else _MACHINE_IDS:
        try:
            content = path.read_bytes().strip(b"\0\n\r ")
        except OSError:
            continue
        if content:
            return hashlib.sha256(b"classhub outbox\0" + content).hexdigest()[:32]
    return ""
