"""Opens the state database, SQLite or PostgreSQL: durable, strict, brought to the newest migration."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError, SQLAlchemyError

from hub.db import postgres
from wire.text import Text

if TYPE_CHECKING:  # alembic costs a third of a second: it is imported when there is something to upgrade
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000
READ_ONLY = "classhub_read_only"


class DatabaseUnusable(SQLAlchemyError):
    """The state database cannot be opened; `text` says which file, why and what to do."""

    def __init__(self, said: Text) -> None:
        self.text = said
        super().__init__(said.both())


def open_database(url: str | URL) -> Engine:
    """The database at `url`, created where absent and upgraded to the newest revision. Raises DatabaseUnusable.

    Transactions take the one write lock at once, so that reading and then writing never meets a stale snapshot; use
    `reading(engine)` for transactions that only read: those see one state of everything and wait for nobody.
    """
    where = make_url(url)
    try:
        if where.get_backend_name() == "sqlite" and where.database and where.database != ":memory:":
            Path(where.database).parent.mkdir(parents=True, exist_ok=True)
        engine = _prepared(where)
        try:
            _bring_up(engine)
        except BaseException:
            engine.dispose()
            raise
    except (DBAPIError, OSError) as broken:
        raise DatabaseUnusable(complaint(where, broken)) from broken
    return engine


def _bring_up(engine: Engine) -> None:
    found = revision_of(engine)
    if found is not None and found > newest_revision():
        raise _too_new(engine.url, found)
    if found != newest_revision():
        upgrade(engine)


def _prepared(where: URL) -> Engine:
    if where.get_backend_name() == "sqlite":
        engine = create_engine(where, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    from hub.db.printable import prepare  # with the driver, which the embedded stack does not need

    engine = create_engine(where, **postgres.arguments())
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "handle_error", partial(_name_database, postgres.shown(where)))
    return engine


def _name_database(shown: str, context: ExceptionContext) -> None:
    """Whoever tells people of the error knows no address any more."""
    if isinstance(context.sqlalchemy_exception, DBAPIError):
        context.sqlalchemy_exception.add_detail(shown)


def complaint(url: str | URL, broken: SQLAlchemyError | OSError) -> Text:
    """What is wrong with the database at `url`, for people: which one, why, and what to look at."""
    if isinstance(broken, DatabaseUnusable):
        return broken.text
    where, why = make_url(url), cause(broken)
    if where.get_backend_name() == "sqlite":
        mend = Text("hãy kiểm tra quyền ghi, ổ đĩa và tệp đó", "check the right to write, the disk and that file")
        shown = where.database
    else:
        mend, shown = postgres.mend(why), postgres.shown(where)
    return Text(
        f"cơ sở dữ liệu trạng thái {shown} không mở được ({why}): {mend.vi}",
        f"the state database {shown} cannot be opened ({why}): {mend.en}",
    )


def unwritable(broken: SQLAlchemyError) -> Text:
    """What an error of an open state database means to those who wait for it, and what to look at."""
    why = cause(broken)
    where = " ".join(getattr(broken, "detail", ()))
    if where:
        mend = postgres.mend(why)
        return Text(
            f"cơ sở dữ liệu trạng thái {where} không dùng được ({why}): {mend.vi}",
            f"the state database {where} cannot be reached or refuses ({why}): {mend.en}",
        )
    return Text(
        f"cơ sở dữ liệu trạng thái không ghi được ({why}): hãy kiểm tra chỗ trống và quyền ghi của ổ đĩa",
        f"the state database cannot be written ({why}): check the disk's free space and its rights",
    )


def cause(broken: BaseException) -> str:
    """What the driver said, in one line, without the statement and its values."""
    said = str(getattr(broken, "orig", None) or broken).strip() or type(broken).__name__
    return said.splitlines()[0][:200]


def newest_revision() -> str:
    """Migrations are named by their number, so the last file is the newest."""
    return max(file.stem for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def revision_of(engine: Engine) -> str | None:
    """The revision the database is at; None where it is empty."""
    with reading(engine).connect() as connection:
        try:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError) as missing:
            if "alembic_version" in str(missing.orig):  # no such table
                return None
            raise
    return None if found is None else str(found)


def reading(engine: Engine) -> Engine:
    """The same database for transactions that only read: they wait for nobody."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READ_ONLY: True})
    return engine.execution_options(**{READ_ONLY: True}, isolation_level="REPEATABLE READ", postgresql_readonly=True)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to `revision`; nothing happens where it is there already."""
    from alembic import command

    with engine.begin() as connection:
        _without_hurry(connection)
        command.upgrade(_alembic(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision` ("base": nothing left)."""
    from alembic import command

    with engine.begin() as connection:
        _without_hurry(connection)
        command.downgrade(_alembic(connection), revision)


def _without_hurry(connection: Connection) -> None:
    """A large table takes a migration longer than any other statement may."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def _alembic(connection: Connection) -> Config:
    from alembic.config import Config

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


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get(READ_ONLY, False):
        postgres.begin_writing(connection)


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _too_new(where: URL, found: str) -> DatabaseUnusable:
    return DatabaseUnusable(
        Text(
            f"cơ sở dữ liệu trạng thái {where.database} thuộc bản ClassHub mới hơn ({found}): hãy cài bản mới hơn",
            f"the state database {where.database} belongs to a newer ClassHub ({found}): install that one",
        )
    )
