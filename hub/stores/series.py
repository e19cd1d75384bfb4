"""The time-series store as the hub sees it: one protocol, one contract test for every implementation.

All calls block and run in the store's own thread; none may be made from the event loop.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from hub.registry.model import Assignment, Calibration
from wire.text import Text


class StoreDown(Exception):
    """The store cannot take or give data now (disk full, locked, unreachable). Trying again later is right.

    `code` is that of the notice people get of it (see hub.notice).
    """

    def __init__(self, text: Text | str, code: str = "store.down") -> None:
        self.text = text if isinstance(text, Text) else Text(text, text)
        self.code = code
        super().__init__(self.text.both())


class PointsRefused(Exception):
    """The store will never take these points, whatever the rest: (index among the points given, reason), ascending.

    No mark was written. Set them aside and commit the others again; storing twice is storing once. `conflicts` are
    those of the others that met another value: they are stored now, and meet their own when they come again.
    """

    def __init__(self, refused: Sequence[tuple[int, str]], conflicts: Sequence[int] = ()) -> None:
        self.refused, self.conflicts = tuple(refused), tuple(conflicts)
        super().__init__(f"{len(self.refused)} points refused")


class Point(msgspec.Struct, frozen=True, gc=False):
    """One row to store: all values of one device at one time. `shift_ms` = stored time minus the gateway's own."""

    school: str
    device: str
    t_ms: int
    values: dict[str, float | str]
    epoch: str
    row: int
    shift_ms: int = 0


class Mark(msgspec.Struct, frozen=True):
    """How far a stream is committed, with its counters, written in the same transaction as its rows.

    `ledger` is what hub.ingest.ledger needs to continue after a restart (JSON bytes).
    """

    school: str
    gateway: str
    stream: str
    epoch: str
    first_seen_ms: int
    ledger: bytes


class CommitResult(msgspec.Struct, frozen=True):
    """Rows, each counted once: `overwritten` where any of its values met another value of the same key (whichever of
    the two stays), else `repeated` where all of its values were stored already, else `stored`.
    """

    stored: int
    repeated: int
    overwritten: int
    conflicts: tuple[int, ...] = ()  # which of the points given were counted `overwritten`, ascending


class Bucket(msgspec.Struct, frozen=True, gc=False):
    """One step of a history: start of the step, and what its quantity's kind allows (see wire.quantities.Kind)."""

    t_ms: int
    mean: float
    minimum: float
    maximum: float
    last: float
    count: int


class RoomMinute(msgspec.Struct, frozen=True, gc=False):
    """One minute of a room's derived history (`room_status`).

    `evidence` sums up what its sensors said of somebody being there (log-odds without what the plan makes likely), None
    where nothing told; `direct`: motion or a counter saw somebody. `lesson` is the id of the planned one, "" for none.
    """

    school: str
    room: str
    t_ms: int
    status: str
    people: float | None
    air_changes_per_h: float | None
    people_low: float | None = None
    people_high: float | None = None
    evidence: float | None = None
    direct: bool = False
    lesson: str = ""


class GatewayMinute(msgspec.Struct, frozen=True):
    """What one gateway's account said at the end of a minute (`gateway_health`).

    `figures` of both streams together, cumulative: expected received duplicate late lost dropped overwritten
    quarantined. As they are now: outstanding outbox_rows outbox_bytes set_aside flash_bytes flash_bytes_per_day, and
    clock_skew_ms where it is known. Of a gateway not heard since the hub began, only the counters.
    """

    school: str
    gateway: str
    t_ms: int
    online: bool
    figures: dict[str, float]


class Level(StrEnum):
    """How finely windows are kept besides raw values."""

    MINUTE = "1m"
    QUARTER_HOUR = "15m"


class Summary(msgspec.Struct, frozen=True):
    """One window of one quantity of one device, as a coarse level keeps it (values calibrated).

    A number has `mean, minimum, maximum, last, count` (state: `mean` is its share of time); a text only `last`.
    """

    room: str | None
    device: str
    quantity: str
    t_ns: int  # start of the window; one nanosecond after a whole millisecond: a single late value at its own time
    mean: float | None
    minimum: float | None
    maximum: float | None
    last: float | str
    count: int


