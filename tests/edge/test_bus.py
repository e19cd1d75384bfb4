"""Several devices on one line, over real pseudo-terminals: turns, dead devices, late answers, echoes, orders."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from edge.sources.bus import Bus, LineSettings
from edge.sources.bus_member import BusMember, on_bus
from firmware_bridge.calibration import Calibration
from firmware_bridge.device import Device
from firmware_bridge.devices.air import s8
from firmware_bridge.devices.meters import pzem004t, pzem016, sdm120, sdm630, xymd02
from firmware_bridge.simulated import PseudoTerminal, SimulatedSensor
from tests.sim.devices.modbus import S8, Slave, SlavesOnALine, climate, pzem, sealed, single_phase, three_phase
from tests.sim.serial_link import BadLine, Wire, on_a_terminal
from wire.ids import is_id
from wire.messages import TimeQuality
from wire.orders import Order, OrderKind, Result

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


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 what is waited for happens in bytes, not in an Event
            await asyncio.sleep(0.01)


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


async def test_a_dead_device_does_not_hold_up_the_seven_others() -> None:
    """The dead one's time-out is spent once a pause, and the pauses double."""
    slaves = [climate(unit) for unit in range(1, 9)]
    slaves[3].dead = True
    members = [member(xymd02.DEVICE, unit, interval_s=0.3) for unit in range(1, 9)]
    timeout_s = members[3].device.answer_s
    async with running(SlavesOnALine(slaves), members) as (_, book, _):
        await until(lambda: members[3].report().problem_en)
        await until(lambda: len(book.of("d1")) >= 12)
        report = members[3].report()
    assert not report.up
    assert "does not answer" in report.problem_en
    assert [(device, kind) for device, kind, _ in book.events] == [("d4", "device_down")]
    worst = {unit: book.worst_gap_s(f"d{unit}") for unit in range(1, 9) if unit != 4}
    # What is promised: interval + one time-out of the dead one + the others' exchanges; 0.2 s for a busy test machine.
    assert max(worst.values()) < 0.3 + timeout_s + 0.2, worst
    assert all(one.report().up for one in members if one is not members[3])


async def test_a_dead_device_is_asked_seldom_and_found_again() -> None:
    dead = climate(2)
    dead.dead = True
    line = SlavesOnALine([climate(1), dead])
    members = [member(xymd02.DEVICE, 1), member(xymd02.DEVICE, 2)]
    async with running(line, members) as (_, book, _):
        await until(lambda: "does not answer" in members[1].report().problem_en)
        dead.dead = False
        await until(lambda: members[1].report().up)
        assert members[1].report().problem_en == ""
    assert [(name, kind) for name, kind, _ in book.events] == [("d2", "device_down"), ("d2", "device_up")]


async def test_a_late_answer_is_never_taken_for_another_s() -> None:
    """Two of one kind, the first so late that it answers into the second one's turn."""
    late, prompt = climate(1, tenths_c=111), climate(2, tenths_c=222)
    members = [member(xymd02.DEVICE, 1), member(xymd02.DEVICE, 2)]
    late.late_s = members[0].device.answer_s + 0.02
    prompt.late_s = 0.05
    line = SlavesOnALine([late, prompt])
    async with running(line, members) as (bus, book, _):
        await until(lambda: len(book.of("d2")) >= 8)
        await until(lambda: members[1].report().bad + bus.report().bad > 0)
    assert {row["temperature_c"] for row in book.of("d2")} == {22.2}
    assert {row["temperature_c"] for row in book.of("d1")} <= {11.1}


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


async def test_an_order_for_a_dead_device_times_out_and_is_not_said_later() -> None:
    meter = pzem(1)
    meter.dead = True
    members = [member(pzem016.DEVICE, 1), member(xymd02.DEVICE, 2)]
    async with running(SlavesOnALine([meter, climate(2)]), members) as (_, book, _):
        await until(lambda: book.of("d2"))
        assert (await members[0].obey(Order("c1", "d1", OrderKind.RESET_ENERGY))).result is Result.TIMED_OUT
        task = asyncio.create_task(members[0].obey(Order("c2", "d1", OrderKind.RESET_ENERGY)))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        meter.dead = False
        await until(lambda: book.of("d1"))
        assert not members[0].urgent
    assert meter.obeyed == 0


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
        await asyncio.wait_for(closed.wait(), 5)
    assert book.of("d2")[0]["temperature_c"] == -0.8


