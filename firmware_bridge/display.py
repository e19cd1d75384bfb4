"""The command table of a display or projector, from which firmware_bridge.display_device makes a Device. Pure.

A make is a table: its words for orders, its questions with how their answers read, and three small things that every
make does in its own way: `frame` (how frames look), `wrap` (a word made a frame) and `hear` (what a frame says).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from firmware_bridge.device import Values
from firmware_bridge.framing.shape import Shape
from wire.orders import OrderKind
from wire.text import Text

REFUSED = Text("thiết bị không nhận lệnh này", "the device refuses this order")

Read = Callable[[bytes], Values | Text]
"""What an answer's value means, or why it means nothing."""


class Kind(StrEnum):
    """What a frame is in a conversation with a display."""

    VALUE = "value"  # the answer to a question
    DONE = "done"  # an order was carried out; may say the new value too
    REFUSED = "refused"
    OURS = "ours"  # sent by us: an echo, or a capture of both directions; `topic` may be the word, here or of another
    ASIDE = "aside"  # sound, and neither a value nor the answer to an order


class Said(msgspec.Struct, frozen=True):
    """What one frame says, about `topic`; where a make's answers do not tell that, about what was asked."""

    kind: Kind
    topic: bytes = b""
    value: bytes = b""
    reason: Text | None = None


class Question(msgspec.Struct, frozen=True):
    """What is asked regularly. `topic` is how the answer names it; None where answers name nothing.

    `shared`: other commands are answered under the same topic, so it is read only where it was asked.
    """

    word: bytes
    read: Read
    topic: bytes | None = None
    shared: bool = False


class Display(msgspec.Struct, frozen=True, kw_only=True):
    """One make's table. Words are what `wrap` makes frames of; an empty word is an order this make does not know.

    `hear` is told the set number that was asked, so that another set of a chain is not taken for it; None: any set.
    """

    name: str
    title: Text
    wiring: Text
    wrap: Callable[[bytes, int], bytes]
    frame: Shape
    hear: Callable[[bytes, int | None], Said]
    on: bytes
    off: bytes
    mute: bytes = b""
    unmute: bytes = b""
    first: tuple[bytes, ...] = ()  # said when the line is opened, so that orders will be heard later
    inputs: Mapping[str, bytes] = {}
    questions: tuple[Question, ...] = ()
    polled: int | None = None  # how many of the questions are asked regularly; the others are understood only
    quantities: tuple[str, ...] = ()
    checked: bool = True  # whether frames carry a check; without one a value counts when it was heard twice
    answered: bool = True  # whether orders are confirmed
    address: int = 0
    addresses: range | None = None  # set numbers that can be chosen; None: it has none
    baud: int = 9600
    answer_s: float = 1.0
    turnaround_s: float = 0.1
    interval_s: float = 30.0
    tcp_port: int | None = None
    also: tuple[str, ...] = ()

    def words(self) -> list[tuple[OrderKind, str, bytes]]:
        """Every order: kind, value, word."""
        plain = [
            (OrderKind.DISPLAY_ON, "", self.on),
            (OrderKind.DISPLAY_OFF, "", self.off),
            (OrderKind.DISPLAY_MUTE, "", self.mute),
            (OrderKind.DISPLAY_UNMUTE, "", self.unmute),
        ]
        inputs = [(OrderKind.DISPLAY_INPUT, name, word) for name, word in self.inputs.items()]
        return [order for order in plain + inputs if order[2]]


# ── How values read ────────────────────────────────────────────────────────────────────────────────────────────────


def coded(quantity: str, codes: Mapping[bytes, float | str]) -> Read:
    """A value that is one of some codes."""

    def read(value: bytes) -> Values | Text:
        if value in codes:
            return {quantity: codes[value]}
        return unknown(quantity, value)

    return read


def counted(quantity: str, number: Callable[[bytes], int | None]) -> Read:
    """A value that is a number; `number` gives None where it is none."""

    def read(value: bytes) -> Values | Text:
        found = number(value)
        return unknown(quantity, value) if found is None else {quantity: float(found)}

    return read


def unknown(quantity: str, value: bytes) -> Text:
    shown = value[:16].hex(" ").upper()
    return Text(f"{quantity}: không hiểu giá trị {shown}", f"{quantity}: value {shown} is not known")


def decimal(value: bytes) -> int | None:
    """A number in ASCII digits, spaces around it allowed."""
    digits = value.strip()
    return int(digits) if digits.isdigit() and len(digits) <= MAX_DIGITS else None


def hexadecimal(value: bytes) -> int | None:
    """A number in ASCII hexadecimal digits."""
    try:
        return int(value, 16) if value.isalnum() and len(value) <= MAX_DIGITS else None
    except ValueError:
        return None


MAX_DIGITS = 8
