"""A store on a real influxd for tests, with buckets of its own and a clock that the test sets; DuckDB beside it."""

from itertools import count
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import Engine

from hub.config import InfluxSection
from hub.db.engine import open_database
from hub.registry.model import Assignment, Calibration
from hub.stores.duckdb import DuckDbSeries
from hub.stores.influxdb import InfluxSeries
from hub.stores.series import Bucket, Point, SeriesStore
from tests.patience import PATIENCE_S
from tests.sim.influxd import ORG, Influxd

_NUMBERS = count()
MINUTE, QUARTER, HOUR, DAY = 60_000, 900_000, 3_600_000, 86_400_000
START = 1_760_000_400_000 // DAY * DAY
HOURS = 9
END = START + HOURS * HOUR


class Buckets:
    """Three buckets that keep everything, and the state database that belongs to them."""

    def __init__(self, influx: Influxd, folder: Path, *, raw_days: int = 0) -> None:
        self.influx = influx
        self.section = InfluxSection(
            url=influx.url,
            org=ORG,
            bucket=f"t{next(_NUMBERS)}",
            raw_days=raw_days,
            minute_days=0,
            quarter_hour_days=0,
            gzip=False,
        )
        headers = {"Authorization": f"Token {influx.token}", "Connection": "close"}  # nothing is left open
        self.client = httpx.Client(base_url=influx.url, headers=headers, verify=False, timeout=PATIENCE_S)  # noqa: S501  # plain
        self.engine: Engine = open_database(f"sqlite:///{folder}/{self.section.bucket}.db")
        self.now_ms = 10**12
        found = self.client.get("/api/v2/orgs").raise_for_status().json()
        for level in ("raw", "1m", "15m"):
            body = {"orgID": found["orgs"][0]["id"], "name": f"{self.section.bucket}_{level}", "retentionRules": []}
            self.client.post("/api/v2/buckets", json=body).raise_for_status()

    def open(self) -> InfluxSeries:
        """The store anew: a restart."""
        return InfluxSeries(self.section, self.influx.token, self.engine, lambda: self.now_ms)


class Pair:
    """Both stores, told and given the same."""

    def __init__(self, buckets: Buckets, folder: Path) -> None:
        self.buckets = buckets
        self.influx: InfluxSeries = buckets.open()
        self.duckdb = DuckDbSeries(folder / "series.duckdb")
        self._row = 0

    @property
    def both(self) -> tuple[SeriesStore, SeriesStore]:
        return self.influx, self.duckdb

    def commit(self, device: str, values: dict[int, dict[str, float | str]], now_ms: int) -> None:
        self.buckets.now_ms = now_ms
        points = []
        for t_ms in sorted(values):
            self._row += 1
            points.append(Point("s1", device, t_ms, values[t_ms], "aa", self._row))
        for store in self.both:
            store.commit(points, [])

    def hang(self, device: str, *stays: tuple[str, int, int | None]) -> None:
        for store in self.both:
            store.replace_assignments("s1", device, [Assignment("s1", device, *stay) for stay in stays])

    def calibrate(self, device: str, *steps: tuple[str, float, float, int]) -> None:
        for store in self.both:
            store.replace_calibrations("s1", device, [Calibration("s1", device, *step) for step in steps])

    def tend(self, now_ms: int) -> int:
        """Until nothing is waiting; how many shares it took."""
        shares = 1
        while self.influx.tend(now_ms):
            shares += 1
            assert shares < 2_000
        return shares

    def restart(self) -> None:
        self.influx.close()
        self.influx = self.buckets.open()

    def compare(
        self, quantity: str, from_ms: int, to_ms: int, step_ms: int, rooms: tuple[str | None, ...] = ("r1", "r2")
    ) -> int:
        """Histories of both stores; how many steps they have."""
        steps = 0
        for room in rooms:
            ours, theirs = (store.history("s1", room, quantity, from_ms, to_ms, step_ms) for store in self.both)
            assert ours.keys() == theirs.keys()
            for device, buckets in theirs.items():
                assert [b.t_ms for b in ours[device]] == [b.t_ms for b in buckets]
                for mine, other in zip(ours[device], buckets, strict=True):
                    assert _figures(mine) == pytest.approx(_figures(other)), (room, device, mine, other)
                steps += len(buckets)
        return steps

    def compare_consumption(self, step_ms: int) -> int:
        ours, theirs = (store.consumption("s1", "r1", "energy_kwh", START, END, step_ms) for store in self.both)
        assert ours.keys() == theirs.keys()
        for device, steps in theirs.items():
            assert [t for t, _ in ours[device]] == [t for t, _ in steps]
            assert [used for _, used in ours[device]] == pytest.approx([used for _, used in steps])
        return len(theirs)

    def stored(self, level: str) -> list[dict[str, object]]:
        """Every point of a bucket, read by a client of our own."""
        section = self.buckets.section
        query = {"db": f"{section.bucket}_{level}", "epoch": "ms", "q": "SELECT * FROM reading"}
        answer = self.buckets.client.get("/query", params=query).raise_for_status().json()
        found = answer["results"][0].get("series", [{"columns": [], "values": []}])[0]
        return [
            {name: value for name, value in zip(found["columns"], row, strict=True) if value is not None}
            for row in found["values"]
        ]


def _figures(bucket: Bucket) -> tuple[float, ...]:
    return bucket.mean, bucket.minimum, bucket.maximum, bucket.last, bucket.count


def day(seed: int, pace_ms: int = 20_000) -> dict[int, dict[str, float | str]]:
    """Nine hours of every kind: a gauge with gaps, a state that changes now and then, a meter that is reset, a text."""
    chance = Random(seed)
    rows: dict[int, dict[str, float | str]] = {}
    meter, on = 100.0, 0.0
    for t_ms in range(START + chance.randrange(pace_ms), END, pace_ms):
        meter += chance.random() / 10
        if chance.random() < 0.002:
            meter = 0.0
        values: dict[str, float | str] = {"energy_kwh": meter}
        if chance.random() < 0.9:
            values["co2_ppm"] = 400.0 + chance.random() * 1000
        if chance.random() < 0.01:
            on = 1.0 - on
            values["occupancy"] = on
        if chance.random() < 0.01:
            values["error_code"] = f"E{chance.randrange(9)}"
        rows[t_ms] = values
    return rows
