"""Readers that speak by themselves: 125 kHz cards, a Wiegand node, scanners, and one that types like a keyboard."""

import struct


def rdm_frame(number: int, version: int = 0x0D) -> bytes:
    """The RDM6300's frame for a card."""
    data = bytes((version, number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255))
    check = 0
    for byte in data:
        check ^= byte
    return b"\x02" + f"{data.hex()}{check:02x}".upper().encode() + b"\x03"


def wiegand_line(facility: int, card: int) -> bytes:
    """26 bits with their parities, as a text node writes them."""
    middle = f"{facility:08b}{card:016b}"
    even = middle[:12].count("1") % 2
    odd = 1 - middle[12:].count("1") % 2
    return f"{even}{middle}{odd}\r\n".encode()


_KEYS = {**{str(at): 1 + at for at in range(1, 10)}, "0": 11, "a": 30, "b": 48}


def key_events(text: str, at_s: float) -> bytes:
    """What Linux reports while `text` and Enter are typed, as this machine's kernel writes it."""
    events = b""
    for key in [*(_KEYS[letter] for letter in text), 28]:
        for value in (1, 0):
            seconds, micro = int(at_s), round(at_s % 1 * 1e6) % 1_000_000
            events += struct.pack("@llHHi", seconds, micro, 1, key, value)
            events += struct.pack("@llHHi", seconds, micro, 0, 0, 0)
            at_s += 0.002
    return events


class RepeatingReader:
    """Says `said` every 50 ms while something lies there."""

    def __init__(self, said: bytes = b"") -> None:
        self.said = said
        self._next_s = 0.0

    def power(self, at_s: float) -> None:
        self._next_s = at_s

    def receive(self, data: bytes, at_s: float) -> bytes:
        del data, at_s
        return b""

    def speak(self, at_s: float) -> bytes:
        if not self.said or at_s < self._next_s:
            return b""
        self._next_s = at_s + 0.05
        return self.said
