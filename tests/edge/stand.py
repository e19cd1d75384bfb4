"""What the tests of the edge share: an agent in this process, its settings, waiting with a deadline."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from edge.agent import Agent
from edge.clock import ClockReading
from edge.config import EdgeConfig, parse_config
from edge.sources.source import Sink
from edge.timepiece import Timepiece
from tests import patience
from tests.patience import PATIENCE_S, promised_s
from wire.messages import SourceReport


def settings(folder: Path, port: int, *, trust: str = "system", extra: str = "") -> EdgeConfig:
    toml = f"""
[gateway]
school = "s1"
id = "g1"
data_dir = "data"
[broker]
host = "127.0.0.1"
port = {port}
[clock]
trust = "{trust}"
{extra}
"""
    if "[outbox]" not in toml:
        toml += "[outbox]\ncommit_interval_s = 0.1\nmin_free_mb = 1\n"
    return parse_config(toml, "edge.toml", folder)


async def until(true: Callable[[], bool], seconds: float = PATIENCE_S, what: str = "") -> None:
    """Raises AssertionError where `true` never becomes true; less than PATIENCE_S is asked for under soak only."""
    await patience.until(true, what, promised_s(seconds), 0.02)


class Taps:
    """A source that hands over what the test tells it to."""

    name, kind = "taps", "test"

    def __init__(self) -> None:
        self.sink: Sink | None = None
        self.given = 0

    async def run(self, sink: Sink) -> None:
        self.sink = sink
        await asyncio.Event().wait()

    def report(self) -> SourceReport:
        return SourceReport(self.name, self.kind, up=True, readings=self.given)

    def give(self, count: int = 1) -> None:
        """Readings with the values 1, 2, 3 …"""
        assert self.sink is not None
        for _ in range(count):
            self.given += 1
            self.sink.reading("a101-co2", {"co2_ppm": float(self.given)})


class OddTimepiece(Timepiece):
    """The machine's clocks, with a wall clock wrong by `shift_ms` and an NTP state of the test's choosing."""

    def __init__(self, shift_ms: int = 0, *, synchronised: bool = False) -> None:
        super().__init__()
        self.shift_ms, self.synchronised = shift_ms, synchronised

    def read(self) -> ClockReading:
        true = super().read()
        return ClockReading(true.realtime_ms + self.shift_ms, true.boottime_ms, self.synchronised)


@contextlib.asynccontextmanager
async def running(agent: Agent, taps: Taps) -> AsyncIterator[Agent]:
    stop = asyncio.Event()
    task = asyncio.create_task(agent.run([taps], stop))
    try:
        await until(lambda: taps.sink is not None or task.done())
        if task.done():
            task.result()
        yield agent
    finally:
        stop.set()
        await task
