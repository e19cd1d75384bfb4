"""The declaration of a device that speaks Modbus RTU: its registers and settings become polls, decode and addresses."""

from collections.abc import Callable

import msgspec

from firmware_bridge.device import Command, Decode, Device, Meaning, Options
from firmware_bridge.dialogue import Dialogue
from firmware_bridge.framing.modbus_rtu import ModbusRtu
from firmware_bridge.modbus import LAST_UNIT, Interpret, Language, Listener, Read, line_bytes
from firmware_bridge.registers import Register, interpreter
from wire.text import Text

THINKING_S = 0.3
"""Meters and sensors begin to answer within 100 ms; adapters and a busy gateway add some of their own."""
LATE_S = 5.0
"""Where answers to two requests have one size, nothing is asked for so long after a time-out: it could be to either."""
BITS = 11
"""A byte on the line: start, eight, parity or a second stop, stop."""


class Speech(msgspec.Struct, frozen=True):
    """What is the same at every address.

    `polls` are asked; `also_read` are requests others send, whose answers are understood too. `interpret` replaces the
    plain reading of `registers`, `commands` gives them for an address. `shared`, `own`, `end`: modbus.Language.
    """

    registers: tuple[Register, ...]
    polls: tuple[Read, ...]
    also_read: tuple[Read, ...] = ()
    interpret: Interpret | None = None
    commands: Callable[[int], tuple[Command, ...]] = lambda _: ()
    shared: frozenset[int] = frozenset()
    own: frozenset[int] = frozenset()
    end: int = 0x10000

    @property
    def frame(self) -> ModbusRtu:
        return ModbusRtu(tuple(sorted(self.own)))

    def decoder(self, unit: int | None) -> Callable[[], Decode]:
        """Makes listeners; `unit` None: they take the address from the first answer that fits."""
        values = tuple(Read(one.address, one.form.width, one.function) for one in self.registers)
        interpret = interpreter(self.registers) if self.interpret is None else self.interpret
        language = Language((*self.polls, *self.also_read), values, interpret, self.shared, self.own, self.end)
        return lambda: Listener(language, unit)


def modbus_device(
    speech: Speech,
    unit: int,
    *,
    name: str,
    title: Text,
    wiring: Text,
    baud: int = 9600,
    parity: str = "N",
    interval_s: float = 10.0,
    thinking_s: float = THINKING_S,
    turnaround_s: float = 0.0,
    stop_bits: int = 1,
    warm_up_s: float = 0.0,
    errors: bool = False,
    dialogue: Callable[[Device, Options], Dialogue] | None = None,
    also: tuple[str, ...] = (),
) -> Device:
    """A device asked at `unit` until `at` says otherwise. `errors`: it also gives `error_code`."""
    more = ("error_code",) if errors else ()
    plain = Device(
        name=name,
        title=title,
        baud=baud,
        frame=speech.frame,
        decode=_forgetful(speech.decoder(None)),
        quantities=tuple(dict.fromkeys((*(one.quantity for one in speech.registers), *more))),
        interval_s=interval_s,
        answer_s=thinking_s + line_s(speech, baud),
        turnaround_s=turnaround_s,
        recovery_s=LATE_S if _alike(speech.polls) else 0.0,
        parity=parity,
        stop_bits=stop_bits,
        warm_up_s=warm_up_s,
        wiring=wiring,
        also=also,
        decoder=speech.decoder(None),
        dialogue=dialogue,
        at=lambda address: _at(plain, speech, address),
    )
    return _asking(plain, speech, unit)


def _alike(polls: tuple[Read, ...]) -> bool:
    """Whether an answer may fit more than one of them."""
    return len({(read.function, read.count) for read in polls}) < len(polls)


def line_s(speech: Speech, baud: int) -> float:
    """How long the longest poll and its answer are on the line."""
    return max(line_bytes(poll.request(1)) for poll in speech.polls) * BITS / baud


def _at(plain: Device, speech: Speech, address: int) -> Device:
    if address not in speech.shared and not 1 <= address <= LAST_UNIT:
        raise ValueError(f"a Modbus address is 1 to {LAST_UNIT}")
    decoder = speech.decoder(address)
    fixed = msgspec.structs.replace(plain, decode=_forgetful(decoder), decoder=decoder)
    return _asking(fixed, speech, address)


def _asking(device: Device, speech: Speech, unit: int) -> Device:
    polls = tuple(read.request(unit) for read in speech.polls)
    return msgspec.structs.replace(device, polls=polls, commands=speech.commands(unit))


def _forgetful(decoder: Callable[[], Decode]) -> Decode:
    """Each frame on its own."""

    def decode(frame: bytes) -> Meaning | tuple[Meaning, ...]:
        return decoder()(frame)

    return decode
