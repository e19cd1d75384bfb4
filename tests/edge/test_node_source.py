"""The reference node as a process of its own on a real serial line, and the gateway's source at the other end."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from edge.sources.line import LineSource
from firmware_bridge.devices.nodes.sensor_node import DEVICE
from tests.edge.test_line_source import Notebook, until
from tests.patience import PATIENCE_S
from tests.sim.null_modem import NullModem
from wire.orders import Order, OrderKind, Result


class Disk(Notebook):
    """A sink whose disk may be away for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.waiting: list[Callable[[], None]] = []
        self.devices: list[str] = []

    def reading(self, device: str, values: dict[str, float | str], **how: object) -> None:
        self.devices.append(device)
        self.rows.append(values)
        self._safe(how["on_durable"])

    def _safe(self, on_durable: object) -> None:
        assert callable(on_durable)
        if self.away:
            self.waiting.append(on_durable)
        else:
            on_durable()


@asynccontextmanager
async def node_process(port: str, turns: int) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "firmware_bridge.node.main", port, str(turns), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def gateway(port: str, disk: Disk) -> AsyncIterator[LineSource]:
    source = LineSource("bench", DEVICE, port, "a101-node")
    task = asyncio.create_task(source.run(disk))
    try:
        yield source
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def ppm(disk: Disk) -> list[float | str]:
    return [row["co2_ppm"] for row in disk.rows if "co2_ppm" in row]


async def test_a_node_s_readings_arrive_once_and_it_ends_when_all_are_safe() -> None:
    disk = Disk()
    with NullModem() as line:
        async with gateway(line.left, disk) as source, node_process(line.right, 3) as process:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
            assert process.returncode == 0  # it ends only when everything was acknowledged
            assert source.report().up
    assert ppm(disk) == [420.0, 421.0, 422.0]
    assert disk.rows[0] == {"co2_ppm": 420.0, "temperature_c": 24.3, "humidity_pct": 61.2}
    assert set(disk.devices) == {"a101-node", "a101-node-fan"}


async def test_what_is_not_on_disk_is_not_acknowledged() -> None:
    disk = Disk()
    disk.away = True
    with NullModem() as line:
        async with gateway(line.left, disk), node_process(line.right, 1) as process:
            await until(lambda: len(disk.waiting) == 2)  # the room's values, and the fan's
            await asyncio.sleep(2.5)  # the node has sent again by now
            assert process.returncode is None
            assert ppm(disk) == [420.0]
            for safe in disk.waiting:
                safe()
            await asyncio.wait_for(process.wait(), PATIENCE_S)


async def test_an_order_reaches_the_node_and_its_answer_comes_back() -> None:
    disk = Disk()
    with NullModem() as line:
        async with gateway(line.left, disk) as source, node_process(line.right, 1_000):
            await until(lambda: source.accepts() == {"a101-node": ["switch_on", "switch_off"]})
            async with asyncio.timeout(PATIENCE_S):
                outcome = await source.obey(Order("order-01", "a101-node", OrderKind.SWITCH_ON))
            assert outcome.result is Result.DONE
            await until(lambda: {"switch_on": 1.0} in disk.rows)


async def test_a_line_that_loses_and_flips_bytes_loses_and_makes_up_nothing() -> None:
    chance = random.Random(5)

    def spoil(data: bytes) -> bytes:
        spoilt = bytearray(data)
        if chance.random() < 0.2:
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        return bytes(spoilt[1:]) if chance.random() < 0.1 else bytes(spoilt)

    disk = Disk()
    with NullModem(spoil) as line:
        async with gateway(line.right, disk), node_process(line.left, 4) as process:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
    assert sorted(ppm(disk)) == [420.0, 421.0, 422.0, 423.0]
