"""Every command of the YooUp database that is an order, byte by byte; and where it is wrong, what was decided."""

import re
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.asking import Asking
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Device, Echo, Ended, Measured, Noted, Values
from firmware_bridge.devices import DEVICES
from firmware_bridge.devices.displays import TABLES
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import BadFrame
from tests.patience import SOAK
from wire.orders import Order, OrderKind
from wire.quantities import QUANTITIES

EXAMPLES = 6_000 if SOAK else 300
OURS = {
    "avocor": "avocor",
    "benq": "benq",
    "ctouch": "ctouch",
    "dell": "dell",
    "easypitch": "easypitch",
    "iiyama": "iiyama",
    "lg": "lg-tv",
    "nec": "nec",
    "newline": "newline",
    "optoma_rk": "optoma",
    "optoma_rke": "optoma-rke",
    "philips": "philips-old",
    "promethean": "promethean",
    "samsung_exlink": "samsung-exlink",
    "samsung_mdcp": "samsung-mdc",
    "sharp_pnhw": "sharp",
    "smartboard": "smart",
    "sony": "sony",
    "speechi": "speechi",
}
EVERY_SET = {"samsung_mdcp": 0xFE, "lg": 0, "nec": 0}  # the set number these files are written for
LEFT_OUT = {"vestel"}  # no line end in the database and no second source: what ends a command is not known
WRONG = {
    # 56 is DisplayPort in Newline's own service, and cannot be VGA 1 as well.
    ("avocor", "display_input:vga1"): None,
    # The same code as VGA 2.
    ("benq", "display_input:vga3"): None,
    # EA 21 is the power lamp in Dell's list; EA 20 is power, in three sources.
    ("dell", "display_on"): "375103ea2001ae",
    ("dell", "display_off"): "375103ea2000af",
    # Display number 0 with the check of number 1: the file's other frames have number 1.
    ("iiyama", "display_on"): "a60100000004011802b8",
    ("iiyama", "display_off"): "a60100000004011801bb",
    # 00 is "no source" in the MDC manual, S-Video is 04.
    ("samsung_mdcp", "display_input:s-video1"): "aa14fe010417",
    # 05 04 with the check of 04 04.
    ("sony", "display_input:hdmi4"): "8c000203040499",
    # Checks that do not add up: 02+01+00 is 03, 02+0B+00 is 0D.
    ("speechi", "display_input:tv1"): "aabbcc02010003ddeeff",
    ("speechi", "display_input:vga3"): "aabbcc020b000dddeeff",
}


def rows(file: Path) -> dict[str, bytes]:
    """Our name of an order -> the database's bytes. One file is no JSON (a quotation mark is missing): read by eye."""
    found = {}
    for name, numbers in re.findall(r'"SET_(\w+)"\s*:\s*\[([^\]]*)\]', file.read_text()):
        if name.startswith(("VOLUME", "BRIGHTNESS")):
            continue
        order = {"ON": "display_on", "OFF": "display_off"}.get(name.removeprefix("POWER_"))
        source = name.removeprefix("INPUT_").lower().replace("_", "-")
        found[order or f"display_input:{source}"] = bytes(int(number) for number in numbers.split(","))
    return found


def meant(file: str, theirs: bytes) -> bytes:
    """The database's bytes without the slips that are the same in a whole file."""
    if file == "smartboard":  # the line end is missing; SMART's manual and three drivers have it
        return theirs + b"\r"
    if file == "lg":  # numbers as raw bytes, where every manual of LG has two hexadecimal digits
        return b"%b %02X %02X\r" % (theirs[:2], theirs[3], theirs[5])
    if file == "nec":  # the length as a raw byte and a check to match: the protocol has two hexadecimal digits
        body = theirs[1:5] + b"0%X" % theirs[6] + theirs[7:-2]
        return b"\x01" + body + bytes((reduce(xor, body),)) + b"\r"
    return theirs


def orders(device: Device) -> dict[str, bytes]:
    return {command.name: command.data for command in device.commands}


