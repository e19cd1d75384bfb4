"""Writes one batch of points so that the store never holds two values of one key (device, quantity, time).

Rows newer than everything stored of their device are certainly new and go straight in. The others are compared with
what is stored, in the same transaction. Of two rows of one epoch the higher number wins, of two epochs the one first
seen later: one order for all, so that the same value stays in whatever order and however often batches come.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.stores.duckdb_schema import Catalogue, Ints
from hub.stores.series import CommitResult, Point

Values = NDArray[Any]


class Columns:
    """One table's share of a batch, a column an array; `point` says which point each value came from."""

    def __init__(self, origin: Ints, quantity: list[int], value: Values, rows: dict[str, Ints]) -> None:
        self.point = origin
        self.quantity: Ints = np.array(quantity, np.int64)
        self.value = value
        self.device, self.t, self.epoch, self.row, self.shift = (
            rows[name][self.point] for name in ("device", "t", "epoch", "row", "shift")
        )

    def __len__(self) -> int:
        return len(self.point)

    def table(self, chosen: Values) -> dict[str, Values]:
        """The chosen values as columns in the order of the table."""
        names = ("device", "quantity", "t", "value", "epoch", "row", "shift")
        return {name: getattr(self, name)[chosen] for name in names}


class Batch:
    """One commit in the making: counts by point, so that a row counts once however many values it has."""

    def __init__(self, points: Sequence[Point], catalogue: Catalogue) -> None:
        self._points = points
        self._catalogue = catalogue
        self._conflicts = np.zeros(len(points), bool)
        self._repeats = np.zeros(len(points), np.int64)
        self._rows = self._row_columns()
        self._numbers, self._texts = self._value_columns()
        keys = set(zip(self._rows["device"].tolist(), self._rows["t"].tolist(), strict=True))
        self._doubled = len(keys) < len(points)

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        for table, columns in (("point", self._numbers), ("text_point", self._texts)):
            if len(columns):
                self._write_table(connection, table, columns)

    def result(self) -> CommitResult:
        sizes = np.fromiter((len(point.values) for point in self._points), np.int64, len(self._points))
        conflicts = tuple(np.flatnonzero(self._conflicts).tolist())
        overwritten = len(conflicts)
        repeated = int(((self._repeats == sizes) & (sizes > 0) & ~self._conflicts).sum())
        return CommitResult(len(self._points) - overwritten - repeated, repeated, overwritten, conflicts)

    def remember_highest(self) -> None:
        """After the commit: what is now the newest stored time of each device."""
        np.maximum.at(self._catalogue.grown(), self._rows["device"], self._rows["t"])

    # ---- inside ----

    def _row_columns(self) -> dict[str, Ints]:
        take_device, take_epoch = self._catalogue.devices.take, self._catalogue.epochs.take
        points = self._points
        columns = {
            "device": [take_device((point.school, point.device)) for point in points],
            "t": [point.t_ms for point in points],
            "epoch": [take_epoch(point.epoch) for point in points],
            "row": [point.row for point in points],
            "shift": [point.shift_ms for point in points],
        }
        return {name: np.array(column, np.int64) for name, column in columns.items()}

    def _value_columns(self) -> tuple[Columns, Columns]:
        """Devices send the same keys again and again: ids are looked up once a set of keys, values copied at once."""
        take = self._catalogue.quantities.take
        known: dict[tuple[str, ...], list[int]] = {}
        quantities: list[int] = []
        numbers: list[float | str] = []
        counts: list[int] = []
        texts: tuple[list[int], list[int], list[str]] = ([], [], [])
        for origin, point in enumerate(self._points):
            values = point.values
            if str in map(type, values.values()):
                values = {key: value for key, value in values.items() if not isinstance(value, str)}
                for key, value in point.values.items():
                    if isinstance(value, str):
                        texts[0].append(origin)
                        texts[1].append(take(key))
                        texts[2].append(value)
            keys = tuple(values)
            ids = known.get(keys)
            if ids is None:
                ids = known[keys] = [take(key) for key in keys]
            quantities += ids
            numbers += values.values()
            counts.append(len(keys))
        origins = np.repeat(np.arange(len(counts)), counts)
        return (
            Columns(origins, quantities, np.array(numbers, np.float64), self._rows),
            Columns(np.array(texts[0], np.int64), texts[1], np.array(texts[2], object), self._rows),
        )

    def _write_table(self, connection: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
        insert = np.ones(len(columns), bool)
        if self._doubled:
            self._settle_within(columns, insert)
        suspect = insert & (columns.t <= self._catalogue.grown()[columns.device])
        if suspect.any():
            beaten = self._settle_with_store(connection, table, columns, insert, np.flatnonzero(suspect))
            if beaten:
                connection.register("beaten", {"id": np.asarray(beaten, np.int64)})
                connection.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT id FROM beaten)")  # noqa: S608
                connection.unregister("beaten")
        if insert.any():
            connection.register("batch", columns.table(insert))
            connection.execute(f"INSERT INTO {table} SELECT * FROM batch")  # noqa: S608
            connection.unregister("batch")

    def _settle_within(self, columns: Columns, insert: Values) -> None:
        """Two values of one key in this batch: strike one out of `insert`."""
        first: dict[tuple[int, int, int], int] = {}
        keys = zip(columns.device.tolist(), columns.quantity.tolist(), columns.t.tolist(), strict=True)
        for index, key in enumerate(keys):
            rival = first.get(key)
            if rival is None:
                first[key] = index
                continue
            wins = self._beats(columns, index, int(columns.epoch[rival]), int(columns.row[rival]))
            self._count(columns, index, same=bool(columns.value[index] == columns.value[rival]))
            insert[rival if wins else index] = False
            if wins:
                first[key] = index

    def _settle_with_store(
        self, connection: duckdb.DuckDBPyConnection, table: str, columns: Columns, insert: Values, suspects: Ints
    ) -> list[int]:
        """Strike values that the store beats out of `insert`; the row ids in the store that are beaten."""
        asked = {"i": suspects, "device": columns.device[suspects], "quantity": columns.quantity[suspects]}
        asked["t"] = columns.t[suspects]
        connection.register("asked", asked)
        query = (
            f'SELECT a.i, p.rowid, p.value, p.epoch, p."row" FROM {table} p'  # noqa: S608
            " JOIN asked a ON p.device = a.device AND p.quantity = a.quantity AND p.t = a.t WHERE p.t BETWEEN ? AND ?"
        )
        rows = connection.execute(query, [int(asked["t"].min()), int(asked["t"].max())]).fetchall()
        connection.unregister("asked")
        beaten = []
        for index, row_id, value, epoch, row in rows:
            wins = self._beats(columns, index, epoch, row)
            self._count(columns, index, same=bool(columns.value[index] == value))
            if wins:
                beaten.append(row_id)
            else:
                insert[index] = False
        return beaten

    def _count(self, columns: Columns, index: int, *, same: bool) -> None:
        point = columns.point[index]
        if same:
            self._repeats[point] += 1
        else:
            self._conflicts[point] = True

    @staticmethod
    def _beats(columns: Columns, index: int, epoch: int, row: int) -> bool:
        """Epochs are numbered as they are first seen."""
        return (int(columns.epoch[index]), int(columns.row[index])) > (epoch, row)
