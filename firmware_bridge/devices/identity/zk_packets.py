"""Packets of ZKTeco terminals on port 4370: commands, checksum, the frames of TCP and UDP, time, the scrambled key.

Source: github.com/adrobinoga/zk-protocol (packets, checksum with vectors, time, real-time events), fananimi/pyzk
        (zk/base.py, zk/const.py), NF-Software-Inc/zkteco-attendance-api and ChuKhaLi/zkteco-protocol (key), as facts.
Frame:  TCP: 50 50 82 7D, length (4), then the packet; UDP: the packet alone. Packet: command, checksum, session, reply
        number (2 each), data. All little-endian. The checksum is the one's complement of the sum of all other words.
Units:  times are the terminal's own, local and without offset; months count 31 days.
Errors: BadFrame(checksum, length, noise).
"""

from datetime import datetime
from struct import Struct

import msgspec

from firmware_bridge.framing.frame import TRUNCATED
from firmware_bridge.framing.shape import MORE, STRAY, Verdict, Whole, Wrong
from wire.text import Text

PREFIX = b"\x50\x50\x82\x7d"
_HEADER = Struct("<HHHH")
HEADER_BYTES = _HEADER.size
_TOP = 8
MOST_BYTES = 1 << 20
"""Longest packet believed; the terminals send at most 64 KiB at once to whoever asks so."""
_MOST_DATAGRAM = 2048  # they send 1,032 bytes at most

ATTLOG, SIZES, OPTION, USERS, DATABASE = 13, 50, 11, 9, 7
GET_TIME, SET_TIME, EVENT = 201, 202, 500
CONNECT, EXIT, ENABLE, DISABLE, REFRESH, VERSION, AUTH = 1000, 1001, 1002, 1003, 1013, 1100, 1102
PREPARE, DATA, FREE, ASK_BUFFER, READ_BUFFER = 1500, 1501, 1502, 1503, 1504
OK, FAILED, UNAUTHORISED = 2000, 2001, 2005
REPLIES = {
    OK: Text("đã thực hiện", "done"),
    FAILED: Text("không thực hiện được", "failed"),
    2002: Text("dữ liệu", "data"),
    2003: Text("làm lại", "try again"),
    2004: Text("lặp lại", "repeated"),
    UNAUTHORISED: Text("cần khóa liên lạc (comm key)", "the communication key is wanted"),
    0xFFFF: Text("máy không biết lệnh này", "the terminal does not know this command"),
    0xFFFD: Text("lệnh sai", "wrong command"),
    0xFFFC: Text("máy chưa sẵn sàng", "the terminal is not initialised"),
    0xFFFB: Text("dữ liệu sai", "wrong data"),
}
REQUESTS = frozenset(
    {
        *(ATTLOG, SIZES, OPTION, USERS, DATABASE, GET_TIME, SET_TIME, CONNECT, EXIT, ENABLE, DISABLE, REFRESH),
        *(VERSION, AUTH, FREE, ASK_BUFFER, READ_BUFFER),
        *(8, 10, 12, 14, 15, 18, 19, 20, 31, 34, 57, 60, 61, 62, 64, 69, 1004, 1005, 1006, 1007, 1009, 1011, 1012),
        *(1014, 1017),
    }
)
# What a datagram may begin with; the error codes at 0xFFFB and above would make frames of any run of FF.
_BEGINNINGS = frozenset(REQUESTS | {EVENT, PREPARE, DATA} | {code for code in REPLIES if code < 0xFF00})  # noqa: PLR2004


class Packet(msgspec.Struct, frozen=True):
    """One packet; of an event `session` is the kind of event."""

    command: int
    session: int
    reply: int
    data: bytes


def word_sum(data: bytes) -> int:
    """The sum of all 16-bit words modulo 65535; an odd last byte is a word. 0 for a whole packet with its checksum."""
    return (sum(data[0::2]) + (sum(data[1::2]) << 8)) % 0xFFFF


def packet(command: int, session: int, reply: int, data: bytes = b"") -> bytes:
    """As it goes into a datagram."""
    check = 0xFFFF - word_sum(_HEADER.pack(command, 0, session, reply) + data)
    return _HEADER.pack(command, check, session, reply) + data


def on_tcp(content: bytes) -> bytes:
    return PREFIX + len(content).to_bytes(4, "little") + content


def parsed(frame: bytes) -> Packet:
    """A whole frame of either kind, its checksum right."""
    content = frame[_TOP:] if frame.startswith(PREFIX) else frame
    command, _, session, reply = _HEADER.unpack_from(content)
    return Packet(command, session, reply, content[HEADER_BYTES:])