def test_every_order_of_the_database(shared_data: Path) -> None:
    folder = shared_data / "serial_vectors" / "display_rs232_yooup"
    files = {path.stem for path in folder.glob("*.json")}
    assert files == set(OURS) | LEFT_OUT
    compared = 0
    for file, name in OURS.items():
        device = DEVICES[name]
        if file in EVERY_SET:
            assert device.at is not None
            device = device.at(EVERY_SET[file])
        ours = orders(device)
        for order, theirs in rows(folder / f"{file}.json").items():
            wanted = WRONG.get((file, order), meant(file, theirs).hex())
            assert (ours[order].hex() if order in ours else None) == wanted, (file, order)
            compared += 1
    assert compared == 234


def test_frames_of_the_facts() -> None:
    """facts.md, section 4."""
    samsung = DEVICES["samsung-mdc"]
    assert orders(samsung)["display_on"].hex() == "aa1101010114"
    assert orders(samsung)["display_off"].hex() == "aa1101010013"
    assert orders(samsung)["display_input:hdmi1"].hex() == "aa1401012137"
    assert samsung.polls[0].hex() == "aa00010001"
    assert orders(DEVICES["lg"])["display_on"] == b"ka 01 01\r"
    assert orders(DEVICES["lg"])["display_input:hdmi1"] == b"xb 01 90\r"
    assert DEVICES["lg"].polls[0] == b"ka 01 FF\r"
    # One frame, another meaning: 000 is off for ViewSonic and "screen off" for BenQ, whose off is 002.
    assert orders(DEVICES["viewsonic"])["display_off"] == b"801s!000\r"
    assert orders(DEVICES["benq"])["display_off"] == b"801s!002\r"
    for philips in ("philips", "philips-old"):
        assert orders(DEVICES[philips])["display_on"].hex() == "06010018021d"
        assert orders(DEVICES[philips])["display_off"].hex() == "06010018011e"
    assert orders(DEVICES["newline"])["display_input:hdmi1"].hex() == "7f0899a2b3c402ff0152cf"
    assert orders(DEVICES["philips"])["display_input:hdmi1"].hex() == "090100ac0d090100a1"


ANSWERS: list[tuple[str, bytes, Values]] = [
    ("samsung-mdc", bytes.fromhex("aaff010341110156"), {"display_on": 1.0}),
    ("lg", b"a 01 OK00x", {"display_on": 0.0}),
    ("lg", b"b 01 OKA0x", {"input_source": "hdmi1"}),
    ("lg", b"e 01 OK00x", {"muted": 1.0}),
    ("lg", b"dl 01 FF\rl 01 OK1234x", {"lamp_hours_h": 4660.0}),
    ("lg", b"l 01 OK01x", {}),  # the menu's answer (kl) names the same letter
    ("benq", b"801rl000\r", {"display_on": 0.0}),
    ("viewsonic", b"801rj114\r", {"input_source": "hdmi2"}),
    ("viewsonic", b"801rj00A\r", {"input_source": "android"}),
    ("philips", bytes.fromhex("06010119021d"), {"display_on": 1.0}),
    ("philips", bytes.fromhex("06010019021c"), {"display_on": 1.0}),  # a model that answers without its group
    ("philips", bytes.fromhex("0501001 91d".replace(" ", "")), {}),  # our own question
    ("iiyama", bytes.fromhex("210100000401190 23e".replace(" ", "")), {"display_on": 1.0}),
    ("nec", b"\x0100AB12\x020200D60000040001\x03t\r", {"display_on": 1.0}),
    ("nec", b"\x0100AB0E\x0200C203D60004\x03s\r", {"display_on": 0.0}),
    ("promethean", bytes.fromhex("f60102 02fb6f".replace(" ", "")), {"display_on": 0.0}),
    ("smart", b"#powerstate=standby\r\n>", {"display_on": 0.0}),
    ("iiyama-te", bytes.fromhex("aabbcc800000 80ddeeff".replace(" ", "")), {"display_on": 1.0}),
    ("iiyama-te", bytes.fromhex("aabbcc8201 0184ddeeff".replace(" ", "")), {"muted": 0.0}),
    ("optoma-rke", b":01r:101\r", {"input_source": "android"}),
]


