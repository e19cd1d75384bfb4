"""Whose answer it is and what it holds: captures of both directions, answers alone, others' traffic, own requests."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Device, Echo, Measured, Noted
from firmware_bridge.devices.air import s8
from firmware_bridge.devices.meters import METERS, pzem004t, pzem016, sdm120, sdm630, xymd02
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.modbus import Read, write_register
from firmware_bridge.simulated.modbus import sealed
from wire.quantities import QUANTITIES

ASK = Read(1, 2).request
MODBUS = [*METERS, s8.DEVICE]


def answer(unit: int, *words: int, function: int = 4) -> bytes:
    return sealed(bytes((unit, function, 2 * len(words))) + b"".join(word.to_bytes(2, "big") for word in words))


def said(heard: list[Heard | BadFrame]) -> list[object]:
    """Measurements as their values, bad frames as their reason, the rest as it is."""
    found: list[object] = []
    for one in heard:
        if isinstance(one, BadFrame):
            found.append(one.reason.en)
        else:
            found.append(one.meaning.values if isinstance(one.meaning, Measured) else one.meaning)
    return found


def capture(device: Device, *parts: bytes) -> list[object]:
    conversation = Conversation(device)
    return said(conversation.feed(b"".join(parts)) + conversation.finish())


def at(device: Device, unit: int) -> Device:
    assert device.at is not None
    return device.at(unit)


WARM = {"temperature_c": 25.1, "humidity_pct": 50.0}


def test_polls_are_those_of_the_data_sheets() -> None:
    assert pzem004t.DEVICE.polls == (bytes.fromhex("F804 0000 000A 6464"),)
    assert at(pzem004t.DEVICE, 1).polls == (bytes.fromhex("0104 0000 000A 700D"),)
    assert xymd02.DEVICE.polls == (bytes.fromhex("0104 0001 0002 200B"),)
    assert s8.DEVICE.polls == (bytes.fromhex("FE04 0000 0004 E5C6"),)
    assert at(pzem016.DEVICE, 1).commands[0].data == bytes.fromhex("0142 8011")


@pytest.mark.parametrize("device", MODBUS, ids=lambda device: device.name)
def test_two_polls_never_have_answers_of_one_size(device: Device) -> None:
    """So that an answer says which poll it answers, even where it comes late."""
    counts = [poll[4:6] for poll in device.polls]
    assert len(set(counts)) == len(counts)
    assert all(int.from_bytes(count, "big") <= 80 for count in counts)


def test_only_the_device_that_was_asked_counts() -> None:
    here = at(xymd02.DEVICE, 1)
    assert capture(here, answer(1, 251, 500)) == [WARM]
    assert capture(here, answer(2, 251, 500)) == ["from address 2, expected 1"]
    assert capture(here, ASK(1), answer(2, 251, 500), answer(1, 251, 500)) == [
        Echo(),
        "from address 2, expected 1",
        WARM,
    ]
    others = capture(here, ASK(2), answer(2, 251, 500))
    assert isinstance(others[0], Noted)
    assert others[1:] == ["from address 2, expected 1"]


def test_without_an_address_the_first_that_fits_is_listened_to() -> None:
    assert capture(xymd02.DEVICE, ASK(7), answer(7, 251, 500), answer(2, 9, 9)) == [
        Echo(),
        WARM,
        "from address 2, expected 7",
    ]


def test_another_kind_of_device_on_the_line_is_not_taken_for_this_one() -> None:
    """A PZEM's ten registers hold numbers 1 and 2 too."""
    pzem_words = (2257, 251, 0, 244, 0, 38, 0, 500, 100, 0)
    foreign = capture(xymd02.DEVICE, Read(0, 10).request(5), answer(5, *pzem_words), ASK(1), answer(1, 251, 500))
    assert isinstance(foreign[1], Noted)
    assert foreign[2:] == [Echo(), WARM]
    assert capture(xymd02.DEVICE, answer(5, *pzem_words)) == ["20 data bytes, expected 2, 4"]


