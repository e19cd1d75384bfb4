"""What is set aside of a batch, as messages of their own that can be replayed. Pure.

The message is a batch of the one row (or the one bad value of it) under its own number and epoch, with the clock
correction that applied (`shift`, a field only the hub reads).
"""

import msgspec

from hub.ingest.quarantine import Entry
from wire.codec import digest, encode
from wire.messages import MAX_MESSAGE_BYTES, VERSION, EventRow, TeleRow


class Aside(msgspec.Struct, frozen=True):
    """One row, or what is bad of it, as JSON. `count` is what the account calls quarantined: a row, or each value."""

    number: int
    reason: str
    row: bytes
    count: int = 1


class _Shift(msgspec.Struct):
    shift: int = 0


_shift = msgspec.json.Decoder(_Shift)


def value_aside(number: int, row: TeleRow, bad: dict[str, str]) -> Aside:
    """The bad values of a row; the rest of it is stored."""
    rest = msgspec.structs.replace(row, v={key: row.v[key] for key in bad})
    return Aside(number, "; ".join(bad.values()), encode(rest), len(bad))


def row_aside(number: int, row: TeleRow | EventRow, reason: str) -> Aside:
    return Aside(number, reason, encode(row))


def entries_of(
    asides: list[Aside], *, school: str, gateway: str, stream: str, epoch: str, shift_ms: int, now_ms: int
) -> list[Entry]:
    """Consecutive rows set aside for one reason make one entry, the others one each."""
    entries = []
    for group in _runs(asides):
        head = {"v": VERSION, "epoch": epoch, "first": group[0].number, "oldest": 1, "sent_at": None, "shift": shift_ms}
        raw = encode_head(head) + b",".join(aside.row for aside in group) + b"]}"
        entries.append(Entry(digest(raw), school, gateway, stream, group[0].reason, raw, now_ms))
    return entries


def encode_head(head: dict[str, object]) -> bytes:
    return msgspec.json.encode(head)[:-1] + b',"rows":['


def _runs(asides: list[Aside]) -> list[list[Aside]]:
    runs: list[list[Aside]] = []
    size = 0
    for aside in sorted(asides, key=lambda each: each.number):
        size += len(aside.row) + 1
        last = runs[-1][-1] if runs else None
        follows = last is not None and last.number + 1 == aside.number and last.reason == aside.reason
        if follows and size < MAX_MESSAGE_BYTES // 2:
            runs[-1].append(aside)
        else:
            runs.append([aside])
            size = len(aside.row)
    return runs


def shift_of(raw: bytes) -> int:
    """The clock correction kept in a message set aside; 0 for a message as it came from the wire."""
    try:
        return _shift.decode(raw).shift
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0
