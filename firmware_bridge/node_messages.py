"""The messages of the sensor-node protocol (docs/node-protocol.md), as a gateway reads and writes them. Pure.

Source: docs/node-protocol.md, version 1.
Frame:  COBS(head sequence content CRC) 00, see firmware_bridge.framing.cobs; head = version << 4 | type.
Units:  value * 10^exponent in the unit of the quantity's key.
Errors: Malformed with the reason; extra bytes behind a known content are passed over.
"""

from enum import IntEnum

import msgspec

from firmware_bridge.framing.cobs import cobs_frame
from wire.text import Text

VERSION = 1
MAX_MESSAGE = 240
MAX_QUANTITIES = 64
NO_VALUE = -(2**31)


class Kind(IntEnum):
    HELLO = 1
    READINGS = 2
    EVENT = 3
    RESULT = 4
    ACK = 8
    DESCRIBE = 9
    ORDER = 10


STORED, UNREADABLE, UNSPOKEN = 0, 1, 2


KEPT = frozenset({Kind.HELLO, Kind.READINGS, Kind.EVENT})
"""What a node keeps, and sends again until it is acknowledged."""


class Malformed(Exception):
    """A message whose CRC is right and whose content is not; the text says what is wrong."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


class Described(msgspec.Struct, frozen=True):
    """One quantity a node has announced."""

    key: str
    channel: str
    exponent: int


class Hello(msgspec.Struct, frozen=True):
    boot: int
    name: str
    firmware: str
    total: int
    first: int
    quantities: tuple[Described, ...]
    orders: tuple[str, ...]


class Readings(msgspec.Struct, frozen=True):
    age_ms: int
    values: tuple[tuple[int, int], ...]  # index, value


class Event(msgspec.Struct, frozen=True):
    age_ms: int
    kind: str
    what: str


class Result(msgspec.Struct, frozen=True):
    number: int
    done: bool
    reason: str


Content = Hello | Readings | Event | Result


class NodeMessage(msgspec.Struct, frozen=True):
    """`content` is None where the type is none a gateway is told by a node."""

    version: int
    kind: int
    sequence: int
    content: Content | None


class _Reader:
    """Takes a content apart from the front. Raises Malformed where it ends too soon."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            raise Malformed(Text("nội dung bị cụt", "content cut short"))
        self._at += count
        return piece

    def number(self, size: int = 1, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "big", signed=signed)

    def text(self) -> str:
        try:
            return self.take(self.number()).decode()
        except UnicodeDecodeError:
            raise Malformed(Text("chữ không phải UTF-8", "text is not UTF-8")) from None


def read_message(message: bytes) -> NodeMessage:
    """Raises Malformed. Of another version only the head is read."""
    if len(message) < 2:  # noqa: PLR2004 head and sequence
        raise Malformed(Text("bản tin quá ngắn", "message too short"))
    version, kind = message[0] >> 4, message[0] & 0x0F
    content: Content | None = None
    if version == VERSION:
        reader = _Reader(message[2:])
        match kind:
            case Kind.HELLO:
                content = _hello(reader)
            case Kind.READINGS:
                content = _readings(reader)
            case Kind.EVENT:
                content = Event(reader.number(4), reader.text(), reader.text())
            case Kind.RESULT:
                content = Result(reader.number(), reader.number() == 0, reader.text())
    return NodeMessage(version, kind, message[1], content)


def _hello(reader: _Reader) -> Hello:
    boot, name, firmware = reader.number(4), reader.text(), reader.text()
    total, first, count = reader.number(), reader.number(), reader.number()
    if first + count > total or total > MAX_QUANTITIES:
        raise Malformed(
            Text(f"{total} đại lượng là quá nhiều hoặc sai", f"{total} quantities: too many, or miscounted")
        )
    quantities = tuple(Described(reader.text(), reader.text(), reader.number(signed=True)) for _ in range(count))
    orders = tuple(reader.text() for _ in range(reader.number()))
    return Hello(boot, name, firmware, total, first, quantities, orders)


def _readings(reader: _Reader) -> Readings:
    age_ms = reader.number(4)
    return Readings(age_ms, tuple((reader.number(), reader.number(4, signed=True)) for _ in range(reader.number())))


def acknowledgement(sequence: int, status: int = STORED) -> bytes:
    """The whole frame, as the next two."""
    return cobs_frame(bytes((VERSION << 4 | Kind.ACK, sequence, status)))


def describe(sequence: int = 0) -> bytes:
    return cobs_frame(bytes((VERSION << 4 | Kind.DESCRIBE, sequence)))


def order(number: int, name: str) -> bytes:
    said = name.encode()
    return cobs_frame(bytes((VERSION << 4 | Kind.ORDER, 0, number, len(said))) + said)
