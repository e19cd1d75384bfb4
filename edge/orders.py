"""What the hub orders: commands, each carried out once and answered by an event, and versioned configuration."""

import logging
from collections.abc import Callable

from edge.clock import ClockCore
from edge.recorder import Recorder
from wire.messages import Command, Configuration

log = logging.getLogger(__name__)


class Orders:
    """`report` publishes the state now; it is the one command so far."""

    def __init__(
        self, recorder: Recorder, clock: ClockCore, boottime_ms: Callable[[], int], report: Callable[[], None]
    ) -> None:
        self._recorder, self._clock, self._boottime_ms = recorder, clock, boottime_ms
        self._report = report
        self.version = 0

    async def load(self) -> None:
        self.version, _ = await self._recorder.call(lambda outbox: outbox.keepsakes.configuration())

    async def take(self, order: Command | Configuration) -> None:
        if isinstance(order, Configuration):
            await self._configure(order)
        else:
            await self._command(order)

    async def _configure(self, order: Configuration) -> None:
        """Keep a newer configuration; its version in the state is the confirmation."""
        if order.config_version > self.version:
            await self._recorder.call(
                lambda outbox: outbox.keepsakes.keep_configuration(order.config_version, order.settings)
            )
            self.version = order.config_version
            log.info("configuration %d stored", order.config_version)
        self._report()

    async def _command(self, order: Command) -> None:
        now_ms = self._clock.hub_now_ms(self._boottime_ms())
        if not await self._recorder.call(lambda outbox: outbox.keepsakes.first_time(order.id, now_ms)):
            log.info("command %s came again: nothing is done", order.id)
            return
        result = self._judge(order, now_ms)
        if result == "done":
            self._report()
        log.info("command %s (%s): %s", order.id, order.kind, result)
        self._recorder.event(
            self._recorder.place.gateway, "command_result", {"command": order.id, "kind": order.kind, "result": result}
        )

    def _judge(self, order: Command, now_ms: int) -> str:
        if not self._clock.setting.known:
            return "refused"  # nobody here can tell whether it has expired
        if now_ms > order.expires_at:
            return "expired"
        return "done" if order.kind == "report" else "unsupported"