async def test_an_order_this_device_does_not_know() -> None:
    members = [member(xymd02.DEVICE, 2)]
    async with running(SlavesOnALine([climate(2)]), members) as (_, book, _):
        await until(lambda: book.of("d2"))
        assert members[0].accepts() == {}
        assert (await members[0].obey(Order("c", "d2", OrderKind.SWITCH_ON))).result is Result.UNSUPPORTED


async def test_what_a_device_refuses_stands_in_its_report() -> None:
    """A table that asks for registers this device has not."""
    members = [member(sdm120.DEVICE, 1)]
    async with running(SlavesOnALine([Slave(1, inputs={0: 0, 1: 0})]), members) as (_, book, _):
        await until(lambda: members[0].report().bad >= 3)
    assert not book.rows


async def test_the_line_is_pulled_out_and_put_back() -> None:
    members = [member(xymd02.DEVICE, 1), member(xymd02.DEVICE, 2)]
    async with running(SlavesOnALine([climate(1), climate(2)]), members) as (bus, book, terminal):
        await until(lambda: book.of("d2"))
        order = asyncio.create_task(members[0].obey(Order("c", "d1", OrderKind.SWITCH_ON)))
        terminal.unplug()
        await until(lambda: not bus.report().up)
        assert (await order).result in {Result.TIMED_OUT, Result.UNSUPPORTED}
        assert "gone" in members[0].report().problem_en
        assert (await members[0].obey(Order("d", "d1", OrderKind.SWITCH_ON))).result is Result.TIMED_OUT
    assert {kind for _, kind, _ in book.events} == {"device_down"}


async def test_a_port_that_is_not_there_is_told_once() -> None:
    members = [member(xymd02.DEVICE, 1)]
    book = Logbook()
    bus = Bus("rs485", "/dev/no-such-port", members)
    task = asyncio.create_task(bus.run(book))
    await until(lambda: "not plugged in" in bus.report().problem_en)
    await until(lambda: "not plugged in" in members[0].report().problem_en)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert [kind for _, kind, _ in book.events] == ["device_down"]


@pytest.mark.parametrize("seed", range(2))
async def test_a_bad_line_gives_right_figures_or_none(seed: int) -> None:
    wire = Wire(seed, drop=0.004, flip=0.003, split=0.2, delay_s=0.004)
    line = SlavesOnALine([pzem(1), climate(2), single_phase(3)])
    members = [member(pzem016.DEVICE, 1), member(xymd02.DEVICE, 2), member(sdm120.DEVICE, 3)]
    async with running(BadLine(line, wire, Wire(seed + 100, drop=0.004, flip=0.003, delay_s=0.0)), members) as (
        _,
        book,
        _,
    ):
        await until(lambda: len(book.rows) >= 16)
        await until(lambda: sum(one.report().bad for one in members) > 0)
    good = {
        "d1": {"voltage_v": 225.7, "current_a": 0.108, "power_w": 24.4, "energy_kwh": 0.038},
        "d2": {"temperature_c": 25.3, "humidity_pct": 58.1},
        "d3": {"voltage_v": 230.2, "energy_kwh": 1234.56, "power_factor": 0.975},
    }
    for _, device, values in book.rows:
        for quantity, value in values.items():
            if quantity in good[device]:
                assert value == good[device][quantity]


async def test_bytes_nobody_asked_for_are_counted_and_not_used() -> None:
    members = [member(xymd02.DEVICE, 1, interval_s=5.0)]
    async with running(SlavesOnALine([climate(1)]), members) as (bus, book, terminal):
        await until(lambda: book.of("d1"))
        terminal.send(sealed(bytes((1, 4, 4, 0, 100, 0, 100))))
        await until(lambda: bus.report().bad == 1)
    assert len(book.rows) == 1
