"""Who came when, as ZKTeco terminals keep it in their log and tell it as it happens.

Source: fananimi/pyzk (zk/base.py, get_attendance and live_capture) and adrobinoga/zk-protocol (data-record, realtime);
        verify modes 0 password, 1 finger, 2 card as zk libraries have them, 15 face: they differ between models.
Frame:  log: total (4), then records of 8, 16 or 40 bytes, whichever the number of records makes it:
        8: number in the terminal (2), status, time (4), punch; 16: user (4), time (4), status, punch, 2, work code (4);
        40: number (2), user (24, text), status, time (4), punch, 8.
        Live: user as 2, 4 or 24 bytes, status, punch, time (6), perhaps more.
Units:  times are the terminal's own. Punch: 0 in, 1 out, 2 break out, 3 break in, 4 overtime in, 5 overtime out.
Errors: a Text that says why: no such time, no user, a size that is none.
"""

from datetime import datetime
from struct import Struct

import msgspec

from firmware_bridge.device import Identified, Scheme
from firmware_bridge.devices.identity.zk_packets import spelt_time, unpacked_time
from wire.text import Text

TOTAL_BYTES = 4
SIZES = (40, 16, 8)
_SMALL, _MIDDLE, _LARGE = Struct("<HBIB"), Struct("<IIBB6x"), Struct("<H24sBIB8x")
_SCHEMES = {0: Scheme.PIN, 1: Scheme.FINGERPRINT, 2: Scheme.CARD, 15: Scheme.FACE}
_USER_BYTES = {10: 2, 12: 4, 14: 2, 32: 24, 36: 24, 37: 24, 52: 24}
_SIX = 6
_REPEATED = 52
"""Live events of this size may come several in one packet."""

_NO_TIME = Text("thời gian không có thật", "no such time")
_NO_USER = Text("không có số người dùng", "no user number")
_FIRST_YEAR, _LAST_YEAR = 2005, 2050


class Record(msgspec.Struct, frozen=True):
    """One punch. `internal`: the number is the terminal's own of that user, the user number is not in the record."""

    user: str
    time: datetime
    status: int
    punch: int
    internal: bool = False

    def identified(self, *, age_ms: int | None = None, receipt: int | None = None) -> Identified:
        details: dict[str, str | int | float | bool] = {"punch": self.punch, "status": self.status}
        if self.internal:
            details["internal_number"] = True
        scheme = _SCHEMES.get(self.status, Scheme.UNKNOWN)
        return Identified(scheme, self.user, self.time.isoformat(), details, age_ms, receipt)


def record(data: bytes) -> Record | Text:
    """One record of the log; its size says which form it has."""
    if len(data) == _SMALL.size:
        number, status, packed, punch = _SMALL.unpack(data)
        return _record(str(number) if number else "", unpacked_time(packed), status, punch, internal=True)
    if len(data) == _MIDDLE.size:
        user, packed, status, punch = _MIDDLE.unpack(data)
        return _record(str(user) if user else "", unpacked_time(packed), status, punch)
    _, name, status, packed, punch = _LARGE.unpack(data)
    return _record(_text(name), unpacked_time(packed), status, punch)


def live(data: bytes) -> list[Record | Text]:
    """The punches of one event packet."""
    found: list[Record | Text] = []
    while data:
        size = min(_REPEATED, len(data))
        user_bytes = _USER_BYTES.get(size)
        if user_bytes is None:
            return [*found, Text(f"sự kiện {size} byte, không có dạng này", f"an event of {size} bytes, no such form")]
        found.append(_live(data[:size], user_bytes))
        data = data[size:]
    return found


def record_size(total: int, count: int) -> int:
    """Which of the three forms `count` records of `total` bytes have; 0 where none."""
    return next((size for size in SIZES if count and total // count == size), 0)


def likely_size(body: bytes) -> int:
    """The form in which every record makes sense, where nobody said how many there are; 0 where none does."""
    return next((size for size in SIZES if len(body) % size == 0 and _sensible(body, size)), 0)


def _sensible(body: bytes, size: int) -> bool:
    """Every record has a user and a time of these decades: other data, or another form, would not."""
    found = (record(body[at : at + size]) for at in range(0, len(body), size))
    return bool(body) and all(isinstance(one, Record) and _FIRST_YEAR <= one.time.year <= _LAST_YEAR for one in found)


def _live(data: bytes, user_bytes: int) -> Record | Text:
    raw, rest = data[:user_bytes], data[user_bytes:]
    number = int.from_bytes(raw, "little")
    user = _text(raw) if user_bytes > TOTAL_BYTES else str(number or "")
    return _record(user, spelt_time(rest[2 : 2 + _SIX]), rest[0], rest[1])


def _record(user: str, time: datetime | None, status: int, punch: int, *, internal: bool = False) -> Record | Text:
    if not user:
        return _NO_USER
    return _NO_TIME if time is None else Record(user, time, status, punch, internal)


def _text(raw: bytes) -> str:
    """A user number as text, ended by a zero; empty where it is none."""
    said = raw.partition(b"\x00")[0].decode("ascii", errors="replace")
    return said if said.isprintable() and said.isascii() and said == said.strip() else ""
