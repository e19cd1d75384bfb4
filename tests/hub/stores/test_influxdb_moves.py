"""History follows rooms and calibrations changed in the past, and a crash at any request loses and doubles nothing."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from hub.db.series_models import SeriesMoveRow
from hub.registry.model import Assignment, Calibration
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.stretches import changed, factors_at, room_at
from hub.stores.series import Level, Point, Summary
from tests.hub.stores.influx_stand import DAY, END, HOUR, HOURS, MINUTE, QUARTER, START, Buckets, Pair, day
from tests.sim.influxd import Influxd

pytestmark = pytest.mark.timeout(180)
NOW = END + HOUR
CUT = START + 2 * HOUR + 7 * MINUTE + 3  # in the middle of a window


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("moves")) as running:
        yield running


@pytest.fixture
def pair(influx: Influxd, tmp_path: Path) -> Iterator[Pair]:
    """A device with a day of history, summed up, that hung in r1 from the beginning."""
    made = Pair(Buckets(influx, tmp_path), tmp_path)
    made.hang("d1", ("r1", START - DAY, None))
    made.commit("d1", day(1, 60_000), START)
    made.tend(START)
    made.tend(NOW)
    yield made
    made.influx.close()
    made.duckdb.close()


def waiting(pair: Pair) -> int:
    with pair.buckets.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(SeriesMoveRow)).scalar() or 0


def rooms(pair: Pair, level: str) -> dict[str, int]:
    """Points under each room tag."""
    found: dict[str, int] = {}
    for row in pair.stored(level):
        found[str(row["room"])] = found.get(str(row["room"]), 0) + 1
    return found


def check(pair: Pair) -> None:
    for step_ms in (QUARTER, HOUR):
        for quantity in ("co2_ppm", "occupancy"):
            pair.compare(quantity, START, END, step_ms, ("r1", "r2", "r3"))
        pair.compare_consumption(step_ms)


def test_what_was_swept_in_the_same_share_moves_with_the_rest(influx: Influxd, tmp_path: Path) -> None:
    """Room told after the rows: hours are swept one by one while history moves, and none of them is left out."""
    pair = Pair(Buckets(influx, tmp_path), tmp_path)
    seldom: dict[int, dict[str, float | str]] = {START + 7: {"occupancy": 1.0}, END: {"occupancy": 0.0}}
    pair.commit("d1", seldom, START)
    pair.hang("d1", ("r1", START - DAY, None))
    pair.tend(NOW)
    assert waiting(pair) == 0
    assert (
        len([row for row in pair.stored("15m") if "occupancy_mean" in row]) == HOURS * 4 + 3
    )  # until NOW but for its grace
    assert pair.compare("occupancy", START, END, QUARTER, ("r1",)) == HOURS * 4
    pair.influx.close()
    pair.duckdb.close()


def test_history_moves_with_the_device(pair: Pair) -> None:
    before = len(pair.stored("raw"))
    pair.hang("d1", ("r2", START - DAY, CUT), ("r1", CUT, END - HOUR), ("r3", END - HOUR, None))
    assert waiting(pair) > 0
    check(pair)  # at once
    pair.tend(NOW)
    assert waiting(pair) == 0
    check(pair)
    rows = pair.stored("raw")
    assert len(rows) == before
    told = [Assignment("s1", "d1", "r2", START - DAY, CUT), Assignment("s1", "d1", "r1", CUT, END - HOUR)]
    told.append(Assignment("s1", "d1", "r3", END - HOUR))
    assert all(row["room"] == room_at(told, int(str(row["time"]))) for row in rows)
    for level, window_ms in (("1m", MINUTE), ("15m", QUARTER)):
        for row in pair.stored(level):
            t_ms = int(str(row["time"]))
            assert row["room"] in {room_at(told, t_ms), room_at(told, t_ms + window_ms - 1)}
    pair.restart()
    check(pair)


def test_calibration_reaches_what_is_stored_and_can_be_taken_back(pair: Pair) -> None:
    pair.calibrate("d1", ("co2_ppm", 2.0, 0.0, START + 5 * HOUR), ("co2_ppm", -1.5, 30.0, CUT))
    check(pair)
    pair.tend(NOW)
    check(pair)
    steps = [
        Calibration("s1", "d1", "co2_ppm", 2.0, 0.0, START + 5 * HOUR),
        Calibration("s1", "d1", "co2_ppm", -1.5, 30.0, CUT),
    ]
    for row in pair.stored("raw"):
        if "co2_ppm" in row:
            measured = float(str(row.get("co2_ppm_measured", row["co2_ppm"])))
            scale, offset = factors_at(steps, int(str(row["time"]))).get("co2_ppm", (1.0, 0.0))
            assert row["co2_ppm"] == pytest.approx(measured * scale + offset)
    pair.calibrate("d1")
    pair.tend(NOW)
    check(pair)
    values = {row["time"]: row["co2_ppm"] for row in pair.stored("raw") if "co2_ppm" in row}
    assert values == {t: v["co2_ppm"] for t, v in day(1, 60_000).items() if "co2_ppm" in v}


class Cut(Exception):
    """The process ended here."""


def cut_short(pair: Pair, monkeypatch: pytest.MonkeyPatch, at: int) -> bool:
    """Tend until just before that request (just after the one before it); whether there was one."""
    plain, seen = InfluxHttp._call, 0

    def cut(self: InfluxHttp, *words: object, **settings: object) -> object:
        nonlocal seen
        seen += 1
        if seen != at:
            return plain(self, *words, **settings)  # type: ignore[arg-type]
        raise Cut

    monkeypatch.setattr(InfluxHttp, "_call", cut)
    with suppress(Cut):
        pair.tend(NOW)
    monkeypatch.setattr(InfluxHttp, "_call", plain)
    return seen >= at


def test_cut_short_at_every_request_it_goes_on(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two requests: the next process goes on from what SQL says."""
    expected = {row["time"]: {k: v for k, v in row.items() if k != "room"} for row in pair.stored("raw")}
    requests, target = count(1), "r2"
    for request in requests:
        pair.hang("d1", (target, START - DAY, CUT), ("r1", CUT, None))
        assert waiting(pair) > 0
        again = cut_short(pair, monkeypatch, request)
        pair.restart()
        pair.compare("co2_ppm", START, END, HOUR, ("r1", "r2", "r3"))
        found, wanted = (store.raw("s1", None, None, START, END, 10_000) for store in pair.both)
        assert found == wanted
        pair.tend(NOW)
        rows = pair.stored("raw")
        assert len(rows) == len(expected)
        assert {row["time"]: {k: v for k, v in row.items() if k != "room"} for row in rows} == expected
        pair.compare("occupancy", START, END, QUARTER, ("r1", "r2", "r3"))
        target = "r3" if target == "r2" else "r2"
        if not again:
            break
    assert next(requests) > 20


