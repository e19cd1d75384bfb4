"""Several devices on one line, over real pseudo-terminals: turns, echoes, orders, a serial server."""

import asyncio
from contextlib import suppress

import msgspec

from edge.sources.bus import Bus
from edge.sources.bus_member import BusMember
from firmware_bridge.calibration import Calibration
from firmware_bridge.devices.air import s8
from firmware_bridge.devices.meters import pzem004t, pzem016, sdm120, sdm630, xymd02
from firmware_bridge.simulated.modbus import S8, SlavesOnALine, climate, pzem, single_phase, three_phase
from tests.edge.bus_stand import Logbook, member, running, until
from tests.patience import PATIENCE_S
from wire.orders import Order, OrderKind, Result


async def test_every_kind_of_device_measures_on_one_line() -> None:
    line = SlavesOnALine([pzem(1), climate(2, tenths_c=-51), single_phase(3), three_phase(4)])
    members = [member(pzem016.DEVICE, 1), member(xymd02.DEVICE, 2), member(sdm120.DEVICE, 3), member(sdm630.DEVICE, 4)]
    async with running(line, members) as (bus, book, _):
        await until(lambda: {"d1", "d2", "d3", "d4", "d4-l3"} <= {name for _, name, _ in book.rows})
        await until(lambda: any("energy_kwh" in row for row in book.of("d4")))
        assert bus.report().up
    assert book.of("d1")[0] == {
        "voltage_v": 225.7,
        "current_a": 0.108,
        "power_w": 24.4,
        "energy_kwh": 0.038,
        "frequency_hz": 50.0,
        "power_factor": 1.0,
    }
    assert book.of("d2")[0] == {"temperature_c": -5.1, "humidity_pct": 58.1}
    assert {key: value for row in book.of("d3") for key, value in row.items()} == {
        "voltage_v": 230.2,
        "current_a": 1.25,
        "power_w": 280.5,
        "apparent_power_va": 287.75,
        "reactive_power_var": -64.1,
        "power_factor": 0.975,
        "frequency_hz": 50.02,
        "energy_kwh": 1234.56,
        "energy_returned_kwh": 0.5,
    }
    assert book.of("d4-l2")[0]["voltage_v"] == 231.0
    assert {row["power_w"] for row in book.of("d4") if "power_w" in row} == {603.0}
    assert line.collisions == 0
    assert [one.report().bad for one in members] == [0, 0, 0, 0]


async def test_an_adapter_that_echoes_what_is_sent() -> None:
    meter = pzem(1)
    members = [member(pzem004t.DEVICE, 1), member(xymd02.DEVICE, 2)]
    async with running(SlavesOnALine([meter, climate(2)], echo=True), members) as (_, book, _):
        await until(lambda: len(book.of("d1")) >= 2 and len(book.of("d2")) >= 2)
        assert members[0].accepts() == {"d1": ["reset_energy"]}
        outcome = await members[0].obey(Order("c1", "d1", OrderKind.RESET_ENERGY))
        meter.own = 0  # from here on it refuses: an echo alone must not pass for its confirmation
        refused = await members[0].obey(Order("c2", "d1", OrderKind.RESET_ENERGY))
        meter.dead = True
        silent = await members[0].obey(Order("c3", "d1", OrderKind.RESET_ENERGY))
    assert (outcome.result, meter.obeyed) == (Result.DONE, 1)
    assert refused.result is Result.REFUSED
    assert refused.detail is not None
    assert refused.detail.en == "the device refuses: illegal function (code 1)"
    assert silent.result is Result.TIMED_OUT
    assert [one.report().bad for one in members] == [0, 0]


async def test_a_calibration_in_steps_leaves_the_line_to_the_others_between_them() -> None:
    sensor = S8(873)
    quick = msgspec.structs.replace(
        member(s8.DEVICE, sensor.unit).device,
        dialogue=lambda device, _: Calibration(device, s8.steps(sensor.unit), wait_s=0.5),
    )
    calibrated = BusMember("s8", quick, "s8", asyncio.get_running_loop().time)
    line = SlavesOnALine([sensor, climate(2)])
    async with running(line, [calibrated, member(xymd02.DEVICE, 2)]) as (_, book, _):
        await until(lambda: book.of("s8") and book.of("d2"))
        before = len(book.of("d2"))
        outcome = await calibrated.obey(Order("c", "s8", OrderKind.CALIBRATE_OUTDOOR))
        meanwhile = len(book.of("d2")) - before
        await until(lambda: book.of("s8")[-1] == {"co2_ppm": 400.0})
    assert (outcome.result, sensor.calibrated) == (Result.DONE, 1)
    assert meanwhile >= 3
    assert line.collisions == 0


async def test_a_bus_behind_a_serial_server_on_the_network(free_port: int) -> None:
    line, closed = SlavesOnALine([climate(1), climate(2, tenths_c=-8)]), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(256):
            writer.write(line.receive(data, 0.0))
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", free_port)
    members, book = [member(xymd02.DEVICE, 1), member(xymd02.DEVICE, 2)], Logbook()
    bus = Bus("rs485", f"tcp:127.0.0.1:{free_port}", members, monotonic=asyncio.get_running_loop().time)
    async with server:
        task = asyncio.create_task(bus.run(book))
        await until(lambda: book.of("d1") and book.of("d2"))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.wait_for(closed.wait(), PATIENCE_S)
    assert book.of("d2")[0]["temperature_c"] == -0.8


async def test_an_order_this_device_does_not_know() -> None:
    members = [member(xymd02.DEVICE, 2)]
    async with running(SlavesOnALine([climate(2)]), members) as (_, book, _):
        await until(lambda: book.of("d2"))
        assert members[0].accepts() == {}
        assert (await members[0].obey(Order("c", "d2", OrderKind.SWITCH_ON))).result is Result.UNSUPPORTED
