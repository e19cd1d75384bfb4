"""`classhub store migrate` as people run it: beside a working hub, killed, the rest after its stop, and the switch."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.config import load_config
from tests.hub.backup import town
from tests.hub.backup.test_influxdb import influx_section
from tests.hub.process import HubProcess
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.sim.influxd import Influxd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
INTO = ("store", "migrate", "--from", "duckdb", "--to", "influxdb")


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Influxd]:
    with Influxd(tmp_path / "influx") as server:
        yield server


def migrate(hub: HubProcess, *words: str) -> tuple[int, str]:
    line = [sys.executable, "-m", "classhub", *(words or INTO), "--config", str(hub.config)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def killed(hub: HubProcess, after_s: float) -> None:
    line = [sys.executable, "-m", "classhub", *INTO, "--config", str(hub.config)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after_s)  # where in its work it dies is chance: any place has to do
    process.kill()
    process.wait(PATIENCE_S)


def test_a_hub_is_moved_to_influxdb_while_it_works(influx: Influxd, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    section = influx_section(influx, folder, "duckdb").removeprefix("[store]\n")
    hub = HubProcess(folder, "embedded", free_port(), store=section)
    town.build(load_config(hub.config))
    town.all_derived(load_config(hub.config))
    wanted = town.figures(load_config(hub.config))
    try:
        hub.start()
        killed(hub, 1.5)
        until = time.monotonic() + 120
        while (ended := migrate(hub)) and "busy" in ended[1]:
            assert time.monotonic() < until
        assert ended[0] == 0, ended[1]
        assert "stop it and run this once more for the rest" in ended[1]
        assert hub.serves()
        assert hub.end(signal.SIGTERM) == 0
        killed(hub, 0.8)
        code, said = migrate(hub)
        assert code == 0, said
        assert "DIFFERS" not in said
        assert 'now set store.kind = "influxdb"' in said
        hub.config.write_text(hub.config.read_text().replace('kind = "duckdb"', 'kind = "influxdb"'))
        hub.start()
        code, said = migrate(hub)
        assert code == 1
        assert "a hub runs on the influxdb store" in said
        assert hub.end(signal.SIGTERM) == 0
        assert town.figures(load_config(hub.config)) == wanted
    finally:
        hub.close()
    assert "Traceback" not in hub.log()


def test_usage_and_servers_that_are_away(influx: Influxd, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    section = influx_section(influx, folder, "duckdb").removeprefix("[store]\n")
    hub = HubProcess(folder, "embedded", free_port(), store=section)
    assert migrate(hub, "store", "migrate", "--from", "duckdb", "--to", "duckdb")[0] == 2
    influx.stop()
    code, said = migrate(hub)
    assert code == 1
    assert "InfluxDB" in said
    assert "Traceback" not in said
