"""One MQTT connection, used once: paho's thread speaks, its news arrive in the event loop."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from wire.address import host_port
from wire.tls_fault import tls_fault

_CONNACK_S = 5.0
_SUBACK_S = 8.0
_MOST_UNHANDLED = 1_000
_AT_ONCE = 100
_STALLED_S = 30.0


class LinkError(Exception):
    """The connection could not be made or was lost; `refused` says that the broker does not want us."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        self.refused = refused
        super().__init__(reason)


class LinkSettings(msgspec.Struct, frozen=True):
    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    keepalive_s: int = 15
    clean_session: bool = True
    manual_ack: bool = False

    @property
    def where(self) -> str:
        return host_port(self.host, self.port)


class Arrived(msgspec.Struct, frozen=True):
    """A message as it came; `mid` and `qos` are for `acknowledge`, `again` says that it may have come before."""

    topic: str
    payload: bytes
    retained: bool
    mid: int
    qos: int
    again: bool = False


class Link:
    """Callbacks run in the event loop: `on_message`, `on_published(mid)`, and `lost` is set with the reason once.

    Raises LinkError where the certificates cannot be read.
    """

    def __init__(self, settings: LinkSettings, will: tuple[str, bytes] | None = None) -> None:
        self.settings = settings
        self.on_message: Callable[[Arrived], None] = lambda _: None
        self.on_published: Callable[[int], None] = lambda _: None
        self.session_present = False
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._subscribed: dict[int, asyncio.Future[None]] = {}
        self._unhandled = threading.BoundedSemaphore(_MOST_UNHANDLED)
        self._encryption: Encryption | None = None
        self._client = self._new_client(will)

    def _new_client(self, will: tuple[str, bytes] | None) -> Client:
        settings = self.settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=settings.clean_session,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,  # a lost connection is given up: nothing of it may be sent again by itself
            manual_ack=settings.manual_ack,
        )
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        if settings.ca_file is not None:
            try:
                self._encryption = Encryption.of(settings.ca_file)
                client.tls_set_context(self._encryption)
            except OSError as broken:  # it was read at the start: somebody took it away since
                raise LinkError(f"broker.ca_file {settings.ca_file}: {broken}") from broken
        if will is not None:
            client.will_set(*will, qos=1, retain=True)
        client.max_inflight_messages_set(_AT_ONCE)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    # ── for the event loop ─────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, connect_s: float) -> None:
        """Connect and be accepted. Raises LinkError."""
        self._client.connect_timeout = connect_s
        settings = self.settings
        try:
            await asyncio.to_thread(self._client.connect, settings.host, settings.port, settings.keepalive_s)
            self._client.loop_start()
            async with asyncio.timeout(_CONNACK_S):
                await self._first_of(self._connected)
        except TimeoutError as late:
            raise LinkError("the broker does not answer") from late
        except (OSError, ValueError) as broken:
            fault = None
            if self._encryption is not None:
                self._encryption.close_last()
                fault = tls_fault(broken, settings.host)
            raise LinkError(fault.both() if fault else str(broken) or type(broken).__name__) from broken
        if self._connected.done():
            self._connected.result()
            return
        raise LinkError(self.lost.result())

    async def subscribe(self, topics: list[str]) -> None:
        """Returns when the broker has confirmed. Raises LinkError."""
        code, mid = self._client.subscribe([(topic, 1) for topic in topics])
        if code is not MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise LinkError(f"cannot subscribe: {code}")
        confirmed = self._subscribed.setdefault(mid, self._loop.create_future())
        try:
            async with asyncio.timeout(_SUBACK_S):
                await self._first_of(confirmed)
        except TimeoutError as late:
            raise LinkError("the broker does not confirm the subscription") from late
        if not confirmed.done():
            raise LinkError(self.lost.result())
        confirmed.result()

    async def _first_of(self, confirmed: asyncio.Future[None]) -> None:
        """Until `confirmed` is done or the connection is lost."""
        either: list[asyncio.Future[Any]] = [confirmed, self.lost]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Hand over at QoS 1; the message id. Raises LinkError."""
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkError(f"cannot publish: {sent.rc}")
        return sent.mid

    def acknowledge(self, message: Arrived) -> None:
        """With `manual_ack`: the broker may forget this message."""
        self._client.ack(message.mid, message.qos)

    async def close(self) -> None:
        """Say good-bye and end the thread."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        if not self.lost.done():
            self.lost.set_result("closed")
        self._let_go()
        for future in (self._connected, *self._subscribed.values()):
            if future.done() and not future.cancelled():
                future.exception()  # looked at: nobody may be waiting for it any more
            else:
                future.cancel()

    def _let_go(self) -> None:
        """Without these circles paho's sockets are closed as soon as nobody holds the link."""
        client = self._client
        client.on_connect = client.on_disconnect = client.on_message = client.on_publish = client.on_subscribe = None
        self.on_message, self.on_published = (lambda _: None), (lambda _: None)

    # ── in paho's thread ───────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, action: Callable[..., None], *arguments: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action, *arguments)

    def _on_connect(self, _client: Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        refusal = LinkError(f"the broker refuses: {reason}", refused=True) if reason.is_failure else None
        self.session_present = bool(flags.session_present)
        self._tell(_finish, self._connected, refusal)

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._tell(self._set_lost, str(reason))

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        # Blocking here lets TCP hold the broker back, instead of a queue that grows.
        self._unhandled.acquire(timeout=_STALLED_S)
        arrived = Arrived(
            message.topic, bytes(message.payload), bool(message.retain), message.mid, message.qos, bool(message.dup)
        )
        self._tell(self._handle, arrived)

    def _on_publish(self, _client: Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        self._tell(self._handle_published, mid)

    def _on_subscribe(self, _client: Client, _data: Any, mid: int, reasons: Any, _properties: Any) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        self._tell(
            self._confirm, mid, LinkError("the broker refuses a subscription", refused=True) if refused else None
        )

    # ── back in the event loop ─────────────────────────────────────────────────────────────────────────────────────

    def _handle(self, message: Arrived) -> None:
        try:
            self.on_message(message)
        finally:
            with contextlib.suppress(ValueError):  # after a stall one may have passed without acquiring
                self._unhandled.release()

    def _handle_published(self, mid: int) -> None:
        self.on_published(mid)

    def _confirm(self, mid: int, refusal: LinkError | None) -> None:
        _finish(self._subscribed.setdefault(mid, self._loop.create_future()), refusal)

    def _set_lost(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)


class Encryption(ssl.SSLContext):
    """Paho forgets a socket whose handshake failed, open: this remembers the last one, so that it can be closed."""

    last: ssl.SSLSocket | None = None

    @classmethod
    def of(cls, ca_file: Path) -> Self:
        """Names are checked, as everything is. Raises OSError where the certificates cannot be read."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(ca_file)
        return context

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        self.last = super().wrap_socket(*arguments, **named)
        return self.last

    def close_last(self) -> None:
        if self.last is not None:
            self.last.close()


def _finish(future: asyncio.Future[None], refusal: LinkError | None) -> None:
    if future.done():
        return
    if refusal is None:
        future.set_result(None)
    else:
        future.set_exception(refusal)
