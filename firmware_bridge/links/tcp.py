"""A TCP connection as bytes in and out: displays and projectors on the network, and serial servers (`tcp:HOST:PORT`).

Connecting never blocks the event loop and never takes longer than CONNECT_S, a slow name server included: names are
looked up by a thread that nobody waits for at the end. A peer that vanished without a word is noticed by keep-alive.
"""

import asyncio
import contextlib
import errno
import socket
import threading
from ipaddress import ip_address

from firmware_bridge.links.line import LinkError, LinkLost, PortMissing
from wire.address import host_port, split_host_port
from wire.text import Text

PREFIX = "tcp:"
CONNECT_S = 5.0
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 20), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))
_MAX_PENDING = 64 * 1024
_MAX_UNSENT = 64 * 1024
_AWAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ETIMEDOUT}


class TcpLine(asyncio.Protocol):
    """One open connection. Made by `open_tcp`; used by one task."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._transport: asyncio.Transport | None = None
        self._pending = bytearray()
        self._lost: LinkLost | None = None
        self._something = asyncio.Event()

    async def read(self, timeout_s: float) -> bytes:
        """What has come, at once or as soon as something comes; empty after `timeout_s`. Raises LinkLost."""
        if not self._something.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._something.wait()
        data = bytes(self._pending)
        self._pending.clear()
        if self._lost is None:
            self._something.clear()
        elif not data:
            raise self._lost
        return data

    def write(self, data: bytes) -> None:
        """Send a short command. Raises LinkLost, also where the peer takes no more bytes."""
        if self._lost is not None:
            raise self._lost
        if self._transport is None or self._transport.is_closing():
            raise self._ended(None)
        if self._transport.get_write_buffer_size() + len(data) > _MAX_UNSENT:
            raise LinkLost(
                Text(f"{self.path} không nhận dữ liệu nữa", f"{self.path} takes no data any more: is it stuck?")
            )
        self._transport.write(data)

    def close(self) -> None:
        """May be called twice, and never waits: what was not sent yet is thrown away."""
        if self._transport is not None:
            self._transport.abort()

    # ── called by asyncio ────────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 what create_connection makes
        self._transport = transport
        connected: socket.socket = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # a system without these settings still has a connection
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in _KEEPALIVE:
                connected.setsockopt(socket.IPPROTO_TCP, option, value)

    def data_received(self, data: bytes) -> None:
        # Whoever reads too slowly loses the oldest: framing finds its way, memory stays bounded.
        self._pending += data
        del self._pending[:-_MAX_PENDING]
        self._something.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = self._ended(exc)
        self._something.set()

    def _ended(self, why: Exception | None) -> LinkLost:
        if why is None:
            return LinkLost(Text(f"{self.path} đã đóng kết nối", f"{self.path} closed the connection"))
        return LinkLost(Text(f"mất kết nối tới {self.path}: {why}", f"lost the connection to {self.path}: {why}"))


async def open_tcp(address: str) -> TcpLine:
    """Connect to `tcp:HOST:PORT`. Raises LinkError; trying again later is right."""
    place = split_host_port(address.removeprefix(PREFIX))
    if place is None:
        raise LinkError(Text(f"{address!r} không phải tcp:HOST:PORT", f"{address!r} is not tcp:HOST:PORT"))
    host, port = place
    where = host_port(host, port)
    try:
        async with asyncio.timeout(CONNECT_S):
            return await _first([host] if _is_number(host) else await _resolved(host), port, where)
    except TimeoutError:
        raise _away(where) from None
    except socket.gaierror as unknown:
        raise PortMissing(
            Text(f"không tìm thấy tên {host}: {unknown}", f"the name {host} is not known: {unknown}")
        ) from unknown
    except OSError as refused:
        raise _reason(where, refused) from refused


async def _first(addresses: list[str], port: int, where: str) -> TcpLine:
    """The first address that can be connected to. Raises the last one's OSError."""
    for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
        try:
            _, line = await asyncio.get_running_loop().create_connection(lambda: TcpLine(where), address, port)
        except OSError:
            if not left:
                raise
        else:
            return line
    raise OSError(errno.EADDRNOTAVAIL, "no address")


def _is_number(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def _resolved(host: str) -> list[str]:
    """The addresses of a name. Raises socket.gaierror.

    Not by the loop's own executor, which is waited for at the end however long a name server keeps silent.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str], error: OSError | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def look_up() -> None:
        addresses: list[str] = []
        error: OSError | None = None
        try:
            addresses = [str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
        except OSError as failed:
            error = failed
        except UnicodeError:
            error = socket.gaierror(socket.EAI_NONAME, "not a host name")
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(tell, addresses, error)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    return await found


def _reason(where: str, error: OSError) -> LinkError:
    if error.errno == errno.ECONNREFUSED:
        return LinkError(
            Text(
                f"{where} từ chối kết nối: thiết bị đã bật điều khiển qua mạng chưa, đúng cổng chưa?",
                f"{where} refuses connections: is network control turned on there, and is the port right?",
            )
        )
    if error.errno in _AWAY:
        return _away(where)
    why = error.strerror or str(error)
    return LinkError(Text(f"không kết nối được {where}: {why}", f"cannot connect to {where}: {why}"))


def _away(where: str) -> PortMissing:
    return PortMissing(
        Text(
            f"không tới được {where}: thiết bị đã có điện và dây mạng chưa, đúng địa chỉ chưa?",
            f"{where} cannot be reached: has it power and a network cable, and is the address right?",
        )
    )
