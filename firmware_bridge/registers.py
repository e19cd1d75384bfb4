"""What Modbus registers hold: how their bits become a value in the unit of its quantity, and which to read together."""

import math
import struct
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from firmware_bridge.device import Meaning, Measured, Noted, Unusable, Values
from firmware_bridge.modbus import INPUT, Interpret, Read, Words
from wire.quantities import QUANTITIES, Kind
from wire.text import Text

MAX_COUNT = 125
"""No request may ask for more registers."""
MAX_GAP = 8
"""So many registers nobody wants are read along rather than asking twice: a request costs about as much as they do."""


LEAST_FLOAT = 1e-9
"""A float nearer to zero than this is made of bits that are no float: other words, or the wrong order."""


class Form(StrEnum):
    """What the bits of a value are."""

    U16 = "u16"
    S16 = "s16"
    U32 = "u32"
    S32 = "s32"
    F32 = "f32"

    @property
    def width(self) -> int:
        """How many registers it takes."""
        return 1 if self in {Form.U16, Form.S16} else 2


class WordOrder(StrEnum):
    """Which of two registers holds the upper half: the first (as Modbus has it), or the second."""

    BIG = "big"
    LITTLE = "little"


class Register(msgspec.Struct, frozen=True):
    """A value at `address` (counted from 0): raw * `scale` + `offset` in the unit of `quantity`.

    `none` are raw bits that mean "no sensor here". `channel` names one of several parts (l1).
    """

    address: int
    quantity: str
    form: Form = Form.U16
    scale: float = 1.0
    offset: float = 0.0
    word_order: WordOrder = WordOrder.BIG
    channel: str = ""
    none: tuple[int, ...] = ()
    function: int = INPUT

    @property
    def end(self) -> int:
        return self.address + self.form.width


def interpreter(registers: Sequence[Register]) -> Interpret:
    """How a device understands what it answered, from its registers alone."""

    def interpret(function: int, words: Words) -> tuple[Meaning, ...]:
        return readings([one for one in registers if one.function == function], words)

    return interpret


def readings(registers: Sequence[Register], words: Words) -> tuple[Meaning, ...]:
    """One measurement a channel, in the order of the table; then what could not be used."""
    channels: dict[str, Values] = {}
    rest: list[Meaning] = []
    for register in registers:
        if not all(address in words for address in range(register.address, register.end)):
            continue
        found = value(register, words)
        if isinstance(found, float):
            channels.setdefault(register.channel, {})[register.quantity] = found
        else:
            rest.append(found)
    return (*(Measured(values, channel) for channel, values in channels.items()), *rest)


def value(register: Register, words: Words) -> float | Noted | Unusable:
    """The value, or why there is none."""
    raw = _raw(register, words)
    where = f"{register.address} ({register.quantity})"
    if raw in register.none:
        return Noted(Text(f"thanh ghi {where}: không có cảm biến", f"register {where}: no sensor"))
    number = _number(register.form, raw)
    if register.form is Form.F32 and 0 < abs(number) < LEAST_FLOAT:
        return Unusable(
            Text(
                f"thanh ghi {where}: {number:g} không phải số đo: sai thứ tự từ?",
                f"register {where}: {number:g} is no measurement: wrong word order?",
            )
        )
    if not math.isfinite(number):
        return Unusable(Text(f"thanh ghi {where}: không phải số", f"register {where}: not a number"))
    found = _scaled(number, register.scale) + register.offset
    quantity = QUANTITIES[register.quantity]
    if quantity.accepts(found):
        return found
    span = "0/1" if quantity.kind is Kind.STATE else f"{quantity.minimum:g}…{quantity.maximum:g}"
    return Unusable(
        Text(f"thanh ghi {where}: {found:g} nằm ngoài {span}", f"register {where}: {found:g} is outside {span}")
    )


def _raw(register: Register, words: Words) -> int:
    if register.form.width == 1:
        return words[register.address]
    first, second = words[register.address], words[register.address + 1]
    high, low = (first, second) if register.word_order is WordOrder.BIG else (second, first)
    return high << 16 | low


def _number(form: Form, raw: int) -> float:
    if form is Form.F32:
        return _shortest(raw)
    bits = 16 * form.width
    signed = form in {Form.S16, Form.S32} and raw >> (bits - 1)
    return float(raw - (1 << bits) if signed else raw)


def _shortest(raw: int) -> float:
    """The number people would write for these 32 bits: 230.2, not 230.1999969482422."""
    packed = raw.to_bytes(4, "big")
    (exact,) = struct.unpack(">f", packed)
    for digits in range(6, 9):
        written = float(f"{exact:.{digits}g}")
        if math.isfinite(written) and abs(written) < 3e38 and struct.pack(">f", written) == packed:  # noqa: PLR2004
            return written
    return float(exact)


def _scaled(number: float, scale: float) -> float:
    """Tenths are divided by 10, which is exact; times 0.1 would give 225.70000000000002."""
    divisor = round(1 / scale) if scale and abs(scale) < 1 else 0
    return number / divisor if divisor and math.isclose(1 / divisor, scale, rel_tol=1e-12) else number * scale


def reads_for(registers: Sequence[Register], max_count: int = MAX_COUNT, max_gap: int = MAX_GAP) -> tuple[Read, ...]:
    """As few requests as the limits allow, in the order of functions and addresses; no value is cut in two."""
    reads: list[Read] = []
    for register in sorted(registers, key=lambda one: (one.function, one.address)):
        last = reads[-1] if reads else None
        if last is not None and last.function == register.function:
            end, count = last.start + last.count, max(last.count, register.end - last.start)
            if register.address - end <= max_gap and count <= max_count:
                reads[-1] = Read(last.start, count, last.function)
                continue
        reads.append(Read(register.address, register.form.width, register.function))
    return tuple(reads)
