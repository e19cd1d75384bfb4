"""The state database: migrations up and down, models equal to migrations, writers that wait instead of failing."""

import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, create_engine, insert, inspect, select, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from hub.db.engine import (
    MIGRATIONS,
    DatabaseUnusable,
    database_url,
    downgrade,
    newest_revision,
    open_database,
    reading,
    revision_of,
    upgrade,
)
from hub.db.models import NAMING, AuditRow, Base, OperatorRow, RoomRow, WebSessionRow

CORE = {
    *("school", "building", "room", "gateway", "device", "assignment", "calibration", "maintenance"),
    *("gateway_credential", "event", "event_mark", "quarantine", "operator", "web_session", "live_snapshot"),
    *("registry_version", "audit"),
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(database_url(tmp_path / "a folder" / "with %40"))


def _tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_opening_creates_upgrades_and_opens_again(url: str) -> None:
    engine = open_database(url)
    assert _tables(engine) >= CORE
    with engine.begin() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        connection.execute(insert(AuditRow).values(who="test", what="opened", at_ms=1))
    engine.dispose()
    engine = open_database(url)
    with Session(engine) as session:
        assert [row.what for row in session.scalars(select(AuditRow))] == ["opened"]
    engine.dispose()


def test_down_and_up_again(url: str) -> None:
    engine = open_database(url)
    downgrade(engine, "base")
    assert _tables(engine) == {"alembic_version"}
    upgrade(engine, "0001_core")
    assert _tables(engine) == CORE | {"alembic_version"}
    upgrade(engine)
    engine.dispose()


def test_the_migrations_make_what_the_models_say(url: str) -> None:
    engine = open_database(url)
    with engine.connect() as connection:
        # Tables of the school package have their own models.
        core_only = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in CORE}
        context = MigrationContext.configure(connection, opts=core_only)
        tables = MetaData(naming_convention=NAMING)
        for table in Base.metadata.sorted_tables:
            if table.name in CORE:
                table.to_metadata(tables)
        assert compare_metadata(context, tables) == []
    engine.dispose()


def test_every_table_can_be_made_in_postgresql() -> None:
    dialect = PGDialect()  # type: ignore[no-untyped-call]
    for table in Base.metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))


def test_references_are_held(url: str) -> None:
    engine = open_database(url)
    room = {"school": "s1", "id": "r1", "name": "R", "building": "nowhere", "aliases": []}
    figures = {"volume_m3": 1.0, "capacity": 1, "co2_limit_ppm": 1000.0, "pupil_age_years": 10.0}
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(RoomRow).values(**room, **figures))
    with Session(engine) as session, session.begin():
        session.add(OperatorRow(name="op", argon2_hash="x"))
        session.flush()
        session.add(WebSessionRow(token_hash="t", operator="op", csrf="c", created_ms=1, expires_ms=2))
    with Session(engine) as session, session.begin():
        session.delete(session.get_one(OperatorRow, "op"))
    with Session(engine) as session:
        assert session.scalars(select(WebSessionRow)).all() == []
    engine.dispose()


def test_two_that_read_and_then_write_wait_for_each_other(url: str) -> None:
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(insert(AuditRow).values(who="0", what="count", at_ms=0))

    def count_up() -> None:
        for _ in range(20):
            with Session(engine) as session, session.begin():
                row = session.scalars(select(AuditRow)).one()
                row.at_ms += 1

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(reading(engine)) as session:
        assert session.scalars(select(AuditRow)).one().at_ms == 80
    engine.dispose()


def test_a_reader_does_not_wait_for_a_writer(url: str) -> None:
    engine = open_database(url)
    with engine.begin() as writing:
        writing.execute(insert(AuditRow).values(who="w", what="unfinished", at_ms=0))
        with Session(reading(engine)) as session:
            assert session.scalars(select(AuditRow)).all() == []
    engine.dispose()


def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(Exception, match="oracle9"):
        create_engine("oracle9://x")


def test_the_newest_revision_is_alembics_head_and_an_opened_database_is_there(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()
    engine = open_database(url)
    assert revision_of(engine) == newest_revision()
    engine.dispose()


def test_opening_what_is_up_to_date_waits_for_no_writer(url: str) -> None:
    """A hub that starts again while something writes must not wait for it, and neither must /readyz."""
    engine = open_database(url)
    with engine.begin():
        began = time.monotonic()
        other = open_database(url)
        assert revision_of(other) == newest_revision()
        assert time.monotonic() - began < 5
        other.dispose()
    engine.dispose()


def test_a_file_that_is_no_database_and_one_from_the_future_are_named(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(DatabaseUnusable, match=r"state\.db"):
        open_database(database_url(tmp_path))
    engine = open_database(database_url(tmp_path / "b"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    engine.dispose()
    with pytest.raises(DatabaseUnusable, match="newer ClassHub"):
        open_database(database_url(tmp_path / "b"))
