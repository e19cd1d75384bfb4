"""Where raw rows went before the retention of their bucket, windows are all there is: nothing spoils them."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hub.registry.model import Assignment, Calibration
from hub.stores.influx.gone import RawGone
from hub.stores.influxdb import InfluxSeries
from hub.stores.series import CommitResult, Level, Point
from tests.hub.stores.influx_stand import DAY, END, HOUR, MINUTE, QUARTER, START, Buckets, Pair, day
from tests.sim.influxd import Influxd

pytestmark = pytest.mark.timeout(180)
NOW = END + HOUR
GONE = START + 5 * HOUR + 3 * MINUTE  # within a window
LATE = START + 2 * HOUR + 7 * MINUTE + 1


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("gone")) as running:
        yield running


@pytest.fixture
def pair(influx: Influxd, tmp_path: Path) -> Iterator[Pair]:
    """A device that hung in r1 from the beginning, summed up, in a store that keeps everything."""
    made = Pair(Buckets(influx, tmp_path), tmp_path)
    made.hang("d1", ("r1", START - DAY, None))
    made.commit("d1", day(3, 60_000), START)
    made.tend(START)
    made.tend(NOW)
    made.buckets.now_ms = NOW
    yield made
    made.influx.close()
    made.duckdb.close()


def windows(pair: Pair, level: str = "15m") -> dict[object, dict[str, object]]:
    """By time: what stands there but for the room, and the number of the move that brought it."""
    found = {}
    for row in pair.stored(level):
        found[row["time"]] = {name: value for name, value in row.items() if name not in {"time", "room", "moved"}}
    return found


def rooms(pair: Pair, level: str) -> set[object]:
    return {row["room"] for row in pair.stored(level)}


def move(pair: Pair) -> None:
    pair.influx.replace_assignments("s1", "d1", [Assignment("s1", "d1", "r2", START - DAY, None)])
    pair.tend(NOW)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_room_changed_in_the_past_moves_windows_whose_rows_are_gone(pair: Pair, restarted: bool) -> None:
    before = {level: windows(pair, level) for level in Level}
    assert pair.influx.forget_before("s1", GONE) > 200
    if restarted:
        pair.restart()
    move(pair)
    for level in Level:
        assert windows(pair, level) == before[level]
        assert rooms(pair, level) == {"r2"}
    steps = pair.influx.history("s1", "r2", "co2_ppm", START, END, HOUR)["d1"]
    assert [each.t_ms for each in steps] == list(range(START, END, HOUR))
    short = pair.influx.history("s1", "r2", "co2_ppm", START, START + HOUR, MINUTE)["d1"]
    assert len(short) > 40, "a short span is answered from windows where raw rows are gone"


def test_a_calibration_changed_in_the_past_reaches_windows_whose_rows_are_gone(pair: Pair) -> None:
    before = windows(pair)
    pair.influx.forget_before("s1", GONE)
    pair.influx.replace_calibrations("s1", "d1", [Calibration("s1", "d1", "co2_ppm", 1.0, 100.0, 0)])
    pair.tend(NOW)
    after = windows(pair)
    assert after.keys() == before.keys()
    for t, fields in [each for each in before.items() if "co2_ppm_mean" in each[1]]:
        assert after[t]["co2_ppm_mean"] == pytest.approx(float(str(fields["co2_ppm_mean"])) + 100.0)
        assert after[t]["co2_ppm_count"] == fields["co2_ppm_count"]


def test_a_late_row_stands_beside_the_window_whose_rows_are_gone(pair: Pair) -> None:
    before = windows(pair)
    pair.influx.forget_before("s1", GONE)
    point = Point("s1", "d1", LATE, {"co2_ppm": 9999.0}, "aa", 100_000)
    assert pair.influx.commit([point], []).stored == 1
    pair.tend(NOW)
    after = windows(pair)
    assert after.pop(LATE)["co2_ppm_count"] == 1
    assert after == before
    assert pair.influx.count("s1", 0, GONE) == 0
    start = LATE // QUARTER * QUARTER
    (step,) = pair.influx.history("s1", "r1", "co2_ppm", start, start + QUARTER, QUARTER)["d1"]
    assert (step.maximum, step.count) == (9999.0, int(float(str(before[step.t_ms]["co2_ppm_count"]))) + 1)


def test_a_late_row_of_another_school_is_kept_raw(pair: Pair) -> None:
    pair.influx.forget_before("s1", GONE)
    pair.influx.commit([Point("s2", "d1", LATE, {"co2_ppm": 9999.0}, "aa", 1)], [])
    assert pair.influx.count("s2", 0, NOW) == 1
    pair.tend(NOW)
    assert [row["co2_ppm_mean"] for row in pair.stored("15m") if row["school"] == "s2"] == [9999.0]


def test_rows_that_are_not_summed_up_yet_are_not_let_go(pair: Pair) -> None:
    """Else a late row would be nowhere."""
    before = windows(pair)[LATE // QUARTER * QUARTER]
    pair.influx.commit([Point("s1", "d1", LATE, {"co2_ppm": 9999.0}, "aa", 100_000)], [])
    pair.influx.forget_before("s1", GONE)
    assert pair.influx.count("s1", LATE, LATE + 1) == 1
    pair.tend(NOW)
    pair.influx.forget_before("s1", GONE)
    assert pair.influx.count("s1", 0, GONE) == 0
    after = windows(pair)[LATE // QUARTER * QUARTER]
    assert (after["co2_ppm_count"], after["co2_ppm_max"]) == (float(str(before["co2_ppm_count"])) + 1, 9999.0)


def test_a_retention_that_was_shorter_once_is_remembered(influx: Influxd, tmp_path: Path) -> None:
    """`influxdb.raw_days` raised: what the bucket let go before does not come back with it."""
    buckets = Buckets(influx, tmp_path, raw_days=90)
    buckets.now_ms = NOW
    store = buckets.open()
    store.tend(NOW)
    store.close()
    buckets.now_ms = now_ms = NOW + 10 * DAY  # the hub was away meanwhile
    longer = msgspec.structs.replace(buckets.section, raw_days=365)
    store = InfluxSeries(longer, influx.token, buckets.engine, lambda: now_ms)
    store.replace_assignments("s1", "d1", [Assignment("s1", "d1", "r1", 0)])
    store.tend(now_ms)
    gone, kept = now_ms - 91 * DAY, now_ms - 89 * DAY
    store.commit([Point("s1", "d1", t, {"co2_ppm": 1.0}, "aa", row) for row, t in enumerate((gone, kept), 1)], [])
    assert [store.count("s1", t, t + 1) for t in (gone, kept)] == [0, 1]
    found = [each for piece in store.export_summaries("s1", Level.QUARTER_HOUR, 0, gone + DAY) for each in piece]
    assert [(each.t_ns, each.count) for each in found] == [(gone * 1_000_000 + 1, 1)]
    store.close()


def test_what_is_gone_never_comes_back(pair: Pair) -> None:
    gone = RawGone(pair.buckets.engine, pair.buckets.section)
    gone.note("s1", GONE)
    gone.note("s1", START)
    assert gone.before_ms("s1") == GONE
    assert RawGone(pair.buckets.engine, pair.buckets.section).before_ms("s1") == GONE
    assert gone.before_ms("s2") < 0


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("together", [True, False])
def test_of_late_rows_with_one_key_the_same_one_stays_in_any_order(
    pair: Pair, order: tuple[int, ...], together: bool
) -> None:
    pair.influx.forget_before("s1", GONE)
    pair.calibrate("d1", ("co2_ppm", 1.0, 10.0, 0))
    pair.tend(NOW)
    pair.influx.commit([Point("s1", "d2", NOW, {"co2_ppm": 1.0}, epoch, 1) for epoch in ("aa", "bb")], [])
    rivals = [
        Point("s1", "d1", LATE, {"co2_ppm": 700.0, "temperature_c": 20.0}, "aa", 100_000),
        Point("s1", "d1", LATE, {"co2_ppm": 800.0}, "aa", 100_001),
        Point("s1", "d1", LATE, {"co2_ppm": 900.0, "error_code": "E2"}, "bb", 5),
    ]
    chosen = [rivals[place] for place in order]
    if together:
        result = pair.influx.commit(chosen, [])
        assert (result.stored, result.overwritten, result.conflicts) == (1, 2, (1, 2))
    else:
        for number, point in enumerate(chosen):
            pair.restart()
            assert pair.influx.commit([point], []).overwritten == min(number, 1)
    for point in rivals[1:]:
        assert pair.influx.commit([point], []).overwritten == (point.row == 100_001)
    assert pair.influx.commit([rivals[2]], []) == CommitResult(0, 1, 0)
    for level in Level:
        (alone,) = (row for row in pair.stored(level) if row["time"] == LATE)
        shown = {
            name: alone[name] for name in ("co2_ppm_mean", "co2_ppm_last", "co2_ppm_measured_last", "co2_ppm_count")
        }
        assert list(shown.values()) == [910.0, 910.0, 900.0, 1.0]
        assert (alone["temperature_c_max"], alone["error_code_last"]) == (20.0, "E2")


def test_a_late_row_that_stands_alone_moves_and_is_calibrated_anew(pair: Pair) -> None:
    pair.influx.forget_before("s1", GONE)
    pair.calibrate("d1", ("co2_ppm", 1.0, 10.0, 0))
    pair.tend(NOW)
    pair.influx.commit([Point("s1", "d1", LATE, {"co2_ppm": 700.0}, "aa", 100_000)], [])
    pair.calibrate("d1", ("co2_ppm", 2.0, 0.0, 0))
    move(pair)
    assert pair.influx.commit([Point("s1", "d1", LATE, {"co2_ppm": 1.0}, "aa", 3)], []).overwritten == 1
    for level in Level:
        (alone,) = (row for row in pair.stored(level) if row["time"] == LATE)
        assert (alone["room"], alone["co2_ppm_mean"], alone["co2_ppm_count"]) == ("r2", 1400.0, 1)
