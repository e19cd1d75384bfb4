"""Asking a device: polls in turn, orders between them, and what is never answered. Time is an argument."""

import msgspec
import pytest

from firmware_bridge.asking import MAX_ORDERS, Asking, command_for
from firmware_bridge.calibration import Calibration
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Answer, Command, Device, Echo, Ended, Meaning, Measured, Unusable
from firmware_bridge.devices.air import mhz19, s8
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.fixed import FixedFrame
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.framing.modbus_rtu import with_crc
from wire.orders import Order, OrderKind, Result
from wire.text import Text

WHAT = Text("thử", "try")


def decode(frame: bytes) -> Meaning:
    """`#` and one letter: a measurement, an answer, a refusal, an echo, or nothing usable."""
    match frame[1:]:
        case b"m":
            return Measured({"co2_ppm": 1.0})
        case b"y":
            return Answer(1, accepted=True)
        case b"n":
            return Answer(1, accepted=False, reason=WHAT)
        case b"e":
            return Echo()
        case _:
            return Unusable(WHAT)


DEVICE = Device(
    name="thing",
    title=WHAT,
    baud=9600,
    frame=FixedFrame(size=2, start=b"#", check=lambda _: None),
    decode=decode,
    quantities=("co2_ppm",),
    interval_s=10.0,
    polls=(b"A", b"B"),
    answer_s=0.5,
    turnaround_s=0.1,
    start=(b"S",),
    commands=(
        Command(OrderKind.DISPLAY_OFF, b"off", WHAT),
        Command(OrderKind.DISPLAY_INPUT, b"h1", WHAT, value="hdmi1"),
        Command(OrderKind.CLEAN, b"clean", WHAT, answered=False),
    ),
)


def order(kind: OrderKind, value: str = "", name: str = "order-01") -> Order:
    return Order(name, "a101-thing", kind, value)


def ends(turn: Turn) -> list[tuple[str, Result]]:
    return [
        (one.meaning.order, one.meaning.result)
        for one in turn.heard
        if isinstance(one, Heard) and isinstance(one.meaning, Ended)
    ]


def begun() -> Asking:
    """At second 0 the line is open and the first poll is on its way."""
    asking = Asking(DEVICE)
    assert asking.begin(0.0) == Turn(b"S")
    assert asking.idle(0.0) == Turn(b"A")
    return asking


def test_polls_go_out_in_turn_and_a_round_begins_every_interval() -> None:
    asking = begun()
    assert asking.waiting
    assert asking.due_s == 0.5
    answered = asking.receive(b"#m", 0.2)
    assert answered.send == b""  # the device needs a moment of silence first
    assert [one.meaning for one in answered.heard if isinstance(one, Heard)] == [Measured({"co2_ppm": 1.0})]
    assert asking.due_s == pytest.approx(0.3)
    assert asking.idle(0.31).send == b"B"
    asking.receive(b"#m", 0.4)
    assert asking.due_s == 10.0
    assert not asking.waiting
    assert asking.idle(9.9).send == b""
    assert asking.idle(10.0).send == b"A"


def test_a_poll_that_is_not_answered_does_not_hold_up_the_next() -> None:
    asking = begun()
    assert asking.idle(0.4).send == b""
    assert asking.idle(0.5).send == b"B"
    assert asking.idle(1.0).send == b""
    assert asking.due_s == 10.0


def test_a_late_round_is_not_made_up_for() -> None:
    asking = begun()
    assert asking.idle(35.0).send == b"B"
    assert asking.idle(36.0).send == b"A"
    asking.idle(37.0)
    asking.idle(38.0)
    assert asking.due_s == pytest.approx(46.0)


def test_echoes_and_broken_frames_are_no_answer() -> None:
    asking = begun()
    heard = asking.receive(b"#e#z", 0.1).heard
    assert isinstance(heard[1], BadFrame)
    assert asking.waiting


def test_an_order_waits_for_the_poll_before_it_and_ends_with_its_answer() -> None:
    asking = begun()
    assert asking.order(order(OrderKind.DISPLAY_OFF), 0.1) == Turn()
    asking.receive(b"#m", 0.2)
    sent = asking.idle(0.31)
    assert sent.send == b"off"
    assert ends(sent) == []
    assert ends(asking.receive(b"#m", 0.4)) == []  # it may speak by itself meanwhile
    assert ends(asking.receive(b"#y", 0.5)) == [("order-01", Result.DONE)]
    assert asking.idle(0.6).send == b"B"


def test_a_refusal_says_why() -> None:
    asking = Asking(msgspec.structs.replace(DEVICE, polls=(), start=()))
    asking.begin(0.0)
    assert asking.order(order(OrderKind.DISPLAY_INPUT, "hdmi1"), 0.0).send == b"h1"
    (_, end) = asking.receive(b"#n", 0.1).heard
    assert isinstance(end, Heard)
    assert end.meaning == Ended("order-01", Result.REFUSED, WHAT)
    assert asking.due_s == float("inf")


def test_an_order_nobody_answers_times_out() -> None:
    asking = begun()
    asking.idle(0.5)
    asking.order(order(OrderKind.DISPLAY_OFF), 0.6)
    assert asking.idle(1.0).send == b"off"
    assert ends(asking.idle(1.4)) == []
    assert ends(asking.idle(1.5)) == [("order-01", Result.TIMED_OUT)]


