"""One device on a line of its own as a source: opens the line, talks, hands on what it measures, says what is wrong.

Works for ever: a port that is missing, busy, forbidden or unplugged is tried again; a silent device is woken and
reported; values of a device that is still warming up are held. Orders go into the conversation when their turn comes.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec

from edge.sources.line_device import LEAST_SILENCE_S, LineDevice
from edge.sources.line_house import LineHouse
from edge.sources.source import Outcome, Sink
from firmware_bridge.asking import Asking
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Answer, Device, Ended, Happened, Identified, Measured, Noted, Options, WarmingUp
from firmware_bridge.dialogue import Acknowledging, Describing, Dialogue, Parting, Revocable, Turn
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.links.line import Line, LinkError, LinkLost, PortMissing, Supply, TalkRefused
from firmware_bridge.links.opening import open_line
from firmware_bridge.links.serial import supply_of
from firmware_bridge.links.udp import PREFIX as UDP
from wire.messages import SourceReport
from wire.orders import Order, Result

log = logging.getLogger(__name__)

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 10.0
QUIET_S = 0.5  # at 9600 baud a frame takes 35 ms: after this much silence what is half there stays half
PARTING_S = 0.3  # for a last word to a device when the agent stops
BRIEF_S = 0.5  # between two lines to a device that hangs up when the talk pauses
IDENTITY = "identity"
"""The kind of event that says somebody showed a card, finger or code."""


class LineSource:
    """A device of `firmware_bridge.devices` on a port (path, `usb:VID:PID[:SERIAL]`) or a network address."""

    def __init__(
        self,
        name: str,
        device: Device,
        port: str,
        device_id: str,
        *,
        options: Options = Options(),  # noqa: B008 frozen
        open_line: Callable[[str, Device], Awaitable[Line]] = open_line,
        least_silence_s: float = LEAST_SILENCE_S,
        supply: Callable[[str], Supply] = supply_of,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.kind = name, device.name
        self._device, self._port = device, port
        self._options = msgspec.structs.replace(options, datagrams=port.startswith(UDP))
        self._open, self._now, self._supply = open_line, monotonic, supply
        self._line_device = LineDevice(name, device, device_id, monotonic(), least_silence_s)
        self._house = LineHouse(name)
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._dialogue: Dialogue | None = None
        self._greeted = False
        self._receipts: list[int] = []
        self._opened_s = 0.0

    def report(self) -> SourceReport:
        return self._line_device.report(self._now())

    def accepts(self) -> dict[str, list[str]]:
        dialogue = self._dialogue
        told = dialogue.accepts() if isinstance(dialogue, Describing) else [one.name for one in self._device.commands]
        return {self._line_device.id: told} if told else {}

    async def obey(self, order: Order) -> Outcome:
        """Waits for the device's answer; a device whose line is away has not been told anything."""
        account = self._line_device.account
        if not account.line:
            return Outcome(Result.TIMED_OUT, account.problem)
        with self._line_device.expecting(order) as end:
            self._orders.put_nowait(order)
            try:
                return await end
            finally:
                if isinstance(self._dialogue, Revocable):
                    self._dialogue.revoke(order.id)  # it may still wait for its turn: nobody wants it later

    async def run(self, sink: Sink) -> None:
        """Until cancelled."""
        retry_s, vanished = FIRST_RETRY_S, False
        await self._house.enter(sink)
        while True:
            try:
                line = await self._open(self._port, self._device)
            except LinkError as refused:
                vanished = vanished or isinstance(refused, PortMissing)
                self._trouble(refused, sink)
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, LAST_RETRY_S)
                continue
            merely = False
            try:
                await self._session(line, sink, self._power_came(line.path, vanished=vanished))
            except LinkError as lost:
                merely = self._merely_hung_up(lost)
                if not merely:
                    self._trouble(lost, sink)
                    retry_s = LAST_RETRY_S if isinstance(lost, TalkRefused) else FIRST_RETRY_S
                    vanished = True
            except asyncio.CancelledError:
                await self._part(line)
                raise
            finally:
                line.close()
                self._nobody_listens(soon_again=merely)
            await asyncio.sleep(BRIEF_S if merely else retry_s)

    async def _part(self, line: Line) -> None:
        """The agent stops: the device is left as people need it. Its answer is not waited for longer than a moment."""
        last = self._dialogue.parting() if isinstance(self._dialogue, Parting) else b""
        if last:
            with suppress(LinkError):
                line.write(last)
                await line.read(PARTING_S)

    def _merely_hung_up(self, lost: LinkError) -> bool:
        """A device that ends pauses by hanging up, and that did answer on this line."""
        return self._device.brief and isinstance(lost, LinkLost) and self._line_device.account.heard_s > self._opened_s

    def _trouble(self, error: LinkError, sink: Sink) -> None:
        if self._line_device.line_down(error.text, sink):
            log.warning("%s: %s", self.name, error.text.both())

    def _nobody_listens(self, *, soon_again: bool = False) -> None:
        """The line is gone: whoever waits for an answer has waited in vain, and nothing is said later.

        `soon_again`: what has not been said yet can wait for the next line.
        """
        unsaid = [self._orders.get_nowait() for _ in range(self._orders.qsize())]
        if soon_again:
            for order in unsaid:
                self._orders.put_nowait(order)
        kept = {order.id for order in unsaid} if soon_again else set[str]()
        self._line_device.give_up(self._line_device.account.problem, but=kept)

    def _power_came(self, path: str, *, vanished: bool) -> float | None:
        """When the device got power, where that can be known: with its plug, or with the machine (at second 0)."""
        supply = self._supply(path)
        if supply is Supply.PORT and vanished:
            return self._now()
        started = supply is not Supply.UNKNOWN and self._now() < self._device.warm_up_s
        return 0.0 if started else None

    async def _session(self, line: Line, sink: Sink, powered_s: float | None) -> None:
        """Talk until the line is lost. Raises LinkLost."""
        now = self._opened_s = self._now()
        self._line_device.line_up(now)
        dialogue = self._dialogue = self._new_dialogue()
        self._receipts.clear()
        if powered_s is not None:
            self._line_device.warm_up.powered(powered_s)
        self._house.begin(dialogue)
        self._house.tell_time(dialogue, now)
        self._take(dialogue.begin(now), line, sink)
        self._take(dialogue.idle(now), line, sink)
        if self._device.change_driven and not self._greeted:
            self._greeted = True  # a reader nobody uses would look dead
            self._line_device.tell_up(sink)
        woken_s = now
        while True:
            now = self._now()
            self._house.tell_time(dialogue, now)
            self._say_what_waits(dialogue, line, now, sink)
            await self._house.keep(dialogue)
            if not self._device.change_driven and now - max(woken_s, self._line_device.account.heard_s) >= (
                self._line_device.silence_s
            ):
                woken_s = now
                self._wake(line, sink)
            data = await line.read(min(QUIET_S, max(0.0, dialogue.due_s - now)))
            now = self._now()
            self._house.tell_time(dialogue, now)
            self._take(dialogue.receive(data, now) if data else dialogue.idle(now), line, sink)

    def _say_what_waits(self, dialogue: Dialogue, line: Line, now: float, sink: Sink) -> None:
        """Orders somebody waits for, and which of its measurements are on disk."""
        while not self._orders.empty():
            order = self._orders.get_nowait()
            if self._line_device.awaits(order.id):
                self._take(dialogue.order(order, now), line, sink)
        while self._receipts and isinstance(dialogue, Acknowledging):
            self._take(dialogue.stored(self._receipts.pop(0), now), line, sink)

    def _new_dialogue(self) -> Dialogue:
        make = self._device.dialogue
        return Asking(self._device) if make is None else make(self._device, self._options)

    def _wake(self, line: Line, sink: Sink) -> None:
        """Nothing usable for too long: say so, and wake a device that can be woken."""
        self._line_device.silent(sink)
        for command in self._device.wake:
            line.write(command)
        if self._device.wake:
            self._line_device.warm_up.powered(self._now())

    def _take(self, turn: Turn, line: Line, sink: Sink) -> None:
        if turn.send:
            line.write(turn.send)
        now = self._now()
        for one in turn.heard:
            if isinstance(one, BadFrame):
                self._line_device.bad_frame(one)
            else:
                self._understood(one, now, sink)
        if turn.hang_up is not None:
            raise TalkRefused(turn.hang_up)

    def _understood(self, one: Heard, now: float, sink: Sink) -> None:
        match one.meaning:
            case WarmingUp():
                self._line_device.warming(now)
            case Measured():
                self._line_device.measured(one.meaning, now, sink, self._safe(one.meaning.receipt))
            case Identified() | Happened():
                self._event(one.meaning, now, sink)
            case Ended():
                self._line_device.ended(one.meaning)
            case Answer() | Noted() if self._device.change_driven or not self._device.quantities:
                self._line_device.spoke(now, sink)  # a reader that nobody uses shows only so that it is there
            case _:
                pass

    def _event(self, event: Identified | Happened, now: float, sink: Sink) -> None:
        self._line_device.spoke(now, sink)
        kind, data = (IDENTITY, _identity(event)) if isinstance(event, Identified) else (event.kind, event.data)
        at_ms = self._house.moment_ms(event.age_ms, now)
        safe = self._safe(event.receipt)
        sink.event(self._line_device.id, kind, data, at_ms=at_ms, age_ms=event.age_ms, on_durable=safe)

    def _safe(self, receipt: int | None) -> Callable[[], None] | None:
        """What to call when a measurement is on disk; a line that was opened anew meanwhile is told nothing."""
        dialogue = self._dialogue
        if receipt is None or not isinstance(dialogue, Acknowledging):
            return None

        def told() -> None:
            if self._dialogue is dialogue:
                self._receipts.append(receipt)

        return told


def _identity(shown: Identified) -> dict[str, Any]:
    said = {"scheme": shown.scheme.value, "reference": shown.reference, "device_time": shown.device_time}
    return {key: value for key, value in said.items() if value is not None} | shown.details
