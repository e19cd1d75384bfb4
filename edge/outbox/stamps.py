"""Rows as they go on the wire, stamped by the clock of the moment, and anew when a better one is known. Pure."""

from enum import IntEnum
from typing import TypeVar

import msgspec

from edge.clock import STEP_MS
from wire.codec import encode
from wire.messages import EventRow, Stream, TeleRow, TimeQuality


class Anchor(msgspec.Struct):
    """A clock that stamped rows, in the boot `boot`: wall time = milliseconds since boot + `offset_ms`.

    `error_ms` is by how much it turned out to be behind the true time; `age_base_ms` serves to tell how long
    ago a row was stored.
    """

    id: int
    boot: str
    known: bool
    offset_ms: int
    error_ms: int = 0
    age_base_ms: int = 0
    corrected: bool = False


class Whose(IntEnum):
    """Whose clock said a row's time, as it is kept with the row (`fixed`)."""

    BOOT = 0  # nobody's: milliseconds since boot, and whatever clock is known when it is sent
    THEIRS = 1  # another one's: it stays, whatever happens to our clock
    OURS = 2  # this machine's, read before it came here: it stays with the clock of that moment


class NewReading(msgspec.Struct, frozen=True):
    """A measurement at `mono_ms` since boot; `at_ms` where its time was said, by the clock that `whose` names."""

    device: str
    values: dict[str, float | str]
    mono_ms: int
    at_ms: int | None = None
    whose: Whose = Whose.THEIRS
    quality: TimeQuality | None = None

    @property
    def fixed(self) -> Whose:
        return Whose.BOOT if self.at_ms is None else self.whose


class NewEvent(msgspec.Struct, frozen=True):
    """As NewReading, for something that happened."""

    id: str
    device: str
    kind: str
    data: dict[str, object]
    mono_ms: int
    at_ms: int | None = None
    whose: Whose = Whose.THEIRS
    quality: TimeQuality | None = None

    @property
    def fixed(self) -> Whose:
        return Whose.BOOT if self.at_ms is None else self.whose


Row = TypeVar("Row", NewReading, NewEvent)


def judged(row: Row, anchor: Anchor) -> Row:
    """The row with the time this machine's clock said, where that is the clock that stamps; else its age counts.

    Kept to the millisecond, a message that is delivered twice stays one row.
    """
    if row.at_ms is None or row.whose is not Whose.OURS:
        return row
    agrees = anchor.known and abs(row.mono_ms + anchor.offset_ms - row.at_ms) < STEP_MS
    return row if agrees else msgspec.structs.replace(row, at_ms=None)


def reading_body(reading: NewReading, anchor: Anchor) -> bytes:
    """The encoded row. With the clock unknown it is `untimed`: that stays true if this boot ends so."""
    at_ms, quality = reading.at_ms, reading.quality or TimeQuality.OK
    if at_ms is None:
        at_ms = reading.mono_ms + anchor.offset_ms if anchor.known else None
        quality = quality if anchor.known else TimeQuality.UNTIMED
    return encode(TeleRow(reading.device, None if at_ms is None else max(0, at_ms), reading.values, quality))


def event_body(event: NewEvent, anchor: Anchor) -> bytes:
    """The encoded row. With the clock unknown it carries the system's guess, marked `unknown`: events do not wait."""
    at_ms, quality = event.at_ms, event.quality or TimeQuality.OK
    if at_ms is None:
        at_ms = event.mono_ms + anchor.offset_ms
        quality = quality if anchor.known else TimeQuality.UNKNOWN
    return encode(EventRow(event.id, event.device, max(0, at_ms), event.kind, quality, event.data))


_KIND: dict[Stream, type[TeleRow | EventRow]] = {Stream.TELE: TeleRow, Stream.EVENT: EventRow}


def restamped(stream: Stream, body: bytes, at_ms: int) -> bytes:
    """The same row at another time. A row that only arrived then (`arrival`) keeps saying so."""
    row = msgspec.json.decode(body, type=_KIND[stream])
    quality = row.c if row.c is TimeQuality.ARRIVAL else TimeQuality.RESTAMPED
    return encode(msgspec.structs.replace(row, t=max(0, at_ms), c=quality))


def untimed(stream: Stream, body: bytes) -> bytes:
    """The same row without a time."""
    row = msgspec.json.decode(body, type=_KIND[stream])
    return encode(msgspec.structs.replace(row, t=None, c=TimeQuality.UNTIMED))
