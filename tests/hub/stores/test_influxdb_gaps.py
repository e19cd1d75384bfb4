"""A backlog goes in without being compared, whatever happens meanwhile; and nothing of it is lost, doubled or worse."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.registry.model import Assignment
from hub.stores.influx.gaps import MOST, NARROW_MS, OLD_MS, Gaps, cut, joined, with_gap
from hub.stores.influx.lines import Device
from hub.stores.influxdb import InfluxSeries
from hub.stores.series import CommitResult, Point, StoreDown
from tests.hub.stores.influx_stand import Buckets
from tests.hub.stores.test_influxdb_write_faults import retried
from tests.hub.stores.test_series_contract import Oracle, values
from tests.sim.influx_proxy import InfluxProxy, Said, Seen
from tests.sim.influxd import Influxd

SCHOOLS = count()
STEP_MS, HOUR_MS = 5_000, 3_600_000
BEFORE_MS, AFTER_MS = 1_000_000_000, 1_000_000_000 + HOUR_MS  # the last row before an outage, the first one after it


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("influx")) as made:
        yield made


@pytest.fixture(scope="module")
def buckets(influx: Influxd, tmp_path_factory: pytest.TempPathFactory) -> Buckets:
    return Buckets(influx, tmp_path_factory.mktemp("state"))


@pytest.fixture
def proxy(influx: Influxd) -> Iterator[InfluxProxy]:
    with InfluxProxy(influx.url) as made:
        yield made


@pytest.fixture
def store(buckets: Buckets, proxy: InfluxProxy) -> Iterator[InfluxSeries]:
    made = _opened(buckets, proxy)
    yield made
    made.close()


@pytest.fixture
def school() -> str:
    return f"g{next(SCHOOLS)}"


def _opened(buckets: Buckets, proxy: InfluxProxy) -> InfluxSeries:
    section = msgspec.structs.replace(buckets.section, url=proxy.url)
    made = InfluxSeries(section, buckets.influx.token, buckets.engine, lambda: buckets.now_ms)
    made.commit([], [])
    return made


def row(school: str, t_ms: int, device: str = "d1") -> Point:
    return Point(school, device, t_ms, {"co2_ppm": float(t_ms % 997)}, f"{school}aa", t_ms // STEP_MS)


def backlog(school: str, many: int = 700) -> list[Point]:
    """Of the hour between the two, oldest first."""
    return [row(school, BEFORE_MS + STEP_MS * number) for number in range(1, many + 1)]


def asked(proxy: InfluxProxy) -> int:
    """How often stored rows were looked at."""
    return sum(each.path.startswith("/query") for each in proxy.seen)


# ---- the stretches themselves ----


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=60))
def test_a_gap_never_holds_a_time_that_was_claimed(steps: list[tuple[int, bool]]) -> None:
    device, claimed = Device("s", "d"), set[int]()
    for step, elsewhere in steps:
        t_ms = step * 1_000
        was = t_ms in claimed
        assert not (device.claim(t_ms) and was)
        claimed.add(t_ms)
        if elsewhere:  # as a look into the store would say
            later = sorted(each for each in claimed if each > t_ms)
            if later:
                device.gaps = joined(device.gaps, (t_ms, later[0]))
        assert len(device.gaps) <= MOST
        assert all(high - low > NARROW_MS for low, high in device.gaps)
        assert not any(low < each < high for low, high in device.gaps for each in claimed)
        ordered = sorted(device.gaps)
        assert all(one[1] <= other[0] for one, other in pairwise(ordered))


def test_an_hour_of_backlog_is_new_to_its_last_row_while_new_ones_come() -> None:
    device = Device("s", "d")
    device.claim(BEFORE_MS)
    device.claim(AFTER_MS)
    for number in range(1, HOUR_MS // 60_000):  # a device that measures once a minute leaves a gap with every row
        assert device.claim(AFTER_MS + 60_000 * number)
        assert device.claim(BEFORE_MS + 60_000 * number)
    assert not device.claim(BEFORE_MS)
    assert not device.claim(BEFORE_MS + 60_000)


def test_nights_do_not_keep_todays_gap_out() -> None:
    gaps: Gaps = ()
    for night in range(10):
        gaps = with_gap(gaps, (night * OLD_MS, night * OLD_MS + 14 * HOUR_MS))
    at_ms = 9 * OLD_MS + 16 * HOUR_MS
    gaps = with_gap(gaps, (at_ms, at_ms + HOUR_MS))
    assert cut(gaps, at_ms + 5) is not None


# ---- with a store ----


def test_a_backlog_after_new_rows_is_not_compared(store: InfluxSeries, proxy: InfluxProxy, school: str) -> None:
    store.commit([row(school, BEFORE_MS)], [])
    looked = asked(proxy)
    for number, piece in enumerate([[row(school, AFTER_MS)], backlog(school)[:300], backlog(school)[300:]]):
        new = row(school, AFTER_MS + STEP_MS * (number + 1))
        assert store.commit([*piece, new], []) == CommitResult(len(piece) + 1, 0, 0)
    assert asked(proxy) == looked
    assert store.commit(backlog(school), []) == CommitResult(0, 700, 0)
    assert len(values(store, school)) == 705


def test_a_restart_amid_a_backlog_looks_once_and_knows_the_rest(
    buckets: Buckets, store: InfluxSeries, proxy: InfluxProxy, school: str
) -> None:
    store.commit([row(school, BEFORE_MS), row(school, AFTER_MS), *backlog(school)[:100]], [])
    again = _opened(buckets, proxy)
    assert again.commit(backlog(school)[100:200], []).stored == 100
    looked = asked(proxy)
    for start in range(200, 700, 100):
        assert again.commit(backlog(school)[start : start + 100], []).stored == 100
    assert asked(proxy) == looked
    assert again.commit([row(school, AFTER_MS)], []).repeated == 1  # what ends the gap is not in it
    assert len(values(again, school)) == 702
    again.close()


def test_rows_whose_answer_was_lost_are_compared_and_no_others(
    store: InfluxSeries, proxy: InfluxProxy, school: str
) -> None:
    store.commit([row(school, BEFORE_MS), row(school, AFTER_MS)], [])
    proxy.trouble = lambda seen: Said(0, pass_on=True) if "/write" in seen.path else None
    with pytest.raises(StoreDown):
        store.commit(backlog(school)[:300], [])
    proxy.trouble = lambda _: None
    store.replace_assignments(school, "d1", [Assignment(school, "d1", "r1", 0)])  # twice under two rooms, were it not
    assert store.commit(backlog(school)[:300], []) == CommitResult(0, 300, 0)
    looked = asked(proxy)
    assert store.commit(backlog(school)[300:], []) == CommitResult(400, 0, 0)
    assert asked(proxy) == looked
    assert len(values(store, school)) == 702


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.timeout(180)
def test_any_order_any_trouble_leaves_what_the_plain_rule_says(
    buckets: Buckets, proxy: InfluxProxy, school: str, seed: int
) -> None:
    """Outages, backlogs, repeats, conflicts, lost answers, restarts, moves: one value a key, and the right one."""
    chance, oracle, store = Random(seed), Oracle(), _opened(buckets, proxy)
    epochs = [f"{school}{epoch}" for epoch in "ab"]
    for _ in range(60):
        points = [_any_row(school, chance, epochs) for _ in range(chance.randrange(1, 25))]
        proxy.trouble = _trouble(chance)
        try:
            store.commit(points, [])
        except StoreDown:
            proxy.trouble = lambda _: None
            if chance.random() < 0.3:
                store.close()
                store = _opened(buckets, proxy)
            if chance.random() < 0.3:
                hung = Assignment(school, "d1", f"r{chance.randrange(3)}", chance.randrange(3_000) * STEP_MS)
                store.replace_assignments(school, "d1", [hung])
            if chance.random() < 0.5:
                chance.shuffle(points)
            retried(lambda: store.commit(points, []))  # noqa: B023  # called at once
        for item in points:
            oracle.put(item)
    proxy.trouble = lambda _: None
    assert values(store, school) == {key: kept[2] for key, kept in oracle.kept.items()}
    store.close()


def _any_row(school: str, chance: Random, epochs: list[str]) -> Point:
    number = chance.choice([chance.randrange(40), chance.randrange(3_000), chance.randrange(1_000, 1_100)])
    device, epoch = chance.choice(["d1", "d2"]), chance.choice(epochs)
    measured: dict[str, float | str] = {"co2_ppm": float(number % 7), "error_code": f"E{number % 3}"}
    kept = dict(list(measured.items())[: 1 + number % 2])
    return Point(school, device, (number // chance.choice([1, 1, 1, 2])) * STEP_MS, kept, epoch, number)


def _trouble(chance: Random) -> Callable[[Seen], Said | None]:
    """Now and then one write of a commit is cut, before or after it was done."""
    kind = chance.choice([None, None, None, Said(0), Said(0, pass_on=True), Said(503)])
    return lambda seen: kind if "/write" in seen.path else None


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_comparing_every_row(store: InfluxSeries, school: str, seed: int) -> None:
    chance, plain = Random(seed), f"{school}x"
    for _ in range(25):
        points = [_any_row(school, chance, [f"{school}a"]) for _ in range(chance.randrange(1, 30))]
        for (where, _), device in store._devices.all().items():
            if where == plain:
                device.gaps = ()
        compared = [msgspec.structs.replace(each, school=plain) for each in points]
        assert store.commit(points, []) == store.commit(compared, [])
    assert values(store, school) == values(store, plain)


@pytest.mark.timeout(180)
def test_killed_amid_a_backlog(tmp_path: Path) -> None:
    """influxd dies three times while new rows and an hour's backlog go in; all of both is there, once."""
    with Influxd(tmp_path) as influx:
        buckets = Buckets(influx, tmp_path)
        store = buckets.open()
        store.commit([row("k", BEFORE_MS), row("k", AFTER_MS)], [])
        late, batches, done = backlog("k"), 70, [0]

        def feed() -> None:
            for number in range(batches):
                piece = [*late[number * 10 : number * 10 + 10], row("k", AFTER_MS + STEP_MS * (number + 1))]
                retried(lambda: store.commit(piece, []), 30)  # noqa: B023  # called at once
                done[0] += 1

        feeder = threading.Thread(target=feed)
        feeder.start()
        for share in (1, 2, 3):
            deadline = time.monotonic() + 15
            while done[0] < batches * share // 4 and time.monotonic() < deadline:
                time.sleep(0.002)
            influx.kill()
            influx.start()
        feeder.join(120)
        assert not feeder.is_alive()
        wanted = [BEFORE_MS, *(each.t_ms for each in late), *(AFTER_MS + STEP_MS * n for n in range(batches + 1))]
        found = store.raw("k", None, None, 0, 10**12, 10**6)
        assert [each[0] for each in found] == wanted
        assert all(each[4] == float(each[0] % 997) for each in found)
        store.close()
