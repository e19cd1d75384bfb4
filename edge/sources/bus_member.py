"""One device on a shared line as a source of its own: what it said, how it is, what it was ordered."""

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from edge.sources.line_device import LEAST_SILENCE_S, LineDevice
from edge.sources.source import Outcome, Sink
from firmware_bridge.asking import Asking
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Device, Echo, Ended, Happened, Measured, Options, WarmingUp
from firmware_bridge.dialogue import Dialogue, Revocable, Turn
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.modbus import line_bytes
from firmware_bridge.modbus_device import BITS
from wire.messages import SourceReport
from wire.orders import Order, Result
from wire.text import Text

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
        self.name, self.kind, self.device, self._now = name, device.name, device, monotonic
        self._line_device = LineDevice(name, device, device_id, monotonic(), least_silence_s)
        self._orders: deque[Order] = deque()
        self._last_wrong: Text | None = None
        self.dialogue: Dialogue = Asking(device, shared=True)

    async def run(self, sink: Sink) -> None:
        """Until cancelled; the bus does the work."""
        del sink
        await asyncio.Event().wait()

    def report(self) -> SourceReport:
        return self._line_device.report(self._now())

    def accepts(self) -> dict[str, list[str]]:
        told = [command.name for command in self.device.commands]
        return {self._line_device.id: told} if told else {}

    async def obey(self, order: Order) -> Outcome:
        """Waits for the line, then for the device's answer; one that is given up before its turn is never sent."""
        account = self._line_device.account
        if not account.line:
            return Outcome(Result.TIMED_OUT, account.problem)
        with self._line_device.expecting(order) as end:
            self._orders.append(order)
            try:
                return await end
            finally:
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
        self._line_device.line_up(now_s)
        make = self.device.dialogue
        self.dialogue = Asking(self.device, shared=True) if make is None else make(self.device, Options())
        self.dialogue.begin(now_s)

    def line_down(self, why: Text, sink: Sink) -> None:
        """The line is gone: whoever waits for an answer has waited in vain, and nothing is said later."""
        self._line_device.line_down(why, sink)
        self._orders.clear()
        self._line_device.give_up(why)

    def speak(self, now_s: float) -> Turn:
        """It is this device's turn: an order that waits, else what is due."""
        return self.dialogue.order(self._orders.popleft(), now_s) if self._orders else self.dialogue.idle(now_s)

    def take(self, turn: Turn, sink: Sink) -> bool:
        """Hand on what was understood. True where the device said something sound."""
        now, spoke = self._now(), False
        for one in turn.heard:
            if isinstance(one, BadFrame):
                self._line_device.bad_frame(one)
                self._last_wrong = one.reason
            else:
                spoke = spoke or not isinstance(one.meaning, Echo | Ended)
                self._understood(one, now, sink)
        return spoke

    def turn_over(self, sink: Sink) -> None:
        """It was asked: where nothing usable has come for too long, by time-outs or refusals, it is down."""
        if self._now() - self._line_device.account.heard_s >= self._line_device.silence_s:
            self._line_device.silent(sink, self._speechless())

    def _understood(self, one: Heard, now: float, sink: Sink) -> None:
        match one.meaning:
            case WarmingUp():
                self._line_device.warming(now)
            case Measured():
                if self._line_device.measured(one.meaning, now, sink):
                    self._last_wrong = None
            case Happened(kind, data):
                sink.event(self._line_device.id, kind, data)
            case Ended():
                self._line_device.ended(one.meaning)
            case _:
                pass

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
