"""Modbus RTU frames, requests and answers alike: they have no beginning of their own, only a length and a CRC.

Source: MODBUS Application Protocol V1.1b3 (forms of each function), MODBUS over Serial Line V1.02 (RTU, CRC).
Frame:  unit function content CRC-low CRC-high, at most 256 bytes; an answer with function | 0x80 is a refusal.
A length is taken from the content, and believed only where the content can be what that function carries; where a
request and an answer are both possible the shorter one with the right CRC is the frame.
"""

from collections.abc import Callable

import msgspec

from firmware_bridge.framing.crc import crc16
from firmware_bridge.framing.shape import MORE, STRAY, Verdict, Whole, Wrong
from wire.text import Text

MAX_SIZE = 256
REFUSED = 0x80
READS = frozenset({1, 2, 3, 4, 0x17})
BIT_READS = frozenset({1, 2})
_REFUSAL_SIZE, _SMALL_SIZE = 5, 8
_LAST_REFUSAL = 0x0B
_UNKNOWN, _IMPOSSIBLE = -1, 0

Form = Callable[[bytes], int]
"""How long a frame of this form would be; _UNKNOWN while bytes are missing, _IMPOSSIBLE where it cannot be one."""


def _word(head: bytes, at: int) -> int:
    return head[at] << 8 | head[at + 1]


def _small(most: int) -> Form:
    """Register and number of them: a read's request, a multiple write's answer."""

    def size(head: bytes) -> int:
        if len(head) < 6:  # noqa: PLR2004 unit, function, two words
            return _UNKNOWN
        return _SMALL_SIZE if 1 <= _word(head, 4) <= most else _IMPOSSIBLE

    return size


def _single(_: bytes) -> int:
    return _SMALL_SIZE


def _bits(head: bytes) -> int:
    """The answer to a read of bits: number of bytes, bytes."""
    if len(head) < 3:  # noqa: PLR2004 unit, function, count
        return _UNKNOWN
    return 5 + head[2] if 1 <= head[2] <= MAX_SIZE - 5 else _IMPOSSIBLE


def _words(head: bytes) -> int:
    """The answer to a read of registers: two bytes each."""
    size = _bits(head)
    return _IMPOSSIBLE if size > 0 and head[2] % 2 else size


def _write(most: int, quantity_at: int, *, bits: bool = False) -> Form:
    """A multiple write's request: …, number, number of bytes, bytes; both numbers have to agree."""

    def size(head: bytes) -> int:
        count_at = quantity_at + 2
        if len(head) <= count_at:
            return _UNKNOWN
        quantity, count = _word(head, quantity_at), head[count_at]
        wanted = (quantity + 7) // 8 if bits else 2 * quantity
        return count_at + 3 + count if 1 <= quantity <= most and count == wanted else _IMPOSSIBLE

    return size


_FORMS: dict[int, tuple[Form, ...]] = {
    0x01: (_small(2000), _bits),
    0x02: (_small(2000), _bits),
    0x03: (_small(125), _words),
    0x04: (_small(125), _words),
    0x05: (_single,),
    0x06: (_single,),
    0x0F: (_small(1968), _write(1968, 4, bits=True)),
    0x10: (_small(123), _write(123, 4)),
    0x17: (_words, _write(121, 8)),
}


class ModbusRtu(msgspec.Struct, frozen=True):
    """`own` are a maker's own functions whose frames, both ways, have no content (PZEM: 0x42)."""

    own: tuple[int, ...] = ()

    @property
    def start(self) -> bytes:
        return b""

    @property
    def max_size(self) -> int:
        return MAX_SIZE

    def measure(self, head: bytes) -> Verdict:
        if len(head) < 2:  # noqa: PLR2004 unit and function
            return MORE
        sizes = [form(head) for form in self._forms(head[1])]
        possible = sorted(size for size in sizes if size > 0)
        for size in possible:
            if size <= len(head) and wrong_crc(head[:size]) is None:
                return Whole(size)
        if _UNKNOWN in sizes or any(size > len(head) for size in possible):
            return MORE
        if not possible:
            return STRAY
        return Wrong(wrong_crc(head[: possible[0]]) or Text("", ""), possible[0])

    def _forms(self, function: int) -> tuple[Form, ...]:
        plain = function & ~REFUSED
        if plain in self.own:
            return (self._refusal,) if function & REFUSED else (lambda _: 4,)
        if plain not in _FORMS:
            return ()
        return (self._refusal,) if function & REFUSED else _FORMS[plain]

    @staticmethod
    def _refusal(head: bytes) -> int:
        if len(head) < 3:  # noqa: PLR2004 unit, function, reason
            return _UNKNOWN
        return _REFUSAL_SIZE if 1 <= head[2] <= _LAST_REFUSAL else _IMPOSSIBLE


def with_crc(body: bytes) -> bytes:
    """The whole frame of unit, function and content."""
    return body + crc16(body).to_bytes(2, "little")


def wrong_crc(frame: bytes) -> Text | None:
    """What is wrong with the last two bytes, or None."""
    found, expected = int.from_bytes(frame[-2:], "little"), crc16(frame[:-2])
    if found == expected:
        return None
    return Text(f"CRC 0x{found:04X}, tính ra 0x{expected:04X}", f"CRC 0x{found:04X}, calculated 0x{expected:04X}")


def is_request(frame: bytes) -> bool:
    """Whether a whole frame can only be a request; single writes look the same both ways and are not."""
    function = frame[1]
    if function in BIT_READS:
        return len(frame) == _SMALL_SIZE and frame[2] != _SMALL_SIZE - 5  # an answer of three bytes is as long
    if function in READS - {0x17}:
        return len(frame) == _SMALL_SIZE  # an answer of whole registers never is
    if function in {0x0F, 0x10}:
        return len(frame) != _SMALL_SIZE
    return function == 0x17 and len(frame) != 5 + frame[2]  # noqa: PLR2004 read and write at once
