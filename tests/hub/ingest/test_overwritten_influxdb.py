"""`overwritten` counts rows that are stored already when another row of their commit is refused by InfluxDB."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.ingest.committer import Chunk, Committer
from hub.stores.reader import SeriesReader
from hub.stores.series import Point
from tests.hub.stores.influx_stand import END, START, Buckets
from tests.sim.influxd import Influxd

pytestmark = pytest.mark.timeout(180)
NOBODY: Any = None  # whose account it is makes no difference here


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[SeriesReader]:
    with Influxd(tmp_path) as influx:
        buckets = Buckets(influx, tmp_path)
        buckets.now_ms = END
        made = SeriesReader(buckets.open())
        yield made
        await made.close()


async def test_rows_stored_beside_a_refused_one_count_once(reader: SeriesReader) -> None:
    refused: list[Point] = []

    def refuse(chunk: Chunk[Point], points: Sequence[tuple[Point, str]]) -> None:
        refused.extend(point for point, _ in points)
        chunk.items = [point for point in chunk.items if point not in refused]

    async def set_aside(_entries: object) -> None: ...

    committer: Committer[Point] = Committer(
        write=reader.commit,
        set_aside=set_aside,
        release=lambda _entries: None,
        due=lambda _contact, _line: None,
        limit_rows=1000,
        limit_bytes=1000,
        window_s=0.0,
        refuse=refuse,
    )
    good = [Point("s1", "d1", START + n, {"co2_ppm": 400.0 + n}, "aa", n + 1) for n in range(5)]
    bad = Point("s1", "d9", START, {"co2_ppm": float("nan")}, "aa", 50)
    others = [Point("s1", "d1", START + n, {"co2_ppm": 500.0 + n}, "aa", n + 60) for n in (1, 3)]
    same = Point("s1", "d1", START + 4, {"co2_ppm": 404.0}, "aa", 70)
    for items in (good, [others[0], bad], [same, others[1]]):
        committer.add(Chunk(NOBODY, NOBODY, list(items)))
        if items is good:
            assert await committer.drain(10)
    assert await committer.drain(10)
    assert refused == [bad]
    assert committer.overwritten == 2
    assert committer.committed_rows == len(good) + 3
    stored = await reader.raw("s1", None, None, START, END, 99)
    assert [value for *_, value in stored] == [400.0, 501.0, 402.0, 503.0, 404.0]