DeviceKey = tuple[str, str]  # school and device
Intervals = tuple[Sequence[Assignment], Sequence[Calibration]]


class SeriesStore(Protocol):
    def commit(self, points: Sequence[Point], marks: Sequence[Mark]) -> CommitResult:
        """Store points, then marks: both or, with StoreDown or PointsRefused, no mark (points may be there: they come
        again and are found).
        """
        ...

    def marks(self) -> list[Mark]:
        """All marks, for the start."""
        ...

    def replace_assignments(self, school: str, device: str, assignments: Sequence[Assignment]) -> None:
        """Say anew in which room a device hung when; history follows."""
        ...

    def replace_calibrations(self, school: str, device: str, calibrations: Sequence[Calibration]) -> None: ...

    def replace_intervals(self, devices: Mapping[DeviceKey, Intervals]) -> int:
        """Both of many devices at once; how many were news."""
        ...

    def history(
        self, school: str, room: str | None, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[Bucket]]:
        """One quantity in one room (None: in all rooms), by device, in steps, calibrated; empty steps are left out."""
        ...

    def consumption(
        self, school: str, room: str, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[tuple[int, float]]]:
        """What a counter counted in each step, by device; a register that fell was reset and began at zero."""
        ...

    def raw(
        self,
        school: str,
        room: str | None,
        device: str | None,
        from_ms: int,
        to_ms: int,
        limit: int,
        *,
        calibrated: bool = False,
    ) -> list[tuple[int, str, str, str | None, float | str]]:
        """Values in time order, as measured or calibrated: (time, device, quantity, room, value)."""
        ...

    def put_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        """Store or replace derived minutes."""
        ...

    def replace_minutes(
        self, school: str, room: str | None, from_ms: int, to_ms: int, minutes: Sequence[RoomMinute]
    ) -> None:
        """The derived minutes of one room (None: of all rooms) in [from_ms, to_ms) are these and no others."""
        ...

    def minutes(self, school: str, room: str | None, from_ms: int, to_ms: int) -> list[RoomMinute]:
        """Of one room, or of all rooms one after the other; in time order."""
        ...

    def told_hours(self, school: str, from_ms: int, to_ms: int) -> frozenset[int]:
        """Starts of the hours (UTC) in which any derived minute of any room lies."""
        ...

    def put_health(self, minutes: Sequence[GatewayMinute]) -> None:
        """Store or replace what gateways' accounts said. The embedded store, which no dashboard reads, keeps none."""
        ...

    def span(self, school: str) -> tuple[int, int] | None:
        """Oldest and newest stored time of raw values."""
        ...

    def count(self, school: str, from_ms: int, to_ms: int) -> int:
        """Raw values stored in [from_ms, to_ms)."""
        ...

    def export(self, school: str, from_ms: int, to_ms: int) -> Iterator[list[Point]]:
        """Every point as it was committed (measured values, epoch, row, shift), in pieces of bounded size."""
        ...

    def export_minutes(self, school: str, from_ms: int, to_ms: int) -> Iterator[list[RoomMinute]]: ...

    def export_summaries(self, school: str, level: Level, from_ms: int, to_ms: int) -> Iterator[list[Summary]]:
        """Windows of a coarse level; a store without levels has none."""
        ...

    def put_summaries(self, school: str, level: Level, summaries: Sequence[Summary]) -> int:
        """Store or replace windows; how many were kept (none by a store without levels)."""
        ...

    def tend(self, now_ms: int) -> bool:
        """A bounded share of background work: windows to sum up, history to move. True where more is waiting."""
        ...

    def forget_before(self, school: str, t_ms: int) -> int:
        """Retention: delete raw values older than that; how many went."""
        ...

    def only_windows_before(self, school: str, t_ms: int) -> None:
        """Said by a restore: of the time before, windows were put back without their raw values."""
        ...

    def size_bytes(self) -> int: ...

    def interrupt_reading(self) -> None:
        """From any thread: the query that runs for a page gives up with StoreDown."""
        ...

    def give_up(self) -> None:
        """From any thread: whatever runs ends with StoreDown as soon as it can; `close` follows."""
        ...

    def close(self) -> None: ...
