"""The bad line itself: what it promises about bytes, order and time."""

from tests.sim.sensors import Talker
from tests.sim.serial_link import BadLine, Wire, on_a_terminal


def test_a_wire_only_delays_and_splits_unless_told() -> None:
    wire = Wire(7, split=0.5, delay_s=0.1)
    wire.put(bytes(range(100)), 10.0)
    pieces = [wire.take(10.0 + 0.05 * turn) for turn in range(200)]
    assert b"".join(pieces) == bytes(range(100))
    assert len([piece for piece in pieces if piece]) > 10
    assert (wire.dropped, wire.flipped) == (0, 0)


def test_a_wire_spoils_as_its_seed_says() -> None:
    def spoilt(seed: int) -> tuple[bytes, int, int]:
        wire = Wire(seed, drop=0.1, flip=0.1, delay_s=0.0)
        wire.put(bytes(1000), 0.0)
        return wire.take(0.0), wire.dropped, wire.flipped

    data, dropped, flipped = spoilt(1)
    assert len(data) == 1000 - dropped
    assert len(data) - data.count(0) == flipped
    assert 50 < dropped < 150
    assert 50 < flipped < 150
    assert spoilt(1) == (data, dropped, flipped)
    assert spoilt(2) != (data, dropped, flipped)


async def test_both_directions_of_a_line_can_be_bad() -> None:
    talker = Talker(b"hello")
    line = BadLine(talker, Wire(1, delay_s=0.0), Wire(2, drop=1.0))
    assert line.receive(b"lost", 0.0) == b""
    assert line.speak(0.0) == b"hello"
    assert talker.heard == b""
    async with on_a_terminal(Talker()) as terminal:
        assert terminal.plugged
    assert not terminal.plugged
