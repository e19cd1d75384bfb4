"""Frames that carry their own length in one byte, at a fixed place, and a check at the end (most displays)."""

import msgspec

from firmware_bridge.framing.shape import MORE, Check, Verdict, Whole, Wrong
from wire.text import Text


class Counted(msgspec.Struct, frozen=True):
    """`start`, and at offset `at` a byte that says how long the frame is, less `extra` bytes.

    Only sizes from `smallest` to `max_size` are believed: a damaged length must not make the framer wait for long.
    """

    start: bytes
    at: int
    extra: int
    smallest: int
    max_size: int
    check: Check

    def measure(self, head: bytes) -> Verdict:
        if len(head) <= self.at:
            return MORE
        size = head[self.at] + self.extra
        if not self.smallest <= size <= self.max_size:
            return Wrong(self._unexpected(size), self.at + 1)
        if len(head) < size:
            return MORE
        reason = self.check(head[:size])
        return Whole(size) if reason is None else Wrong(reason, size)

    def _unexpected(self, size: int) -> Text:
        allowed = f"{self.smallest}…{self.max_size}"
        return Text(f"khung dài {size} byte, phải là {allowed}", f"frame of {size} bytes, expected {allowed}")
