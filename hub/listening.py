"""Listening sockets of the hub: every address of a name, and on `::` IPv4 as well as IPv6."""

import asyncio
import errno
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from wire.address import host_port
from wire.text import Text

PORT_WAIT_S = 2.0
BACKLOG = 256
_NOT_HERE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})  # a machine without IPv6, or without IPv4


class PortTaken(Exception):
    """Nobody can listen there; `text` says why and what to change."""

    def __init__(self, host: str, port: int, key: str, reason: str) -> None:
        where = host_port(host, port)
        self.text = Text(
            f"không mở được {where} ({reason}); hãy đổi {key} trong hub.toml hoặc tắt chương trình đang dùng cổng đó",
            f"cannot listen on {where} ({reason}); change {key} in hub.toml or stop what uses it",
        )
        super().__init__(self.text.both())


@contextmanager
def listening(host: str, port: int, key: str = "web.port") -> Iterator[list[socket.socket]]:
    """One socket for each address `host` stands for. Raises PortTaken."""
    with ExitStack() as stack:
        try:
            opened = _sockets(host, port, stack)
        except OSError as failed:
            raise PortTaken(host, port, key, failed.strerror or str(failed)) from failed
        yield opened


def free(host: str, port: int) -> bool:
    """Whether one could listen there now."""
    try:
        with ExitStack() as stack:
            return bool(_sockets(host, port, stack))
    except OSError:
        return False


async def check_free(key: str, host: str, port: int) -> None:
    """Raises PortTaken where somebody listens there. What a killed hub left behind has a moment to go."""
    until = time.monotonic() + PORT_WAIT_S
    while True:
        try:
            with listening(host, port, key):
                return
        except PortTaken:
            if time.monotonic() >= until:
                raise
        await asyncio.sleep(0.1)


def _sockets(host: str, port: int, stack: ExitStack) -> list[socket.socket]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    opened, last = [], OSError(errno.EADDRNOTAVAIL, "no address")
    for family, address in dict.fromkeys((each[0], each[4]) for each in found):
        try:
            opened.append(stack.enter_context(_listener(family, address)))
        except OSError as failed:
            if failed.errno not in _NOT_HERE:
                raise
            last = failed
    if not opened:
        raise last
    return opened


@contextmanager
def _listener(family: socket.AddressFamily, address: tuple[Any, ...]) -> Iterator[socket.socket]:
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address[0] != "::"))
        listener.bind(address)
        listener.listen(BACKLOG)
        yield listener
