"""Frames that always have the same size, begin with known bytes and carry a check (MH-Z19 and its relatives)."""

import msgspec

from firmware_bridge.framing.shape import MORE, Check, Verdict, Whole, Wrong


class FixedFrame(msgspec.Struct, frozen=True):
    """`size` bytes, the first of them `start`; `check` judges the whole frame."""

    size: int
    start: bytes
    check: Check

    @property
    def max_size(self) -> int:
        return self.size

    def measure(self, head: bytes) -> Verdict:
        if len(head) < self.size:
            return MORE
        reason = self.check(head[: self.size])
        return Whole(self.size) if reason is None else Wrong(reason, self.size)
