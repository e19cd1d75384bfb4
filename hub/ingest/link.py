"""One MQTT connection inside the event loop that is kept up: reconnects by itself, never raises.

Messages are handled where they are read, so a burst waits in the kernel's socket buffer and at the broker, not in this
process. MQTT is spoken by hub.ingest.packets: a library costs more for a message than all the hub does with it.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from hub.ingest import packets
from hub.ingest.connection import Connection
from wire.address import host_port
from wire.text import Text
from wire.tls_fault import expired, tls_fault

_log = logging.getLogger(__name__)
KEEPALIVE_S = 20
PING_S = KEEPALIVE_S / 2
SILENCE_S = KEEPALIVE_S * 1.5  # a broker that answers no ping for so long is gone, whatever TCP believes
CONNECT_S = 5.0
LEAVE_S = 0.5
FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 5.0
NO_ANSWER = Text("không trả lời", "no answer")


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is and who the hub is to it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None

    @property
    def where(self) -> str:
        return host_port(self.host, self.port)


@dataclass(frozen=True)
class Will:
    topic: str
    payload: bytes


class Link:
    """`run` until cancelled; `publish` whenever; the callbacks are called in the event loop."""

    def __init__(
        self,
        client_id: str,
        address: BrokerAddress,
        subscriptions: list[tuple[str, int]],
        on_message: Callable[[str, bytes, bool], None],
        on_change: Callable[[], None],
        will: Will | None = None,
    ) -> None:
        self._client_id, self._address = client_id, address
        self._subscriptions = subscriptions
        self._on_message, self._on_change = on_message, on_change
        self._greeting = packets.connect(
            client_id, KEEPALIVE_S, address.username, address.password, (will.topic, will.payload) if will else None
        )
        self._connection: Connection | None = None
        self._gone: asyncio.Event
        self._worked = False
        self.up = False
        self.problem = Text("chưa kết nối", "not connected yet")
        self.certificate_ends_ms: int | None = None  # of the broker's, where TLS is spoken
        self.certificate_expired = False

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Hand a message to the broker at QoS 1; False while there is none (nothing is queued then)."""
        return self.up and self._connection is not None and self._connection.publish(topic, payload, retain=retain)

    async def run(self) -> None:
        """Keep the connection until cancelled, then leave it."""
        wait_s = FIRST_RETRY_S
        while True:
            if await self._stay_connected():
                wait_s = FIRST_RETRY_S
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))  # noqa: S311  # spreading, not secrecy
            wait_s = min(wait_s * 2, LONGEST_RETRY_S)

    async def _stay_connected(self) -> bool:
        """One connection, from connecting to losing it. True where it came to work."""
        self._gone, self._worked = asyncio.Event(), False
        try:
            connection = self._connection = await asyncio.wait_for(self._connect(), CONNECT_S)
        except (OSError, ValueError, TimeoutError) as failed:
            self.certificate_expired = expired(failed)
            fault = tls_fault(failed, self._address.host) if self._address.ca_file else None
            self._lost(fault or str(failed) or NO_ANSWER)
            return False
        try:
            await self._watch(connection)
        finally:
            self.up, self._connection = False, None
            await self._leave(connection)
        return self._worked

    async def _connect(self) -> Connection:
        address = self._address
        context = ssl.create_default_context(cafile=address.ca_file) if address.ca_file is not None else None
        transport, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(self._greeting, self._subscriptions, self._on_message, self._ready, self._lost),
            address.host,
            address.port,
            ssl=context,
        )
        self.certificate_expired, self.certificate_ends_ms = False, _ends_ms(transport)
        return connection

    async def _watch(self, connection: Connection) -> None:
        """Until it is lost; pings, and gives up on a broker that keeps silent."""
        wait_s = CONNECT_S
        while not self._gone.is_set():
            try:
                await asyncio.wait_for(self._gone.wait(), wait_s)
            except TimeoutError:
                wait_s = PING_S
                if self.up and asyncio.get_running_loop().time() - connection.heard_s < SILENCE_S:
                    connection.ping()
                else:
                    connection.abort()
                    self._lost(Text("máy chủ MQTT không trả lời", "the broker is silent"))

    async def _leave(self, connection: Connection) -> None:
        connection.close()
        try:
            await asyncio.wait_for(connection.closed.wait(), LEAVE_S)
        except TimeoutError:
            connection.abort()

    def _ready(self) -> None:
        self.up, self._worked, self.problem = True, True, Text("", "")
        _log.info("connected to the broker %s as %s", self._address.where, self._client_id)
        self._on_change()

    def _lost(self, reason: Text | str) -> None:
        problem = reason if isinstance(reason, Text) else Text(reason, reason)
        if self.up or self.problem != problem:
            _log.warning("broker %s: %s", self._address.where, problem.both())
        was_up, self.up, self.problem = self.up, False, problem
        self._gone.set()
        if was_up:
            self._on_change()


def _ends_ms(transport: asyncio.BaseTransport) -> int | None:
    """When the certificate ends that the other side presented; None without TLS."""
    spoken: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    ends = (spoken.getpeercert() or {}).get("notAfter") if spoken is not None else None
    return int(ssl.cert_time_to_seconds(ends) * 1000) if isinstance(ends, str) else None
