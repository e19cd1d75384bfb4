"""Serves the stand by hand: `python -m tests.hub.web.stand 8090`; and in tests, in a thread on a free port."""

import asyncio
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from hub.stores.duckdb import DuckDbSeries
from hub.web.app import create_app
from tests.hub.web.doubles import Clock, Stand, backfill, build
from tests.patience import PATIENCE_S

START_S = 60.0


@contextmanager
def served(stand: Stand, port: int = 0) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """The address of the running stand, and the loop on which its live side must be moved."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(stand.hub), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=3
        )
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + START_S
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    bound = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{bound}", loop
    finally:
        loop.call_soon_threadsafe(stand.hub.fanout.close)
        server.should_exit = True
        thread.join(PATIENCE_S)
        loop.close()


class MovingClock(Clock):
    """Starts at the staged moment and runs."""

    def __init__(self) -> None:
        super().__init__()
        self._zero = time.monotonic()
        self.shift_ms = 0

    def __call__(self) -> int:
        return self.now_ms + self.shift_ms + int((time.monotonic() - self._zero) * 1000)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stand = build(
            Path(folder), DuckDbSeries, rooms=int(sys.argv[2]) if len(sys.argv) > 2 else 12, clock=MovingClock()
        )
        backfill(stand, "a101")
        with served(stand, int(sys.argv[1])) as (_address, _):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
