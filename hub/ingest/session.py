"""The hub at its broker: two connections, so that events never wait behind telemetry, and the hub's own state.

Telemetry is subscribed at QoS 0: the broker's acknowledgements prove nothing here, ours do, and they cost as much as
the message itself. Gateways hold while the hub's retained state says it is away.
"""

import asyncio
import logging
from collections.abc import Callable

from hub.ingest.link import BrokerAddress, Link, Will
from hub.notice import Notice
from hub.tls.watch import Watched, certificate_notices, days_left
from wire.codec import WireError, decode_hub_state, encode
from wire.messages import VERSION, HubState
from wire.text import Text
from wire.topics import EVERY_EVENT, EVERY_STATE, EVERY_TELE, hub_topic

_log = logging.getLogger(__name__)
STOP_S = 1.0
HEARTBEAT_S = 10.0
GOODBYE_S = 0.05  # the sockets' turn to send the last messages before the connections close


class Session:
    """Runs both connections until cancelled; tells gateways when the hub is there."""

    def __init__(
        self,
        *,
        hub: str,
        instance: str,
        address: BrokerAddress,
        on_message: Callable[[str, bytes, bool], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._hub, self._instance, self._now_ms = hub, instance, now_ms
        self._topic = hub_topic(hub)
        self._address = address
        self._on_message = on_message
        self._other_instance_ms: int | None = None
        self._announced = False
        name = f"hub_{hub}_{instance[:8]}"
        self._telemetry = Link(f"{name}_tele", address, [(EVERY_TELE, 0)], on_message, self._announce)
        self._control = Link(
            f"{name}_main",
            address,
            [(EVERY_EVENT, 1), (EVERY_STATE, 1), (self._topic, 1)],
            self._control_message,
            self._announce,
            will=Will(self._topic, encode(HubState(VERSION, hub, instance, online=False))),
        )

    @property
    def up(self) -> bool:
        return self._telemetry.up and self._control.up

    def publish(self, topic: str, payload: bytes) -> bool:
        """A message to a gateway; False while the broker is away."""
        return self._control.publish(topic, payload)

    async def run(self) -> None:
        """Until cancelled; then says goodbye."""
        tasks = [asyncio.create_task(link.run()) for link in (self._telemetry, self._control)]
        try:
            # Not gather: that would cancel the connections before the goodbye.
            while not (await asyncio.wait(tasks, timeout=HEARTBEAT_S))[0]:
                if self._announced:  # a broker may lose a retained message published while somebody subscribes
                    self._tell(online=True)
        finally:
            if self._control.up:
                self._tell(online=False)
                await asyncio.sleep(GOODBYE_S)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=STOP_S)

    def problems(self) -> list[Notice]:
        found = []
        if not self.up:
            where = self._address.where
            reason = self._control.problem if self._control.problem.en else self._telemetry.problem
            text = Text(
                f"Mất kết nối với máy chủ MQTT {where}; các cổng đang giữ số liệu ({reason.vi})",
                f"The MQTT broker {where} is away; gateways keep their data ({reason.en})",
            )
            found.append(Notice("broker.away", text, "critical"))
        found += self._certificate()
        if self._other_instance_ms is not None and self._now_ms() - self._other_instance_ms < 60_000:  # noqa: PLR2004
            text = Text(
                f"Có hai trung tâm cùng tên {self._hub!r} đang chạy: hãy tắt một",
                f"Two hubs named {self._hub!r} are running: stop one of them",
            )
            found.append(Notice("hub.twice", text, "critical"))
        return found

    def figures(self) -> dict[str, float]:
        """For /metrics: how long the broker's certificate lasts, where it has one."""
        ends_ms = self._control.certificate_ends_ms
        if ends_ms is None:
            return {}
        return {"certificate_days_left{certificate=broker}": days_left(ends_ms, self._now_ms())}

    def _certificate(self) -> list[Notice]:
        """The broker's certificate where it ends soon, or is refused because it has ended."""
        where, link = self._address.where, self._control
        if link.certificate_expired:
            return [Notice("certificate.broker", link.problem, "critical", subject=where)]
        if link.certificate_ends_ms is None:
            return []
        return certificate_notices([Watched("broker", where, link.certificate_ends_ms)], self._now_ms())

    def _control_message(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001  # MQTT's flag
        if topic == self._topic:
            self._own_state(payload, retained=retained)
        else:
            self._on_message(topic, payload, retained)

    def _own_state(self, payload: bytes, *, retained: bool) -> None:
        """What the broker holds as this hub's state: publish it again where an older instance's will replaced it."""
        try:
            state = decode_hub_state(payload) if payload else None
        except WireError:
            state = None
        if state is not None and state.instance == self._instance and state.online == self._announced:
            return
        if state is not None and state.online and state.instance != self._instance and not retained:
            self._other_instance_ms = self._now_ms()
            return
        if self._announced:
            _log.info("the hub's retained state was overwritten; publishing it again")
            self._tell(online=True)

    def _announce(self) -> None:
        """A connection came or went."""
        if self._control.up and self.up != self._announced:
            self._tell(online=self.up)
        if not self._control.up:
            self._announced = False  # the will speaks for us

    def _tell(self, *, online: bool) -> None:
        state = HubState(VERSION, self._hub, self._instance, online=online, at=self._now_ms())
        if self._control.publish(self._topic, encode(state), retain=True):
            self._announced = online
