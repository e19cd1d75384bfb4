"""Finding frames among whatever a line carries, with bounded memory."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_bridge.devices.air import mhz19, pms5003
from firmware_bridge.framing.fixed import FixedFrame
from firmware_bridge.framing.frame import MAX_RAW, BadFrame, Frame
from firmware_bridge.framing.framer import Framer
from firmware_bridge.framing.length_prefixed import LengthPrefixed
from firmware_bridge.framing.shape import MORE, Shape, Verdict, Whole, Wrong
from wire.text import Text

WHOLE = bytes.fromhex("FF8602200000000058")
DUST = bytes.fromhex("424D001C0005000C000F0005000C000F0384010400280004000100009700023B")
SHAPES: list[Shape] = [mhz19.DEVICE.frame, pms5003.DEVICE.frame]
EXAMPLES = [(SHAPES[0], WHOLE), (SHAPES[1], DUST)]


def run(shape: Shape, pieces: list[bytes]) -> list[Frame | BadFrame]:
    framer = Framer(shape)
    found = [one for piece in pieces for one in framer.feed(piece)]
    return found + framer.finish()


def frames(found: list[Frame | BadFrame]) -> list[Frame]:
    return [one for one in found if isinstance(one, Frame)]


def bad(found: list[Frame | BadFrame]) -> list[BadFrame]:
    return [one for one in found if isinstance(one, BadFrame)]


@pytest.mark.parametrize(("shape", "frame"), EXAMPLES)
def test_whole_split_and_joined(shape: Shape, frame: bytes) -> None:
    assert run(shape, [frame]) == [Frame(frame, 0)]
    assert run(shape, [bytes((byte,)) for byte in frame]) == [Frame(frame, 0)]
    assert run(shape, [frame + frame]) == [Frame(frame, 0), Frame(frame, len(frame))]
    assert run(shape, [frame[:5], frame[5:] + frame[:3], frame[3:]]) == [Frame(frame, 0), Frame(frame, len(frame))]


@pytest.mark.parametrize(("shape", "frame"), EXAMPLES)
def test_garbage_around_a_frame_is_told_with_its_place(shape: Shape, frame: bytes) -> None:
    found = run(shape, [b"\x01\x02\x03" + frame + b"\x04"])
    assert frames(found) == [Frame(frame, 3)]
    assert [(one.offset, one.length, one.noise) for one in bad(found)] == [(0, 3, True), (3 + len(frame), 1, True)]


@pytest.mark.parametrize(("shape", "frame"), EXAMPLES)
def test_a_frame_cut_short_is_told_when_the_line_falls_silent(shape: Shape, frame: bytes) -> None:
    framer = Framer(shape)
    assert framer.feed(frame[:-1]) == []
    (cut,) = framer.finish()
    assert isinstance(cut, BadFrame)
    assert (cut.reason.en, cut.offset, cut.raw) == ("frame cut short", 0, frame[:-1])
    assert framer.feed(frame) == [Frame(frame, len(frame) - 1)]
    assert framer.finish() == []


def test_a_good_frame_inside_a_bad_one_is_found_and_the_bad_one_told_once() -> None:
    found = run(mhz19.DEVICE.frame, [b"\xff\xff\xff" + WHOLE])
    assert frames(found) == [Frame(WHOLE, 3)]
    assert [(one.offset, one.length) for one in bad(found)] == [(0, 9)]


def test_a_wrong_length_does_not_make_it_wait() -> None:
    framer = Framer(pms5003.DEVICE.frame)
    found = framer.feed(b"BM\xff\xff" + DUST)
    assert frames(found) == [Frame(DUST, 4)]
    assert [one.reason.en for one in bad(found)] == ["length 65535, expected 28, 4"]


def test_a_short_frame_inside_one_cut_short_is_found() -> None:
    answer = bytes.fromhex("424d0004e1000174")
    found = run(pms5003.DEVICE.frame, [b"BM\x00\x1c" + answer])
    assert frames(found) == [Frame(answer, 4)]
    assert [(one.offset, one.reason.en) for one in bad(found)] == [(0, "frame cut short")]


def test_an_endless_stream_of_noise_is_told_in_pieces() -> None:
    framer = Framer(mhz19.DEVICE.frame)
    found = bad(framer.feed(bytes(1000)))
    assert [one.length for one in found] == [MAX_RAW] * (1000 // MAX_RAW)
    assert framer.held_bytes < MAX_RAW
    assert sum(one.length for one in found + bad(framer.finish())) == 1000


class Line(FixedFrame, frozen=True):
    """A shape without a fixed beginning, as delimiter and Modbus framers will be."""

    @property
    def max_size(self) -> int:
        return 8

    def measure(self, head: bytes) -> Verdict:
        end = head.find(b"\n")
        if end < 0:
            return MORE if len(head) < self.max_size else Wrong(Text("quá dài", "too long"), len(head))
        return Whole(end + 1)


def test_a_shape_may_have_no_fixed_beginning() -> None:
    shape = Line(size=0, start=b"", check=lambda _: None)
    found = run(shape, [b"ab\ncd\n", b"0123456789\n"])
    assert [one.data for one in frames(found)] == [b"ab\n", b"cd\n", b"3456789\n"]
    assert [one.reason.en for one in bad(found)] == ["too long"]


anything = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from([WHOLE, DUST, b"\xff", b"B", b"BM", b"BM\x00", DUST[:20]])),
    max_size=8,
)


@given(st.sampled_from(SHAPES), anything)
@example(SHAPES[1], [b"B", b"B", b"M"])
def test_any_bytes_are_accounted_for_whatever_the_cuts(shape: Shape, pieces: list[bytes]) -> None:
    framer = Framer(shape)
    found: list[Frame | BadFrame] = []
    for piece in pieces:
        found += framer.feed(piece)
        assert framer.held_bytes < shape.max_size + MAX_RAW
    found += framer.finish()
    stream = b"".join(pieces)
    alone = Framer(shape)
    assert alone.feed(stream) + alone.finish() == found
    for one in found:
        raw = one.data if isinstance(one, Frame) else one.raw
        assert stream[one.offset : one.offset + len(raw)] == raw
        assert len(raw) <= MAX_RAW
    starts = [one.offset for one in found]
    assert starts == sorted(starts)
    covered = set[int]()
    for one in found:
        covered |= set(range(one.offset, one.offset + (len(one.data) if isinstance(one, Frame) else one.length)))
    assert covered >= set(range(len(stream)))


@given(st.sampled_from(EXAMPLES), st.lists(st.binary(min_size=1, max_size=60), max_size=5))
def test_frames_never_overlap(example: tuple[Shape, bytes], pieces: list[bytes]) -> None:
    shape, frame = example
    found = frames(run(shape, [*pieces, frame, *pieces, frame]))
    assert all(left.offset + len(left.data) <= right.offset for left, right in pairwise(found))


def test_length_prefixed_bounds_itself() -> None:
    shape = LengthPrefixed(start=b"BM", length_bytes=2, lengths=(4, 28), check=lambda _: None)
    assert shape.max_size == 32
