"""Opens the state database: SQLite made durable and strict, brought to the newest migration."""

import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000
READ_ONLY = "classhub_read_only"


def open_database(url: str | URL) -> Engine:
    """The database at `url`, created where absent and upgraded to the newest revision.

    Transactions on SQLite take the write lock at once, so that reading and then writing never meets a stale snapshot;
    use `reading(engine)` for transactions that only read.
    """
    where = make_url(url)
    if where.get_backend_name() == "sqlite" and where.database and where.database != ":memory:":
        Path(where.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(where)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    upgrade(engine)
    return engine


def database_url(data_dir: Path) -> URL:
    """The hub's state database inside its data folder."""
    return URL.create("sqlite", database=str(data_dir / "state.db"))


def reading(engine: Engine) -> Engine:
    """The same database for transactions that only read: they wait for nobody."""
    return engine.execution_options(**{READ_ONLY: True})


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to `revision`; nothing happens where it is there already."""
    with engine.begin() as connection:
        command.upgrade(_alembic(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision` ("base": nothing left)."""
    with engine.begin() as connection:
        command.downgrade(_alembic(connection), revision)


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: the driver would begin them too late
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # an acknowledged event survives a power cut
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
