"""Stored rows into messages: joined, not encoded again, one clock each, below the size a message may have. Pure."""

from collections.abc import Callable, Iterator

import msgspec

from edge.outbox.file import StoredRow
from wire.codec import digest, encode_batch
from wire.messages import MAX_MESSAGE_BYTES, MAX_ROWS, DropReason

# Well below the limit: on a slow line a smaller message is through before anybody doubts the connection.
BATCH_BYTES = 64 * 1024
Dropped = list[tuple[int, int, DropReason]]


class Head(msgspec.Struct, frozen=True):
    """What every batch of a stream says of the stream."""

    epoch: str
    oldest: int
    dropped: Dropped


class OutgoingBatch(msgspec.Struct, frozen=True):
    """A message ready to be sent, the rows in it (none: last < first), and its name should the hub reject it."""

    payload: bytes
    sha256: str
    first: int
    last: int


def empty_batch(head: Head, next_number: int, sent_at: int | None) -> OutgoingBatch:
    """Only declares drops and `oldest`."""
    return _message(head, next_number, [], sent_at)


def build_batches(
    head: Head, rows: list[StoredRow], sent_at: Callable[[int], int | None]
) -> tuple[list[OutgoingBatch], list[int]]:
    """The messages, and the numbers of rows too large for any message. `sent_at` tells the time by an anchor."""
    messages: list[OutgoingBatch] = []
    too_large: list[int] = []
    for group in _groups(rows):
        message = _message(head, group[0].number, [row.body for row in group], sent_at(group[0].anchor))
        if len(message.payload) > MAX_MESSAGE_BYTES:
            too_large += [row.number for row in group]
        else:
            messages.append(message)
    return messages, too_large


def _groups(rows: list[StoredRow]) -> Iterator[list[StoredRow]]:
    """Consecutive numbers, one anchor, at most BATCH_BYTES (a larger single row stands alone)."""
    group: list[StoredRow] = []
    payload_bytes = 0
    for row in rows:
        follows = group and row.number == group[-1].number + 1 and row.anchor == group[-1].anchor
        if group and (not follows or payload_bytes + len(row.body) > BATCH_BYTES or len(group) == MAX_ROWS):
            yield group
            group, payload_bytes = [], 0
        group.append(row)
        payload_bytes += len(row.body) + 1
    if group:
        yield group


def _message(head: Head, first: int, bodies: list[bytes], sent_at: int | None) -> OutgoingBatch:
    payload = encode_batch(
        epoch=head.epoch, first=first, oldest=head.oldest, sent_at=sent_at, rows=bodies, dropped=list(head.dropped)
    )
    return OutgoingBatch(payload, digest(payload), first, first + len(bodies) - 1)
