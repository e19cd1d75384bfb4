"""History against the plainest calculation: states by the millisecond, rooms and calibration as the registry says."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.registry.index import SchoolIndex, SchoolRecords
from hub.registry.intervals import placed
from hub.registry.model import Assignment, Calibration
from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import Point

END_MS = 60
SCHOOLS = count()
STAYS = st.lists(
    st.tuples(st.sampled_from(["r1", "r2", None]), st.integers(0, 50), st.none() | st.integers(1, 20)), max_size=5
)
TIMES = st.lists(st.integers(0, END_MS - 1), unique=True, max_size=12)
shared_store = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDbSeries]:
    made = DuckDbSeries(Path(tmp_path_factory.mktemp("series")) / "series.duckdb")
    yield made
    made.close()


def _hang(store: DuckDbSeries, school: str, orders: list[tuple[str | None, int, int | None]]) -> list[Assignment]:
    stays: list[Assignment] = []
    for room, from_ms, length in orders:
        stays = placed(stays, school, "d1", room, from_ms, None if length is None else from_ms + length)
    store.replace_assignments(school, "d1", stays)
    return stays


@shared_store
@given(times=TIMES, orders=STAYS, shifts=st.dictionaries(st.integers(0, END_MS), st.integers(-5, 5), max_size=4))
def test_rooms_and_calibration_are_those_the_registry_says(
    store: DuckDbSeries, times: list[int], orders: list[tuple[str | None, int, int | None]], shifts: dict[int, int]
) -> None:
    school = f"a{next(SCHOOLS)}"
    store.commit([Point(school, "d1", t, {"co2_ppm": 400.0 + t}, "aa", t + 1) for t in times], [])
    stays = _hang(store, school, orders)
    calibrations = [Calibration(school, "d1", "co2_ppm", 1.0 + n % 3, float(n), at) for at, n in shifts.items()]
    store.replace_calibrations(school, "d1", calibrations)
    index = SchoolIndex(SchoolRecords(None, assignments=tuple(stays), calibrations=tuple(calibrations)))
    for room in ("r1", "r2"):
        wanted = [
            (t, index.calibrated("d1", t, {"co2_ppm": 400.0 + t})["co2_ppm"])
            for t in sorted(times)
            if index.room_of("d1", t) == room
        ]
        found = store.history(school, room, "co2_ppm", 0, END_MS, 1).get("d1", [])
        assert [(bucket.t_ms, bucket.mean) for bucket in found] == wanted
        raw = store.raw(school, room, "d1", 0, END_MS, 100, calibrated=True)
        assert [(row[0], row[4]) for row in raw] == wanted


@shared_store
@given(
    states=st.dictionaries(st.integers(0, END_MS - 1), st.booleans(), max_size=10),
    orders=STAYS,
    span=st.tuples(st.integers(0, 30), st.integers(1, 40), st.integers(1, 15)),
)
def test_states_are_weighted_as_if_counted_millisecond_by_millisecond(
    store: DuckDbSeries,
    states: dict[int, bool],
    orders: list[tuple[str | None, int, int | None]],
    span: tuple[int, int, int],
) -> None:
    school = f"b{next(SCHOOLS)}"
    store.commit([Point(school, "d1", t, {"occupancy": float(on)}, "aa", t + 1) for t, on in states.items()], [])
    store.commit([Point(school, "clock", END_MS, {"co2_ppm": 1.0}, "aa", 1)], [])  # time goes on
    stays = _hang(store, school, orders)
    start, length, step = span
    stop = min(start + length, END_MS)
    counted: dict[int, list[float]] = {}
    for stay in (each for each in stays if each.room == "r1"):
        holding: float | None = None
        for t in range(stay.from_ms, min(stay.to_ms or END_MS, stop)):
            holding = float(states[t]) if t in states else holding
            if holding is not None and t >= start:
                counted.setdefault(t // step * step, []).append(holding)
    found = store.history(school, "r1", "occupancy", start, stop, step).get("d1", [])
    assert [bucket.t_ms for bucket in found] == sorted(counted)
    for bucket in found:
        here = counted[bucket.t_ms]
        assert bucket.mean == pytest.approx(sum(here) / len(here))
        assert (bucket.minimum, bucket.maximum, bucket.last) == (min(here), max(here), here[-1])


@shared_store
@given(
    readings=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 30)), min_size=1, max_size=12),
    step=st.integers(1, 20),
)
def test_consumption_is_the_sum_of_differences(store: DuckDbSeries, readings: list[tuple[int, int]], step: int) -> None:
    school = f"c{next(SCHOOLS)}"
    at, before = 0, None
    wanted: dict[int, int] = {}
    points = []
    for number, (gap, register) in enumerate(readings):
        at += gap
        points.append(Point(school, "d1", at, {"energy_kwh": float(register)}, "aa", number + 1))
        used = 0 if before is None else register - before if register >= before else register
        wanted[at // step * step] = wanted.get(at // step * step, 0) + used
        before = register
    store.commit(points, [])
    _hang(store, school, [("r1", 0, None)])
    found = store.consumption(school, "r1", "energy_kwh", 0, at + 1, step)
    assert dict(found["d1"]) == pytest.approx(wanted)
