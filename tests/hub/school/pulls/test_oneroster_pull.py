"""A school's server asked by the hub itself: first all, then what changed; failures, restarts, people's decisions."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from hub.school.journal import Status
from hub.school.pulls.settings import PullSection
from hub.school.pulls.state import Outcome, read_states
from hub.school.reading_children import Children
from tests.hub.school.pulls.conftest import NOW, Bench
from tests.patience import PATIENCE_S
from tests.sim.oneroster_server import Fault, OneRosterServer

LATER = "2026-11-30T00:00:00.000Z"
DAY_MS = 86_400_000


@pytest.fixture
def pull(server: OneRosterServer, tmp_path: Path) -> PullSection:
    secret = tmp_path / "secret"
    secret.write_text(server.secret + "\n", "utf-8")
    return PullSection(
        school="thu",
        name="so",
        kind="oneroster",
        url=server.url,
        token_url=server.token_url,
        client_id=server.client_id,
        secret_file=str(secret),
    )


async def test_all_first_then_only_what_changed(bench: Bench, server: OneRosterServer, pull: PullSection) -> None:
    bench.start(pull)
    first = await bench.again()
    assert first.outcome is Outcome.APPLIED
    assert first.last_good_ms == bench.now_ms
    assert (bench.counted("school_person"), bench.counted("school_enrolment")) == (14, 14)
    assert [one.source for one in bench.schools.imports("thu")] == ["so"]
    server.asked.clear()
    assert (await bench.again()).outcome is Outcome.UNCHANGED
    assert all("filter" in query for path, query in server.asked if path.endswith("/users"))
    server.rows["enrollments"][0] |= {"status": "tobedeleted", "dateLastModified": LATER}
    server.rows["users"][1] |= {"givenName": "Mới", "dateLastModified": LATER}
    third = await bench.again()
    assert third.outcome is Outcome.APPLIED, third
    assert (bench.counted("school_person"), bench.counted("school_enrolment")) == (14, 13)


def kill(children: Children) -> None:
    for pid in children.pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def test_a_hub_s_pull_goes_by_a_child(bench: Bench, server: OneRosterServer, pull: PullSection) -> None:
    """The same decisions, deltas and words; a child that is gone in the middle is a failure that passes."""
    children = Children()
    bench.server_reader = children.read_server
    try:
        bench.start(pull)
        assert (await bench.again()).outcome is Outcome.APPLIED
        assert bench.counted("school_person") == 14
        server.asked.clear()
        assert (await bench.again()).outcome is Outcome.UNCHANGED
        assert all("filter" in query for path, query in server.asked if path.endswith("/users"))
        server.before = lambda *_: kill(children)
        killed = await bench.again()
        assert (killed.outcome, killed.failures) == (Outcome.FAILED, 1)
        assert "memory" in killed.said.en
        server.before = lambda *_: None
        assert (await bench.again()).outcome is Outcome.UNCHANGED
    finally:
        children.close()


async def test_all_of_it_again_after_some_days(bench: Bench, server: OneRosterServer, pull: PullSection) -> None:
    bench.start(pull)
    await bench.again()
    bench.now_ms += 8 * DAY_MS
    server.asked.clear()
    await bench.again()
    assert not any("filter" in query for path, query in server.asked if path.endswith("/enrollments"))


async def test_a_server_away_for_weeks(bench: Bench, server: OneRosterServer, pull: PullSection) -> None:
    """The hub goes on with what it has, says how old it is, and is well again at once when the server is back."""
    pulls = bench.start(msgspec.structs.replace(pull, every_minutes=5))
    await bench.again()
    good_ms = bench.view().last_good_ms
    server.faults = [Fault("token", times=10**6, status=403)]
    for day in range(1, 22):
        bench.now_ms = NOW + day * DAY_MS
        view = await bench.again()
        assert view.outcome is Outcome.FAILED
        assert view.failures == day
        assert view.last_good_ms == good_ms
        assert view.old == (day > 2 or bench.now_ms - (good_ms or 0) > 2 * DAY_MS)
        assert bench.now_ms < view.next_try_ms <= bench.now_ms + 3_600_000
    (notice,) = pulls.problems()
    assert (notice.code, notice.school, notice.subject) == ("school.old", "thu", "so")
    assert "“so” của THPT Thử Nghiệm: " in notice.text.vi
    assert "21 ngày" in notice.text.vi
    assert "21 days" in notice.text.en
    assert server.secret not in notice.text.both()
    assert pulls.figures()["pulls_failing"] == 1
    assert bench.counted("school_person") == 14
    server.faults.clear()
    assert (await bench.again()).failures == 0
    assert pulls.problems() == []


async def test_a_restart_keeps_the_schedule(bench: Bench, server: OneRosterServer, pull: PullSection) -> None:
    bench.start(pull)
    before = await bench.again()
    await bench.stop()
    server.asked.clear()
    bench.start(pull)
    await bench.until(lambda: bench.pulls is not None and bench.pulls.view())
    after = bench.view()
    assert (after.next_try_ms, after.last_good_ms, after.outcome) == (
        before.next_try_ms, before.last_good_ms, before.outcome,
    )  # fmt: skip
    assert server.asked == [], "not due yet"
    bench.now_ms = before.next_try_ms
    await bench.until(lambda: bench.view().last_try_ms == bench.now_ms)
    assert any("filter" in query for _, query in server.asked), "it remembers from when on to ask"


async def test_a_hub_that_ends_in_the_middle_of_a_pull_changes_nothing(
    bench: Bench, server: OneRosterServer, pull: PullSection
) -> None:
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def before(collection: str, _: int) -> None:
        if collection == "enrollments":
            loop.call_soon_threadsafe(reached.set)

    server.before = before
    server.faults = [Fault("enrollments", slow_s=10.0)]
    pulls = bench.start(pull)
    await bench.until(pulls.view)
    known = read_states(bench.engine)["so"]
    assert pulls.run_now("so")
    await asyncio.wait_for(reached.wait(), PATIENCE_S)
    assert bench.view().running
    await bench.stop()
    assert bench.counted("school_person") == 0
    assert bench.schools.imports("thu") == []
    assert read_states(bench.engine)["so"] == known
    bench.start(pull)
    assert (await bench.again()).outcome is Outcome.APPLIED
    assert bench.counted("school_enrolment") == 14


async def test_a_shrunken_school_waits_for_a_person(bench: Bench, server: OneRosterServer, pull: PullSection) -> None:
    pulls = bench.start(msgspec.structs.replace(pull, full_days=1))
    await bench.again()
    whole = dict(server.rows)
    server.rows = whole | {"users": whole["users"][:3] + whole["users"][-2:], "enrollments": whole["enrollments"][:3]}
    bench.now_ms += 2 * DAY_MS
    held = await bench.again()
    assert held.outcome is Outcome.HELD
    assert bench.counted("school_person") == 14
    await bench.until(lambda: "school.held" in [one.code for one in pulls.problems()])
    (notice,) = (one for one in pulls.problems() if one.code == "school.held")
    assert notice.school == "thu"
    assert notice.text.vi.startswith("THPT Thử Nghiệm: 1 lần nhập")
    assert notice.text.en.startswith("THPT Thử Nghiệm: 1 import")
    again = await bench.again()
    assert (again.outcome, again.import_id) == (Outcome.HELD, held.import_id), "one import waits, not one every hour"
    assert held.import_id is not None
    bench.schools.decide(held.import_id, "hiệu trưởng", bench.now_ms, apply=True)
    assert bench.counted("school_person") == 5
    assert (await bench.again()).outcome is Outcome.UNCHANGED
    await bench.until(lambda: pulls.problems() == [])


async def test_a_part_that_fails_is_told_and_tried_soon(
    bench: Bench, server: OneRosterServer, pull: PullSection
) -> None:
    bench.start(pull)
    await bench.again()
    server.filters = False
    server.faults = [Fault("classes", times=100, status=404), Fault("enrollments", times=100, body=b"oops")]
    view = await bench.again()
    assert view.outcome is Outcome.PARTIAL, view
    assert "enrollments" in view.said.vi
    assert (bench.counted("school_class"), bench.counted("school_enrolment")) == (2, 14)
    assert view.next_try_ms - bench.now_ms < 3_600_000


async def test_a_school_nobody_set_up_and_a_secret_that_is_gone(
    bench: Bench, pull: PullSection, tmp_path: Path
) -> None:
    bench.start(
        msgspec.structs.replace(pull, school="khac"),
        msgspec.structs.replace(pull, name="hai", secret_file=str(tmp_path / "nowhere")),
    )
    assert "khac" in (await bench.again()).said.en
    assert "secret_file" in (await bench.again("hai")).said.en
    assert {one.status for one in bench.schools.imports()} <= {Status.REFUSED}
    assert not bench.pulls.run_now("ba")  # type: ignore[union-attr]
