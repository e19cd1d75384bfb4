"""Rows into messages: what the hub's side of the contract reads back."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge.batches import BATCH_BYTES, Head, build_batches, empty_batch
from edge.outbox.file import StoredRow
from wire.codec import decode_batch, digest
from wire.messages import MAX_MESSAGE_BYTES, MAX_ROWS, DropReason, Stream, TeleRow

HEAD = Head("0123456789abcdef", 3, [(1, 2, DropReason.AGE)])


def row(number: int, anchor: int = 1, text: str = "") -> StoredRow:
    body = msgspec.json.encode({"d": "dev", "t": number, "v": {"error_code": text}})
    return StoredRow(number, anchor, body)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 9_000)), max_size=60))
def test_every_row_travels_once_with_its_number_and_its_clock(steps: list[tuple[int, int, int]]) -> None:
    rows, number = [], 0
    for gap, anchor, size in steps:
        number += gap
        rows.append(row(number, anchor, "x" * size))
    messages, too_large = build_batches(HEAD, rows, lambda anchor: anchor * 1_000)
    assert too_large == []
    found = {}
    for message in messages:
        assert len(message.payload) <= MAX_MESSAGE_BYTES
        assert message.sha256 == digest(message.payload)
        batch, bad = decode_batch(message.payload, Stream.TELE)
        assert not bad
        assert (batch.oldest, batch.dropped) == (3, [(1, 2, "age")])
        assert (batch.first, batch.first + len(batch.rows) - 1) == (message.first, message.last)
        for offset, one in enumerate(batch.rows):
            assert isinstance(one, TeleRow)
            found[batch.first + offset] = (one.t, batch.sent_at)
    assert found == {one.number: (one.number, one.anchor * 1_000) for one in rows}


def test_many_small_rows_stay_within_rows_and_bytes() -> None:
    messages, _ = build_batches(HEAD, [row(number) for number in range(1, 5_001)], lambda _: None)
    assert max(message.last - message.first + 1 for message in messages) <= MAX_ROWS
    assert max(len(message.payload) for message in messages) <= BATCH_BYTES + 1_000


def test_a_row_too_large_for_any_message_stands_aside_alone() -> None:
    rows = [row(1), row(2, text="x" * MAX_MESSAGE_BYTES), row(3), row(4, text="x" * (MAX_MESSAGE_BYTES - 1_000))]
    messages, too_large = build_batches(HEAD, rows, lambda _: 5)
    assert too_large == [2]
    assert [(message.first, message.last) for message in messages] == [(1, 1), (3, 3), (4, 4)]


def test_a_batch_without_rows_declares() -> None:
    message = empty_batch(HEAD, 10, None)
    batch, _ = decode_batch(message.payload, Stream.EVENT)
    assert (batch.first, batch.rows, batch.dropped) == (10, [], [(1, 2, "age")])
    assert message.last < message.first
