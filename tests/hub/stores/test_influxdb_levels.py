"""Windows summed up on a real influxd give the histories that the embedded store gives of the same points."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hub.db.series_models import SeriesDirtyRow
from hub.registry.model import Assignment
from hub.stores.series import Level, Point
from tests.hub.stores.influx_stand import DAY, END, HOUR, HOURS, MINUTE, QUARTER, START, Buckets, Pair, day
from tests.sim.influxd import Influxd

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("levels")) as running:
        yield running


@pytest.fixture
def pair(influx: Influxd, tmp_path: Path) -> Iterator[Pair]:
    made = Pair(Buckets(influx, tmp_path), tmp_path)
    yield made
    made.influx.close()
    made.duckdb.close()


STEPS = (QUARTER, HOUR, 5 * MINUTE, 2 * HOUR, 20_000)


def test_swept_windows_answer_as_raw_values_do(pair: Pair) -> None:
    pair.hang("d1", ("r1", START - DAY, None))
    pair.hang("d2", ("r1", START - DAY, START + 3 * HOUR + 123_456), ("r2", START + 3 * HOUR + 123_456, None))
    pair.calibrate("d2", ("co2_ppm", 1.5, -20.0, START + 5 * HOUR + 7))
    for number in (1, 2):
        pair.commit(f"d{number}", day(number), START + number)  # the clock stands: nothing is late
    assert pair.tend(START) == 1, "nothing to sum up yet"
    assert pair.tend(END + HOUR) > 1
    assert pair.stored("15m")
    assert pair.compare("co2_ppm", START, END, HOUR) == 2 * HOURS + 1  # both rooms have a share of the fourth hour
    for step_ms in STEPS:
        for quantity in ("co2_ppm", "occupancy"):
            assert pair.compare(quantity, START, END, step_ms) > 10
            assert pair.compare(quantity, START, END, step_ms, (None,)) > 5, "all rooms at once"
            assert pair.compare(quantity, START + 7 * MINUTE + 3, END - 11 * MINUTE, step_ms) > 5
        assert pair.compare_consumption(step_ms) == 2
    pair.restart()
    assert pair.compare("occupancy", START, END, QUARTER) > 10


def test_each_kind_keeps_what_says_something(pair: Pair) -> None:
    pair.hang("d1", ("r1", START - DAY, None))
    pair.commit("d1", day(3), START)
    pair.tend(START)
    pair.tend(END + HOUR)
    for level in ("1m", "15m"):
        names = {name for row in pair.stored(level) for name in row} - {"time", "school", "room", "device"}
        gauge = {f"co2_ppm_{figure}" for figure in ("mean", "min", "max", "last", "count")}
        state = {f"occupancy_{figure}" for figure in ("mean", "min", "max", "last", "count", "held_ms")}
        assert names == gauge | state | {"energy_kwh_last", "energy_kwh_count", "error_code_last"}
    minutes = {row["time"] for row in pair.stored("1m")}
    assert all(int(str(t)) % MINUTE == 0 for t in minutes)


def test_late_rows_reach_their_windows(pair: Pair) -> None:
    """Also a state's later windows, which it holds through, and not what the hub was never told of."""
    rows = day(4)
    late = {t: rows.pop(t) for t in [t for t in rows if START + 2 * HOUR <= t < START + 4 * HOUR + 5 * MINUTE]}
    pair.hang("d1", ("r1", START - DAY, None))
    pair.commit("d1", rows, START)
    pair.commit("d2", {START + 2 * HOUR + 1: {"contact_open": 0.0}}, START)
    pair.hang("d2", ("r1", START - DAY, None))
    pair.tend(START)
    pair.tend(END + HOUR)
    pair.commit("d1", late, END + HOUR)
    pair.commit("d2", {START + HOUR: {"contact_open": 1.0}, START + 3 * HOUR: {"contact_open": 1.0}}, END + HOUR)
    assert pair.compare("co2_ppm", START, END, HOUR) == HOURS, "before they are summed up: read raw"
    pair.tend(END + HOUR)
    with pair.buckets.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(SeriesDirtyRow)).scalar() == 0
    for step_ms in STEPS:
        for quantity in ("co2_ppm", "occupancy", "contact_open"):
            assert pair.compare(quantity, START, END, step_ms) >= 5
        assert pair.compare_consumption(step_ms) == 1


def test_a_note_made_while_a_window_is_summed_up_stays(pair: Pair) -> None:
    pair.commit("d1", {START + 1: {"co2_ppm": 400.0}}, END)
    sweeps = pair.influx._tending._sweeps
    (note,) = sweeps.dirty(END, 9)
    pair.commit("d1", {START + 2: {"co2_ppm": 500.0}}, END)
    sweeps.clean([note])
    (again,) = sweeps.dirty(END, 9)
    assert again[:2] == note[:2]
    assert again[2] > note[2]
    sweeps.clean([again])
    assert not sweeps.dirty(END, 9)


