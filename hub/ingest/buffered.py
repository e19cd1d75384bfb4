"""A socket read in large pieces: paho asks for one byte, the length's bytes and the body, each with a call of its own.

Every such call gives the interpreter lock away and waits for it again while DuckDB's thread holds it: a message of the
province shape took four of them and 60 µs of CPU; out of a buffer it takes one for about 250 messages.
"""

import socket
import ssl

import paho.mqtt.client as mqtt

READ_BYTES = 64 * 1024


class BufferedSocket:
    """What paho asks of a socket. Errors and the end of the stream come once the buffer is empty, as from a socket."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._buffer = b""
        self._at = 0

    @property
    def waiting(self) -> bool:
        """Whether there is something to read that no selector will tell of."""
        if self._at < len(self._buffer):
            return True
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.fileno() >= 0 and self._socket.pending() > 0

    def recv(self, size: int) -> bytes:
        if self._at == len(self._buffer):
            self._buffer, self._at = b"", 0
            self._buffer = self._socket.recv(READ_BYTES)
        piece = self._buffer[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def send(self, data: bytes | bytearray) -> int:
        return self._socket.send(data)

    def fileno(self) -> int:
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  # the socket's own signature
        self._socket.setblocking(flag)

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self._socket.setsockopt(level, option, value)

    def close(self) -> None:
        self._buffer, self._at = b"", 0
        self._socket.close()


class BufferedClient(mqtt.Client):
    """paho's client on a buffered socket; whoever drives it reads on while the socket has something `waiting`."""

    def _create_socket(self) -> BufferedSocket:
        """Paho's own hook: it asks no more of what it gets than its `SocketLike`."""
        return BufferedSocket(super()._create_socket())  # type: ignore[arg-type]  # never a websocket here
