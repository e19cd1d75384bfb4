"""COBS frames: the vectors of the facts, any content, and what is left of broken ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing.cobs import CobsFrame, cobs_frame, stuffed, unstuffed
from firmware_bridge.framing.crc import crc16
from firmware_bridge.framing.frame import BadFrame, Frame
from firmware_bridge.framing.framer import Framer
from firmware_bridge.node import frames as node_frames

SHAPE = CobsFrame(240)


def heard(pieces: list[bytes]) -> list[Frame | BadFrame]:
    framer = Framer(SHAPE)
    found = [one for piece in pieces for one in framer.feed(piece)]
    return found + framer.finish()


def messages(found: list[Frame | BadFrame]) -> list[bytes]:
    return [SHAPE.message(one.data) for one in found if isinstance(one, Frame)]


def test_the_published_vectors() -> None:
    assert crc16(b"123456789") == 0x4B37
    assert stuffed(b"\x00").hex() == "0101"
    assert stuffed(bytes.fromhex("11220033")).hex() == "0311220233"
    assert cobs_frame(bytes(range(1, 6))).hex() == "0801020304052abb00"


@given(st.binary(max_size=600) | st.binary(max_size=300).map(lambda some: bytes(one or 1 for one in some)))
def test_anything_comes_back_whole_and_holds_no_zero(content: bytes) -> None:
    assert 0 not in stuffed(content)
    assert unstuffed(stuffed(content)) == content
    assert node_frames._stuff(content) == stuffed(content)  # the node's own, written apart


@pytest.mark.parametrize("broken", ["05", "0000", "0511", "03110022", "ff01"])
def test_codes_that_do_not_add_up_are_refused(broken: str) -> None:
    assert unstuffed(bytes.fromhex(broken)) is None


ONE, TWO = b"\x11\x01abc", b"\x12\x02\x00\x00x"


def test_two_in_one_packet_byte_by_byte_and_idle_zeros_between() -> None:
    line = b"\x00\x00" + cobs_frame(ONE) + b"\x00" + cobs_frame(TWO) + b"\x00"
    assert messages(heard([line])) == messages(heard([bytes((byte,)) for byte in line])) == [ONE, TWO]
    assert not any(isinstance(one, BadFrame) for one in heard([line]))


def test_a_broken_frame_is_told_once_and_the_next_is_whole() -> None:
    spoilt = bytearray(cobs_frame(ONE))
    spoilt[3] ^= 0x20
    found = heard([bytes(spoilt) + cobs_frame(TWO)])
    assert messages(found) == [TWO]
    (bad,) = [one for one in found if isinstance(one, BadFrame)]
    assert bad.reason.en.startswith("CRC 0x")
    assert (bad.offset, bad.length) == (0, len(spoilt))


def test_a_frame_torn_off_takes_nothing_with_it_but_the_one_it_runs_into() -> None:
    found = heard([cobs_frame(ONE)[:-3] + b"\x00" + cobs_frame(TWO)])
    assert messages(found) == [TWO]
    assert messages(heard([cobs_frame(ONE)[:-1]])) == []
    assert [one.reason.en for one in heard([cobs_frame(ONE)[:-1]]) if isinstance(one, BadFrame)] == ["frame cut short"]


def test_a_flood_without_an_end_is_bounded() -> None:
    framer = Framer(SHAPE)
    found = framer.feed(b"\x07" * 5_000)
    assert framer.held_bytes <= SHAPE.max_size + 64
    assert any("no end" in one.reason.en for one in found if isinstance(one, BadFrame))
    assert messages(framer.feed(b"\x00" + cobs_frame(ONE))) == [ONE]


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_noise_never_raises_and_never_makes_a_message_of_its_own(pieces: list[bytes]) -> None:
    for message in messages(heard(pieces)):
        assert cobs_frame(message) in b"".join(pieces)
