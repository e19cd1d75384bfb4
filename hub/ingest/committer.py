"""Between intake and a store: a bounded buffer, one transaction at a time, and the word to the ledgers afterwards.

While the store is down the buffer fills to its limit; then the oldest rows are let go, oldest first. Nobody was told
they were committed, so their gateways send them again.
"""

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hub.distribution import ROWS, SECONDS, Distribution
from hub.ingest.contact import Contact, Line
from hub.ingest.ledger import EpochLedger, Ranges
from hub.ingest.quarantine import Entry
from hub.stores.series import CommitResult, Mark, PointsRefused, StoreDown
from wire.messages import AckStatus
from wire.ranges import RangeSet
from wire.text import Text

T = TypeVar("T")
FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 8.0


@dataclass(slots=True)
class Chunk(Generic[T]):
    """What one message gives to store: rows of one stream, what of it is set aside, and whom to tell."""

    contact: Contact
    line: Line
    items: list[T]
    epoch: str = ""
    ledger: EpochLedger | None = None
    ranges: Ranges = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    rejects: tuple[str, str] | None = None  # digest and reason to acknowledge once the entry is safe
    then: Callable[[], None] | None = None
    failed: Callable[[str], None] | None = None  # a replay hears why the store refuses a row of it
    size: int = 0  # bytes of the message, as it came
    conflicting: set[int] = field(default_factory=set)  # `id` of items that overwrote before another was refused

    @property
    def weight(self) -> int:
        """What it counts against the buffer's limit; a message without rows costs memory too."""
        return len(self.items) or 1


Write = Callable[[list[T], list[Mark]], Awaitable[CommitResult]]
SetAside = Callable[[Sequence[Entry]], Awaitable[None]]
Refuse = Callable[[Chunk[T], Sequence[tuple[T, str]]], None]  # takes rows that never can be stored out of a chunk


