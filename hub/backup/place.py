"""A time-series store opened for a backup, a restore or a migration, with what its protocol leaves to the hub."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from hub.backup.contents import DAY_MS, day_of
from hub.config import HubConfig
from hub.db.engine import reading
from hub.db.models import DeviceRow, GatewayRow, SchoolRow
from hub.db.series_models import SeriesEpochRow
from hub.registry.registry import Registry
from hub.stores.duckdb import DuckDbSeries
from hub.stores.mirror import intervals_of
from hub.stores.series import SeriesStore
from wire.text import Text

Kind = Literal["duckdb", "influxdb"]
# Says how far a job is; raises hub.control.JobStopped where it shall go no further.
Tell = Callable[[Text], None]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def oldest_raw_ms(config: HubConfig, kind: Kind, at_ms: int) -> int:
    """Days that begin before this are not kept value by value: retention cuts within the day before it."""
    days = config.influxdb.raw_days if kind == "influxdb" else 0
    return at_ms - (days - 1) * DAY_MS if days else 0


@contextmanager
def opened_series(config: HubConfig, kind: Kind, engine: Engine) -> Iterator[SeriesStore]:
    """The store of that kind as hub.toml describes it. DuckDB's file has one owner: not while a hub has it open."""
    store: SeriesStore
    if kind == "duckdb":
        store = DuckDbSeries(config.series_path, config.store.min_free_mb * 1_000_000)
    else:
        from hub.stores.influx.setup import token_of
        from hub.stores.influxdb import InfluxSeries  # both cost a third of a second that the embedded stack saves

        store = InfluxSeries(config.influxdb, token_of(config.influxdb), engine, now_ms)
    try:
        yield store
    finally:
        store.close()


def schools_of(engine: Engine) -> list[str]:
    """Every school anything may be stored of, also one that only a gateway names."""
    found: set[str] = set()
    with reading(engine).connect() as connection:
        for column in (SchoolRow.id, GatewayRow.school, DeviceRow.school):
            found |= set(connection.execute(select(column).distinct()).scalars())
    return sorted(found)


def days_of(store: SeriesStore, school: str) -> Iterator[tuple[int, int]]:
    """(start of the UTC day, values) of the days that hold any, oldest first; an empty stretch costs one question."""
    span = store.span(school)
    waiting = [] if span is None else [(day_of(span[0]), day_of(span[1]) + DAY_MS)]
    while waiting:
        first, end = waiting.pop()
        values = store.count(school, first, end)
        if values and end - first > DAY_MS:
            middle = day_of((first + end) // 2)
            waiting += [(middle, end), (first, middle)]
        elif values:
            yield first, values


def epochs_of(store: SeriesStore, engine: Engine) -> list[str]:
    """In the order the store first saw them: of two rows with one key, the later epoch's stays."""
    if isinstance(store, DuckDbSeries):
        return store.epochs()
    with reading(engine).connect() as connection:
        return list(connection.execute(select(SeriesEpochRow.epoch).order_by(SeriesEpochRow.id)).scalars())


def put_epochs(store: SeriesStore, engine: Engine, epochs: Sequence[str]) -> None:
    """Number them in this order, behind those that are known. Before the store's first commit."""
    if isinstance(store, DuckDbSeries):
        store.put_epochs(epochs)
        return
    with Session(engine) as session, session.begin():
        known = set(session.execute(select(SeriesEpochRow.epoch)).scalars())
        for epoch in epochs:
            if epoch not in known:
                session.execute(insert(SeriesEpochRow).values(epoch=epoch))


def tell_intervals(store: SeriesStore, engine: Engine) -> None:
    """Rooms and calibrations first: the production store writes them with every point."""
    registry = Registry(engine)
    for school in registry.schools():
        store.replace_intervals(intervals_of(registry, [school.id]))
