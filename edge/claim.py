"""One agent a data folder: two would number one outbox's rows twice. The kernel lets go when a process ends."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wire.text import Text

LOCK_FILE = "agent.lock"
WAIT_S = 3.0  # an agent that was just told to stop is still writing
_TRY_S = 0.1


class Claimed(Exception):
    """Another agent has the folder; the text says what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


@contextmanager
def claimed(folder: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the folder while the agent runs. Raises Claimed, or OSError where the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait_s
    with (folder / LOCK_FILE).open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as held:
                if time.monotonic() >= until:
                    raise Claimed(_taken(folder)) from held
                time.sleep(_TRY_S)
        yield


def _taken(folder: Path) -> Text:
    return Text(
        f"một cổng khác đang chạy trên thư mục {folder}: hãy tắt nó, hoặc đổi gateway.data_dir",
        f"another running agent uses the folder {folder}: stop it, or change gateway.data_dir",
    )
