"""`classhub demo --feed`: the simulated school's gateways come to a running hub through a Mosquitto with TLS."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo.cast import GATEWAYS, PLACES, SCHOOL
from hub.config import load_config
from tests.hub.process import wait
from tests.patience import PATIENCE_S
from tests.sim.secure_broker import SecureBroker

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[SecureBroker]:
    with SecureBroker(tmp_path) as secure:
        yield secure


class Program:
    """`classhub …` as a process of its own, ended with the test."""

    def __init__(self, log: Path, *words: str) -> None:
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen([sys.executable, "-m", "classhub", *words], stdout=file, stderr=file)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE_S)
            raise

    def said(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]


def test_the_school_comes_to_a_running_hub(broker: SecureBroker, tmp_path: Path) -> None:
    site = f"http://127.0.0.1:{load_config(broker.hub_toml).web.port}/api/v1"
    hub = Program(tmp_path / "hub.log", "hub", "run", "--config", str(broker.hub_toml))
    demo: Program | None = None
    try:
        wait(lambda: _get(site.replace("/api/v1", "/readyz")) is not None, "the hub serves")
        demo = Program(tmp_path / "demo.log", "demo", "--feed", str(broker.hub_toml), "--dir", str(tmp_path / "school"))
        running = demo

        def sending() -> bool:
            assert running.process.poll() is None, running.said()
            answer = _get(f"{site}/schools/{SCHOOL}/gateways")
            if answer is None:
                return False
            return [each["online"] and each["tele"]["received"] > 100 for each in answer.json()] == [True] * len(
                GATEWAYS
            )

        wait(sending, f"every gateway sends; the demo said: {demo.said()}", 120)
        rooms = httpx.get(f"{site}/schools/{SCHOOL}/rooms", timeout=PATIENCE_S).raise_for_status().json()
        assert {room["id"] for room in rooms} == {place.id for place in PLACES}
        wait(lambda: _rooms_with_values(site) == len(PLACES), "every room has a CO₂ value", 60)
        assert demo.end() == 0
        demo = None
        assert not [line for line in broker.log().splitlines() if "denied" in line.lower()]
    finally:
        if demo is not None:
            demo.end()
        hub.end()


def _get(address: str) -> httpx.Response | None:
    try:
        answer = httpx.get(address, timeout=PATIENCE_S)
    except httpx.TransportError:
        return None
    return answer if answer.is_success else None


def _rooms_with_values(site: str) -> int:
    rooms = httpx.get(f"{site}/schools/{SCHOOL}/rooms", timeout=PATIENCE_S).raise_for_status().json()
    return sum("co2_ppm" in room["values"] for room in rooms)
