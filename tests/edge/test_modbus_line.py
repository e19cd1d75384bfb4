"""Modbus devices alone on a line of their own, good and bad, and the calibration of an S8."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest

from edge.sources.line import LineSource
from firmware_bridge.calibration import Calibration
from firmware_bridge.device import Device
from firmware_bridge.devices.air import s8
from firmware_bridge.devices.meters import METERS, pzem004t, sdm630, xymd02
from firmware_bridge.links.line import Supply
from firmware_bridge.simulated import SimulatedSensor
from firmware_bridge.simulated.modbus import S8, Slave, SlavesOnALine, climate, pzem, single_phase, three_phase
from tests.edge.bus_stand import Logbook, until
from tests.sim.serial_link import BadLine, Wire, on_a_terminal
from wire.orders import Order, OrderKind, Result

SLAVES: dict[str, Callable[[], Slave]] = {
    "pzem004t": lambda: pzem(1),
    "pzem016": lambda: pzem(1),
    "sdm120": lambda: single_phase(1),
    "sdm220": lambda: single_phase(1),
    "sdm630": lambda: three_phase(1),
    "xymd02": lambda: climate(1, tenths_c=-37),
    "s8": lambda: S8(873),
}
TRUE = {
    "voltage_v": {225.7, 230.2, 230.0, 231.0, 232.0},
    "power_w": {24.4, 280.5, 200.0, 201.0, 202.0, 603.0},
    "energy_kwh": {0.038, 1234.56, 77.5},
    "temperature_c": {-3.7},
    "humidity_pct": {58.1},
    "co2_ppm": {873.0},
}


@asynccontextmanager
async def running(device: Device, sensor: SimulatedSensor) -> AsyncIterator[tuple[LineSource, Logbook]]:
    book = Logbook()
    fast = msgspec.structs.replace(device, interval_s=0.1, answer_s=0.15)
    async with on_a_terminal(sensor, tick_s=0.002) as terminal:
        source = LineSource(
            "line", fast, terminal.port, "d", supply=lambda _: Supply.UNKNOWN, monotonic=asyncio.get_running_loop().time
        )
        task = asyncio.create_task(source.run(book))
        try:
            yield source, book
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def true(book: Logbook) -> bool:
    return all(value in TRUE[key] for _, _, row in book.rows for key, value in row.items() if key in TRUE)


@pytest.mark.parametrize("device", [*METERS, s8.DEVICE], ids=lambda device: device.name)
async def test_over_a_bad_line_figures_are_right_or_missing(device: Device) -> None:
    line = SlavesOnALine([SLAVES[device.name]()])
    bad = BadLine(line, Wire(3, drop=0.004, flip=0.004, delay_s=0.003), Wire(4, drop=0.002, flip=0.002, delay_s=0.0))
    async with running(device, bad) as (source, book):
        await until(lambda: source.report().readings >= 5)
        await until(lambda: source.report().bad > 0)
    assert true(book)


async def test_phases_are_devices_of_their_own() -> None:
    async with running(sdm630.DEVICE, SlavesOnALine([three_phase(1)])) as (_, book):
        await until(lambda: {"d", "d-l1", "d-l2", "d-l3"} <= {name for _, name, _ in book.rows})
    assert [book.of(f"d-l{phase}")[0]["current_a"] for phase in (1, 2, 3)] == [1.0, 2.0, 3.0]
    assert [book.of(f"d-l{phase}")[0]["power_factor"] for phase in (1, 2, 3)] == [-1.0, 0.0, 1.0]


async def test_an_alarm_is_an_error_and_the_figures_go_on() -> None:
    meter = pzem(1, alarm=True)
    async with running(pzem004t.DEVICE, SlavesOnALine([meter])) as (source, book):
        await until(lambda: len(book.of("d")) >= 2)
        assert source.report().problem_en == "the device reports error power_alarm"
        meter.tables[4][9] = 0
        await until(lambda: book.of("d")[-1].get("error_code") == "0")
    assert book.of("d")[0]["error_code"] == "power_alarm"
    assert book.of("d")[1]["voltage_v"] == 225.7


async def test_faults_of_an_s8_are_told_instead_of_its_figure() -> None:
    sensor = S8(873)
    sensor.tables[4][0] = 0x40
    async with running(s8.DEVICE, SlavesOnALine([sensor])) as (_, book):
        await until(lambda: book.rows)
        sensor.tables[4][0] = 0
        await until(lambda: len(book.rows) >= 2)
    assert [row for _, _, row in book.rows[:2]] == [{"error_code": "memory"}, {"co2_ppm": 873.0, "error_code": "0"}]


async def test_abc_of_an_s8_is_switched() -> None:
    sensor = S8(873)
    async with running(s8.DEVICE, SlavesOnALine([sensor])) as (source, book):
        await until(lambda: book.rows)
        off = await source.obey(Order("a", "d", OrderKind.SELF_CALIBRATION_OFF))
        on = await source.obey(Order("b", "d", OrderKind.SELF_CALIBRATION_ON))
        sensor.unit = sensor.shared = 9
        gone = await source.obey(Order("c", "d", OrderKind.SELF_CALIBRATION_OFF))
    assert [off.result, on.result, gone.result] == [Result.DONE, Result.DONE, Result.TIMED_OUT]
    assert sensor.written == [(0x1F, 0), (0x1F, 180)]


@pytest.mark.parametrize(("lag", "result"), [(1, Result.DONE), (99, Result.REFUSED)])
async def test_a_calibration_is_checked(lag: int, result: Result) -> None:
    quick = msgspec.structs.replace(  # a measuring cycle of the real one is 4 s
        s8.DEVICE, dialogue=lambda device, _: Calibration(device, s8.steps(s8.ANY_SENSOR), wait_s=0.1)
    )
    sensor = S8(873, lag=lag)
    async with running(quick, SlavesOnALine([sensor], echo=True)) as (source, book):
        await until(lambda: book.rows)
        assert source.accepts() == {"d": ["self_calibration_on", "self_calibration_off", "calibrate_outdoor"]}
        calibrating = asyncio.create_task(source.obey(Order("a", "d", OrderKind.CALIBRATE_OUTDOOR)))
        await until(lambda: sensor.written)
        meanwhile = await source.obey(Order("b", "d", OrderKind.CALIBRATE_OUTDOOR))
        outcome = await calibrating
    assert (meanwhile.result, outcome.result) == (Result.REFUSED, result)
    assert sensor.written == [(0, 0), (1, 0x7C06)]
    assert sensor.calibrated == (lag == 1)
    if result is Result.REFUSED:
        assert outcome.detail is not None
        assert outcome.detail.en == "the sensor has not confirmed the calibration"


async def test_a_slave_that_has_other_registers_gives_no_figure() -> None:
    async with running(xymd02.DEVICE, SlavesOnALine([Slave(1, inputs={0: 1})])) as (source, book):
        await until(lambda: source.report().bad >= 2)
    assert book.rows == []
