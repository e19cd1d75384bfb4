"""One MQTT connection inside the event loop, on paho without a thread: reconnects by itself, never raises.

Messages are handled where they are read, so a burst waits in the kernel's socket buffer and at the broker, not in this
process. paho is used directly: aiomqtt costs twice as much a message (../shared/facts.md section 8).
"""

import asyncio
import logging
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from hub.ingest.buffered import BufferedClient, BufferedSocket

_log = logging.getLogger(__name__)
KEEPALIVE_S = 20
CONNECT_S = 5.0
FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 5.0
BURST = 64  # packets handled before other work in the event loop has its turn


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is and who the hub is to it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None


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
        self._subscriptions, self._will = subscriptions, will
        self._on_message, self._on_change = on_message, on_change
        self._client: mqtt.Client | None = None
        self._gone: asyncio.Event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self._reading_on = False
        self.up = False
        self.problem = "not connected yet"

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> bool:
        """Hand a message to the broker; False while there is none (nothing is queued then)."""
        if not self.up or self._client is None:
            return False
        return self._client.publish(topic, payload, qos, retain).rc == mqtt.MQTT_ERR_SUCCESS

    async def run(self) -> None:
        """Keep the connection until cancelled, then leave it."""
        self._loop = asyncio.get_running_loop()
        wait_s = FIRST_RETRY_S
        try:
            while True:
                if await self._stay_connected():
                    wait_s = FIRST_RETRY_S
                await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))  # noqa: S311  # spreading, not secrecy
                wait_s = min(wait_s * 2, LONGEST_RETRY_S)
        finally:
            self._leave()

    async def _stay_connected(self) -> bool:
        """One connection, from connecting to losing it. True where it came to work."""
        self._gone = asyncio.Event()
        client = self._client = self._new_client()
        worked = False
        try:
            await asyncio.to_thread(client.connect, self._address.host, self._address.port, KEEPALIVE_S)
            while not self._gone.is_set():
                worked = worked or self.up
                client.loop_misc()
                try:
                    await asyncio.wait_for(self._gone.wait(), 1.0)
                except TimeoutError:
                    continue
        except (OSError, ValueError, mqtt.WebsocketConnectionError) as failed:
            self._lost(str(failed))
        finally:
            if not self._gone.is_set():
                self._leave()
        return worked

    def _new_client(self) -> mqtt.Client:
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        address = self._address
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        if address.ca_file is not None:
            client.tls_set(ca_certs=str(Path(address.ca_file)))
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, 1, retain=True)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_message = self._message
        client.on_socket_open = self._socket_open
        client.on_socket_close = self._socket_close
        client.on_socket_register_write = self._want_write
        client.on_socket_unregister_write = self._written
        return client

    # ---- paho's callbacks: in the event loop, but for the first two of a connection (in the connecting thread) ----

    def _socket_open(self, client: mqtt.Client, _data: Any, opened: Any) -> None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.call_soon_threadsafe(self._watch, client, opened)

    def _want_write(self, client: mqtt.Client, _data: Any, opened: Any) -> None:
        self._loop.call_soon_threadsafe(self._watch_writing, client, opened)

    def _watch(self, client: mqtt.Client, opened: Any) -> None:
        if opened.fileno() >= 0:
            self._loop.add_reader(opened.fileno(), self._readable, client, opened)

    def _watch_writing(self, client: mqtt.Client, opened: Any) -> None:
        if opened.fileno() >= 0 and client.want_write():
            self._loop.add_writer(opened.fileno(), client.loop_write)

    def _written(self, _client: mqtt.Client, _data: Any, opened: Any) -> None:
        if opened.fileno() >= 0:
            self._loop.remove_writer(opened.fileno())

    def _socket_close(self, _client: mqtt.Client, _data: Any, closing: Any) -> None:
        number = closing.fileno()
        if number >= 0:
            self._loop.remove_reader(number)
            self._loop.remove_writer(number)

    def _readable(self, client: mqtt.Client, opened: BufferedSocket) -> None:
        """Read on while the buffer holds something, in turns; paho reads one packet a call."""
        for _ in range(BURST):
            client.loop_read()
            if client is not self._client or not opened.waiting:
                return
        if not self._reading_on:  # no selector wakes us for what is in the buffer
            self._reading_on = True
            self._loop.call_soon(self._read_on, client, opened)

    def _read_on(self, client: mqtt.Client, opened: BufferedSocket) -> None:
        self._reading_on = False
        if client is self._client:
            self._readable(client, opened)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            self._lost(f"the broker refused the connection: {code}")
            return
        client.subscribe(self._subscriptions)

    def _subscribed(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _p: Any) -> None:
        refused = [topic for (topic, _), code in zip(self._subscriptions, codes, strict=False) if code.is_failure]
        if refused:
            self._lost(f"the broker refused to subscribe to {', '.join(refused)}")
            return
        self.up, self.problem = True, ""
        _log.info("connected to the broker %s:%s as %s", self._address.host, self._address.port, self._client_id)
        self._on_change()

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._on_message(message.topic, bytes(message.payload), message.retain)

    def _disconnected(self, client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if client is self._client:
            self._lost(f"connection lost: {code}")

    def _lost(self, reason: str) -> None:
        if self.up or self.problem != reason:
            _log.warning("broker %s:%s: %s", self._address.host, self._address.port, reason)
        was_up, self.up, self.problem = self.up, False, reason
        self._gone.set()
        if was_up:
            self._on_change()

    def _leave(self) -> None:
        client, self._client = self._client, None
        self.up = False
        if client is not None:
            client.disconnect()
            opened = client.socket()
            if opened is not None and opened.fileno() >= 0:
                client.loop_write()
                self._socket_close(client, None, opened)
                opened.close()
