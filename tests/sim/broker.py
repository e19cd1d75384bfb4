"""A real mosquitto on a free loopback port, started and ended by the test that uses it."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest

from tests.ports import free_port

_START_S = 60.0


class Mosquitto:
    """`with Mosquitto(tmp_path) as broker: broker.port`. Keeps its port over stop, kill and start.

    `persistent` keeps sessions and retained messages on disk, so that a restart (not `wipe`) finds them again.
    """

    def __init__(self, folder: Path, *, persistent: bool = False, port: int | None = None, extra: str = "") -> None:
        self.port = port or free_port()
        self._folder = folder / f"mosquitto-{self.port}"
        self._persistent, self._extra = persistent, extra
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> Self:
        """Returns once connections are accepted; skips the test where mosquitto is not installed."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")
        if program is None:
            pytest.skip("needs mosquitto (Debian package mosquitto)")
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = self._folder / "mosquitto.conf"
        settings.write_text(self._settings())
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen([program, "-c", str(settings)], stdout=log, stderr=log)
        self._wait_until_listening()
        return self

    def stop(self) -> None:
        """SIGTERM: persistent data is written."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def kill(self) -> None:
        """SIGKILL: a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def wipe(self) -> None:
        """Forget sessions and retained messages; only while stopped."""
        (self._folder / "mosquitto.db").unlink(missing_ok=True)

    def log(self) -> str:
        return (self._folder / "log.txt").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _settings(self) -> str:
        keep = (
            f"persistence true\npersistence_location {self._folder}/\n" if self._persistent else "persistence false\n"
        )
        return (
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n{keep}"
            f"max_queued_messages 100000\nlog_type warning\nlog_type error\nlog_type notice\n{self._extra}\n"
        )

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"mosquitto ended at once: {self.log()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.5).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"mosquitto does not listen on {self.port}: {self.log()}")
