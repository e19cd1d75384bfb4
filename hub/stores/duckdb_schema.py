"""Tables of the embedded store, and the small ones kept in memory: ids of devices, quantities and epochs, intervals.

No primary key on the series: bulk insert is 8 times slower with one; hub.stores.duckdb_commit keeps one value a key.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.registry.model import Assignment, Calibration

Ints = NDArray[np.int64]
Key = TypeVar("Key", bound=Hashable)

# Smaller than any time.
NEVER_MS = -(2**62)
# Larger than any time.
ALWAYS_MS = 2**62

TABLES = (
    "CREATE TABLE IF NOT EXISTS device (id INTEGER NOT NULL, school VARCHAR NOT NULL, device VARCHAR NOT NULL)",
    "CREATE TABLE IF NOT EXISTS quantity (id SMALLINT NOT NULL, key VARCHAR NOT NULL)",
    "CREATE TABLE IF NOT EXISTS epoch (id INTEGER NOT NULL, epoch VARCHAR NOT NULL)",
    """CREATE TABLE IF NOT EXISTS point (device INTEGER NOT NULL, quantity SMALLINT NOT NULL, t BIGINT NOT NULL,
       value DOUBLE NOT NULL, epoch INTEGER NOT NULL, "row" BIGINT NOT NULL, shift BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS text_point (device INTEGER NOT NULL, quantity SMALLINT NOT NULL, t BIGINT NOT NULL,
       value VARCHAR NOT NULL, epoch INTEGER NOT NULL, "row" BIGINT NOT NULL, shift BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS stream (id INTEGER NOT NULL, school VARCHAR NOT NULL, gateway VARCHAR NOT NULL,
       stream VARCHAR NOT NULL, epoch VARCHAR NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS stream_mark (stream INTEGER NOT NULL, first_seen_ms BIGINT NOT NULL,
       ledger BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS assignment (device INTEGER NOT NULL, room VARCHAR NOT NULL, from_ms BIGINT NOT NULL,
       to_ms BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS calibration (device INTEGER NOT NULL, quantity SMALLINT NOT NULL,
       scale DOUBLE NOT NULL, "offset" DOUBLE NOT NULL, from_ms BIGINT NOT NULL, to_ms BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS room_minute (school VARCHAR NOT NULL, room VARCHAR NOT NULL, t BIGINT NOT NULL,
       status VARCHAR NOT NULL, people DOUBLE, air_changes_per_h DOUBLE)""",
    # Since 0.2; in the order of hub.stores.series.RoomMinute.
    "ALTER TABLE room_minute ADD COLUMN IF NOT EXISTS people_low DOUBLE",
    "ALTER TABLE room_minute ADD COLUMN IF NOT EXISTS people_high DOUBLE",
    "ALTER TABLE room_minute ADD COLUMN IF NOT EXISTS evidence DOUBLE",
    "ALTER TABLE room_minute ADD COLUMN IF NOT EXISTS direct BOOLEAN DEFAULT false",
    "ALTER TABLE room_minute ADD COLUMN IF NOT EXISTS lesson VARCHAR DEFAULT ''",
    # The shape of the contract: room and calibration as they were when it was measured.
    """CREATE VIEW IF NOT EXISTS reading AS
       SELECT d.school, a.room, d.device, q.key AS quantity, make_timestamp(p.t * 1000) AS time,
              p.value * coalesce(c.scale, 1) + coalesce(c."offset", 0) AS value, p.value AS measured, p.t AS t_ms
       FROM point p JOIN device d ON d.id = p.device JOIN quantity q ON q.id = p.quantity
       LEFT JOIN assignment a ON a.device = p.device AND p.t >= a.from_ms AND p.t < a.to_ms
       LEFT JOIN calibration c
              ON c.device = p.device AND c.quantity = p.quantity AND p.t >= c.from_ms AND p.t < c.to_ms""",
    """CREATE VIEW IF NOT EXISTS reading_text AS
       SELECT d.school, a.room, d.device, q.key AS quantity, make_timestamp(p.t * 1000) AS time, p.value, p.t AS t_ms
       FROM text_point p JOIN device d ON d.id = p.device JOIN quantity q ON q.id = p.quantity
       LEFT JOIN assignment a ON a.device = p.device AND p.t >= a.from_ms AND p.t < a.to_ms""",
)


class Ids(Generic[Key]):
    """Ids of names, growing by one; those of a transaction that failed are taken back."""

    def __init__(self, known: Iterable[tuple[int, Key]]) -> None:
        self._of: dict[Key, int] = {key: number for number, key in known}
        self._next = max(self._of.values(), default=-1) + 1
        self.new: list[tuple[int, Key]] = []

    def get(self, key: Key) -> int | None:
        return self._of.get(key)

    def take(self, key: Key) -> int:
        """The id, a new one where there was none."""
        number = self._of.get(key)
        if number is None:
            number = self._next
            self._next += 1
            self._of[key] = number
            self.new.append((number, key))
        return number

    def kept(self) -> None:
        self.new = []

    def taken_back(self) -> None:
        for _, key in self.new:
            del self._of[key]
        self.new = []

    def __len__(self) -> int:
        """One more than the highest id ever given."""
        return self._next


class Catalogue:
    """The small tables in memory, read at each opening. Mutable; changed only by the writing thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        rows = connection.execute("SELECT id, school, device FROM device").fetchall()
        self.devices: Ids[tuple[str, str]] = Ids((number, (school, device)) for number, school, device in rows)
        self.quantities: Ids[str] = Ids(connection.execute("SELECT id, key FROM quantity").fetchall())
        self.epochs: Ids[str] = Ids(connection.execute("SELECT id, epoch FROM epoch").fetchall())
        streams = connection.execute("SELECT * FROM stream").fetchall()
        self.streams: Ids[tuple[str, str, str, str]] = Ids((row[0], row[1:]) for row in streams)
        self.highest = _highest(connection, len(self.devices))
        self.assignments: dict[tuple[str, str], tuple[Assignment, ...]] = _assignments(connection)
        self.calibrations: dict[tuple[str, str], tuple[Calibration, ...]] = _calibrations(connection)

    def grown(self) -> Ints:
        """The highest stored time by device id, long enough for every id."""
        missing = len(self.devices) - len(self.highest)
        if missing > 0:
            self.highest = np.concatenate([self.highest, np.full(missing + 64, NEVER_MS, np.int64)])
        return self.highest

    def write_new(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Store the names this transaction saw first."""
        _insert(connection, "device", [(number, *key) for number, key in self.devices.new])
        _insert(connection, "quantity", list(self.quantities.new))
        _insert(connection, "epoch", list(self.epochs.new))
        _insert(connection, "stream", [(number, *key) for number, key in self.streams.new])

    def settle(self, *, committed: bool) -> None:
        """Keep or take back the new names, as the transaction ended."""
        for ids in (self.devices, self.quantities, self.epochs, self.streams):
            if committed:
                ids.kept()
            else:
                ids.taken_back()


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    for statement in TABLES:
        connection.execute(statement)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[int | str, ...]]) -> None:
    """As columns: row by row, the first commit of a province's 2,200 gateways took seconds."""
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    kinds = [np.int64 if isinstance(column[0], int) else object for column in columns]
    named = {f"c{place}": np.array(column, kinds[place]) for place, column in enumerate(columns)}
    connection.register("fresh", named)
    connection.execute(f"INSERT INTO {table} SELECT * FROM fresh")  # noqa: S608
    connection.unregister("fresh")


def _highest(connection: duckdb.DuckDBPyConnection, devices: int) -> Ints:
    highest = np.full(devices + 64, NEVER_MS, np.int64)
    for table in ("point", "text_point"):
        found = connection.execute(f"SELECT device, max(t) AS t FROM {table} GROUP BY device").fetchnumpy()  # noqa: S608
        np.maximum.at(highest, np.asarray(found["device"], np.int64), np.asarray(found["t"], np.int64))
    return highest


def _assignments(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[Assignment, ...]]:
    rows = connection.execute(
        "SELECT d.school, d.device, a.room, a.from_ms, a.to_ms FROM assignment a JOIN device d ON d.id = a.device"
        " ORDER BY a.from_ms"
    ).fetchall()
    found: dict[tuple[str, str], tuple[Assignment, ...]] = {}
    for school, device, room, from_ms, to_ms in rows:
        item = Assignment(school, device, room, from_ms, None if to_ms == ALWAYS_MS else to_ms)
        found[school, device] = (*found.get((school, device), ()), item)
    return found


def _calibrations(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[Calibration, ...]]:
    rows = connection.execute(
        'SELECT d.school, d.device, q.key, c.scale, c."offset", c.from_ms FROM calibration c'
        " JOIN device d ON d.id = c.device JOIN quantity q ON q.id = c.quantity ORDER BY q.key, c.from_ms"
    ).fetchall()
    found: dict[tuple[str, str], tuple[Calibration, ...]] = {}
    for row in rows:
        item = Calibration(*row)
        found[item.school, item.device] = (*found.get((item.school, item.device), ()), item)
    return found
