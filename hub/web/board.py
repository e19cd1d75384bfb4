"""A board: named items that viewers hold a copy of, and the small differences that keep the copies equal. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

Item = dict[str, Any]
_encode = msgspec.json.Encoder().encode
MAX_GONE = 1_000  # remembered removals; a viewer that missed more is sent everything


class Board:
    """Items by key; every change moves `sequence` on, so that a returning viewer gets only what it missed."""

    def __init__(self, boot: str) -> None:
        self.boot = boot
        self.sequence = 0
        self.items: dict[str, Item] = {}
        self._changed: dict[str, int] = {}
        self._gone: dict[str, int] = {}
        self._forgotten = 0
        self._whole: tuple[int, bytes] | None = None

    def put(self, items: Mapping[str, Item], at_ms: int, *, complete_under: str | None = None) -> bytes | None:
        """Take new states; returns the encoded difference, None where nothing differs.

        With `complete_under`, items whose key begins so and that are not among the new ones are gone.
        """
        changes = {key: change for key, item in items.items() if (change := self._differences(key, item))}
        gone: list[str] = []
        if complete_under is not None:
            gone = [key for key in self.items if key.startswith(complete_under) and key not in items]
        if not changes and not gone:
            return None
        self.sequence += 1
        for key in changes:
            self.items[key] = items[key]
            self._changed[key] = self.sequence
            self._gone.pop(key, None)
        self._remove(gone)
        return _encode({"at": at_ms, "id": self.mark, "set": changes, "gone": gone})

    def _differences(self, key: str, item: Item) -> Item:
        known = self.items.get(key)
        if known is None:
            return item
        changed = {name: value for name, value in item.items() if name not in known or known[name] != value}
        changed.update(dict.fromkeys(known.keys() - item.keys()))
        return changed

    def _remove(self, gone: list[str]) -> None:
        for key in gone:
            del self.items[key]
            self._changed.pop(key, None)
            self._gone[key] = self.sequence
        while len(self._gone) > MAX_GONE:
            oldest = next(iter(self._gone))
            self._forgotten = self._gone.pop(oldest)

    @property
    def mark(self) -> str:
        """Where a viewer stands; it sends this back when it returns."""
        return f"{self.boot}-{self.sequence}"

    def whole(self, at_ms: int) -> bytes:
        """Everything, encoded once per sequence."""
        if self._whole is None or self._whole[0] != self.sequence:
            self._whole = (self.sequence, _encode(self.items))
        return b'{"at":%d,"id":"%s","all":%s}' % (at_ms, self.mark.encode(), self._whole[1])

    def since(self, mark: str, at_ms: int) -> bytes | None:
        """What a viewer at `mark` missed: None for nothing, everything where the mark is not of this board."""
        sequence = self._sequence_of(mark)
        if sequence is None or sequence < self._forgotten:
            return self.whole(at_ms)
        if sequence == self.sequence:
            return None
        missed = {key: self.items[key] for key, at in self._changed.items() if at > sequence}
        if len(missed) * 2 > len(self.items):
            return self.whole(at_ms)  # hardly more, and encoded once for everybody
        gone = [key for key, at in self._gone.items() if at > sequence]
        return _encode({"at": at_ms, "id": self.mark, "set": {}, "put": missed, "gone": gone})

    def _sequence_of(self, mark: str) -> int | None:
        boot, _, number = mark.rpartition("-")
        if boot != self.boot or not number.isdecimal() or len(number) > 18:  # noqa: PLR2004
            return None
        return int(number) if int(number) <= self.sequence else None
