"""A hub on a real influxd: readings to acknowledgement, a token taken away and given back, a start without a store."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.config import load_config
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.setup import ADMIN_TOKEN
from tests.hub.process import SCHOOL, HubProcess, wait
from tests.protocol.gateway import Gateway, now
from tests.sim.broker import Mosquitto
from tests.sim.influxd import Influxd

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


class Stand:
    """Mosquitto, influxd and a hub set up by `classhub store setup`, each a process."""

    def __init__(self, folder: Path) -> None:
        self.broker = Mosquitto(folder)
        self.influx = Influxd(folder)
        self.influx._set_up = True  # the command does it
        self.broker.__enter__()
        self.influx.start()
        table = f'kind = "influxdb"\n[influxdb]\nurl = "{self.influx.url}"\ntoken_file = "hub.token"'
        (folder / "hub.token").touch()
        self.hub = HubProcess(folder, "external", self.broker.port, store=table)
        self.hub.command("store", "setup")
        self.section = load_config(self.hub.config).influxdb
        self.admin = InfluxHttp(self.section, (folder / ADMIN_TOKEN).read_text().strip())

    def stored(self) -> list[float]:
        flux = 'from(bucket: "classhub_raw") |> range(start: 0) |> filter(fn: (r) => r._field == "co2_ppm")'
        return sorted(float(row["_value"] or 0) for row in self.admin.query(flux))

    def codes(self) -> list[str]:
        return [each["code"] for each in self.hub.web("/api/v1/status")["problems"]]

    def close(self) -> None:
        self.admin.close()
        self.hub.close()
        self.influx.stop()
        self.broker.__exit__()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.close()


def measure(gateway: Gateway, count: int, first: int) -> None:
    start = now() - 30_000
    for number in range(first, first + count):
        gateway.measure("g1-co2", {"co2_ppm": float(number)}, start + number)
    gateway.send()


def test_a_token_taken_away_is_one_notice_and_nothing_lost(stand: Stand) -> None:
    stand.hub.start()
    gateway = Gateway(stand.broker.port, "s", "g1")
    try:
        assert gateway.wait_for_hub()
        measure(gateway, 300, 0)
        assert gateway.settle()
        assert stand.stored() == [float(number) for number in range(300)]

        listed = stand.admin.call("GET", "/api/v2/authorizations")["authorizations"]
        (ours,) = [each for each in listed if each["description"].startswith("ClassHub hub")]
        stand.admin.call("DELETE", f"/api/v2/authorizations/{ours['id']}")
        measure(gateway, 200, 300)
        wait(lambda: stand.codes().count("store.unauthorised") == 1, "the notice")
        (told,) = [each for each in stand.hub.web("/api/v1/status")["problems"] if each["code"] == "store.unauthorised"]
        assert "classhub store setup --rotate" in told["vi"]
        assert stand.hub.serves()

        stand.hub.command("store", "setup", "--rotate")
        wait(lambda: "store.unauthorised" not in stand.codes(), "the notice goes")
        gateway.send()
        assert gateway.settle(30)
        assert stand.stored() == [float(number) for number in range(500)]
    finally:
        gateway.stop()
    assert stand.hub.end(signal.SIGTERM) == 0
    assert "Traceback" not in stand.hub.log()


def test_a_hub_starts_and_lives_without_its_store_and_commits_when_it_comes(stand: Stand) -> None:
    stand.influx.kill()
    stand.hub.start()
    gateway = Gateway(stand.broker.port, "s", "g1")
    try:
        assert gateway.wait_for_hub()
        measure(gateway, 100, 0)
        wait(lambda: "store.down" in stand.codes(), "the notice")
        wait(lambda: bool(stand.hub.web("/api/v1/status")["figures"]["values_total"]), "live goes on")
        stand.influx.start()
        wait(lambda: "store.down" not in stand.codes(), "the store is found again")
        gateway.send()
        assert gateway.settle(30)
        assert stand.stored() == [float(number) for number in range(100)]
    finally:
        gateway.stop()
    assert stand.hub.end(signal.SIGTERM) == 0
    assert "Traceback" not in stand.hub.log()


def test_a_school_that_keeps_as_long_as_the_bucket_costs_no_delete(stand: Stand, tmp_path: Path) -> None:
    """`short` keeps less and is let go of; what `s` has is the bucket's affair, here one that keeps longer."""
    day_ms = 86_400_000
    for name, days in (("s", 30), ("short", 20)):
        path = tmp_path / f"{name}.toml"
        path.write_text(SCHOOL.replace('"s"', f'"{name}"').replace("[[", f"keep_raw_days = {days}\n[[", 1))
        stand.hub.command("hub", "apply", str(path))
    stand.hub.start()
    for name in ("s", "short"):
        gateway = Gateway(stand.broker.port, name, "g1")
        try:
            assert gateway.wait_for_hub()
            gateway.measure("g1-co2", {"co2_ppm": 440.0}, now() - 40 * day_ms)
            gateway.send()
            assert gateway.settle()
        finally:
            gateway.stop()
    assert stand.stored() == [440.0, 440.0]
    assert stand.hub.end(signal.SIGTERM) == 0
    stand.hub.config.write_text(stand.hub.config.read_text().replace("[influxdb]", "[influxdb]\nraw_days = 30"))
    sooner = "import hub.upkeep as u; u.TEND_S = 0.2; u.RETENTION_FIRST_S = u.RETENTION_S = 2.0"
    stand.hub.program = [sys.executable, "-c", f"{sooner}; import sys, classhub.__main__ as m; sys.exit(m.main())"]
    stand.hub.start()
    wait(lambda: "short: 1 values older than 20 days let go" in stand.hub.log(), "retention ran", 30)
    wait(lambda: stand.stored() == [440.0], "one school's row is left")
    assert stand.hub.end(signal.SIGTERM) == 0
    assert "s: 1 values" not in stand.hub.log()
    assert "Traceback" not in stand.hub.log()


def test_without_a_token_the_hub_says_what_to_do_and_ends(stand: Stand) -> None:
    (stand.hub.folder / "hub.token").write_text("")
    words = [sys.executable, "-m", "classhub", "hub", "run", "--config", str(stand.hub.config)]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "classhub store setup" in ended.stderr
    assert "Traceback" not in ended.stderr
