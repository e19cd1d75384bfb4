"""One device on a shared line as a source of its own: what it said, how it is, what it was ordered."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

import msgspec

from edge.sources.line_account import LineAccount
from edge.sources.source import Outcome, Sink
from firmware_bridge.asking import Asking
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Device, Echo, Ended, Happened, Measured, Options, WarmingUp
from firmware_bridge.dialogue import Dialogue, Revocable, Turn
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.modbus import line_bytes
from firmware_bridge.modbus_device import BITS
from firmware_bridge.warm_up import WarmUp
from wire.ids import slug
from wire.messages import SourceReport
from wire.orders import Order, Result
from wire.text import Text

log = logging.getLogger(__name__)

SILENT_INTERVALS, LEAST_SILENCE_S = 3.0, 6.0
SILENT_CHARACTERS = 3.5
"""So much silence ends a frame on an RS-485 line."""


class BusMember:
    """`device` as it is at its address. The bus drives it; its own `run` only waits."""

    def __init__(
        self,
        name: str,
        device: Device,
        device_id: str,
        monotonic: Callable[[], float],
        *,
        least_silence_s: float = LEAST_SILENCE_S,
    ) -> None:
        self.name, self.kind = name, device.name
        self.device, self._id, self._now = device, device_id, monotonic
        self._account = LineAccount(device, monotonic())
        self._silence_s = max(SILENT_INTERVALS * device.interval_s, least_silence_s)
        self._orders: deque[Order] = deque()
        self._ends: dict[str, asyncio.Future[Outcome]] = {}
        self._last_wrong: Text | None = None
        self.dialogue: Dialogue = Asking(device, shared=True)
        self._warm_up = WarmUp(device, monotonic())

    async def run(self, sink: Sink) -> None:
        """Until cancelled; the bus does the work."""
        del sink
        await asyncio.Event().wait()

    def report(self) -> SourceReport:
        return self._account.report(self.name, self._now())

    def accepts(self) -> dict[str, list[str]]:
        return {self._id: [command.name for command in self.device.commands]} if self.device.commands else {}

    async def obey(self, order: Order) -> Outcome:
        """Waits for the line, then for the device's answer; one that is given up before its turn is never sent."""
        if not self._account.line:
            return Outcome(Result.TIMED_OUT, self._account.problem)
        end: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._ends[order.id] = end
        self._orders.append(order)
        try:
            return await end
        finally:
            self._ends.pop(order.id, None)
            if order in self._orders:
                self._orders.remove(order)
            if isinstance(self.dialogue, Revocable):
                self.dialogue.revoke(order.id)  # a later step of it may still wait

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for an order to be carried out."""
        return bool(self._orders)

    def line_up(self, now_s: float) -> None:
        """The line was opened: everything begins anew."""
        self._account.line_up(now_s)
        make = self.device.dialogue
        self.dialogue = Asking(self.device, shared=True) if make is None else make(self.device, Options())
        self._warm_up = WarmUp(self.device, now_s)
        self.dialogue.begin(now_s)

    def line_down(self, why: Text, sink: Sink) -> None:
        """The line is gone: whoever waits for an answer has waited in vain, and nothing is said later."""
        if self._account.line_down(why):
            self._tell_down(sink, "port")
        self._orders.clear()
        for end in self._ends.values():
            if not end.done():
                end.set_result(Outcome(Result.TIMED_OUT, why))

    def speak(self, now_s: float) -> Turn:
        """It is this device's turn: an order that waits, else what is due."""
        return self.dialogue.order(self._orders.popleft(), now_s) if self._orders else self.dialogue.idle(now_s)

    def take(self, turn: Turn, sink: Sink) -> bool:
        """Hand on what was understood. True where the device said something sound."""
        now, spoke = self._now(), False
        for one in turn.heard:
            if isinstance(one, BadFrame):
                self._account.bad_frame(one)
                self._last_wrong = one.reason
                log.debug("%s: %s, %d bytes", self.name, one.reason.en, one.length)
            else:
                spoke = spoke or not isinstance(one.meaning, Echo | Ended)
                self._understood(one, now, sink)
        return spoke

    def turn_over(self, sink: Sink) -> None:
        """It was asked: where nothing usable has come for too long, by time-outs or refusals, it is down."""
        now = self._now()
        if now - self._account.heard_s < self._silence_s:
            return
        news = self._account.silent(self._silence_s)
        self._account.problem = self._speechless()
        if news:
            log.warning("%s: %s", self.name, self._account.problem.both())
            self._tell_down(sink, "silent")

    def _understood(self, one: Heard, now: float, sink: Sink) -> None:
        match one.meaning:
            case WarmingUp():
                self._warm_up.empty(now)
                self._account.warming(now, self._warm_up.remaining_s(now))
            case Measured():
                self._measured(one.meaning, now, sink)
            case Happened(kind, data):
                sink.event(self._id, kind, data)
            case Ended(order, result, detail, confirmed):
                waiting = self._ends.get(order)
                if waiting is not None and not waiting.done():
                    waiting.set_result(Outcome(result, detail, confirmed))
            case _:
                pass

    def _measured(self, measured: Measured, now: float, sink: Sink) -> None:
        values = measured.values
        if "error_code" not in values and self._warm_up.holds(values, now):
            self._account.warming(now, self._warm_up.remaining_s(now))
            return
        back = self._account.is_down
        row = self._account.measured(values, now, measured.channel)
        self._last_wrong = None
        if back:
            log.info("%s: works again", self.name)
            sink.event(self._id, "device_up", {})
        if row:
            sink.reading(slug(f"{self._id}-{measured.channel}") if measured.channel else self._id, row)

    def _tell_down(self, sink: Sink, reason: str) -> None:
        sink.event(self._id, "device_down", {"reason": reason})

    def _speechless(self) -> Text:
        title, wrong = self.device.title, self._last_wrong
        if wrong is not None:
            return Text(f"không có số đo từ {title.vi}: {wrong.vi}", f"no reading from the {title.en}: {wrong.en}")
        return Text(
            f"{title.vi} không trả lời: kiểm tra nguồn, địa chỉ, tốc độ, dây A/B (có thể bị đảo)",
            f"the {title.en} does not answer: check power, address, speed, and that A and B are not swapped",
        )


def on_bus(device: Device, baud: int, interval_s: float | None) -> Device:
    """The device as this line wants it: its own silence or the line's, its time-out at the line's speed."""
    slower = max(0.0, 1 / baud - 1 / device.baud) * BITS * max(map(line_bytes, device.polls), default=0)
    return msgspec.structs.replace(
        device,
        turnaround_s=max(device.turnaround_s, silence_s(baud)),
        answer_s=device.answer_s + slower,
        interval_s=device.interval_s if interval_s is None else interval_s,
    )


def silence_s(baud: int) -> float:
    """What a line of this speed needs between two frames; never under the 1.75 ms of the standard."""
    return max(SILENT_CHARACTERS * BITS / baud, 0.00175)
