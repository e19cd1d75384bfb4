"""A room retired for days that are already derived leaves them, with its minutes; the days before stay as they were."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.db.engine import open_database
from hub.derived.due import Reason
from hub.derived.records import Records
from hub.registry.retiring import Retiring
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from tests.hub.databases import Databases
from tests.hub.derived.term import FIRST, SCHOOL, Story, at
from tests.hub.derived.test_term import Term

DAY = timedelta(days=1)
DAYS = (FIRST, FIRST + DAY)


@pytest.fixture
async def hub(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Term]:
    engine = open_database(sqlite_databases.fresh(tmp_path))
    series = SeriesReader(DuckDbSeries(tmp_path / "series.duckdb"))
    made = Term(engine, series)
    await made.build()
    made.take_in(FIRST, None, "autumn")
    chance = random.Random(7)
    for day in DAYS:
        await made.measure(Story(), day, chance)
    yield made
    await series.close()
    engine.dispose()


def rooms_told(hub: Term) -> set[tuple[str, str]]:
    return {(one.day, one.room) for one in Records(hub.engine).between(SCHOOL, *DAYS)}


async def minutes_told(hub: Term, room: str) -> list[int]:
    return [len(await hub.series.minutes(SCHOOL, room, at(day, 0), at(day + DAY, 0))) for day in DAYS]


async def test_a_room_retired_for_the_past_leaves_its_days(hub: Term) -> None:
    hub.now_ms = at(DAYS[1] + DAY, 60)
    for day in DAYS:
        hub.ask(day, Reason.PLAN)
    await hub.derive()
    first, second = (day.isoformat() for day in DAYS)
    before = rooms_told(hub)
    assert {(first, "r1"), (second, "r1"), (second, "r2")} <= before
    assert min(await minutes_told(hub, "r1")) > 0
    hub.registry.retire_room(SCHOOL, "r1", Retiring(DAYS[1], "Sửa mái", take_out=True), hub.now_ms)
    await hub.derive()
    assert before - rooms_told(hub) == {(second, "r1")}
    kept, left = await minutes_told(hub, "r1")
    assert (kept > 0, left) == (True, 0)