def test_what_is_never_answered_is_sent_and_said_to_be_unconfirmed() -> None:
    asking = Asking(msgspec.structs.replace(DEVICE, polls=(), start=()))
    asking.begin(0.0)
    sent = asking.order(order(OrderKind.CLEAN), 0.0)
    assert sent.send == b"clean"
    (end,) = sent.heard
    assert isinstance(end, Heard)
    assert end.meaning == Ended("order-01", Result.DONE, None, confirmed=False)
    assert asking.order(order(OrderKind.DISPLAY_OFF), 0.1).send == b""  # time to do the first
    assert asking.idle(0.5).send == b"off"


@pytest.mark.parametrize(("kind", "value"), [(OrderKind.ENROL, "3"), (OrderKind.DISPLAY_INPUT, "hdmi9")])
def test_an_order_it_does_not_know_is_unsupported(kind: OrderKind, value: str) -> None:
    asking = begun()
    assert ends(asking.order(order(kind, value), 0.1)) == [("order-01", Result.UNSUPPORTED)]
    assert command_for(DEVICE, order(kind, value)) is None


def test_orders_do_not_pile_up() -> None:
    asking = begun()
    for number in range(MAX_ORDERS):
        assert asking.order(order(OrderKind.DISPLAY_OFF, name=f"order-{number:02}"), 0.1) == Turn()
    assert ends(asking.order(order(OrderKind.DISPLAY_OFF, name="order-99"), 0.1)) == [("order-99", Result.REFUSED)]


def test_an_order_nobody_waits_for_any_more_is_never_sent() -> None:
    asking = Asking(DEVICE)
    asking.begin(0.0)
    assert asking.idle(0.0).send == b"A"
    asking.order(order(OrderKind.DISPLAY_OFF), 0.1)
    asking.order(order(OrderKind.DISPLAY_INPUT, "hdmi1", "order-02"), 0.1)
    asking.revoke("order-01")
    asking.revoke("order-99")
    asking.receive(b"#m", 0.2)
    assert asking.idle(0.4).send == b"h1"


def test_after_an_order_its_effect_is_asked_for_soon() -> None:
    asking = Asking(msgspec.structs.replace(DEVICE, settles_s=2.0))
    asking.begin(0.0)
    for now_s, frame in ((0.0, b""), (0.1, b"#m"), (0.3, b"#m")):
        asking.receive(frame, now_s)
        asking.idle(now_s + 0.15)
    asking.order(order(OrderKind.DISPLAY_OFF), 1.0)
    asking.receive(b"#y", 1.1)
    assert asking.idle(3.0).send == b""
    assert asking.due_s == pytest.approx(3.1)
    assert asking.idle(3.1).send == b"A"


def test_after_silence_a_late_answer_meets_no_other_question() -> None:
    asking = Asking(msgspec.structs.replace(DEVICE, recovery_s=1.0, start=()))
    asking.begin(0.0)
    assert asking.idle(0.0).send == b"A"
    assert asking.idle(0.5).send == b""
    assert asking.receive(b"#m", 1.0).send == b""
    assert asking.idle(1.5).send == b"B"


def test_the_answer_to_the_first_words_is_no_answer_to_a_question() -> None:
    asking = Asking(msgspec.structs.replace(DEVICE, recovery_s=1.0))
    assert asking.begin(0.0).send == b"".join(DEVICE.start)
    assert asking.receive(b"#y", 0.2).send == b""
    assert asking.idle(1.0).send == b"A"


@pytest.mark.parametrize("said", [0, 1])
def test_of_a_calibration_nobody_waits_for_any_more_no_further_step_is_said(said: int) -> None:
    """`said` steps of it were on the line when it was given up."""
    (poll,) = s8.DEVICE.polls
    answer = with_crc(bytes((0xFE, 4, 8)) + bytes(6) + (612).to_bytes(2, "big"))
    clear = s8.steps(poll[0])["clear"]
    talk = Calibration(s8.DEVICE, s8.steps(poll[0]))
    talk.begin(0.0)
    assert talk.idle(0.0).send == poll
    assert talk.order(Order("c", "s8", OrderKind.CALIBRATE_OUTDOOR), 0.01).send == b""
    if said:
        assert talk.receive(answer, 0.1).send == clear
    talk.revoke("c")
    assert talk.receive(clear if said else answer, 0.2).send == b""
    assert talk.idle(9.0).send == b""
    assert talk.idle(10.0).send == poll


def test_a_late_answer_to_the_order_before_ends_no_other_order() -> None:
    """An MH-Z19 says which command it answers: 79, the self-calibration, is no word about the range."""
    talk = Asking(mhz19.DEVICE)
    talk.begin(0.0)
    talk.idle(0.0)
    talk.order(Order("o1", "co2", OrderKind.SELF_CALIBRATION_OFF), 0.1)
    talk.order(Order("o2", "co2", OrderKind.MEASURING_RANGE, "2000"), 0.2)
    assert talk.idle(0.6).send == mhz19.command(mhz19.SELF_CALIBRATION)
    assert talk.idle(1.2).send == mhz19.command(mhz19.RANGE, bytes.fromhex("00000007D0"))
    late = talk.receive(bytes.fromhex("FF7901000000000086"), 1.25)
    assert not [one for one in late.heard if isinstance(one, Heard) and isinstance(one.meaning, Ended)]
    prompt = talk.receive(bytes.fromhex("FF9901000000000066"), 1.3)
    assert [one.meaning for one in prompt.heard if isinstance(one, Heard)][-1] == Ended("o2", Result.DONE)
