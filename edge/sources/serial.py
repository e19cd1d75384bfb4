"""One serial device as a source: opens its port, asks or listens, hands on what it measures, says what is wrong.

Works for ever: a port that is missing, busy, forbidden or unplugged is tried again; a silent device is woken and
reported; values of a device that is still warming up are held.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from edge.sources.serial_account import SerialAccount
from edge.sources.source import Sink
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Device, Measured, Values, WarmingUp
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.links.serial import LinkError, PortMissing, SerialLink, Supply, open_serial, supply_of
from firmware_bridge.warm_up import WarmUp
from wire.messages import SourceReport

log = logging.getLogger(__name__)

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 10.0
QUIET_S = 0.5  # at 9600 baud a frame takes 35 ms: after this much silence what is half there stays half
SILENT_INTERVALS = 3.0
LEAST_SILENCE_S = 6.0


class SerialSource:
    """A device of `firmware_bridge.devices` on a port (path or `usb:VID:PID[:SERIAL]`)."""

    def __init__(
        self,
        name: str,
        device: Device,
        port: str,
        device_id: str,
        *,
        least_silence_s: float = LEAST_SILENCE_S,
        supply: Callable[[str], Supply] = supply_of,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.kind = name, device.name
        self._device, self._port, self._id = device, port, device_id
        self._now, self._supply = monotonic, supply
        self._account = SerialAccount(device, monotonic())
        self._silence_s = max(SILENT_INTERVALS * device.interval_s, least_silence_s)

    def report(self) -> SourceReport:
        return self._account.report(self.name, self._now())

    async def run(self, sink: Sink) -> None:
        """Until cancelled."""
        retry_s, vanished = FIRST_RETRY_S, False
        while True:
            try:
                link = open_serial(self._port, self._device.baud)
            except LinkError as refused:
                vanished = vanished or isinstance(refused, PortMissing)
                self._trouble(refused, sink)
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, LAST_RETRY_S)
                continue
            try:
                await self._session(link, sink, self._power_came(link.path, vanished=vanished))
            except LinkError as lost:
                self._trouble(lost, sink)
                retry_s, vanished = FIRST_RETRY_S, True
                await asyncio.sleep(retry_s)
            finally:
                link.close()

    def _trouble(self, error: LinkError, sink: Sink) -> None:
        if self._account.line_down(error.text):
            log.warning("%s: %s", self.name, error.text.both())
            self._tell_down(sink, "port")

    def _power_came(self, path: str, *, vanished: bool) -> float | None:
        """When the device got power, where that can be known: with its plug, or with the machine (at second 0)."""
        supply = self._supply(path)
        if supply is Supply.PORT and vanished:
            return self._now()
        started = supply is not Supply.UNKNOWN and self._now() < self._device.warm_up_s
        return 0.0 if started else None

    async def _session(self, link: SerialLink, sink: Sink, powered_s: float | None) -> None:
        """Talk until the line is lost. Raises LinkLost."""
        now = self._now()
        self._account.line_up(now)
        conversation, warm_up = Conversation(self._device), WarmUp(self._device, now)
        if powered_s is not None:
            warm_up.powered(powered_s)
        for command in self._device.start:
            link.write(command)
        next_poll = now if self._device.poll else float("inf")
        woken_s = now
        while True:
            now = self._now()
            if now >= next_poll:
                self._hear(conversation.finish(), warm_up, sink)
                link.write(self._device.poll)
                next_poll = now + self._device.interval_s
            if now - max(woken_s, self._account.heard_s) >= self._silence_s:
                woken_s = now
                self._wake(link, warm_up, sink)
            data = await link.read(min(QUIET_S, max(0.0, next_poll - now)))
            self._hear(conversation.feed(data) if data else conversation.finish(), warm_up, sink)

    def _wake(self, link: SerialLink, warm_up: WarmUp, sink: Sink) -> None:
        """Nothing usable for too long: say so, and wake a device that can be woken."""
        if self._account.silent(self._silence_s):
            log.warning("%s: %s", self.name, self._account.problem.both())
            self._tell_down(sink, "silent")
        for command in self._device.wake:
            link.write(command)
        if self._device.wake:
            warm_up.powered(self._now())

    def _hear(self, heard: list[Heard | BadFrame], warm_up: WarmUp, sink: Sink) -> None:
        now = self._now()
        for one in heard:
            if isinstance(one, BadFrame):
                self._account.bad_frame(one)
                log.debug("%s: offset %d: %s: %s", self.name, one.offset, one.reason.en, one.raw.hex())
            elif isinstance(one.meaning, WarmingUp):
                warm_up.empty(now)
                self._account.warming(now, warm_up.remaining_s(now))
            elif isinstance(one.meaning, Measured):
                self._measured(one.meaning.values, warm_up, now, sink)

    def _measured(self, values: Values, warm_up: WarmUp, now: float, sink: Sink) -> None:
        if "error_code" not in values and warm_up.holds(values, now):
            self._account.warming(now, warm_up.remaining_s(now))
            return
        back = self._account.is_down
        row = self._account.measured(values, now)
        if back:
            log.info("%s: works again", self.name)
            sink.event(self._id, "device_up", {})
        if row is not None:
            sink.reading(self._id, row)

    def _tell_down(self, sink: Sink, reason: str) -> None:
        sink.event(self._id, "device_down", {"reason": reason})