def test_another_master_s_blocks_are_understood_by_what_they_hold() -> None:
    """Read in one go by somebody else; and the same registers of a PZEM, which are no floats."""
    words = [0] * 76
    words[0:2], words[6:8], words[0x48:0x4A] = (0x4366, 0x3333), (0x3FA0, 0), (0x449A, 0x51EC)
    found = capture(sdm120.DEVICE, Read(0, 76).request(3), answer(3, *words))
    assert isinstance(found[1], dict)
    assert (found[1]["voltage_v"], found[1]["current_a"], found[1]["energy_kwh"]) == (230.2, 1.25, 1234.56)
    pzem_words = (2257, 251, 0, 244, 0, 38, 0, 500, 100, 0)
    for device in (sdm120.DEVICE, sdm630.DEVICE):
        foreign = capture(device, Read(0, 10).request(5), answer(5, *pzem_words))
        assert not [one for one in foreign if isinstance(one, dict)]


def test_answers_of_one_size_need_their_request() -> None:
    volts = (0x4366, 0x3333)
    assert capture(sdm120.DEVICE, Read(0, 2).request(1), answer(1, *volts)) == [Echo(), {"voltage_v": 230.2}]
    assert capture(sdm120.DEVICE, Read(0x0C, 2).request(1), answer(1, *volts)) == [Echo(), {"power_w": 230.2}]
    (alone,) = capture(sdm120.DEVICE, answer(1, *volts))
    assert str(alone).startswith("ambiguous")


def test_an_answer_of_another_size_or_function() -> None:
    assert capture(xymd02.DEVICE, ASK(1), answer(1, 251)) == [Echo(), "2 data bytes, expected 4"]
    assert capture(xymd02.DEVICE, ASK(1), answer(1, 251, 500, function=3)) == [Echo(), "answer of function 03 to 04"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "illegal function"),
        (2, "illegal data address"),
        (3, "illegal data value"),
        (4, "device failure"),
        (6, "device busy"),
    ],
)
def test_a_refused_read_is_told_with_its_reason(code: int, words: str) -> None:
    told = capture(xymd02.DEVICE, ASK(1), sealed(bytes((1, 0x84, code))))
    assert told[-1] == f"the device refuses: {words} (code {code})"
    assert isinstance(told[-2], Noted)


def test_a_refused_write_is_the_answer_to_it() -> None:
    refused = sealed(bytes((0xFE, 0x86, 2)))
    answered = capture(s8.DEVICE, write_register(0xFE, 0x1F, 0), refused)[-1]
    assert isinstance(answered, Answer)
    assert (answered.code, answered.accepted) == (6, False)
    assert answered.reason is not None
    assert answered.reason.en == "the device refuses: illegal data address (code 2)"


def test_a_write_and_its_confirmation_look_the_same() -> None:
    write = write_register(0xFE, 0x1F, 0)
    assert capture(s8.DEVICE, write, write) == [Echo(), Answer(6, accepted=True)]
    reset = bytes.fromhex("01428011")
    assert capture(pzem004t.DEVICE, reset, reset) == [Echo(), Answer(0x42, accepted=True)]


def test_where_requests_are_sent_from_here_only_their_answers_count() -> None:
    conversation = Conversation(at(xymd02.DEVICE, 1))
    conversation.asked(ASK(1))
    assert said(conversation.feed(answer(1, 251, 500) + answer(1, 252, 500))) == [WARM, "an answer to no question"]
    conversation.asked(ASK(1))
    assert said(conversation.feed(Read(0, 9).request(1) + answer(1, 251, 500))) == [
        "a request of somebody else's",
        WARM,
    ]


def test_an_echo_is_learnt_and_then_an_echoed_write_is_no_confirmation() -> None:
    conversation = Conversation(at(s8.DEVICE, 5))
    poll, write = at(s8.DEVICE, 5).polls[0], write_register(5, 0x1F, 0)
    conversation.asked(poll)
    assert said(conversation.feed(poll + answer(5, 0, 0, 0, 612))) == [Echo(), {"co2_ppm": 612.0}]
    conversation.asked(write)
    assert said(conversation.feed(write)) == [Echo()]
    assert said(conversation.feed(write)) == [Answer(6, accepted=True)]


