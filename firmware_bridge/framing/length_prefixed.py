"""Frames that say how long they are: start, big-endian length of what follows it, content, check (PMS5003)."""

import msgspec

from firmware_bridge.framing.shape import MORE, Check, Verdict, Whole, Wrong
from wire.text import Text


class LengthPrefixed(msgspec.Struct, frozen=True):
    """`start`, a length of `length_bytes` that counts everything after itself, and only the `lengths` a device uses.

    A length outside `lengths` is refused at once: a damaged length must not make the framer wait for bytes that
    never come. `fixed` are heads and sizes of frames that name no length: commands read back.
    """

    start: bytes
    length_bytes: int
    lengths: tuple[int, ...]
    check: Check
    fixed: tuple[tuple[bytes, int], ...] = ()

    @property
    def max_size(self) -> int:
        return max(self._content_at + max(self.lengths), *(size for _, size in self.fixed), 0)

    @property
    def _content_at(self) -> int:
        return len(self.start) + self.length_bytes

    def measure(self, head: bytes) -> Verdict:
        if len(head) < self._content_at:
            return MORE
        size = next((size for fixed, size in self.fixed if head.startswith(fixed)), 0)
        length = int.from_bytes(head[len(self.start) : self._content_at], "big")
        if not size and length not in self.lengths:
            return Wrong(self._unexpected(length), self._content_at)
        size = size or self._content_at + length
        if len(head) < size:
            return MORE
        reason = self.check(head[:size])
        return Whole(size) if reason is None else Wrong(reason, size)

    def _unexpected(self, length: int) -> Text:
        allowed = ", ".join(str(one) for one in self.lengths)
        return Text(f"độ dài {length}, phải là {allowed}", f"length {length}, expected {allowed}")
