"""A real hub lets go of readings older than their school keeps; a school that keeps everything loses nothing."""

import signal
import sys
from pathlib import Path

import duckdb
import pytest

from tests.hub.process import HubProcess, wait
from tests.ports import free_port
from tests.protocol.gateway import Gateway, now

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
DAY_MS = 86_400_000
# The real command line with one constant changed: retention first runs after ten minutes, then once a day.
SOONER = "import sys, hub.upkeep as u; u.RETENTION_FIRST_S = u.RETENTION_S = 1.0; import classhub.__main__ as m"
DAYS_AGO = (40, 31, 29, 1, 0)


def test_old_values_go_and_a_replay_school_keeps_everything(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, "embedded", free_port(), school("short", 30))
    (tmp_path / "recorded.toml").write_text(school("recorded", 0))
    hub.command("hub", "apply", str(tmp_path / "recorded.toml"))
    try:
        hub.start()
        for name in ("short", "recorded"):
            gateway = Gateway(hub.broker_port, name, "g1")
            assert gateway.wait_for_hub()
            for days in DAYS_AGO:
                gateway.measure("g1-co2", {"co2_ppm": 400.0 + days}, now() - days * DAY_MS)
            gateway.send()
            assert gateway.settle()
            gateway.stop()
        assert hub.end(signal.SIGTERM) == 0
        assert stored(hub) == {"short": sorted(DAYS_AGO), "recorded": sorted(DAYS_AGO)}
        hub.program = [sys.executable, "-c", f"{SOONER}; sys.exit(m.main(sys.argv[1:]))"]
        hub.start()
        wait(lambda: "short: 2 values older than 30 days let go" in hub.log(), "retention ran", 20)
        assert hub.end(signal.SIGTERM) == 0
    finally:
        hub.close()
    assert stored(hub) == {"short": [0, 1, 29], "recorded": sorted(DAYS_AGO)}
    assert "Traceback" not in hub.log()


def school(name: str, keep_raw_days: int) -> str:
    return (
        f'[school]\nid = "{name}"\nname = "{name}"\nkeep_raw_days = {keep_raw_days}\n'
        '[[gateway]]\nid = "g1"\nname = "G1"\n'
    )


def stored(hub: HubProcess) -> dict[str, list[int]]:
    """School -> how many days ago each stored value was measured; its value tells."""
    query = "SELECT d.school, p.value FROM point p JOIN device d ON p.device = d.id"
    with duckdb.connect(str(hub.folder / "data" / "series.duckdb"), read_only=True) as store:
        rows = store.execute(query).fetchall()
    found: dict[str, list[int]] = {}
    for name, value in rows:
        found.setdefault(name, []).append(round(value - 400))
    return {name: sorted(days) for name, days in found.items()}
