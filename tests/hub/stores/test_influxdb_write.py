"""What reaches a real influxd: values as people see them, one a key, late windows noted, refusals standing alone."""

from collections.abc import Iterator
from itertools import count
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub.db.series_models import SeriesDirtyRow
from hub.registry.model import Assignment, Calibration
from hub.stores.influx.http import InfluxHttp
from hub.stores.influxdb import InfluxSeries
from hub.stores.series import CommitResult, GatewayMinute, Mark, Point, PointsRefused
from tests.hub.stores.influx_stand import Buckets
from tests.hub.stores.test_series_contract import ROWS, Oracle, _measured, values
from tests.sim.influxd import Influxd

NOW_MS = 1_760_000_000_000
DAY_MS = 86_400_000
SCHOOLS = count()


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("influx")) as made:
        yield made


@pytest.fixture(scope="module")
def buckets(influx: Influxd, tmp_path_factory: pytest.TempPathFactory) -> Buckets:
    made = Buckets(influx, tmp_path_factory.mktemp("state"))
    made.now_ms = NOW_MS
    return made


@pytest.fixture
def store(buckets: Buckets) -> Iterator[InfluxSeries]:
    made = buckets.open()
    yield made
    made.close()


@pytest.fixture
def school() -> str:
    return f"w{next(SCHOOLS)}"


def fields(buckets: Buckets, school: str, level: str = "raw") -> dict[tuple[str, int, str], dict[str, object]]:
    """(room, time in ns, device) -> fields, read by Flux past the store."""
    http = InfluxHttp(buckets.section, buckets.influx.token)
    all_time = "start: 1970-01-01T00:00:00Z, stop: 2100-01-01T00:00:00Z"
    flux = f'from(bucket: "{buckets.section.bucket}_{level}") |> range({all_time})'
    found: dict[tuple[str, int, str], dict[str, object]] = {}
    for row in http.query(f'{flux} |> filter(fn: (r) => r.school == "{school}")'):
        key = (str(row.get("room")), int(row["_time"] or 0), str(row.get("device") or row.get("gateway")))
        found.setdefault(key, {})[str(row["_field"])] = row["_value"]
    http.close()
    return found


def test_a_row_has_the_room_and_calibration_of_its_time(store: InfluxSeries, buckets: Buckets, school: str) -> None:
    store.replace_assignments(school, "d1", [Assignment(school, "d1", "r1", 1_000, 2_000)])
    store.replace_calibrations(school, "d1", [Calibration(school, "d1", "co2_ppm", 2.0, 5.0, 1_500)])
    at = (999, 1_000, 1_500, 2_000)
    store.commit([Point(school, "d1", t, {"co2_ppm": 400.0}, "aa", t, shift_ms=t % 7) for t in at], [])
    found = fields(buckets, school)
    seq = {t: found["_" if t in {999, 2_000} else "r1", t * 10**6, "d1"].pop("seq") for t in at}
    assert [seq[t] - seq[999] for t in at] == [t - 999 for t in at]  # type: ignore[operator]
    assert found == {
        ("_", 999 * 10**6, "d1"): {"co2_ppm": 400.0, "shift_ms": 5},
        ("r1", 1_000 * 10**6, "d1"): {"co2_ppm": 400.0, "shift_ms": 6},
        ("r1", 1_500 * 10**6, "d1"): {"co2_ppm": 805.0, "co2_ppm_measured": 400.0, "shift_ms": 2},
        ("_", 2_000 * 10**6, "d1"): {"co2_ppm": 805.0, "co2_ppm_measured": 400.0, "shift_ms": 5},
    }


def test_a_merge_keeps_whose_row_each_quantity_is(store: InfluxSeries, buckets: Buckets, school: str) -> None:
    store.commit([Point(school, "d1", 1_000, {"co2_ppm": 1.0, "pm1_ugm3": 1.0}, "m", 5)], [])
    assert store.commit([Point(school, "d1", 1_000, {"co2_ppm": 2.0}, "m", 7)], []) == CommitResult(0, 0, 1, (0,))
    ((_, merged),) = fields(buckets, school).items()
    assert (merged["co2_ppm"], merged["pm1_ugm3"]) == (2.0, 1.0)
    assert int(str(merged["seq_co2_ppm"])) - int(str(merged["seq"])) == 2
    # A row between the two wins what it may, and only that.
    assert store.commit([Point(school, "d1", 1_000, {"co2_ppm": 3.0, "pm1_ugm3": 3.0}, "m", 6)], []).overwritten == 1
    assert values(store, school) == {("d1", "co2_ppm", 1_000): 2.0, ("d1", "pm1_ugm3", 1_000): 3.0}
    # One that wins all is the row from then on.
    store.commit([Point(school, "d1", 1_000, {"co2_ppm": 9.0, "pm1_ugm3": 9.0}, "m", 9, shift_ms=4)], [])
    ((_, merged),) = fields(buckets, school).items()
    assert merged["seq"] == merged["seq_co2_ppm"] == merged["seq_pm1_ugm3"]
    assert merged["shift_ms"] == 4


