"""A PJLink projector on TCP, from the specification: greeting, password, both classes, its habit of hanging up."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_COMMAND = re.compile(r"%([12])([A-Z0-9]{4}) (.{1,128})", re.IGNORECASE)


class PjlinkProjector:
    """What it is and does; every connection begins with the greeting. `idle_s`: it hangs up after so much silence."""

    def __init__(self, password: str | None = None, *, pj_class: int = 2, idle_s: float = 30.0) -> None:
        self.password, self.pj_class, self.idle_s = password, pj_class, idle_s
        self.number = "498e4a67"
        self.power, self.source, self.muted = 0, "31", False
        self.lamps: tuple[int, ...] = (1234,)
        self.filter_hours: int | None = 56
        self.faults = "000000"
        self.sources = ("11", "31", "32")
        self.silent = False
        self.greeting: bytes | None = None
        self.heard: list[str] = []
        self.connections = 0
        self.writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._talk(reader, writer)
        self.writers.discard(writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = "PJLINK 0\r" if self.password is None else f"PJLINK 1 {self.number}\r"
        writer.write(hello.encode() if self.greeting is None else self.greeting)
        proven = self.password is None
        while True:
            async with asyncio.timeout(self.idle_s):
                line = (await reader.readuntil(b"\r"))[:-1].decode()
            self.heard.append(line)
            if not proven:
                proof = hashlib.md5(f"{self.number}{self.password}".encode(), usedforsecurity=False).hexdigest()
                proven = line[:32] == proof
                line = line[32:]
            if not proven:
                writer.write(b"PJLINK ERRA\r")
                return
            if not self.silent:
                writer.write(self.answer(line).encode())

    def answer(self, line: str) -> str:
        found = _COMMAND.fullmatch(line)
        if found is None:
            return ""
        number, command, value = found[1], found[2].upper(), found[3]
        return f"%{number}{command}={self._said(number, command, value)}\r"

    def _said(self, number: str, command: str, value: str) -> str:
        if int(number) > self.pj_class:
            return "ERR1"
        return self._told(command) if value == "?" else self._done(command, value)

    def _told(self, command: str) -> str:
        match command:
            case "POWR":
                return str(self.power)
            case "INPT":
                return self.source if self.power == 1 else "ERR3"
            case "AVMT":
                return ("21" if self.muted else "30") if self.power == 1 else "ERR3"
            case "LAMP":
                burning = int(self.power == 1)
                return " ".join(f"{hours} {burning}" for hours in self.lamps) or "ERR1"
            case "FILT" if self.pj_class > 1 and self.filter_hours is not None:
                return str(self.filter_hours)
        texts = {"CLSS": str(self.pj_class), "INST": " ".join(self.sources), "ERST": self.faults}
        texts |= {"NAME": "A101", "INF1": "EPSON", "INF2": "EB-2250U"}
        return texts.get(command, "ERR1")

    def _done(self, command: str, value: str) -> str:
        if command == "POWR" and value in {"0", "1"} and self.power not in {2, 3}:
            self.power = int(value)
            return "OK"
        if self.power != 1:
            return "ERR3"
        if command == "INPT" and value in self.sources:
            self.source = value
            return "OK"
        if command == "AVMT" and value in {"20", "21"}:
            self.muted = value == "21"
            return "OK"
        return "ERR2" if command == "INPT" else "ERR1"


@asynccontextmanager
async def on_tcp(projector: PjlinkProjector, port: int = 0) -> AsyncIterator[int]:
    """The projector behind a port of this machine; which one."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = asyncio.current_task()
        if mine is not None:
            talks.add(mine)
        await projector.serve(reader, writer)

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in talks:
            one.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()
