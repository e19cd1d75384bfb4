"""A line to a device, whatever carries it: bytes in and out without blocking the event loop; and what can go wrong."""

from enum import StrEnum
from typing import Protocol

from wire.text import Text


class Line(Protocol):
    """One open line; used by one task."""

    path: str

    async def read(self, timeout_s: float) -> bytes:
        """What has come, at once or as soon as something comes; empty after `timeout_s`. Raises LinkLost."""
        ...

    def write(self, data: bytes) -> None:
        """Send a short command. Raises LinkLost, also where the line takes no more bytes."""
        ...

    def close(self) -> None:
        """May be called twice, and never waits."""
        ...


class Supply(StrEnum):
    """Where what hangs on a port gets its power, which says when a sensor started cold."""

    PORT = "port"  # a USB adapter: power comes and goes with the plug
    MACHINE = "machine"  # a board's own UART: power comes with the machine
    UNKNOWN = "unknown"  # a pseudo-terminal, or something else


class LinkError(Exception):
    """A port that cannot be used now; the text says why and what mends it. Trying again later is right."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


class PortMissing(LinkError):
    """Nothing is plugged in there."""


class PortBusy(LinkError):
    """Another program has it open."""


class PortForbidden(LinkError):
    """The user may not open it."""


class LinkLost(LinkError):
    """It was open and is gone."""


class TalkRefused(LinkError):
    """The device is there and will not talk with us; asking again soon would not help."""
