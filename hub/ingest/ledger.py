"""The account of one stream: which rows came, which are committed, dropped or lost, and what an acknowledgement says.

Pure. Numbers run from 1; "held" rows are in the hub's buffer or committed, "settled" rows are those a gateway may
forget. Ranges are kept as few as the stream has holes. Beyond MAX_FRAGMENTS holes the lowest settled part is folded
into counters (rows of it that come later count as duplicates); where the holes are all unsettled, rows that would open
a new hole are refused, stay unacknowledged and come again: no gateway that keeps to its credit gets there.
"""

from collections.abc import Iterable, Sequence

import msgspec

from hub.live.views import StreamAccount
from wire.messages import MAX_RANGES, DropReason
from wire.ranges import RangeSet

Ranges = list[tuple[int, int]]
MAX_FRAGMENTS = 2_048
MAX_AHEAD = 10_000_000  # rows a gateway may say it has beyond those it ever sent: two years of a large school
SKIPPED = DropReason.SKIPPED.value


class Fresh(msgspec.Struct, frozen=True):
    """Which rows of a batch are new: for live (never seen) and for the store (not held)."""

    live: Ranges
    commit: Ranges
    refused: bool = False


class LedgerState(msgspec.Struct):
    """What survives a restart, as JSON in a Mark: committed rows only, whatever the buffer held is sent again."""

    base: int = 0
    oldest: int = 1
    highest: int = 0
    committed: Ranges = []
    dropped: dict[str, Ranges] = {}
    folded: dict[str, int] = {}
    counts: dict[str, int] = {}


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(LedgerState)
NOTHING = Fresh([], [])


