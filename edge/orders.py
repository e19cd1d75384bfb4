"""What the hub orders: commands, each carried out once and answered by an event, and versioned configuration.

A command that is too old is never carried out, whatever outage it waited out; what came of one is told as an event,
which the outbox keeps until the hub has it.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from edge.clock import ClockCore
from edge.recorder import Recorder
from edge.sources.source import Configurable, Obedient, Outcome, Source
from wire.mapping import remote_settings
from wire.messages import Command, Configuration
from wire.orders import Order, OrderKind, Result
from wire.text import Text

log = logging.getLogger(__name__)

REPORT = "report"
LONGEST_S = 30.0
"""No device is waited for longer than this, nor past the command's expiry."""
PATIENT_S = {OrderKind.ENROL.value: 120.0}
"""But where somebody has to put a finger down, twice."""
_MEMORY, _OPEN = "orders", "open"
_AT_ONCE = 32


class Orders:
    """`report` publishes the state now; every other command is for a device of one of `sources`."""

    def __init__(
        self, recorder: Recorder, clock: ClockCore, boottime_ms: Callable[[], int], report: Callable[[], None]
    ) -> None:
        self._recorder, self._clock, self._boottime_ms = recorder, clock, boottime_ms
        self._report = report
        self.version = 0
        self.sources: Sequence[Source] = ()
        self._running: set[asyncio.Task[None]] = set()
        self._open: dict[str, str] = {}  # id -> kind of what devices are doing now; also on disk

    async def load(self) -> None:
        """What was in force before the restart is in force again."""
        self.version, settings = await self._recorder.call(lambda outbox: outbox.keepsakes.configuration())
        if self.version:
            self._apply(settings)
        await self._tell_what_was_cut_short()

    async def take(self, order: Command | Configuration) -> None:
        if isinstance(order, Configuration):
            await self._configure(order)
        else:
            await self._command(order)

    def accepts(self) -> dict[str, list[str]]:
        """Every device here that takes orders, and which."""
        found: dict[str, list[str]] = {}
        for source in self.sources:
            if isinstance(source, Obedient):
                found |= source.accepts()
        return found

    # ── configuration ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _configure(self, order: Configuration) -> None:
        """Keep a newer configuration; its version in the state is the confirmation. One that is wrong is not kept."""
        if order.config_version > self.version and self._apply(order.settings):
            await self._recorder.call(
                lambda outbox: outbox.keepsakes.keep_configuration(order.config_version, order.settings)
            )
            self.version = order.config_version
            log.info("configuration %d stored", order.config_version)
        self._report()

    def _apply(self, settings: dict[str, Any]) -> bool:
        try:
            remote = remote_settings(settings)
        except msgspec.ValidationError as wrong:
            log.warning("the hub's configuration is not taken: %s", wrong)
            return False
        for source in self.sources:
            if isinstance(source, Configurable):
                source.configure(remote)
        return True

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _command(self, order: Command) -> None:
        now_ms = self._clock.hub_now_ms(self._boottime_ms())
        if not await self._recorder.call(lambda outbox: outbox.keepsakes.first_time(order.id, now_ms)):
            log.info("command %s came again: nothing is done", order.id)
            return
        stopped = self._judge(order, now_ms)
        if stopped is not None:
            self._tell(order.id, order.kind, stopped)
        elif order.kind == REPORT:
            self._report()
            self._tell(order.id, order.kind, Outcome(Result.DONE))
        elif len(self._running) >= _AT_ONCE:
            self._tell(
                order.id,
                order.kind,
                Outcome(Result.REFUSED, Text("quá nhiều lệnh cùng lúc", "too many orders at once")),
            )
        else:
            task = asyncio.create_task(self._carry_out(order, (order.expires_at - now_ms) / 1_000))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _tell_what_was_cut_short(self) -> None:
        """Orders a restart interrupted have an end: nobody knows whether the device did it; it is not done again."""
        kept = await self._recorder.recall(_MEMORY)
        cut = Text(
            "cổng khởi động lại giữa chừng: có thể đã làm", "the gateway restarted meanwhile: it may have been done"
        )
        for order, kind in msgspec.json.decode(kept.get(_OPEN, "{}"), type=dict[str, str]).items():
            self._tell(order, kind, Outcome(Result.TIMED_OUT, cut))
        if kept:
            await self._note_open()

    async def _note_open(self) -> None:
        try:
            await self._recorder.remember(_MEMORY, {_OPEN: msgspec.json.encode(self._open).decode()})
        except (
            sqlite3.Error
        ) as refused:  # a full disk: the order is carried out, a restart would leave it without an end
            log.warning("open orders cannot be noted: %s", refused)

    def _judge(self, order: Command, now_ms: int) -> Outcome | None:
        """Why an order must not be carried out; None where it may."""
        if not self._clock.setting.known:
            unknown = Text("cổng chưa biết giờ", "the gateway does not know the time")
            return Outcome(Result.REFUSED, unknown)  # nobody here can tell whether it has expired
        return Outcome(Result.EXPIRED) if now_ms > order.expires_at else None

    async def _carry_out(self, command: Command, left_s: float) -> None:
        self._open[command.id] = command.kind
        await self._note_open()
        try:
            async with asyncio.timeout(min(left_s, PATIENT_S.get(command.kind, LONGEST_S))):
                outcome = await self._obeyed(command)
        except TimeoutError:
            outcome = Outcome(Result.TIMED_OUT)
        except Exception:  # a source that fails at an order must not stop the others
            log.exception("command %s failed", command.id)
            outcome = Outcome(Result.TIMED_OUT, Text("lỗi của cổng, xem nhật ký", "the gateway failed, see its log"))
        self._tell(command.id, command.kind, outcome)
        del self._open[command.id]
        await self._note_open()

    async def _obeyed(self, command: Command) -> Outcome:
        device, value = command.args.get("device"), command.args.get("value", "")
        if command.kind not in set(OrderKind) or not isinstance(device, str) or not isinstance(value, str):
            return Outcome(Result.UNSUPPORTED)
        order = Order(command.id, device, OrderKind(command.kind), value)
        for source in self.sources:
            if isinstance(source, Obedient) and device in source.accepts():
                return await source.obey(order)
        return Outcome(Result.UNSUPPORTED, Text("cổng này không có thiết bị đó", "this gateway has no such device"))

    def _tell(self, order: str, kind: str, outcome: Outcome) -> None:
        log.info("command %s (%s): %s", order, kind, outcome.result)
        said: dict[str, Any] = {"command": order, "kind": kind, "result": outcome.result.value}
        if outcome.detail is not None:
            said |= {"detail_vi": outcome.detail.vi[:200], "detail_en": outcome.detail.en[:200]}
        if not outcome.confirmed:
            said["confirmed"] = False
        self._recorder.event(self._recorder.place.gateway, "command_result", said)