def test_a_late_row_while_history_moves(pair: Pair) -> None:
    """It finds the row it competes with, wherever that stands just now."""
    t_ms = START + HOUR // 60 * 90
    pair.commit("d1", {t_ms: {"pm1_ugm3": 1.0}}, START)
    pair.hang("d1", ("r2", START - DAY, None))
    pair.commit("d1", {t_ms: {"pm1_ugm3": 2.0}, t_ms + 1: {"pm1_ugm3": 3.0}}, NOW)
    pair.compare("pm1_ugm3", START, END, QUARTER)
    pair.tend(NOW)
    pair.compare("pm1_ugm3", START, END, QUARTER)
    assert rooms(pair, "raw").keys() == {"r2"}
    found = [row for row in pair.influx.raw("s1", "r2", None, START, END, 10_000) if row[2] == "pm1_ugm3"]
    assert [row[4] for row in found] == [2.0, 3.0]


def windows_before_raw() -> list[Summary]:
    """A day of windows that no raw value is kept of."""
    old = START - 200 * DAY
    return [
        Summary(room, "d1", "co2_ppm", (old + number * QUARTER) * 1_000_000, 500.0 + number, 400.0, 900.0, 600.0, 3)
        for number in range(96)
        for room in (["r1", "r9"] if number == 50 else ["r1"])
    ] + [Summary("r1", "d1", "energy_kwh", (old + QUARTER) * 1_000_000 + 1, None, None, None, 5.0, 1)]


@pytest.mark.parametrize("cut_at", [None, 1, 2, 3, 4, 5, 6, 7, 8])
def test_windows_older_than_raw_values_are_rewritten(
    influx: Influxd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_at: int | None
) -> None:
    buckets = Buckets(influx, tmp_path, raw_days=90)
    pair = Pair(buckets, tmp_path)
    buckets.now_ms = NOW
    old = START - 200 * DAY
    pair.influx.replace_assignments("s1", "d1", [Assignment("s1", "d1", "r1", old - DAY)])
    pair.influx.commit([Point("s1", "d1", NOW - 1, {"co2_ppm": 400.0}, "aa", 1)], [])
    pair.influx.put_summaries("s1", Level.QUARTER_HOUR, windows_before_raw())
    pair.tend(NOW)
    pair.influx.replace_intervals(
        {("s1", "d1"): ([Assignment("s1", "d1", "r2", old - DAY)], [Calibration("s1", "d1", "co2_ppm", -1.0, 10.0, 0)])}
    )
    if cut_at is not None:
        while waiting(pair) > 1:  # up to the windows of 15 minutes
            pair.influx.tend(NOW)
        assert cut_short(pair, monkeypatch, cut_at)
        pair.restart()
    pair.tend(NOW)
    steps = pair.influx.history("s1", "r2", "co2_ppm", old, old + DAY, QUARTER)["d1"]
    assert [(b.mean, b.minimum, b.maximum, b.last) for b in steps] == [
        (10.0 - 500.0 - number, 10.0 - 900.0, 10.0 - 400.0, 10.0 - 600.0) for number in range(96)
    ]
    assert [b.count for b in steps] == [6 if number == 50 else 3 for number in range(96)]
    assert rooms(pair, "15m") == {"r2": 97}  # with the single value
    assert pair.influx.history("s1", "r1", "co2_ppm", old, old + DAY, QUARTER) == {}
    pair.influx.close()
    pair.duckdb.close()


STAYS = st.lists(st.tuples(st.sampled_from(["r1", "r2"]), st.integers(0, 20), st.integers(1, 9)), max_size=4)


@settings(deadline=None)
@given(STAYS, STAYS)
def test_what_changed_is_exactly_where_two_versions_differ(
    old: list[tuple[str, int, int]], new: list[tuple[str, int, int]]
) -> None:
    def told(stays: list[tuple[str, int, int]]) -> list[Assignment]:
        found, at = [], 0
        for room, gap, length in stays:
            found.append(Assignment("s", "d", room, at + gap, at + gap + length))
            at += gap + length
        return found

    before, after = told(old), told(new)
    stretches = changed((before, []), (after, []))
    for t in range(-5, 130):
        inside = any(start <= t < end for start, end in stretches)
        assert inside == (room_at(before, t) != room_at(after, t))
