"""The one thread that works on the state database: what waits for it, how long jobs take, how long one stands."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hub.distribution import SECONDS, Distribution

T = TypeVar("T")


class StateThread:
    """Made in the event loop, ended with `close`."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="state")
        self.waiting, self.took_s = 0, Distribution(SECONDS)
        self.since_s: float | None = None  # monotonic: since when its one job runs

    async def run(self, work: Callable[[], T]) -> T:
        """Run blocking work, one at a time, in the order asked."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.waiting += 1

        def timed() -> T:
            self.since_s = time.monotonic()
            try:
                return work()
            finally:
                self.since_s = None

        try:
            return await loop.run_in_executor(self._thread, timed)
        finally:
            self.waiting -= 1
            self.took_s.observe(loop.time() - began)

    def close(self) -> None:
        """Forget what waits; a job that hangs is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)
