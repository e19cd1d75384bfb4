"""A whole hub on PostgreSQL, as a process: it serves, goes on after the server was restarted, and is there once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from hub.db.engine import open_database
from hub.db.models import AuditRow, LiveSnapshotRow
from tests.hub.databases import Databases, state_section
from tests.hub.process import HubProcess, wait
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.sim.postgres import Postgres

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    with Postgres(tmp_path) as running:
        yield running


@pytest.fixture
def url(server: Postgres, tmp_path: Path) -> URL:
    return Databases(tmp_path, server).fresh(tmp_path)


def hub(folder: Path, url: URL) -> HubProcess:
    folder.mkdir()
    store = f"min_free_mb = 0\n{state_section(url, folder)}"
    return HubProcess(folder, "embedded", free_port(), store=store)


def test_a_hub_on_postgresql_lives_through_its_restart(server: Postgres, url: URL, tmp_path: Path) -> None:
    first = hub(tmp_path / "a", url).start()
    second = hub(tmp_path / "b", url)
    try:
        assert not (tmp_path / "a" / "data" / "state.db").exists()
        assert [school["id"] for school in first.web("/api/v1/schools")] == ["s"]
        refused(second)
        server.stop(immediately=True)
        wait(lambda: not first.serves(), "not ready any more")
        assert httpx.get(f"http://127.0.0.1:{first.web_port}/healthz", timeout=PATIENCE_S).is_success, (
            "alive all the time"
        )
        wait(lambda: bool(first.web("/api/v1/status")["problems"]), "people are told")
        told = str(first.web("/api/v1/status")["problems"])
        assert f"127.0.0.1:{server.port}" in told
        assert server.password not in told
        server.start()
        wait(first.serves, "ready again")
        wait(lambda: not first.web("/api/v1/status")["problems"], "well again")
        refused(second)
        assert first.end(signal.SIGTERM) == 0
    finally:
        first.close()
        second.close()
    assert server.password not in first.log()
    engine = open_database(url)
    with engine.connect() as connection:
        assert connection.scalar(select(LiveSnapshotRow.at_ms)), "the live state was saved at the end"
        assert connection.scalars(select(AuditRow.what)).all() == ["hub apply s: 2 changes"]
    engine.dispose()


def refused(second: HubProcess) -> None:
    """Another hub of the same name on the same database does not start, and says why."""
    words = [sys.executable, "-m", "classhub", "hub", "run", "--config", str(second.config)]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "another hub named 'main' uses the database" in ended.stderr
