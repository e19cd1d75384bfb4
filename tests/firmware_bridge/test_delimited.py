"""Lines and marked records in a stream, whatever comes between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing.delimited import Delimited
from firmware_bridge.framing.frame import MAX_RAW, BadFrame, Frame
from firmware_bridge.framing.framer import Framer
from wire.text import Text

LINES = Delimited(max_size=16)
MARKED = Delimited(ends=b"\x03", start=b"\x02", max_size=14)


def run(shape: Delimited, *pieces: bytes, until: bytes = b"") -> list[tuple[int, bytes | str]]:
    framer = Framer(shape, until)
    found = [one for piece in pieces for one in framer.feed(piece)]
    return [told(one) for one in found + framer.finish()]


def told(one: Frame | BadFrame) -> tuple[int, bytes | str]:
    return (one.offset, one.data if isinstance(one, Frame) else one.reason.en)


@pytest.mark.parametrize(("shape", "frame"), [(LINES, b"co2=612\n"), (MARKED, b"\x020D0093BC1537\x03")])
def test_whole_byte_by_byte_and_two_in_a_packet(shape: Delimited, frame: bytes) -> None:
    assert run(shape, frame) == [(0, frame)]
    assert run(shape, *(bytes((byte,)) for byte in frame)) == [(0, frame)]
    assert run(shape, frame + frame) == [(0, frame), (len(frame), frame)]
    assert run(shape, frame[:3], frame[3:] + frame[:2], frame[2:]) == [(0, frame), (len(frame), frame)]


def test_cr_lf_and_both_end_a_line_alike_and_empty_lines_are_nothing() -> None:
    assert run(LINES, b"a\r\nb\rc\n\n\r\n\r\nd\n") == [(0, b"a\r"), (3, b"b\r"), (5, b"c\n"), (12, b"d\n")]
    assert run(LINES, b"\r\n\r\n") == []
    assert run(MARKED, b"\x02\x03\x02a\x03") == [(2, b"\x02a\x03")]


def test_content_stands_between_the_marks() -> None:
    assert LINES.content(b"co2=612\r") == b"co2=612"
    assert MARKED.content(b"\x02ab\x03") == b"ab"


def test_a_line_with_control_characters_is_given_up_whole() -> None:
    assert run(LINES, b"6\x0012,24\n615,24\n") == [(0, "control character 0x00 in a line of text"), (8, b"615,24\n")]
    assert run(LINES, b"t\t24.1 \xc2\xb0C\n") == [(0, b"t\t24.1 \xc2\xb0C\n")]
    assert run(Delimited(printable=False), b"\x00\x01\n") == [(0, b"\x00\x01\n")]


def test_the_rest_of_an_oversized_line_is_no_line() -> None:
    found = run(LINES, b"0123456789abcdef612,24.1,48\n613,24.2,48\n")
    assert found == [(0, "no end after 16 bytes"), (16, "no start of a frame: noise"), (28, b"613,24.2,48\n")]


def test_a_stream_joined_in_the_middle_begins_with_its_next_line() -> None:
    found = run(LINES, b"2,24.1,48\r", b"\n613,24.2,48\r\n", until=LINES.joined_until())
    assert found == [(0, "no start of a frame: noise"), (11, b"613,24.2,48\r")]
    assert MARKED.joined_until() == b""


def test_garbage_around_marked_records_is_told() -> None:
    found = run(MARKED, b"xy\x02ab\x03\xff\xff\x02cd\x03z")
    noise = "no start of a frame: noise"
    assert found == [(0, noise), (2, b"\x02ab\x03"), (6, noise), (8, b"\x02cd\x03"), (12, noise)]


def test_a_record_cut_short_does_not_swallow_the_next() -> None:
    assert run(MARKED, b"\x020D00\x02ab\x03") == [(0, "frame cut short"), (5, b"\x02ab\x03")]
    assert run(MARKED, b"\x020D00") == [(0, "frame cut short")]
    assert run(LINES, b"612,2") == [(0, "frame cut short")]
    assert run(MARKED, b"\x02" + b"0" * 20 + b"\x03") == [
        (0, "no end after 14 bytes"),
        (14, "no start of a frame: noise"),
    ]


def test_a_check_judges_the_content() -> None:
    shape = Delimited(check=lambda content: None if content == b"good" else Text("hỏng", "bad"))
    assert run(shape, b"good\nwood\ngood\n") == [(0, b"good\n"), (5, "bad"), (10, b"good\n")]


pieces = st.lists(
    st.one_of(st.binary(max_size=20), st.sampled_from([b"\n", b"\r\n", b"a=1\n", b"\x02ab\x03", b"\x02", b"\x03"])),
    max_size=10,
)


@given(st.sampled_from([LINES, MARKED]), pieces, st.booleans())
def test_any_bytes_in_any_slices_give_the_same_and_stay_bounded(
    shape: Delimited,
    sent: list[bytes],
    joined: bool,
) -> None:
    until = shape.joined_until() if joined else b""
    framer = Framer(shape, until)
    found: list[Frame | BadFrame] = []
    for piece in sent:
        found += framer.feed(piece)
        assert framer.held_bytes < shape.max_size + MAX_RAW
    found += framer.finish()
    assert [told(one) for one in found] == run(shape, b"".join(sent), until=until)
    for one in found:
        if isinstance(one, Frame):
            assert one.data[-1] in shape.ends
            assert len(one.data) <= shape.max_size
            assert shape.content(one.data)
