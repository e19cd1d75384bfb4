"""TCP connections to devices: bytes both ways, every way of not being there, memory that stays bounded."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from firmware_bridge.devices import DEVICES
from firmware_bridge.links import tcp
from firmware_bridge.links.line import LinkError, LinkLost, PortMissing
from firmware_bridge.links.opening import open_line
from firmware_bridge.links.tcp import TcpLine, open_tcp
from tests.patience import PATIENCE_S
from tests.ports import free_port

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A server whose connections all end with the test."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = asyncio.current_task()
        assert mine is not None
        talks.add(mine)
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(talk, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in talks:
            one.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()


async def all_of(line: TcpLine, size: int) -> bytes:
    data = b""
    async with asyncio.timeout(PATIENCE_S):
        while len(data) < size:
            data += await line.read(1.0)
    return data


async def read_on(line: TcpLine) -> None:
    while True:
        await line.read(1.0)


def write_on(line: TcpLine) -> None:
    for _ in range(1_000):
        line.write(b"q" * 60_000)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


async def test_bytes_go_both_ways_and_silence_is_empty() -> None:
    async with served(echo) as port:
        line = await open_line(f"tcp:127.0.0.1:{port}", DEVICES["samsung-mdc"])
        line.write(b"ka 01 FF\r")
        assert isinstance(line, TcpLine)
        assert await all_of(line, 9) == b"ka 01 FF\r"
        assert await line.read(0.01) == b""
        line.close()
        line.close()


async def test_names_and_ipv6() -> None:
    async with served(echo) as port:
        line = await open_tcp(f"tcp:localhost:{port}")
        line.write(b"x")
        assert await all_of(line, 1) == b"x"
        line.close()
    async with served(echo, "::1") as port:
        line = await open_tcp(f"tcp:[::1]:{port}")
        line.write(b"y")
        assert await all_of(line, 1) == b"y"
        line.close()


async def test_what_came_before_the_end_is_still_read() -> None:
    async def say_and_go(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"last words")
        writer.close()

    async with served(say_and_go) as port:
        line = await open_tcp(f"tcp:127.0.0.1:{port}")
        assert await all_of(line, 10) == b"last words"
        with pytest.raises(LinkLost, match="closed the connection"):
            await read_on(line)
        with pytest.raises(LinkLost):
            line.write(b"too late")


async def test_a_reset_is_told() -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected: socket.socket = writer.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with served(reset) as port:
        line = await open_tcp(f"tcp:127.0.0.1:{port}")
        with pytest.raises(LinkLost) as lost:
            await read_on(line)
    assert "kết nối" in lost.value.text.vi


async def test_nobody_listens_there() -> None:
    with pytest.raises(LinkError, match="refuses connections") as refused:
        await open_tcp(f"tcp:127.0.0.1:{free_port()}")
    assert "từ chối" in refused.value.text.vi


async def test_a_host_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "CONNECT_S", 0.2)
    full = socket.socket()  # its queue is full: connecting to it hangs, as to a machine that is off
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = [socket.socket() for _ in range(8)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    began_s = time.monotonic()
    with pytest.raises(PortMissing, match="cannot be reached"):
        await open_tcp(f"tcp:127.0.0.1:{full.getsockname()[1]}")
    assert time.monotonic() - began_s < PATIENCE_S  # the machine itself gives up after two minutes
    for one in [*waiting, full]:
        one.close()


@pytest.mark.parametrize("address", ["tcp:", "tcp:host", "tcp:host:0", "tcp:host:port", "tcp:::1:80", "tcp:h:99999"])
async def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(LinkError, match="not tcp:HOST:PORT"):
        await open_tcp(address)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "bad..name"])
async def test_a_name_nobody_knows_is_told(host: str) -> None:
    with pytest.raises(LinkError):
        await open_tcp(f"tcp:{host}:80")


async def test_memory_stays_bounded_in_both_directions() -> None:
    flooded = asyncio.Event()

    async def flood(__: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(40):
            writer.write(b"z" * 10_000)
            await writer.drain()
        writer.write(b"end")
        await writer.drain()
        flooded.set()
        await asyncio.sleep(3_600)

    async with served(flood) as port:
        line = await open_tcp(f"tcp:127.0.0.1:{port}")
        await asyncio.wait_for(flooded.wait(), PATIENCE_S)
        for _ in range(100):  # what is still in the socket's buffers comes too
            await asyncio.sleep(0.002)
        held = await line.read(1.0)
        assert len(held) <= 64 * 1024
        assert held.endswith(b"end")
        with pytest.raises(LinkLost, match="takes no data"):
            write_on(line)
        line.close()
