"""Our master against pymodbus' server, written by others, through a pair of pseudo-terminals."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.sources.bus import Bus, LineSettings
from edge.sources.bus_member import BusMember, on_bus
from firmware_bridge.device import Device
from firmware_bridge.devices.meters import sdm120, xymd02
from firmware_bridge.modbus_table import table_device
from tests.edge.bus_stand import Logbook, until
from tests.sim.null_modem import NullModem

TABLE = Path(__file__).resolve().parents[2] / "deploy" / "modbus" / "co2-transmitter.toml"
BAUD = 57_600


def floats(**at: float) -> list[int]:
    """80 registers with a float at each `r70`."""
    content = bytearray(160)
    for name, number in at.items():
        struct.pack_into(">f", content, 2 * int(name[1:]), number)
    return list(struct.unpack(">80H", content))


def on_line(device: Device, unit: int) -> BusMember:
    assert device.at is not None
    here = on_bus(device.at(unit), BAUD, 0.2)
    return BusMember(f"d{unit}", here, f"d{unit}", asyncio.get_running_loop().time, least_silence_s=1.5)


@asynccontextmanager
async def served(port: str) -> AsyncIterator[ModbusSerialServer]:
    meter = SimData(
        0, values=floats(r0=229.5, r6=0.4, r12=88.25, r30=0.98, r70=49.97, r72=301.5), datatype=DataType.REGISTERS
    )
    co2 = SimData(0, values=[745, 0xFFFB, 612], datatype=DataType.REGISTERS)
    server = ModbusSerialServer([SimDevice(1, [meter]), SimDevice(2, [co2])], port=port, baudrate=BAUD)
    await server.serve_forever(background=True)
    try:
        yield server
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


async def test_a_meter_a_table_and_a_place_nobody_is_at() -> None:
    book = Logbook()
    members = [
        on_line(sdm120.DEVICE, 1),
        on_line(table_device(TABLE.read_text(encoding="utf-8"), str(TABLE)), 2),
        on_line(xymd02.DEVICE, 3),
    ]
    with NullModem() as line:
        async with served(line.right):
            bus = Bus("rs485", line.left, members, LineSettings(BAUD), monotonic=asyncio.get_running_loop().time)
            task = asyncio.create_task(bus.run(book))
            await until(lambda: len(book.of("d1")) >= 4 and len(book.of("d2")) >= 3)
            # pymodbus answers for places where nothing is, by a refusal; a real line would be silent.
            await until(lambda: "device failure (code 4)" in members[2].report().problem_en)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    meter = {key: value for row in book.of("d1") for key, value in row.items()}
    assert meter == {
        "voltage_v": 229.5,
        "current_a": 0.4,
        "power_w": 88.25,
        "apparent_power_va": 0.0,
        "reactive_power_var": 0.0,
        "power_factor": 0.98,
        "frequency_hz": 49.97,
        "energy_kwh": 301.5,
        "energy_returned_kwh": 0.0,
    }
    assert book.of("d2")[0] == {"co2_ppm": 745.0, "temperature_c": -0.5, "humidity_pct": 61.2}
    assert book.of("d3") == []
    assert [one.report().bad for one in members[:2]] == [0, 0]


async def test_what_the_peer_refuses_is_told_with_its_reason() -> None:
    """The meter's registers at the address of a box that has three."""
    member, book = on_line(sdm120.DEVICE, 2), Logbook()
    with NullModem() as line:
        async with served(line.right):
            bus = Bus("rs485", line.left, [member], LineSettings(BAUD), monotonic=asyncio.get_running_loop().time)
            task = asyncio.create_task(bus.run(book))
            await until(lambda: "illegal data address" in member.report().problem_en)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    assert book.rows == []
