"""The systemd units: sound to systemd itself, well shut, enough for our programs, and spoken to as they expect."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.sandbox import allowed, settings
from tests.hub.process import HubProcess, wait
from tests.patience import PATIENCE_S
from tests.ports import free_port

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
HUB, EDGE = UNITS / "classhub-hub.service", UNITS / "classhub-edge.service"
SANDBOX = Path(__file__).with_name("sandbox.py")
NEWER = ("RestartSteps", "RestartMaxDelaySec")  # systemd 254
pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (Debian package systemd)"
    ),
]


@pytest.mark.parametrize("unit", [HUB, EDGE], ids=lambda unit: str(unit.stem))
def test_systemd_finds_nothing_wrong(unit: Path, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("classhub")
    assert program.exists()
    written = unit.read_text().replace("/opt/classhub/bin/classhub", str(program))
    lines = [line for line in written.splitlines() if systemd_version() >= 254 or not line.startswith(NEWER)]
    copy = tmp_path / unit.name
    copy.write_text("\n".join(lines) + "\n")
    words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(copy)]
    told = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def systemd_version() -> int:
    told = subprocess.run(["systemd-analyze", "--version"], check=True, capture_output=True, text=True).stdout
    return int(told.split()[1])


@pytest.mark.parametrize(("unit", "most"), [(HUB, 2.0), (EDGE, 2.5)], ids=["hub", "edge"])
def test_the_units_are_well_shut(unit: Path, most: float) -> None:
    """systemd's own measure: 0 is shut, 10 is open; from 2.5 on it calls a unit less than OK."""
    words = ["systemd-analyze", "security", "--offline=true", f"--threshold={most * 10:.0f}", "--no-pager", str(unit)]
    told = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert told.returncode == 0, told.stdout


def test_what_the_agent_needs_is_open() -> None:
    devices = settings(EDGE, "DeviceAllow")
    assert {"char-ttyUSB rw", "char-ttyACM rw", "char-ttyAMA rw", "char-video4linux rw"} <= set(devices)
    assert {"adjtimex", "clock_adjtime"} <= allowed(EDGE)
    assert not settings(EDGE, "ProtectClock")
    assert not settings(EDGE, "ProcSubset")
    assert "settimeofday" not in allowed(EDGE)
    assert "reboot" not in allowed(HUB)


@pytest.mark.parametrize("unit", [HUB, EDGE], ids=["hub", "edge"])
def test_secrets_come_as_credentials_and_nothing_is_in_the_unit(unit: Path) -> None:
    (secrets,) = settings(unit, "LoadCredential")
    assert secrets.startswith("secrets:/etc/classhub/")
    folders = [f"/etc/{each}" for each in settings(unit, "ConfigurationDirectory")[0].split()]
    assert secrets.partition(":")[2] in folders  # made by systemd, so that a service without secrets starts too
    assert "password" not in "".join(settings(unit, "Environment") + settings(unit, "ExecStart")).lower()


class Listener:
    """The service manager's side of sd_notify."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)
        self.heard: list[tuple[float, str]] = []

    def listen(self) -> list[str]:
        while True:
            try:
                self.heard.append((time.monotonic(), self._socket.recv(4_096).decode()))
            except BlockingIOError:
                return [message for _, message in self.heard]

    def signs_of_life(self) -> int:
        return sum(message.startswith("WATCHDOG=1") for message in self.listen())

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path)
    yield made
    made.close()


def environment(listener: Listener, watchdog_s: float) -> dict[str, str]:
    return {"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}


def test_the_hub_in_its_sandbox_is_ready_alive_and_stops(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broker child, DuckDB, SQLite and pages, under the unit's filter; then its sign of life follows its health."""
    for key, value in environment(listener, 1.0).items():
        monkeypatch.setenv(key, value)
    hub = HubProcess(tmp_path, "embedded", free_port())
    hub.program = [sys.executable, str(SANDBOX), str(HUB), sys.executable, "-m", "classhub"]
    hub.start()
    try:
        wait(lambda: "READY=1" in listener.listen(), "ready", 10)
        wait(lambda: listener.signs_of_life() >= 3, "alive", 10)
        status = next(message for message in listener.listen() if "STATUS=" in message)
        assert f"http://127.0.0.1:{hub.web_port}" in status
        assert hub.process is not None
        hub.process.send_signal(signal.SIGSTOP)
        listener.listen()
        before = listener.signs_of_life()
        time.sleep(2)  # twice what the watchdog allows: a hub that stands still says nothing
        assert listener.signs_of_life() == before
        hub.process.send_signal(signal.SIGCONT)
        wait(lambda: listener.signs_of_life() > before, "alive again", 10)
        assert hub.end(signal.SIGTERM) == 0, hub.log()[-2_000:]
        assert listener.listen()[-1] == "STOPPING=1"
    finally:
        hub.close()


def test_the_agent_in_its_sandbox_is_ready_and_knows_its_clock(tmp_path: Path, listener: Listener) -> None:
    (tmp_path / "edge.toml").write_text(
        '[gateway]\nschool = "s"\nid = "g"\ndata_dir = "data"\n'
        f'[broker]\nhost = "::1"\nport = {free_port()}\n[outbox]\nmin_free_mb = 1\n'
    )
    words = [sys.executable, str(SANDBOX), str(EDGE), sys.executable, "-m", "classhub", "edge", "run"]
    with (tmp_path / "log").open("wb") as log:
        agent = subprocess.Popen(
            [*words, "--config", str(tmp_path / "edge.toml")],
            stderr=log,
            env=os.environ | environment(listener, 1.0),
        )
    try:
        wait(lambda: "READY=1" in listener.listen(), (tmp_path / "log").read_text(), 15)
        wait(lambda: listener.signs_of_life() >= 3, "alive", 10)
        agent.terminate()
        assert agent.wait(PATIENCE_S) == 0, (tmp_path / "log").read_text()
        assert "STOPPING=1" in listener.listen()
    finally:
        agent.kill()
        agent.wait(PATIENCE_S)
