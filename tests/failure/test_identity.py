"""Cards are cloned, restored and replaced, disks fill up, clocks jump: a row number never means two things."""

import shutil
import time

import pytest

from tests.failure.outages import REDELIVERED, hold, online, settle, start_flowing
from tests.failure.stand import GATEWAY, Count, Program, Stand, length, wait_until
from tests.patience import promised_s


def test_power_cut_an_older_copy_of_the_outbox_is_put_back(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.edge.kill()
    shutil.copytree(stand.folder / "edge", stand.folder / "card")
    stand.edge.start()
    held = len(stand.stored_now())
    wait_until(lambda: len(stand.stored_now()) > held + 60, 60, "rows sent after the copy was made")
    stand.edge.kill()
    shutil.rmtree(stand.folder / "edge")
    shutil.copytree(stand.folder / "card", stand.folder / "edge")
    stand.edge.start()
    settle(stand, report, starts=2)
    assert "begins a new epoch" in stand.edge.text()


def test_the_gateway_is_replaced_under_the_same_name(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.feeder.pause()
    wait_until(lambda: stand.account()["outstanding"] == 0 and stand.newest_stored(), 30, "all of the first machine")
    assert stand.edge.stop() == 0
    shutil.rmtree(stand.folder / "edge")
    (stand.folder / "edge").mkdir()
    stand.edge.start()
    wait_until(lambda: online(stand) == [GATEWAY], 20, "the new machine online")
    stand.feeder.resume()
    hold(stand, length(10))
    settle(stand, report)


def test_two_gateways_from_one_card_image(stand: Stand, report: list[Count]) -> None:
    """A second machine boots from a copy of the first one's card, under its own machine id, after the first stopped."""
    start_flowing(stand)
    stand.edge.kill()
    shutil.copytree(stand.folder / "edge", stand.folder / "clone")
    stand.edge.start()
    wait_until(lambda: online(stand) == [GATEWAY], 20, "the first machine online")
    hold(stand, length(10))
    stand.edge.kill()
    (stand.folder / "clone-machine-id").write_text("00000000000000000000000000000002\n")
    stand.write_edge("clone", stand.relay.port, 'machine_id_file = "clone-machine-id"')
    clone = Program(["edge", "run", "--config", str(stand.folder / "clone.toml")], stand.folder / "clone.log").start()
    try:
        wait_until(lambda: "(cloned)" in clone.text() and online(stand) == [GATEWAY], 20, "the clone online")
        hold(stand, length(10))
    finally:
        clone.stop()
    stand.edge.start()
    settle(stand, report, starts=4)


def test_the_edge_disk_is_full(stand: Stand, report: list[Count]) -> None:
    """Telemetry stops and is declared to the last row, events wait and are not lost, and it recovers by itself."""
    start_flowing(stand)
    hold(stand, 0)
    events = stand.gateway()["event"]["received"]
    stand.edge.limit_files(4096)
    time.sleep(length(60) / 2)
    stand.feeder.send({"action": "single"})
    time.sleep(length(60) / 2)
    assert stand.gateway()["event"]["received"] == events
    assert stand.edge.process is not None
    assert stand.edge.process.poll() is None, "the agent must outlive a full disk"
    stand.edge.limit_files(None)
    hold(stand, 1)
    wait_until(lambda: stand.gateway()["event"]["received"] == events + 1, 20, "the event of a full disk")
    wait_until(lambda: stand.account()["dropped"].get("disk", 0) > 0, 40, "the drops are declared")
    stand.drain()
    count, account = stand.count(), stand.account()
    report.append(count)
    assert count.duplicated == 0
    assert (account["lost"], account["outstanding"], account["overwritten"]) == (0, 0, 0), account
    assert account["dropped"] == {"disk": count.lost}, (count, account)
    assert account["expected"] == count.sent == account["received"] + count.lost, (count, account)


@pytest.mark.parametrize("days", [14, -14])
def test_the_gateways_clock_is_wrong_by_14_days_then_corrected(stand: Stand, report: list[Count], days: int) -> None:
    """The hub tells the error from `sent_at`, corrects, says so on the page; the step in the middle costs nothing."""
    stand.edge.environment = stand.fake_clock(days * 86_400)
    stand.feeder.carries_time = False
    start_flowing(stand)
    hold(stand, length(30))
    assert any("clock" in problem for problem in map(str, stand.gateway()["problems"])), stand.gateway()
    stand.set_fake_clock(0)
    hold(stand, length(30))
    settle(stand, report, exact_s=promised_s(5), repeats=REDELIVERED)
