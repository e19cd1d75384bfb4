"""Frames between two 7E bytes with escapes inside, as Sensirion's SHDLC has them; the frame stays escaped.

Frame:  7E, content, 7E; inside the content 7E, 7D, 11 and 13 are sent as 7D 5E, 7D 5D, 7D 31, 7D 33.
"""

import re

import msgspec

from firmware_bridge.framing.shape import MORE, Check, Skip, Verdict, Whole, Wrong
from wire.text import Text

FLAG = 0x7E
_ESCAPE = 0x7D
_ESCAPED = re.compile(rb"\x7d(.?)", re.DOTALL)
_PLAIN = {b"\x5e": b"\x7e", b"\x5d": b"\x7d", b"\x31": b"\x11", b"\x33": b"\x13"}
_NEEDS_ESCAPE = re.compile(rb"[\x7e\x7d\x11\x13]")


class Shdlc(msgspec.Struct, frozen=True):
    """`check` judges the unescaped content; never longer than `content` bytes before escaping.

    The 7E that ends a refused frame may begin the next one: it is looked at again.
    """

    content: int
    check: Check

    @property
    def start(self) -> bytes:
        return bytes((FLAG,))

    @property
    def max_size(self) -> int:
        return 2 * self.content + 2

    def measure(self, head: bytes) -> Verdict:
        if head[1:2] == self.start:
            return Skip(1)  # the end of a frame nobody saw, and the beginning of this one
        end = head.find(FLAG, 1)
        if end < 0:
            return MORE if len(head) < self.max_size else Wrong(_endless(self.max_size), len(head))
        content = unescaped(head[: end + 1])
        reason = _ESCAPES if content is None else self.check(content)
        return Whole(end + 1) if reason is None else Wrong(reason, end + 1)


def unescaped(frame: bytes) -> bytes | None:
    """The content of a frame with both its 7E; None where an escape is none."""
    if any(found[1] not in _PLAIN for found in _ESCAPED.finditer(frame[1:-1])):
        return None
    return _ESCAPED.sub(lambda found: _PLAIN[found[1]], frame[1:-1])


def escaped(content: bytes) -> bytes:
    """A whole frame around `content`."""
    inside = _NEEDS_ESCAPE.sub(lambda found: bytes((_ESCAPE, found[0][0] ^ 0x20)), content)
    return bytes((FLAG,)) + inside + bytes((FLAG,))


_ESCAPES = Text("byte thoát sai", "wrong escape")


def _endless(size: int) -> Text:
    return Text(f"không có byte 7E kết thúc trong {size} byte", f"no closing 7E in {size} bytes")
