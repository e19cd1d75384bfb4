"""The embedded store read back as it was committed: for backups and migrations."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.stores import duckdb_export
from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import Level, Mark, Point, RoomMinute, StoreDown

FAR = 10**15
VALUES = st.dictionaries(
    st.sampled_from(["co2_ppm", "temperature_c", "occupancy", "energy_kwh"]), st.floats(-1e9, 1e9), min_size=1
)
TEXTS = st.dictionaries(st.sampled_from(["input_source", "error_code"]), st.text(max_size=8))
POINTS = st.lists(
    st.builds(
        Point,
        school=st.sampled_from(["s1", "s2"]),
        device=st.sampled_from(["d1", "d2"]),
        t_ms=st.integers(1, 40),
        values=st.builds(lambda numbers, texts: {**numbers, **texts}, VALUES, TEXTS),
        epoch=st.sampled_from(["aa", "bb"]),
        row=st.integers(1, 30),
        shift_ms=st.sampled_from([0, -86_400_000]),
    ),
    max_size=30,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbSeries]:
    made = DuckDbSeries(tmp_path / "series.duckdb")
    yield made
    made.close()


def exported(store: DuckDbSeries, school: str, from_ms: int = 0, to_ms: int = FAR) -> list[Point]:
    return [point for piece in store.export(school, from_ms, to_ms) for point in piece]


def test_what_went_in_comes_out(store: DuckDbSeries) -> None:
    points = [
        Point("s1", "d1", 1000, {"co2_ppm": 812.25, "input_source": "hdmi 1"}, "aa", 1),
        Point("s1", "d2", 1000, {"occupancy": 1.0}, "bb", 7, shift_ms=-90_000),
        Point("s1", "d1", 2000, {"error_code": "lỗi đèn"}, "aa", 2**39),
    ]
    store.commit([*points, Point("s2", "d1", 1500, {"co2_ppm": 1.0}, "aa", 9)], [])
    assert exported(store, "s1") == points
    assert exported(store, "s1", 1001, 2000) == []
    assert exported(store, "s1", 2000, 2001) == points[2:]
    assert store.span("s1") == (1000, 2000)
    assert store.span("nobody") is None
    assert store.count("s1", 0, FAR) == 4
    assert store.count("s1", 1001, FAR) == 1
    assert store.epochs() == ["aa", "bb"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(points=POINTS)
def test_a_copy_is_equal_and_stays_so_whatever_comes_again(
    points: list[Point], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("copies")
    source, copy = DuckDbSeries(folder / "a.duckdb"), DuckDbSeries(folder / "b.duckdb")
    try:
        source.commit(points, [])
        copy.put_epochs(source.epochs())
        for school in ("s1", "s2"):
            for piece in source.export(school, 0, FAR):
                copy.commit(piece, [])
            assert exported(copy, school) == exported(source, school)
        again = list(reversed(points))
        source.commit(again, [])
        copy.commit(again, [])
        for school in ("s1", "s2"):
            assert exported(copy, school) == exported(source, school)
    finally:
        source.close()
        copy.close()


def test_pieces_stay_small_and_commits_go_on_between_them(store: DuckDbSeries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_export, "PIECE_VALUES", 100)
    monkeypatch.setattr(duckdb_export, "PIECE_ROWS", 30)
    points = [Point("s1", f"d{t % 3}", t * 7, {"co2_ppm": float(t), "error_code": "E"}, "aa", t) for t in range(500)]
    store.commit(points, [])
    found: list[Point] = []
    for piece in store.export("s1", 0, FAR):
        assert len(piece) <= 30
        found += piece
        store.commit([Point("s9", "x", len(found), {"co2_ppm": 1.0}, "aa", 1)], [Mark("s9", "g", "tele", "aa", 0, b"")])
    assert found == points
    assert len(store.marks()) == 1


def test_minutes_come_in_order_and_in_pieces(store: DuckDbSeries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_export, "PIECE_VALUES", 3)
    minutes = [
        RoomMinute("s1", room, t, "ok", None if t else 31.0, 2.5) for t in range(0, 300_000, 60_000) for room in "ab"
    ]
    store.put_minutes([*reversed(minutes), RoomMinute("s2", "a", 0, "ok", None, None)])
    pieces = list(store.export_minutes("s1", 0, 240_000))
    assert [minute for piece in pieces for minute in piece] == minutes[:8]
    assert max(map(len, pieces)) == 3


def test_epochs_keep_the_order_they_were_given(tmp_path: Path) -> None:
    store = DuckDbSeries(tmp_path / "series.duckdb")
    store.put_epochs(["cc", "aa"])
    store.put_epochs(["bb", "aa", "cc"])
    store.close()
    again = DuckDbSeries(tmp_path / "series.duckdb")
    assert again.epochs() == ["cc", "aa", "bb"]
    again.commit([Point("s1", "d1", 1, {"co2_ppm": 1.0}, "aa", 9), Point("s1", "d1", 1, {"co2_ppm": 2.0}, "cc", 9)], [])
    assert exported(again, "s1")[0].values == {"co2_ppm": 1.0}
    again.close()


def test_a_store_without_levels_keeps_no_windows(store: DuckDbSeries) -> None:
    assert list(store.export_summaries("s1", Level.MINUTE, 0, FAR)) == []
    assert store.put_summaries("s1", Level.MINUTE, []) == 0
    assert store.tend(FAR) is False


def test_a_closed_store_says_so(store: DuckDbSeries) -> None:
    store.commit([Point("s1", "d1", 1, {"co2_ppm": 1.0}, "aa", 1)], [])
    store.close()
    with pytest.raises(StoreDown, match="closed"):
        store.count("s1", 0, FAR)
