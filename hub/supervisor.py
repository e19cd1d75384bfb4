"""What the hub tells the service manager: ready, alive while the event loop and the live state move, stopping.

sd_notify(3) as the unit in deploy/systemd uses it; where nobody listens, nothing is said.
"""

import asyncio
from collections.abc import Callable

import msgspec


class Supervisor(msgspec.Struct, frozen=True):
    """`notify` sends one state; `interval_s` is how often a sign of life is due, None without a watchdog."""

    notify: Callable[[str], None] = lambda _: None
    interval_s: float | None = None

    async def watch(self, beats: Callable[[], int], status: Callable[[], str]) -> None:
        """Until cancelled. A hub whose live state stands still gives no sign of life, and is started anew."""
        if self.interval_s is None:
            await asyncio.Event().wait()
            return
        before = -1
        while True:
            now = beats()
            if now != before:
                self.notify(f"WATCHDOG=1\nSTATUS={status()}")
            before = now
            await asyncio.sleep(self.interval_s)


UNWATCHED = Supervisor()
