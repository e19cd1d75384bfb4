"""The network cable of one gateway: a TCP relay that is pulled out and put back."""

import asyncio
import contextlib
import socket

from demo.plan import HOST

_CHUNK = 65_536


class Cable:
    """Between a gateway and the hub's broker. `pull` breaks what is connected and refuses what comes; the port stays
    taken meanwhile, without anybody listening: it is one of those the system gives to whoever connects somewhere.
    """

    def __init__(self, port: int, target_port: int) -> None:
        self._port, self._target_port = port, target_port
        self._server: asyncio.Server | None = None
        self._kept: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def plug(self) -> None:
        if self._server is None:
            kept, self._kept = self._kept or self._bound(), None
            self._server = await asyncio.start_server(self._accept, sock=kept)

    async def pull(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self._kept = self._bound()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Pulled for good: the port is anybody's again."""
        await self.pull()
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _bound(self) -> socket.socket:
        made = socket.socket()
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((HOST, self._port))
        except OSError:
            made.close()
            raise
        return made

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_writer: asyncio.StreamWriter | None = None
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target_port)
            ways = [asyncio.create_task(_pump(reader, far_writer)), asyncio.create_task(_pump(far_reader, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
        except OSError:
            pass  # the broker is not there: the gateway sees its connection end and tries again
        finally:
            for end in (writer, far_writer):
                if end is not None:
                    end.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
