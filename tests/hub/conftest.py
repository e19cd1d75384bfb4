"""State databases for everything that touches SQL: each such test runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from hub.db.engine import open_database
from tests.hub.databases import Databases, state_section
from tests.sim.postgres import Postgres


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    folder = tmp_path_factory.mktemp("postgresql")
    with Postgres(folder) as server:
        yield Databases(folder, server)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Of either kind; a PostgreSQL server starts where the first test needs one, and serves the whole session."""
    found: Databases = request.getfixturevalue(f"{request.param}_databases")
    return found


@pytest.fixture
def state_url(databases: Databases, tmp_path: Path) -> Iterator[URL]:
    """A database of this test's own, at the newest migration. On SQLite it lies where a hub in tmp_path has it."""
    url = databases.fresh(tmp_path / "data")
    yield url
    databases.drop(url)


@pytest.fixture
def state_engine(state_url: URL) -> Iterator[Engine]:
    engine = open_database(state_url)
    yield engine
    engine.dispose()


@pytest.fixture
def state_settings(state_url: URL, tmp_path: Path) -> str:
    """`[state]` for a hub in tmp_path; also in the file state.toml there, where a Bench finds it."""
    section = state_section(state_url, tmp_path)
    (tmp_path / "state.toml").write_text(section)
    return section
