"""Bytes to messages and back. Decoding never raises anything but WireError, whatever the bytes are."""

import hashlib
from typing import Any, TypeVar

import msgspec

from wire.messages import (
    MAX_MESSAGE_BYTES,
    MAX_ROW_NUMBER,
    MAX_ROWS,
    MAX_VALUES,
    VERSION,
    Ack,
    Command,
    Configuration,
    EventBatch,
    EventRow,
    GatewayState,
    HubState,
    Stream,
    TeleBatch,
    TeleRow,
    TimeQuality,
)

Row = TypeVar("Row", TeleRow, EventRow)
Message = TeleBatch | EventBatch | Ack | GatewayState | HubState | Command | Configuration


class WireError(Exception):
    """A message that cannot be taken as it is; the text says why."""


class UnsupportedVersion(WireError):
    """A message of another schema version: not wrong, only not ours to read."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(f"schema version {version}, this side reads {VERSION}")


class BadRow(msgspec.Struct, frozen=True):
    """One row of a batch that cannot be decoded: its number, its bytes and the reason."""

    number: int
    raw: bytes
    reason: str


class _Head(msgspec.Struct, frozen=True):
    v: int


class _LooseBatch(msgspec.Struct, frozen=True):
    """A batch whose rows stay undecoded, so that one bad row can be told from the good ones."""

    v: int
    epoch: Any
    first: Any
    oldest: Any
    sent_at: Any
    rows: list[msgspec.Raw]
    dropped: Any = []


_encoder = msgspec.json.Encoder()
_head = msgspec.json.Decoder(_Head)
_loose = msgspec.json.Decoder(_LooseBatch)
_batches: dict[Stream, msgspec.json.Decoder[Any]] = {
    Stream.TELE: msgspec.json.Decoder(TeleBatch),
    Stream.EVENT: msgspec.json.Decoder(EventBatch),
}
_rows: dict[Stream, msgspec.json.Decoder[Any]] = {
    Stream.TELE: msgspec.json.Decoder(TeleRow),
    Stream.EVENT: msgspec.json.Decoder(EventRow),
}
_ack = msgspec.json.Decoder(Ack)
_gateway_state = msgspec.json.Decoder(GatewayState)
_hub_state = msgspec.json.Decoder(HubState)
_order = msgspec.json.Decoder(Command)
_configuration = msgspec.json.Decoder(Configuration)
M = TypeVar("M")


def encode(message: Message | TeleRow | EventRow) -> bytes:
    return _encoder.encode(message)


def digest(payload: bytes) -> str:
    """The name under which an undecodable message is rejected and quarantined."""
    return hashlib.sha256(payload).hexdigest()


def encode_batch(  # a batch of rows encoded long ago is joined, not decoded and encoded again
    *,
    epoch: str,
    first: int,
    oldest: int,
    sent_at: int | None,
    rows: list[bytes],
    dropped: list[tuple[int, int, str]],
) -> bytes:
    """A TeleBatch or EventBatch from rows that are JSON already (each the result of `encode`)."""
    head = _encoder.encode(
        {
            "v": VERSION,
            "epoch": epoch,
            "first": first,
            "oldest": oldest,
            "sent_at": sent_at,
            "dropped": dropped,
        }
    )
    return head[:-1] + b',"rows":[' + b",".join(rows) + b"]}"


def decode_batch(payload: bytes, stream: Stream) -> tuple[TeleBatch | EventBatch, list[BadRow]]:
    """A batch, and the rows of it that could not be read (they are not in `batch.rows`: see `row_numbers`).

    Raises UnsupportedVersion for another version, WireError for anything else that is not a batch.
    """
    _check_size(payload)
    try:
        batch: TeleBatch | EventBatch = _batches[stream].decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        return _decode_row_by_row(payload, stream, broken)
    if batch.v != VERSION:
        raise UnsupportedVersion(batch.v)
    if not _looks_sound(batch):
        return _decode_row_by_row(payload, stream, WireError("a row is not as it may be"))
    _check_numbers(batch, len(batch.rows))
    return batch, []


def _check_numbers(batch: TeleBatch | EventBatch, count: int) -> None:
    """What the fields' own limits cannot say: the last row has a number too, and ranges run forwards."""
    if count > MAX_ROWS:
        raise WireError(f"{count} rows, allowed {MAX_ROWS}")
    if batch.first + count - 1 > MAX_ROW_NUMBER:
        raise WireError(f"{count} rows from {batch.first} on: the last number is above {MAX_ROW_NUMBER}")
    for start, end, _ in batch.dropped:
        if end < start:
            raise WireError(f"dropped: the range {start} to {end} runs backwards")