def test_a_late_row_stays_with_what_is_stored_at_its_time_whatever_the_room_now_is(
    store: InfluxSeries, buckets: Buckets, school: str
) -> None:
    store.commit([Point(school, "d1", t, {"co2_ppm": 1.0}, "aa", t) for t in (1_000, 2_000)], [])
    store.replace_assignments(school, "d1", [Assignment(school, "d1", "r1", 0)])
    store.commit([Point(school, "d1", t, {"co2_ppm": 2.0}, "aa", 9_000 + t) for t in (1_000, 1_500)], [])
    found = {key[:2]: each["co2_ppm"] for key, each in fields(buckets, school).items()}
    assert found == {("_", 10**9): 2.0, ("_", 2 * 10**9): 1.0, ("r1", 15 * 10**8): 2.0}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.lists(ROWS, max_size=6), max_size=4), st.randoms(use_true_random=False))
def test_any_interleaving_leaves_one_value_a_key(
    store: InfluxSeries, batches: list[list[tuple[str, int, int, str]]], chance: Random
) -> None:
    school, oracle = f"i{next(SCHOOLS)}", Oracle()
    for rows in [*batches, *chance.sample(batches, len(batches) // 2)]:
        points = [_measured(school, *row) for row in rows]
        result = store.commit(points, [])
        assert result.stored + result.repeated + result.overwritten == len(points)
        for item in points:
            oracle.put(item)
    assert values(store, school) == {key: kept[2] for key, kept in oracle.kept.items()}


def test_texts_of_every_kind_come_back(store: InfluxSeries, school: str) -> None:
    texts = ["", 'hd"mi', "a\\b", "a,b=c d", "dòng 1\ndòng 2", "\\", '"', "#co2", "🔌", "x" * 200, "tab\t", "CR\r\nLF"]
    points = [Point(school, "d1", 1 + t, {"input_source": text}, "aa", 1 + t) for t, text in enumerate(texts)]
    assert store.commit(points, []).stored == len(texts)
    assert store.commit(points, []).repeated == len(texts)
    assert [row[4] for row in store.raw(school, None, None, 0, NOW_MS, 100)] == texts


def test_numbers_of_every_size_come_back(store: InfluxSeries, school: str) -> None:
    numbers = [0.0, -0.0, 1e-300, 1.7e308, 0.1 + 0.2, 1e16, 123456789.123456789, -5.0, 5e-324]
    points = [Point(school, "d1", 1 + t, {"power_w": number}, "aa", 1 + t) for t, number in enumerate(numbers)]
    store.commit(points, [])
    assert [row[4] for row in store.raw(school, None, None, 0, NOW_MS, 100)] == numbers


WRONG = [
    ("an id of free text", {"device": "Phòng máy, tầng 2"}, "cannot be a tag"),
    ("an id with a line break", {"device": "d1\nreading,school=x"}, "cannot be a tag"),
    ("a school's name as id", {"school": "THCS Hòa Bình"}, "cannot be a tag"),
    ("no number", {"values": {"co2_ppm": float("nan")}}, "no number"),
    ("an endless number", {"values": {"co2_ppm": float("inf")}}, "no number"),
    ("a text for a number", {"values": {"co2_ppm": "812"}}, "is not a number"),
    ("a number for a text", {"values": {"error_code": 5.0}}, "is not a text"),
    ("a field of ours", {"values": {"seq": 5.0}}, "cannot be a field"),
    ("a field of free text", {"values": {"Nguyễn Văn A": 5.0}}, "cannot be a field"),
    ("no value", {"values": {}}, "without a value"),
    ("a number of a row beyond all", {"row": 1 << 40}, "beyond what a stream can number"),
]


@pytest.mark.parametrize(("changes", "reason"), [pytest.param(*each[1:], id=each[0]) for each in WRONG])
def test_what_can_never_be_stored_stands_alone(
    store: InfluxSeries, school: str, changes: dict[str, object], reason: str
) -> None:
    words: dict[str, object] = {"school": school, "device": "d1", "values": {"co2_ppm": 5.0}, "row": 2} | changes
    bad = Point(t_ms=2, epoch="aa", **words)  # type: ignore[arg-type]
    good = [Point(school, "d1", t, {"co2_ppm": 5.0}, "aa", t) for t in (1, 3)]
    with pytest.raises(PointsRefused) as refused:
        store.commit([good[0], bad, good[1]], [Mark(school, "g", "tele", "aa", 0, b"x")])
    ((place, said),) = refused.value.refused
    assert (place, reason in said) == (1, True)
    assert [key[2] for key in values(store, school)] == [1, 3]
    assert school not in {mark.school for mark in store.marks()}
    store.commit(good, [Mark(school, "g", "tele", "aa", 0, b"x")])
    assert len(values(store, school)) == 2


def test_lines_of_the_wrong_type_are_found_among_thousands(store: InfluxSeries, buckets: Buckets, school: str) -> None:
    """A foreign program wrote whole numbers into one day's shard: only rows of that field and day are refused."""
    http = InfluxHttp(buckets.section, buckets.influx.token)
    day = 400 * DAY_MS
    http.write(f"{buckets.section.bucket}_raw", f"reading,device=x,school={school} noise_dba=5i {day}".encode())
    http.close()
    points = [Point(school, f"d{n % 5}", day + 1 + n, {"co2_ppm": 400.0}, "aa", 1 + n) for n in range(3_000)]
    for place in (7, 1_500, 2_999):
        points[place] = Point(school, "d9", day + place, {"noise_dba": 50.0}, "aa", 9_000 + place)
    with pytest.raises(PointsRefused) as refused:
        store.commit(points, [])
    assert [place for place, _ in refused.value.refused] == [7, 1_500, 2_999]
    assert all("field type conflict" in reason for _, reason in refused.value.refused)
    rest = [point for place, point in enumerate(points) if place not in {7, 1_500, 2_999}]
    assert store.commit(rest, []) == CommitResult(0, 2_997, 0)


def test_rows_older_than_raw_retention_go_to_the_coarse_levels(influx: Influxd, buckets: Buckets, school: str) -> None:
    old = Buckets(influx, buckets.influx.folder, raw_days=90)
    old.now_ms = NOW_MS
    store = old.open()
    t_ms = NOW_MS - 100 * DAY_MS
    store.replace_assignments(school, "d1", [Assignment(school, "d1", "r1", 0)])
    row = {"co2_ppm": 700.0, "energy_kwh": 12.5, "occupancy": 1.0, "error_code": "E1"}
    point = Point(school, "d1", t_ms, dict(row), "aa", 1)  # type: ignore[arg-type]
    assert store.commit([point], []) == CommitResult(1, 0, 0)
    assert store.commit([point], []) == CommitResult(0, 1, 0)
    wanted = {
        "seq": 1 << 40 | 1,
        "co2_ppm_mean": 700.0,
        "co2_ppm_min": 700.0,
        "co2_ppm_max": 700.0,
        "co2_ppm_last": 700.0,
    }
    wanted |= {"occupancy_mean": 1.0, "occupancy_min": 1.0, "occupancy_max": 1.0, "occupancy_last": 1.0}
    wanted |= {"co2_ppm_count": 1.0, "occupancy_count": 1.0, "energy_kwh_count": 1.0, "energy_kwh_last": 12.5}
    for level in ("1m", "15m"):
        assert fields(old, school, level) == {("r1", t_ms * 10**6 + 1, "d1"): wanted | {"error_code_last": "E1"}}
    assert fields(old, school) == {}
    with old.engine.connect() as connection:
        assert connection.execute(select(SeriesDirtyRow)).all() == []
    store.close()


def test_late_rows_note_their_quarter_of_an_hour(store: InfluxSeries, buckets: Buckets, school: str) -> None:
    quarter = 900_000
    summed_up = (NOW_MS - 120_000) // quarter * quarter
    times = [summed_up - 1, summed_up - quarter, summed_up - quarter - 1, summed_up, NOW_MS]
    store.commit([Point(school, "d1", t, {"co2_ppm": 1.0}, "aa", n) for n, t in enumerate(times)], [])

    def noted() -> dict[int, int]:
        row = SeriesDirtyRow
        with buckets.engine.connect() as connection:
            found = connection.execute(select(row.start_ms, row.noted_ms).where(row.school == school)).all()
        return {int(start): int(at) for start, at in found}

    first = noted()
    assert first == {summed_up - quarter: NOW_MS, summed_up - 2 * quarter: NOW_MS}
    store.commit([Point(school, "d2", summed_up - 5, {"co2_ppm": 1.0}, "aa", 9)], [])
    assert noted() == first | {summed_up - quarter: NOW_MS + 1}  # grows, also within a millisecond


def test_free_text_never_becomes_a_tag_so_series_stay_few(store: InfluxSeries, buckets: Buckets, school: str) -> None:
    """10,000 rows of 20 devices with ever new texts: 20 devices' series and no more."""
    points = [
        Point(school, f"d{n % 20}", 1_000 + n, {"error_code": f"E{n}", "co2_ppm": float(n)}, f"epoch{n % 3}", n)
        for n in range(10_000)
    ]
    store.commit(points, [])
    http = InfluxHttp(buckets.section, buckets.influx.token)
    flux = (
        f'import "influxdata/influxdb/schema" schema.tagKeys(bucket: "{buckets.section.bucket}_raw",'
        f' predicate: (r) => r.school == "{school}", start: 1970-01-01T00:00:00Z)'
    )
    tags = {str(row["_value"]) for row in http.query(flux)}
    assert tags == {"_field", "_measurement", "_start", "_stop", "device", "room", "school"}
    assert len({key[2] for key in fields(buckets, school)}) == 20
    http.close()


def test_health_of_gateways(store: InfluxSeries, buckets: Buckets, school: str) -> None:
    store.put_health([GatewayMinute(school, "g1", 60_000, online=True, figures={"received": 5.0})])
    store.put_health([GatewayMinute(school, "g1", 60_000, online=False, figures={"received": 6.0})])
    stored = {key: kept for key, kept in fields(buckets, school, "1m").items() if key[2] == "g1"}
    assert stored == {("None", 60 * 10**9, "g1"): {"online": 0.0, "received": 6.0}}
