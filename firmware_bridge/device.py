"""What a device is to the bridge: one frozen declaration; and what one of its frames can mean."""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from firmware_bridge.framing.shape import Shape
from firmware_bridge.pins import Pin
from wire.orders import OrderKind, Result
from wire.text import Text

if TYPE_CHECKING:
    from firmware_bridge.dialogue import Dialogue

Values = dict[str, float | str]


class Measured(msgspec.Struct, frozen=True):
    """A measurement, in the units of wire.quantities. `channel` names one of several parts: device `{id}-{channel}`.

    `age_ms` is how long ago it was measured, None for now. With a `receipt` the dialogue is told when it is on disk.
    """

    values: Values
    channel: str = ""
    age_ms: int | None = None
    receipt: int | None = None


class Scheme(StrEnum):
    """How somebody showed who they are."""

    CARD = "card"
    FINGERPRINT = "fingerprint"
    FACE = "face"
    PIN = "pin"
    CODE = "code"  # a printed bar or QR code
    UNKNOWN = "unknown"


class Identified(msgspec.Struct, frozen=True):
    """Somebody showed a card, finger or code. What it means for the register is decided elsewhere.

    `reference` is what the device knows the person by (card number, template place, user number): text, never a name.
    `device_time` is the device's own clock as it says it ("2026-09-05T07:05:30", no offset), None where it has none.
    `age_ms` and `receipt` as in Measured.
    """

    scheme: Scheme
    reference: str
    device_time: str | None = None
    details: dict[str, str | int | float | bool] = {}
    age_ms: int | None = None
    receipt: int | None = None


class Happened(msgspec.Struct, frozen=True):
    """Something else that happened, told as an event of this kind."""

    kind: str
    data: dict[str, Any] = {}
    age_ms: int | None = None
    receipt: int | None = None


class WarmingUp(msgspec.Struct, frozen=True):
    """The device says (or shows by an empty frame) that it cannot measure yet: sound, but not data."""


class Answer(msgspec.Struct, frozen=True):
    """The device's answer to a command that is not a poll; `reason` says why it was refused, where that is known."""

    code: int
    accepted: bool
    reason: Text | None = None


class Echo(msgspec.Struct, frozen=True):
    """Our own command read back: a half-duplex adapter, a capture of both directions. Not data, and not an error."""


class Noted(msgspec.Struct, frozen=True):
    """The device said something that is neither data nor an error: its version, its list of quantities, a greeting.

    `again`: it said this before, because nobody acknowledged it.
    """

    text: Text
    again: bool = False


class Ended(msgspec.Struct, frozen=True):
    """An order given to this device has ended (only from a Dialogue)."""

    order: str
    result: Result
    detail: Text | None = None
    confirmed: bool = True  # False: the device never answers such an order, so it was sent and no more is known


class Unusable(msgspec.Struct, frozen=True):
    """A frame with the right check whose content cannot be a measurement."""

    reason: Text


Meaning = Measured | Identified | Happened | WarmingUp | Answer | Echo | Noted | Ended | Unusable
Decode = Callable[[bytes], Meaning | tuple[Meaning, ...]]
"""One frame may mean several things: three phases, a register and an alarm."""


@runtime_checkable
class Attentive(Protocol):
    """A decode with a memory that has to know what was asked: the answer alone does not say what it holds."""

    def __call__(self, frame: bytes) -> Meaning | tuple[Meaning, ...]: ...

    def asked(self, request: bytes) -> None:
        """Told when a request has been sent."""
        ...


class Command(msgspec.Struct, frozen=True):
    """An order as this device wants it said; `caution` is shown to the person who is about to send it."""

    kind: OrderKind
    data: bytes
    what: Text
    value: str = ""
    caution: Text | None = None
    answered: bool = True  # whether the device confirms it
    code: int | None = None  # of the Answer that confirms it, where answers say what they answer

    @property
    def name(self) -> str:
        """`display_input:hdmi1`."""
        return f"{self.kind}:{self.value}" if self.value else str(self.kind)


class Options(msgspec.Struct, frozen=True):
    """What a particular device needs to be told besides its kind. Secrets never leave it."""

    address: int | None = None
    password: str | None = None
    utc_offset_min: int = 420  # of the device's own clock, where it tells a time without offset: Asia/Ho_Chi_Minh
    datagrams: bool = False  # each piece of the line is one whole message: UDP
    pins: tuple[Pin, ...] = ()


def _never(_: Values) -> bool:
    return False


class Device(msgspec.Struct, frozen=True):
    """One kind of device. `decode` gets whole frames with the right check only.

    Times are seconds. `polls` empty: the device talks by itself; otherwise each is sent in turn, the next when the one
    before was answered or `answer_s` has passed. `interval_s` is how often a measurement is expected, and how often all
    polls are sent; `spacing_s` the least distance of two readings handed on (a device in a hurry repeats one).
    `start` is written when the line is opened, `wake` when the device has been silent; `turnaround_s` is the silence it
    needs between two frames; `recovery_s` the silence after an unanswered request where a late answer could be taken
    for that to the next one. So long as `settles_s` after an order its effect shows: all polls are sent again then.
    During `warm_up_s` after power came back values are held; `is_placeholder` knows values a device also shows while
    it warms up. `change_driven`: it speaks only when something happens, silence is no fault.
    `errors_apart`: errors come in frames of their own, `error_code` "0" where there is none (displays); otherwise a
    measurement without `error_code` ends the error.

    `decoder` makes a decode with a memory, for frames whose meaning depends on those before; one for each line.
    `at` gives the declaration for another bus address or set number. `dialogue` replaces the plain asking of
    firmware_bridge.asking where one must talk in steps (a login, a search).
    """

    name: str
    title: Text
    baud: int
    frame: Shape
    decode: Decode
    quantities: tuple[str, ...]
    interval_s: float
    polls: tuple[bytes, ...] = ()
    answer_s: float = 0.5
    turnaround_s: float = 0.0
    recovery_s: float = 0.0
    settles_s: float = float("inf")
    spacing_s: float = 0.0
    start: tuple[bytes, ...] = ()
    wake: tuple[bytes, ...] = ()
    warm_up_s: float = 0.0
    is_placeholder: Callable[[Values], bool] = _never
    commands: tuple[Command, ...] = ()
    change_driven: bool = False
    errors_apart: bool = False
    parity: str = "N"
    stop_bits: int = 1
    brief: bool = False  # it hangs up when the talk pauses: that is no fault, the line is opened again
    tcp_port: int | None = None  # where it listens when it hangs on the network
    wiring: Text = Text("", "")  # what the installer must know, for docs/devices.md
    also: tuple[str, ...] = ()  # other names people know it by
    decoder: Callable[[], Decode] | None = None
    at: "Callable[[int], Device] | None" = None
    dialogue: "Callable[[Device, Options], Dialogue] | None" = None
