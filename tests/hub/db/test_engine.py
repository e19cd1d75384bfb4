"""The state database opened: made and upgraded, writers that wait instead of failing, readers that wait for nobody."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, delete, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from hub.config import parse_config
from hub.db.engine import MIGRATIONS, DatabaseUnusable, newest_revision, open_database, reading, revision_of
from hub.db.models import AuditRow, OperatorRow, RoomRow, WebSessionRow
from tests.hub.databases import Databases
from tests.patience import PATIENCE_S


def test_an_empty_database_is_filled_and_opens_again(databases: Databases, tmp_path: Path) -> None:
    url = databases.empty(tmp_path / "a folder with %40")
    engine = open_database(url)
    assert "registry_version" in inspect(engine).get_table_names()
    with engine.begin() as connection:
        connection.execute(insert(AuditRow).values(who="test", what="opened", at_ms=1))
    engine.dispose()
    engine = open_database(url)
    with Session(engine) as session:
        assert [row.what for row in session.scalars(select(AuditRow))] == ["opened"]
    engine.dispose()
    databases.drop(url)


def test_sqlite_is_durable_and_strict(tmp_path: Path) -> None:
    engine = open_database(parse_config("", tmp_path / "hub.toml").state_url)
    with engine.begin() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    engine.dispose()


def test_references_are_held(state_engine: Engine) -> None:
    room = {"school": "s1", "id": "r1", "name": "R", "building": "nowhere", "aliases": []}
    figures = {"volume_m3": 1.0, "capacity": 1, "co2_limit_ppm": 1000.0, "pupil_age_years": 10.0}
    with pytest.raises(IntegrityError), state_engine.begin() as connection:
        connection.execute(insert(RoomRow).values(**room, **figures))
    with Session(state_engine) as session, session.begin():
        session.add(OperatorRow(name="op", argon2_hash="x"))
        session.flush()
        session.add(WebSessionRow(token_hash="t", operator="op", csrf="c", created_ms=1, expires_ms=2))
    with Session(state_engine) as session, session.begin():
        session.delete(session.get_one(OperatorRow, "op"))
    with Session(state_engine) as session:
        assert session.scalars(select(WebSessionRow)).all() == []


def test_two_that_read_and_then_write_wait_for_each_other(state_engine: Engine) -> None:
    with state_engine.begin() as connection:
        connection.execute(insert(AuditRow).values(who="0", what="count", at_ms=0))

    def count_up() -> None:
        for _ in range(20):
            with Session(state_engine) as session, session.begin():
                row = session.scalars(select(AuditRow)).one()
                row.at_ms += 1

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(reading(state_engine)) as session:
        assert session.scalars(select(AuditRow)).one().at_ms == 80


def test_a_reader_does_not_wait_for_a_writer(state_engine: Engine) -> None:
    with state_engine.begin() as writing:
        writing.execute(insert(AuditRow).values(who="w", what="unfinished", at_ms=0))
        with Session(reading(state_engine)) as session:
            assert session.scalars(select(AuditRow)).all() == []


def test_a_reader_sees_one_state_of_everything(state_engine: Engine) -> None:
    """A registry read table by table while somebody writes must not be half old, half new."""
    with state_engine.begin() as writing:
        writing.execute(insert(AuditRow).values(who="w", what="1", at_ms=0))
    with reading(state_engine).connect() as connection:
        assert len(connection.execute(select(AuditRow)).all()) == 1
        with state_engine.begin() as writing:
            writing.execute(insert(AuditRow).values(who="w", what="2", at_ms=0))
        assert len(connection.execute(select(AuditRow)).all()) == 1
    with reading(state_engine).connect() as connection:
        assert len(connection.execute(select(AuditRow)).all()) == 2


def test_reading_on_a_server_cannot_write(postgresql_databases: Databases, tmp_path: Path) -> None:
    url = postgresql_databases.fresh(tmp_path)
    engine = open_database(url)
    with pytest.raises(DBAPIError, match="read-only"), reading(engine).begin() as connection:
        connection.execute(delete(AuditRow))
    with engine.begin() as connection:  # the connection went back to the pool as it was
        connection.execute(delete(AuditRow))
    engine.dispose()
    postgresql_databases.drop(url)


def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(Exception, match="oracle9"):
        create_engine("oracle9://x")


def test_the_newest_revision_is_alembics_head_and_an_opened_database_is_there(state_engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()
    assert revision_of(state_engine) == newest_revision()


def test_opening_what_is_up_to_date_waits_for_no_writer(state_engine: Engine) -> None:
    """A hub that starts again while something writes must not wait for it, and neither must /readyz."""
    with state_engine.begin() as writing:
        writing.execute(insert(AuditRow).values(who="w", what="unfinished", at_ms=0))
        began = time.monotonic()
        other = open_database(state_engine.url)
        assert revision_of(other) == newest_revision()
        assert time.monotonic() - began < PATIENCE_S
        other.dispose()


def test_two_that_start_at_once_upgrade_one_database_once(databases: Databases, tmp_path: Path) -> None:
    url = databases.empty(tmp_path)
    with ThreadPoolExecutor(3) as three:
        for started in [three.submit(open_database, url) for _ in range(3)]:
            started.result().dispose()
    engine = open_database(url)
    assert revision_of(engine) == newest_revision()
    engine.dispose()
    databases.drop(url)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(DatabaseUnusable, match=r"state\.db"):
        open_database(f"sqlite:///{tmp_path}/state.db")


def test_a_database_from_the_future_is_left_alone(state_engine: Engine) -> None:
    with state_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    with pytest.raises(DatabaseUnusable, match="newer ClassHub"):
        open_database(state_engine.url)
