"""Frames of several kinds on one line, told apart by how they begin: each kind has its own size and check."""

import msgspec

from firmware_bridge.framing.shape import MORE, STRAY, Check, Verdict, Whole, Wrong
from wire.text import Text


class Kind(msgspec.Struct, frozen=True):
    """`size` bytes that begin with `head`."""

    head: bytes
    size: int
    check: Check


class Headed(msgspec.Struct, frozen=True):
    """One of `kinds`; of two that fit the first counts. `start` is what all heads have in common, perhaps nothing."""

    kinds: tuple[Kind, ...]
    start: bytes = b""

    @property
    def max_size(self) -> int:
        return max(kind.size for kind in self.kinds)

    def measure(self, head: bytes) -> Verdict:
        for kind in self.kinds:
            if head.startswith(kind.head):
                if len(head) < kind.size:
                    return MORE
                reason = kind.check(head[: kind.size])
                return Whole(kind.size) if reason is None else Wrong(reason, kind.size)
        known = next(size for size in range(len(head), -1, -1) if self._may_begin(head[:size]))
        if known == len(head):
            return MORE
        return Wrong(_unknown(head[: known + 1]), known + 1) if self.start else STRAY

    def _may_begin(self, head: bytes) -> bool:
        return any(kind.head.startswith(head) for kind in self.kinds)


def _unknown(head: bytes) -> Text:
    shown = head.hex(" ").upper()
    return Text(f"đầu khung lạ: {shown}", f"unknown header: {shown}")