class TcpStream(msgspec.Struct, frozen=True):
    """The shape of packets in a TCP stream."""

    start: bytes = PREFIX
    max_size: int = _TOP + MOST_BYTES

    def measure(self, head: bytes) -> Verdict:
        if len(head) < _TOP:
            return MORE
        length = int.from_bytes(head[4:_TOP], "little")
        if not HEADER_BYTES <= length <= MOST_BYTES:
            allowed = f"{HEADER_BYTES}…{MOST_BYTES}"
            return Wrong(Text(f"độ dài {length}, phải là {allowed}", f"length {length}, expected {allowed}"), _TOP)
        size = _TOP + length
        if len(head) < size:
            return MORE
        return Whole(size) if word_sum(head[_TOP:size]) == 0 else Wrong(_wrong_check(head[_TOP:size]), size)


_STREAM = TcpStream()


class Capture(msgspec.Struct, frozen=True):
    """Packets of a TCP stream, or datagrams one behind the other, whose ends only their checksums show.

    A datagram ends where its checksum holds and another one, or nothing, follows.
    """

    start: bytes = b""
    max_size: int = _STREAM.max_size

    def measure(self, head: bytes) -> Verdict:
        if PREFIX.startswith(head[: len(PREFIX)]):
            return _STREAM.measure(head) if len(head) >= len(PREFIX) else MORE
        if len(head) < 2:  # noqa: PLR2004 a command
            return MORE
        if int.from_bytes(head[:2], "little") not in _BEGINNINGS:
            return STRAY
        end = self._end(head)
        if end:
            return Whole(end)
        return MORE if len(head) < _MOST_DATAGRAM else Wrong(_NO_END, HEADER_BYTES)

    def last(self, head: bytes) -> Verdict:
        """The capture ended: what is left is one datagram, or none."""
        datagram = not head.startswith(PREFIX) and len(head) >= HEADER_BYTES
        if datagram and len(head) <= _MOST_DATAGRAM and word_sum(head) == 0:
            return Whole(len(head))
        return Wrong(_NO_END if datagram else TRUNCATED, min(len(head), _MOST_DATAGRAM))

    @staticmethod
    def _end(head: bytes) -> int:
        """Where a datagram ends that another one follows; 0 where that cannot be seen yet."""
        total = word_sum(head[:HEADER_BYTES])
        for end in range(HEADER_BYTES, min(len(head) - 1, _MOST_DATAGRAM)):
            following = head[end : end + 4]
            if total == 0 and (
                int.from_bytes(following[:2], "little") in _BEGINNINGS or following.startswith(PREFIX[:2])
            ):
                return end
            total = (total + (head[end] << 8 if end % 2 else head[end])) % 0xFFFF
        return 0


_NO_END = Text("gói UDP sai mã kiểm tra", "a datagram whose checksum does not hold")


def _wrong_check(content: bytes) -> Text:
    found = int.from_bytes(content[2:4], "little")
    expected = 0xFFFF - word_sum(content[:2] + b"\x00\x00" + content[4:])
    return Text(
        f"mã kiểm tra 0x{found:04X}, tính ra 0x{expected:04X}", f"checksum 0x{found:04X}, calculated 0x{expected:04X}"
    )


# ── times ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def unpacked_time(packed: int) -> datetime | None:
    """The terminal's local time in one number; None for a day no month has."""
    minutes, second = divmod(packed, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    months, day = divmod(days, 31)
    year, month = divmod(months, 12)
    return _moment(2000 + year, month + 1, day + 1, hour, minute, second)


def packed_time(moment: datetime) -> int:
    days = ((moment.year - 2000) * 12 + moment.month - 1) * 31 + moment.day - 1
    return ((days * 24 + moment.hour) * 60 + moment.minute) * 60 + moment.second


def spelt_time(six: bytes) -> datetime | None:
    """Year since 2000, month, day, hour, minute, second, a byte each; None where there is no such time."""
    return _moment(2000 + six[0], *six[1:6])


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 the terminal's own, without offset
    except ValueError:
        return None


# ── login ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_TICKS = 50


def scrambled_key(key: int, session: int) -> bytes:
    """What AUTH carries instead of the communication key: its bits reversed, the session added, masked and swapped."""
    backwards = int(f"{key & 0xFFFFFFFF:032b}"[::-1], 2)
    mixed = ((backwards + session) & 0xFFFFFFFF).to_bytes(4, "little")
    masked = bytes(one ^ mask for one, mask in zip(mixed, b"ZKSO", strict=True))
    low, high = masked[:2], masked[2:]
    return bytes((high[0] ^ _TICKS, high[1] ^ _TICKS, _TICKS, low[1] ^ _TICKS))
