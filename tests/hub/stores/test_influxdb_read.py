"""Reading InfluxDB: escaped queries, a plan that never mixes steps, any points answered as DuckDB does."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from hub.config import InfluxSection
from hub.registry.model import Assignment, Calibration
from hub.stores.duckdb_history import Span
from hub.stores.influx import queries as ask
from hub.stores.influx.http import BUCKET_MISSING
from hub.stores.influx.plan import SweepState, make_plan
from hub.stores.influx.queries import Where
from hub.stores.influx.stretches import Stretch, widened, without
from hub.stores.series import Level, Point, SeriesStore, StoreDown
from tests.hub.stores.influx_stand import DAY, END, HOUR, MINUTE, QUARTER, START, Buckets, Pair
from tests.sim.influxd import Influxd

pytestmark = pytest.mark.timeout(180)
SCHOOLS = count()


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("read")) as running:
        yield running


@pytest.fixture(scope="module")
def pair(influx: Influxd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder: Path = tmp_path_factory.mktemp("pair")
    made = Pair(Buckets(influx, folder), folder)
    yield made
    made.influx.close()
    made.duckdb.close()


NASTY = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ["' OR 1=1 --", '"; DROP MEASUREMENT reading; --', "\\", "\\'", 'a"b', "a\nb", "{}", "$x", "đèn"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(NASTY, NASTY, NASTY)
def test_no_value_gets_out_of_its_quotes(pair: Pair, school: str, room: str, quantity: str) -> None:
    """Whatever is asked for, InfluxDB understands the query, and finds nothing of another school."""
    pair.influx.commit([Point("s0", "d1", START, {"co2_ppm": 1.0}, "aa", 1)], [])
    assert pair.influx.raw(school, None, room or "x", START, END, 9) == []
    assert pair.influx.count(school, START, END) == 0
    assert pair.influx.minutes(school, room, START, END) == []
    pair.influx.replace_assignments("s0", "d1", [Assignment("s0", "d1", "r1", START - DAY)])
    assert pair.influx.history("s0", "r1", f"x{quantity}", START, END, HOUR) == {}
    assert ask.text(school).count("'") >= 2


def test_a_missing_bucket_is_no_empty_history(influx: Influxd, tmp_path: Path) -> None:
    buckets = Buckets(influx, tmp_path)
    store = buckets.open()
    store.commit([Point("s1", "d1", START, {"co2_ppm": 1.0}, "aa", 1)], [])
    found = buckets.client.get("/api/v2/buckets", params={"name": f"{buckets.section.bucket}_raw"}).json()["buckets"]
    buckets.client.delete(f"/api/v2/buckets/{found[0]['id']}").raise_for_status()
    with pytest.raises(StoreDown) as caught:
        store.raw("s1", None, None, START, END, 9)
    assert caught.value.code == BUCKET_MISSING
    assert "store setup" in caught.value.text.en
    store.close()


def test_many_values_are_read_in_pages(pair: Pair) -> None:
    """Also where more rows have one time than a page holds."""
    school = f"p{next(SCHOOLS)}"
    points = [Point(school, f"d{n}", START + n // 2_500, {"co2_ppm": float(n)}, "aa", n + 1) for n in range(5_001)]
    for store in pair.both:
        store.commit(points, [])
    for limit in (1, 3, 2_501, 10_000):
        assert pair.influx.raw(school, None, None, START, END, limit) == pair.duckdb.raw(
            school, None, None, START, END, limit
        )
    pieces = list(pair.influx.export(school, START, END))
    assert max(len(piece) for piece in pieces) <= 2_000
    found = sorted((point for piece in pieces for point in piece), key=lambda point: point.row)
    assert found == points


def test_a_query_can_be_given_up(pair: Pair) -> None:
    """What comes after it is answered again."""
    pair.influx.interrupt_reading()
    assert pair.influx.raw("nobody", None, None, START, END, 9) == []
    select = pair.influx._history._select
    select.begin()
    pair.influx.interrupt_reading()
    with pytest.raises(StoreDown, match="given up"):
        select.tables("any", "SELECT 1")


# ---- any points ----

TIMES = st.integers(0, 3 * 3_600 // 20).map(lambda number: START + number * 20_000 + 7)
ROWS = st.dictionaries(
    TIMES,
    st.fixed_dictionaries(
        {},
        optional={
            "co2_ppm": st.floats(300, 5_000),
            "occupancy": st.sampled_from([0.0, 1.0]),
            "energy_kwh": st.sampled_from([0.0, 1.0, 7.0, 23.0, 50.0]),
            "input_source": st.sampled_from(["hdmi", 'đèn "1"', "a\\b,c =d"]),
        },
    ).filter(bool),
    min_size=1,
    max_size=40,
)
EDGES = st.lists(st.integers(-60, 200), min_size=0, max_size=3, unique=True).map(
    lambda minutes: [START + minute * MINUTE for minute in sorted(minutes)]
)


# Held for 520 s of an hour but for 7 ms: 0.1444425 in one store, in the other 0.14444249999999997 once it is summed up.
MIDPOINT: dict[int, dict[str, float | str]] = {
    START + at_s * 1_000 + 7: {"occupancy": value}
    for at_s, value in ((-1_200, 0.0), (180, 1.0), (640, 0.0), (1_360, 0.0), (1_820, 0.0), (3_540, 1.0))
}

# The meter comes back to its first room and is first heard there a quarter of an hour later.
BACK: dict[int, dict[str, float | str]] = {
    START + at_s * 1_000 + 7: {"energy_kwh": grown} for at_s, grown in ((1_160, 7.0), (4_720, 1.0), (4_980, 1.0))
}


def metered(rows: dict[int, dict[str, float | str]]) -> Iterator[tuple[int, dict[str, float | str]]]:
    """In order, the drawn numbers as what a register grew by; at the first 50 the meter is changed for a new one."""
    register, changed = 1_000.0, False
    for t_ms, values in sorted(rows.items()):
        grown = values.get("energy_kwh")
        if isinstance(grown, float):
            register = 0.0 if grown == 50.0 and not changed else register + grown / 10
            changed = changed or grown == 50.0
            yield t_ms, values | {"energy_kwh": register}
        else:
            yield t_ms, values


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
)
@example(rows=MIDPOINT, edges=[START - HOUR], scalings=[], step_ms=HOUR, late=False)
@example(rows=MIDPOINT, edges=[START - 2 * HOUR, START - HOUR], scalings=[], step_ms=HOUR, late=True)
@example(
    rows=BACK, edges=[START - HOUR, START + 67 * MINUTE, START + 72 * MINUTE], scalings=[], step_ms=QUARTER, late=False
)
@given(ROWS, EDGES, EDGES, st.sampled_from([QUARTER, HOUR, 5 * MINUTE, 90_000]), st.booleans())
def test_any_points_are_answered_as_the_embedded_store_does(
    pair: Pair, rows: dict[int, dict[str, float | str]], edges: list[int], scalings: list[int], step_ms: int, late: bool
) -> None:
    """Rooms and calibrations at any time, before and after windows are summed up, rows on time or late."""
    school = f"h{next(SCHOOLS)}"
    stays = [
        Assignment(school, "d1", f"r{1 + number % 2}", from_ms, to_ms)
        for number, (from_ms, to_ms) in enumerate(zip(edges, [*edges[1:], None], strict=False))
    ]
    scales = [Calibration(school, "d1", "co2_ppm", 1.0 + n, 5.0 * n, at_ms) for n, at_ms in enumerate(scalings)]
    points = [Point(school, "d1", t, values, "aa", n) for n, (t, values) in enumerate(metered(rows), 1)]
    pair.buckets.now_ms = END if late else START
    for store in pair.both:
        if late:
            store.replace_intervals({(school, "d1"): (stays, scales)})
        store.commit(points, [])
        store.replace_intervals({(school, "d1"): (stays, scales)})
        # Somebody else has measured until the end: that is "now" in both.
        store.commit([Point("clock", "d1", END, {"co2_ppm": 1.0}, "aa", 1)], [])
    _assert_alike(pair, school, step_ms)
    pair.buckets.now_ms = END
    pair.tend(END)
    _assert_alike(pair, school, step_ms)


def _assert_alike(pair: Pair, school: str, step_ms: int) -> None:
    """Figures to the last bits of a float: windows are weighted and summed in another order. Never by rounding them.

    The share of an hour may lie exactly between two rounded figures, and its last bit then takes it to either side.
    """
    (ours, figures), (theirs, expected) = (_answers(store, school, step_ms) for store in pair.both)
    assert ours == theirs
    assert figures == pytest.approx(expected, rel=1e-9, abs=1e-9)


def _answers(store: SeriesStore, school: str, step_ms: int) -> tuple[dict[str, object], list[float]]:
    """What must be the same, and the figures that belong to it."""
    same: dict[str, object] = {"raw": store.raw(school, None, None, START, END, 1_000, calibrated=True)}
    figures: list[float] = []
    for room in ("r1", "r2"):
        for quantity in ("co2_ppm", "occupancy"):
            steps = store.history(school, room, quantity, START, END, step_ms)
            same[f"{room} {quantity}"] = {device: [(b.t_ms, b.count) for b in found] for device, found in steps.items()}
            figures += [
                figure for found in steps.values() for b in found for figure in (b.mean, b.minimum, b.maximum, b.last)
            ]
        used = store.consumption(school, room, "energy_kwh", START, END, step_ms)
        same[f"{room} energy_kwh"] = {device: [t for t, _ in found] for device, found in used.items()}
        figures += [amount for found in used.values() for _, amount in found]
    return same, figures


# ---- the plan ----


@given(
    st.integers(0, 300),
    st.integers(1, 900),
    st.sampled_from([MINUTE, 5 * MINUTE, QUARTER, HOUR, 2 * HOUR, 7_000]),
    st.lists(st.integers(0, 1_200), max_size=4),
    st.sets(st.integers(0, 70), max_size=4),
    st.sampled_from([0, 1]),
)
def test_a_plan_covers_everything_once_and_whole_steps(
    first: int, length: int, step_ms: int, cuts: list[int], dirty: set[int], raw_days: int
) -> None:
    span = Span("co2_ppm", START + first * MINUTE, START + (first + length) * MINUTE, step_ms)
    state = SweepState(dict.fromkeys(Level, START + 800 * MINUTE), tuple(START + n * QUARTER for n in sorted(dirty)))
    newest_ms = START + 1_000 * MINUTE
    untrue = [START + cut * MINUTE + 1 for cut in cuts]
    section = InfluxSection(raw_days=raw_days)
    plan = make_plan(section, state, span, newest_ms, cuts=untrue)
    pieces = sorted([*plan.windows, *plan.raw])
    covered = widened(pieces, 1)
    whole = (span.from_ms, min(span.to_ms, newest_ms + 1))
    assert covered == ([whole] if whole[0] < whole[1] else [])
    assert sum(end - start for start, end in pieces) == sum(end - start for start, end in covered)
    for start, end in plan.windows:
        assert plan.level is not None
        assert start % step_ms == 0 == end % step_ms
        assert step_ms % plan.window_ms == 0
        assert end <= START + 800 * MINUTE
        assert not any(start <= cut < end for cut in untrue)
        assert not any(start < at + QUARTER and at < end for at in state.dirty)


@given(
    st.tuples(st.integers(0, 20), st.integers(21, 40)),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair))), max_size=5),
)
def test_what_is_left_of_a_stretch(whole: Stretch, parts: list[Stretch]) -> None:
    left = without(whole, parts)
    for t in range(45):
        inside = any(start <= t < end for start, end in left)
        assert inside == (whole[0] <= t < whole[1] and not any(start <= t < end for start, end in parts))


def test_nothing_is_asked_of_no_devices() -> None:
    assert Where("s1", 0, 1, ()).empty
    assert Where("s1", 1, 1).empty
    assert not Where("s1", 0, 1, ("d1",)).empty
