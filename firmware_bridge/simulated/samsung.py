"""A Samsung display that speaks MDC, from the manual."""

from typing import ClassVar

from firmware_bridge.simulated.panel import Panel

_ACK, _NAK = 0x41, 0x4E
_POWER, _MUTE, _INPUT = 0x11, 0x13, 0x14


class SamsungPanel(Panel):
    SOURCES: ClassVar[dict[int, str]] = {0x21: "hdmi1", 0x23: "hdmi2", 0x25: "dp1", 0x14: "pc1"}

    def frame(self) -> bytes | None:
        return self._take(b"\xaa", lambda head: head[3] + 5)

    def answer(self, frame: bytes) -> bytes:
        if sum(frame[1:-1]) & 0xFF != frame[-1] or frame[2] not in {self.number, 0xFE}:
            return b""
        command, data = frame[1], frame[4:-1]
        code = next(code for code, name in self.SOURCES.items() if name == self.source)
        if data:
            self.orders.append(frame)
            done = self._order(command, data[0])
            return self._say(_ACK if done else _NAK, command, data[:1] if done else b"\x01")
        told = {
            0x00: bytes((self.on, 20, self.muted, code, 0x10, 0, 0)),
            0x0D: bytes((0, 0, 2, 0, self.celsius, 0)),
            0x11: bytes((self.on,)),
            0x13: bytes((self.muted,)),
            0x14: bytes((code,)),
        }
        return self._say(_ACK, command, told[command]) if command in told else self._say(_NAK, command, b"\x00")

    def _order(self, command: int, value: int) -> bool:
        if command == _POWER:
            return self._set(on=value == 1)
        if command == _MUTE:
            return self._set(muted=value == 1)
        return command == _INPUT and value in self.SOURCES and self._set(source=self.SOURCES[value])

    def _say(self, verdict: int, command: int, data: bytes) -> bytes:
        body = bytes((0xFF, self.number, len(data) + 2, verdict, command)) + data
        return b"\xaa" + body + bytes((sum(body) % 256,))
