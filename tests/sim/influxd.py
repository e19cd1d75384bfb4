"""A real influxd on a free loopback port, set up with an organisation and an operator token, ended by its test."""

import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.patience import PATIENCE_S
from tests.ports import free_port

VERSION = "2.7.12"
START_S = 120.0
ORG = "classhub"


def influxd_program() -> Path:
    """On PATH or in the cache folder of scripts/install-influxd; skips the test where there is none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "classhub" / "bin" / f"influxd-{VERSION}"
    found = cache if cache.is_file() else shutil.which("influxd")
    if found is None:
        pytest.skip("needs influxd 2.7: scripts/install-influxd builds it (Go and Rust, about 5 minutes, once)")
    return Path(found)


class Influxd:
    """`with Influxd(tmp_path) as influx: influx.url, influx.token`. Keeps port and data over stop, kill and start."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", extra: tuple[str, ...] = ()) -> None:
        self._extra = extra  # more words for influxd
        self.folder = folder / "influxd"
        self.host, self.port = host, free_port()
        self.token = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None
        self._set_up = False

    @property
    def url(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        program = influxd_program()
        self.folder.mkdir(parents=True, exist_ok=True)
        words = [str(program), "--bolt-path", str(self.folder / "influxd.bolt")]
        words += ["--engine-path", str(self.folder / "engine"), "--http-bind-address", self.url.removeprefix("http://")]
        words += ["--sqlite-path", str(self.folder / "influxd.sqlite")]
        words += ["--reporting-disabled", "--log-level", "warn", "--hardening-enabled", *self._extra]
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        self._wait_ready()
        if not self._set_up:
            body = {"username": "admin", "password": secrets.token_urlsafe(12), "org": ORG, "bucket": "first"}
            httpx.post(
                f"{self.url}/api/v2/setup", json=body | {"token": self.token}, timeout=PATIENCE_S
            ).raise_for_status()
            self._set_up = True
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(PATIENCE_S)
            self._process = None

    def kill(self) -> None:
        """SIGKILL: a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"influxd ended at once: {self.log()[-2000:]}")
            try:
                if httpx.get(f"{self.url}/ready", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"influxd does not answer on {self.url}: {self.log()[-2000:]}")
