"""A ZKTeco terminal on TCP and UDP, built from the protocol notes (zk-protocol, pyzk) and not from the decoder.

One session at a time; it keeps a log in records of 8, 16 or 40 bytes, sends it in pieces, and tells punches live.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self, cast

_TOP = bytes.fromhex("5050827d")
_FORMS = {8: "<HBIB", 16: "<IIBBHI", 40: "<H24sBIB8s"}


def _one_complement(data: bytes) -> int:
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"<{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def zk_packet(command: int, session: int, reply: int, data: bytes = b"") -> bytes:
    check = _one_complement(struct.pack("<HHHH", command, 0, session, reply) + data)
    return struct.pack("<HHHH", command, check, session, reply) + data


def zk_time(moment: datetime) -> int:
    days = (moment.year % 100) * 12 * 31 + (moment.month - 1) * 31 + moment.day - 1
    return days * 86400 + (moment.hour * 60 + moment.minute) * 60 + moment.second


def zk_key(key: int, session: int) -> bytes:
    """The scrambled key, step by step as the notes tell it."""
    turned = 0
    for bit in range(32):
        turned = turned << 1 | (key >> bit & 1)
    one, two, three, four = struct.pack("<I", (turned + session) % 2**32)
    mixed = (one ^ ord("Z"), two ^ ord("K"), three ^ ord("S"), four ^ ord("O"))
    return bytes((mixed[2] ^ 50, mixed[3] ^ 50, 50, mixed[1] ^ 50))


@dataclass
class Punch:
    user: int
    time: datetime
    status: int = 1
    punch: int = 0


class SimulatedTerminal:
    """`offset_s`: how far its clock is ahead of `clock()`. `log` grows by `somebody`, which also tells it live."""

    def __init__(
        self, clock: datetime, *, size: int = 40, key: int | None = None, serial: str = "A8N5230000001"
    ) -> None:
        self.started = clock
        self.size, self.key, self.serial = size, key, serial
        self.log: list[Punch] = []
        self.disabled = False
        self.wants_events = False
        self.asked: list[int] = []
        self.lose: set[int] = set()  # commands whose next answer is lost
        self.sets_clock = True
        self.small = 1000  # logs up to so many bytes are sent at once
        self.acknowledged = 0
        self._offset = timedelta()
        self._session = 0
        self._trusted = False
        self._buffer = b""
        self._since = asyncio.get_running_loop().time()
        self.outbox: list[bytes] = []

    def now(self) -> datetime:
        passed = asyncio.get_running_loop().time() - self._since
        return (self.started + self._offset + timedelta(seconds=passed)).replace(microsecond=0)

    def hang_up(self) -> None:
        """The connection is gone: with it session and events."""
        self._trusted = self.wants_events = False

    def records(self) -> bytes:
        return b"".join(self._record(one) for one in self.log)

    def _record(self, one: Punch) -> bytes:
        time, form = zk_time(one.time), _FORMS[self.size]
        if self.size == 8:
            return struct.pack(form, one.user, one.status, time, one.punch)
        if self.size == 16:
            return struct.pack(form, one.user, time, one.status, one.punch, 0, 0)
        return struct.pack(form, one.user % 1000, str(one.user).encode(), one.status, time, one.punch, bytes(8))

    def somebody(self, user: int, status: int = 1, punch: int = 0) -> Punch | None:
        """Somebody shows a finger; while disabled the terminal takes nobody."""
        if self.disabled:
            return None
        one = Punch(user, self.now(), status, punch)
        self.log.append(one)
        if self.wants_events:
            t = one.time
            data = str(user).encode().ljust(24, b"\0") + bytes(
                (status, punch, t.year - 2000, t.month, t.day, t.hour, t.minute, t.second)
            )
            self.outbox.append(zk_packet(500, 1, 0, data))
        return one

    def answer(self, packet: bytes) -> list[bytes]:
        """What it says to one packet; nothing to one that is spoilt."""
        if len(packet) < 8:
            return []
        command, check, session, reply = struct.unpack_from("<HHHH", packet)
        if check != _one_complement(packet[:2] + b"\0\0" + packet[4:]):
            return []
        if command == 2000:
            self.acknowledged += 1
            return []
        self.asked.append(command)
        said = self._obey(command, session, packet[8:])
        if command in self.lose:
            self.lose.discard(command)
            return []
        return [zk_packet(code, self._session, reply, data) for code, data in said]

    def _obey(self, command: int, session: int, data: bytes) -> list[tuple[int, bytes]]:  # noqa: C901, PLR0911 a table
        if command == 1000:
            self._session = (self._session + 7919) & 0xFFFF
            self._trusted = self.key is None
            return [(2000 if self._trusted else 2005, b"")]
        if command == 1102:
            self._trusted = data == zk_key(self.key or 0, self._session)
            return [(2000 if self._trusted else 2005, b"")]
        if not self._trusted or session != self._session:
            return [(2005, b"")]
        if command in {1002, 1003}:
            self.disabled = command == 1003
            return [(2000, b"")]
        if command == 201:
            return [(2000, struct.pack("<I", zk_time(self.now())))]
        if command == 202:
            if self.sets_clock:
                self._set(struct.unpack("<I", data)[0])
            return [(2000, b"")]
        if command == 11:
            return [(2000, b"~SerialNumber=" + self.serial.encode() + b"\0")]
        if command == 500:
            self.wants_events = bool(data[0] & 1)
            return [(2000, b"")]
        if command == 50:
            return [(2000, struct.pack("<20i", *(0 if at != 8 else len(self.log) for at in range(20))))]
        if command == 1503:
            return self._prepare(data)
        if command == 1504:
            return self._piece(*struct.unpack("<II", data))
        return [(2000, b"")] if command in {1502, 1013, 1001} else [(0xFFFF, b"")]

    def _set(self, packed: int) -> None:
        rest, second = divmod(packed, 60)
        rest, minute = divmod(rest, 60)
        rest, hour = divmod(rest, 24)
        rest, day = divmod(rest, 31)
        year, month = divmod(rest, 12)
        shown = datetime(2000 + year, month + 1, day + 1, hour, minute, second)  # noqa: DTZ001 without offset
        self._offset += shown - self.now()

    def _prepare(self, data: bytes) -> list[tuple[int, bytes]]:
        if data[:3] != b"\x01\x0d\x00":
            return [(2001, b"")]
        records = self.records()
        self._buffer = struct.pack("<I", len(records)) + records
        if len(self._buffer) <= self.small:
            return [(1501, self._buffer)]
        return [(2000, struct.pack("<BIII", 0, len(self._buffer), len(self._buffer), 0x1234))]

    def _piece(self, start: int, size: int) -> list[tuple[int, bytes]]:
        piece = self._buffer[start : start + size]
        parts = [(1501, piece[at : at + 1024]) for at in range(0, len(piece), 1024)]
        return [(1500, struct.pack("<II", len(piece), 1024)), *parts, (2000, b"")]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, terminal: SimulatedTerminal) -> None:
        self.terminal = terminal
        self.peer: object = None
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.peer = addr
        self.send(self.terminal.answer(data))

    def send(self, packets: list[bytes]) -> None:
        if self.transport is not None and self.peer is not None:
            for packet in packets:
                self.transport.sendto(packet, self.peer)  # type: ignore[arg-type]


@asynccontextmanager
async def on_udp(terminal: SimulatedTerminal) -> AsyncIterator[int]:
    """The terminal on a free loopback UDP port; yields the port."""
    loop = asyncio.get_running_loop()
    transport, datagrams = await loop.create_datagram_endpoint(lambda: _Datagrams(terminal), ("127.0.0.1", 0))

    async def speak() -> None:
        while True:
            said, terminal.outbox = terminal.outbox, []
            datagrams.send(said)
            await asyncio.sleep(0.01)

    speaking = asyncio.create_task(speak())
    try:
        yield int(transport.get_extra_info("sockname")[1])
    finally:
        speaking.cancel()
        transport.close()


class TerminalServer:
    """The terminal on a free loopback TCP port; `spoil` changes what it sends, `cut` ends every connection."""

    def __init__(self, terminal: SimulatedTerminal) -> None:
        self.terminal = terminal
        self.port = 0
        self.connections = 0
        self.pieces = 0  # cut what it sends into pieces of so many bytes
        self.flip_every = 0  # flip a bit of every so manieth packet
        self._sent = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        for writer in self._writers:
            writer.close()
        self.terminal.hang_up()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        speaking = asyncio.create_task(self._speak(writer))
        try:
            while True:
                top = await reader.readexactly(8)
                length = struct.unpack("<I", top[4:])[0]
                if top[:4] != _TOP or length > 100_000:
                    return
                packet = await reader.readexactly(length)
                await self._send(writer, self.terminal.answer(packet))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            speaking.cancel()
            self._writers.discard(writer)
            writer.close()

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        while True:
            said, self.terminal.outbox = self.terminal.outbox, []
            await self._send(writer, said)
            await asyncio.sleep(0.01)

    async def _send(self, writer: asyncio.StreamWriter, packets: list[bytes]) -> None:
        for packet in packets:
            self._sent += 1
            data = bytearray(_TOP + struct.pack("<I", len(packet)) + packet)
            if self.flip_every and self._sent % self.flip_every == 0:
                data[-1] ^= 0x10
            step = self.pieces or len(data)
            for at in range(0, len(data), step):
                writer.write(bytes(data[at : at + step]))
                if self.pieces:
                    await writer.drain()
                    await asyncio.sleep(0)
