"""The sensor-node protocol: the gateway's side and the node's, written apart, talking through any slicing and loss."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Ended, Happened, Identified, Measured, Noted, Options, Scheme
from firmware_bridge.devices.nodes.sensor_node import DEVICE, NodeTalk
from firmware_bridge.framing.cobs import cobs_frame
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.node import frames
from firmware_bridge.node.node import WINDOW, Node
from firmware_bridge.node_messages import describe
from firmware_bridge.node_messages import order as order_frame
from wire.orders import Order, OrderKind, Result

PAGE = Path(__file__).resolve().parents[2] / "docs" / "node-protocol.md"
QUANTITIES = [("co2_ppm", "", 0), ("temperature_c", "", -1), ("temperature_c", "window", -2)]


def node(orders: list[str] | None = None, boot: int = 7, capacity: int = 200) -> Node:
    return Node("bench", QUANTITIES, orders or [], boot, capacity)


def understood(data: bytes) -> list[object]:
    conversation = Conversation(DEVICE)
    return [
        one.meaning if isinstance(one, Heard) else one.reason.en
        for one in conversation.feed(data) + conversation.finish()
    ]


class Talk:
    """A node and a gateway on one line; what the gateway takes is on its disk at once unless `disk` is False."""

    def __init__(self, made: Node, *, disk: bool = True) -> None:
        self.node, self.disk = made, disk
        self.gateway = NodeTalk(DEVICE, Options())
        self.taken: list[Measured | Identified | Happened] = []
        self.ended: list[Ended] = []
        self.bad: list[BadFrame] = []
        self.orders: list[str] = []
        self.to_node = self.gateway.begin(0.0).send

    def turn(self, now_ms: int, spoil: bytes | None = None) -> None:
        for number, name in self.node.receive(self.to_node, now_ms):
            self.orders.append(name)
            self.to_gateway(self.node.answer(number, name == "switch_on", "stuck"), now_ms)
        self.to_node = b""
        said = self.node.step(now_ms)
        self.to_gateway(said if spoil is None else spoil, now_ms)

    def to_gateway(self, data: bytes, now_ms: int) -> None:
        turn = self.gateway.receive(data, now_ms / 1000) if data else self.gateway.idle(now_ms / 1000)
        self.to_node += turn.send
        for one in turn.heard:
            if isinstance(one, BadFrame):
                self.bad.append(one)
            elif isinstance(one.meaning, Measured | Identified | Happened):
                self.taken.append(one.meaning)
                if self.disk and one.meaning.receipt is not None:
                    self.to_node += self.gateway.stored(one.meaning.receipt, now_ms / 1000).send
            elif isinstance(one.meaning, Ended):
                self.ended.append(one.meaning)


def test_a_node_says_what_it_measures_and_is_understood() -> None:
    made = node()
    made.measured([(0, 812), (1, 243), (2, -512)], 1_000)
    made.happened("card", "0093BC15", 1_200)
    made.happened("button", "left", 1_300)
    noted, room, window, card, button = understood(made.step(1_500))
    assert isinstance(noted, Noted)
    assert room == Measured({"co2_ppm": 812.0, "temperature_c": 24.3}, "", 500, 1)
    assert window == Measured({"temperature_c": -5.12}, "window", 500, 1)
    assert card == Identified(Scheme.CARD, "0093BC15", age_ms=300, receipt=2)
    assert button == Happened("button", {"text": "left"}, 200, 3)


def test_the_page_shows_the_bytes() -> None:
    """docs/node-protocol.md section 5, written by hand from the page, is what both sides make of it."""
    made = Node("bench", [("co2_ppm", "", 0), ("temperature_c", "", -1)], ["switch_on"], 7)
    made.measured([(0, 812), (1, 243)], 1_000)
    hello, readings = (part + b"\x00" for part in made.step(1_500).split(b"\x00")[:2])
    shown = dict(re.findall(r"^\| (\w+) \|.*\| `([0-9A-F ]+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    expected = {
        "HELLO": hello,
        "READINGS": readings,
        "ACK": frames.frame(frames.ACK, 1, b"\x00"),
        "DESCRIBE": describe(),
        "ORDER": order_frame(5, "switch_on"),
        "RESULT": made.answer(5, done=True),
    }
    assert {name: bytes.fromhex(one) for name, one in shown.items()} == expected, {
        name: one.hex(" ").upper() for name, one in expected.items()
    }


def test_a_value_that_cannot_be_is_told_and_the_others_are_taken() -> None:
    made = node()
    made.measured([(0, -5), (1, 243)], 0)
    _, reason, room = understood(made.step(0))
    assert reason == "co2_ppm -5 is outside 0…40000 ppm"
    assert room == Measured({"temperature_c": 24.3}, "", 0, 1)
    only = node()
    only.measured([(0, -5)], 0)
    talk = Talk(only)
    talk.turn(0)
    talk.turn(100)
    assert only.waiting() == 0  # it would be as impossible the next time


def test_readings_stay_until_they_are_on_disk_and_are_taken_once() -> None:
    talk = Talk(node(), disk=False)
    talk.node.measured([(0, 500)], 0)
    talk.turn(0)
    talk.turn(2_500)  # nothing was acknowledged: again, and known again
    assert [one.values for one in talk.taken if isinstance(one, Measured)] == [{"co2_ppm": 500.0}]
    assert talk.node.waiting() == 1
    talk.to_node += talk.gateway.stored(talk.taken[0].receipt or 0, 2.5).send
    talk.turn(2_600)
    assert talk.node.waiting() == 0
    talk.to_gateway(
        frames.frame(frames.READINGS, talk.taken[0].receipt or 0, bytes(4) + b"\x01\x00\x00\x00\x01\xf4"), 2_700
    )
    assert talk.to_node == frames.frame(frames.ACK, talk.taken[0].receipt or 0, b"\x00")  # its acknowledgement was lost


def test_a_message_of_several_parts_is_acknowledged_with_its_last() -> None:
    talk = Talk(node(), disk=False)
    talk.node.measured([(0, 500), (2, 100)], 0)
    talk.turn(0)
    first, second = (one.receipt or 0 for one in talk.taken)
    assert first == second
    assert talk.gateway.stored(first, 0.0).send == b""
    assert talk.gateway.stored(first, 0.0).send == frames.frame(frames.ACK, first, b"\x00")
    assert talk.gateway.stored(first, 0.0).send == b""


def test_a_gateway_that_was_restarted_asks_who_that_is() -> None:
    talk = Talk(node())
    talk.turn(0)
    talk.gateway = NodeTalk(DEVICE, Options())  # restarted, and its first DESCRIBE is lost
    talk.node.measured([(0, 500)], 1_000)
    talk.turn(1_000)
    assert not talk.taken
    assert [one.reason.en for one in talk.bad] == ["quantity 0 was not announced"]
    talk.turn(1_100)
    talk.turn(3_200)
    talk.turn(3_300)
    assert [one.values for one in talk.taken if isinstance(one, Measured)] == [{"co2_ppm": 500.0}]
    assert talk.node.waiting() == 0


def test_a_node_that_was_restarted_begins_anew() -> None:
    talk = Talk(node(boot=1))
    talk.node.measured([(0, 500)], 0)
    talk.turn(0)
    talk.turn(10)
    talk.node = node(boot=2)
    talk.node.measured([(0, 600)], 20)
    talk.turn(20)
    assert [one.values["co2_ppm"] for one in talk.taken if isinstance(one, Measured)] == [500.0, 600.0]


def test_orders_are_carried_out_once_and_answered() -> None:
    talk = Talk(node(["switch_on", "switch_off"]))
    talk.turn(0)
    assert talk.gateway.accepts() == ["switch_on", "switch_off"]
    on = talk.gateway.order(Order("order-01", "a-node", OrderKind.SWITCH_ON), 0.1).send
    talk.to_node += on + on
    talk.turn(200)
    talk.to_node += talk.gateway.order(Order("order-02", "a-node", OrderKind.SWITCH_OFF), 0.3).send
    talk.turn(400)
    assert talk.orders == ["switch_on", "switch_off"]
    assert [(one.order, one.result) for one in talk.ended] == [("order-01", Result.DONE), ("order-02", Result.REFUSED)]
    assert talk.ended[1].detail is not None
    assert talk.ended[1].detail.en == "stuck"


def test_an_order_nobody_answers_ends_and_an_unknown_one_is_not_sent() -> None:
    talk = Talk(node(["switch_on"]))
    talk.turn(0)
    talk.gateway.order(Order("order-01", "a-node", OrderKind.SWITCH_ON), 0.1)
    assert talk.gateway.due_s == pytest.approx(5.1)
    unknown = talk.gateway.order(Order("order-02", "a-node", OrderKind.CLEAN), 0.2)
    assert unknown.send == b""
    talk.to_gateway(b"", 5_200)
    assert [(one.order, one.result) for one in talk.ended] == [("order-01", Result.TIMED_OUT)]


def test_another_version_is_told_apart_and_answered() -> None:
    talk = Talk(node())
    talk.to_gateway(cobs_frame(b"\x21\x09anything"), 0)
    assert talk.bad[0].reason.en == "node protocol version 2, this gateway speaks 1"
    assert talk.to_node.endswith(frames.frame(frames.ACK, 9, b"\x02"))


def test_what_a_later_version_adds_is_passed_over() -> None:
    made = node()
    made.step(0)
    later = frames.frame(frames.EVENT, 3, bytes(4) + frames.text("button") + frames.text("left") + b"more")
    assert understood(later) == [Happened("button", {"text": "left"}, 0, 3)]
    assert isinstance(understood(frames.frame(6, 3, b"?"))[0], Noted)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (frames.frame(frames.READINGS, 1, b"\x00\x00"), "content cut short"),
        (
            frames.frame(frames.EVENT, 1, bytes(4) + frames.text("Bad Kind") + frames.text("")),
            "'Bad Kind' is no event kind",
        ),
        (frames.frame(frames.EVENT, 1, bytes(4) + b"\x02\xff\xfe\x00"), "text is not UTF-8"),
        (frames.frame(frames.HELLO, 1, bytes(6) + b"\xff\x00\x00\x00"), "255 quantities: too many, or miscounted"),
        (
            frames.frame(frames.HELLO, 1, bytes(6) + b"\x01\x00\x01" + frames.text("co2_mg") + b"\x00\x00\x00"),
            "the node announces unknown quantities: co2_mg",
        ),
    ],
)
def test_a_message_that_makes_no_sense_says_why(content: bytes, reason: str) -> None:
    assert understood(content) == [reason]


def test_a_full_memory_drops_readings_never_events() -> None:
    made = node(capacity=20)
    for number in range(40):
        made.measured([(0, number)], number)
    made.happened("card", "1", 41)
    assert made.waiting() == 20
    assert made.dropped == 21


def test_a_memory_full_of_events_stays_as_large_as_it_is() -> None:
    made = node(capacity=20)
    for number in range(60):
        made.happened("card", str(number), number)
    assert made.waiting() == 20
    assert made.dropped == 40
    told = [one.reference for one in understood(made.step(100)) if isinstance(one, Identified)]
    assert told == [str(number) for number in range(40, 56)]  # a window of the newest twenty


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.floats(0, 0.4))
def test_through_loss_and_damage_every_reading_arrives_once(seed: int, loss: float) -> None:
    chance = random.Random(seed)
    talk = Talk(node())
    for step in range(400):
        now_ms = step * 250
        if step < 40:
            talk.node.measured([(0, 400 + step)], now_ms)
        if chance.random() < loss:
            talk.to_node = b""
        said = bytearray(talk.node.step(now_ms))
        if said and chance.random() < loss:
            said[chance.randrange(len(said))] ^= 1 << chance.randrange(8)
        talk.to_gateway(bytes(said), now_ms)
        talk.turn(now_ms)
        if step > 40 and not talk.node.waiting():
            break
    values = [one.values["co2_ppm"] for one in talk.taken if isinstance(one, Measured)]
    assert sorted(values) == [400.0 + step for step in range(40)]


def test_no_more_than_a_window_is_under_way() -> None:
    made = node()
    for number in range(50):
        made.measured([(0, number)], 0)
    assert made.step(0).count(b"\x00") <= WINDOW + 1


@given(st.lists(st.binary(max_size=60), max_size=8), st.booleans())
def test_arbitrary_bytes_raise_on_neither_side(pieces: list[bytes], framed: bool) -> None:
    talk = Talk(node(["switch_on"]))
    for number, piece in enumerate(pieces):
        data = cobs_frame(b"\x11" + piece) if framed else piece
        talk.to_gateway(data, number)
        talk.node.receive(data, number)


def test_a_message_that_can_never_be_read_does_not_hold_up_those_behind_it() -> None:
    made = node()
    talk = Talk(made)
    talk.turn(0)
    for _ in range(WINDOW):
        made.happened("no kind!", "x", 0)
        made.happened("card", "", 0)
        made.measured([(9, 1)], 0)
    made.measured([(0, 812)], 0)
    for now_ms in range(0, 20_000, 100):
        talk.turn(now_ms)
    assert (made.waiting(), made.dropped) == (0, 3 * WINDOW)
    assert [one.values for one in talk.taken if isinstance(one, Measured)] == [{"co2_ppm": 812.0}]
    assert {one.reason.en for one in talk.bad} == {
        "'no kind!' is no event kind",
        "nobody's number or code",
        "there is no quantity 9",
    }


def test_what_nobody_keeps_is_not_acknowledged() -> None:
    """A RESULT has a sequence that nobody looks at, and it may be that of a reading under way."""
    gateway = NodeTalk(DEVICE, Options())
    assert gateway.receive(cobs_frame(b"\x14\x05\x01"), 0.0).send == b""
