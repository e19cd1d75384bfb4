"""What an archive says about itself, and the lines its parts are made of. Pure.

The manifest is the archive's last part: what stands in it was counted while the parts were written.
"""

from typing import Literal

import msgspec

from hub.stores.series import Level, Mark, Point, RoomMinute, Summary
from wire.text import Text

FORMAT = 1
DAY_MS = 86_400_000
Scope = Literal["state", "series", "configuration"]
SCOPES: tuple[Scope, ...] = ("state", "series", "configuration")


class ArchiveBroken(Exception):
    """The archive is damaged, incomplete, or not one of ours; `text` says where."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


class Part(msgspec.Struct, frozen=True):
    """One member of the archive: rows in it, size and SHA-256 as stored."""

    name: str
    rows: int
    size_bytes: int
    sha256: str


class Table(msgspec.Struct, frozen=True):
    """A table of the state database: the order of the columns in its lines."""

    columns: list[str]
    rows: int


class SchoolSeries(msgspec.Struct, frozen=True):
    """What the archive holds of a school's series, by UTC day (ISO): values, and windows of each coarse level."""

    values: dict[str, int] = {}
    windows: dict[Level, dict[str, int]] = {}
    minutes: int = 0


class Manifest(msgspec.Struct, frozen=True):
    """`revision` is the migration the tables are at; `left_out` names secret files, which stay where they are."""

    format: int
    release: str
    made_ms: int
    hub: str
    revision: str
    state_kind: str
    store_kind: str
    tables: dict[str, Table]
    series: dict[str, SchoolSeries]
    marks: int
    files: dict[str, str]  # part -> file as hub.toml names it
    left_out: list[str]
    parts: list[Part]


class PointLine(msgspec.Struct, frozen=True, array_like=True):
    """A point; its school is in the part's name."""

    device: str
    t_ms: int
    values: dict[str, float | str]
    epoch: str
    row: int
    shift_ms: int = 0


class MinuteLine(msgspec.Struct, frozen=True, array_like=True):
    room: str
    t_ms: int
    status: str
    people: float | None
    air_changes_per_h: float | None
    people_low: float | None = None  # archives of before 0.2 end here
    people_high: float | None = None
    evidence: float | None = None
    direct: bool = False
    lesson: str = ""


class MarkLine(msgspec.Struct, frozen=True, array_like=True):
    school: str
    gateway: str
    stream: str
    epoch: str
    first_seen_ms: int
    ledger: bytes


class SummaryLine(msgspec.Struct, frozen=True, array_like=True):
    room: str | None
    device: str
    quantity: str
    t_ns: int
    mean: float | None
    minimum: float | None
    maximum: float | None
    last: float | str
    count: int


_encoder = msgspec.json.Encoder()
_point, _minute = msgspec.json.Decoder(PointLine), msgspec.json.Decoder(MinuteLine)
_mark, _summary = msgspec.json.Decoder(MarkLine), msgspec.json.Decoder(SummaryLine)


def point_line(point: Point) -> bytes:
    return _encoder.encode(PointLine(point.device, point.t_ms, point.values, point.epoch, point.row, point.shift_ms))


def point_of(school: str, line: bytes) -> Point:
    """Raises msgspec.MsgspecError, as the others below. A whole number written as one stays a number."""
    found = _point.decode(line)
    return Point(school, found.device, found.t_ms, found.values, found.epoch, found.row, found.shift_ms)


def minute_line(minute: RoomMinute) -> bytes:
    _, *fields = msgspec.structs.astuple(minute)
    return _encoder.encode(MinuteLine(*fields))


def minute_of(school: str, line: bytes) -> RoomMinute:
    return RoomMinute(school, *msgspec.structs.astuple(_minute.decode(line)))


def mark_line(mark: Mark) -> bytes:
    return _encoder.encode(MarkLine(*msgspec.structs.astuple(mark)))


def mark_of(line: bytes) -> Mark:
    return Mark(*msgspec.structs.astuple(_mark.decode(line)))


def summary_line(summary: Summary) -> bytes:
    return _encoder.encode(SummaryLine(*msgspec.structs.astuple(summary)))


def summary_of(line: bytes) -> Summary:
    return Summary(*msgspec.structs.astuple(_summary.decode(line)))


def day_of(t_ms: int) -> int:
    """Start of the UTC day."""
    return t_ms // DAY_MS * DAY_MS
