"""The tests' event loop: its clock stands still while the machine does, so that no time-out is the machine's fault.

What runs in one loop with what it talks to (a source and its simulated device, a link and its server) is judged by the
order of things: where the process is held up for a second, both stand, and neither may call the other silent. The
clock advances by what the loop chose to wait, and by at most SLACK_S for the work between two waits.
"""

import asyncio
import selectors
import time
from collections.abc import Callable

SLACK_S = 0.02


class _Selector(selectors.DefaultSelector):
    """Tells how long each wait was meant to be."""

    waits: Callable[[float | None], None]
    waited: Callable[[], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.waits(timeout)
        try:
            return super().select(timeout)
        finally:
            self.waited()


class SteadyLoop(asyncio.SelectorEventLoop):
    """As the default loop; only `time` differs."""

    def __init__(self) -> None:
        self._steady_s = self._seen_s = time.monotonic()
        self._most_s: float | None = SLACK_S
        selector = _Selector()
        selector.waits, selector.waited = self._waits, self._waited
        super().__init__(selector)

    def time(self) -> float:
        seen_s = time.monotonic()
        past_s, self._seen_s = seen_s - self._seen_s, seen_s
        self._steady_s += past_s if self._most_s is None else min(past_s, self._most_s)
        return self._steady_s

    def _waits(self, timeout_s: float | None) -> None:
        self.time()
        self._most_s = None if timeout_s is None else timeout_s + SLACK_S

    def _waited(self) -> None:
        self.time()
        self._most_s = SLACK_S
