"""The SQL side of what is written to InfluxDB: marks, the order of epochs, and windows that got late rows."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, case, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from hub.db.engine import reading
from hub.db.models import Base
from hub.db.series_models import SeriesDirtyRow, SeriesEpochRow, SeriesMarkRow
from hub.stores.influx.told import sql_errors
from hub.stores.series import Mark

Window = tuple[str, int]  # school, start of the quarter of an hour
QUARTER_HOUR_MS = 900_000
GRACE_MS = 120_000  # a quarter of an hour is summed up so long after its end


class InfluxMarks:
    """All calls block and raise StoreDown where the state database is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._epochs: dict[str, int] | None = None

    def marks(self) -> list[Mark]:
        row = SeriesMarkRow
        columns = (row.school, row.gateway, row.stream, row.epoch, row.first_seen_ms, row.ledger)
        with sql_errors(), reading(self._engine).connect() as connection:
            found = connection.execute(select(*columns).order_by(*columns[:4])).all()
        return [Mark(*each[:5], bytes(each[5])) for each in found]

    def epoch_numbers(self, wanted: Collection[str]) -> dict[str, int]:
        """Each epoch's number, in the order they are seen: new ones get theirs before any row of them is written."""
        known = self._known_epochs()
        fresh = [epoch for epoch in dict.fromkeys(wanted) if epoch not in known]
        if fresh:
            with sql_errors(), self._engine.begin() as connection:
                for epoch in fresh:
                    connection.execute(insert(SeriesEpochRow).values(epoch=epoch))
                known = _epochs(connection)
            self._epochs = known  # only now are the numbers given: a transaction may fail at its very end
        return known

    def commit(self, marks: Sequence[Mark], late: Collection[Window], now_ms: int) -> None:
        """After the points: how far the streams are, and which windows are to be summed up anew, in one transaction."""
        if not marks and not late:
            return
        latest = {(each.school, each.gateway, each.stream, each.epoch): each for each in marks}
        rows = [
            {
                "school": each.school,
                "gateway": each.gateway,
                "stream": each.stream,
                "epoch": each.epoch,
                "first_seen_ms": each.first_seen_ms,
                "ledger": each.ledger,
            }
            for each in latest.values()
        ]
        windows = [{"school": school, "start_ms": start, "noted_ms": now_ms} for school, start in sorted(late)]
        with sql_errors(), self._engine.begin() as connection:
            _put_marks(connection, rows)
            _put_late(connection, windows)

    def _known_epochs(self) -> dict[str, int]:
        if self._epochs is None:
            with sql_errors(), reading(self._engine).connect() as connection:
                self._epochs = _epochs(connection)
        return self._epochs


def summed_up_before_ms(now_ms: int) -> int:
    """Rows older than this may lie in a window that is summed up already, or is being summed up just now."""
    return (now_ms - GRACE_MS) // QUARTER_HOUR_MS * QUARTER_HOUR_MS


def _epochs(connection: Connection) -> dict[str, int]:
    found = connection.execute(select(SeriesEpochRow.epoch, SeriesEpochRow.id)).all()
    return {str(epoch): int(number) for epoch, number in found}


def _put_marks(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        statement = _insert(connection, SeriesMarkRow)
        new = {"first_seen_ms": statement.excluded.first_seen_ms, "ledger": statement.excluded.ledger}
        keys = ("school", "gateway", "stream", "epoch")
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=new), rows)


def _put_late(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """`noted_ms` grows with each note, so that one made while the window is summed up is not taken for done."""
    if rows:
        statement = _insert(connection, SeriesDirtyRow)
        now, before = statement.excluded.noted_ms, SeriesDirtyRow.noted_ms
        grown = {"noted_ms": case((now > before, now), else_=before + 1)}
        connection.execute(statement.on_conflict_do_update(index_elements=("school", "start_ms"), set_=grown), rows)


def _insert(connection: Connection, table: type[Base]) -> Any:
    """An insert that may replace: both databases can, each in its own words."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
