"""What goes wrong on a line that several share: dead and late devices, noise, a plug pulled out."""

import asyncio
from contextlib import suppress

import pytest

from edge.sources.bus import Bus
from firmware_bridge.devices.meters import pzem016, sdm120, xymd02
from firmware_bridge.simulated.modbus import Slave, SlavesOnALine, climate, pzem, sealed, single_phase
from tests.edge.bus_stand import Logbook, member, running, until
from tests.sim.serial_link import BadLine, Wire
from wire.orders import Order, OrderKind, Result


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
    # What is promised: interval + one time-out of the dead one + the others' exchanges, which take less than another.
    assert max(worst.values()) < 0.3 + 1.9 * timeout_s, worst
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
