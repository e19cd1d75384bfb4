"""Reading in large pieces: whole, in pieces, many at once, over TLS, and a connection that ends in the middle."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hub.ingest.connection import READ_BYTES
from hub.ingest.link import BrokerAddress, Link
from tests.hub.ingest.bench import until
from tests.patience import PATIENCE_S

CONNACK = bytes((0x20, 2, 0, 0))
TOPIC = "edu/v1/s/g/tele"


def publish(payload: bytes) -> bytes:
    """An MQTT PUBLISH of QoS 0."""
    body = len(TOPIC).to_bytes(2) + TOPIC.encode() + payload
    length, digits = len(body), b""
    while length > 127:
        digits, length = digits + bytes((length % 128 + 128,)), length // 128
    return b"\x30" + digits + bytes((length,)) + body


class Script:
    """A broker that accepts and subscribes, then writes what it was given."""

    def __init__(self) -> None:
        self.port = 0
        self.served: set[asyncio.Task[None]] = set()
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self.served.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._packet(reader)
            writer.write(CONNACK)
            subscribe = await self._packet(reader)
            writer.write(b"\x90\x03" + subscribe[:2] + b"\x00")
            self.writers.append(writer)
            await reader.read()
        with suppress(ConnectionError, ssl.SSLError):
            writer.close()
            await writer.wait_closed()

    @staticmethod
    async def _packet(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(2)
        return await reader.readexactly(head[1])


@asynccontextmanager
async def linked(
    heard: list[bytes], tls: ssl.SSLContext | None = None, ca: Path | None = None
) -> AsyncIterator[Script]:
    script = Script()
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, ssl=tls)
    script.port = server.sockets[0].getsockname()[1]
    address = BrokerAddress("127.0.0.1", script.port, ca_file=str(ca) if ca else None)
    link = Link("hub", address, [(TOPIC, 0)], lambda _topic, payload, _: heard.append(payload), lambda: None)
    task = asyncio.create_task(link.run())
    try:
        await until(lambda: link.up and len(script.writers) == 1, "connected")
        yield script
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        server.close()
        await asyncio.wait(script.served, timeout=PATIENCE_S)


async def many_then_one(script: Script, heard: list[bytes]) -> None:
    """More than one reading takes in; then one alone."""
    payloads = [b"%d " % number * 40 for number in range(READ_BYTES // 50)]
    script.writers[-1].write(b"".join(map(publish, payloads)))
    await until(lambda: len(heard) >= len(payloads), "all of a burst")
    assert heard == payloads
    script.writers[-1].write(publish(b"last"))
    await until(lambda: heard[-1] == b"last", "one alone")


async def test_a_burst_larger_than_buffer_and_turn() -> None:
    heard: list[bytes] = []
    async with linked(heard) as script:
        await many_then_one(script, heard)


async def test_packets_cut_anywhere() -> None:
    heard: list[bytes] = []
    stream = publish(b"first") + publish(b"x" * 200) + publish(b"")
    async with linked(heard) as script:
        for at in (*range(1, 30), 100, 243, 244, 245, len(stream) - 1):
            heard.clear()
            script.writers[-1].write(stream[:at])
            await asyncio.sleep(0)
            await until(lambda: len(heard) == (at >= 24) + (at >= 24 + 220), "what is whole")  # noqa: B023  # run now
            script.writers[-1].write(stream[at:])
            await until(lambda: len(heard) == 3, "the rest")
        assert heard == [b"first", b"x" * 200, b""]


async def test_a_connection_that_ends_inside_a_packet_begins_anew() -> None:
    heard: list[bytes] = []
    async with linked(heard) as script:
        script.writers[-1].write(publish(b"whole") + publish(b"half of it")[:-4])
        script.writers[-1].close()
        await until(lambda: len(script.writers) == 2, "connected again")
        script.writers[-1].write(publish(b"again"))
        await until(lambda: len(heard) == 2, "read from its beginning")
        assert heard == [b"whole", b"again"]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of its own for 127.0.0.1, and a server's context with it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    key, made = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -keyout {key} -out {made}"
    subprocess.run([openssl, *words.split(), "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    return made, context


async def test_the_same_over_tls(certificate: tuple[Path, ssl.SSLContext]) -> None:
    heard: list[bytes] = []
    made, context = certificate
    async with linked(heard, context, made) as script:
        await many_then_one(script, heard)
