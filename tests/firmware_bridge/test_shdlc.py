"""SHDLC frames: escapes, shared flags, and what a bad line makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing.checksum import inverted_sum, wrong_sum
from firmware_bridge.framing.frame import MAX_RAW, BadFrame, Frame
from firmware_bridge.framing.framer import Framer
from firmware_bridge.framing.shdlc import Shdlc, escaped, unescaped
from wire.text import Text


def check(content: bytes) -> Text | None:
    return wrong_sum(content[-1], inverted_sum(content[:-1]))


SHAPE = Shdlc(content=16, check=check)


def sealed(content: bytes) -> bytes:
    return escaped(content + bytes((inverted_sum(content),)))


def run(*pieces: bytes) -> list[tuple[int, bytes | str]]:
    framer = Framer(SHAPE)
    found = [one for piece in pieces for one in framer.feed(piece)] + framer.finish()
    return [(one.offset, one.data if isinstance(one, Frame) else one.reason.en) for one in found]


@pytest.mark.parametrize(
    ("content", "frame"),
    [("0003 00 fc", "7e000300fc7e"), ("7e7d1113", "7e7d5e7d5d7d317d337e"), ("7c7f1012", "7e7c7f10127e")],
)
def test_escapes_are_those_of_the_data_sheet(content: str, frame: str) -> None:
    assert escaped(bytes.fromhex(content)).hex() == frame
    assert unescaped(bytes.fromhex(frame)) == bytes.fromhex(content)


def test_what_is_no_escape_is_told() -> None:
    assert unescaped(bytes.fromhex("7e7d00017e")) is None
    assert unescaped(bytes.fromhex("7e017d7e")) is None
    assert run(bytes.fromhex("7e7d00017e") + sealed(b"\x01")) == [(0, "wrong escape"), (5, sealed(b"\x01"))]


def test_whole_byte_by_byte_and_two_in_a_packet() -> None:
    frame = sealed(b"\x00\x03\x7e\x13")
    assert run(frame) == [(0, frame)]
    assert run(*(bytes((byte,)) for byte in frame)) == [(0, frame)]
    assert run(frame + frame) == [(0, frame), (len(frame), frame)]


def test_a_frame_cut_short_costs_only_itself() -> None:
    frame = sealed(b"\x00\x03\x00\x05")
    spoilt = frame[:2] + b"\x04" + frame[3:]
    wrong = "checksum 0xF7, calculated 0xF6"
    assert run(frame[3:] + frame) == [(0, "no start of a frame: noise"), (len(frame) - 3, frame)]
    assert run(spoilt + frame) == [(0, wrong), (len(frame), frame)]
    assert run(spoilt) == [(0, wrong)]
    assert run(frame[:4]) == [(0, "frame cut short")]


def test_without_an_end_it_does_not_wait_for_ever() -> None:
    frame = sealed(b"\x01")
    found = run(b"\x7e" + bytes(40) + frame)
    assert found[0] == (0, "no closing 7E in 34 bytes")
    assert found[-1] == (41, frame)


@given(st.lists(st.one_of(st.binary(max_size=20), st.binary(max_size=8).map(sealed), st.just(b"\x7e")), max_size=8))
def test_any_bytes_in_any_slices_give_the_same_and_stay_bounded(sent: list[bytes]) -> None:
    framer = Framer(SHAPE)
    found: list[Frame | BadFrame] = []
    for piece in sent:
        found += framer.feed(piece)
        assert framer.held_bytes < SHAPE.max_size + MAX_RAW
    found += framer.finish()
    told = [(one.offset, one.data if isinstance(one, Frame) else one.reason.en) for one in found]
    assert told == run(b"".join(sent))


@given(st.binary(min_size=1, max_size=15))
def test_what_is_sealed_comes_out_again(content: bytes) -> None:
    ((offset, frame),) = run(sealed(content))
    assert offset == 0
    assert isinstance(frame, bytes)
    assert unescaped(frame) == content + bytes((inverted_sum(content),))
