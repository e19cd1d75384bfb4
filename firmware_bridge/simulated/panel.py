"""What every simulated display is, whatever its language; and putting one behind a network port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_HEAD = 8  # bytes in which every language says how long a command is


class Panel:
    """On or off, with a source, a loudspeaker and an age; the bytes are in the subclasses.

    `silent` says nothing, `refuses` says no to every order. `number` is the set number it goes by.
    """

    number = 1

    def __init__(self, source: str = "hdmi1") -> None:
        self.on, self.source, self.muted = True, source, False
        self.hours, self.celsius = 4660, 41
        self.silent = self.refuses = False
        self.orders: list[bytes] = []
        self._heard = b""

    def power(self, at_s: float) -> None:  # noqa: ARG002 a display does not mind when
        self._heard = b""

    def speak(self, at_s: float) -> bytes:  # noqa: ARG002 it speaks when asked
        return b""

    def receive(self, data: bytes, at_s: float) -> bytes:  # noqa: ARG002
        self._heard = (self._heard + data)[-256:]
        answer = b""
        while (frame := self.frame()) is not None:
            answer += self.answer(frame)
        return b"" if self.silent else answer

    def frame(self) -> bytes | None:
        """The next whole command, taken out of what was heard; by default a line ending with CR."""
        line, end, rest = self._heard.partition(b"\r")
        if not end:
            return None
        self._heard = rest
        return line

    def answer(self, frame: bytes) -> bytes:
        raise NotImplementedError

    def _take(self, start: bytes, size: Callable[[bytes], int]) -> bytes | None:
        at = self._heard.find(start)
        self._heard = self._heard[at:] if at >= 0 else b""
        if len(self._heard) < _HEAD and (not self._heard or len(self._heard) < size(self._heard.ljust(_HEAD, b"\0"))):
            return None
        length = size(self._heard)
        if len(self._heard) < length:
            return None
        found, self._heard = self._heard[:length], self._heard[length:]
        return found

    def _set(self, *, on: bool | None = None, source: str | None = None, muted: bool | None = None) -> bool:
        """Whether the order is carried out."""
        if self.refuses or (source is not None and not self.on):
            return False
        self.on = self.on if on is None else on
        self.source = self.source if source is None else source
        self.muted = self.muted if muted is None else muted
        return True


@asynccontextmanager
async def on_tcp(panel: Panel, port: int = 0) -> AsyncIterator[int]:
    """The panel behind its own network port, or behind a serial server; its answers come in pieces. The port."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = asyncio.current_task()
        if mine is not None:
            talks.add(mine)
        try:
            while data := await reader.read(256):
                answer = panel.receive(data, 0.0)
                for start in range(0, len(answer), 3):
                    writer.write(answer[start : start + 3])
                    await writer.drain()
                    await asyncio.sleep(0.001)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in talks:
            one.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()
