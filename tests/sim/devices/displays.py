"""Displays that speak in frames of bytes, from the manuals: one class for each language that answers."""

from functools import reduce
from operator import xor
from typing import ClassVar

from firmware_bridge.simulated.panel import Panel


class PhilipsPanel(Panel):
    SOURCES: ClassVar[dict[int, str]] = {0x0D: "hdmi1", 0x06: "hdmi2", 0x0B: "ops"}

    def frame(self) -> bytes | None:
        while self._heard and not 5 <= self._heard[0] <= 20:
            self._heard = self._heard[1:]
        return self._take(self._heard[:1], lambda head: head[0]) if self._heard else None

    def answer(self, frame: bytes) -> bytes:
        if reduce(xor, frame) or frame[1] != self.number or len(frame) < 5:
            return b""
        return self.wrapped(self.words(frame[3], frame[4:-1]))

    def wrapped(self, data: bytes) -> bytes:
        body = bytes((len(data) + 4, self.number, 0x01)) + data
        return body + bytes((reduce(xor, body),))

    def words(self, command: int, data: bytes) -> bytes:
        code = next(code for code, name in self.SOURCES.items() if name == self.source)
        told = {
            0x19: bytes((2 if self.on else 1,)),
            0xAD: bytes((code, 0x09, 0x01, 0x00)),
            0x46: bytes((self.muted,)),
            0x0F: self.hours.to_bytes(2, "big"),
        }
        if command in told:
            return bytes((command,)) + told[command]
        self.orders.append(data)
        if command == 0x18:
            done = self._set(on=data[0] == 2)
        elif command == 0x47:
            done = self._set(muted=data[0] == 1)
        else:
            done = command == 0xAC and data[0] in self.SOURCES and self._set(source=self.SOURCES[data[0]])
        return bytes((0x00, 0x06 if done else 0x15))


class IiyamaPanel(PhilipsPanel):
    def frame(self) -> bytes | None:
        return self._take(b"\xa6", lambda head: head[5] + 6)

    def answer(self, frame: bytes) -> bytes:
        if reduce(xor, frame) or frame[1] != self.number:
            return b""
        return self.wrapped(self.words(frame[7], frame[8:-1]))

    def wrapped(self, data: bytes) -> bytes:
        data = b"\x00\x00" if data == b"\x00\x06" else data  # as seen on hardware
        body = bytes((0x21, self.number, 0, 0, len(data) + 2, 0x01)) + data
        return body + bytes((reduce(xor, body),))


class NecPanel(Panel):
    SOURCES: ClassVar[dict[int, str]] = {0x11: "hdmi1", 0x12: "hdmi2", 0x0F: "dp1"}

    def frame(self) -> bytes | None:
        return self._take(b"\x01", lambda head: 9 + int(head[5:7], 16) if head[5:7].isalnum() else 1)

    def answer(self, frame: bytes) -> bytes:
        if len(frame) < 12 or reduce(xor, frame[1:-2]) != frame[-2] or frame[2] != 0x40 + self.number:
            return b""
        kind, message = frame[4:5], frame[8:-3]
        if message == b"01D6":
            return self._say(b"B", b"0200D6000004000%d" % (1 if self.on else 4))
        if message[:6] == b"C203D6":
            self.orders.append(message)
            return self._say(b"B", (b"00" if self._set(on=message[-1:] == b"1") else b"01") + message)
        return self._parameter(kind, message)

    def _parameter(self, kind: bytes, message: bytes) -> bytes:
        code = next(code for code, name in self.SOURCES.items() if name == self.source)
        now = {b"0060": code, b"008D": 1 if self.muted else 2}
        if message[:4] not in now:
            return self._say(b"D", b"01" + message[:4].ljust(14, b"0"))
        result, value = b"00", now[message[:4]]
        if kind == b"E":
            self.orders.append(message)
            value = int(message[4:], 16)
            if message[:4] == b"008D":
                done = self._set(muted=value == 1)
            else:
                done = value in self.SOURCES and self._set(source=self.SOURCES[value])
            result = b"00" if done else b"01"
        return self._say(b"D" if kind == b"C" else b"F", result + message[:4] + b"000082%04X" % value)

    def _say(self, kind: bytes, message: bytes) -> bytes:
        text = b"\x02" + message + b"\x03"
        body = b"00%c%c%02X" % (0x40 + self.number, kind[0], len(text)) + text
        return b"\x01" + body + bytes((reduce(xor, body),)) + b"\r"


