"""Between windows and outbox: which rows go out next, as which messages, and what an acknowledgement releases."""

import logging
import random
import time
from collections.abc import Callable

import msgspec

from edge.batches import Head, OutgoingBatch, build_batches, empty_batch
from edge.outbox import Outbox
from edge.outbox.ledger import Verdict
from edge.outbox.outbox import Settlement
from edge.recorder import Recorder
from edge.window import HUB_UP_WAIT_S, Window
from wire.messages import Ack, Dropped, Stream
from wire.ranges import RangeSet

log = logging.getLogger(__name__)

_DECLARE_AGAIN_S = 15.0
_LOOK_S = 2.0
_IDLE_S = 2.0
Range = tuple[int, int]
Publish = Callable[[Stream, OutgoingBatch], None]


class _Prepared(msgspec.Struct, frozen=True):
    """What the outbox's thread made of a range of rows; `gone` are numbers in it without a row to send."""

    epoch: str
    batches: list[OutgoingBatch]
    gone: list[Range]


class Dispatch:
    """Events before telemetry. `wake` is called when there may be something new to send."""

    def __init__(self, recorder: Recorder, boottime_ms: Callable[[], int]) -> None:
        self._recorder, self._boottime_ms = recorder, boottime_ms
        self.wake: Callable[[], None] = lambda: None
        self.epoch = ""
        self.windows: dict[Stream, Window] = {stream: Window() for stream in Stream}
        self._next: dict[Stream, int] = dict.fromkeys(Stream, 1)
        self._declared: dict[Stream, tuple[float, list[Dropped]]] = {stream: (0.0, []) for stream in Stream}
        self._stands: dict[Stream, Ack] = {}  # the last acknowledgement of each stream on this connection
        self._copied = False
        self._looked_s: dict[Stream, float] = dict.fromkeys(Stream, 0.0)
        recorder.on_commit = self._committed

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    async def load(self, *, sent_before: bool) -> None:
        """Take up what the outbox owes: rows of an earlier run may have been sent, those of a new epoch not."""

        def look(outbox: Outbox) -> tuple[str, dict[Stream, RangeSet], dict[Stream, int]]:
            owed = {stream: outbox.sendable(stream) for stream in Stream}
            return outbox.epoch, owed, {stream: outbox.report(stream).next for stream in Stream}

        self._stands, self._copied = {}, False
        self.epoch, owed, self._next = await self._recorder.call(look)
        for stream in Stream:
            window = Window(owed[stream] if sent_before else None)
            window.connected(self._next[stream])
            window.release(owed[stream])
            self.windows[stream] = window

    def _committed(self, stream: Stream, first: int, last: int, sendable: bool) -> None:  # noqa: FBT001
        self._next[stream] = last + 1
        if sendable:
            self.windows[stream].committed(first, last)
            self.wake()

    def connected(self) -> None:
        self._stands, self._copied = {}, False
        for stream, window in self.windows.items():
            window.connected(self._next[stream])
            self._declared[stream] = (0.0, [])
            self._looked_s[stream] = 0.0

    def closed(self) -> None:
        for window in self.windows.values():
            window.closed()

    def hub_came_up(self) -> None:
        wait_s = random.uniform(0, HUB_UP_WAIT_S)  # noqa: S311  # spreads the load of many gateways, no secret
        for window in self.windows.values():
            window.hub_came_up(time.monotonic(), wait_s)

    def answered(self) -> bool:
        """Whether the hub has said where every stream stands since the connection, or the hub, came up."""
        return all(window.open or window.retry_at_s is not None for window in self.windows.values())

    def retry_s(self, now_s: float) -> float | None:
        """Seconds until the state should be said again because the hub is not ready for us; None: no such wish."""
        times = [window.retry_at_s - now_s for window in self.windows.values() if window.retry_at_s is not None]
        return min(times, default=None)

    def unsent(self) -> dict[Stream, RangeSet]:
        return {stream: window.unsent() for stream, window in self.windows.items()}

    def has_fresh(self) -> bool:
        return any(window.open and window.has_fresh() for window in self.windows.values())

    def given_up(self, stream: Stream, ranges: list[Range]) -> None:
        """The outbox dropped these rows (age, size, disk)."""
        for first, last in ranges:
            self.windows[stream].settle(first, last)

    async def release(self) -> None:
        """The clock is known: telemetry that waited for it may go."""
        sendable = await self._recorder.call(lambda outbox: {stream: outbox.sendable(stream) for stream in Stream})
        for stream, rows in sendable.items():
            self.windows[stream].release(rows)
        self.wake()

    # ── acknowledgements ───────────────────────────────────────────────────────────────────────────────────────────

    async def acknowledged(self, ack: Ack) -> bool:
        """Take in an acknowledgement; True where it made us begin a new epoch."""
        if ack.epoch != self.epoch:
            return False

        settlement = await self._recorder.call(lambda outbox: _settle(outbox, ack))
        if settlement is None:
            return False
        self._stands[ack.stream] = ack
        self._copied = self._copied or settlement.verdict is Verdict.OLD_COPY
        if self._copied:
            return await self._leave_old_copy()
        window = self.windows[ack.stream]
        window.acknowledged(ack, time.monotonic())
        window.reopen(settlement.reopened)
        await self._set_rejected_aside(ack, window)
        return False

    async def _leave_old_copy(self) -> bool:
        """Begin an epoch once the hub has said of both streams what it holds: that much need not be sent again."""
        if len(self._stands) < len(Stream):
            return False
        stands = list(self._stands.values())
        log.warning("the hub holds rows that this outbox never sent: it is an old copy, and begins a new epoch")
        await self._recorder.call(lambda outbox: outbox.begin_epoch("restored", stands))
        await self.load(sent_before=False)
        self._recorder.event(self._recorder.place.gateway, "epoch_started", {"epoch": self.epoch, "reason": "restored"})
        return True

    async def _set_rejected_aside(self, ack: Ack, window: Window) -> None:
        for refusal in ack.rejected:
            rows = window.rejected(refusal.sha256)
            if rows is None:
                continue
            log.error("the hub cannot read rows %d to %d of %s: %s: set aside", *rows, ack.stream, refusal.reason)
            await self._set_aside(ack.stream, [rows], refusal.reason)

    async def _set_aside(self, stream: Stream, ranges: list[Range], reason: str) -> None:
        def move(outbox: Outbox) -> None:
            for first, last in ranges:
                outbox.set_aside(stream, first, last, reason)

        await self._recorder.call(move)
        self.given_up(stream, ranges)

    # ── sending ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def send_some(self, publish: Publish) -> bool:
        """Send one piece of the first stream that may; False where nothing may go now. Raises LinkError."""
        for stream in (Stream.EVENT, Stream.TELE):
            rows = self.windows[stream].take(time.monotonic())
            if rows is not None:
                await self._send(stream, rows, publish)
                return True
            if await self._declare(stream, publish):
                return True
        return False

    def pause_s(self, now_s: float) -> float:
        """How long nothing will be sendable unless something happens."""
        times = [at for window in self.windows.values() if (at := window.wakes_at_s(now_s)) is not None]
        return max(0.01, min([_IDLE_S, *(at - now_s for at in times)]))

    async def _send(self, stream: Stream, rows: Range, publish: Publish) -> None:
        window = self.windows[stream]
        prepared = await self._recorder.call(lambda outbox: self._prepare(outbox, stream, rows))
        if prepared.epoch != self.epoch:
            return  # meanwhile every number means something else
        for batch in prepared.batches:
            publish(stream, batch)
            window.sent(batch.sha256, (batch.first, batch.last))
        self.given_up(stream, prepared.gone)

    def _prepare(self, outbox: Outbox, stream: Stream, rows: Range) -> _Prepared:
        """In the outbox's thread."""
        stored = outbox.read(stream, *rows, limit=rows[1] - rows[0] + 1)
        outbox.told(stream, rows[1])
        boottime_ms = self._boottime_ms()
        batches, too_large = build_batches(
            self._head(outbox, stream), stored, lambda anchor: outbox.anchors.sent_at(anchor, boottime_ms)
        )
        for number in too_large:
            outbox.set_aside(stream, number, number, "larger than a message may be")
            log.error("row %d of %s is larger than a message may be: set aside", number, stream)
        there = RangeSet((row.number, row.number) for row in stored if row.number not in set(too_large))
        return _Prepared(outbox.epoch, batches, there.missing(*rows))

    def _head(self, outbox: Outbox, stream: Stream) -> Head:
        return Head(outbox.epoch, outbox.oldest(stream), outbox.declarations(stream))

    async def _declare(self, stream: Stream, publish: Publish) -> bool:
        """A batch without rows, where drops have to be declared and no rows go out to carry them."""
        at_s, known = self._declared[stream]
        if not self.windows[stream].open or time.monotonic() < self._looked_s[stream] + _LOOK_S:
            return False
        self._looked_s[stream] = time.monotonic()

        def look(outbox: Outbox) -> tuple[list[Dropped], OutgoingBatch | None]:
            head = self._head(outbox, stream)
            if not head.dropped or (head.dropped == known and time.monotonic() < at_s + _DECLARE_AGAIN_S):
                return known, None
            outbox.told(stream, 0)
            anchor = outbox.anchors.current.id
            sent_at = outbox.anchors.sent_at(anchor, self._boottime_ms())
            return head.dropped, empty_batch(head, outbox.report(stream).next, sent_at)

        declared, batch = await self._recorder.call(look)
        if batch is None:
            return False
        publish(stream, batch)
        self._declared[stream] = (time.monotonic(), declared)
        return True


def _settle(outbox: Outbox, ack: Ack) -> Settlement | None:
    """In the outbox's thread; None where the epoch has changed meanwhile."""
    return outbox.acknowledge(ack) if ack.epoch == outbox.epoch else None
