"""Whether a gateway's clock is wrong, and by how much: docs/protocol.md section 6. Pure.

A batch sent more than a minute from the hub's clock has its times moved by the difference once two messages agree on
it. Rows stamped by an older setting of the clock come in batches of their own: several differences live side by side.
"""

TOLERATED_MS = 60_000
STEADY_MS = 10_000
REMEMBERED = 8


def agrees(difference: int, anchor: int) -> bool:
    """Whether two differences are one clock's error."""
    return abs(difference - anchor) <= STEADY_MS


class Skew:
    """The differences seen during one boot of one gateway."""

    __slots__ = ("_seen", "newest_ms")

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}  # difference first seen -> messages that agreed; oldest first
        self.newest_ms: int | None = None

    def judge(self, sent_at: int | None, now_ms: int) -> int | None:
        """How far to move the batch's times, in ms; None where that is not steady yet and the rows must wait.

        The first difference of an agreeing group is used for all of it: rows keep their distances.
        """
        if sent_at is None:
            return 0
        difference = now_ms - sent_at
        self.newest_ms = difference
        if -TOLERATED_MS <= difference <= TOLERATED_MS:
            return 0
        for anchor in self._seen:
            if agrees(difference, anchor):
                self._seen[anchor] += 1
                return anchor
        if len(self._seen) == REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[difference] = 1
        return None

    def forget(self) -> None:
        """The gateway booted: what its clock was worth before says nothing now."""
        self._seen.clear()
