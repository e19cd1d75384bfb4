"""A sensor node: keeps what it measured until the gateway has it on disk. Runs under MicroPython and CPython.

It does no input or output: the board's loop hands it bytes and the time, and sends what it returns.
"""

import struct

from firmware_bridge.node.frames import (
    ACK,
    DESCRIBE,
    EVENT,
    HELLO,
    MAX_FRAME,
    ORDER,
    READINGS,
    RESULT,
    VERSION,
    frame,
    message_of,
    text,
)

WINDOW = 16
AGAIN_MS = 2_000
HELLO_MS = 60_000
_IN_ONE_HELLO = 8
_APART = 48  # of two sequences under way: the gateway remembers 64
_STORED, _UNREADABLE = 0, 1


class Kept:
    """One message that is not acknowledged yet. `body` lacks the age, which is written when it is sent."""

    def __init__(self, kind: int, body: bytes, measured_ms: int) -> None:
        self.kind = kind
        self.body = body
        self.measured_ms = measured_ms
        self.sequence = -1  # not sent yet
        self.sent_ms = 0


class Node:
    """`quantities` are (key, channel, exponent); `orders` names like "switch_on"; `boot` a random number of this start.

    Times are milliseconds that only grow. Mutable.
    """

    def __init__(
        self,
        name: str,
        quantities: list[tuple[str, str, int]],
        orders: list[str],
        boot: int,
        capacity: int = 200,
    ) -> None:
        self.name, self.quantities, self.orders, self.boot = name, quantities, orders, boot
        self.capacity = capacity
        self.dropped = 0
        self._kept: list[Kept] = []
        self._sequence = 0
        self._hello_ms = -HELLO_MS
        self._heard = bytearray()
        self._done: list[int] = []  # numbers of the last orders: one told again is not done again

    def measured(self, values: list[tuple[int, int]], now_ms: int) -> None:
        """Values as (index of the quantity, value / 10^exponent)."""
        body = bytes((len(values),)) + b"".join(struct.pack(">Bi", index, value) for index, value in values)
        self._keep(Kept(READINGS, body, now_ms))

    def happened(self, kind: str, what: str, now_ms: int) -> None:
        """A card was shown, a button pressed, a door opened."""
        self._keep(Kept(EVENT, text(kind) + text(what), now_ms))

    def receive(self, data: bytes, now_ms: int) -> list[tuple[int, str]]:
        """Bytes from the gateway; returns the orders in them as (number, name), to be answered with `answer`."""
        orders = []
        self._heard += data
        while b"\x00" in self._heard:
            end = bytes(self._heard).find(b"\x00")
            message = message_of(bytes(self._heard[:end]))
            self._heard = bytearray(self._heard[end + 1 :])
            if message is not None and message[0] >> 4 == VERSION:
                orders += self._take(message, now_ms)
        if len(self._heard) > MAX_FRAME:
            self._heard = bytearray()
        return orders

    def answer(self, number: int, done: bool, reason: str = "") -> bytes:  # noqa: FBT001 MicroPython boards call it plainly
        """The frame that ends an order."""
        return frame(RESULT, 0, bytes((number, 0 if done else 1)) + text(reason))

    def step(self, now_ms: int) -> bytes:
        """What has to be sent now. Call it after every `receive` and at least ten times a second."""
        out = b""
        if now_ms - self._hello_ms >= HELLO_MS:
            self._hello_ms = now_ms
            out += self._hello()
        under_way = 0
        for kept in self._kept:
            if under_way >= WINDOW:
                break
            under_way += 1
            if kept.sequence < 0:
                if (self._sequence - self._kept[0].sequence) % 256 > _APART and under_way > 1:
                    break
                kept.sequence = self._next()
            elif now_ms - kept.sent_ms < AGAIN_MS:
                continue
            kept.sent_ms = now_ms
            age = struct.pack(">I", now_ms - kept.measured_ms)
            out += frame(kept.kind, kept.sequence, age + kept.body)
        return out

    def waiting(self) -> int:
        """Messages the gateway has not acknowledged."""
        return len(self._kept)

    def _keep(self, kept: Kept) -> None:
        if len(self._kept) >= self.capacity:
            waiting = [one for one in self._kept if one.sequence < 0]
            readings = [one for one in waiting if one.kind == READINGS]
            self.dropped += 1
            if kept.kind == READINGS and not readings:
                return
            oldest = readings or waiting or self._kept
            self._kept.remove(oldest[0])
        self._kept.append(kept)

    def _take(self, message: bytes, now_ms: int) -> list[tuple[int, str]]:
        kind = message[0] & 0x0F
        if kind == ACK and len(message) > 2 and message[2] in (_STORED, _UNREADABLE):  # noqa: PLR2004 the status
            self.dropped += message[2]
            self._kept = [kept for kept in self._kept if kept.sequence != message[1]]
        elif kind == DESCRIBE:
            self._hello_ms = now_ms - HELLO_MS
        elif kind == ORDER and len(message) > 3:  # noqa: PLR2004 number and length
            number, size = message[2], message[3]
            if number not in self._done:
                self._done = self._done[-7:] + [number]  # noqa: RUF005 MicroPython knows no stars in lists
                return [(number, message[4 : 4 + size].decode())]
        return []

    def _hello(self) -> bytes:
        """One HELLO for every eight quantities."""
        out = b""
        for first in range(0, max(1, len(self.quantities)), _IN_ONE_HELLO):
            told = self.quantities[first : first + _IN_ONE_HELLO]
            content = struct.pack(">I", self.boot) + text(self.name) + text("classhub-node 1")
            content += bytes((len(self.quantities), first, len(told)))
            for key, channel, exponent in told:
                content += text(key) + text(channel) + struct.pack(">b", exponent)
            orders = self.orders if first == 0 else []
            content += bytes((len(orders),)) + b"".join(text(name) for name in orders)
            out += frame(HELLO, self._next(), content)
        return out

    def _next(self) -> int:
        sequence, self._sequence = self._sequence, (self._sequence + 1) % 256
        return sequence