class SonyPanel(Panel):
    """In standby it hears nothing unless its standby function was enabled before."""

    SOURCES: ClassVar[dict[bytes, str]] = {b"\x04\x01": "hdmi1", b"\x04\x02": "hdmi2", b"\x01": "tv1"}
    listens_when_off = False

    def frame(self) -> bytes | None:
        while self._heard and self._heard[0] not in {0x8C, 0x83}:
            self._heard = self._heard[1:]
        if not self._heard:
            return None
        return self._take(self._heard[:1], lambda head: 6 if head[0] == 0x83 else head[3] + 4)

    def answer(self, frame: bytes) -> bytes:
        if sum(frame[:-1]) & 0xFF != frame[-1]:
            return self._say(b"\x04")
        function, data = frame[2], frame[4:-1]
        if frame[0] == 0x83:
            code = next(code for code, name in self.SOURCES.items() if name == self.source)
            told = {0x00: bytes((self.on,)), 0x02: code}
            found = told.get(function)
            return self._say(b"\x03") if found is None else self._say(bytes((0, len(found) + 1)) + found)
        self.orders.append(frame)
        if function == 0x00:
            done = (self.on or self.listens_when_off) and self._set(on=data[0] == 1)
        elif function == 0x01:
            done = self.listens_when_off = data == b"\x01"
        elif function == 0x06:
            done = self._set(muted=data[1] == 1)
        else:
            done = data in self.SOURCES and self._set(source=self.SOURCES[data])
        return self._say(b"\x00" if done else b"\x03")

    def _say(self, data: bytes) -> bytes:
        body = b"\x70" + data
        return body + bytes((sum(body) & 0xFF,))


class PrometheanPanel(Panel):
    SOURCES: ClassVar[dict[int, str]] = {9: "hdmi1", 10: "hdmi2", 18: "ops"}

    def frame(self) -> bytes | None:
        return self._take(b"\xf6", lambda _: 6)

    def answer(self, frame: bytes) -> bytes:
        if sum(frame[:4]) & 0xFF != frame[4] or frame[5] != 0x6F:
            return b""
        command, how, value = frame[1:4]
        if how == 2:
            code = next(code for code, name in self.SOURCES.items() if name == self.source)
            told = {0x01: 1 if self.on else 2, 0x30: code, 0x02: int(self.muted)}
            body = bytes((0xF6, command, 0x02, told.get(command, 0)))
            return body + bytes((sum(body) & 0xFF, 0x6F)) if command in told else b""
        self.orders.append(frame)
        if command == 0x01:
            self._set(on=value == 1)
        elif command == 0x02:
            self._set(muted=value == 1)
        elif value in self.SOURCES:
            self._set(source=self.SOURCES[value])
        return b""


class TePanel(Panel):
    SOURCES: ClassVar[dict[int, str]] = {0x06: "hdmi1", 0x07: "hdmi2", 0x0A: "android"}

    def frame(self) -> bytes | None:
        return self._take(b"\xaa\xbb\xcc", lambda _: 10)

    def answer(self, frame: bytes) -> bytes:
        if sum(frame[3:6]) & 0xFF != frame[6]:
            return b""
        words = tuple(frame[3:6])
        code = next(code for code, name in self.SOURCES.items() if name == self.source)
        told = {
            (1, 2, 0): (0x80, 0 if self.on else 1, 0),
            (2, 0, 0): (0x81, code, 0),
            (3, 3, 0): (0x82, 1, 0 if self.muted else 1),
        }
        if words in told:
            body = bytes(told[words])
            return b"\xaa\xbb\xcc" + body + bytes((sum(body) & 0xFF,)) + b"\xdd\xee\xff"
        self.orders.append(frame)
        if words[0] == 1:
            self._set(on=words[1] == 0)
        elif words[:2] == (3, 1):
            self._set(muted=words[2] == 0)
        elif words[0] == 2 and words[1] in self.SOURCES:
            self._set(source=self.SOURCES[words[1]])
        return b""


class NewlinePanel(Panel):
    SOURCES: ClassVar[dict[int, str]] = {0x52: "hdmi1", 0x53: "hdmi2"}

    def frame(self) -> bytes | None:
        return self._take(b"\x7f", lambda _: 11)

    def answer(self, frame: bytes) -> bytes:
        key = frame[9]
        self.orders.append(frame)
        switched = key in {0, 1} and self._set(on=key == 0)
        done = switched or (key in self.SOURCES and self._set(source=self.SOURCES[key]))
        return b"\x7f\x09" + frame[2:10] + (b"\x01" if done else b"\x00") + b"\xcf"
