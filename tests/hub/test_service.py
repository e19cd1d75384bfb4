"""The hub as a real process with a real broker, and a gateway written from the protocol page."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.hub.process import HubProcess, wait
from tests.patience import promised_s
from tests.ports import free_port
from tests.protocol.gateway import Gateway, now
from tests.sim.broker import Mosquitto

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[HubProcess]:
    hub = HubProcess(tmp_path, "embedded", free_port())
    yield hub
    hub.close()


def rows_of(gateway: Gateway, count: int, first: int = 0) -> None:
    start = now() - 30_000
    for number in range(first, first + count):
        gateway.measure("g1-co2", {"co2_ppm": float(number)}, start + number)


def test_a_day_in_the_life_with_the_embedded_broker(embedded: HubProcess) -> None:
    embedded.start()
    gateway = Gateway(embedded.broker_port, "s", "g1")
    assert gateway.wait_for_hub()
    rows_of(gateway, 500)
    gateway.send()
    assert gateway.settle()
    assert embedded.process is not None
    children = psutil.Process(embedded.process.pid).children()
    began = time.monotonic()
    assert embedded.end(signal.SIGTERM) == 0
    assert time.monotonic() - began < promised_s(5)
    wait(lambda: not any(child.is_running() and child.status() != "zombie" for child in children), "no broker is left")
    gateway.stop()
    assert [value for _, value in embedded.stored()] == [float(number) for number in range(500)]
    series = embedded.folder / "hub.log"
    assert "Traceback" not in series.read_text()
    assert "leaked" not in series.read_text()


def test_the_broker_dies_with_a_killed_hub(embedded: HubProcess) -> None:
    embedded.start()
    assert embedded.process is not None
    children = psutil.Process(embedded.process.pid).children()
    assert children
    embedded.end(signal.SIGKILL)
    wait(lambda: not any(child.is_running() and child.status() != "zombie" for child in children), "broker gone")


@pytest.mark.broker
@pytest.mark.failure
def test_killed_in_mid_commit_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        hub = HubProcess(tmp_path, "external", broker.port)
        gateway = Gateway(broker.port, "s", "g1")
        total = 0
        try:
            for pause_s in (0.3, 0.9, 1.1):
                gateway.hub_online, gateway.status = False, ""
                hub.start()
                gateway.publish_state()
                assert gateway.wait_for_hub()
                rows_of(gateway, 400, total)
                total += 400
                gateway.send()
                time.sleep(pause_s)  # where in its commit the kill finds the hub: before, within, after
                hub.end(signal.SIGKILL)
            hub.start()
            gateway.publish_state()
            gateway.send()
            assert gateway.settle()
            assert hub.end(signal.SIGTERM) == 0
        finally:
            gateway.stop()
            hub.close()
        values = [value for _, value in hub.stored()]
        assert sorted(values) == [float(number) for number in range(total)]


def test_a_second_hub_on_the_same_ports_ends_with_an_error_for_people(embedded: HubProcess) -> None:
    embedded.start()
    words = [sys.executable, "-m", "classhub", "hub", "run", "--config", str(embedded.config)]
    second = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {})
    assert second.returncode == 1
    assert str(embedded.web_port) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_second_hub_on_the_same_folder_is_refused_before_it_touches_anything(embedded: HubProcess) -> None:
    embedded.start()
    settings = embedded.folder / "data" / "broker" / "nats.conf"
    before = settings.read_bytes()
    other = embedded.folder / "other.toml"
    other.write_text(f"[broker]\nport = {free_port()}\n[web]\nport = {free_port()}\n")
    words = [sys.executable, "-m", "classhub", "hub", "run", "--config", str(other)]
    second = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode == 1
    assert "another hub is using the folder" in second.stderr
    assert "Traceback" not in second.stderr
    assert settings.read_bytes() == before
    assert embedded.serves()
