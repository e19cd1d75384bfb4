"""Firmata: the protocol's own examples, a board written from its description, pins as edge.toml names them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Ended, Measured, Noted, Options
from firmware_bridge.devices.nodes.firmata import DEVICE, INTERVAL_S, FirmataTalk
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.pins import Pin
from wire.orders import Order, OrderKind, Result

LIGHT = Pin("A0", "illuminance_lx", scale=0.5, offset=10.0)
DOOR = Pin("D2", "contact_open", pullup=True)
FAN = Pin("D9", "switch_on", inverted=True, channel="fan")


class Board:
    """StandardFirmata as its description says: greets, reports what it is asked to, sends ports when they change."""

    def __init__(self) -> None:
        self.levels = {2: 0, 9: 0}
        self.light = 512
        self.analog: set[int] = set()
        self.ports: set[int] = set()
        self.modes: dict[int, int] = {}

    def greet(self) -> bytes:
        name = b"".join(bytes((letter & 0x7F, letter >> 7)) for letter in b"Standard")
        return b"\xf9\x02\x05\xf0\x79\x02\x05" + name + b"\xf7"

    def receive(self, data: bytes) -> bytes:
        out, at = b"", 0
        while at < len(data):
            kind = data[at]
            if kind == 0xF0:
                at = data.index(0xF7, at) + 1
            elif kind == 0xF4:
                self.modes[data[at + 1]] = data[at + 2]
                at += 3
            elif kind & 0xF0 == 0xC0:
                self.analog.add(kind & 0x0F)
                at += 2
            elif kind & 0xF0 == 0xD0:
                self.ports.add(kind & 0x0F)
                out += self.port(kind & 0x0F)
                at += 2
            else:
                at += 1
        return out

    def port(self, port: int) -> bytes:
        bits = sum(level << pin % 8 for pin, level in self.levels.items() if pin // 8 == port)
        return bytes((0x90 | port, bits & 0x7F, bits >> 7))

    def sample(self) -> bytes:
        return bytes((0xE0, self.light & 0x7F, self.light >> 7)) if 0 in self.analog else b""


def measured(turn: Turn) -> list[Measured]:
    return [one.meaning for one in turn.heard if isinstance(one, Heard) and isinstance(one.meaning, Measured)]


def test_the_description_s_own_bytes() -> None:
    conversation = Conversation(DEVICE)
    heard = conversation.feed(bytes.fromhex("e0 7f 07 91 7f 01 f9 02 05 f0 6f 10 00 04 f7 f0 71 48 00 f7"))
    said = [one.meaning.text.en for one in heard if isinstance(one, Heard) and isinstance(one.meaning, Noted)]
    assert said == ["pin A0 = 1023", "port 1 = 11111111", "Firmata version 2.5", "pin A16 = 512", "system message 0x71"]


def test_pins_become_quantities() -> None:
    board, talk = Board(), FirmataTalk(DEVICE, Options(pins=(LIGHT, DOOR, FAN)))
    answer = board.receive(talk.begin(0.0).send)
    assert board.analog == {0}
    assert board.ports == {0, 1}
    assert board.modes == {2: 0x0B, 9: 0}
    assert measured(talk.receive(answer, 0.1)) == [
        Measured({"contact_open": 0.0}),
        Measured({"switch_on": 1.0}, "fan"),
    ]
    assert measured(talk.receive(board.sample(), 1.0)) == []  # analog pins together, once an interval
    assert measured(talk.idle(INTERVAL_S)) == [Measured({"illuminance_lx": 266.0})]
    assert measured(talk.idle(2 * INTERVAL_S)) == []  # nothing was heard since: nothing is said


def test_a_change_is_told_at_once_and_a_quiet_pin_again_every_interval() -> None:
    board, talk = Board(), FirmataTalk(DEVICE, Options(pins=(DOOR,)))
    talk.receive(board.receive(talk.begin(0.0).send), 0.1)
    board.levels[2] = 1
    assert measured(talk.receive(board.port(0), 0.2)) == [Measured({"contact_open": 1.0})]
    assert measured(talk.receive(board.port(0), 0.3)) == []
    assert talk.due_s == INTERVAL_S
    again = talk.idle(INTERVAL_S)
    assert measured(talk.receive(board.receive(again.send), INTERVAL_S + 0.1)) == [Measured({"contact_open": 1.0})]


def test_a_board_that_starts_anew_is_set_up_anew() -> None:
    board, talk = Board(), FirmataTalk(DEVICE, Options(pins=(LIGHT,)))
    talk.begin(0.0)
    assert not board.analog  # it was starting, and heard nothing
    board.receive(talk.receive(board.greet(), 2.0).send)
    assert board.analog == {0}


def test_nothing_is_switched() -> None:
    talk = FirmataTalk(DEVICE, Options())
    (end,) = talk.order(Order("order-01", "a-board", OrderKind.SWITCH_ON), 0.0).heard
    assert isinstance(end, Heard)
    assert end.meaning == Ended("order-01", Result.UNSUPPORTED)


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("e0 7f e0 7f 07", ["message cut by a control byte"]),
        ("41 42 e0 7f 07", ["a byte of no message", "a byte of no message"]),
        ("f0 71 e0 7f 07", ["message cut by a control byte"]),
        ("e0 7f 07 f0 71 48", ["frame cut short"]),
    ],
)
def test_what_is_broken_is_told_and_the_next_is_whole(line: str, reasons: list[str]) -> None:
    data = bytes.fromhex(line)
    for pieces in ([data], [bytes((byte,)) for byte in data]):
        conversation = Conversation(DEVICE)
        heard = [one for piece in pieces for one in conversation.feed(piece)] + conversation.finish()
        assert [one.reason.en for one in heard if isinstance(one, BadFrame)] == reasons
        said = [one.meaning for one in heard if isinstance(one, Heard)]
        assert [one.text.en for one in said if isinstance(one, Noted)] == ["pin A0 = 1023"]


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_arbitrary_bytes_never_raise_and_give_only_possible_levels(pieces: list[bytes]) -> None:
    talk = FirmataTalk(DEVICE, Options(pins=(LIGHT, DOOR)))
    talk.begin(0.0)
    for at, piece in enumerate(pieces):
        for one in measured(talk.receive(piece, float(at))):
            assert one.values.get("contact_open", 0.0) in {0.0, 1.0}
