"""Records that end with a delimiter: lines of text, and marked card numbers (RDM6300, PJLink, QR readers)."""

import re

import msgspec

from firmware_bridge.framing.frame import TRUNCATED
from firmware_bridge.framing.shape import MORE, Check, Lost, Skip, Verdict, Whole, Wrong
from wire.text import Text

_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")  # a tab is text; bytes from 0x80 may be UTF-8


def sound(_: bytes) -> Text | None:
    """The check of records that carry none."""
    return None


class Delimited(msgspec.Struct, frozen=True):
    """`start` (may be empty), content, and one byte of `ends`; never longer than `max_size` with both.

    Empty records are passed over silently, so CR, LF and CR LF end a line alike. `printable` refuses control
    characters in the content; `check` judges the content. Without `start` a refused record is given up whole, an
    oversized one up to its end: the rest of a line would look like a line. Where no start marks a record, a listener
    who joins in the middle must begin after the next end: `joined_until`.
    """

    ends: bytes = b"\r\n"
    max_size: int = 256
    start: bytes = b""
    printable: bool = True
    check: Check = sound

    def measure(self, head: bytes) -> Verdict:
        passed = self._empty(head)
        if passed:
            return Skip(passed)
        content_at = len(self.start)
        end = min((at for byte in self.ends if (at := head.find(byte, content_at)) >= 0), default=-1)
        again = head.find(self.start, content_at, None if end < 0 else end) if self.start else -1
        if again >= 0:
            return Wrong(TRUNCATED, again)
        if end < 0:
            return MORE if len(head) < self.max_size else self._refused(self._too_long(), len(head), self.ends)
        reason = self._wrong(head[content_at:end])
        return Whole(end + 1) if reason is None else self._refused(reason, end + 1)

    def content(self, frame: bytes) -> bytes:
        """What stands between the marks."""
        return frame[len(self.start) : -1]

    def joined_until(self) -> bytes:
        return b"" if self.start else self.ends

    def _empty(self, head: bytes) -> int:
        """Size of the empty records `head` begins with; marked records are empty only one by one."""
        if not self.start:
            return len(head) - len(head.lstrip(self.ends))
        marks = len(self.start) + 1
        return marks if len(head) >= marks and head[marks - 1] in self.ends else 0

    def _wrong(self, content: bytes) -> Text | None:
        control = _CONTROL.search(content) if self.printable else None
        if control is not None:
            code = f"0x{control[0][0]:02X}"
            return Text(f"ký tự điều khiển {code} trong dòng chữ", f"control character {code} in a line of text")
        return self.check(content)

    def _refused(self, reason: Text, size: int, until: bytes = b"") -> Verdict:
        return Wrong(reason, size) if self.start else Lost(reason, size, until)

    def _too_long(self) -> Text:
        return Text(f"dài quá {self.max_size} byte mà chưa hết", f"no end after {self.max_size} bytes")
