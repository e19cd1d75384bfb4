"""The state database in an archive: every table as JSON lines, the same from SQLite and from PostgreSQL.

Tables are read from the database itself, so a migration that adds one needs no change here.
"""

import base64
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import JSON, Connection, Engine, LargeBinary, MetaData, func, select, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import SQLAlchemyError

from hub.backup.archive import ArchiveReader, ArchiveWriter
from hub.backup.contents import ArchiveBroken, Manifest, Table
from hub.db.engine import cause, downgrade, newest_revision, reading, revision_of, upgrade
from wire.text import Text

ROWS_TOGETHER = 1_000
REVISION_TABLE = "alembic_version"
# What a new hub writes before anybody uses it: replaced, and no reason to call a database used.
OF_A_NEW_HUB = frozenset({"operator", "audit", "web_session", "live_snapshot", "alert"})
# Books of the InfluxDB store about itself: they fit the buckets they were written with, and nothing else.
OF_INFLUXDB = frozenset({"series_sweep", "series_dirty", "series_told", "series_move", "series_raw_gone"})
# Of these, what fits the windows of an archive: how far they go, which are to be summed up anew, which to be moved,
# which are all there is.
BOOKS = frozenset({"series_sweep", "series_dirty", "series_move", "series_raw_gone"})
# Restored by the series' part, whichever store they came from.
OF_SERIES = frozenset({"series_mark", "series_epoch"})

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Any]).decode


class RestoreRefused(Exception):
    """The stack is not empty, or the archive does not fit this release; `text` says what is there and what to do."""

    def __init__(self, said: Text) -> None:
        self.text = said
        super().__init__(said.both())


def write_state(engine: Engine, writer: ArchiveWriter) -> dict[str, Table]:
    """Every table, all as they were at one moment."""
    written = {}
    with reading(engine).connect() as connection:
        _without_hurry(connection)
        for table in _tables(connection):
            columns = [str(column.name) for column in table.columns]  # SQLAlchemy's names are a kind of str
            rows = writer.lines(f"state/{table.name}", _lines(connection, table))
            written[str(table.name)] = Table(columns, rows)
    return written


def rows_of(engine: Engine) -> dict[str, int]:
    """How many rows each table has; empty ones too."""
    with reading(engine).connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in _tables(connection)
        }


def in_use(rows: Mapping[str, int]) -> dict[str, int]:
    """Tables whose rows say that this hub was used already."""
    return {name: count for name, count in rows.items() if count and name not in OF_A_NEW_HUB | OF_SERIES | OF_INFLUXDB}


def read_state(engine: Engine, reader: ArchiveReader) -> None:
    """Fill an empty database, in one transaction; what belongs to the series is theirs.

    An archive of an older release is filled in as it was and brought up to date by the migrations.
    Raises RestoreRefused, ArchiveBroken.
    """
    manifest = reader.manifest
    _check_revision(manifest)
    if revision_of(engine) != manifest.revision:
        downgrade(engine, manifest.revision)
    try:
        with engine.begin() as connection:
            _without_hurry(connection)
            tables = {table.name: table for table in _tables(connection)}
            for name in reversed(tables):
                if name in OF_A_NEW_HUB:
                    connection.execute(tables[name].delete())
            for name, table in tables.items():
                if name in manifest.tables and name not in OF_SERIES | OF_INFLUXDB:
                    _fill(connection, table, reader)
            _set_sequences(connection, tables)
    finally:
        if revision_of(engine) != newest_revision():
            upgrade(engine)


def read_books(engine: Engine, reader: ArchiveReader) -> None:
    """What the InfluxDB store knew of its windows: for an archive of that store, into that store, after its points."""
    with engine.begin() as connection:
        for name, table in ((table.name, table) for table in _tables(connection)):
            if name in BOOKS and name in reader.manifest.tables:
                connection.execute(table.delete())
                _fill(connection, table, reader)
        _set_sequences(connection, {table.name: table for table in _tables(connection)})


def _without_hurry(connection: Connection) -> None:
    """A whole table takes longer than a statement of the hub may."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def _tables(connection: Connection) -> list[SqlTable]:
    """Those another refers to come first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != REVISION_TABLE]


def _lines(connection: Connection, table: SqlTable) -> Iterator[bytes]:
    query = select(table).order_by(*table.primary_key.columns)
    with connection.execution_options(yield_per=ROWS_TOGETHER).execute(query) as rows:
        for row in rows:
            yield _encode(list(row))  # bytes become base64


def _fill(connection: Connection, table: SqlTable, reader: ArchiveReader) -> None:
    said = reader.manifest.tables[table.name]
    if missing := [name for name in said.columns if name not in table.columns]:
        raise ArchiveBroken(
            Text(
                f"bảng {table.name} không có cột {', '.join(missing)}",
                f"the table {table.name} has no column {', '.join(missing)}",
            )
        )
    binary = [place for place, name in enumerate(said.columns) if isinstance(table.columns[name].type, LargeBinary)]
    for column in table.columns:
        if isinstance(column.type, JSON) and column.nullable:
            column.type.none_as_null = True
    lines = reader.lines(f"state/{table.name}")
    while batch := [_row(said.columns, binary, line) for line in islice(lines, ROWS_TOGETHER)]:
        try:
            connection.execute(table.insert(), batch)
        except SQLAlchemyError as refused:
            why = cause(refused)
            raise RestoreRefused(
                Text(
                    f"bảng {table.name}: cơ sở dữ liệu không nhận ({why}); chưa ghi gì",
                    f"table {table.name}: the database refuses a row ({why}); nothing was written",
                )
            ) from refused


def _row(columns: list[str], binary: list[int], line: bytes) -> dict[str, Any]:
    values = _decode(line)
    for place in binary:
        if values[place] is not None:
            values[place] = base64.b64decode(values[place])
    return dict(zip(columns, values, strict=True))


def _set_sequences(connection: Connection, tables: Mapping[str, SqlTable]) -> None:
    """PostgreSQL numbers rows by sequences of its own: they go on behind the highest row."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables.values():
        for column in table.primary_key.columns:
            names = {"t": f'"{table.name}"', "c": column.name}
            sequence = connection.execute(text("SELECT pg_get_serial_sequence(:t, :c)"), names).scalar()
            highest = connection.execute(select(func.max(column))).scalar() if sequence else None
            if highest is not None:
                connection.execute(text("SELECT setval(:s, :n)"), {"s": sequence, "n": highest})


def _check_revision(manifest: Manifest) -> None:
    if manifest.revision > newest_revision():
        raise RestoreRefused(
            Text(
                f"bản sao lưu của ClassHub {manifest.release} ({manifest.revision}) mới hơn bản này: hãy nâng cấp",
                f"the archive is of ClassHub {manifest.release} ({manifest.revision}), newer than this one: upgrade",
            )
        )
