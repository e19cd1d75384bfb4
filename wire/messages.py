"""The messages on the wire, as frozen structures. docs/protocol.md says what each field obliges to.

Times are integer milliseconds since 1970-01-01T00:00:00Z. Row numbers are 1 to 2**63-1.
Short names (`d`, `t`, `v`, `c`) are spent on rows only, where they are repeated a hundred times a batch.
"""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from wire.mapping import MAX_MAPPINGS, Figure, Mapping

VERSION = 1
MAX_MESSAGE_BYTES = 256 * 1024
MAX_ROWS = 2_000
MAX_VALUES = 64
MAX_RANGES = 256
MAX_HEARD = 64
MAX_NAMES = 512  # devices of one edge.toml

# \Z, not $: that would let a line end through.
Id = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,64}\Z")]
Epoch = Annotated[str, Meta(pattern=r"^[0-9a-f]{8,32}\Z")]
MAX_ROW_NUMBER = 2**63 - 1
RowNumber = Annotated[int, Meta(ge=1, le=MAX_ROW_NUMBER)]
Millis = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
Short = Annotated[str, Meta(max_length=200)]


class Stream(StrEnum):
    """The two independent row sequences of a gateway."""

    TELE = "tele"
    EVENT = "event"


class TimeQuality(StrEnum):
    """What a row's time is worth."""

    OK = "ok"  # a synchronised clock
    RESTAMPED = "restamped"  # measured before the clock was known, placed afterwards by the monotonic clock
    ARRIVAL = "arrival"  # waited in a local broker: the time is when it was read, the truth lies before; never live
    UNKNOWN = "unknown"  # an event sent before the clock was known; a correction with the same id may follow
    UNTIMED = "untimed"  # its boot ended before the clock was known: listed, never live


class DropReason(StrEnum):
    """Why a gateway declares rows that it will never send."""

    AGE = "age"  # telemetry older than the outbox keeps
    SIZE = "size"  # telemetry beyond the outbox's size
    DISK = "disk"  # the disk was full
    SKIPPED = "skipped"  # numbers reserved and never used: no row existed
    REJECTED = "rejected"  # the hub could not decode it, or it was too large: set aside at the gateway
    CORRUPT = "corrupt"  # lost with a corrupt outbox


class TeleRow(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One measurement of one device: `v` maps quantity keys to numbers (float64) or texts."""

    d: Id
    t: Millis | None
    v: dict[str, float | str]
    c: TimeQuality = TimeQuality.OK


class EventRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened. `id` is unique for ever; the same id again corrects the event."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]
    d: Id
    t: Millis | None
    k: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
    c: TimeQuality = TimeQuality.OK
    data: dict[str, Any] = {}


Dropped = tuple[RowNumber, RowNumber, DropReason]


class TeleBatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Consecutive telemetry rows `first`, `first`+1, ...; `sent_at` is on the same clock as the rows' times."""

    v: int
    epoch: Epoch
    first: RowNumber
    oldest: RowNumber
    sent_at: Millis | None
    rows: Annotated[list[TeleRow], Meta(max_length=MAX_ROWS)]
    dropped: Annotated[list[Dropped], Meta(max_length=MAX_RANGES)] = []


class EventBatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Consecutive event rows; the fields mean what they mean in TeleBatch."""

    v: int
    epoch: Epoch
    first: RowNumber
    oldest: RowNumber
    sent_at: Millis | None
    rows: Annotated[list[EventRow], Meta(max_length=MAX_ROWS)]
    dropped: Annotated[list[Dropped], Meta(max_length=MAX_RANGES)] = []


class AckStatus(StrEnum):
    OK = "ok"
    PENDING = "pending"  # nobody has accepted this gateway yet: send only the state, ask again after retry_s
    STORE_DOWN = "store_down"
    BUSY = "busy"
    UNSUPPORTED = "unsupported"  # the gateway speaks a newer version than the hub: wait


class Rejected(msgspec.Struct, frozen=True):
    """A message the hub could not decode, named by the SHA-256 of its payload (lower-case hexadecimal)."""

    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    reason: Short


class Ack(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the hub has committed of one stream: every row up to `upto`, and the ranges in `also`."""

    v: int
    hub: Id
    instance: Short
    stream: Stream
    epoch: Epoch
    upto: Annotated[int, Meta(ge=0, le=MAX_ROW_NUMBER)]
    hub_time: Millis
    also: Annotated[list[tuple[RowNumber, RowNumber]], Meta(max_length=MAX_RANGES)] = []
    status: AckStatus = AckStatus.OK
    retry_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    credit: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    rejected: Annotated[list[Rejected], Meta(max_length=32)] = []


class ClockState(StrEnum):
    NTP = "ntp"
    HUB = "hub"  # set by the hub's time
    UNKNOWN = "unknown"


class StreamReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """A gateway's own account of one stream. `next` is the next row number it will use."""

    next: RowNumber
    oldest: RowNumber
    rows: int = 0
    bytes: int = 0
    dropped: dict[str, int] = {}


class SourceReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a source of data works; `problem` is for people, bounded, in both languages."""

    name: Short
    kind: Short
    up: bool
    last_ok_age_s: float | None = None
    readings: int = 0
    bad: int = 0
    problem_vi: Short = ""
    problem_en: Short = ""


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure in messages that no dialect or mapping of this gateway reads: nothing unknown is silently dropped.

    `topic` is a filter (what differs from device to device is `+`), `example` a number or a word like "on" as it came,
    never other text: payloads may hold anything. `proposal` is a mapping a person may accept.
    """

    source: Short
    topic: Short
    path: Short
    count: int
    example: Short = ""
    proposal: Mapping | None = None


class GatewayState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Retained birth, heartbeat and last will of a gateway. The will carries `online` false and little else."""

    v: int
    online: bool
    boot: Short
    epoch: str = ""
    at: Millis | None = None
    software: Short = ""
    clock: ClockState = ClockState.UNKNOWN
    clock_offset_ms: int = 0
    uptime_s: float = 0.0
    tele: StreamReport | None = None
    event: StreamReport | None = None
    flash_bytes: int = 0
    flash_bytes_per_day: int = 0
    set_aside: int = 0
    config_version: int = 0
    sources: Annotated[list[SourceReport], Meta(max_length=256)] = []
    heard: Annotated[list[Heard], Meta(max_length=MAX_HEARD)] = []
    accepts: dict[str, list[str]] = {}  # device -> orders it takes: "display_off", "display_input:hdmi1"
    names: Annotated[dict[str, Short], Meta(max_length=MAX_NAMES)] = {}  # device -> what edge.toml calls it
    own_mappings: Annotated[list[Figure], Meta(max_length=MAX_MAPPINGS)] = []  # edge.toml's: they hide the hub's


class HubState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Retained birth and last will of a hub."""

    v: int
    hub: Id
    instance: Short
    online: bool
    at: Millis = 0


class Command(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order for a gateway; refused after `expires_at` (hub time) or when the gateway's clock is unknown."""

    v: int
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]
    kind: Short
    expires_at: Millis
    args: dict[str, Any] = {}


class Configuration(msgspec.Struct, frozen=True, omit_defaults=True):
    """Versioned settings from the hub; stored by the gateway, acknowledged by `config_version` in its state."""

    v: int
    config_version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    settings: dict[str, Any]


Batch = TeleBatch | EventBatch
