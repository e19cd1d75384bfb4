"""Figures that fall and hours nobody wrote: what panels say of them, asked of a real influxd."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards import gateway_queries, province_queries, queries, room_queries
from dashboards.language import Say
from hub.registry.model import Assignment
from hub.stores.influxdb import InfluxSeries
from hub.stores.series import GatewayMinute, Point, RoomMinute
from tests.dashboards.grafana_variables import Range, Value, flux_macros, replace_variables
from tests.hub.stores.influx_stand import HOUR, MINUTE, START, Buckets
from tests.sim.influxd import Influxd

pytestmark = pytest.mark.timeout(180)
SHOWN = Range(START, START + HOUR, MINUTE)
SWITCHED = range(START + MINUTE // 2, START + 10 * MINUTE, MINUTE)  # nothing is known of the first half minute
LOST = (1_000.0, 1_010.0, 1_004.0, 1_004.0, 1_005.0)  # six of ten came after all, then one more was lost


@pytest.fixture(scope="module")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buckets]:
    folder = tmp_path_factory.mktemp("truth")
    with Influxd(folder) as server:
        made = Buckets(server, Path(folder))
        made.now_ms = START + HOUR
        _fill(made.open())
        yield made
        made.client.close()
        made.engine.dispose()


def _fill(store: InfluxSeries) -> None:
    for minute, lost in enumerate(LOST):
        figures = {"lost": lost, "received": 9e6 - minute, "late": 50.0}
        store.put_health([GatewayMinute("s1", "g1", START + minute * MINUTE, True, figures)])
    written = (0, 1, 2, 40, 41)
    store.replace_assignments("s1", "d1", [Assignment("s1", "d1", "r1", START, None)])
    points = []
    for row, t_ms in enumerate(SWITCHED):
        values: dict[str, float | str] = {"switch_on": float(row < len(SWITCHED) - 1), "display_on": 0.0}
        points.append(Point("s1", "d1", t_ms, values, "aa", row + 1))
    store.commit(points, [])
    while store.tend(START + HOUR):
        pass
    store.put_minutes([RoomMinute("s1", "r1", START + each * MINUTE, "in_lesson", 3, None) for each in written])
    store.close()


def ask(buckets: Buckets, query: str, shown: Range = SHOWN, room: str = "r1") -> list[dict[str, str]]:
    chosen: dict[str, Value] = {"bucket": buckets.section.bucket, "school": "s1", "room": room}
    chosen["expected_rooms"] = '{room: "_"}, {room: "r1"}, {room: "r2"}'
    chosen |= dict.fromkeys(("gateway_names", "room_names", "device_names"), '{key: "_", value: "-"}')
    words = replace_variables(query, chosen)
    headers = {"Content-Type": "application/vnd.flux", "Accept": "application/csv"}
    said = buckets.client.post(
        "/api/v2/query", params={"org": buckets.section.org}, content=flux_macros(words, shown), headers=headers
    )
    said.raise_for_status()
    assert "error" not in said.text.splitlines()[0], said.text
    return list(csv.DictReader(io.StringIO(said.text.replace("\r", "").strip())))


def test_an_account_that_falls_is_not_counted_anew(buckets: Buckets) -> None:
    assert float(ask(buckets, gateway_queries.counted_in_range("lost"))[0]["_value"]) == 11
    assert sum(float(row["g1"]) for row in ask(buckets, gateway_queries.counted("lost")) if row["g1"]) == 11
    assert float(ask(buckets, province_queries.rows_by_school("lost", Say("en"), "-", "Lost"))[0]["Lost"]) == 11
    hourly = ask(buckets, province_queries.rows_over_time(Say("en")))
    assert sum(float(row["Lost"]) for row in hourly if row["Lost"]) / 4 == pytest.approx(11)
    assert not any(float(row["Received"] or 0) for row in hourly)
    shares = ask(buckets, gateway_queries.late_share())
    assert all(float(row["_value"] or 0) == 0 for row in shares)


def test_minutes_nobody_wrote_are_a_gap(buckets: Buckets) -> None:
    rows = ask(buckets, room_queries.status_strip())
    assert len(rows) == 60
    assert [place for place, row in enumerate(rows) if row["r1"]] == [0, 1, 2, 40, 41]


@pytest.mark.parametrize(
    ("room", "minutes", "silent"),
    [("r1", 12, 0), ("r1", 30, 1), ("r1", 3 * 24 * 60, 1), ("r2", 12, 1), ("r3", 12, None)],
)
def test_a_room_is_silent_however_long_it_has_been(
    buckets: Buckets, room: str, minutes: int, silent: int | None
) -> None:
    """r1 spoke until the tenth minute, in r2 hangs something that never did, in r3 nothing hangs."""
    shown = Range(START, START + minutes * MINUTE, MINUTE)
    rows = ask(buckets, room_queries.silent_rooms(), shown, room)
    assert [int(row["_value"]) for row in rows] == ([] if silent is None else [silent])


def test_hours_on_count_of_a_minute_what_is_known_of_it(buckets: Buckets) -> None:
    both = ask(buckets, queries.on_hours(["switch_on", "display_on"]), Range(START, START + 9 * MINUTE, MINUTE))
    assert [float(row["_value"]) * 60 for row in both] == pytest.approx([8.5])
    first = ask(buckets, queries.on_hours(["switch_on"]), Range(START, START + MINUTE, MINUTE))
    assert [float(row["_value"]) * 60 for row in first] == pytest.approx([0.5])
