"""What a framer asks of a protocol: given bytes that begin like a frame, how long is it and is it whole?

A new family (delimiter, Modbus RTU, COBS) is one file with one Shape. `start` may be empty where frames have no fixed
beginning; `measure` then decides alone.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import msgspec

from wire.text import Text

Check = Callable[[bytes], Text | None]
"""What is wrong with a whole frame, or None."""


class Whole(msgspec.Struct, frozen=True):
    """The bytes begin with a sound frame of this size."""

    size: int


class Wrong(msgspec.Struct, frozen=True):
    """The bytes look like a frame and are none: why, and how many bytes the verdict is about."""

    reason: Text
    size: int


class Lost(msgspec.Struct, frozen=True):
    """The bytes are no frame and none can begin inside them: all `size` are given up together.

    With `until`, so is everything up to and with the next of its bytes: the rest of a line is not a line.
    """

    reason: Text
    size: int
    until: bytes = b""


class Skip(msgspec.Struct, frozen=True):
    """So many bytes between frames mean nothing and are no error."""

    size: int


class Stray(msgspec.Struct, frozen=True):
    """No frame begins with the first byte: it is noise."""


class More(msgspec.Struct, frozen=True):
    """Not decidable yet: more bytes are needed. Never an answer to `max_size` bytes or more."""


Verdict = Whole | Wrong | Lost | Skip | Stray | More
STRAY, MORE = Stray(), More()


class Shape(Protocol):
    """How frames of one protocol look."""

    @property
    def start(self) -> bytes:
        """Bytes every frame begins with; may be empty."""
        ...

    @property
    def max_size(self) -> int:
        """No frame is longer; bounds the framer's buffer."""
        ...

    def measure(self, head: bytes) -> Verdict:
        """Judge `head`, which begins with `start` and holds at most `max_size` bytes."""
        ...


@runtime_checkable
class Ending(Protocol):
    """A shape whose frames may end only where the stream does: datagrams put one behind the other."""

    def last(self, head: bytes) -> Verdict:
        """Judge what is left when the line fell silent or the file ended, where `measure` said More."""
        ...
