"""Writing to InfluxDB when things go wrong: a server that waits, refuses, forgets or dies; 0 lost, 0 twice."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from hub.registry.model import Assignment
from hub.stores.influx.delivery import MOST_REQUESTS
from hub.stores.influx.http import BUCKET_MISSING, UNAUTHORISED, InfluxHttp, retry_after_s
from hub.stores.influx.setup import Installer, token_of
from hub.stores.influxdb import InfluxSeries
from hub.stores.series import CommitResult, Mark, Point, PointsRefused, StoreDown
from tests.hub.stores.influx_stand import Buckets
from tests.hub.stores.test_series_contract import values
from tests.patience import PATIENCE_S
from tests.sim.influx_proxy import InfluxProxy, Said
from tests.sim.influxd import Influxd

SCHOOLS = count()
CUT = Said(0)


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


@pytest.fixture(params=[False, True], ids=["plain", "gzip"])
def store(request: pytest.FixtureRequest, buckets: Buckets, proxy: InfluxProxy) -> Iterator[InfluxSeries]:
    section = msgspec.structs.replace(buckets.section, url=proxy.url, gzip=request.param)
    made = InfluxSeries(section, buckets.influx.token, buckets.engine, lambda: buckets.now_ms)
    made.commit([], [])
    yield made
    made.close()


@pytest.fixture
def school() -> str:
    return f"f{next(SCHOOLS)}"


def rows(school: str, many: int, first: int = 1) -> list[Point]:
    return [Point(school, f"d{n % 7}", n, {"co2_ppm": float(n)}, "aa", n) for n in range(first, first + many)]


def mark(school: str, upto: int) -> Mark:
    return Mark(school, "g1", "tele", "aa", 0, str(upto).encode())


def marked(store: InfluxSeries, school: str) -> list[bytes]:
    return [each.ledger for each in store.marks() if each.school == school]


def retried(commit: Callable[[], CommitResult], within_s: float = PATIENCE_S) -> CommitResult:
    deadline = time.monotonic() + max(within_s, PATIENCE_S)
    while True:
        try:
            return commit()
        except StoreDown:
            assert time.monotonic() < deadline, "the store does not come back"
            time.sleep(0.05)


@pytest.mark.parametrize("status", [429, 503])
def test_told_to_wait_the_server_is_not_asked_until_then(
    store: InfluxSeries, proxy: InfluxProxy, school: str, status: int
) -> None:
    store.commit(rows(school, 1, 100), [])
    proxy.trouble = lambda _: Said(status, headers={"Retry-After": "300"})
    asked_at = time.monotonic()
    with pytest.raises(StoreDown, match=str(status)):
        store.commit(rows(school, 5), [mark(school, 5)])
    proxy.trouble = lambda _: None
    before = len(proxy.seen)
    with pytest.raises(StoreDown, match=str(status)):
        store.commit(rows(school, 5), [mark(school, 5)])
    assert len(proxy.seen) == before
    assert marked(store, school) == []
    assert store._http._not_before_s >= asked_at + 300
    store._http._not_before_s -= 300  # they are over
    assert retried(lambda: store.commit(rows(school, 5), [mark(school, 5)])).overwritten == 0
    assert (len(values(store, school)), marked(store, school)) == (6, [b"5"])


def test_how_long_to_wait_is_read_in_both_forms() -> None:
    now_s = 1_760_000_000.0
    later = format_datetime(datetime.fromtimestamp(now_s, UTC) + timedelta(seconds=90), usegmt=True)
    said = {"7": 7.0, "0.5": 0.5, later: 90.0, "-3": 0.0, "": 0.0, "soon": 0.0, "nan": 0.0, "1e9": 300.0}
    assert {each: retry_after_s(each, now_s) for each in said} == said
    assert retry_after_s(None, now_s) == 0.0


@pytest.mark.parametrize("trouble", [Said(500), Said(502, b"<html>"), CUT, Said(429), Said(503)], ids=str)
def test_trouble_leaves_no_mark_and_nothing_twice(
    store: InfluxSeries, proxy: InfluxProxy, school: str, trouble: Said
) -> None:
    proxy.trouble = lambda _: trouble
    with pytest.raises(StoreDown):
        store.commit(rows(school, 20), [mark(school, 20)])
    assert marked(store, school) == []
    proxy.trouble = lambda _: None
    assert store.commit(rows(school, 20), [mark(school, 20)]).stored == 20
    assert len(values(store, school)) == 20


def test_an_answer_lost_on_the_way_stores_nothing_twice(store: InfluxSeries, proxy: InfluxProxy, school: str) -> None:
    """Also where the device was hung elsewhere meanwhile: one value a key, whatever the room tag."""
    proxy.trouble = lambda seen: Said(0, pass_on=True) if "/write" in seen.path else None
    with pytest.raises(StoreDown):
        store.commit(rows(school, 20), [mark(school, 20)])
    proxy.trouble = lambda _: None
    store.replace_assignments(school, "d1", [Assignment(school, "d1", "r1", 0)])
    assert store.commit(rows(school, 20), [mark(school, 20)]) == CommitResult(0, 20, 0)
    assert len(values(store, school)) == 20


def test_a_body_too_large_is_halved_and_the_size_remembered(
    store: InfluxSeries, proxy: InfluxProxy, school: str
) -> None:
    proxy.trouble = lambda seen: Said(413, b"too large") if "/write" in seen.path and len(seen.body) > 4_000 else None
    assert store.commit(rows(school, 1_000), []).stored == 1_000
    refused = len([each for each in proxy.writes() if len(each.body) > 4_000])
    assert 0 < refused < 10
    assert store.commit(rows(school, 1_000, 5_000), []).stored == 1_000
    assert len([each for each in proxy.writes() if len(each.body) > 4_000]) == refused
    assert len(values(store, school)) == 2_000


def test_lines_refused_without_a_word_which_are_found(store: InfluxSeries, proxy: InfluxProxy, school: str) -> None:
    """Nothing of a body that holds one of them is written, as a proxy or a later InfluxDB may answer."""
    bad = {17, 400, 401}
    proxy.trouble = lambda seen: (
        Said(400, b'{"code":"invalid","message":"poison"}')
        if any(f"co2_ppm={n}.0,".encode() in seen.body for n in bad)
        else None
    )
    with pytest.raises(PointsRefused) as refused:
        store.commit(rows(school, 500), [mark(school, 500)])
    assert refused.value.refused == tuple((n - 1, "poison") for n in sorted(bad))
    assert len(values(store, school)) == 497
    rest = [point for point in rows(school, 500) if point.row not in bad]
    assert store.commit(rest, [mark(school, 500)]) == CommitResult(0, 497, 0)


def test_looking_for_bad_lines_is_bounded(store: InfluxSeries, proxy: InfluxProxy, school: str) -> None:
    proxy.trouble = lambda seen: Said(400, b'{"message":"none of it"}') if "/write" in seen.path else None
    with pytest.raises(PointsRefused) as refused:
        store.commit(rows(school, 5_000), [])
    assert len(proxy.writes()) <= MOST_REQUESTS
    assert len(refused.value.refused) >= 50  # each time some: it comes to an end


def test_what_influxdb_drops_whole_costs_one_request(
    store: InfluxSeries, buckets: Buckets, proxy: InfluxProxy, school: str
) -> None:
    http = InfluxHttp(buckets.section, buckets.influx.token)
    day = 500 * 86_400_000
    http.write(f"{buckets.section.bucket}_raw", f"reading,device=x,school={school} noise_dba=5i {day}".encode())
    http.close()
    points = [Point(school, "d1", day + n, {"noise_dba": 50.0}, "aa", n) for n in range(1, 301)]
    with pytest.raises(PointsRefused) as refused:
        store.commit(points, [])
    assert len(refused.value.refused) == 300
    assert len(proxy.writes()) == 1


@pytest.mark.timeout(180)
def test_killed_in_the_middle_of_writes_and_started_again(tmp_path: Path) -> None:
    """What was marked is there, and all of it once; half the rows come again as gateways do."""
    with Influxd(tmp_path) as influx:
        buckets = Buckets(influx, tmp_path)
        store = buckets.open()
        stop, done = threading.Event(), [0]

        def feed() -> None:
            while not stop.is_set() or done[0] % 4:
                batch = rows("k", 200, done[0] * 100 + 1)
                retried(lambda: store.commit(batch, [mark("k", batch[-1].row)]), 30)  # noqa: B023  # called at once
                done[0] += 1

        feeder = threading.Thread(target=feed)
        feeder.start()
        for _ in range(3):
            begun = done[0]
            deadline = time.monotonic() + 15
            while done[0] < begun + 4 and time.monotonic() < deadline:
                time.sleep(0.005)
            influx.kill()
            influx.start()
        stop.set()
        feeder.join(2 * PATIENCE_S)
        assert not feeder.is_alive()
        upto = (done[0] - 1) * 100 + 200
        store.close()
        store = buckets.open()
        assert marked(store, "k") == [str(upto).encode()]
        found = store.raw("k", None, None, 0, 10**9, 10**6)
        assert [row[0] for row in found] == list(range(1, upto + 1))
        assert all(row[4] == row[0] for row in found)
        store.close()


@pytest.mark.timeout(180)
def test_a_token_revoked_and_a_bucket_deleted_are_mended_by_setup_while_the_hub_runs(tmp_path: Path) -> None:
    with Influxd(tmp_path) as influx:
        token, grafana = tmp_path / "hub.token", tmp_path / "grafana.token"
        buckets = Buckets(influx, tmp_path)
        section = msgspec.structs.replace(buckets.section, token_file=str(token))
        installer, admin = Installer(section, influx.token), InfluxHttp(section, influx.token)
        assert {step.done for step in installer.install(token, grafana, rotate=False)} == {"made", "as it was"}
        store = InfluxSeries(section, token_of(section), buckets.engine, lambda: buckets.now_ms)
        assert store.commit(rows("t", 3), [mark("t", 3)]).stored == 3
        assert store.size_bytes() > 0

        listed = admin.call("GET", "/api/v2/authorizations")["authorizations"]
        (ours,) = [each for each in listed if each["description"].startswith("ClassHub hub")]
        admin.call("PATCH", f"/api/v2/authorizations/{ours['id']}", body={"status": "inactive"})
        _says(store, UNAUTHORISED, "classhub store setup --rotate")
        admin.call("PATCH", f"/api/v2/authorizations/{ours['id']}", body={"status": "active"})
        assert store.commit(rows("t", 3, 4), [mark("t", 6)]).stored == 3

        admin.call("DELETE", f"/api/v2/authorizations/{ours['id']}")
        _says(store, UNAUTHORISED, "classhub store setup --rotate")
        list(installer.install(token, grafana, rotate=True))
        assert retried(lambda: store.commit(rows("t", 3, 7), [mark("t", 9)])).stored == 3

        raw = f"{section.bucket}_raw"
        (bucket,) = admin.call("GET", "/api/v2/buckets", {"name": raw})["buckets"]
        admin.call("DELETE", f"/api/v2/buckets/{bucket['id']}")
        _says(store, BUCKET_MISSING, "classhub store setup")
        list(installer.install(token, grafana, rotate=False))
        assert retried(lambda: store.commit(rows("t", 3, 10), [mark("t", 12)])).stored == 3
        assert marked(store, "t") == [b"12"]
        for each in (store, installer, admin):
            each.close()


def _says(store: InfluxSeries, code: str, command: str) -> None:
    with pytest.raises(StoreDown) as down:
        store.commit(rows("t", 3, 500), [mark("t", 502)])
    assert down.value.code == code
    assert command in down.value.text.vi
    assert command in down.value.text.en


def test_an_epoch_counts_only_once_its_number_is_in_sql(store: InfluxSeries, buckets: Buckets, school: str) -> None:
    """A transaction that fails at its end gave no number: rows under it would be nobody's after a restart."""
    failing = [OperationalError("COMMIT", {}, OSError("no space left on device"))]

    def fail(_connection: Connection) -> None:
        if failing:
            raise failing.pop()

    points = [Point(school, "d1", 1_000, {"co2_ppm": 400.0}, f"epoch-of-{school}", 1)]
    event.listen(buckets.engine, "commit", fail)
    try:
        with pytest.raises(StoreDown):
            store.commit(points, [])
        store.commit(points, [])
    finally:
        event.remove(buckets.engine, "commit", fail)
    assert [point.epoch for piece in store.export(school, 0, 2_000) for point in piece] == [f"epoch-of-{school}"]


def test_a_look_that_is_refused_is_the_store_s_trouble(store: InfluxSeries, proxy: InfluxProxy, school: str) -> None:
    """A proxy before InfluxDB that takes only short requests must not end the task that commits."""
    points = rows(school, 3)
    store.commit(points, [])
    proxy.trouble = lambda seen: Said(413) if seen.path.startswith("/query") else None
    with pytest.raises(StoreDown, match="413"):
        store.commit(points, [])
    with pytest.raises(StoreDown, match="413"):
        store.raw(school, None, None, 0, 10**13, 10)
    proxy.trouble = lambda _seen: None
    assert store.commit(points, []).repeated == 3
