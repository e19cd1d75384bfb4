"""An end for one request, whatever a server does: a byte now and then keeps every read within its own limit, in the
headers for days. When the time is over the connection is cut, and the read ends as one that was broken off.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Any, Self

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_here = threading.local()


class Deadline:
    """Cuts the connection this thread uses inside the block at `until_s` (monotonic)."""

    def __init__(self, until_s: float) -> None:
        self._lock, self._over = threading.Lock(), False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(0.0, until_s - time.monotonic()), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _here.deadline = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _here.deadline = None
        with self._lock:
            self._socket = None  # it may serve another request by now

    def watch(self, connection: socket.socket | None) -> None:
        with self._lock:
            self._socket = connection
        if self._over:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self._over = True
            if self._socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # under TLS too: its own would unwrap it


def _watched(connection: socket.socket | None) -> None:
    deadline: Deadline | None = getattr(_here, "deadline", None)
    if deadline is not None:
        deadline.watch(connection)


class _Plain(HTTPConnection):
    def request(self, *args: Any, **named: Any) -> None:
        super().request(*args, **named)
        _watched(self.sock)


class _Secure(HTTPSConnection):
    def request(self, *args: Any, **named: Any) -> None:
        super().request(*args, **named)
        _watched(self.sock)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


def pool_manager(**settings: Any) -> urllib3.PoolManager:
    manager = urllib3.PoolManager(**settings)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return manager
