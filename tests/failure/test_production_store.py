"""InfluxDB under a hub: killed, away, closed to us, forgotten, full; nothing lost or stored twice, people are told."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.stores.influx.http import BUCKET_MISSING, UNAUTHORISED
from tests.failure.outages import hold, settle, start_flowing
from tests.failure.production import BUCKET, ProductionStand
from tests.failure.stand import GATEWAY, SOAK, Count, length, wait_until
from tests.hub.test_full_disk import fill

DOWN = "store.down"
STUFFY_PPM = 2_500


def test_influxd_killed_in_the_middle_of_writes(production: ProductionStand, report: list[Count]) -> None:
    start_flowing(production)
    for _ in range(3):
        production.influx.kill()
        time.sleep(length(20) / 3)
        production.wait_told(DOWN, "is it running")
        production.influx.start()
        stored = len(production.stored_now())
        wait_until(lambda: len(production.stored_now()) > stored, 30, "commits again")  # noqa: B023  # called at once
    settle(production, report)
    assert DOWN not in production.notices()


def test_influxd_away_while_pages_go_on_and_alerts_work(production: ProductionStand, report: list[Count]) -> None:
    """Twenty minutes, longer than a gateway's credit lasts; a room gets stuffy meanwhile, and somebody is told."""
    start_flowing(production)
    before, stuffy = production.alerts_before(DOWN), len(production.alerts("room.stuffy"))
    production.influx.kill()
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < length(1_200):
        at_ms = time.time_ns() // 1_000_000
        production.feeder.send({"co2": STUFFY_PPM + sent, "last_seen": at_ms})
        sent += 1
        production.live_goes_on(3)
    production.wait_told(DOWN, "is it running")
    assert len(production.alerts("room.stuffy")) == stuffy + 1, "an alert while the store is away"
    assert production.account()["outstanding"] > 0, "rows were acknowledged that no store holds"
    memory = production.hub.resident_mb()
    production.influx.start()
    settle(production, report, repeats=sent)
    assert production.hub.resident_mb() < memory + 80
    production.wait_one_alert(DOWN, before)


def test_the_token_is_revoked_then_restored(production: ProductionStand, report: list[Count]) -> None:
    start_flowing(production)
    before = production.alerts_before(UNAUTHORISED)
    _allow_hub(production, "inactive")
    production.live_goes_on(length(30))
    production.wait_told(UNAUTHORISED, "classhub store setup --rotate")
    _allow_hub(production, "active")
    settle(production, report)
    production.wait_one_alert(UNAUTHORISED, before)


def _allow_hub(stand: ProductionStand, status: str) -> None:
    listed = stand.admin.call("GET", "/api/v2/authorizations")["authorizations"]
    (ours,) = [each for each in listed if each["description"].startswith("ClassHub hub")]
    stand.admin.call("PATCH", f"/api/v2/authorizations/{ours['id']}", body={"status": status})


def test_the_bucket_is_deleted_and_made_again(production: ProductionStand, report: list[Count]) -> None:
    """What was acknowledged before went with the bucket; nothing that came afterwards is missing."""
    start_flowing(production)
    production.feeder.pause()
    wait_until(lambda: production.newest_stored() and not production.account()["outstanding"], 30, "all stored")
    gone = production.stored_now().keys()
    before = production.alerts_before(BUCKET_MISSING)
    (bucket,) = production.admin.call("GET", "/api/v2/buckets", {"name": f"{BUCKET}_raw"})["buckets"]
    production.admin.call("DELETE", f"/api/v2/buckets/{bucket['id']}")
    production.feeder.resume()
    production.live_goes_on(length(30))
    production.wait_told(BUCKET_MISSING, "classhub store setup")
    production.command("store", "setup")
    hold(production, 0)
    production.forget(gone)
    settle(production, report, repeats=len(gone))
    production.wait_one_alert(BUCKET_MISSING, before)


def test_the_hub_is_killed_between_influxdbs_answer_and_the_mark(
    production: ProductionStand, report: list[Count]
) -> None:
    """The points are there, nobody was told: they come again, and take the places of the same points."""
    start_flowing(production)
    for _ in range(3 if SOAK else 1):
        with production.marks_held_up():
            marked = production.account()["received"] - production.account()["outstanding"]
            production.hub.kill()
        assert len(production.stored_now()) > marked, "the hub was killed too late"
        production.hub.start()
        production.wait_ready(60)
        wait_until(lambda: production.gateway()["online"], 30, f"{GATEWAY} online again")
        hold(production, 1)
    settle(production, report)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MB: a tmpfs, which only root may mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("only root has a small disk to fill")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_influxds_disk_is_full(small_disk: Path, tmp_path: Path, report: list[Count]) -> None:
    with ProductionStand(tmp_path / "stand", influx_folder=small_disk, persistent_broker=True) as stand:
        start_flowing(stand)
        before = stand.alerts_before(DOWN)
        stand.feeder.per_second = 300  # the last page of influxd's log has room for little only
        began = time.monotonic()
        while time.monotonic() - began < length(30) or DOWN not in stand.notices():
            fill(small_disk / "fill")  # again: whoever gives up a write gives its few bytes back
            stand.live_goes_on(1)
            assert time.monotonic() - began < length(30) + 60, f"nobody was told; {stand.notices()}"
        stand.wait_told(DOWN, "no space left on device")
        stand.feeder.per_second = 20
        (small_disk / "fill").unlink()
        settle(stand, report, exact_s=0.2)  # so many messages a second share milliseconds
        stand.wait_one_alert(DOWN, before)
