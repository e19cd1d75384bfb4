"""Rooms and calibrations as the registry told them: in memory for writing and reading, in SQL over a restart.

Telling something new about the past notes in the same transaction which stretches of history are to be moved.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from hub.db.engine import reading, unwritable
from hub.db.series_models import SeriesMoveRow, SeriesToldRow
from hub.registry.model import Assignment, Calibration
from hub.stores.duckdb_history import CARRY_MS
from hub.stores.influx.stretches import ALWAYS_MS, Stretch, changed
from hub.stores.series import DeviceKey, Intervals, StoreDown

NOTHING: Intervals = ((), ())
LEVELS = ("raw", "1m", "15m")  # in the order in which they are moved
TOGETHER = 1_000  # rows of one SQL statement
News = tuple[Sequence[Assignment] | None, Sequence[Calibration] | None]  # None: as before
Stored = Callable[[Collection[DeviceKey]], Collection[DeviceKey]]


class Told:
    """Written by the writing thread, read by all; what readers hold is never changed under them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._schools: dict[str, dict[str, Intervals]] | None = None
        self._moving: dict[str, dict[str, tuple[Stretch, ...]]] = {}

    def of_school(self, school: str) -> dict[str, Intervals]:
        """Devices with their assignments and calibrations, each sorted by time. Raises StoreDown."""
        return self._loaded().get(school, {})

    def of_device(self, key: DeviceKey) -> Intervals:
        return self._loaded().get(key[0], {}).get(key[1], NOTHING)

    def moving(self, school: str) -> dict[str, tuple[Stretch, ...]]:
        """Devices whose stored history does not yet follow what was told, and where."""
        self._loaded()
        return self._moving.get(school, {})

    def replace(self, devices: Mapping[DeviceKey, News], stored: Stored) -> int:
        """Say anew where devices hung and how they were calibrated; how many were news.

        `stored` says which of some devices have any history that would have to move. Raises StoreDown.
        """
        known = self._loaded()
        news: dict[DeviceKey, Intervals] = {}
        for key, (assignments, calibrations) in devices.items():
            before = known.get(key[0], {}).get(key[1], NOTHING)
            after = (
                before[0] if assignments is None else tuple(sorted(assignments, key=lambda each: each.from_ms)),
                before[1]
                if calibrations is None
                else tuple(sorted(calibrations, key=lambda each: (each.quantity, each.from_ms))),
            )
            if after != before:
                news[key] = after
        if not news:
            return 0
        stretches = {key: changed(known.get(key[0], {}).get(key[1], NOTHING), after) for key, after in news.items()}
        with_history = set(stored([key for key, found in stretches.items() if found]))
        moves = {key: _carried(found) for key, found in stretches.items() if key in with_history and found}
        with sql_errors(), self._engine.begin() as connection:
            _write(connection, news, moves)
        self._take(news, moves)
        return len(news)

    def settled(self) -> None:
        """A move was finished or cut short: read anew what is still to be moved."""
        with self._lock, sql_errors(), reading(self._engine).connect() as connection:
            self._moving = _moving(connection)  # under the lock: what is told meanwhile is taken up after it

    # ---- inside ----

    def _loaded(self) -> dict[str, dict[str, Intervals]]:
        with self._lock:
            if self._schools is None:
                with sql_errors(), reading(self._engine).connect() as connection:
                    rows = connection.execute(
                        select(SeriesToldRow.school, SeriesToldRow.device, SeriesToldRow.intervals)
                    ).all()
                    self._moving = _moving(connection)
                schools: dict[str, dict[str, Intervals]] = {}
                for school, device, said in rows:
                    schools.setdefault(school, {})[device] = _read(school, device, said)
                self._schools = schools
            return self._schools

    def _take(self, news: Mapping[DeviceKey, Intervals], moves: Mapping[DeviceKey, list[Stretch]]) -> None:
        with self._lock:
            schools, moving = dict(self._schools or {}), dict(self._moving)
            for school in {key[0] for key in news}:
                schools[school] = schools.get(school, {}) | {key[1]: news[key] for key in news if key[0] == school}
                fresh = {key[1]: tuple(found) for key, found in moves.items() if key[0] == school}
                before = moving.get(school, {})
                moving[school] = before | {name: before.get(name, ()) + found for name, found in fresh.items()}
            self._schools, self._moving = schools, moving


@contextmanager
def sql_errors() -> Iterator[None]:
    """What the state database says as StoreDown: the series need it beside InfluxDB."""
    try:
        yield
    except SQLAlchemyError as failed:
        raise StoreDown(unwritable(failed)) from failed


def _carried(stretches: list[Stretch]) -> list[Stretch]:
    """A state holds on from its last row, so windows behind a stretch change with it."""
    return [(start, min(end + CARRY_MS, ALWAYS_MS)) for start, end in stretches]


def _write(
    connection: Connection, news: Mapping[DeviceKey, Intervals], moves: Mapping[DeviceKey, list[Stretch]]
) -> None:
    for school in {key[0] for key in news}:
        devices = [key[1] for key in news if key[0] == school]
        for start in range(0, len(devices), TOGETHER):
            part = devices[start : start + TOGETHER]
            connection.execute(
                delete(SeriesToldRow).where(SeriesToldRow.school == school, SeriesToldRow.device.in_(part))
            )
    rows = [{"school": key[0], "device": key[1], "intervals": _said(after)} for key, after in news.items()]
    connection.execute(insert(SeriesToldRow), rows)
    work = [
        {"school": key[0], "device": key[1], "from_ms": start, "to_ms": end, "level": level, "done_to_ms": start}
        for key, stretches in moves.items()
        for start, end in stretches
        for level in LEVELS
    ]
    if work:
        connection.execute(insert(SeriesMoveRow), work)


def _moving(connection: Connection) -> dict[str, dict[str, tuple[Stretch, ...]]]:
    table = SeriesMoveRow
    rows = connection.execute(select(table.school, table.device, table.from_ms, table.to_ms).distinct()).all()
    found: dict[str, dict[str, tuple[Stretch, ...]]] = {}
    for school, device, from_ms, to_ms in rows:
        stretches = found.setdefault(school, {})
        stretches[device] = (*stretches.get(device, ()), (from_ms, to_ms))
    return found


def _said(told: Intervals) -> dict[str, Any]:
    assignments, calibrations = told
    return {
        "rooms": [[each.room, each.from_ms, each.to_ms] for each in assignments],
        "calibrations": [[each.quantity, each.scale, each.offset, each.from_ms] for each in calibrations],
    }


def _read(school: str, device: str, said: dict[str, Any]) -> Intervals:
    return (
        tuple(Assignment(school, device, *each) for each in said["rooms"]),
        tuple(Calibration(school, device, *each) for each in said["calibrations"]),
    )
