"""The embedded time-series store: one DuckDB file, values as measured, room and calibration joined when read.

See docs/decisions/0003-derived-not-rewritten.md. Calls block; hub.stores.reader runs them in threads of their own.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.registry.model import Assignment, Calibration
from hub.stores import duckdb_export as exported
from hub.stores import duckdb_history as queries
from hub.stores import duckdb_intervals as intervals
from hub.stores.duckdb_commit import Batch
from hub.stores.duckdb_file import DuckDbFile
from hub.stores.duckdb_schema import Catalogue, prepare
from hub.stores.series import (
    Bucket,
    CommitResult,
    DeviceKey,
    GatewayMinute,
    Intervals,
    Level,
    Mark,
    Point,
    RoomMinute,
    Summary,
)

MEMORY_MB = 256


class DuckDbSeries:
    """Opens on first use. Every call may raise StoreDown; the next one tries anew."""

    def __init__(self, path: Path, min_free_bytes: int = 0, memory_mb: int = MEMORY_MB) -> None:
        self._lock = threading.Lock()
        self._catalogue: Catalogue
        self._file = DuckDbFile(path, min_free_bytes, memory_mb, self._prepare)

    # ---- what ingest writes ----

    def commit(self, points: Sequence[Point], marks: Sequence[Mark]) -> CommitResult:
        with self._transaction() as (connection, catalogue):
            batch = Batch(points, catalogue)
            mark_columns = _mark_columns(marks, catalogue)
            catalogue.write_new(connection)
            batch.write(connection)
            _write_marks(connection, mark_columns)
        batch.remember_highest()
        return batch.result()

    def marks(self) -> list[Mark]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT s.school, s.gateway, s.stream, s.epoch, m.first_seen_ms, m.ledger"
                " FROM stream_mark m JOIN stream s ON s.id = m.stream ORDER BY ALL"
            ).fetchall()
        return [Mark(*row) for row in rows]

    # ---- what the registry says ----

    def replace_assignments(self, school: str, device: str, assignments: Sequence[Assignment]) -> None:
        self._replace({(school, device): assignments}, {})

    def replace_calibrations(self, school: str, device: str, calibrations: Sequence[Calibration]) -> None:
        self._replace({}, {(school, device): calibrations})

    def replace_intervals(self, devices: Mapping[DeviceKey, Intervals]) -> int:
        """Nothing is written where they are known already, so that telling everything at each start is cheap."""
        return self._replace(
            {key: assignments for key, (assignments, _) in devices.items()},
            {key: calibrations for key, (_, calibrations) in devices.items()},
        )

    def _replace(
        self,
        assignments: Mapping[DeviceKey, Sequence[Assignment]],
        calibrations: Mapping[DeviceKey, Sequence[Calibration]],
    ) -> int:
        known = self._ready()
        moved = intervals.news(assignments, known.assignments, lambda each: each.from_ms)
        scaled = intervals.news(calibrations, known.calibrations, lambda each: (each.quantity, each.from_ms))
        if moved or scaled:
            with self._transaction() as (connection, catalogue):
                places = intervals.assignment_columns(moved, catalogue)
                scales = intervals.calibration_columns(scaled, catalogue)
                catalogue.write_new(connection)
                intervals.write(connection, "assignment", catalogue, moved, places)
                intervals.write(connection, "calibration", catalogue, scaled, scales)
            catalogue.assignments = catalogue.assignments | moved
            catalogue.calibrations = catalogue.calibrations | scaled
        return len(moved.keys() | scaled.keys())

    # ---- what pages read ----

    def history(
        self, school: str, room: str | None, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[Bucket]]:
        with self._file.reading() as connection:
            span = queries.Span(quantity, from_ms, to_ms, step_ms)
            return queries.history(connection, self._catalogue, school, room, span)

    def consumption(
        self, school: str, room: str, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[tuple[int, float]]]:
        """What a counter counted in each step, by device, resets seen."""
        with self._file.reading() as connection:
            span = queries.Span(quantity, from_ms, to_ms, step_ms)
            return queries.consumption(connection, self._catalogue, school, room, span)

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
        with self._file.reading() as connection:
            return queries.raw(connection, school, room, device, (from_ms, to_ms), limit, calibrated=calibrated)

    # ---- derived minutes ----

    def put_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        latest = {(each.school, each.room, each.t_ms): each for each in minutes}
        if not latest:
            return
        columns = _minute_columns(list(latest.values()))
        times = columns["t"]
        with self._transaction() as (connection, _), _registered(connection, columns):
            connection.execute(
                "DELETE FROM room_minute r USING minute m WHERE r.school = m.school AND r.room = m.room AND r.t = m.t"
                " AND r.t BETWEEN ? AND ?",
                [int(times.min()), int(times.max())],
            )
            connection.execute(_ADD_MINUTES)

    def replace_minutes(
        self, school: str, room: str | None, from_ms: int, to_ms: int, minutes: Sequence[RoomMinute]
    ) -> None:
        columns = _minute_columns(list({(each.room, each.t_ms): each for each in minutes}.values()))
        with self._transaction() as (connection, _), _registered(connection, columns):
            connection.execute(
                "DELETE FROM room_minute WHERE school = ? AND t >= ? AND t < ? AND (? IS NULL OR room = ?)",
                [school, from_ms, to_ms, room, room],
            )
            connection.execute(_ADD_MINUTES)

    def minutes(self, school: str, room: str | None, from_ms: int, to_ms: int) -> list[RoomMinute]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM room_minute WHERE school = ? AND t >= ? AND t < ? AND (? IS NULL OR room = ?)"
                " ORDER BY room, t",
                [school, from_ms, to_ms, room, room],
            ).fetchall()
        return [RoomMinute(*row) for row in rows]

    def told_hours(self, school: str, from_ms: int, to_ms: int) -> frozenset[int]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT t - t % 3600000 FROM room_minute WHERE school = ? AND t >= ? AND t < ?",
                [school, from_ms, to_ms],
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def put_health(self, minutes: Sequence[GatewayMinute]) -> None:
        """Kept by the production store only: the embedded one has no dashboard that reads it."""

    # ---- backup and migration ----

    def span(self, school: str) -> tuple[int, int] | None:
        with self._file.beside() as connection:
            return exported.span(connection, school)

    def count(self, school: str, from_ms: int, to_ms: int) -> int:
        with self._file.beside() as connection:
            return exported.count(connection, school, (from_ms, to_ms))

    def export(self, school: str, from_ms: int, to_ms: int) -> Iterator[list[Point]]:
        return exported.points(self._file.beside, school, (from_ms, to_ms))

    def export_minutes(self, school: str, from_ms: int, to_ms: int) -> Iterator[list[RoomMinute]]:
        return exported.minutes(self._file.beside, school, (from_ms, to_ms))

    def export_summaries(self, school: str, level: Level, from_ms: int, to_ms: int) -> Iterator[list[Summary]]:
        """None: every value is kept as it was measured, until it is forgotten."""
        del school, level, from_ms, to_ms
        return iter(())

    def put_summaries(self, school: str, level: Level, summaries: Sequence[Summary]) -> int:
        """None is kept."""
        del school, level, summaries
        return 0

    def epochs(self) -> list[str]:
        """In the order they were first seen, which decides between two rows of one key."""
        with self._file.beside() as connection:
            return [row[0] for row in connection.execute("SELECT epoch FROM epoch ORDER BY id").fetchall()]

    def put_epochs(self, epochs: Sequence[str]) -> None:
        """Number them in this order, before any point of theirs comes; known ones keep their place."""
        with self._transaction() as (connection, catalogue):
            for epoch in epochs:
                catalogue.epochs.take(epoch)
            catalogue.write_new(connection)

    # ---- upkeep ----

    def tend(self, now_ms: int) -> bool:
        """Nothing to sum up or to move: histories are calculated when they are read."""
        del now_ms
        return False

    def forget_before(self, school: str, t_ms: int) -> int:
        gone = 0
        with self._transaction() as (connection, _):
            for table in ("point", "text_point"):
                found = connection.execute(
                    f"DELETE FROM {table} WHERE t < ? AND device IN (SELECT id FROM device WHERE school = ?)",  # noqa: S608
                    [t_ms, school],
                ).fetchone()
                gone += int(found[0]) if found else 0
        return gone

    def give_up(self) -> None:
        """It waits for nobody."""

    def only_windows_before(self, school: str, t_ms: int) -> None:
        """It keeps no windows."""

    def size_bytes(self) -> int:
        return self._file.size_bytes()

    def interrupt_reading(self) -> None:
        """Give up the query that is running for a page."""
        self._file.interrupt_reading()

    def close(self) -> None:
        self._file.close()

    # ---- inside ----

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        prepare(connection)
        self._catalogue = Catalogue(connection)

    def _ready(self) -> Catalogue:
        self._file.ensure_open()
        return self._catalogue

    @contextmanager
    def _transaction(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Catalogue]]:
        """One transaction; names first seen in it are kept or taken back as it ends."""
        with self._lock:
            catalogue = None
            try:
                with self._file.writing() as connection:
                    catalogue = self._catalogue
                    yield connection, catalogue
            except BaseException:
                if catalogue is not None:
                    catalogue.settle(committed=False)
                raise
            catalogue.settle(committed=True)


def _mark_columns(marks: Sequence[Mark], catalogue: Catalogue) -> dict[str, NDArray[Any]]:
    """The newest mark of each stream, by id: four names a mark would cost more than the rows."""
    take = catalogue.streams.take
    latest = {take((mark.school, mark.gateway, mark.stream, mark.epoch)): mark for mark in marks}
    return {
        "stream": np.array(list(latest), np.int64),
        "first_seen_ms": np.array([mark.first_seen_ms for mark in latest.values()], np.int64),
        "ledger": np.array([mark.ledger for mark in latest.values()], object),
    }


def _write_marks(connection: duckdb.DuckDBPyConnection, columns: dict[str, NDArray[Any]]) -> None:
    if not len(columns["stream"]):
        return
    connection.register("incoming", columns)
    connection.execute("DELETE FROM stream_mark WHERE stream IN (SELECT stream FROM incoming)")
    connection.execute("INSERT INTO stream_mark SELECT * FROM incoming")
    connection.unregister("incoming")


_FIGURES = ("people", "air_changes_per_h", "people_low", "people_high", "evidence")
_ADD_MINUTES = (
    "INSERT INTO room_minute SELECT school, room, t, status, if(isnan(people), NULL, people),"
    " if(isnan(air_changes_per_h), NULL, air_changes_per_h), if(isnan(people_low), NULL, people_low),"
    " if(isnan(people_high), NULL, people_high), if(isnan(evidence), NULL, evidence), direct, lesson FROM minute"
)


def _minute_columns(minutes: Sequence[RoomMinute]) -> dict[str, NDArray[Any]]:
    """As numpy wants them: nothing known is NaN."""
    columns: dict[str, NDArray[Any]] = {
        name: np.array([getattr(each, name) for each in minutes], object)
        for name in ("school", "room", "status", "lesson")
    }
    columns["t"] = np.array([each.t_ms for each in minutes], np.int64)
    columns["direct"] = np.array([each.direct for each in minutes], np.bool_)
    for name in _FIGURES:
        columns[name] = np.array([getattr(each, name) for each in minutes], np.float64)  # None becomes NaN
    return columns


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, columns: dict[str, NDArray[Any]]) -> Iterator[None]:
    connection.register("minute", columns)
    try:
        yield
    finally:
        connection.unregister("minute")
