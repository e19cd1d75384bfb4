"""A TCP relay between a program and its server that can be cut (refused) or turned into a black hole."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Self

from tests.patience import PATIENCE_S
from tests.ports import free_port


class Relay:
    """`with Relay(broker.port) as relay: relay.port`. Runs in a thread of its own, so any test may use it.

    - `cut()`: every connection is broken and new ones are refused.
    - `black_hole()`: connections stay and new ones are accepted, but nothing passes in either direction;
      what was sent meanwhile waits, as in the retransmission queue of a real network.
    - `restore()`: as at the start; what waited passes.
    """

    def __init__(self, target_port: int, *, port: int | None = None) -> None:
        self.target_port, self.port = target_port, port or free_port()
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._open: asyncio.Event = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> Self:
        self._thread.start()
        self._do(self._listen)
        return self

    def cut(self) -> None:
        self._do(self._close)

    def black_hole(self) -> None:
        self._loop.call_soon_threadsafe(self._open.clear)

    def restore(self) -> None:
        self._do(self._listen)

    def stop(self) -> None:
        self._do(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _do(self, action: Callable[[], Any]) -> None:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(action(), self._loop)
        done.result(PATIENCE_S)

    async def _listen(self) -> None:
        self._open.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._relay(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_writer: asyncio.StreamWriter | None = None
        ways: list[asyncio.Task[None]] = []
        try:
            await self._open.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
            ways = [
                asyncio.create_task(self._pump(reader, far_writer)),
                asyncio.create_task(self._pump(far_reader, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # the server is not there: the program sees its connection closed
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, far_writer):
                if end is not None:
                    end.transport.abort()
            await asyncio.sleep(0)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
            await self._open.wait()  # a closed end is not seen through a black hole either
