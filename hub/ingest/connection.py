"""One MQTT connection as an asyncio protocol: greets, subscribes, hands messages on where they are read, pings."""

import asyncio
from collections.abc import Callable, Sequence

from hub.ingest import packets
from hub.ingest.packets import PacketError, Splitter

READ_BYTES = 32 * 1024  # a hundred small messages: then other work in the event loop has its turn
LARGEST_BACKLOG = 4_000_000  # bytes not yet taken by the broker
MOST_UNCONFIRMED = 20_000  # far from the 65,535 numbers there are
SUBSCRIBE_NUMBER = 1


class Connection(asyncio.BufferedProtocol):
    """`on_up` once subscribed, `on_lost` once with the reason. Nothing is called after `close`."""

    def __init__(
        self,
        greeting: bytes,
        subscriptions: Sequence[tuple[str, int]],
        on_message: Callable[[str, bytes, bool], None],
        on_up: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._greeting, self._subscriptions = greeting, subscriptions
        self._on_message, self._on_up, self._on_lost = on_message, on_up, on_lost
        self._loop = asyncio.get_running_loop()
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._splitter = Splitter()
        self._out: list[bytes] = []
        self._number = SUBSCRIBE_NUMBER
        self._unconfirmed = 0
        self._over = False
        self._transport: asyncio.Transport
        self.heard_s = self._loop.time()
        self.closed = asyncio.Event()

    # ---- what the hub says ----

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Send at QoS 1; False where the broker takes nothing. Nothing is sent twice: a new connection begins anew."""
        if self._unconfirmed >= MOST_UNCONFIRMED or self._transport.get_write_buffer_size() > LARGEST_BACKLOG:
            return False
        self._number = self._number % 65_535 + 1
        self._unconfirmed += 1
        self._send(packets.publish(topic, payload, self._number, retain=retain))
        return True

    def ping(self) -> None:
        self._send(packets.PING)

    def close(self) -> None:
        """Say goodbye and leave; `closed` is set once everything is sent."""
        if not self._over:
            self._send(packets.GOODBYE)
            self._flush()
            self._over = True
            self._transport.close()

    def abort(self) -> None:
        """Leave without waiting for anybody."""
        self._over = True
        self._transport.abort()

    def _send(self, packet: bytes) -> None:
        """What is said in one turn of the event loop goes out together: acknowledgements come by the hundred."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packet)

    def _flush(self) -> None:
        if self._out and not self._over:
            self._transport.write(b"".join(self._out))
        self._out = []

    # ---- what asyncio calls ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream is needed")
        self._transport = transport
        transport.write(self._greeting)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()
        self._lost(f"connection lost: {error or 'the broker closed it'}")

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._buffer

    def buffer_updated(self, size: int) -> None:
        self.heard_s = self._loop.time()
        try:
            for first, body in self._splitter.feed(bytes(self._buffer[:size])):
                if first & 0xF0 == packets.PUBLISH:
                    self._published(first, body)
                else:
                    self._control(first, body)
                if self._over:
                    return
        except PacketError as broken:
            self._lost(f"the broker does not speak MQTT: {broken}")

    # ---- inside ----

    def _published(self, first: int, body: bytes) -> None:
        topic, payload, number = packets.published(first, body)
        self._on_message(topic, payload, bool(first & 1))
        if number:
            self._send(packets.acknowledged(number))

    def _control(self, first: int, body: bytes) -> None:
        if first == packets.PUBACK:
            self._unconfirmed -= 1
        elif first == packets.CONNACK:
            code = body[1] if len(body) > 1 else packets.REFUSED
            if code:
                self._lost(f"the broker refused the connection: {packets.REASONS.get(code, code)}")
            else:
                self._send(packets.subscribe(SUBSCRIBE_NUMBER, self._subscriptions))
        elif first == packets.SUBACK:
            codes = zip(self._subscriptions, body[2:], strict=False)
            refused = [topic for (topic, _), code in codes if code & packets.REFUSED]
            if refused:
                self._lost(f"the broker refused to subscribe to {', '.join(refused)}")
            else:
                self._on_up()

    def _lost(self, reason: str) -> None:
        if not self._over:
            self.abort()
            self._on_lost(reason)
