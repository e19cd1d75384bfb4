"""A simulated RDM6300, from its specification: it says a card's number over and over while the card lies there."""

from functools import reduce
from operator import xor

_AGAIN_S, _LIES_S = 0.065, 0.4
_VERSION = 0x0D


def card_frame(number: int) -> bytes:
    """STX, version and number and their XOR in hexadecimal letters, ETX."""
    data = bytes((_VERSION, *number.to_bytes(4, "big")))
    return b"\x02" + f"{data.hex()}{reduce(xor, data):02x}".upper().encode() + b"\x03"


class SimulatedCardReader:
    """`show` lays a card on it for a moment; cards shown at once follow one another."""

    def __init__(self) -> None:
        self._waiting: list[int] = []
        self._card: int | None = None
        self._until_s = self._next_s = 0.0

    def show(self, number: int) -> None:
        self._waiting.append(number)

    def power(self, at_s: float) -> None:
        self._card, self._next_s = None, at_s

    def receive(self, data: bytes, at_s: float) -> bytes:  # noqa: ARG002 it does not listen
        return b""

    def speak(self, at_s: float) -> bytes:
        if self._card is None and self._waiting:
            self._card, self._until_s = self._waiting.pop(0), at_s + _LIES_S
        if self._card is None or at_s < self._next_s:
            return b""
        if at_s > self._until_s:
            self._card, self._next_s = None, at_s + _LIES_S
            return b""
        self._next_s = at_s + _AGAIN_S
        return card_frame(self._card)
