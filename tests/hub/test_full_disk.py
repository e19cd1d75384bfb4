"""A disk that takes nothing more, under a real hub: each part names its problem, pages go on, and it recovers."""

import contextlib
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from hub.disk import disk_problems
from tests.hub.process import HubProcess, wait
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.protocol.gateway import Gateway, now

pytestmark = [pytest.mark.slow, pytest.mark.failure, pytest.mark.timeout(180)]
SCHOOL = """[school]
id = "s"
name = "S"
[[building]]
id = "a"
name = "A"
[[room]]
id = "a101"
name = "A101"
building = "a"
[[gateway]]
id = "g1"
name = "G1"
[[device]]
id = "g1-co2"
room = "a101"
gateway = "g1"
"""
PASSWORD = "a-long-password"


class Sensor:
    """One device behind a gateway; its values count up, so that what is shown and what is stored can be told."""

    def __init__(self, hub: HubProcess) -> None:
        self.hub = hub
        self.gateway = Gateway(hub.broker_port, "s", "g1")
        self.value = 500.0
        assert self.gateway.wait_for_hub()

    def measure(self) -> None:
        self.value += 1
        self.gateway.measure("g1-co2", {"co2_ppm": self.value}, now())
        self.gateway.send()

    def shown(self) -> bool:
        """Whether the room page has the newest value; sends again what a broken connection lost."""
        room = self.hub.web("/api/v1/rooms/s.a101")
        return bool(room["values"].get("co2_ppm", {}).get("value") == self.value)


def problems(hub: HubProcess) -> str:
    return " | ".join(f"{each['vi']} / {each['en']}" for each in hub.web("/api/v1/status")["problems"])


@contextlib.contextmanager
def running(folder: Path, store: str = "min_free_mb = 0") -> Iterator[tuple[HubProcess, Sensor]]:
    hub = HubProcess(folder, "embedded", free_port(), SCHOOL, store=store)
    (folder / "password").write_text(PASSWORD)
    hub.command("hub", "password", "--password-file", str(folder / "password"))
    try:
        hub.start()
        sensor = Sensor(hub)
        try:
            yield hub, sensor
        finally:
            sensor.gateway.stop()
    finally:
        hub.close()


def test_files_that_cannot_grow(tmp_path: Path) -> None:
    with running(tmp_path) as (hub, sensor):
        sensor.measure()
        assert sensor.gateway.settle()
        assert problems(hub) == ""
        assert hub.process is not None
        limit = psutil.Process(hub.process.pid).rlimit
        limit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        sensor.measure()
        wait(lambda: "Kho số liệu" in problems(hub) and "free space" in problems(hub), "the store names its problem")
        sensor.measure()
        wait(sensor.shown, "live goes on")
        refused = sign_in(hub)
        assert refused.status_code == 503
        assert "cơ sở dữ liệu trạng thái" in refused.text
        for page in ("/", "/rooms/s.a101", "/devices", "/about"):
            assert httpx.get(f"http://127.0.0.1:{hub.web_port}{page}", timeout=PATIENCE_S).status_code == 200
        limit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait(lambda: problems(hub) == "", "all is well again", 40)
        assert sensor.gateway.settle()
        assert sign_in(hub).status_code == 303
        assert hub.end(signal.SIGTERM) == 0
        assert [value for _, value in hub.stored()] == [501.0, 502.0, 503.0]


def sign_in(hub: HubProcess) -> httpx.Response:
    with httpx.Client(base_url=f"http://127.0.0.1:{hub.web_port}", timeout=PATIENCE_S) as client:
        token = client.get("/login").text.split('name="form_token" value="')[1].split('"')[0]
        return client.post("/login", data={"name": "admin", "password": PASSWORD, "form_token": token})


def test_too_little_is_free(tmp_path: Path) -> None:
    with running(tmp_path, store="min_free_mb = 1000000000") as (hub, sensor):
        assert "đầy" in problems(hub)
        sensor.measure()
        wait(sensor.shown, "live goes on")
        wait(lambda: "The store of readings takes nothing" in problems(hub), "the store says so")
        assert hub.end(signal.SIGTERM) == 0
        assert hub.stored() == []
    assert disk_problems(tmp_path, 0) == []


def test_the_disk_itself_is_full(tmp_path: Path) -> None:
    """The broker's store too: nats-server never writes again by itself after that."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mounting, check=False, capture_output=True).returncode:
        return  # only root has a small disk to fill; the two tests above need none
    try:
        with running(folder) as (hub, sensor):
            sensor.measure()
            assert sensor.gateway.settle()
            seen: set[str] = set()
            until = time.monotonic() + 12
            while time.monotonic() < until or len(seen) < 2:
                assert time.monotonic() < until + 2 * PATIENCE_S, f"only {seen} named"
                fill(folder / "fill")  # again: whoever gives up a write gives its few bytes back
                sensor.measure()
                seen |= {part for part in ("is full", "Kho số liệu") if part in problems(hub)}
                time.sleep(0.5)
            (folder / "fill").unlink()
            wait(lambda: problems(hub) == "", "all is well again", 60)
            assert sensor.gateway.settle()
            assert hub.end(signal.SIGTERM) == 0
            values = [value for _, value in hub.stored()]
            assert values == [501.0 + number for number in range(int(sensor.value - 500))]
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path) -> None:
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
