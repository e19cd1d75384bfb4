"""What tests of a bus share: a sink that remembers who said what when, members, a running bus on a real line."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import msgspec

from edge.sources.bus import Bus, LineSettings
from edge.sources.bus_member import BusMember, on_bus
from firmware_bridge.device import Device
from firmware_bridge.simulated import PseudoTerminal, SimulatedSensor
from tests import patience
from tests.patience import PATIENCE_S
from tests.sim.serial_link import on_a_terminal
from wire.ids import is_id
from wire.messages import TimeQuality

ANSWER_S = 0.15  # shorter than the devices' own, for shorter tests
BAUD = 115_200  # a pseudo-terminal has no speed; the silence between frames follows from this one


class Logbook:
    """A sink that writes down who measured what, and when."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, str, dict[str, float | str]]] = []
        self.events: list[tuple[str, str, dict[str, Any]]] = []

    def reading(
        self,
        device: str,
        values: dict[str, float | str],
        *,
        at_ms: int | None = None,
        age_ms: int | None = None,
        quality: TimeQuality | None = None,
        on_durable: Callable[[], None] | None = None,
    ) -> None:
        assert is_id(device)
        assert (at_ms, age_ms, quality, on_durable) == (None, None, None, None)
        self.rows.append((asyncio.get_running_loop().time(), device, values))

    def event(
        self,
        device: str,
        kind: str,
        data: dict[str, Any],
        *,
        at_ms: int | None = None,
        age_ms: int | None = None,
        quality: TimeQuality | None = None,
        on_durable: Callable[[], None] | None = None,
    ) -> None:
        assert (at_ms, age_ms, quality, on_durable) == (None, None, None, None)
        self.events.append((device, kind, data))

    def of(self, device: str) -> list[dict[str, float | str]]:
        return [values for _, name, values in self.rows if name == device]

    def worst_gap_s(self, device: str) -> float:
        times = [at for at, name, _ in self.rows if name == device]
        return max(later - earlier for earlier, later in pairwise(times))


def member(device: Device, unit: int, *, interval_s: float = 0.2, silence_s: float = 0.8) -> BusMember:
    assert device.at is not None
    there = msgspec.structs.replace(on_bus(device.at(unit), BAUD, interval_s), answer_s=ANSWER_S)
    return BusMember(f"d{unit}", there, f"d{unit}", asyncio.get_running_loop().time, least_silence_s=silence_s)


@asynccontextmanager
async def running(
    sensor: SimulatedSensor, members: Sequence[BusMember]
) -> AsyncIterator[tuple[Bus, Logbook, PseudoTerminal]]:
    book = Logbook()
    async with on_a_terminal(sensor, tick_s=0.002) as terminal:
        bus = Bus("rs485", terminal.port, members, LineSettings(BAUD), monotonic=asyncio.get_running_loop().time)
        task = asyncio.create_task(bus.run(book))
        try:
            yield bus, book, terminal
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def until(condition: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    await patience.until(condition, within_s=max(within_s, PATIENCE_S))
