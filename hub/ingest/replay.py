"""Runs a quarantined message through decoding and checks again, after a fix of the hub or its tables."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from hub.ingest.aside import Aside, shift_of
from hub.ingest.committer import Chunk, Committer
from hub.ingest.contact import Contact, Line
from hub.ingest.events import StoredEvent
from hub.ingest.gateways import Gateways
from hub.ingest.ledger import Fresh
from hub.ingest.quarantine import QuarantineEntry
from hub.ingest.skew import TOLERATED_MS
from hub.ingest.sorting import sort_events, sort_telemetry
from hub.stores.series import Point
from wire.codec import WireError, decode_batch
from wire.messages import Batch, Stream, TeleBatch

WITHIN_S = 10.0


class Replay:
    """Called in any thread but the event loop's; the work is done in the loop, the answer waits for the commit."""

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        gateways: Gateways,
        telemetry: Committer[Point],
        events: Committer[StoredEvent],
        now_ms: Callable[[], int],
    ) -> None:
        self._loop, self._gateways = loop, gateways
        self._telemetry, self._events = telemetry, events
        self._now_ms = now_ms

    def __call__(self, entry: QuarantineEntry) -> str | None:
        """None once everything in it is committed, else what is still wrong (nothing was stored then)."""
        done: Future[str | None] = Future()
        self._loop.call_soon_threadsafe(self._start, entry, done)
        try:
            return done.result(WITHIN_S)
        except FutureTimeoutError:
            return "the store did not take it in time; it will be stored when the store is back"

    def _start(self, entry: QuarantineEntry, done: "Future[str | None]") -> None:
        try:
            problem = self._replay(entry, done)
        except (WireError, ValueError) as wrong:
            problem = str(wrong)
        if problem is not None:
            done.set_result(problem)

    def _replay(self, entry: QuarantineEntry, done: "Future[str | None]") -> str | None:
        """What is wrong, or None: then `done` is settled by the commit."""
        stream = Stream(entry.stream)
        batch, bad = decode_batch(entry.raw, stream)
        if bad:
            return f"row {bad[0].number}: {bad[0].reason}"
        contact = self._gateways.contact(entry.school, entry.gateway)
        if contact is None or not batch.rows:
            return "there is nothing in it to store"
        return self._commit(contact, batch, entry, done)

    def _commit(self, contact: Contact, batch: Batch, entry: QuarantineEntry, done: "Future[str | None]") -> str | None:
        """All its rows go to the store, whether the ledger holds their numbers or not: storing twice is once."""
        line = contact.line(Stream(entry.stream))
        every = [(batch.first, batch.first + len(batch.rows) - 1)]
        shift_ms = shift_of(entry.raw) or _shift_then(batch, entry)
        asides: list[Aside]
        if isinstance(batch, TeleBatch):
            result = sort_telemetry(
                contact,
                batch,
                [],
                Fresh([], every),
                shift_ms=shift_ms,
                now_ms=self._now_ms(),
                calibrate=None,
            )
            asides = result.asides
            if not asides:
                self._telemetry.add(_chunk(contact, line, batch, result.points, len(entry.raw), done))
        else:
            events = sort_events(contact, batch, [], Fresh([], every), shift_ms=shift_ms, now_ms=self._now_ms())
            asides = events.asides
            if not asides:
                self._events.add(_chunk(contact, line, batch, events.events, len(entry.raw), done))
        return asides[0].reason if asides else None


def _shift_then(batch: Batch, entry: QuarantineEntry) -> int:
    """The clock correction by the times of its first arrival; one message has to do."""
    if batch.sent_at is None:
        return 0
    difference = entry.first_ms - batch.sent_at
    return difference if abs(difference) > TOLERATED_MS else 0


def _chunk(contact: Contact, line: Line, batch: Batch, items: list, size: int, done: "Future[str | None]") -> Chunk:  # type: ignore[type-arg]  # points or events, as the stream is
    ledger = line.ledgers.known(batch.epoch)
    ranges = ledger.receive(batch.first, len(batch.rows), 1).commit if ledger is not None else []
    return Chunk(
        contact,
        line,
        items,
        batch.epoch,
        ledger,
        ranges,
        size=size,
        then=lambda: None if done.done() else done.set_result(None),
        failed=lambda reason: None if done.done() else done.set_result(reason),
    )
