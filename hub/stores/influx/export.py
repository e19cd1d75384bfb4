"""Reads InfluxDB back in pieces of bounded size, for backups and migrations, and takes windows of coarse levels in."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from sqlalchemy import Engine, select

from hub.config import InfluxSection
from hub.db.engine import reading
from hub.db.series_models import SeriesEpochRow
from hub.stores.influx import queries as ask
from hub.stores.influx.delivery import Delivery
from hub.stores.influx.derived import MINUTE_FIELDS, minutes_of
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.lines import MEASURED, ROW_BITS, SEQ, SEQ_OF, SHIFT, Fields, line, prefix
from hub.stores.influx.points import values_of
from hub.stores.influx.queries import Where
from hub.stores.influx.select import InfluxSelect, Table
from hub.stores.influx.stretches import NOWHERE
from hub.stores.influx.told import sql_errors
from hub.stores.series import Level, Point, RoomMinute, Summary
from wire.quantities import QUANTITIES, Kind

PIECE_ROWS = 2_000
NS = 1_000_000
_EPOCH_BITS = (1 << ROW_BITS) - 1
FIGURES = ("mean", "min", "max", "last", "count")


def pages(
    chosen: InfluxSelect,
    bucket: str,
    where: Where,
    fields: Sequence[str] = (),
    *,
    size: int = PIECE_ROWS,
    epoch: Literal["ms", "ns"] = "ms",
) -> Iterator[Table]:
    """Points in time order; all points of one time are in one page."""
    unit = NS if epoch == "ns" else 1
    where = where.within(max(where.from_ms, ask.OLDEST_MS), min(where.to_ms, ask.NEWEST_MS))
    while not where.empty:
        table = chosen.table(bucket, ask.rows(fields, where, size), epoch)
        if len(table.values) < size:
            yield table
            return
        upto_ms = table.values[-1][0] // unit  # of that time more rows may come
        whole = [row for row in table.values if row[0] // unit < upto_ms]
        if whole:
            yield Table(table.columns, whole)
        else:
            size *= 2
        where = where.within(upto_ms, where.to_ms)


class Export:
    """Each call may run in a thread of its own. Raises StoreDown."""

    def __init__(self, http: InfluxHttp, section: InfluxSection, engine: Engine) -> None:
        self._http, self._section, self._engine = http, section, engine
        self._raw = self._bucket("raw")

    def span(self, school: str) -> tuple[int, int] | None:
        chosen = InfluxSelect(self._http)
        where = Where(school, ask.OLDEST_MS, ask.NEWEST_MS)
        found = [chosen.table(self._raw, ask.edge(choice, SEQ, (), where, ())) for choice in ("first", "last")]
        return (found[0].values[0][0], found[1].values[0][0]) if found[0].values and found[1].values else None

    def count(self, school: str, from_ms: int, to_ms: int) -> int:
        chosen = InfluxSelect(self._http)
        where = Where(school, from_ms, to_ms)
        present = set(chosen.names(self._raw, ask.field_keys()))
        quantities = [name for name in QUANTITIES if name in present]
        if where.empty or not quantities:
            return 0
        table = chosen.table(self._raw, ask.counts(quantities, where))
        return sum(int(number or 0) for row in table.values for number in row[1:])

    def points(self, school: str, from_ms: int, to_ms: int) -> Iterator[list[Point]]:
        """As they were committed; of a row whose values another row wrote over, what is left of it."""
        with sql_errors(), reading(self._engine).connect() as connection:
            found = connection.execute(select(SeriesEpochRow.id, SeriesEpochRow.epoch)).all()
        epochs = {int(number): str(epoch) for number, epoch in found}
        for table in pages(InfluxSelect(self._http), self._raw, Where(school, from_ms, to_ms)):
            made = list(_points(school, table, epochs))
            for start in range(0, len(made), PIECE_ROWS):
                yield made[start : start + PIECE_ROWS]

    def minutes(self, school: str, from_ms: int, to_ms: int) -> Iterator[list[RoomMinute]]:
        where = Where(school, from_ms, to_ms, measurement="room_status")
        for table in pages(InfluxSelect(self._http), self._bucket(Level.MINUTE), where, (*MINUTE_FIELDS, "room")):
            if piece := minutes_of(school, table):
                yield piece

    def summaries(self, school: str, level: Level, from_ms: int, to_ms: int) -> Iterator[list[Summary]]:
        for table in pages(InfluxSelect(self._http), self._bucket(level), Where(school, from_ms, to_ms), epoch="ns"):
            piece = list(_summaries(table))
            for start in range(0, len(piece), PIECE_ROWS):
                yield piece[start : start + PIECE_ROWS]

    def put_summaries(self, school: str, level: Level, summaries: Sequence[Summary]) -> int:
        """Store or replace windows; how many were kept."""
        points: dict[tuple[str, str, int], Fields] = {}
        for each in summaries:
            fields = points.setdefault((each.room or NOWHERE, each.device, each.t_ns), {})
            fields |= _summary_fields(each)
        made = [
            line(prefix("reading", school, room, device), fields, t) for (room, device, t), fields in points.items()
        ]
        refused = Delivery(self._http).write(self._bucket(level), made, "ns") if made else []
        keys = list(points)
        lost = {keys[place] for place, _ in refused}
        return sum((each.room or NOWHERE, each.device, each.t_ns) not in lost for each in summaries)

    def _bucket(self, level: str) -> str:
        return f"{self._section.bucket}_{level}"


def _points(school: str, table: Table, epochs: dict[int, str]) -> Iterator[Point]:
    quantities = [name for name in table.columns if name in QUANTITIES]
    columns = [values_of(table.column(name), table.column(name + MEASURED)) for name in quantities]
    ranks = [table.column(SEQ_OF + name) for name in quantities]
    keys = zip(*(table.column(name) for name in ("time", "device", SEQ, SHIFT)), strict=True)
    for place, (t_ms, device, seq, shift_ms) in enumerate(keys):
        rows: dict[int, dict[str, float | str]] = {}
        for name, column, rank in zip(quantities, columns, ranks, strict=True):
            value = column[place]
            if value is not None:
                own = rank[place] if rank[place] is not None else seq or 0
                rows.setdefault(own, {})[name] = value if isinstance(value, str) else float(value)
        for own, values in sorted(rows.items()):
            epoch = epochs.get(own >> ROW_BITS, "")
            yield Point(school, device, t_ms, values, epoch, own & _EPOCH_BITS, (shift_ms or 0) if own == seq else 0)


def _summaries(table: Table) -> Iterator[Summary]:
    quantities = [name for name in QUANTITIES if f"{name}_last" in table.columns]
    columns = {name: [table.column(f"{name}_{figure}") for figure in FIGURES] for name in quantities}
    keys = zip(*(table.column(name) for name in ("time", "device", "room")), strict=True)
    for place, (t_ns, device, tag) in enumerate(keys):
        room = None if tag == NOWHERE else tag
        for name, figures in columns.items():
            mean, low, high, last, count = (column[place] for column in figures)
            if last is not None:
                shown = last if isinstance(last, str) else float(last)
                others = (_number(mean), _number(low), _number(high))
                yield Summary(room, device, name, t_ns, *others, shown, int(count or 0))


def _summary_fields(each: Summary) -> Fields:
    """Only what the quantity's kind allows: a mean of a register, where another store made one, is left out."""
    known = QUANTITIES.get(each.quantity)
    fields: Fields = {f"{each.quantity}_last": each.last if isinstance(each.last, str) else float(each.last)}
    if isinstance(each.last, str):
        return fields
    fields[f"{each.quantity}_count"] = float(each.count)
    if known is None or known.kind is not Kind.COUNTER:
        figures = {"mean": each.mean, "min": each.minimum, "max": each.maximum}
        fields |= {f"{each.quantity}_{name}": float(value) for name, value in figures.items() if value is not None}
    return fields


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
