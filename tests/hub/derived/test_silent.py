"""A first import asks for half a year: days of which nothing is known cost one look, whatever else waits goes on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from hub.db.alert_models import LessonDayRow
from hub.db.derived_models import WasteDayRow
from hub.db.models import EventRow
from hub.derived.due import Reason, mark, mark_days, next_due
from hub.derived.ledger import Ledger
from hub.derived.records import Records
from hub.ingest.events import EventStore, StoredEvent
from hub.live.reading import Happening
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from hub.stores.series import RoomMinute
from tests.hub.derived.term import FIRST, SCHOOL, Story, at
from tests.hub.derived.test_term import Term

DAY = timedelta(days=1)
LAST = FIRST + 40 * DAY


@pytest.fixture
async def hub(state_engine: Engine, tmp_path: Path) -> AsyncIterator[Term]:
    series = SeriesReader(DuckDbSeries(tmp_path / "series.duckdb"))
    made = Term(state_engine, series)
    await made.build()
    made.take_in(FIRST, None, "autumn")
    with state_engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM derive_due")
    made.now_ms = at(LAST + DAY, 60)
    yield made
    await series.close()


async def told(hub: Term, first_ms: int) -> None:
    minutes = [RoomMinute(SCHOOL, "r1", first_ms + n * 60_000, "unknown", None, None, evidence=3.0) for n in range(60)]
    await hub.series.put_minutes(minutes)


async def test_only_days_of_which_something_is_known_are_derived(hub: Term) -> None:
    measured = {FIRST + 3 * DAY, FIRST + 17 * DAY}
    for day in measured:
        await told(hub, at(day, 420))
    await told(hub, at(FIRST + 8 * DAY, 23 * 60 + 30))  # half of it in the day after
    with hub.engine.begin() as connection:
        line = {"day": (FIRST + 10 * DAY).isoformat(), "room": "r1", "what": "lights", "why": "holiday"}
        figures = {"minutes": 5, "measured_min": 0, "kwh": 0.0, "estimated_kwh": 0.1}
        connection.execute(insert(WasteDayRow).values(school=SCHOOL, **line, **figures))
        assert mark(connection, SCHOOL, FIRST, LAST, Reason.PLAN, hub.now_ms) == 41
    await hub.derive()
    assert hub.deriver.days <= 2 + 2 + 1 + 4  # estimates of two days are refined besides
    with hub.engine.connect() as connection:
        assert next_due(connection, hub.now_ms, 100) == []
        agenda = set(connection.scalars(select(LessonDayRow.day)))
    records = {one.day for one in Records(hub.engine).between(SCHOOL, FIRST, LAST)}
    assert {day.isoformat() for day in measured} <= records
    assert (FIRST + 11 * DAY).isoformat() not in records
    assert Ledger(hub.engine).of(SCHOOL, FIRST, LAST) == []  # what nothing speaks for any more is taken back
    assert (LAST - DAY).isoformat() in agenda


async def test_events_of_a_silent_day_follow_the_plan(hub: Term) -> None:
    lesson = next(one for one in Story().lessons(LAST - 4 * DAY) if one.room == "r1")
    t_ms = at(lesson.day, lesson.start_min + 5)
    event = Happening(SCHOOL, "gw1", "event-0001", "pir-r1", "contact", t_ms, t_ms, {"open": True})
    EventStore(hub.engine).commit([StoredEvent(event, "e" * 16, 1)], [])
    with hub.engine.begin() as connection:
        mark(connection, SCHOOL, FIRST, LAST, Reason.PLAN, hub.now_ms)
    await hub.derive()
    assert hub.deriver.days == 0
    with hub.engine.connect() as connection:
        assert connection.execute(select(EventRow.room, EventRow.lesson)).one() == ("r1", lesson.id)


async def test_rows_that_came_late_are_looked_for_on_silent_days(hub: Term) -> None:
    with hub.engine.begin() as connection:
        mark(connection, SCHOOL, FIRST, LAST, Reason.PLAN, hub.now_ms)
        mark_days(connection, SCHOOL, [(FIRST + DAY).isoformat()], Reason.LATE, hub.now_ms)
    await hub.derive()
    assert hub.deriver.days == 1
