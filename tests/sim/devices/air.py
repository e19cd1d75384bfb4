"""Sensors of air that behave as their data sheets say, byte for byte; nothing here comes from the decoders."""

import struct
from collections.abc import Callable


class Streaming:
    """Says `frame` every `period_s`, and answers what it is sent."""

    def __init__(self, frame: bytes, period_s: float = 0.02) -> None:
        self.frame, self.period_s = frame, period_s
        self.streams, self.heard = True, b""
        self._next_s = 0.0

    def power(self, at_s: float) -> None:
        self._next_s, self.heard = at_s, b""

    def speak(self, at_s: float) -> bytes:
        if not self.streams or at_s < self._next_s:
            return b""
        self._next_s = at_s + self.period_s
        return self.frame

    def receive(self, data: bytes, at_s: float) -> bytes:
        del at_s
        self.heard = (self.heard + data)[-64:]
        return self.answer()

    def answer(self) -> bytes:
        return b""

    def command(self, head: bytes, size: int) -> bytes:
        """The next whole command that has come, which is then forgotten; empty where there is none."""
        at = self.heard.find(head)
        if at < 0 or len(self.heard) < at + size:
            return b""
        found, self.heard = self.heard[at : at + size], self.heard[at + size :]
        return found


def plantower(words: list[int], length: int) -> bytes:
    body = struct.pack(f">2sH{len(words)}H", b"BM", length, *(word & 0xFFFF for word in words))
    return body + struct.pack(">H", sum(body) & 0xFFFF)


class Plantower(Streaming):
    """A PMSx003: every command is answered, the read command by a measurement."""

    def answer(self) -> bytes:
        said = b""
        while command := self.command(b"BM", 7):
            if command[5:] != struct.pack(">H", sum(command[:5])):
                continue
            if command[2] == 0xE1:
                self.streams = bool(command[4])
            answer = b"BM\x00\x04" + bytes((command[2], command[4]))
            said += self.frame if command[2] == 0xE2 else answer + struct.pack(">H", sum(answer))
        return said


class Nova(Streaming):
    """An SDS011 or SDS198: `kind` of its data frame, six bytes of data with its number."""

    def __init__(self, kind: int, data: bytes) -> None:
        super().__init__(self.framed(kind, data))

    @staticmethod
    def framed(kind: int, data: bytes) -> bytes:
        return bytes((0xAA, kind)) + data + bytes((sum(data) % 256, 0xAB))

    def answer(self) -> bytes:
        said = b""
        while command := self.command(b"\xaa\xb4", 19):
            if command[17] == sum(command[2:17]) % 256:
                said += self.framed(0xC5, command[2:5] + b"\x00" + self.frame[6:8])
        return said


class Honeywell(Streaming):
    """An HPMA115: streams from power on until it is told to stop; answers reads with its own short frame."""

    def __init__(self, stream: bytes, short: bytes) -> None:
        super().__init__(stream)
        self.short = short + bytes((-sum(short) % 256,))

    def answer(self) -> bytes:
        said = b""
        while command := self.command(b"\x68\x01", 4):
            if sum(command) % 256:
                said += b"\x96\x96"
            elif command[2] == 0x04:
                said += self.short
            else:
                self.streams = {0x20: False, 0x40: True}.get(command[2], self.streams)
                said += b"\xa5\xa5"
        return said


class Winsen(Streaming):
    """A ZH03: streams until it is switched to being asked."""

    def __init__(self, stream: bytes, words: tuple[int, int, int]) -> None:
        super().__init__(stream)
        body = struct.pack(">B3H", 0x86, *words)
        self.short = b"\xff" + body + bytes((-sum(body) % 256,))

    def answer(self) -> bytes:
        said = b""
        while command := self.command(b"\xff\x01", 9):
            if sum(command[1:]) % 256:
                continue
            if command[2] == 0x78:
                self.streams = command[3] == 0x40
            elif command[2] == 0x86:
                said += self.short
        return said


class Sensirion(Streaming):
    """An SPS30: idle until started; new figures once a `period_s`, empty answers in between; cleans while measuring."""

    def __init__(self, figures: tuple[float, ...], period_s: float = 0.02) -> None:
        super().__init__(b"", period_s)
        self.figures, self.streams = figures, False
        self.measuring, self.cleaned = False, 0
        self._fresh_s = 0.0

    def receive(self, data: bytes, at_s: float) -> bytes:
        self.heard = (self.heard + data)[-128:]
        said = b""
        while (start := self.heard.find(b"\x7e")) >= 0 and (end := self.heard.find(b"\x7e", start + 1)) > start:
            content = unstuffed(self.heard[start + 1 : end])
            sound = len(content) >= 4 and sum(content) % 256 == 0xFF
            self.heard = self.heard[end + sound :]  # the end of a spoilt command may begin the next one
            if sound:
                said += self._obey(content[1], at_s)
        return said

    def _obey(self, code: int, at_s: float) -> bytes:
        state, data = 0, b""
        if code in {0x00, 0x01}:
            wanted = code == 0x00
            state = 0x43 if self.measuring is wanted else 0
            self.measuring = wanted
        elif not self.measuring:
            state = 0x43
        elif code == 0x56:
            self.cleaned += 1
        elif code == 0x03 and at_s >= self._fresh_s:
            self._fresh_s = at_s + self.period_s
            data = struct.pack(">10f", *self.figures)
        return stuffed(bytes((0, code, state, len(data))) + data)


def stuffed(content: bytes) -> bytes:
    """Between two 7E, with its check."""
    said = b""
    for byte in content + bytes((0xFF - sum(content) % 256,)):
        said += {0x7E: b"\x7d\x5e", 0x7D: b"\x7d\x5d", 0x11: b"\x7d\x31", 0x13: b"\x7d\x33"}.get(byte, bytes((byte,)))
    return b"\x7e" + said + b"\x7e"


def unstuffed(inside: bytes) -> bytes:
    for code, plain in ((b"\x7d\x5e", b"\x7e"), (b"\x7d\x31", b"\x11"), (b"\x7d\x33", b"\x13"), (b"\x7d\x5d", b"\x7d")):
        inside = inside.replace(code, plain)
    return inside


class Sketch(Streaming):
    """A board that prints a line a measurement, after the chatter of its start."""

    def __init__(self, lines: Callable[[int], str], chatter: bytes = b"") -> None:
        super().__init__(b"")
        self.lines, self.chatter, self._count = lines, chatter, 0

    def speak(self, at_s: float) -> bytes:
        if at_s < self._next_s:
            return b""
        self._next_s, self._count = at_s + self.period_s, self._count + 1
        line = self.lines(self._count).encode() + b"\r\n"
        return self.chatter + line if self._count % 4 == 1 else line
