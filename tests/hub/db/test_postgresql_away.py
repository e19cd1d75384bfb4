"""A PostgreSQL that is restarted, gone or taken under a hub: nothing acknowledged is lost, and people are told why."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from hub.alerts.log import AlertLog
from hub.audit import entries, record
from hub.db.claim import Claim
from hub.db.engine import DatabaseUnusable, complaint, open_database, reading, unwritable
from hub.db.models import AuditRow, EventRow
from hub.db.postgres import WRITERS
from hub.notice import Notice
from hub.registry.registry import Registry
from tests.hub.databases import Databases, state_section
from tests.hub.ingest.bench import SCHOOL, Bench, bench, until
from tests.sim.postgres import Postgres
from wire.messages import AckStatus, Stream
from wire.text import Text
from wire.topics import Channel

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """A server that these tests may stop."""
    folder = tmp_path_factory.mktemp("own")
    with Postgres(folder) as server:
        yield Databases(folder, server)


@pytest.fixture
def server(own: Databases) -> Postgres:
    assert own.server is not None
    return own.server


@pytest.fixture
def engine(own: Databases, tmp_path: Path) -> Iterator[Engine]:
    url = own.fresh(tmp_path)
    opened = open_database(url)
    yield opened
    opened.dispose()
    own.drop(url)


@pytest.fixture
async def it(own: Databases, tmp_path: Path) -> AsyncIterator[Bench]:
    url = own.fresh(tmp_path)
    (tmp_path / "state.toml").write_text(state_section(url, tmp_path))
    async with bench(tmp_path) as made:
        yield made
    own.drop(url)


def event(number: int, at_ms: int) -> dict[str, object]:
    return {"id": f"event-{number:04}", "d": "g1-door", "k": "contact", "data": {}, "t": at_ms}


async def test_events_are_acknowledged_after_a_restart_in_mid_transaction(it: Bench, server: Postgres) -> None:
    """Rows come in all the time; the server is killed in the middle and comes back. 0 lost, 0 twice."""
    it.state()
    total = 60

    async def feed() -> None:
        for number in range(1, total + 1):
            rows = [event(number, it.now())]
            it.message(Channel.EVENT, it.batch(number, rows, oldest=1))
            await asyncio.sleep(0.02)

    feeding = asyncio.create_task(feed())
    await it.until_acked(10, Stream.EVENT)
    await asyncio.to_thread(server.stop, immediately=True)
    await until(lambda: it.pipeline.events.down is not None, "the hub knows that its database is away")
    (notice,) = [each for each in it.pipeline.problems() if each.code == "state.down"]
    assert f"127.0.0.1:{server.port}" in notice.text.en
    assert server.password not in notice.text.both()
    it.acks.clear()
    it.message(Channel.EVENT, it.batch(1, [event(1, it.now())], oldest=1))
    await until(lambda: bool(it.acks), "answered")
    assert it.acks[-1].status is AckStatus.STORE_DOWN
    await feeding
    await asyncio.to_thread(server.start)
    await it.until_acked(total, Stream.EVENT)
    with it.engine.connect() as connection:
        stored = sorted(connection.scalars(select(EventRow.id)))
    assert stored == [f"event-{number:04}" for number in range(1, total + 1)]
    await until(lambda: not [one for one in it.pipeline.problems() if one.code.startswith("state")], "well again")


async def test_what_the_registry_could_not_note_is_noted_afterwards(it: Bench, server: Postgres) -> None:
    await asyncio.to_thread(server.stop, immediately=True)
    it.state("g9")
    it.tele(1, [{"d": "g1-new", "t": it.now(), "v": {"co2_ppm": 700}}])
    await until(lambda: any(each.code == "state.registry_down" for each in it.pipeline.problems()), "told")
    await asyncio.to_thread(server.start)
    await until(lambda: it.registry.device(SCHOOL, "g1-new") is not None, "the device is listed")
    assert it.registry.gateway(SCHOOL, "g9") is not None


def test_a_transaction_cut_in_the_middle_leaves_nothing_and_the_next_one_works(
    engine: Engine, server: Postgres
) -> None:
    record(engine, "before", "x", 1)

    def half() -> None:
        with engine.begin() as connection:
            connection.execute(insert(AuditRow).values(who="half", what="x", at_ms=2))
            server.stop(immediately=True)
            server.start()
            connection.execute(insert(AuditRow).values(who="half", what="y", at_ms=3))

    with pytest.raises(OperationalError) as cut:
        half()
    assert server.password not in str(cut.value) + unwritable(cut.value).both()
    record(engine, "after", "x", 4)
    assert [entry.who for entry in entries(engine)] == ["after", "before"]


async def test_alerts_survive_a_database_that_was_away(engine: Engine, server: Postgres) -> None:
    notices = [Notice("disk.full", Text("đầy", "full"))]
    registry = Registry(engine)

    async def run(work: Callable[[], object]) -> object:
        return work()

    clock = [1_000]
    log = AlertLog(engine=engine, registry=registry, problems=lambda: notices, in_thread=run, now_ms=lambda: clock[0])
    server.stop(immediately=True)
    await log.note_causes()
    with pytest.raises(SQLAlchemyError):
        await log.log_alerts()
    server.start()
    clock[0] += 5_000
    await log.log_alerts()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT code, opened_ms FROM alert")).all() == [("disk.full", 1_000)]


def test_one_hub_of_a_name_in_a_database(engine: Engine, server: Postgres) -> None:
    first, second, other = Claim(engine, "main"), Claim(engine, "main"), Claim(engine, "observer")
    assert first.take()
    assert not second.take()
    assert other.take(), "another name may observe"
    assert f"127.0.0.1:{server.port}" in second.refusal.en
    server.stop(immediately=True)
    first.renew()
    server.start()
    first.renew()
    assert not second.take(), "the claim was taken again after the restart"
    assert first.problems() == []
    first.release()
    deadline = time.monotonic() + 10
    while not second.take():
        assert time.monotonic() < deadline
    first.renew()
    assert [notice.code for notice in first.problems()] == ["state.claimed"]
    second.release()
    deadline = time.monotonic() + 10
    while first.problems():  # the server lets go of a lock a moment after its holder has gone
        assert time.monotonic() < deadline
        first.renew()
    first.release()
    other.release()


def test_a_statement_that_takes_for_ever_and_a_lock_nobody_gives_are_given_up(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "30s"
        assert connection.scalar(text("SHOW lock_timeout")) == "10s"
    with engine.begin() as writing, reading(engine).connect() as other:
        assert writing.in_transaction()
        other.execute(text("SET lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            other.execute(text(f"SELECT pg_advisory_lock({WRITERS})"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"database": "nowhere"}, "createdb"),
        ({"password": "wrong-password-123"}, "state.password_file"),
        ({"port": 1}, "server runs"),
    ],
)
def test_what_is_wrong_is_named_without_the_password(engine: Engine, change: dict[str, object], said: str) -> None:
    where = engine.url.set(**change)  # type: ignore[arg-type]
    with pytest.raises(DatabaseUnusable) as unusable:
        open_database(where)
    for language in unusable.value.text:
        assert str(where.database) in language
        assert str(where.host) in language
        assert str(where.password) not in language
    assert said in unusable.value.text.en
    assert complaint(where, unusable.value) == unusable.value.text
