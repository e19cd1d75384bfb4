"""Rows of one device never share a time, whoever says it; a message said again is the same row."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox.instants import Instants
from edge.outbox.stamps import Anchor, NewReading, Whose, judged, reading_body
from wire.messages import TeleRow, TimeQuality

ANCHOR = Anchor(1, "b1", known=True, offset_ms=1_000_000)


def reading(mono_ms: int, value: float = 1.0, at_ms: int | None = None, whose: Whose = Whose.THEIRS) -> NewReading:
    return NewReading("dev", {"co2_ppm": value}, mono_ms, at_ms, whose)


def time_of(instants: Instants, row: NewReading) -> int:
    sent = msgspec.json.decode(reading_body(instants.apart(judged(row, ANCHOR), ANCHOR), ANCHOR), type=TeleRow)
    assert sent.t is not None
    assert sent.c is TimeQuality.OK
    return sent.t


def test_a_thousand_messages_of_one_millisecond_follow_one_another() -> None:
    instants = Instants()
    times = [time_of(instants, reading(500)) for _ in range(1_000)]
    assert times == list(range(1_000_500, 1_001_500))
    assert time_of(instants, reading(700)) == 1_001_500
    assert time_of(instants, reading(5_000)) == 1_005_000


def test_an_older_message_keeps_its_place() -> None:
    instants = Instants()
    assert [time_of(instants, reading(at)) for at in (5_000, 5_100, 3_000, 5_100)] == [
        1_005_000,
        1_005_100,
        1_003_000,
        1_005_101,
    ]


def test_a_message_said_again_is_the_same_row_and_another_of_its_millisecond_is_not() -> None:
    instants = Instants()
    said = [(7_000, 1.0), (7_000, 1.0), (7_000, 2.0), (7_001, 3.0), (7_000, 2.0)]
    times = [time_of(instants, reading(1, value, at_ms)) for at_ms, value in said]
    assert times == [7_000, 7_000, 7_001, 7_002, 7_001]


def test_this_machines_own_time_counts_where_its_clock_stamps() -> None:
    own = reading(500, at_ms=1_000_499, whose=Whose.OURS)
    assert judged(own, ANCHOR) == own
    assert judged(reading(500, at_ms=9_000_000, whose=Whose.OURS), ANCHOR).at_ms is None
    assert judged(own, Anchor(1, "b1", known=False, offset_ms=1_000_000)).at_ms is None
    assert judged(reading(500, at_ms=9_000_000), ANCHOR).at_ms == 9_000_000


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=60))
def test_all_times_differ(rows: list[tuple[int, bool]]) -> None:
    instants = Instants()
    times = [
        time_of(instants, reading(at, float(index), 1_000_000 + at if told else None))
        for index, (at, told) in enumerate(rows)
    ]
    assert len(set(times)) == len(times)
