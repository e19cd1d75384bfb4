"""The processes of one demo: started together, watched, and ended together whatever becomes of the demo itself."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from demo import tether

_GRACE_S = 8.0
_TAIL_LINES = 12
_SEVERAL = """
import json, sys
from classhub.__main__ import main
for words in json.loads(sys.argv[1]):
    if code := main(words):
        sys.exit(f"classhub {' '.join(words)}: {code}")
"""


class SetupFailed(Exception):
    """A step of preparing the demo ended badly; the text holds the end of its output and its command."""


class Crew:
    """Child processes by name, at home in `folder`, logs in `folder/logs`. Each dies with this one (see demo.tether).

    Must be used from the main thread: Linux ties a child to the thread that made it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._logs = folder, folder / "logs"
        self._members: dict[str, subprocess.Popen[bytes]] = {}
        self._words: dict[str, list[str]] = {}
        self._restarts: dict[str, int] = {}
        self._logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, words: list[str]) -> int:
        """Start one program; its process id."""
        line = [sys.executable, "-S", tether.__file__, str(os.getpid()), *words]
        with (self._logs / f"{name}.log").open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches the demo alone, which then ends the others in order.
            process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self._folder
            )
        self._members[name], self._words[name] = process, words
        return process.pid

    def revive(self, name: str, most: int) -> bool:
        """Start an ended member again, as systemd would; False where that was done `most` times already."""
        self._restarts[name] = self._restarts.get(name, 0) + 1
        if self._restarts[name] > most:
            return False
        self.start(name, self._words[name])
        return True

    def ended(self) -> dict[str, int]:
        """Members that are no longer running, with their exit codes."""
        return {name: code for name, process in self._members.items() if (code := process.poll()) is not None}

    def tail(self, name: str) -> str:
        """The end of a member's log."""
        path = self._logs / f"{name}.log"
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        return "\n".join(lines[-_TAIL_LINES:])

    def stop(self) -> None:
        """SIGTERM to all, newest first; what does not go within some seconds is killed."""
        running = [process for process in reversed(self._members.values()) if process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def classhub(*words: str) -> list[str]:
    """The command line a person would type, with this very Python."""
    return [sys.executable, "-m", "classhub", *words]


def run_commands(*commands: list[str]) -> None:
    """Run preparing `classhub` commands one after the other, in one process: each alone would load the same libraries.

    Raises SetupFailed for the first that ends badly.
    """
    lines = json.dumps(commands)
    line = [sys.executable, "-S", tether.__file__, str(os.getpid()), sys.executable, "-c", _SEVERAL, lines]
    done = subprocess.run(line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-_TAIL_LINES:])
        raise SetupFailed(said)


def nats_server() -> str | None:
    """The broker program that came with our own environment, or one on the path."""
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server")
