"""Boards with a Firmata 2 sketch (StandardFirmata and its relatives): inputs only, by the pins named in edge.toml.

Source: https://github.com/firmata/protocol protocol.md 2.8: analog Ex, digital port 9x, version F9, extended analog 6F,
        firmware 79, string 71, report C0/D0, pin mode F4, sampling interval 7A.
Frame:  see firmware_bridge.framing.firmata; values in 7-bit pieces, least significant first.
Units:  as the pin's line in edge.toml says: number * scale + offset; without a line a pin is only noted.
Errors: BadFrame(stray byte, cut, too long); never None.
"""

import msgspec

from firmware_bridge.asking import ended
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Device, Meaning, Measured, Noted, Options, Values
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.firmata import END_SYSEX, START_SYSEX, VERSION, FirmataFrame
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.pins import Pin
from wire.orders import Order, Result
from wire.text import Text

ANALOG, DIGITAL = 0xE0, 0x90
REPORT_ANALOG, REPORT_DIGITAL, PIN_MODE = 0xC0, 0xD0, 0xF4
FIRMWARE, STRING, EXTENDED_ANALOG, SAMPLING = 0x79, 0x71, 0x6F, 0x7A
INPUT, PULLUP = 0, 0x0B
INTERVAL_S = 5.0
_PINS_A_PORT = 8
_ASK = bytes((VERSION, START_SYSEX, FIRMWARE, END_SYSEX))


def number(pieces: bytes) -> int:
    """7-bit pieces, least significant first."""
    return sum(piece << 7 * at for at, piece in enumerate(pieces))


def setting_up(pins: tuple[Pin, ...]) -> bytes:
    """Sampling once a second, and a report of every pin that is named."""
    out = bytes((START_SYSEX, SAMPLING, 1000 & 0x7F, 1000 >> 7, END_SYSEX))
    for pin in pins:
        if pin.is_analog:
            out += bytes((REPORT_ANALOG | pin.number, 1))
        else:
            out += bytes((PIN_MODE, pin.number, PULLUP if pin.pullup else INPUT))
    return out + _reports(pins)


class Levels:
    """The last thing every pin said. Mutable; one for each line."""

    def __init__(self) -> None:
        self.analog: dict[int, int] = {}
        self.digital: dict[int, int] = {}
        self.greeted = False

    def decode(self, frame: bytes) -> Meaning:
        kind, low = frame[0] & 0xF0, frame[0] & 0x0F
        if frame[0] == START_SYSEX:
            return self._sysex(frame[1:-1])
        if frame[0] == VERSION:
            return Noted(Text(f"Firmata bản {frame[1]}.{frame[2]}", f"Firmata version {frame[1]}.{frame[2]}"))
        value = number(frame[1:3])
        if kind == ANALOG:
            self.analog[low] = value
            return Noted(Text(f"chân A{low} = {value}", f"pin A{low} = {value}"))
        for at in range(_PINS_A_PORT):
            self.digital[low * _PINS_A_PORT + at] = value >> at & 1
        bits = f"{value & 0xFF:08b}"
        return Noted(Text(f"cổng {low} = {bits}", f"port {low} = {bits}"))

    def _sysex(self, content: bytes) -> Meaning:
        kind = content[0] if content else -1
        if kind == EXTENDED_ANALOG and len(content) > 2:  # noqa: PLR2004 a pin and a value
            self.analog[content[1]] = number(content[2:6])
            return Noted(
                Text(f"chân A{content[1]} = {number(content[2:6])}", f"pin A{content[1]} = {number(content[2:6])}")
            )
        if kind == FIRMWARE:
            self.greeted = True
            return Noted(Text("bảng mạch báo phần mềm", "the board says its firmware"))
        return Noted(Text(f"bản tin hệ thống 0x{kind & 0xFF:02X}", f"system message 0x{kind & 0xFF:02X}"))


class FirmataTalk:
    """Sets the pins up once the board has started, then hands on what they say. See firmware_bridge.dialogue.

    A changed digital pin at once, analog pins together every interval: a board sends them up to fifty times a second.
    """

    def __init__(self, device: Device, options: Options) -> None:
        self._pins = options.pins
        self._levels = Levels()
        self._conversation = Conversation(msgspec.structs.replace(device, decoder=lambda: self._levels.decode))
        self._told: dict[str, int] = {}
        self._due_s = float("inf")

    @property
    def due_s(self) -> float:
        return self._due_s

    @property
    def waiting(self) -> bool:
        return False

    def begin(self, now_s: float) -> Turn:
        self._due_s = now_s + INTERVAL_S
        return Turn(_ASK + setting_up(self._pins))  # a board that restarts when the port opens is set up when it greets

    def receive(self, data: bytes, now_s: float) -> Turn:
        return self._turn(self._conversation.feed(data), now_s)

    def idle(self, now_s: float) -> Turn:
        return self._turn(self._conversation.finish(), now_s)

    def order(self, order: Order, now_s: float) -> Turn:
        del now_s
        return Turn(heard=(ended(order, Result.UNSUPPORTED),))

    def _turn(self, heard: list[Heard | BadFrame], now_s: float) -> Turn:
        bad = [one for one in heard if isinstance(one, BadFrame)]
        send = b""
        if self._levels.greeted:
            self._levels.greeted = False
            send = setting_up(self._pins)
        measured = self._changed()
        if now_s >= self._due_s:
            self._due_s = now_s + INTERVAL_S
            measured += self._analog()
            self._told.clear()
            send += _reports(self._pins)  # asked to report a port, a board says at once how it stands
        return Turn(send, (*bad, *(Heard(one, -1) for one in measured)))

    def _changed(self) -> list[Measured]:
        """Digital pins that differ from what was told last."""
        fresh = [
            (pin, level)
            for pin in self._pins
            if not pin.is_analog
            and (level := self._levels.digital.pop(pin.number, None)) is not None
            and self._told.get(pin.pin) != level
        ]
        self._told |= {pin.pin: level for pin, level in fresh}
        return _measured(fresh)

    def _analog(self) -> list[Measured]:
        """The last level of every analog pin heard since the last time."""
        levels, self._levels.analog = self._levels.analog, {}
        return _measured([(pin, levels[pin.number]) for pin in self._pins if pin.is_analog and pin.number in levels])


def _measured(levels: list[tuple[Pin, int]]) -> list[Measured]:
    found: dict[str, Values] = {}
    for pin, level in levels:
        found.setdefault(pin.channel, {})[pin.quantity] = pin.value(level)
    return [Measured(values, channel) for channel, values in found.items()]


def _reports(pins: tuple[Pin, ...]) -> bytes:
    ports = sorted({pin.number // _PINS_A_PORT for pin in pins if not pin.is_analog})
    return b"".join(bytes((REPORT_DIGITAL | port, 1)) for port in ports)


DEVICE = Device(
    name="firmata",
    title=Text("bo mạch có Firmata 2", "a board with Firmata 2"),
    baud=57_600,
    frame=FirmataFrame(),
    decode=lambda frame: Levels().decode(frame),
    decoder=lambda: Levels().decode,
    dialogue=FirmataTalk,
    quantities=(),
    interval_s=INTERVAL_S,
    wiring=Text(
        "cắm USB; mỗi chân dùng là một dòng pins trong edge.toml; chỉ đọc, không điều khiển",
        "USB; every pin in use is a line of pins in edge.toml; read only, nothing is switched",
    ),
    also=("standardfirmata", "arduino-firmata"),
)