def test_a_sweep_cut_short_is_done_again(pair: Pair) -> None:
    """A crash between two schools: nothing counts as swept before all of it is."""
    for school in range(20):
        points = [
            Point(f"s{school}", "d1", START + t, {"co2_ppm": 400.0 + t}, "aa", t + 1) for t in range(0, HOUR, MINUTE)
        ]
        pair.influx.commit(points, [])
        pair.influx.replace_assignments(f"s{school}", "d1", [Assignment(f"s{school}", "d1", "r1", 0)])
    pair.buckets.now_ms = START
    pair.tend(START)
    assert pair.influx.tend(END)
    assert len({str(row["school"]) for row in pair.stored("1m")}) == 8
    pair.restart()
    assert len(pair.influx.history("s19", "r1", "co2_ppm", START, END, QUARTER)["d1"]) == 4
    pair.tend(END)
    assert len({str(row["school"]) for row in pair.stored("1m")}) == 20
    assert len(pair.stored("1m")) == 20 * 60


def test_a_late_row_at_the_end_of_the_retention_reaches_the_levels(influx: Influxd, tmp_path: Path) -> None:
    """Else it is gone for good when InfluxDB lets its day go."""
    buckets = Buckets(influx, tmp_path, raw_days=90)
    store, now_ms = buckets.open(), END + 100 * DAY
    buckets.now_ms = now_ms
    store.replace_assignments("s1", "d1", [Assignment("s1", "d1", "r1", 0)])
    store.commit([Point("s1", "d1", now_ms - HOUR, {"co2_ppm": 400.0}, "aa", 1)], [])
    while store.tend(now_ms):
        pass
    ages = (-MINUTE, 5 * MINUTE, 11 * MINUTE, 30 * MINUTE, 61 * MINUTE, 2 * HOUR)
    late = [now_ms - 90 * DAY + age for age in ages]
    store.commit([Point("s1", "d1", t, {"co2_ppm": 777.0}, "aa", row) for row, t in enumerate(late, 2)], [])
    while store.tend(now_ms):
        pass
    for level in Level:
        windows = [each for piece in store.export_summaries("s1", level, 0, now_ms - DAY) for each in piece]
        assert sum(each.count for each in windows) == len(late)
    store.close()


def test_a_clock_that_was_ahead_leaves_no_hole(pair: Pair) -> None:
    """Quarters swept before they were over, under a wrong clock, are swept again when their rows are there."""
    rows = day(6)
    pair.hang("d1", ("r1", START - DAY, None))
    pair.commit("d1", {t: row for t, row in rows.items() if t < START + 2 * HOUR}, START + 2 * HOUR)
    pair.tend(START + 2 * HOUR)
    pair.influx.tend(START + 3 * HOUR)
    pair.tend(START + 6 * HOUR)
    for hour in range(2, HOURS):
        end_ms = START + (hour + 1) * HOUR
        pair.commit("d1", {t: row for t, row in rows.items() if end_ms - HOUR <= t < end_ms}, end_ms)
        pair.tend(end_ms)
    pair.tend(END + HOUR)
    for step_ms in STEPS:
        for quantity in ("co2_ppm", "occupancy"):
            assert pair.compare(quantity, START, END, step_ms) >= 5
        assert pair.compare_consumption(step_ms) == 1
    assert {row["time"] for row in pair.stored("15m")} >= set(range(START + QUARTER, END, QUARTER))


def test_points_and_windows_are_exported_and_taken_in(pair: Pair) -> None:
    pair.hang("d1", ("r1", START - DAY, None))
    pair.calibrate("d1", ("co2_ppm", 1.1, 5.0, START + HOUR))
    pair.commit("d1", day(5), START)
    pair.influx.commit([Point("s1", "d2", START + 5, {"co2_ppm": 1.0, "temperature_c": 20.0}, "bb", 7, -3)], [])
    pair.influx.commit([Point("s1", "d2", START + 5, {"co2_ppm": 2.0}, "bb", 9)], [])
    found = [point for piece in pair.influx.export("s1", START, END) for point in piece]
    wanted = {(point.device, point.t_ms): point for piece in pair.duckdb.export("s1", START, END) for point in piece}
    assert {(p.device, p.t_ms): p for p in found if p.device == "d1"} == wanted
    assert {(p.row, p.shift_ms, tuple(p.values.items())) for p in found if p.device == "d2"} == {
        (7, -3, (("temperature_c", 20.0),)),
        (9, 0, (("co2_ppm", 2.0),)),
    }
    assert pair.influx.count("s1", START, END) == sum(len(p.values) for p in found)
    assert pair.influx.span("s1") == (START + 5, max(wanted)[1])
    assert pair.influx.span("nobody") is None
    pair.tend(START)
    pair.tend(END + HOUR)
    for level in Level:
        windows = [each for piece in pair.influx.export_summaries("s1", level, START, END) for each in piece]
        assert {each.quantity for each in windows} == {
            "co2_ppm",
            "occupancy",
            "energy_kwh",
            "error_code",
            "temperature_c",
        }
        assert pair.influx.put_summaries("s9", level, windows) == len(windows)
        again = [each for piece in pair.influx.export_summaries("s9", level, START, END) for each in piece]
        assert again == windows
