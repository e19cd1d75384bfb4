"""How long a test waits before it calls something broken: far longer than a busy machine needs; a pass costs nothing.

What the product promises in seconds is held where somebody looks at the figure (`make soak`, the benchmarks): in CI two
noisy processors would decide it.
"""

import asyncio
import os
import time
from collections.abc import Callable

SOAK = bool(os.environ.get("CLASSHUB_SOAK"))
PATIENCE_S = 60.0


def promised_s(promise_s: float) -> float:
    """The product's own bound under soak; elsewhere only that it happens."""
    return promise_s if SOAK else max(promise_s, PATIENCE_S)


def wait_until(
    condition: Callable[[], object], what: str | Callable[[], str], within_s: float = PATIENCE_S, every_s: float = 0.05
) -> None:
    """Poll until it holds; AssertionError naming `what` (or telling what it answers then) where it never does."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise AssertionError(f"not within {within_s:.0f} s: {what() if callable(what) else what}")
        time.sleep(every_s)


async def until(
    condition: Callable[[], object], what: object = "", within_s: float = PATIENCE_S, every_s: float = 0.01
) -> None:
    """The same in an event loop, which goes on between two looks."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise AssertionError(f"not within {within_s:.0f} s: {what or condition}")
        await asyncio.sleep(every_s)
