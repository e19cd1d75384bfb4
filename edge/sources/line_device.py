"""One device on a line, as the hub sees it: what it measured, whether it is there, which orders await their end.

The same whoever drives the line: edge.sources.line for a line of its own, edge.sources.bus for one it shares.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from edge.sources.line_account import LineAccount
from edge.sources.source import Outcome, Sink
from firmware_bridge.device import Device, Ended, Measured
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.warm_up import WarmUp
from wire.ids import slug
from wire.messages import SourceReport
from wire.orders import Order, Result
from wire.text import Text

log = logging.getLogger(__name__)

SILENT_INTERVALS, LEAST_SILENCE_S = 3.0, 6.0


class LineDevice:
    """Keeps its account over all its lines. Times are monotonic seconds. Mutable."""

    def __init__(self, name: str, device: Device, device_id: str, now_s: float, least_silence_s: float) -> None:
        self.name, self.device, self.id = name, device, device_id
        self.account = LineAccount(device, now_s)
        self.warm_up = WarmUp(device, now_s)
        self.silence_s = max(SILENT_INTERVALS * device.interval_s, least_silence_s)
        self._ends: dict[str, asyncio.Future[Outcome]] = {}

    def report(self, now_s: float) -> SourceReport:
        return self.account.report(self.name, now_s)

    # ── the line ───────────────────────────────────────────────────────────────────────────────────────────────────

    def line_up(self, now_s: float) -> None:
        """The line was opened: everything begins anew."""
        self.account.line_up(now_s)
        self.warm_up = WarmUp(self.device, now_s)

    def line_down(self, why: Text, sink: Sink) -> bool:
        """True when this is news."""
        news = self.account.line_down(why)
        if news:
            self.tell_down(sink, "port")
        return news

    def bad_frame(self, bad: BadFrame) -> None:
        self.account.bad_frame(bad)
        log.debug("%s: offset %d: %s, %d bytes", self.name, bad.offset, bad.reason.en, bad.length)

    def silent(self, sink: Sink, why: Text | None = None) -> None:
        """Nothing usable for too long; `why` says it better than the account does."""
        news = self.account.silent(self.silence_s)
        self.account.problem = why or self.account.problem
        if news:
            log.warning("%s: %s", self.name, self.account.problem.both())
            self.tell_down(sink, "silent")

    def tell_up(self, sink: Sink) -> None:
        log.info("%s: works again", self.name)
        sink.event(self.id, "device_up", {})

    def tell_down(self, sink: Sink, reason: str) -> None:
        sink.event(self.id, "device_down", {"reason": reason})

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def expecting(self, order: Order) -> Iterator[asyncio.Future[Outcome]]:
        """The end of an order, so long as somebody waits for it."""
        end: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._ends[order.id] = end
        try:
            yield end
        finally:
            self._ends.pop(order.id, None)

    def awaits(self, order: str) -> bool:
        return order in self._ends

    def ended(self, end: Ended) -> None:
        waiting = self._ends.get(end.order)
        if waiting is not None and not waiting.done():
            waiting.set_result(Outcome(end.result, end.detail, end.confirmed))

    def give_up(self, why: Text, but: Collection[str] = ()) -> None:
        """Whoever waits for an answer has waited in vain."""
        for name, end in self._ends.items():
            if name not in but and not end.done():
                end.set_result(Outcome(Result.TIMED_OUT, why))

    # ── what it says ───────────────────────────────────────────────────────────────────────────────────────────────

    def warming(self, now_s: float) -> None:
        """It shows by an empty frame that it cannot measure yet."""
        self.warm_up.empty(now_s)
        self.account.warming(now_s, self.warm_up.remaining_s(now_s))

    def spoke(self, now_s: float, sink: Sink) -> None:
        """Sound bytes that are no measurement: the device is there."""
        if self.account.spoke(now_s):
            self.tell_up(sink)

    def measured(
        self, measured: Measured, now_s: float, sink: Sink, on_durable: Callable[[], None] | None = None
    ) -> bool:
        """Hand on one measurement. False while it warms up: held, and its sender is told nothing."""
        values = measured.values
        if "error_code" not in values and self.warm_up.holds(values, now_s):
            self.account.warming(now_s, self.warm_up.remaining_s(now_s))
            return False
        back = self.account.is_down
        row = self.account.measured(values, now_s, measured.channel)
        if back:
            self.tell_up(sink)
        if row:
            device = slug(f"{self.id}-{measured.channel}") if measured.channel else self.id
            sink.reading(device, row, age_ms=measured.age_ms, on_durable=on_durable)
        elif on_durable is not None:
            on_durable()
        return True
