"""School-level sums by quarter of an hour, on a real influxd: every row counted once, whatever was restarted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.stores.influxdb import InfluxSeries
from hub.stores.series import GatewayMinute, StoreDown
from tests.hub.stores.influx_stand import MINUTE, QUARTER, START, Buckets
from tests.sim.influxd import Influxd

pytestmark = pytest.mark.timeout(180)
Sums = dict[tuple[int, str], float]


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("influx")) as made:
        yield made


@pytest.fixture
def buckets(influx: Influxd, tmp_path: Path) -> Iterator[Buckets]:
    made = Buckets(influx, tmp_path)
    yield made
    made.client.close()
    made.engine.dispose()


def minute(number: int, received: float, lost: float = 0.0, gateway: str = "g1", school: str = "s1") -> GatewayMinute:
    figures = {"received": received, "lost": lost, "late": 1.0, "duplicate": 0.0, "dropped": 0.0, "outstanding": 7.0}
    return GatewayMinute(school, gateway, START + number * MINUTE, online=True, figures=figures)


def sums(buckets: Buckets, school: str = "s1") -> Sums:
    """(number of the quarter, figure) -> what was counted in it, where that is not nought."""
    query = f"SELECT * FROM school_health WHERE school = '{school}'"  # noqa: S608
    words = {"db": f"{buckets.section.bucket}_1m", "epoch": "ms", "q": query}
    answer = buckets.client.get("/query", params=words).raise_for_status().json()
    found = answer["results"][0].get("series", [{"columns": [], "values": []}])[0]
    rows = [dict(zip(found["columns"], row, strict=True)) for row in found["values"]]
    return {
        ((row["time"] - START) // QUARTER, name): value
        for row in rows
        for name, value in row.items()
        if name not in {"time", "school"} and value
    }


def filled(store: InfluxSeries, *minutes: GatewayMinute) -> None:
    store.put_health(minutes)
    store.close()


def test_gateways_of_a_school_are_added_up_by_the_quarter(buckets: Buckets) -> None:
    store = buckets.open()
    for number in range(31):
        store.put_health([
            minute(number, 100.0 * number),
            minute(number, 5_000.0 + number, lost=number // 20, gateway="g2"),
            minute(number, 7.0 * number, school="s2"),
        ])  # fmt: skip
    assert sums(buckets) == {
        (0, "received"): 14 * 101, (1, "received"): 15 * 101, (2, "received"): 101, (1, "lost"): 1,
    }  # fmt: skip
    assert sums(buckets, "s2") == {(0, "received"): 14 * 7, (1, "received"): 15 * 7, (2, "received"): 7}
    store.close()


def test_a_restart_goes_on_where_it_was(buckets: Buckets) -> None:
    filled(buckets.open(), minute(0, 1_000.0), minute(3, 1_030.0, lost=4))
    filled(buckets.open(), minute(4, 1_040.0, lost=4), minute(5, 1_041.0, lost=1))
    filled(buckets.open(), minute(5, 1_041.0, lost=1), minute(16, 1_100.0, lost=2))
    assert sums(buckets) == {(0, "received"): 41, (0, "lost"): 4, (1, "received"): 59, (1, "lost"): 1}


def test_minutes_that_waited_for_the_store_are_counted_once_in_their_own_quarters(
    buckets: Buckets, influx: Influxd
) -> None:
    store = buckets.open()
    store.put_health([minute(0, 0.0)])
    influx.stop()
    waited = [minute(number, 10.0 * number) for number in range(1, 121)]
    try:
        for _ in range(2):
            with pytest.raises(StoreDown):
                store.put_health(waited)
    finally:
        influx.start()
    store.put_health(waited)
    store.put_health(waited)  # a request whose end nobody knew
    assert sums(buckets) == {(0, "received"): 140} | {(n, "received"): 150 for n in range(1, 8)} | {(8, "received"): 10}
    store.close()


def test_a_gateway_that_comes_later_does_not_bring_its_whole_past(buckets: Buckets) -> None:
    filled(buckets.open(), minute(0, 10.0), minute(1, 20.0), minute(1, 9e6, gateway="g9"), minute(2, 9e6 + 5, 3, "g9"))
    assert sums(buckets) == {(0, "received"): 15, (0, "lost"): 3}
