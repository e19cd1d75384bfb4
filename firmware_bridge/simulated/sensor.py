"""What hangs on a simulated line."""

from collections.abc import Callable
from typing import Protocol

Level = Callable[[float], float]
"""A value by the seconds given."""


class SimulatedSensor(Protocol):
    """What hangs on a line. `at_s` is seconds on the caller's clock, never going back."""

    def power(self, at_s: float) -> None:
        """Power has come (back)."""
        ...

    def receive(self, data: bytes, at_s: float) -> bytes:
        """Bytes were sent to it; its answer."""
        ...

    def speak(self, at_s: float) -> bytes:
        """What it says by itself by now."""
        ...