class EpochLedger:
    """One stream of one epoch. Mutable; every method costs microseconds."""

    __slots__ = (
        "_base",
        "_dropped",
        "_folded",
        "_held",
        "_highest",
        "_oldest",
        "_settled",
        "_shed",
        "_waiting",
        "duplicate",
        "late",
        "overwritten",
        "quarantined",
    )

    def __init__(self) -> None:
        self._base = 0  # every number up to here is folded into counters
        self._oldest = 1
        self._highest = 0
        self._held = RangeSet()
        self._waiting = RangeSet()  # held and not committed
        self._shed = RangeSet()  # seen by live, no longer held
        self._dropped: dict[str, RangeSet] = {}
        self._settled = RangeSet()
        self._folded: dict[str, int] = {}
        self.duplicate = self.late = self.overwritten = self.quarantined = 0

    def receive(self, first: int, count: int, oldest: int, dropped: Sequence[tuple[int, int, str]] = ()) -> Fresh:
        """Take a batch of `count` rows from `first`: says what of it is new and counts the rest as duplicate."""
        for start, end, reason in dropped:
            self._drop(start, end, str(reason))
        fresh = self._take(first, first + count - 1) if count else NOTHING
        if oldest > self._oldest:
            self._oldest = oldest
            self._highest = max(self._highest, oldest - 1)
            if oldest - 1 > self.upto:
                self._settled.add(1, oldest - 1)
            if len(self._shed):
                self._shed.remove(1, oldest - 1)
        if len(self._held) > MAX_FRAGMENTS or (dropped and self._fragments() > MAX_FRAGMENTS):
            self._fold()
        return fresh

    def _take(self, first: int, last: int) -> Fresh:
        start = max(first, self._base + 1)
        new = self._held.missing(start, last) if start <= last else []
        self.duplicate += last - first + 1 - _size(new)
        if not new:
            return NOTHING
        if len(self._held) >= MAX_FRAGMENTS and not self._fold() and not self._touches(new):
            return Fresh([], [], refused=True)
        live = [gap for a, b in new for gap in self._shed.missing(a, b)] if len(self._shed) else new
        for a, b in new:
            self._held.add(a, b)
            self._waiting.add(a, b)
            if live is not new:
                self._shed.remove(a, b)
            for numbers in self._dropped.values():
                numbers.remove(a, b)
        self._highest = max(self._highest, last)
        return Fresh(live, new)

    def _touches(self, new: Ranges) -> bool:
        """Whether rows close a hole or lengthen a range, so that taking them opens no new one."""
        return all(a - 1 in self._held or b + 1 in self._held for a, b in new)

    def _drop(self, first: int, last: int, reason: str) -> None:
        self._highest = max(self._highest, last)
        gaps = self._held.missing(max(first, self._base + 1), last)
        for numbers in self._dropped.values():
            gaps = [gap for a, b in gaps for gap in numbers.missing(a, b)]
        if gaps:
            kept = self._dropped.setdefault(reason, RangeSet())
            for a, b in gaps:
                kept.add(a, b)
        self._settled.add(first, last)
        self._shed.remove(first, last)

    def announce(self, next_row: int) -> None:
        """The gateway says which number it will use next: everything below exists and is expected, within reason."""
        self._highest = max(self._highest, min(next_row - 1, self._seen() + MAX_AHEAD))

    def _seen(self) -> int:
        """The highest number the gateway proved by rows, declared drops or `oldest`, not by words alone."""
        ends = [numbers.last for numbers in (self._held, self._shed, *self._dropped.values())]
        return max(self._base, self._oldest - 1, *ends)

    def shed(self, ranges: Iterable[tuple[int, int]]) -> None:
        """The buffer let these rows go before they were committed: they must come again (live has seen them)."""
        for first, last in ranges:
            self._held.remove(first, last)
            self._waiting.remove(first, last)
            if last >= self._oldest:
                self._shed.add(max(first, self._oldest), last)

    def committed(self, ranges: Iterable[tuple[int, int]]) -> None:
        for first, last in ranges:
            self._waiting.remove(first, last)
            self._settled.add(first, last)

    @property
    def upto(self) -> int:
        """Every row up to here is settled."""
        return self._settled.end_of_run(1) or 0

    @property
    def in_memory(self) -> int:
        """Rows that are here and not committed yet."""
        return self._waiting.count()

    @property
    def highest(self) -> int:
        return self._highest

    def also(self) -> Ranges:
        """Settled ranges beyond `upto`, lowest first, at most as many as an acknowledgement may carry."""
        upto = self.upto
        found: Ranges = []
        for first, last in self._settled:
            if first > upto + 1:
                found.append((first, last))
                if len(found) == MAX_RANGES:
                    break
        return found

    def account(self) -> StreamAccount:
        dropped = {reason: numbers.count() for reason, numbers in self._dropped.items()}
        lost = self._folded.get("lost", 0) + self._lost()
        received = self._held.count() - self._waiting.count()  # in memory only is not received yet: outstanding
        for name, number in self._folded.items():
            if name == "received":
                received += number
            elif name != "lost":
                dropped[name] = dropped.get(name, 0) + number
        expected = self._highest - dropped.pop(SKIPPED, 0)
        return StreamAccount(
            expected=expected,
            received=received,
            duplicate=self.duplicate,
            late=self.late,
            lost=lost,
            overwritten=self.overwritten,
            quarantined=self.quarantined,
            outstanding=expected - received - lost - sum(dropped.values()),
            dropped={reason: number for reason, number in dropped.items() if number},
        )

    def _lost(self) -> int:
        """Below `oldest`, neither received nor declared."""
        below = self._oldest - 1
        if below <= self._base:
            return 0
        known = _count_to(self._held, below) + sum(_count_to(numbers, below) for numbers in self._dropped.values())
        return below - self._base - known

    def _fragments(self) -> int:
        return len(self._held) + sum(len(numbers) for numbers in self._dropped.values())

    def _fold(self) -> bool:
        """Turn the lower half of what is settled into counters. False where nothing could be folded."""
        limit = self._oldest - 1
        for first, _ in self._waiting:
            limit = min(limit, first - 1)
            break
        ends = [end for _, end in self._held if end <= limit]
        if ends:
            limit = ends[max(0, len(ends) - MAX_FRAGMENTS // 2)] if len(ends) > MAX_FRAGMENTS // 2 else ends[-1]
        if limit <= self._base:
            return False
        known = 0
        for name, numbers in (("received", self._held), *self._dropped.items()):
            number = _count_to(numbers, limit)
            known += number
            self._folded[name] = self._folded.get(name, 0) + number
            numbers.remove(1, limit)
        self._folded["lost"] = self._folded.get("lost", 0) + limit - self._base - known
        self._base = limit
        return True

    def snapshot(self, including: Iterable[tuple[int, int]] = ()) -> bytes:
        """The state with `including` as if committed: written in the transaction that commits those rows."""
        committed = self._held
        ranges = list(including)
        if list(self._waiting) != ranges:  # the usual case: everything that waits is being committed
            uncommitted = RangeSet(self._waiting)
            for first, last in ranges:
                uncommitted.remove(first, last)
            if len(uncommitted):
                committed = RangeSet(self._held)
                for first, last in uncommitted:
                    committed.remove(first, last)
        return _encoder.encode(
            LedgerState(
                base=self._base,
                oldest=self._oldest,
                highest=self._highest,
                committed=list(committed),
                dropped={reason: list(numbers) for reason, numbers in self._dropped.items() if len(numbers)},
                folded=self._folded,
                counts={
                    "duplicate": self.duplicate,
                    "late": self.late,
                    "overwritten": self.overwritten,
                    "quarantined": self.quarantined,
                },
            )
        )

    @classmethod
    def restore(cls, data: bytes) -> "EpochLedger":
        """From a snapshot. Raises msgspec.MsgspecError."""
        state = _decoder.decode(data)
        ledger = cls()
        ledger._base, ledger._oldest, ledger._highest = state.base, state.oldest, state.highest
        ledger._held = RangeSet(state.committed)
        ledger._settled = RangeSet(state.committed)
        ledger._settled.add(1, max(state.base, state.oldest - 1))
        for reason, ranges in state.dropped.items():
            ledger._dropped[reason] = RangeSet(ranges)
            for first, last in ranges:
                ledger._settled.add(first, last)
        ledger._folded = state.folded
        ledger._highest = min(state.highest, ledger._seen() + MAX_AHEAD)
        ledger.duplicate = state.counts.get("duplicate", 0)
        ledger.late = state.counts.get("late", 0)
        ledger.overwritten = state.counts.get("overwritten", 0)
        ledger.quarantined = state.counts.get("quarantined", 0)
        return ledger


def _size(ranges: Ranges) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _count_to(numbers: RangeSet, limit: int) -> int:
    """How many numbers of the set are at most `limit`."""
    total = 0
    for first, last in numbers:
        if first > limit:
            break
        total += min(last, limit) - first + 1
    return total
