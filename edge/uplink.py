"""The session with the broker: hold while the hub is away, send within the window, take in what the hub says.

A connection that shows no sign of life is given up and made anew; whatever was on it is sent again only because the hub
has not acknowledged it, never by the MQTT library.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable

import msgspec

from edge.batches import OutgoingBatch
from edge.dispatch import Dispatch
from edge.link import Arrived, Link, LinkError, LinkSettings
from edge.outbox.schema import OutboxCorruptError
from wire.codec import WireError, decode_ack, decode_hub_state, decode_order, encode
from wire.messages import VERSION, Ack, Command, Configuration, GatewayState, HubState, Stream
from wire.topics import Channel, gateway_topic, hub_topic

log = logging.getLogger(__name__)

HEARTBEAT_S = 30.0
ANSWER_S = 8.0  # a broker that has not confirmed a publish by then (plus time for its bytes on a slow line) is gone
_SLOW_LINE_BYTES_S = 4_000
_MOST_UNCONFIRMED_BYTES = 512 * 1024
_HUB_SILENT_S = 120.0
_CONNECT_S = (3.0, 3.0, 6.0, 10.0)
_RETRY_S = (0.2, 0.5, 1.0, 2.0)
_REFUSED_S = 15.0
_SHORT_S = 5.0
_LOOK_S = 0.5
_ASK_AGAIN_S = (2.0, 5.0, 10.0, 30.0)
_DRAIN_S = 3.0


class UplinkSettings(msgspec.Struct, frozen=True):
    school: str
    gateway: str
    hub: str
    link: LinkSettings
    boot: str


class _Unconfirmed(msgspec.Struct):
    at_s: float
    payload_bytes: int


class Uplink:
    """`state(online)` builds what the gateway says of itself; `on_order` and `on_hub_time` take what the hub says."""

    def __init__(
        self,
        settings: UplinkSettings,
        dispatch: Dispatch,
        state: Callable[[bool], Awaitable[GatewayState]],
        on_order: Callable[[Command | Configuration], None],
        on_hub_time: Callable[[int], None],
    ) -> None:
        self._settings, self._dispatch = settings, dispatch
        self._state, self._on_order, self._on_hub_time = state, on_order, on_hub_time
        self._topics = {channel: gateway_topic(settings.school, settings.gateway, channel) for channel in Channel}
        self._hub_topic = hub_topic(settings.hub)
        self._link: Link | None = None
        self._wake, self._say_state = asyncio.Event(), asyncio.Event()
        self._acks: asyncio.Queue[Ack] = asyncio.Queue(64)
        self._unconfirmed: dict[int, _Unconfirmed] = {}
        self._last_heard_s = self._last_ack_s = self._said_s = 0.0
        self._hub_instance: str | None = None
        self._asked = 0
        self.hub_online = False
        self.connections = 0
        dispatch.wake = self._wake.set

    @property
    def connected(self) -> bool:
        return self._link is not None

    def publish_state(self) -> None:
        """Say the state soon (asked by a command, or because it has changed)."""
        self._say_state.set()

    # ── connections ────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Until cancelled: connect, work, and when the connection is lost connect again."""
        failures, told = 0, ""
        while True:
            began_s, refused, self._link = time.monotonic(), False, None
            try:
                await self._session(_CONNECT_S[min(failures, len(_CONNECT_S) - 1)])
            except LinkError as lost:
                refused = lost.refused
                if failures == 0 or str(lost) != told:
                    log.warning("uplink %s: %s", self._settings.link.where, lost)
                told = str(lost)
            lasted = time.monotonic() - began_s > _SHORT_S
            failures = 0 if lasted and self._last_heard_s > began_s else failures + 1
            pause_s = _REFUSED_S if refused else _RETRY_S[min(failures, len(_RETRY_S) - 1)]
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311  # spreads reconnections, no secret

    async def _session(self, connect_s: float) -> None:
        """One connection from birth to loss. Raises LinkError."""
        will = encode(GatewayState(v=VERSION, online=False, boot=self._settings.boot))
        link = Link(self._settings.link, (self._topics[Channel.STATE], will))
        link.on_message, link.on_published = self._receive, self._confirmed
        try:
            await link.open(connect_s)
            self._begin(link)
            await link.subscribe([self._topics[Channel.ACK], self._topics[Channel.CMD], self._hub_topic])
            await self._publish_state()
            log.info("uplink %s: connected", self._settings.link.where)
            await self._work(link)
        finally:
            self._end()
            await link.close()

    def _begin(self, link: Link) -> None:
        self._link, self.hub_online = link, False
        self._last_heard_s = self._last_ack_s = time.monotonic()
        self._unconfirmed.clear()
        self._asked = 0
        self.connections += 1
        self._dispatch.connected()

    def _end(self) -> None:
        self._link, self.hub_online = None, False
        self._unconfirmed.clear()
        self._dispatch.closed()

    async def _work(self, link: Link) -> None:
        parts = [self._send_for_ever(), self._heartbeat(), self._take_acks(), self._watch()]
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            waited: list[asyncio.Future[None] | asyncio.Future[str]] = [*tasks, link.lost]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            raise LinkError(f"connection lost: {link.lost.result()}")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # ── sending ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _publish(self, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        if self._link is None:
            raise LinkError("not connected")
        mid = self._link.publish(self._topics[channel], payload, retain=retain)
        self._unconfirmed[mid] = _Unconfirmed(time.monotonic(), len(payload))

    async def _publish_state(self) -> None:
        state = await self._state(True)
        self._publish(Channel.STATE, encode(state), retain=True)
        self._said_s = time.monotonic()

    async def _send_for_ever(self) -> None:
        while True:
            self._wake.clear()
            try:
                sent = self._room() and self.hub_online and await self._dispatch.send_some(self._publish_batch)
            except OutboxCorruptError:
                continue  # replaced by a new outbox; its rows come through `dispatch`
            if not sent:
                await self._sleep_until_woken()

    def _publish_batch(self, stream: Stream, batch: OutgoingBatch) -> None:
        self._publish(Channel.TELE if stream is Stream.TELE else Channel.EVENT, batch.payload)

    def _room(self) -> bool:
        """Little may be in the library's hands: what a dead connection holds is memory, nothing else."""
        return sum(item.payload_bytes for item in self._unconfirmed.values()) < _MOST_UNCONFIRMED_BYTES

    async def _sleep_until_woken(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._dispatch.pause_s(time.monotonic())):
                await self._wake.wait()

    async def _heartbeat(self) -> None:
        """The state every 30 s, sooner when asked for or while the hub has not answered the last one."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._say_state.wait()
            if self._say_state.is_set() or time.monotonic() - self._said_s >= self._state_interval_s():
                self._say_state.clear()
                self._asked += 1
                await self._publish_state()

    def _state_interval_s(self) -> float:
        """How long after the last state the next one is due."""
        now_s = time.monotonic()
        retry_s = self._dispatch.retry_s(now_s)
        if retry_s is not None:
            return min(HEARTBEAT_S, max(_ASK_AGAIN_S[0], now_s + retry_s - self._said_s))
        if self.hub_online and not self._dispatch.answered():
            return _ASK_AGAIN_S[min(self._asked, len(_ASK_AGAIN_S) - 1)]
        return HEARTBEAT_S

    async def _watch(self) -> None:
        """Raises LinkError where the connection is open and dead, or the hub is there and deaf to this connection."""
        while True:
            await asyncio.sleep(_LOOK_S)
            now_s = time.monotonic()
            waiting = list(self._unconfirmed.values())
            if waiting:
                allowed_s = ANSWER_S + sum(item.payload_bytes for item in waiting) / _SLOW_LINE_BYTES_S
                if now_s - max(waiting[0].at_s, self._last_heard_s) > allowed_s:
                    raise LinkError(f"the broker has confirmed nothing for {allowed_s:.0f} s: connecting anew")
            if self.hub_online and now_s - self._last_ack_s > _HUB_SILENT_S:
                raise LinkError(f"the hub has answered nothing for {_HUB_SILENT_S:.0f} s: connecting anew")

    # ── receiving ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _confirmed(self, mid: int) -> None:
        self._last_heard_s = time.monotonic()
        if self._unconfirmed.pop(mid, None) is not None and not self._wake.is_set():
            self._wake.set()

    def _receive(self, message: Arrived) -> None:
        self._last_heard_s = time.monotonic()
        try:
            if message.topic == self._topics[Channel.ACK]:
                self._receive_ack(decode_ack(message.payload))
            elif message.topic == self._topics[Channel.CMD]:
                if not message.retained:  # a command kept by a broker is not one given now
                    self._on_order(decode_order(message.payload))
            elif message.topic == self._hub_topic and message.payload:
                self._receive_hub_state(decode_hub_state(message.payload))
        except WireError as broken:
            log.warning("%s: cannot be read and is passed over: %s", message.topic, broken)

    def _receive_ack(self, ack: Ack) -> None:
        if ack.hub != self._settings.hub:
            return
        self._last_ack_s = time.monotonic()
        self._on_hub_time(ack.hub_time)
        if self._acks.full():
            self._acks.get_nowait()  # a later one says more
        self._acks.put_nowait(ack)

    async def _take_acks(self) -> None:
        while True:
            ack = await self._acks.get()
            with contextlib.suppress(OutboxCorruptError):
                if await self._dispatch.acknowledged(ack):
                    self.publish_state()  # another epoch: the hub has to hear of it first
            self._asked = 0
            self._wake.set()

    def _receive_hub_state(self, hub: HubState) -> None:
        if not hub.online:
            if self.hub_online:
                log.info("hub %s is away: holding", hub.hub)
            self.hub_online = False
            self._dispatch.closed()
            return
        if hub.instance != self._hub_instance:
            if self._hub_instance is not None:
                self._dispatch.hub_came_up()
                self._dispatch.closed()  # the new instance has to say first where we stand
            self._hub_instance = hub.instance
        if not self.hub_online:
            self.hub_online = True
            self._last_ack_s = time.monotonic()
            self._asked = 0
            # A hub that just came up answers the retained state by itself: give it a moment before asking.
            self._said_s = time.monotonic() - random.uniform(0, 1)  # noqa: S311  # spreads load, no secret
        self._wake.set()

    # ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def drain(self) -> None:
        """Before the end, and briefly: send what may be sent, wait for the broker's confirmations, say good-bye."""
        deadline_s = time.monotonic() + _DRAIN_S
        await self._until(
            lambda: not (self._unconfirmed or (self.hub_online and self._dispatch.has_fresh())), deadline_s
        )
        if self._link is None:
            return
        with contextlib.suppress(LinkError):
            state = await self._state(False)
            self._publish(Channel.STATE, encode(state), retain=True)
        await self._until(lambda: not self._unconfirmed, deadline_s + 1)

    async def _until(self, done: Callable[[], bool], deadline_s: float) -> None:
        """Until `done`, the deadline or the loss of the connection; every confirmation wakes."""
        while self._link is not None and not done() and time.monotonic() < deadline_s:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S / 10):
                    await self._wake.wait()