def listen(device: Device, data: bytes) -> list[Heard | BadFrame]:
    conversation = Conversation(device)
    return conversation.feed(data) + conversation.finish()


def values(device: Device, data: bytes) -> Values:
    found: Values = {}
    for one in listen(device, data):
        if isinstance(one, Heard) and isinstance(one.meaning, Measured):
            found |= one.meaning.values
    return found


@pytest.mark.parametrize(("name", "frame", "expected"), ANSWERS)
def test_recorded_and_documented_answers(name: str, frame: bytes, expected: Values) -> None:
    assert values(DEVICES[name], frame) == expected


@pytest.mark.parametrize(
    ("name", "transcript", "expected"),
    [
        ("sharp", b"POWR????\r1\r\nINPS????\r13\r\n", {"display_on": 1.0, "input_source": "hdmi2"}),
        ("sharp", b"POWR????\r2\r\n", {"display_on": 0.0}),  # waiting for a signal: the screen is dark
        ("sharp", b"ERRT????\r126\r\n", {}),  # a broken sensor is no temperature
        ("sharp", b"1\r\n", {}),  # nobody asked
        ("optoma", b"~00124 1\rOK1\r~00108 1\rOk00231\r", {"display_on": 1.0, "lamp_hours_h": 231.0}),
        ("optoma", b"~01124 1\rOK0\r", {"display_on": 0.0}),  # another set number
        ("optoma", b"OK1\r", {}),
        (
            "sony",
            bytes.fromhex("830000ffff81 7000020173 830002ffff83 700003040279"),
            {"display_on": 1.0} | {"input_source": "hdmi2"},
        ),
        ("sony", bytes.fromhex("7000020173"), {}),
        ("sony", bytes.fromhex("830000ffff81 830005ffff86 7000020173"), {}),  # the volume was asked last
        ("optoma", b"~00124 1\r~00351 1\rOK1\r", {}),
    ],
)
def test_answers_that_do_not_say_what_they_answer(name: str, transcript: bytes, expected: Values) -> None:
    assert values(DEVICES[name], transcript) == expected


@pytest.mark.parametrize(
    ("name", "asked", "answer"),
    [
        ("sony", bytes.fromhex("830005ffff86"), bytes.fromhex("7000030120 94")),  # how loud
        ("optoma", b"~00351 1\r", b"OK1\r"),
        ("optoma", b"~00150 1\r", b"Ok1023102003\r"),
    ],
)
def test_what_others_asked_is_no_bad_frame_and_no_figure(name: str, asked: bytes, answer: bytes) -> None:
    ours, told, unasked = listen(DEVICES[name], asked + answer + answer)
    assert isinstance(ours, Heard)
    assert ours.meaning == Echo()
    assert isinstance(told, Heard)
    assert isinstance(told.meaning, Noted)
    assert isinstance(unasked, BadFrame)  # one question has one answer


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("samsung-mdc", bytes.fromhex("aaff02034111015 7".replace(" ", ""))),
        ("lg", b"a 02 OK01x"),
        ("benq", b"802rl001\r"),
        ("philips", bytes.fromhex("06020119021e")),
    ],
)
def test_another_set_of_the_chain_is_not_ours(name: str, frame: bytes) -> None:
    conversation = Conversation(DEVICES[name])
    conversation.asked(DEVICES[name].polls[0])
    (heard,) = conversation.feed(frame)
    assert isinstance(heard, Heard)
    assert not isinstance(heard.meaning, Measured | Answer)


def test_both_directions_of_a_capture() -> None:
    for device in DEVICES.values():
        if device.name not in {table.name for table in TABLES}:
            continue
        for command in device.commands:
            heard = listen(device, command.data)
            assert [one.meaning for one in heard if isinstance(one, Heard)] == [Echo()], (device.name, command.name)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_complete(table: object) -> None:
    device = next(DEVICES[one.name] for one in TABLES if one is table)
    kinds = {command.kind for command in device.commands}
    assert {OrderKind.DISPLAY_ON, OrderKind.DISPLAY_OFF, OrderKind.DISPLAY_INPUT} <= kinds
    assert len({command.data for command in device.commands}) == len(device.commands)  # no two orders in one word
    assert device.wiring.vi
    assert device.wiring.en
    assert bool(device.polls) is not device.change_driven
    assert bool(device.quantities) is bool(device.polls)


