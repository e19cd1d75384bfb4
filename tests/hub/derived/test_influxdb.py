"""The worker on a real InfluxDB tells of a week what it tells on the embedded store, and asks little for it."""

import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from hub.db.engine import open_database
from hub.derived.due import Reason, mark_days
from hub.derived.ledger import DayLine, Ledger
from hub.derived.records import Records
from hub.live.lesson_record import LessonRecord
from hub.school.changes import ChangeKind, DayChange
from hub.school.edits import SetChange
from hub.stores.duckdb import DuckDbSeries
from hub.stores.mirror import RegistryMirror
from hub.stores.reader import SeriesReader
from hub.stores.series import RoomMinute, SeriesStore
from tests.hub.derived.term import FIRST, MINUTE, SCHOOL, Story, at
from tests.hub.derived.test_term import Term
from tests.hub.stores.influx_stand import Buckets
from tests.sim.influxd import Influxd

DAY = timedelta(days=1)
DAYS = 3


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Influxd]:
    with Influxd(tmp_path / "influx") as running:
        yield running


Told = tuple[list[LessonRecord], list[DayLine], list[RoomMinute]]


async def lived(hub: Term) -> Told:
    """Three days, a late correction, a device moved in the past; everything derived then."""
    chance, story = random.Random(5), Story()
    await hub.build()
    hub.take_in(FIRST, None, "autumn")
    for number in range(DAYS):
        day = FIRST + number * DAY
        await hub.measure(story, day, chance)
        hub.now_ms = at(day + DAY, 5)
        hub.ask(day, Reason.ENDED)
        await hub.derive()
    gone = next(one.id for one in story.lessons(FIRST) if one.room == "r2").split("@")[0]
    hub.schools.edit(SCHOOL, SetChange(DayChange("c", FIRST, ChangeKind.CANCELLED, gone)), "op", hub.now_ms)
    await hub.derive()
    with hub.engine.begin() as connection:
        moved = (FIRST + DAY).isoformat()
        mark_days(connection, SCHOOL, [moved], Reason.DEVICE, hub.now_ms, rooms=["r1", "r2"])
    hub.registry.assign(SCHOOL, "air-r1", "r2", at(FIRST + DAY, 0))
    await RegistryMirror(hub.registry, hub.series).tell()
    await hub.derive()
    last = FIRST + DAYS * DAY
    minutes = await hub.series.minutes(SCHOOL, None, at(FIRST, 0), at(last, 0))
    return Records(hub.engine).between(SCHOOL, FIRST, last), Ledger(hub.engine).of(SCHOOL, FIRST, last), minutes


@pytest.mark.timeout(180)
async def test_both_stores_tell_the_same_of_a_week(influx: Influxd, tmp_path: Path) -> None:
    buckets = Buckets(influx, tmp_path)
    buckets.now_ms = at(FIRST + DAYS * DAY, 60)
    stores: list[SeriesStore] = [buckets.open(), DuckDbSeries(tmp_path / "series.duckdb")]
    told = []
    async with AsyncExitStack() as stack:
        stack.callback(buckets.client.close)
        stack.callback(buckets.engine.dispose)
        for number, store in enumerate(stores):
            engine = open_database(f"sqlite:///{tmp_path}/state{number}.db")
            stack.callback(engine.dispose)
            series = SeriesReader(store)
            stack.push_async_callback(series.close)
            told.append(await lived(Term(engine, series)))
    (records, lines, minutes), (others, other_lines, other_minutes) = told
    assert records == others
    assert records
    assert lines == other_lines
    assert minutes == other_minutes
    assert len(minutes) > 1_000


async def test_a_corrected_day_is_few_requests(influx: Influxd, tmp_path: Path) -> None:
    """Most minutes lack some figure; only where one is stored that is no longer known anything has to be deleted."""
    buckets = Buckets(influx, tmp_path)
    start = at(FIRST, 0)
    minutes = [
        RoomMinute(SCHOOL, room, start + number * MINUTE, "idle", 3.0 if number < 10 else None, None, evidence=-2.0)
        for room in ("r1", "r2")
        for number in range(400)
    ]
    first, again = buckets.open(), buckets.open()
    first.put_minutes(minutes)
    restated = [RoomMinute(SCHOOL, one.room, one.t_ms, "in_lesson", None, None, evidence=-2.0) for one in minutes]
    before = again.figures()
    again.put_minutes(restated)
    assert sum(again.figures().values()) - sum(before.values()) < 10
    assert again.minutes(SCHOOL, None, start, start + 400 * MINUTE) == restated
    for opened in (first, again):
        opened.close()
    buckets.client.close()
    buckets.engine.dispose()
