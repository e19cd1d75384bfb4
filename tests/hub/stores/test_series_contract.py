"""What every time-series store must do, whichever it is: one value a key, rows with marks, history by kind."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.registry.model import Assignment, Calibration
from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import CommitResult, Mark, Point, RoomMinute, SeriesStore
from tests.hub.stores.influx_stand import Buckets
from tests.sim.influxd import Influxd

HOUR = 3_600_000
FAR = 10**15


class Opened:
    """A store that can be opened anew: a restart. Called, it closes the one before and opens the same again."""

    def __init__(self, make: Callable[[], SeriesStore]) -> None:
        self._make = make
        self.store = make()

    def __call__(self) -> SeriesStore:
        self.store.close()
        self.store = self._make()
        return self.store


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("influx")) as made:
        yield made


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Opened]:
    made = Opened(lambda: DuckDbSeries(tmp_path / "series.duckdb"))
    yield made
    made.store.close()


@pytest.fixture
def production(influx: Influxd, tmp_path: Path) -> Iterator[Opened]:
    buckets = Buckets(influx, tmp_path)
    made = Opened(buckets.open)
    yield made
    made.store.close()
    buckets.engine.dispose()


@pytest.fixture(params=["embedded", "production"])
def opened(request: pytest.FixtureRequest) -> Opened:
    made: Opened = request.getfixturevalue(request.param)
    return made


def point(device: str, t_ms: int, row: int, epoch: str = "aa", **values: float | str) -> Point:
    return Point("s1", device, t_ms, dict(values), epoch, row)


def hang(store: SeriesStore, device: str, *stays: tuple[str, int, int | None]) -> None:
    store.replace_assignments("s1", device, [Assignment("s1", device, *stay) for stay in stays])


def values(store: SeriesStore, school: str = "s1") -> dict[tuple[str, str, int], float | str]:
    rows = store.raw(school, None, None, 0, FAR, 10_000)
    found = {(device, quantity, t_ms): value for t_ms, device, quantity, _, value in rows}
    assert len(found) == len(rows), "two values of one key"
    return found


def test_values_and_marks_survive_a_restart(opened: Opened) -> None:
    mark = Mark("s1", "g1", "tele", "aa", 5, b'\x00{"upto":2}')
    result = opened().commit(
        [point("d1", 1000, 1, co2_ppm=812.25, input_source="hdmi"), point("d1", 2000, 2, co2_ppm=813)], [mark]
    )
    assert result == CommitResult(2, 0, 0)
    store = opened()
    assert store.marks() == [mark]
    assert store.raw("s1", None, "d1", 0, FAR, 10) == [
        (1000, "d1", "co2_ppm", None, 812.25),
        (1000, "d1", "input_source", None, "hdmi"),
        (2000, "d1", "co2_ppm", None, 813.0),
    ]
    assert store.raw("s1", None, "d1", 0, FAR, 1) == [(1000, "d1", "co2_ppm", None, 812.25)]
    assert store.raw("s2", None, None, 0, FAR, 10) == []
    assert store.size_bytes() > 0


def test_a_mark_is_replaced_by_a_later_one(opened: Opened) -> None:
    store = opened()
    other = Mark("s1", "g1", "tele", "bb", 5, b"other")
    store.commit([], [Mark("s1", "g1", "tele", "aa", 5, b"1"), other])
    store.commit([], [Mark("s1", "g1", "tele", "aa", 5, b"2"), Mark("s1", "g1", "tele", "aa", 5, b"3")])
    assert store.marks() == [Mark("s1", "g1", "tele", "aa", 5, b"3"), other]


@pytest.mark.parametrize("restart", [False, True])
def test_storing_twice_is_storing_once(opened: Opened, restart: bool) -> None:
    batch = [point("d1", t, t, co2_ppm=float(t), error_code="E1") for t in (1000, 2000, 3000)]
    store = opened()
    assert store.commit(batch, []) == CommitResult(3, 0, 0)
    store = opened() if restart else store
    assert store.commit(batch, []) == CommitResult(0, 3, 0)
    assert store.commit([*batch, point("d1", 4000, 4000, co2_ppm=1.0)], []) == CommitResult(1, 3, 0)
    assert len(values(store)) == 7


def test_the_later_row_wins_in_whatever_order_they_come(opened: Opened) -> None:
    store = opened()
    store.commit([point("d1", 1000, 5, co2_ppm=500.0)], [])
    assert store.commit([point("d1", 1000, 4, co2_ppm=400.0)], []) == CommitResult(0, 0, 1, (0,))
    assert values(store) == {("d1", "co2_ppm", 1000): 500.0}
    assert store.commit([point("d1", 1000, 6, co2_ppm=600.0, temperature_c=20.0)], []) == CommitResult(0, 0, 1, (0,))
    assert values(store) == {("d1", "co2_ppm", 1000): 600.0, ("d1", "temperature_c", 1000): 20.0}
    # Said again by a later row: what lies between the two no longer wins.
    assert store.commit([point("d1", 1000, 9, co2_ppm=600.0)], []) == CommitResult(0, 1, 0)
    assert store.commit([point("d1", 1000, 8, co2_ppm=800.0)], []) == CommitResult(0, 0, 1, (0,))
    assert values(store)["d1", "co2_ppm", 1000] == 600.0
    # A new epoch counts from 1 again: it wins, also over rows of the old one that come after it.
    assert store.commit([point("d1", 1000, 1, epoch="bb", co2_ppm=100.0)], []) == CommitResult(0, 0, 1, (0,))
    assert store.commit([point("d1", 1000, 99, co2_ppm=900.0)], []) == CommitResult(0, 0, 1, (0,))
    assert values(store)["d1", "co2_ppm", 1000] == 100.0


def test_two_rows_of_one_key_in_one_commit(opened: Opened) -> None:
    store = opened()
    batch = [point("d1", 1000, 2, co2_ppm=2.0), point("d1", 1000, 1, co2_ppm=1.0), point("d1", 1000, 3, pm1_ugm3=3.0)]
    assert store.commit(batch, []) == CommitResult(2, 0, 1, (1,))
    assert values(store) == {("d1", "co2_ppm", 1000): 2.0, ("d1", "pm1_ugm3", 1000): 3.0}


ROWS = st.tuples(st.sampled_from(["d1", "d2"]), st.integers(1, 3), st.integers(1, 6), st.sampled_from(["aa", "bb"]))


# One store serves all examples (opening one costs more than an example), each in a school of its own. The same with
# InfluxDB, and fewer examples, is in test_influxdb_write.py.
SCHOOLS = count()


class Oracle:
    """The rule in its plainest form: a dictionary, and the order in which epochs were first seen."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, int], tuple[int, int, float | str]] = {}
        self.epochs: list[str] = []

    def put(self, item: Point) -> None:
        if item.epoch not in self.epochs:
            self.epochs.append(item.epoch)
        for quantity, value in item.values.items():
            key, rank = (item.device, quantity, item.t_ms), (self.epochs.index(item.epoch), item.row)
            if key not in self.kept or rank > self.kept[key][:2]:
                self.kept[key] = (*rank, value)