FRAMES = [
    *(command.data for table in TABLES for command in DEVICES[table.name].commands[:4]),
    *(poll for table in TABLES for poll in DEVICES[table.name].polls),
    *(frame for _, frame, _ in ANSWERS),
]


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from([DEVICES[table.name] for table in TABLES]),
    st.lists(st.one_of(st.sampled_from(FRAMES), st.binary(max_size=24)), max_size=6),
    st.data(),
)
def test_whatever_comes_only_declared_and_possible_values(
    device: Device, pieces: list[bytes], data: st.DataObject
) -> None:
    stream = bytearray(b"".join(pieces))
    for _ in range(data.draw(st.integers(0, 3))):
        if stream:
            stream[data.draw(st.integers(0, len(stream) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    heard = listen(device, bytes(stream))
    one_by_one = Conversation(device)
    slowly = [one for byte in stream for one in one_by_one.feed(bytes((byte,)))] + one_by_one.finish()
    assert slowly == heard
    for one in heard:
        if isinstance(one, Heard) and isinstance(one.meaning, Measured):
            assert set(one.meaning.values) <= set(device.quantities)
            assert all(QUANTITIES[key].accepts(value) for key, value in one.meaning.values.items())


def ended_orders(turns: list[Turn]) -> list[str]:
    heard = [one for turn in turns for one in turn.heard if isinstance(one, Heard)]
    return [one.meaning.order for one in heard if isinstance(one.meaning, Ended)]


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from([DEVICES[table.name] for table in TABLES]),
    st.lists(st.one_of(st.sampled_from(FRAMES), st.binary(max_size=24), st.just(b"")), max_size=12),
    st.floats(0.01, 20.0),
)
def test_a_talk_goes_on_whatever_comes(device: Device, pieces: list[bytes], step_s: float) -> None:
    asking = Asking(device)
    turns = [asking.begin(0.0), asking.idle(0.0)]
    for at, piece in enumerate(pieces, start=1):
        now_s = at * step_s
        turns.append(asking.receive(piece, now_s) if piece else asking.idle(now_s))
        if at % 3 == 0:
            turns.append(asking.order(Order(f"order-{at:02d}", "d", OrderKind.DISPLAY_OFF), now_s))
    ends = ended_orders(turns)
    assert len(ends) == len(set(ends))  # no order ends twice
    late_s = len(pieces) * step_s
    turns += [asking.idle(late_s + at * 10.0) for at in range(1, 200)]  # and every one ends
    ends = ended_orders(turns)
    assert sorted(ends) == [f"order-{at:02d}" for at in range(3, len(pieces) + 1, 3)]


def test_a_sony_set_is_told_first_to_listen_when_it_is_off() -> None:
    assert [frame.hex() for frame in DEVICES["sony"].start] == ["8c0001020190"]
    (ours, done) = listen(DEVICES["sony"], bytes.fromhex("8c0001020190 700070"))
    assert isinstance(ours, Heard)
    assert isinstance(done, Heard)
    assert isinstance(done.meaning, Answer)
    assert done.meaning.accepted


@pytest.mark.parametrize(
    ("answer", "result"), [("060100000601", "done"), ("060101000600", "done"), ("060100001512", "refused")]
)
def test_a_philips_that_leaves_its_group_out_ends_orders_too(answer: str, result: str) -> None:
    asking = Asking(DEVICES["philips"])
    asking.begin(0.0)
    asking.order(Order("one", "tv", OrderKind.DISPLAY_ON), 0.0)
    heard = asking.receive(bytes.fromhex(answer), 0.1).heard
    (end,) = [one.meaning for one in heard if isinstance(one, Heard) and isinstance(one.meaning, Ended)]
    assert end.result.value == result