def _looks_sound(batch: TeleBatch | EventBatch) -> bool:
    if isinstance(batch, EventBatch):
        return True
    for row in batch.rows:  # noqa: SIM110  # `all` of a generator costs twice as much
        if not 0 < len(row.v) <= MAX_VALUES or row.c is TimeQuality.UNKNOWN:
            return False
    return True


def _decode_row_by_row(
    payload: bytes, stream: Stream, reason: Exception
) -> tuple[TeleBatch | EventBatch, list[BadRow]]:
    check_version(payload)
    try:
        loose = _loose.decode(payload)
        frame: Any = msgspec.convert(
            {
                "v": loose.v,
                "epoch": loose.epoch,
                "first": loose.first,
                "oldest": loose.oldest,
                "sent_at": loose.sent_at,
                "rows": [],
                "dropped": loose.dropped,
            },
            TeleBatch if stream is Stream.TELE else EventBatch,
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise WireError(str(reason)) from reason
    _check_numbers(frame, len(loose.rows))
    good: list[Any] = []
    bad: list[BadRow] = []
    for offset, raw in enumerate(loose.rows):
        try:
            row = _rows[stream].decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
            bad.append(BadRow(frame.first + offset, bytes(raw), str(broken)))
            continue
        wrong = _wrong_in(row)
        if wrong is not None:
            bad.append(BadRow(frame.first + offset, bytes(raw), wrong))
            continue
        good.append(row)
    whole: TeleBatch | EventBatch = msgspec.structs.replace(frame, rows=good)
    return whole, bad


def _wrong_in(row: TeleRow | EventRow) -> str | None:
    """What the row's own types cannot say."""
    if isinstance(row, EventRow):
        return None
    if not 0 < len(row.v) <= MAX_VALUES:
        return f"{len(row.v)} values, allowed 1 to {MAX_VALUES}"
    return "c is unknown: for events only" if row.c is TimeQuality.UNKNOWN else None


def row_numbers(batch: TeleBatch | EventBatch, bad: list[BadRow]) -> list[int]:
    """The numbers of `batch.rows`, which are consecutive except where bad rows were left out."""
    if not bad:
        return list(range(batch.first, batch.first + len(batch.rows)))
    skipped = {row.number for row in bad}
    total = len(batch.rows) + len(bad)
    return [number for number in range(batch.first, batch.first + total) if number not in skipped]


def check_version(payload: bytes) -> None:
    """Raises UnsupportedVersion where the payload says it is of another version, WireError where it says nothing."""
    try:
        version = _head.decode(payload).v
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        raise WireError(str(broken)) from broken
    if version != VERSION:
        raise UnsupportedVersion(version)


def _check_size(payload: bytes) -> None:
    if len(payload) > MAX_MESSAGE_BYTES:
        raise WireError(f"{len(payload)} bytes, allowed {MAX_MESSAGE_BYTES}")


def _decode(payload: bytes, decoder: "msgspec.json.Decoder[M]") -> M:
    _check_size(payload)
    try:
        message = decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        check_version(payload)
        raise WireError(str(broken)) from broken
    check_version(payload)
    return message


def decode_ack(payload: bytes) -> Ack:
    """Raises WireError."""
    return _decode(payload, _ack)


def decode_gateway_state(payload: bytes) -> GatewayState:
    """Raises WireError."""
    return _decode(payload, _gateway_state)


def decode_hub_state(payload: bytes) -> HubState:
    """Raises WireError."""
    return _decode(payload, _hub_state)


def decode_order(payload: bytes) -> Command | Configuration:
    """What came on `/cmd`. Raises WireError."""
    try:
        is_configuration = "config_version" in msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        raise WireError(str(broken)) from broken
    return _decode(payload, _configuration) if is_configuration else _decode(payload, _order)
