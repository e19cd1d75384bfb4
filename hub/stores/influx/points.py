"""Raw values fetched from InfluxDB as measured, in columns for DuckDB: history has one meaning in both stores."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.registry.model import Assignment, Calibration
from hub.stores.duckdb_schema import Ids, Ints
from hub.stores.influx import queries as ask
from hub.stores.influx.lines import MEASURED, SEQ, SEQ_OF
from hub.stores.influx.queries import Where
from hub.stores.influx.select import InfluxSelect, Table
from hub.stores.influx.stretches import Stretch
from hub.stores.series import DeviceKey, Intervals

PIECE_MS = 86_400_000  # fetched at once: what rows cost as Python objects stays bounded
LONG_MS = 400 * PIECE_MS
Columns = dict[str, NDArray[Any]]
EMPTY: Columns = {name: np.array([], np.int64) for name in ("device", "t", "rank")} | {"value": np.array([])}


class Lens:
    """A school's devices as the queries of hub.stores.duckdb_history want to know them."""

    def __init__(
        self, school: str, told: dict[str, Intervals], quantity: str, newest_ms: int, *, moving: bool = False
    ) -> None:
        self.school, self.moving = school, moving
        self.names = sorted(told)
        self.devices: Ids[DeviceKey] = Ids((place, (school, device)) for place, device in enumerate(self.names))
        self.quantities: Ids[str] = Ids([(0, quantity)])
        self.highest: Ints = np.array([newest_ms], np.int64)
        self.assignments: dict[DeviceKey, tuple[Assignment, ...]] = {
            (school, device): tuple(intervals[0]) for device, intervals in told.items()
        }
        self.calibrations: dict[DeviceKey, tuple[Calibration, ...]] = {
            (school, device): tuple(intervals[1]) for device, intervals in told.items()
        }


class RawValues:
    """Reads one numeric quantity of some devices out of the raw bucket."""

    def __init__(self, select: InfluxSelect, bucket: str, lens: Lens) -> None:
        self._select, self._bucket, self._lens = select, bucket, lens
        self._pieces: list[Columns] = []

    def fetch(self, quantity: str, where: Where) -> None:
        """Add the rows of a stretch; stretches must not overlap. Raises StoreDown."""
        fields = (quantity, quantity + MEASURED, SEQ, SEQ_OF + quantity, "device")
        for start, stop in pieces(*self._narrowed(quantity, where)):
            table = self._select.table(self._bucket, ask.rows(fields, where.within(start, stop)))
            self._add(quantity, table, table.column("device"))

    def fetch_last(self, quantity: str, where: Where) -> None:
        """Add each device's last row of a stretch: what is carried into the next one."""
        if where.empty:
            return
        query = ask.edge("last", quantity, (quantity + MEASURED,), where, ("device",))
        for table in self._select.tables(self._bucket, query):
            self._add(quantity, table, [table.tags["device"]] * len(table.values))

    def add(self, device: str, times: Sequence[int], values: Sequence[float]) -> None:
        self._append([device] * len(times), times, values, [0] * len(times))

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """As the table `point` of hub.stores.duckdb_history."""
        parts = self._pieces or [EMPTY]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in EMPTY}
        if self._lens.moving:
            columns = _one_a_key(columns)
        connection.register("point", columns | {"quantity": np.zeros(len(columns["t"]), np.int64)})

    # ---- inside ----

    def _narrowed(self, quantity: str, where: Where) -> Stretch:
        """Nothing is newer than the newest; a long way back is gone only from where the first value is."""
        start, stop = where.from_ms, min(where.to_ms, int(self._lens.highest[0]) + 1)
        if stop - start > LONG_MS and not where.empty:
            query = ask.edge("first", quantity, (), where, ())
            first = self._select.table(self._bucket, query)
            return (max(start, first.column("time")[0]), stop) if first.values else (start, start)
        return (start, stop) if not where.empty else (start, start)

    def _add(self, quantity: str, table: Table, devices: list[str]) -> None:
        if not table.values:
            return
        shown, measured = table.column(quantity), table.column(quantity + MEASURED)
        ranks = values_of(table.column(SEQ), table.column(SEQ_OF + quantity))
        self._append(devices, table.column("time"), values_of(shown, measured), [rank or 0 for rank in ranks])

    def _append(
        self, devices: Iterable[str], times: Sequence[int], values: Sequence[float | None], ranks: Sequence[int]
    ) -> None:
        number, school = self._lens.devices.get, self._lens.school
        columns: Columns = {
            "device": np.array([number((school, device)) for device in devices], np.int64),
            "t": np.array(times, np.int64),
            "value": np.array(values, np.float64),
            "rank": np.array(ranks, np.int64),
        }
        known = ~np.isnan(columns["value"])  # other quantities of rows without this one
        self._pieces.append({name: column[known] for name, column in columns.items()})


def _one_a_key(columns: Columns) -> Columns:
    """While a device moves, a row may stand under two room tags: the later one counts."""
    order = np.lexsort((columns["rank"], columns["t"], columns["device"]))
    columns = {name: column[order] for name, column in columns.items()}
    same = (columns["device"][1:] == columns["device"][:-1]) & (columns["t"][1:] == columns["t"][:-1])
    kept = np.append(~same, [True])[: len(order)]
    return {name: column[kept] for name, column in columns.items()}


def values_of(shown: list[Any], measured: list[Any]) -> list[Any]:
    """What was measured: the value itself where no calibration changed it."""
    return [value if other is None else other for value, other in zip(shown, measured, strict=True)]


def pieces(from_ms: int, to_ms: int, size_ms: int = PIECE_MS) -> Iterator[Stretch]:
    """A stretch cut at whole multiples of `size_ms`."""
    start, stop = max(from_ms, ask.OLDEST_MS), min(to_ms, ask.NEWEST_MS)
    while start < stop:
        end = min((start // size_ms + 1) * size_ms, stop)
        yield start, end
        start = end
