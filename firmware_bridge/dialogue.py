"""How one talks with a device over an opened line, still without any input or output: bytes and time in, bytes out."""

from typing import Protocol, runtime_checkable

import msgspec

from firmware_bridge.conversation import Heard
from firmware_bridge.framing.frame import BadFrame
from wire.orders import Order
from wire.text import Text


class Turn(msgspec.Struct, frozen=True):
    """What came of one call: bytes to send now, and what was understood, oldest first.

    `hang_up` says why the talk cannot go on (a wrong password): the line is closed, and opened again much later.
    """

    send: bytes = b""
    heard: tuple[Heard | BadFrame, ...] = ()
    hang_up: Text | None = None


class Dialogue(Protocol):
    """One device on one opened line; mutable, a new one for every opened line. Times are monotonic seconds.

    The shell calls `begin` once, `receive` with bytes as they come, and `idle` whenever nothing came for a while or
    `due_s` has passed. A dialogue never waits, sleeps or raises for what a device sends.
    """

    @property
    def due_s(self) -> float:
        """When `idle` must be called even if the line is not silent; infinity where never."""
        ...

    @property
    def waiting(self) -> bool:
        """Whether an answer is outstanding: on a bus nobody else may talk now."""
        ...

    def begin(self, now_s: float) -> Turn:
        """The line has just been opened."""
        ...

    def receive(self, data: bytes, now_s: float) -> Turn:
        """Bytes came."""
        ...

    def idle(self, now_s: float) -> Turn:
        """Nothing came for the line's quiet time, or `due_s` has passed."""
        ...

    def order(self, order: Order, now_s: float) -> Turn:
        """Take an order; its end is told later (or now) as a Heard with the meaning Ended."""
        ...


@runtime_checkable
class Acknowledging(Protocol):
    """A dialogue whose device keeps what it measured until it is told that it is safe."""

    def stored(self, receipt: int, now_s: float) -> Turn:
        """What came with this receipt is on the gateway's disk."""
        ...


@runtime_checkable
class Revocable(Protocol):
    """A dialogue that keeps orders until their turn comes."""

    def revoke(self, order: str) -> None:
        """Nobody waits for this order any more: it must not be sent later. Nothing, where it has been sent."""
        ...


@runtime_checkable
class Describing(Protocol):
    """A dialogue whose device says itself which orders it takes."""

    def accepts(self) -> list[str]:
        """Orders as `display_off` or `display_input:hdmi1`; empty until it has said so."""
        ...


@runtime_checkable
class Punctual(Protocol):
    """A dialogue whose device has a clock of its own to be compared with ours."""

    def time_is(self, unix_s: float | None, now_s: float) -> None:
        """The gateway's time, None where it is not known; told before every other call."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A dialogue that must not forget something over connections and restarts: how far a log was read."""

    def recall(self, kept: dict[str, str]) -> None:
        """What was kept last; told once, before `begin`."""
        ...

    def kept(self) -> dict[str, str]:
        """What to keep now: small, and without anything personal."""
        ...


@runtime_checkable
class Parting(Protocol):
    """A dialogue that may hold its device in a state nobody should find it in."""

    def parting(self) -> bytes:
        """What the device must hear before we close the line ourselves; empty where it is as it should be."""
        ...
