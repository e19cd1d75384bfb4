"""A server that is away is one notice, however many jobs and parts wait for it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from hub.notice import Notice, one_a_cause
from hub.stores.influx.told import sql_errors
from hub.stores.series import StoreDown
from hub.upkeep import _notice
from tests.ports import free_port
from wire.text import Text


@pytest.fixture
def away() -> Iterator[OperationalError]:
    """What SQLAlchemy says of a PostgreSQL that does not run."""
    engine = create_engine(f"postgresql+psycopg://classhub@127.0.0.1:{free_port()}/classhub")
    with pytest.raises(OperationalError) as said:
        engine.connect()
    yield said.value
    engine.dispose()


def test_jobs_that_wait_for_the_state_database_are_one_notice(away: OperationalError) -> None:
    with pytest.raises(StoreDown) as beside_influxdb, sql_errors():
        raise away
    jobs = [_notice("follow", away), _notice("log_alerts", away), _notice("tend", beside_influxdb.value)]
    (told,) = one_a_cause(jobs)
    assert (told.code, told.subject, told.severity) == ("job.waits", "state", "critical")
    assert "\n" not in told.text.both(), "one line, as a banner shows it"


@pytest.mark.parametrize("code", ["store.down", "store.unauthorised", "store.slow"])
def test_jobs_that_wait_for_a_server_known_to_be_away_are_not_told(code: str) -> None:
    waits = _notice("tend", StoreDown(Text("InfluxDB không chạy", "InfluxDB is not running")))
    away = Notice(code, Text("Kho không ghi được", "The store takes nothing"), "critical")
    assert one_a_cause([away, waits]) == [away]
    assert one_a_cause([waits]) == [waits], "nobody sends, so nobody else has met it"


def test_what_is_a_jobs_own_trouble_stays_its_own() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE one (id INTEGER PRIMARY KEY)"))
        with pytest.raises(SQLAlchemyError) as twice:
            connection.execute(text("INSERT INTO one VALUES (1), (1)"))
    engine.dispose()
    found = one_a_cause([_notice("save", twice.value), _notice("keep_agenda", OSError(28, "No space left on device"))])
    assert [(each.code, each.subject) for each in found] == [("job.fails", "save"), ("job.fails", "keep_agenda")]
