"""The hub's disk: refusing writes while pages go on, restored from a backup, away longer than an outbox can hold."""

import shutil
import time

import pytest

from tests.failure.outages import hold, settle, start_flowing
from tests.failure.stand import Count, Stand, length, wait_until


@pytest.mark.parametrize("stand", [{"hub": "[limits]\ncredit = 100"}], indirect=True, ids=["longer than credit"])
def test_the_store_refuses_writes_while_pages_go_on(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.hub.limit_files(4096)
    began = time.monotonic()
    while time.monotonic() - began < length(120):
        before = stand.shown()[1]
        wait_until(lambda before=before: stand.shown()[1] > before, 10, "live pages going on")  # type: ignore[misc]
    assert stand.web("/api/v1/status")["problems"], "nobody was told that the store refuses writes"
    assert stand.account()["outstanding"] > 0, "rows were acknowledged that no disk holds"
    memory = stand.hub.resident_mb()
    stand.hub.limit_files(None)
    settle(stand, report)
    assert stand.hub.resident_mb() < memory + 80
    wait_until(lambda: not stand.web("/api/v1/status")["problems"], 90, "the last background job tried again")


def test_the_hub_is_restored_from_a_backup(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    assert stand.hub.stop() == 0
    shutil.copytree(stand.folder / "hub", stand.folder / "backup")
    stand.hub.start()
    stand.wait_ready(60)
    held = len(stand.stored_now())
    wait_until(lambda: len(stand.stored_now()) > held + 40, 60, "rows committed after the backup")
    stand.hub.stop()
    shutil.rmtree(stand.folder / "hub")
    shutil.copytree(stand.folder / "backup", stand.folder / "hub")
    stand.hub.start()
    stand.wait_ready(60)
    settle(stand, report)


@pytest.mark.parametrize("down", ["hub", "store"])
@pytest.mark.parametrize("stand", [{"outbox": "max_mb = 0.3"}], indirect=True, ids=["small outbox"])
def test_down_for_longer_than_the_outbox_can_hold(stand: Stand, report: list[Count], down: str) -> None:
    """Not lossless, and it must say so: every row that is not stored was declared dropped, and the newest are kept.

    While only the store is down the hub may hold in memory what the outbox gives up, and store it after all.
    """
    start_flowing(stand)
    if down == "hub":
        stand.hub.stop()
    else:
        stand.hub.limit_files(4096)
    stand.feeder.per_second = 900  # a sensor has one time a millisecond
    wait_until(lambda: stand.given_up() > 0, 90, "the outbox gives up its oldest rows")
    stand.feeder.per_second = 20
    stand.hub.start().limit_files(None)
    stand.wait_ready(60)
    hold(stand, 5)
    stand.drain()
    count, account = stand.count(), stand.account()
    report.append(count)
    assert count.duplicated == 0
    assert count.lost > 0 or down == "store", "the outbox was meant to overflow"
    assert (account["lost"], account["outstanding"], account["overwritten"]) == (0, 0, 0), account
    assert account["dropped"].get("size", 0) == sum(account["dropped"].values()) == count.lost, (count, account)
    assert account["expected"] == count.sent == account["received"] + count.lost, (count, account)
    missing = stand.feeder.sent.keys() - stand.stored_now().keys()
    assert max(missing, default=0) < max(stand.feeder.sent) - 100, "the oldest go first"
