"""Frames told apart by their heads, and lengths with fixed ones among them."""

from firmware_bridge.framing.frame import BadFrame, Frame
from firmware_bridge.framing.framer import Framer
from firmware_bridge.framing.headed import Headed, Kind
from firmware_bridge.framing.length_prefixed import LengthPrefixed
from firmware_bridge.framing.shape import Shape
from wire.text import Text


def last_is_sum(frame: bytes) -> Text | None:
    return None if frame[-1] == sum(frame[:-1]) & 0xFF else Text("sai", "wrong sum")


def sealed(body: bytes) -> bytes:
    return body + bytes((sum(body) & 0xFF,))


COMMON = Headed((Kind(b"\xaa\x01", 4, last_is_sum), Kind(b"\xaa\x02\x00", 6, last_is_sum)), start=b"\xaa")
FOREIGN = Headed((Kind(b"\x40\x05", 4, last_is_sum), Kind(b"\xa5\xa5", 2, lambda _: None)))
SHORT, LONG, OTHER = sealed(b"\xaa\x01\x09"), sealed(b"\xaa\x02\x00\x07\x08"), sealed(b"\x40\x05\x11")


def run(shape: Shape, data: bytes) -> list[tuple[int, bytes | str]]:
    found = []
    for pieces in ([data], [bytes((byte,)) for byte in data], [data[:3], data[3:]]):
        framer = Framer(shape)
        heard = [one for piece in pieces for one in framer.feed(piece)] + framer.finish()
        found.append([(one.offset, one.data if isinstance(one, Frame) else told(one)) for one in heard])
    assert found[0] == found[1] == found[2]
    return found[0]


def told(bad: BadFrame) -> str:
    return f"{bad.length} {bad.reason.en}"


def test_each_kind_has_its_own_size() -> None:
    assert run(COMMON, SHORT + LONG + SHORT) == [(0, SHORT), (4, LONG), (10, SHORT)]
    assert run(FOREIGN, OTHER + b"\xa5\xa5" + OTHER) == [(0, OTHER), (4, b"\xa5\xa5"), (6, OTHER)]
    assert (COMMON.max_size, FOREIGN.max_size) == (6, 4)


def test_an_unknown_head_is_told_where_all_begin_alike_and_is_noise_where_not() -> None:
    assert run(COMMON, b"\xaa\x03\x01" + SHORT) == [
        (0, "2 unknown header: AA 03"),
        (2, "1 no start of a frame: noise"),
        (3, SHORT),
    ]
    assert run(COMMON, b"\xaa\x02\x01" + SHORT) == [(0, "3 unknown header: AA 02 01"), (3, SHORT)]
    assert run(FOREIGN, b"\x41\x40\x06" + OTHER) == [(0, "3 no start of a frame: noise"), (3, OTHER)]


def test_a_wrong_check_and_a_cut_frame_do_not_hide_the_next() -> None:
    spoilt = SHORT[:2] + b"\x0a" + SHORT[3:]
    assert run(COMMON, spoilt + LONG) == [(0, "4 wrong sum"), (4, LONG)]
    assert run(COMMON, LONG[:4] + SHORT) == [(0, "6 wrong sum"), (4, SHORT)]
    assert run(COMMON, LONG[:5]) == [(0, "5 frame cut short")]
    assert run(FOREIGN, OTHER + b"\xa5") == [(0, OTHER), (4, "1 frame cut short")]


def test_commands_read_back_stand_among_frames_with_a_length() -> None:
    shape = LengthPrefixed(b"BM", 2, (2, 4), last_is_sum, ((b"BM\xe2", 9),))
    command, frame = sealed(b"BM\xe2\x00\x00\x01\x01\x01"), sealed(b"BM\x00\x02\x07")
    assert shape.max_size == 9
    assert run(shape, command + frame + command) == [(0, command), (9, frame), (15, command)]
    assert run(shape, b"BM\xe3\x00" + frame) == [(0, "4 length 58112, expected 2, 4"), (4, frame)]
