"""A store on a real influxd for tests: buckets of its own, SQLite beside it, a clock that the test sets."""

from itertools import count
from pathlib import Path

import httpx
from sqlalchemy import Engine

from hub.config import InfluxSection
from hub.db.engine import open_database
from hub.stores.influxdb import InfluxSeries
from tests.sim.influxd import ORG, Influxd

_NUMBERS = count()


class Buckets:
    """Three buckets that keep everything, and the state database that belongs to them."""

    def __init__(self, influx: Influxd, folder: Path, *, raw_days: int = 0) -> None:
        self.influx = influx
        self.section = InfluxSection(url=influx.url, org=ORG, bucket=f"t{next(_NUMBERS)}", raw_days=raw_days)
        self.section = InfluxSection(
            url=influx.url,
            org=ORG,
            bucket=self.section.bucket,
            raw_days=raw_days,
            minute_days=0,
            quarter_hour_days=0,
            gzip=False,
        )
        self.headers = {"Authorization": f"Token {influx.token}"}
        self.engine: Engine = open_database(f"sqlite:///{folder}/{self.section.bucket}.db")
        self.now_ms = 10**12
        found = httpx.get(f"{influx.url}/api/v2/orgs", headers=self.headers).raise_for_status().json()
        for level in ("raw", "1m", "15m"):
            body = {"orgID": found["orgs"][0]["id"], "name": f"{self.section.bucket}_{level}", "retentionRules": []}
            httpx.post(f"{influx.url}/api/v2/buckets", headers=self.headers, json=body).raise_for_status()

    def open(self) -> InfluxSeries:
        """The store anew: a restart."""
        return InfluxSeries(self.section, self.influx.token, self.engine, lambda: self.now_ms)
