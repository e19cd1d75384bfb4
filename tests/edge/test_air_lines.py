"""Every sensor of air, simulated byte for byte, through a source on a real pseudo-terminal, over good and bad lines."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from edge.sources.line import LineSource
from firmware_bridge.device import Device
from firmware_bridge.devices import device_named
from firmware_bridge.devices.air import AIR
from firmware_bridge.links.line import Supply
from firmware_bridge.simulated import SimulatedMhz19, SimulatedSensor
from tests.edge.test_line_source import Notebook, until
from tests.sim.devices.air import Honeywell, Nova, Plantower, Sensirion, Sketch, Streaming, Winsen, plantower
from tests.sim.serial_link import BadLine, Wire, on_a_terminal
from wire.orders import Order, OrderKind, Result

ROWS = 12
MASS, COUNTS = [9, 17, 21, 7, 14, 19], [1750, 520, 88, 9, 3, 1]
DUST = {"pm1_ugm3": 7.0, "pm25_ugm3": 14.0, "pm10_ugm3": 19.0}
ALL_DUST = {"pm1_ugm3": 3.5, "pm25_ugm3": 7.25, "pm4_ugm3": 8.75, "pm10_ugm3": 17.0625}
FOUR = {"pm1_ugm3": 7.0, "pm25_ugm3": 14.0, "pm4_ugm3": 16.0, "pm10_ugm3": 19.0}
AIR_OF_A_ROOM = {"co2_ppm": 612.0, "temperature_c": 24.1, "humidity_pct": 48.2}
PRINTED = "co2: 612 ppm, t=24.1 C, rh=48.2 %"
CHATTER = b"\xfe\x00\x12boot\r\nets Jan  8 2013\r\n"
FIGURES = (3.5, 7.25, 8.75, 17.0625, 20.0, 28.0, 29.5, 29.75, 30.0, 0.625)  # 17.0625 holds a byte that is escaped

Made = tuple[Callable[[], SimulatedSensor], dict[str, float]]


def pms(length: int, *rest: int) -> Callable[[], SimulatedSensor]:
    return lambda: Plantower(plantower([*MASS, *rest], length))


SIMULATED: dict[str, Made] = {
    "mhz19": (lambda: SimulatedMhz19(lambda _: 612.0), {"co2_ppm": 612.0}),
    "pms1003": (pms(28, *COUNTS, 0x9700), DUST),
    "pms3003": (pms(20, 0xD20F, 0x2800, 0x51), DUST),
    "pms5003": (pms(28, *COUNTS, 0x9700), DUST),
    "pms5003-passive": (pms(28, *COUNTS, 0x9700), DUST),
    "pms5003s": (pms(28, *COUNTS, 31), {**DUST, "formaldehyde_ugm3": 31.0}),
    "pms5003t": (pms(28, *COUNTS[:4], -35, 713, 0x9A00), {**DUST, "temperature_c": -3.5, "humidity_pct": 71.3}),
    "pms5003st": (
        pms(36, *COUNTS, 12, 246, 580, 0, 0x9700),
        {**DUST, "formaldehyde_ugm3": 12.0, "temperature_c": 24.6, "humidity_pct": 58.0},
    ),
    "pms7003": (pms(28, *COUNTS, 0x8000), DUST),
    "sds011": (
        lambda: Nova(0xC0, struct.pack("<2H", 287, 455) + b"\xa1\x60"),
        {"pm25_ugm3": 28.7, "pm10_ugm3": 45.5},
    ),
    "sds198": (lambda: Nova(0xCF, struct.pack("<2H", 12, 311) + b"\xe9\x05"), {"pm100_ugm3": 311.0}),
    "sps30": (lambda: Sensirion(FIGURES), ALL_DUST),
    "hpma115": (
        lambda: Honeywell(plantower([0, 14, 19, *[0] * 10], 28), b"\x40\x05\x04" + struct.pack(">2H", 14, 19)),
        {"pm25_ugm3": 14.0, "pm10_ugm3": 19.0},
    ),
    "hpma115c0": (  # the same device, another model
        lambda: Honeywell(
            plantower([7, 14, 16, 19, *[0] * 9], 28), b"\x40\x0d\x04" + struct.pack(">6H", 7, 14, 16, 19, 0, 0)
        ),
        FOUR,
    ),
    "zh03": (lambda: Winsen(plantower([0, 0, 0, 7, 14, 19, 0, 0, 0], 20), (14, 19, 7)), DUST),
    "scd30": (lambda: Sketch(lambda _: PRINTED, CHATTER), AIR_OF_A_ROOM),
    "scd4x": (lambda: Sketch(lambda _: "612,24.1,48.2", CHATTER), AIR_OF_A_ROOM),
    "bme280": (
        lambda: Sketch(lambda _: "T: 24.1 C H: 48.2 % P: 100436 Pa", CHATTER),
        {"temperature_c": 24.1, "humidity_pct": 48.2, "pressure_hpa": 1004.36},
    ),
}
CAPTURES = Path(__file__).parent.parent / "captures"
ELSEWHERE = {"s8"}
"""On a Modbus line of its own."""


def from_capture(name: str) -> Made:
    """A sensor that only streams needs no simulator of its own: it says its capture `one` over and over."""
    case = CAPTURES / name / "one"
    (expected,) = json.loads((case / "expected.json").read_text())
    return (lambda: Streaming((case / "input.bin").read_bytes())), expected["values"]


SIMULATED |= {name: from_capture(name) for name in {device.name for device in AIR} - set(SIMULATED) - ELSEWHERE}
UNCHECKED = {"scd30", "scd4x", "bme280"}
"""Lines of text carry no check: a flipped digit is another digit. Their line only splits and delays."""


def hurried(name: str) -> Device:
    device = device_named(name)
    assert device is not None
    return msgspec.structs.replace(device, interval_s=0.05, spacing_s=0.0, warm_up_s=0.0, answer_s=0.25)


@asynccontextmanager
async def listening(name: str, sensor: SimulatedSensor) -> AsyncIterator[tuple[LineSource, Notebook]]:
    async with on_a_terminal(sensor) as terminal:
        source = LineSource(
            "port1",
            hurried(name),
            terminal.port,
            "a101-air",
            supply=lambda _: Supply.UNKNOWN,
            monotonic=asyncio.get_running_loop().time,
        )
        notebook = Notebook()
        task = asyncio.create_task(source.run(notebook))
        try:
            yield source, notebook
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def hear(name: str, spoilt: float | None = None) -> None:
    """One sensor until enough has come; `spoilt` is the chance that a byte is lost, and that one is flipped."""
    make, values = SIMULATED[name]
    sensor = make()
    if spoilt is not None:
        loss = 0.0 if name in UNCHECKED else spoilt
        wires = [Wire(seed, drop=loss, flip=loss, split=0.1, delay_s=0.005) for seed in (2026, 9)]
        sensor = BadLine(sensor, *wires)
    async with listening(name, sensor) as (source, notebook):
        await until(lambda: len(notebook.rows) >= ROWS and (spoilt is None or source.report().bad))
        assert notebook.rows == [values] * len(notebook.rows), name
        report = source.report()
        assert report.up, name
        assert report.bad == 0 or spoilt is not None or name in UNCHECKED, name


GROUPS = [list(SIMULATED)[start : start + 6] for start in range(0, len(SIMULATED), 6)]


@pytest.mark.parametrize("names", GROUPS, ids="-".join)
async def test_over_a_good_line_every_figure_arrives(names: list[str]) -> None:
    await asyncio.gather(*(hear(name) for name in names))


@pytest.mark.parametrize("names", GROUPS, ids="-".join)
async def test_over_a_bad_line_what_arrives_is_right_and_the_rest_is_counted(names: list[str]) -> None:
    await asyncio.gather(*(hear(name, spoilt=0.007) for name in names))


async def test_a_fan_is_cleaned_and_the_sensor_confirms_it() -> None:
    sensor = Sensirion(FIGURES)
    async with listening("sps30", sensor) as (source, notebook):
        await until(lambda: notebook.rows)
        assert source.accepts() == {"a101-air": ["clean"]}
        outcome = await source.obey(Order("o1", "a101-air", OrderKind.CLEAN))
        assert (outcome.result, outcome.confirmed, sensor.cleaned) == (Result.DONE, True, 1)


async def test_an_order_the_sensor_refuses_says_why() -> None:
    class Idle(Sensirion):
        """Forgets to measure whatever it is told."""

        def _obey(self, code: int, at_s: float) -> bytes:
            self.measuring = False
            return super()._obey(code, at_s) if code else stuffed_yes()

    def stuffed_yes() -> bytes:
        return bytes.fromhex("7e00000000ff7e")

    async with listening("sps30", Idle(FIGURES)) as (source, _):
        await until(lambda: source.report().up)
        outcome = await source.obey(Order("o2", "a101-air", OrderKind.CLEAN))
        assert outcome.result is Result.REFUSED
        assert outcome.detail is not None
        assert outcome.detail.en == "not allowed in its present state"


async def test_a_line_of_text_heard_from_its_middle_on_is_not_believed() -> None:
    """ "1612,24.1,48.2" heard late is "612,24.1,48.2", which nothing would tell from a reading."""
    async with listening("scd30", Streaming(b"612,24.1,48.2\r\n1")) as (source, notebook):
        await until(lambda: len(notebook.rows) >= 3)
        assert notebook.rows == [{**AIR_OF_A_ROOM, "co2_ppm": 1612.0}] * len(notebook.rows)
        assert source.report().bad == 1
