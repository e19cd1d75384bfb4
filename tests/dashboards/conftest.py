"""One influxd and one PostgreSQL for all dashboard tests; the hub's own store writes the simulated school day."""

import csv
import io
import secrets
import time
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text

from demo.cast import SCHOOL
from hub.config import InfluxSection
from hub.db.engine import open_database
from hub.db.grafana_role import ROLE, grant
from hub.registry.model import Assignment
from hub.stores.influxdb import InfluxSeries
from hub.stores.series import DeviceKey, Intervals
from tests.dashboards.day import MINUTE_MS, Day, school_day, sql_rows
from tests.sim.influxd import ORG, Influxd
from tests.sim.postgres import Postgres

Rows = list[dict[str, str]]
PIECE = 8_000
MOST_SHARES = 2_000
LEVELS = ("raw", "1m", "15m")


class Flux:
    """Asks the real influxd, as the data source of Grafana does."""

    def __init__(self, server: Influxd) -> None:
        self._client = httpx.Client(
            base_url=server.url, headers={"Authorization": f"Token {server.token}"}, params={"org": ORG}, timeout=20
        )

    def close(self) -> None:
        self._client.close()

    def make_bucket(self, name: str) -> None:
        org = self._client.get("/api/v2/orgs").json()["orgs"][0]["id"]
        body = {"orgID": org, "name": name, "retentionRules": []}
        self._client.post("/api/v2/buckets", json=body).raise_for_status()

    def query(self, flux: str) -> Rows:
        headers = {"Content-Type": "application/vnd.flux", "Accept": "application/csv"}
        answer = self._client.post("/api/v2/query", content=flux, headers=headers)
        assert answer.status_code == 200, f"{answer.text}\n{flux}"
        found: Rows = []
        for table in answer.text.replace("\r", "").strip().split("\n\n"):
            found += [row for row in csv.DictReader(io.StringIO(table)) if row]
        assert not (found and "error" in found[0]), f"{found[0]}\n{flux}"
        return [{key: value for key, value in row.items() if key not in {"", "result", "table"}} for row in found]


@pytest.fixture(scope="session")
def day() -> Day:
    return school_day(int(time.time() * 1000) // MINUTE_MS * MINUTE_MS)


@pytest.fixture(scope="session")
def postgresql(day: Day, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        url = server.database("dashboards")
        open_database(url).dispose()
        engine = create_engine(url)
        with engine.begin() as connection:
            for table, rows in sql_rows(day).items():
                columns = ", ".join(rows[0])
                values = ", ".join(f":{column}" for column in rows[0])
                connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), rows)  # noqa: S608
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def reader(postgresql: Engine) -> Iterator[Engine]:
    """PostgreSQL as Grafana sees it: its own account, which may read the views and nothing else."""
    password = secrets.token_urlsafe(16)
    grant(postgresql, password)
    engine = create_engine(postgresql.url.set(username=ROLE, password=password))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def flux(day: Day, postgresql: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flux]:
    with Influxd(tmp_path_factory.mktemp("influxd")) as server:
        asked = Flux(server)
        for level in LEVELS:
            asked.make_bucket(f"classhub_{level}")
        section = InfluxSection(url=server.url, org=ORG, raw_days=0, minute_days=0, quarter_hour_days=0, gzip=False)
        clock = [min(point.t_ms for point in day.points)]  # rows come as they are measured: none is late
        store = InfluxSeries(section, server.token, postgresql, lambda: clock[0])
        _commit(store, day)
        clock[0] = day.now_ms
        _derive(store, day)
        store.close()
        yield asked
        asked.close()


def _commit(store: InfluxSeries, day: Day) -> None:
    """As ingest does."""
    since_ms = day.now_ms - 40 * 86_400_000
    hung: dict[DeviceKey, Intervals] = {
        (SCHOOL, device): ([Assignment(SCHOOL, device, room, since_ms)], []) for device, room in day.rooms.items()
    }
    store.replace_intervals(hung)
    for start in range(0, len(day.points), PIECE):
        store.commit(day.points[start : start + PIECE], [])


def _derive(store: InfluxSeries, day: Day) -> None:
    """As pulse and upkeep do: derived minutes, gateways' figures, and the summing up of windows."""
    store.put_minutes(day.minutes)
    store.put_health(day.health)
    shares = 0
    while store.tend(day.now_ms):
        shares += 1
        assert shares < MOST_SHARES
