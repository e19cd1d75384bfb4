"""Servers that hang answer nothing and refuse nothing: people are told, a hub that is told to stop stops."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hub.databases import state_section
from tests.hub.process import HubProcess, wait
from tests.hub.test_influxdb_hub import Stand, measure
from tests.patience import promised_s
from tests.protocol.gateway import Gateway
from tests.sim.postgres import Postgres

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
# The real command line with one constant changed: else the notices come after half a minute.
SOONER = "import sys, hub.ingest.pipeline as p; p.SLOW_S = 2.0; import classhub.__main__ as m; sys.exit(m.main())"
STOP_S = 30.0  # TimeoutStopSec of deploy/systemd/classhub-hub.service


@contextmanager
def hanging(pid: int) -> Iterator[None]:
    """A process and its children neither answer nor close anything."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in (pid, *map(int, children)):
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in (pid, *map(int, children)):
            with_no_complaint(each)


def with_no_complaint(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.close()


def test_a_hub_stops_in_good_order_while_influxdb_hangs(stand: Stand) -> None:
    stand.hub.start()
    gateway = Gateway(stand.broker.port, "s", "g1")
    try:
        assert gateway.wait_for_hub()
        measure(gateway, 100, 0)
        assert gateway.settle()
        with hanging(stand.influx.pid):
            measure(gateway, 100, 100)
            wait(lambda: stand.hub.web("/api/v1/status")["figures"]["values_total"] >= 200, "rows wait to be committed")
            assert stand.hub.process is not None
            began = time.monotonic()
            stand.hub.process.send_signal(signal.SIGTERM)
            assert stand.hub.process.wait(120) == 0
            took_s = time.monotonic() - began
        assert took_s < promised_s(STOP_S), f"{took_s:.1f} s; its log:\n{stand.hub.log()[-2000:]}"
        stand.hub.start()
        assert gateway.wait_for_hub()
        gateway.send()
        assert gateway.settle()
        assert stand.stored() == [float(number) for number in range(200)]
    finally:
        gateway.stop()
    assert "Traceback" not in stand.hub.log()


def test_a_postgresql_that_hangs_is_told_and_nothing_is_lost(stand: Stand, tmp_path: Path) -> None:
    with Postgres(tmp_path) as postgres:
        stand.hub.config.write_text(stand.hub.config.read_text() + state_section(postgres.database("hang"), tmp_path))
        stand.hub.command("hub", "apply", str(tmp_path / "school.toml"))
        stand.hub.program = [sys.executable, "-c", SOONER]
        told_while_hanging(stand, postgres)


def told_while_hanging(stand: Stand, postgres: Postgres) -> None:
    hub: HubProcess = stand.hub.start()
    gateway = Gateway(stand.broker.port, "s", "g1")
    try:
        assert gateway.wait_for_hub()
        measure(gateway, 100, 0)
        assert gateway.settle()
        assert not [code for code in stand.codes() if code.startswith(("store", "state"))]
        assert postgres._process is not None
        with hanging(postgres._process.pid):
            measure(gateway, 100, 100)
            wait(lambda: {"store.slow", "state.slow"} <= set(stand.codes()), f"the notices, not {stand.codes()}")
        wait(lambda: not {"store.slow", "state.slow"} & set(stand.codes()), "the notices go")
        gateway.send()
        assert gateway.settle()
        assert stand.stored() == [float(number) for number in range(200)]
    finally:
        gateway.stop()
    assert hub.end(signal.SIGTERM) == 0
    assert "Traceback" not in hub.log()
