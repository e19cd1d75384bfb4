"""The hub's beat: what is urgent leaves within milliseconds of being known, and a burst of it is gathered."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from hub.db.engine import open_database
from hub.ingest.gateways import Gateways
from hub.live.engine import LiveEngine
from hub.live.publish import Changes
from hub.live.reading import Reading
from hub.pulse import URGENT_EVERY_S, Pulse
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from tests.patience import promised_s, until


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
            self.pushed.append(asyncio.get_running_loop().time())

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


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """No beat comes within the test: what is pushed is pushed because it is urgent."""
    monkeypatch.setattr("hub.pulse.BEAT_S", 3_600)


@pytest.mark.usefixtures("seldom")
async def test_a_limit_crossed_is_pushed_at_once(bench: Bench) -> None:
    bench.measure(600)
    delays_s = []
    for value in (2000, 600, 2000, 600, 2000):
        await asyncio.sleep(0.1)  # the device's next measurement, another millisecond
        bench.pushed.clear()
        began_s = asyncio.get_running_loop().time()
        bench.measure(value)
        await until(lambda: bench.pushed, "pushed")
        delays_s.append(bench.pushed[0] - began_s)
    assert sorted(delays_s)[2] < promised_s(0.03)


@pytest.mark.usefixtures("seldom")
async def test_a_burst_is_gathered(bench: Bench) -> None:
    """Some come out soon, and never two within the shortest rest."""
    while len(bench.pushed) < 6:
        bench.urgent.add("s.a101")
        bench.pulse.wake()
        await asyncio.sleep(0.001)
    assert min(later - earlier for earlier, later in pairwise(bench.pushed)) > 0.9 * URGENT_EVERY_S
    assert bench.pulse.failures == 0
