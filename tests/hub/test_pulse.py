"""The hub's beat: what is urgent leaves within milliseconds of being known, and a burst of it is gathered."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from hub.db.engine import open_database
from hub.ingest.gateways import Gateways
from hub.live.engine import LiveEngine
from hub.live.publish import Changes
from hub.live.reading import Reading
from hub.pulse import Pulse
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Bench:
    """A pulse around a live engine with one room and one sensor; notes when rooms are published."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_database(f"sqlite:///{folder / 'state.db'}")
        registry = Registry(self.engine)
        registry.add_school(School("s", "S"))
        registry.add_building(Building("s", "a", "A"))
        registry.add_room(Room("s", "a101", "A101", "a"))
        registry.note_devices([("s", "d", "g", 1, "")])
        registry.assign("s", "d", "a101", 0)
        self.live = LiveEngine(registry, lambda _: None)
        self.series = SeriesReader(DuckDbSeries(folder / "series.duckdb"))
        self.urgent: set[str] = set()
        self.pushed: list[float] = []
        self.pulse = Pulse(
            live=self.live,
            gateways=Gateways(registry, 10),
            publisher=self,
            series=self.series,
            urgent=self.urgent,
            now_ms=now_ms,
        )

    def publish(self, changes: Changes) -> None:
        if changes.rooms:
            self.pushed.append(time.monotonic())

    def measure(self, co2_ppm: float) -> None:
        """As the intake does it."""
        at = now_ms()
        urgent = self.live.apply([Reading("s", "g", "d", at, at, {"co2_ppm": co2_ppm})], at)
        if urgent:
            self.urgent.update(urgent)
            self.pulse.wake()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    running = asyncio.create_task(made.pulse.run())
    await asyncio.sleep(0)
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await made.series.close()
    made.engine.dispose()


async def test_a_limit_crossed_is_pushed_at_once(bench: Bench) -> None:
    bench.measure(600)
    delays = []
    for value in (2000, 600, 2000, 600, 2000):
        await asyncio.sleep(0.1)  # the device's next measurement, another millisecond and out of step with the beat
        bench.pushed.clear()
        began = time.monotonic()
        bench.measure(value)
        while not bench.pushed:
            assert time.monotonic() - began < 2
            await asyncio.sleep(0.001)
        delays.append(bench.pushed[0] - began)
    assert sorted(delays)[2] < 0.03  # the median: one turn of the machine's other work is no fault of ours


async def test_a_burst_is_gathered(bench: Bench) -> None:
    began = time.monotonic()
    while time.monotonic() - began < 0.4:
        bench.urgent.add("s.a101")
        bench.pulse.wake()
        await asyncio.sleep(0.001)
    assert 3 <= len(bench.pushed) <= 25
    assert bench.pulse.failures == 0
