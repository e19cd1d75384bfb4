"""What a serial device is to the bridge: one frozen declaration; and what one of its frames can mean."""

from collections.abc import Callable

import msgspec

from firmware_bridge.framing.shape import Shape
from wire.text import Text

Values = dict[str, float | str]


class Measured(msgspec.Struct, frozen=True):
    """A measurement, in the units of wire.quantities."""

    values: Values


class WarmingUp(msgspec.Struct, frozen=True):
    """The device says (or shows by an empty frame) that it cannot measure yet: sound, but not data."""


class Answer(msgspec.Struct, frozen=True):
    """The device's answer to a command that is not a poll."""

    code: int
    accepted: bool


class Echo(msgspec.Struct, frozen=True):
    """Our own command read back: a half-duplex adapter, or crossed wires. Not data, and not an error."""


class Unusable(msgspec.Struct, frozen=True):
    """A frame with the right check whose content cannot be a measurement."""

    reason: Text


Meaning = Measured | WarmingUp | Answer | Echo | Unusable


class Command(msgspec.Struct, frozen=True):
    """Something a device can be told; `caution` is shown to the person who is about to send it."""

    name: str
    data: bytes
    what: Text
    caution: Text | None = None


def _never(_: Values) -> bool:
    return False


class Device(msgspec.Struct, frozen=True):
    """One kind of device. `decode` gets whole frames with the right check only.

    Times are seconds. `poll` empty: the device talks by itself. `interval_s` is how often a measurement is expected;
    `spacing_s` the least distance of two readings handed on (a device in a hurry repeats one measurement).
    `start` is written when the line is opened, `wake` when the device has been silent.
    During `warm_up_s` after power came back values are held; `is_placeholder` knows values a device also shows
    while it warms up.
    """

    name: str
    title: Text
    baud: int
    frame: Shape
    decode: Callable[[bytes], Meaning]
    quantities: tuple[str, ...]
    interval_s: float
    poll: bytes = b""
    spacing_s: float = 0.0
    start: tuple[bytes, ...] = ()
    wake: tuple[bytes, ...] = ()
    warm_up_s: float = 0.0
    is_placeholder: Callable[[Values], bool] = _never
    commands: tuple[Command, ...] = ()
    also: tuple[str, ...] = ()  # other names people know it by
