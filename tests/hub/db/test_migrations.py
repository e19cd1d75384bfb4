"""Migrations on both databases: up and down step by step with rows in every table, and equal to the models."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Engine,
    Float,
    Integer,
    LargeBinary,
    Table,
    func,
    insert,
    inspect,
    select,
)

from hub.db import (
    alert_models,
    command_models,
    derived_models,
    forecast_models,
    pull_models,
    school_models,
    series_models,
)
from hub.db.engine import MIGRATIONS, downgrade, newest_revision, open_database, revision_of, upgrade
from hub.db.models import Base

REVISIONS = sorted(file.stem for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
# imported: every table has to be known here
MODELS = (alert_models, command_models, derived_models, forecast_models, pull_models, school_models, series_models)


def filler(table: Table, there: set[str]) -> dict[str, Any]:
    """A row whose references all hold: every word is the same word, every number the same number."""
    row: dict[str, Any] = {}
    for column in (one for one in table.columns if one.name in there):
        kind = column.type
        if isinstance(kind, JSON):
            row[column.name] = ["x"]
        elif isinstance(kind, Boolean):
            row[column.name] = True
        elif isinstance(kind, (BigInteger, Integer, Float)):
            row[column.name] = 1
        elif isinstance(kind, LargeBinary):
            row[column.name] = b"x"
        else:
            row[column.name] = "x"
    return row


def fill(engine: Engine) -> None:
    """One row in every table there is and that is empty."""
    look = inspect(engine)
    columns = {name: {column["name"] for column in look.get_columns(name)} for name in look.get_table_names()}
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in columns and not connection.scalar(select(func.count()).select_from(table)):
                connection.execute(insert(table).values(filler(table, columns[table.name])))


def counted(engine: Engine) -> dict[str, int]:
    there = set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name in there
        }


def test_the_newest_migration_makes_what_the_models_say(state_engine: Engine) -> None:
    with state_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert len(counted(state_engine)) == len(Base.metadata.tables)


def test_down_and_up_step_by_step_with_rows_in_every_table(state_engine: Engine) -> None:
    fill(state_engine)
    before = counted(state_engine)
    assert set(before.values()) == {1}
    for step in range(len(REVISIONS) - 2, -1, -1):
        downgrade(state_engine, REVISIONS[step])
        assert revision_of(state_engine) == REVISIONS[step]
        left = counted(state_engine)
        assert set(left.values()) == {1}, "a step down loses the tables it made and nothing else"
        assert len(left) <= len(before)
        before = left
    downgrade(state_engine, "base")
    assert set(inspect(state_engine).get_table_names()) == {"alembic_version"}
    for revision in REVISIONS:
        upgrade(state_engine, revision)
        fill(state_engine)
    spells = {"place_spell": 2}  # of the room and the building that were there before
    assert {name: rows for name, rows in counted(state_engine).items() if rows != 1} == spells
    assert len(counted(state_engine)) == len(Base.metadata.tables)


@pytest.mark.parametrize("start", REVISIONS[:-1])
def test_an_old_database_with_rows_is_brought_up_when_it_is_opened(databases: Any, tmp_path: Path, start: str) -> None:
    url = databases.fresh(tmp_path)
    engine = open_database(url)
    downgrade(engine, start)
    fill(engine)
    rows = counted(engine)
    engine.dispose()
    engine = open_database(url)
    assert revision_of(engine) == newest_revision()
    assert rows.items() <= counted(engine).items()
    engine.dispose()
    databases.drop(url)
