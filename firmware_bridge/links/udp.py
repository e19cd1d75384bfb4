"""Datagrams to and from one device (`udp:HOST:PORT`): attendance terminals that speak UDP.

Nothing says that a datagram arrived, nor that anybody is there: silence is noticed by whoever talks. A host that
refuses the port is told as lost.
"""

import asyncio
import contextlib
import socket
from collections import deque
from typing import cast

from firmware_bridge.links.line import LinkError, LinkLost, PortMissing
from wire.address import host_port, split_host_port
from wire.text import Text

PREFIX = "udp:"
LOOK_UP_S = 5.0
MOST_WAITING = 256
"""Datagrams nobody has read yet; more push out the oldest."""


class UdpLine(asyncio.DatagramProtocol):
    """One device's datagrams. Made by `open_udp`; used by one task."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._lost: LinkLost | None = None
        self._something = asyncio.Event()

    async def read(self, timeout_s: float) -> bytes:
        """One whole datagram; empty after `timeout_s`. Raises LinkLost."""
        if not self._something.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._something.wait()
        data = self._waiting.popleft() if self._waiting else b""
        if self._lost is not None:
            if not data:
                raise self._lost
        elif not self._waiting:
            self._something.clear()
        return data

    def write(self, data: bytes) -> None:
        """Send one datagram. Raises LinkLost."""
        if self._lost is not None:
            raise self._lost
        if self._transport is None or self._transport.is_closing():
            raise LinkLost(Text(f"{self.path} đã đóng", f"{self.path} is closed"))
        self._transport.sendto(data)

    def close(self) -> None:
        """May be called twice, and never waits."""
        if self._transport is not None:
            self._transport.abort()

    # ── called by asyncio ──────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # the selector loop's own is no subclass of it

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr  # the socket is connected: nobody else's datagrams come
        if data:
            self._waiting.append(data)
            self._something.set()

    def error_received(self, exc: Exception) -> None:
        self._end(LinkLost(Text(f"{self.path} không nhận: {exc}", f"{self.path} does not take datagrams: {exc}")))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._end(LinkLost(Text(f"{self.path} đã đóng", f"{self.path} is closed")))

    def _end(self, why: LinkLost) -> None:
        self._lost = self._lost or why
        self._something.set()


async def open_udp(address: str) -> UdpLine:
    """A line to `udp:HOST:PORT`. Raises LinkError; trying again later is right."""
    place = split_host_port(address.removeprefix(PREFIX))
    if place is None:
        raise LinkError(Text(f"{address!r} không phải udp:HOST:PORT", f"{address!r} is not udp:HOST:PORT"))
    host, port = place
    where = host_port(host, port)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOK_UP_S):
            _, line = await loop.create_datagram_endpoint(lambda: UdpLine(where), remote_addr=(host, port))
    except TimeoutError:
        raise PortMissing(Text(f"không tìm thấy {where}", f"{where} is not found in time")) from None
    except (socket.gaierror, UnicodeError) as unknown:
        raise PortMissing(
            Text(f"không tìm thấy tên {host}: {unknown}", f"the name {host} is not known: {unknown}")
        ) from unknown
    except OSError as refused:
        why = refused.strerror or str(refused)
        raise LinkError(Text(f"không tới được {where}: {why}", f"{where} cannot be reached: {why}")) from refused
    return line
