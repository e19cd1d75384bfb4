"""`classhub hub run` as a real process on free ports, for tests."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import httpx

from tests.patience import PATIENCE_S, wait_until
from tests.ports import free_port

SCHOOL = '[school]\nid = "s"\nname = "S"\n[[gateway]]\nid = "g1"\nname = "G1"\n'


def wait(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    wait_until(condition, what, max(timeout_s, PATIENCE_S))


class HubProcess:
    """`classhub hub run` on free ports."""

    def __init__(self, folder: Path, broker: str, broker_port: int, school: str = SCHOOL, store: str = "") -> None:
        self.folder, self.broker_port, self.web_port = folder, broker_port, free_port()
        self.config = folder / "hub.toml"
        self.config.write_text(
            f'[broker]\nkind = "{broker}"\nport = {broker_port}\n[web]\nport = {self.web_port}\nopen_reading = true\n'
            f"[store]\n{store or 'min_free_mb = 0'}\n"
        )
        (folder / "school.toml").write_text(school)
        self.process: subprocess.Popen[bytes] | None = None
        self.program: list[str] = []  # instead of `python -m classhub`: a hub whose constants a test has changed
        self.command("hub", "apply", str(folder / "school.toml"))

    def command(self, *words: str) -> str:
        """Another command line on this hub's settings; what it prints."""
        line = [sys.executable, "-m", "classhub", *words, "--config", str(self.config)]
        return subprocess.run(line, check=True, timeout=120, capture_output=True, text=True).stdout

    def web(self, path: str) -> Any:
        """GET from its API."""
        return httpx.get(f"http://127.0.0.1:{self.web_port}{path}", timeout=PATIENCE_S).raise_for_status().json()

    def start(self) -> "HubProcess":
        words = [*(self.program or [sys.executable, "-m", "classhub"]), "hub", "run", "--config", str(self.config)]
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        wait(self.serves, "the hub serves; its log:\n" + (self.folder / "hub.log").read_text()[-2000:], 2 * PATIENCE_S)
        return self

    def serves(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.web_port}/readyz", timeout=PATIENCE_S).is_success
        except httpx.TransportError:
            return False

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)

    def log(self) -> str:
        return (self.folder / "hub.log").read_text(errors="replace")

    def stored(self) -> list[tuple[int, float]]:
        """(time, value) of every stored point; only while the hub is down."""
        with duckdb.connect(str(self.folder / "data" / "series.duckdb"), read_only=True) as store:
            return store.execute("SELECT t, value FROM point ORDER BY t").fetchall()
