"""How much the outbox keeps: age and size of telemetry, acknowledged rows, free disk. Events are never given up."""

import os
from pathlib import Path

import msgspec

from edge.outbox.anchors import Anchors
from edge.outbox.file import OutboxFile
from edge.outbox.ledger import Ledger
from edge.outbox.stamps import Anchor
from wire.messages import DropReason, Stream

_MB = 1_000_000
_CHUNK = 1_000
_TIDY_MS = 600_000
_RESERVE_BYTES = 2 * 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    max_mb: float = 512
    max_age_days: float = 14
    keep_acknowledged_h: float = 24
    min_free_mb: float = 100


class Reserve:
    """A file of real bytes that is given back to a full disk when events have to be written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self) -> None:
        """Written once; where the disk has no room for it there is nothing to hold in reserve."""
        if self._path.exists():
            return
        try:
            self._path.write_bytes(os.urandom(_RESERVE_BYTES))  # random: a compressing file system keeps its word
        except OSError:
            self._path.unlink(missing_ok=True)

    def fill_if_room(self, *, short: bool) -> None:
        if not short:
            self.fill()

    def release(self) -> bool:
        """False where it was given back already."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


class Retention:
    """Deletes inside the caller's transaction, and declares through the telemetry ledger."""

    def __init__(self, file: OutboxFile, limits: Limits, anchors: Anchors, ledgers: dict[Stream, Ledger]) -> None:
        self._file, self._limits, self._ledgers = file, limits, ledgers
        self.anchors = anchors
        self._tidied_ms: int | None = None

    def disk_is_short(self) -> bool:
        """Telemetry stops here, so that events find room to the last."""
        try:
            disk = os.statvfs(self._file.path.parent)
        except OSError:
            return False  # the commit itself will tell
        return disk.f_bavail * disk.f_frsize < self._limits.min_free_mb * _MB

    def apply(self, boottime_ms: int, clock: Anchor, oldest: dict[Stream, int]) -> list[tuple[int, int]]:
        """Age and size; the ranges of owed telemetry that were given up."""
        given_up: list[tuple[int, int]] = []
        if clock.known and self._is_time(boottime_ms):
            now_ms = boottime_ms + clock.offset_ms
            for stream, end in oldest.items():
                self._forget_acknowledged(stream, now_ms, end)
            too_old = self._older_than(Stream.TELE, now_ms - int(self._limits.max_age_days * 86_400_000))
            given_up += self._drop_to(too_old, DropReason.AGE)
        while self.too_large():
            if self.give_up_acknowledged():
                continue
            dropped = self._drop_to(self._oldest_chunk(), DropReason.SIZE)
            if not dropped:
                break  # only events are left, and they stay
            given_up += dropped
        return given_up

    def too_large(self) -> bool:
        return self._file.used_bytes() > self._limits.max_mb * _MB

    def _is_time(self, boottime_ms: int) -> bool:
        """Tidying up is for every ten minutes: it writes to flash, and age is counted in hours and days."""
        if self._tidied_ms is not None and boottime_ms < self._tidied_ms + _TIDY_MS:
            return False
        self._tidied_ms = boottime_ms
        return True

    def give_up_acknowledged(self) -> bool:
        """Rows the hub holds, kept for a hub restored from a backup; False where there are none."""
        for stream in Stream:
            ceiling = self._settled_below(stream)
            first = self._file.link.execute(f"SELECT min(n) FROM {stream.value}").fetchone()[0]  # noqa: S608  # an enum
            if first is not None and first <= ceiling:
                return self._file.delete(stream, first, min(ceiling, first + 5 * _CHUNK)) > 0
        return False

    def give_up_oldest(self, reason: DropReason) -> list[tuple[int, int]]:
        """A chunk of the oldest telemetry, declared; empty where there is none."""
        return self._drop_to(self._oldest_chunk(), reason)

    def _settled_below(self, stream: Stream) -> int:
        # The ledger on disk, not the one in memory: after a crash only that one is known.
        kept = self._file.get(f"ledger_{stream.value}")
        if kept is None:
            return 0
        done = msgspec.json.decode(kept, type=_Done).done
        return done[0][1] if done and done[0][0] == 1 else 0

    def _forget_acknowledged(self, stream: Stream, now_ms: int, oldest: int) -> None:
        limit = self._older_than(stream, now_ms - int(self._limits.keep_acknowledged_h * 3_600_000))
        limit = min(limit, oldest - 1, self._settled_below(stream))
        if limit > 0:
            self._file.delete(stream, 0, limit)

    def _oldest_chunk(self) -> int:
        """The number up to which a chunk of the oldest telemetry reaches."""
        row = self._file.link.execute(
            "SELECT max(n) FROM (SELECT n FROM tele ORDER BY n LIMIT ?)", (max(_CHUNK, self._rows_of_a_percent()),)
        ).fetchone()
        return int(row[0] or 0)

    def _rows_of_a_percent(self) -> int:
        ends = self._file.link.execute("SELECT min(n), max(n) FROM tele").fetchone()
        return 0 if ends[0] is None else int(ends[1] - ends[0]) // 100

    def _older_than(self, stream: Stream, wall_ms: int) -> int:
        """The last number of the rows at the start of the table that were stored before `wall_ms`."""
        last = 0
        while True:
            row = self._file.link.execute(
                f"SELECT n, anchor, mono_ms FROM {stream.value} WHERE n>? ORDER BY n LIMIT 1 OFFSET ?",  # noqa: S608
                (last, _CHUNK // 10),
            ).fetchone()
            if row is None or row[2] + self.anchors.age_base_ms(row[1]) >= wall_ms:
                return last
            last = row[0]

    def _drop_to(self, last: int, reason: DropReason) -> list[tuple[int, int]]:
        """Delete telemetry up to `last` and declare what of it was owed."""
        first = self._file.link.execute("SELECT min(n) FROM tele").fetchone()[0]
        if first is None or last < first:
            return []
        owed = self._ledgers[Stream.TELE].done.missing(first, last)
        self._ledgers[Stream.TELE].drop(first, last, reason)
        self._file.delete(Stream.TELE, first, last)
        return owed


class _Done(msgspec.Struct, frozen=True):
    done: list[tuple[int, int]] = []