def test_the_address_every_device_answers_to() -> None:
    """Asked at F8 a meter may answer with its own address or with that one."""
    words = (2257, 108, 0, 244, 0, 38, 0, 500, 100, 0)
    for unit in (0xF8, 0x01, 0x2A):
        conversation = Conversation(pzem004t.DEVICE)
        for _ in range(2):
            conversation.asked(pzem004t.DEVICE.polls[0])
            (found,) = conversation.feed(answer(unit, *words))
            assert isinstance(found, Heard)
            assert isinstance(found.meaning, Measured)


@pytest.mark.parametrize("device", MODBUS, ids=lambda device: device.name)
def test_addresses_that_cannot_be(device: Device) -> None:
    for wrong in (0, 255, -1):
        with pytest.raises(ValueError, match="1 to 247"):
            at(device, wrong)
    assert at(device, 247).polls[0][0] == 247


def test_sdm630_says_which_phase_is_which() -> None:
    words = [0] * 36
    for phase in range(3):
        words[2 * phase] = 0x4366 + phase
    heard = Conversation(sdm630.DEVICE).feed(Read(0, 36).request(1) + answer(1, *words))
    measured = [one.meaning for one in heard if isinstance(one, Heard) and isinstance(one.meaning, Measured)]
    assert [(one.channel, one.values["voltage_v"]) for one in measured] == [("l1", 230.0), ("l2", 231.0), ("l3", 232.0)]


@pytest.mark.timeout(300)  # of the soak profile's thousands of examples
@settings(max_examples=max(300, settings().max_examples))
@given(st.sampled_from(MODBUS), st.data())
def test_any_frames_give_only_declared_and_possible_figures(device: Device, data: st.DataObject) -> None:
    """Sound frames of every function, address and size, so that what is behind the CRC is reached."""
    bodies = st.builds(
        lambda unit, function, rest: sealed(bytes((unit, function)) + rest),
        st.sampled_from([0, 1, 2, 0xF8, 0xFE]),
        st.sampled_from([1, 2, 3, 4, 5, 6, 0x0F, 0x10, 0x17, 0x42, 0x83, 0x84, 0x86, 0xC2]),
        st.one_of(
            st.binary(max_size=24),
            st.integers(1, 40).flatmap(
                lambda n: st.binary(min_size=2 * n, max_size=2 * n).map(lambda b: bytes((2 * n,)) + b)
            ),
        ),
    )
    parts = data.draw(st.lists(st.one_of(bodies, st.sampled_from(device.polls), st.binary(max_size=6)), max_size=6))
    conversation = Conversation(data.draw(st.sampled_from([device, at(device, 1)])))
    if data.draw(st.booleans()):
        conversation.asked(device.polls[0])
    for one in conversation.feed(b"".join(parts)) + conversation.finish():
        if isinstance(one, Heard) and isinstance(one.meaning, Measured):
            for quantity, value in one.meaning.values.items():
                assert quantity in device.quantities
                assert QUANTITIES[quantity].accepts(value)


def test_a_read_of_more_registers_than_a_meter_has_is_another_s() -> None:
    """A PZEM has ten registers: whoever answers 36 is none, though the first ten would read as current and energy."""
    other = sealed(bytes((1, 4, 72)) + bytes.fromhex("43663333") * 18)
    own = sealed(bytes((2, 4, 20)) + bytes.fromhex("08D1006C000000F400000026000001F400640000"))
    said = Read(0, 36).request(1) + other + Read(0, 10).request(2) + own
    conversation = Conversation(pzem016.DEVICE)
    heard = [one.meaning for one in conversation.feed(said) + conversation.finish() if isinstance(one, Heard)]
    assert [one.values["voltage_v"] for one in heard if isinstance(one, Measured)] == [225.7]