class Committer(Generic[T]):
    """One for telemetry, one for events. Event loop only; `write` and `set_aside` do the blocking elsewhere."""

    def __init__(
        self,
        *,
        write: Write[T],
        set_aside: SetAside,
        release: Callable[[Sequence[Entry]], None],
        due: Callable[[Contact, Line], None],
        limit_rows: int,
        limit_bytes: int,
        window_s: float,
        commit_rows: int = 50_000,
        refuse: Refuse[T] | None = None,
    ) -> None:
        self._write, self._set_aside, self._release, self._due = write, set_aside, release, due
        self._refuse = refuse
        self._limit_rows, self._window_s, self._commit_rows = limit_rows, window_s, commit_rows
        self._limit_bytes, self._commit_bytes = limit_bytes, limit_bytes // 4
        self._buffer: deque[Chunk[T]] = deque()
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self._stop = asyncio.Event()
        self.rows = 0
        self.bytes = 0
        self.shed_rows = 0
        self.committed_rows = 0
        self.commits = 0
        self.overwritten = 0
        self.down: Text | None = None
        self.down_code = ""  # of the notice people get of it
        self.failures = 0
        self.since_s: float | None = None  # by the loop's clock: since when the store has been at one commit
        self.took_s, self.took_rows = Distribution(SECONDS), Distribution(ROWS)

    def add(self, chunk: Chunk[T]) -> None:
        """Take a chunk; beyond the limit the oldest are let go."""
        self._buffer.append(chunk)
        self.rows += chunk.weight
        self.bytes += chunk.size
        if self.rows > self._limit_rows or self.bytes > self._limit_bytes:
            self._shed()
        self._wake.set()
        if self.rows >= self._commit_rows or self.bytes >= self._commit_bytes:
            self._full.set()

    @property
    def status(self) -> AckStatus:
        if self.down is not None:
            return AckStatus.STORE_DOWN
        nearly_full = self.rows > self._limit_rows * 0.8 or self.bytes > self._limit_bytes * 0.8
        return AckStatus.BUSY if nearly_full else AckStatus.OK

    async def run(self) -> None:
        """Commit until `stop` is called; then call `drain`."""
        while not self._stop.is_set():
            await self._wake.wait()
            if self._window_s:
                await self._window()
            await self._commit_some()

    def stop(self) -> None:
        """`run` returns once what is being committed is committed."""
        self._stop.set()
        self._full.set()
        self._wake.set()

    async def drain(self, within_s: float) -> bool:
        """Commit what is left, as long as time and store allow. True where nothing is left."""
        deadline = asyncio.get_running_loop().time() + within_s
        while self._buffer and asyncio.get_running_loop().time() < deadline:
            await self._commit_some(retry=False)
            if self.down is not None:
                return False
        return not self._buffer

    async def _window(self) -> None:
        if self.rows < self._commit_rows and self.bytes < self._commit_bytes and not self._stop.is_set():
            self._full.clear()
            try:
                await asyncio.wait_for(self._full.wait(), self._window_s)
            except TimeoutError:
                return

    async def _commit_some(self, *, retry: bool = True) -> None:
        taken = self._take()
        wait_s = FIRST_RETRY_S
        clock = asyncio.get_running_loop().time
        while True:
            self.since_s = began = clock()
            try:
                result = await self._store(taken)
            except StoreDown as down:
                self.failures, self.since_s = self.failures + 1, None
                self._note_down(down, taken)
                self._put_back(taken)
                if not retry or await self._stopped_within(wait_s):
                    return
                wait_s = min(wait_s * 2, LONGEST_RETRY_S)
                taken = self._take()
                if not taken:
                    return
                continue
            except asyncio.CancelledError:
                self._put_back(taken)
                raise
            finally:
                self.since_s = None
            self.took_s.observe(clock() - began)
            self._done(taken, result)
            return

    async def _stopped_within(self, wait_s: float) -> bool:
        try:
            await asyncio.wait_for(self._stop.wait(), wait_s)
        except TimeoutError:
            return False
        return True

    async def _store(self, taken: list[Chunk[T]]) -> CommitResult:
        """What the store refuses for ever is set aside, and the rest stored without it."""
        while True:
            entries = [entry for chunk in taken for entry in chunk.entries]
            if entries:
                await self._set_aside(entries)
                for chunk in taken:
                    chunk.entries = []
            items = [item for chunk in taken for item in chunk.items]
            marks = _marks(taken)
            if not items and not marks:
                return CommitResult(0, 0, 0)
            try:
                return await self._write(items, marks)
            except PointsRefused as no:
                if self._refuse is None or not no.refused:
                    raise
                self._take_out(taken, no, self._refuse)

    def _take_out(self, taken: list[Chunk[T]], no: PointsRefused, refuse: Refuse[T]) -> None:
        first, reasons = 0, dict(no.refused)
        for chunk in taken:
            items, last = chunk.items, first + len(chunk.items)
            refused = [(items[place - first], reasons[place]) for place in range(first, last) if place in reasons]
            chunk.conflicting |= {id(items[place - first]) for place in no.conflicts if first <= place < last}
            if refused:
                refuse(chunk, refused)
            first = last

    def _done(self, taken: list[Chunk[T]], result: CommitResult) -> None:
        self.down = None
        self.commits += 1
        self.took_rows.observe(sum(len(chunk.items) for chunk in taken))
        first = 0
        for chunk in taken:
            last = first + len(chunk.items)
            met = {id(chunk.items[place - first]) for place in result.conflicts[slice(*_within(result, first, last))]}
            conflicts = len(met | chunk.conflicting)
            self.overwritten += conflicts
            first = last
            self.committed_rows += len(chunk.items)
            if chunk.ledger is not None:
                chunk.ledger.committed(chunk.ranges)
                chunk.ledger.overwritten += conflicts
            if chunk.rejects is not None:
                chunk.line.reject(*chunk.rejects)
            self._due(chunk.contact, chunk.line)
            if chunk.then is not None:
                chunk.then()

    def _note_down(self, down: StoreDown, taken: list[Chunk[T]]) -> None:
        """The first failure is told to everyone whose rows it concerns; who sends later hears it then."""
        if self.down is None:
            for chunk in taken:
                self._due(chunk.contact, chunk.line)
        self.down, self.down_code = down.text, down.code

    def _take(self) -> list[Chunk[T]]:
        taken: list[Chunk[T]] = []
        rows = size = 0
        while self._buffer and rows < self._commit_rows and size < self._commit_bytes:
            chunk = self._buffer.popleft()
            rows += chunk.weight
            size += chunk.size
            taken.append(chunk)
        self.rows -= rows
        self.bytes -= size
        if not self._buffer and not self._stop.is_set():
            self._wake.clear()
        return taken

    def _put_back(self, taken: list[Chunk[T]]) -> None:
        self._buffer.extendleft(reversed(taken))
        self.rows += sum(chunk.weight for chunk in taken)
        self.bytes += sum(chunk.size for chunk in taken)
        self._shed()
        if self._buffer:
            self._wake.set()

    def _shed(self) -> None:
        """Down to the limits, but for the newest message: one alone always has its turn at the store."""
        while (self.rows > self._limit_rows or self.bytes > self._limit_bytes) and len(self._buffer) > 1:
            chunk = self._buffer.popleft()
            self.rows -= chunk.weight
            self.bytes -= chunk.size
            self.shed_rows += len(chunk.items)
            self._release(chunk.entries)
            if chunk.ledger is not None:
                chunk.ledger.shed(chunk.ranges)
            self._due(chunk.contact, chunk.line)


def _within(result: CommitResult, first: int, last: int) -> tuple[int, int]:
    return bisect_left(result.conflicts, first), bisect_left(result.conflicts, last)


def _marks(taken: list[Chunk[T]]) -> list[Mark]:
    """One mark for each stream and epoch, as it will be once these chunks are committed."""
    by_epoch: dict[tuple[int, str], tuple[Chunk[T], RangeSet]] = {}
    for chunk in taken:
        if chunk.ledger is None:
            continue
        key = (id(chunk.line), chunk.epoch)
        held = by_epoch.get(key)
        ranges = RangeSet() if held is None else held[1]
        for first, last in chunk.ranges:
            ranges.add(first, last)
        by_epoch[key] = (chunk, ranges)
    marks = []
    for chunk, ranges in by_epoch.values():
        first_seen = chunk.line.ledgers.first_seen_ms.get(chunk.epoch)
        if chunk.ledger is None or first_seen is None:  # forgotten meanwhile
            continue
        marks.append(
            Mark(
                chunk.contact.school,
                chunk.contact.gateway,
                chunk.line.stream.value,
                chunk.epoch,
                first_seen,
                chunk.ledger.snapshot(ranges),
            )
        )
    return marks
