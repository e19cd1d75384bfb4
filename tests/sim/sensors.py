"""Sensors for tests that say exactly what they are told; the ones that behave are in firmware_bridge.simulated."""


class Talker:
    """Says `lines`, one at each turn, whatever it is asked; remembers what it was sent."""

    def __init__(self, *lines: bytes) -> None:
        self.lines, self.heard = list(lines), b""
        self.powered = 0

    def power(self, at_s: float) -> None:
        del at_s
        self.powered += 1

    def receive(self, data: bytes, at_s: float) -> bytes:
        del at_s
        self.heard += data
        return b""

    def speak(self, at_s: float) -> bytes:
        del at_s
        return self.lines.pop(0) if self.lines else b""
