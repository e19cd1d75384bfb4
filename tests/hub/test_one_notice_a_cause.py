"""A server that is away is one notice under its own code, however many jobs and parts wait for it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from hub.context import Hub
from hub.notice import Notice
from hub.stores.influx.told import sql_errors
from hub.stores.series import StoreDown
from hub.upkeep import _notice
from tests.sim.broker import free_port
from wire.text import Text


@pytest.fixture
def away() -> Iterator[OperationalError]:
    """What SQLAlchemy says of a PostgreSQL that does not run."""
    engine = create_engine(f"postgresql+psycopg://classhub@127.0.0.1:{free_port()}/classhub")
    with pytest.raises(OperationalError) as said:
        engine.connect()
    yield said.value
    engine.dispose()


def problems(*sources: list[Notice]) -> list[Notice]:
    hub = cast("Hub", SimpleNamespace(problem_sources=[lambda found=found: found for found in sources]))
    return Hub.problems(hub)


def test_jobs_that_wait_for_the_state_database_are_one_notice(away: OperationalError) -> None:
    with pytest.raises(StoreDown) as beside_influxdb, sql_errors():
        raise away
    jobs = [_notice("follow", away), _notice("log_alerts", away), _notice("tend", beside_influxdb.value)]
    (told,) = problems(jobs)
    assert (told.code, told.severity) == ("state.down", "critical")
    assert "\n" not in told.text.both(), "one line, as a banner shows it"


def test_a_job_that_waits_for_the_store_adds_nothing_to_what_the_pipeline_tells() -> None:
    why = StoreDown(Text("InfluxDB không chạy", "InfluxDB is not running"))
    first = Notice("store.down", Text("Kho không ghi được", "The store takes nothing"), "critical")
    assert problems([first], [_notice("tend", why)]) == [first]
    assert [each.code for each in problems([], [_notice("tend", why)])] == ["store.down"], "nobody is sending: told too"


def test_what_is_a_jobs_own_trouble_stays_its_own() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE one (id INTEGER PRIMARY KEY)"))
        with pytest.raises(SQLAlchemyError) as twice:
            connection.execute(text("INSERT INTO one VALUES (1), (1)"))
    engine.dispose()
    found = problems([_notice("save", twice.value), _notice("keep_agenda", OSError(28, "No space left on device"))])
    assert [(each.code, each.subject) for each in found] == [("job.fails", "save"), ("job.fails", "keep_agenda")]
