"""One influxd and one PostgreSQL for all dashboard tests, holding the same simulated school day."""

import csv
import io
import time
from collections.abc import Iterable, Iterator

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text

from hub.db.engine import open_database
from tests.dashboards import lines
from tests.dashboards.day import MINUTE_MS, Day, school_day, sql_rows
from tests.sim.influxd import ORG, Influxd
from tests.sim.postgres import Postgres

Rows = list[dict[str, str]]
PIECE = 20_000


class Flux:
    """Asks the real influxd, as the data source of Grafana does."""

    def __init__(self, server: Influxd) -> None:
        self._client = httpx.Client(
            base_url=server.url, headers={"Authorization": f"Token {server.token}"}, params={"org": ORG}, timeout=20
        )

    def make_bucket(self, name: str) -> None:
        org = self._client.get("/api/v2/orgs").json()["orgs"][0]["id"]
        body = {"orgID": org, "name": name, "retentionRules": []}
        self._client.post("/api/v2/buckets", json=body).raise_for_status()

    def write(self, bucket: str, rows: Iterable[str]) -> None:
        held = list(rows)
        for start in range(0, len(held), PIECE):
            body = "\n".join(held[start : start + PIECE])
            answer = self._client.post("/api/v2/write", params={"bucket": bucket, "precision": "ms"}, content=body)
            assert answer.status_code == 204, answer.text

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
def flux(day: Day, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flux]:
    with Influxd(tmp_path_factory.mktemp("influxd")) as server:
        asked = Flux(server)
        for name in ("raw", "1m", "15m"):
            asked.make_bucket(f"classhub_{name}")
        asked.write("classhub_raw", lines.raw(day))
        asked.write("classhub_1m", lines.level(day, "1m"))
        asked.write("classhub_15m", lines.level(day, "15m"))
        asked.write("classhub_1m", lines.derived(day))
        yield asked


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
