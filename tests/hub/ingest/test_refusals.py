"""A row that a real influxd will never take: in the quarantine, acknowledged, replayable, and in nobody's way."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.stores.influx.http import InfluxHttp
from tests.hub.ingest.bench import DEVICE, SCHOOL, Bench, bench
from tests.hub.stores.influx_stand import Buckets
from tests.sim.influxd import Influxd


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("influx")) as made:
        yield made


def blocked(buckets: Buckets, at_ms: int) -> None:
    """A foreign program wrote noise as whole numbers into the shard of that time: ours are refused there."""
    http = InfluxHttp(buckets.section, buckets.influx.token)
    http.write(f"{buckets.section.bucket}_raw", f"reading,device=x,school=x noise_dba=5i {at_ms}".encode())
    http.close()


def cleared(buckets: Buckets) -> None:
    http = InfluxHttp(buckets.section, buckets.influx.token)
    http.delete(f"{buckets.section.bucket}_raw", 0, 4_102_444_800_000, '_measurement="reading"')
    http.close()


@pytest.mark.timeout(180)
async def test_a_refused_row_is_set_aside_and_the_rest_is_stored(influx: Influxd, tmp_path: Path) -> None:
    buckets = Buckets(influx, tmp_path)
    async with bench(tmp_path, store=buckets.open()) as it:
        blocked(buckets, it.now())
        it.state()
        at = it.now() - 5_000
        quiet = [{"d": DEVICE, "t": at + n, "v": {"co2_ppm": 800.0 + n}} for n in range(50)]
        loud = {"d": DEVICE, "t": at + 20, "v": {"noise_dba": 61.5}}
        it.tele(1, [*quiet[:20], loud, *quiet[21:]])
        await it.until_acked(50)
        assert len(it.stored()) == 49
        assert it.pipeline.telemetry.down is None
        (entry,) = it.quarantine.entries()
        assert "field type conflict" in entry.reason
        assert (entry.school, b"noise_dba" in entry.raw, DEVICE.encode() in entry.raw) == (SCHOOL, True, True)
        assert (it.account().received, it.account().quarantined, it.account().outstanding) == (50, 1, 0)
        # The same again changes nothing, a replay says why, and works once the cause is gone.
        problem = await _replayed(it, entry.digest)
        assert problem is not None
        assert "field type conflict" in problem
        assert it.quarantine.entries()[0].status == "open"
        cleared(buckets)
        assert await _replayed(it, entry.digest) is None
        assert [row[4] for row in it.stored() if row[2] == "noise_dba"] == [61.5]
        assert it.quarantine.entries()[0].status == "replayed"


@pytest.mark.timeout(180)
async def test_with_a_full_quarantine_only_the_refused_rows_wait(influx: Influxd, tmp_path: Path) -> None:
    buckets = Buckets(influx, tmp_path)
    async with bench(tmp_path, store=buckets.open()) as it:
        blocked(buckets, it.now())
        it.quarantine._limit_bytes = 10
        it.state()
        at = it.now() - 5_000
        rows = [{"d": DEVICE, "t": at + n, "v": {"co2_ppm": 800.0}} for n in range(10)]
        rows[4] = {"d": DEVICE, "t": at + 4, "v": {"noise_dba": 61.5}}
        it.tele(1, rows)
        ack = await it.until_acked(4)
        assert (ack.upto, [tuple(each) for each in ack.also]) == (4, [(6, 10)])
        assert len(it.stored()) == 9
        assert "quarantine.full" in {notice.code for notice in it.pipeline.problems()}


async def _replayed(it: Bench, digest: str) -> str | None:
    found = await asyncio.to_thread(it.quarantine.replay, digest)
    return None if found is None else found.en