def _measured(school: str, device: str, t_ms: int, row: int, epoch: str) -> Point:
    """A row number is one row for ever: its values follow from it."""
    readings: dict[str, float | str] = {"co2_ppm": float(row % 4), "error_code": f"E{row % 3}"}
    return Point(school, device, t_ms, dict(list(readings.items())[: 1 + row % 2]), f"{school}{epoch}", row)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(ROWS, max_size=6), max_size=6),
    st.randoms(use_true_random=False),
    st.sampled_from([None, None, None, None, 0, 2]),
)
def test_any_interleaving_leaves_one_value_a_key(
    embedded: Opened, batches: list[list[tuple[str, int, int, str]]], chance: Random, restart_after: int | None
) -> None:
    school, oracle = f"s{next(SCHOOLS)}", Oracle()
    store = embedded.store
    again = [*batches, *chance.sample(batches, len(batches) // 2)]
    for number, rows in enumerate(again):
        points = [_measured(school, *row) for row in rows]
        result = store.commit(points, [])
        assert result.stored + result.repeated + result.overwritten == len(points)
        for item in points:
            oracle.put(item)
        if number == restart_after:
            store = embedded()
    assert values(store, school) == {key: kept[2] for key, kept in oracle.kept.items()}


# ---- history ----


def test_a_gauge_is_summed_up_by_steps(opened: Opened) -> None:
    store = opened()
    store.commit([point("d1", t, t + 1, temperature_c=float(t)) for t in (0, 10, 30, 59, 60, 130)], [])
    hang(store, "d1", ("r1", 0, None))
    (steps,) = store.history("s1", "r1", "temperature_c", 10, 130, 60).values()
    assert [(b.t_ms, b.mean, b.minimum, b.maximum, b.last, b.count) for b in steps] == [
        (0, 33.0, 10.0, 59.0, 59.0, 3),
        (60, 60.0, 60.0, 60.0, 60.0, 1),
    ]
    assert store.history("s1", "r1", "co2_ppm", 0, 1000, 60) == {}
    assert store.history("s1", "r2", "temperature_c", 0, 1000, 60) == {}


def test_history_follows_an_assignment_and_a_calibration_made_afterwards(opened: Opened) -> None:
    store = opened()
    store.commit([point("d1", t, t + 1, co2_ppm=400.0) for t in range(0, 100, 10)], [])
    hang(store, "d1", ("r1", 0, 50), ("r2", 50, None))
    store.replace_calibrations(
        "s1",
        "d1",
        [Calibration("s1", "d1", "co2_ppm", 2.0, 0.0, 70), Calibration("s1", "d1", "co2_ppm", 1.0, 30.0, 20)],
    )
    store = opened()

    def means(room: str) -> list[float]:
        return [bucket.mean for bucket in store.history("s1", room, "co2_ppm", 0, 100, 10).get("d1", [])]

    assert means("r1") == [400.0, 400.0, 430.0, 430.0, 430.0]
    assert means("r2") == [430.0, 430.0, 800.0, 800.0, 800.0]
    assert {row[3] for row in store.raw("s1", None, None, 0, 50, 100)} == {"r1"}
    assert len(store.raw("s1", "r2", None, 0, 100, 100)) == 5
    assert [row[4] for row in store.raw("s1", "r2", None, 60, 80, 9, calibrated=True)] == [430.0, 800.0]
    assert [row[4] for row in store.raw("s1", "r2", None, 60, 80, 9)] == [400.0, 400.0]
    hang(store, "d1", ("r3", 0, None))
    assert (means("r1"), len(means("r3"))) == ([], 10)


def test_two_devices_of_a_room_are_told_apart(opened: Opened) -> None:
    store = opened()
    store.commit([point("d1", 1, 1, co2_ppm=400.0), point("d2", 1, 2, co2_ppm=800.0)], [])
    hang(store, "d1", ("r1", 0, None))
    hang(store, "d2", ("r1", 0, None))
    found = store.history("s1", "r1", "co2_ppm", 0, 10, 10)
    assert {device: steps[0].mean for device, steps in found.items()} == {"d1": 400.0, "d2": 800.0}


def test_a_state_is_weighted_by_the_time_it_held(opened: Opened) -> None:
    store = opened()
    store.commit([point("d1", t, t, occupancy=v) for t, v in ((1500, 1.0), (3500, 0.0), (6500, 1.0))], [])
    store.commit([point("d2", 9000, 1, co2_ppm=400.0)], [])  # somebody measured until then: that is "now"
    hang(store, "d1", ("r1", 0, None))
    steps = store.history("s1", "r1", "occupancy", 2000, 20_000, 2000)["d1"]
    assert [(b.t_ms, b.mean, b.last, b.count) for b in steps] == [
        (2000, 0.75, 0.0, 1),
        (4000, 0.0, 0.0, 0),  # nobody repeated it: carried
        (6000, 0.75, 1.0, 1),
        (8000, 1.0, 1.0, 0),  # until now, no further
    ]
    assert (steps[0].minimum, steps[0].maximum) == (0.0, 1.0)


def test_a_state_nobody_repeats_for_a_day_is_no_longer_known(opened: Opened) -> None:
    store = opened()
    store.commit([point("d1", HOUR, 1, contact_open=1.0), point("d1", 60 * HOUR, 2, contact_open=0.0)], [])
    hang(store, "d1", ("r1", 0, None))
    steps = store.history("s1", "r1", "contact_open", 0, 61 * HOUR, HOUR)["d1"]
    assert [b.t_ms // HOUR for b in steps] == [*range(1, 25), 60]


def test_consumption_sees_resets_and_what_was_used_between_steps(opened: Opened) -> None:
    store = opened()
    readings = ((0, 100.0), (50, 101.0), (110, 103.0), (120, 0.5), (170, 2.0))
    store.commit([point("m1", t, t + 1, energy_kwh=v) for t, v in readings], [])
    hang(store, "m1", ("r1", 0, None))
    assert store.consumption("s1", "r1", "energy_kwh", 0, 200, 100) == {"m1": [(0, 1.0), (100, 4.0)]}
    assert store.consumption("s1", "r1", "energy_kwh", 100, 200, 100) == {"m1": [(100, 4.0)]}


# ---- minutes, retention ----


def test_the_hours_that_have_minutes_are_told(opened: Opened) -> None:
    store = opened.store
    assert store.told_hours("s1", 0, 100 * HOUR) == frozenset()
    times = (HOUR, HOUR + 60_000, 2 * HOUR - 60_000, 5 * HOUR, 70 * HOUR + 59 * 60_000)
    store.put_minutes([RoomMinute("s1", room, t, "unknown", None, None) for room in ("r1", "r2") for t in times])
    store.put_minutes([RoomMinute("s2", "r1", 9 * HOUR, "idle", None, None)])
    assert store.told_hours("s1", 0, 100 * HOUR) == {HOUR, 5 * HOUR, 70 * HOUR}
    assert store.told_hours("s1", 2 * HOUR, 70 * HOUR) == {5 * HOUR}
    assert store.told_hours("s1", HOUR, HOUR) == frozenset()


def test_minutes_are_replaced(opened: Opened) -> None:
    store = opened()
    store.put_minutes([RoomMinute("s1", "r1", t, "idle", None, 1.5) for t in (0, 60_000)])
    better = RoomMinute("s1", "r1", 60_000, "in_lesson", 31.5, None)
    store.put_minutes([better, RoomMinute("s1", "r2", 60_000, "idle", None, None)])
    store = opened()
    assert store.minutes("s1", "r1", 0, HOUR) == [RoomMinute("s1", "r1", 0, "idle", None, 1.5), better]
    assert store.minutes("s1", "r1", 0, 60_000) == [RoomMinute("s1", "r1", 0, "idle", None, 1.5)]
    store.put_minutes([])


def test_a_stretch_of_minutes_is_replaced_as_a_whole(opened: Opened) -> None:
    store = opened()
    store.put_minutes([RoomMinute("s1", room, t, "idle", 1.0, 1.5) for room in ("r1", "r2") for t in (0, 60_000, HOUR)])
    told = RoomMinute("s1", "r1", 60_000, "in_lesson", 31.5, None, 30.0, 33.0, 4.5, direct=True, lesson="7A@26")
    store.replace_minutes("s1", "r1", 0, HOUR, [told])
    r2 = [RoomMinute("s1", "r2", t, "idle", 1.0, 1.5) for t in (0, 60_000, HOUR)]
    later = RoomMinute("s1", "r1", HOUR, "idle", 1.0, 1.5)
    store = opened()
    assert store.minutes("s1", None, 0, HOUR + 1) == [told, later, *r2]
    store.replace_minutes("s1", None, 0, HOUR, [])
    assert store.minutes("s1", None, 0, HOUR + 1) == [later, r2[-1]]


def test_all_rooms_at_once_are_each_room_by_itself(opened: Opened) -> None:
    store = opened()
    store.commit([point(f"d{n}", t, 10 * n + t, co2_ppm=100.0 * n + t) for n in (1, 2, 3) for t in range(6)], [])
    hang(store, "d1", ("r1", 0, None))
    hang(store, "d2", ("r2", 0, 4), ("r1", 4, None))
    found = store.history("s1", None, "co2_ppm", 0, 6, 3)
    assert {device: [(step.t_ms, step.count) for step in steps] for device, steps in found.items()} == {
        "d1": [(0, 3), (3, 3)],
        "d2": [(0, 3), (3, 3)],
    }, "what hangs nowhere is of no room"


def test_retention_forgets_one_school_only(opened: Opened) -> None:
    store = opened()
    store.commit([point("d1", t, t, co2_ppm=1.0, error_code="E") for t in (1, 2, 3)], [])
    store.commit([Point("s2", "d1", 1, {"co2_ppm": 1.0}, "aa", 1)], [])
    assert store.forget_before("s1", 3) == 4
    assert sorted(values(store)) == [("d1", "co2_ppm", 3), ("d1", "error_code", 3)]
    assert len(store.raw("s2", None, None, 0, FAR, 9)) == 1
    assert store.forget_before("nobody", FAR) == 0
