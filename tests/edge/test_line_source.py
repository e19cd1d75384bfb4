"""A serial source on real pseudo-terminals, from first byte to unplugging, noise and silence."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.sources.line import LineSource
from edge.sources.line_account import LineAccount
from firmware_bridge.device import Device
from firmware_bridge.devices.air import mhz19, pms5003
from firmware_bridge.links.line import Supply
from firmware_bridge.simulated import PseudoTerminal, SimulatedMhz19, SimulatedPms5003
from tests import patience
from tests.patience import PATIENCE_S
from tests.sim.sensors import Talker
from tests.sim.serial_link import Echoing, SpoiltLine
from wire.ids import is_id
from wire.messages import TimeQuality

FAST_CO2 = msgspec.structs.replace(mhz19.DEVICE, interval_s=0.1)
FAST_DUST = msgspec.structs.replace(pms5003.DEVICE, interval_s=0.1, spacing_s=0.0, warm_up_s=0.3)


class Notebook:
    """A sink that writes down what it is given."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float | str]] = []
        self.events: list[tuple[str, dict[str, Any]]] = []

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
        assert (at_ms, quality) == (None, None)
        assert age_ms is None or age_ms >= 0
        assert on_durable is None or callable(on_durable)
        self.rows.append(values)

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
        assert is_id(device)
        assert (at_ms, quality) == (None, None)
        assert age_ms is None or age_ms >= 0
        assert on_durable is None or callable(on_durable)
        self.events.append((kind, data))

    @property
    def ppm(self) -> list[float | str]:
        return [row["co2_ppm"] for row in self.rows]


async def until(condition: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    await patience.until(condition, within_s=max(within_s, PATIENCE_S))


@asynccontextmanager
async def running(
    device: Device, terminal: PseudoTerminal, *, silence_s: float = 0.6, supply: Supply = Supply.UNKNOWN
) -> AsyncIterator[tuple[LineSource, Notebook]]:
    source = LineSource(
        "port1",
        device,
        terminal.port,
        "a101-sensor",
        least_silence_s=silence_s,
        supply=lambda _: supply,
        monotonic=asyncio.get_running_loop().time,
    )
    notebook = Notebook()
    tasks = [asyncio.create_task(terminal.run()), asyncio.create_task(source.run(notebook))]
    try:
        yield source, notebook
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_sensor_that_is_asked_gives_its_figures() -> None:
    async with running(FAST_CO2, PseudoTerminal(SimulatedMhz19(lambda _: 812.0))) as (source, notebook):
        await until(lambda: len(notebook.rows) >= 3)
        report = source.report()
    assert notebook.ppm[:3] == [812.0] * 3
    assert (report.name, report.kind, report.up, report.bad, report.problem_en) == ("port1", "mhz19", True, 0, "")
    assert report.readings >= 3
    assert report.last_ok_age_s is not None
    assert notebook.events == []


async def test_a_sensor_that_speaks_by_itself_is_heard() -> None:
    async with running(FAST_DUST, PseudoTerminal(SimulatedPms5003(lambda _: 35.0, period_s=0.1))) as (_, notebook):
        await until(lambda: notebook.rows)
    assert notebook.rows[0] == {"pm1_ugm3": 22.0, "pm25_ugm3": 35.0, "pm10_ugm3": 41.0}


async def test_passive_mode_asks() -> None:
    sensor = SimulatedPms5003(lambda _: 35.0)
    device = msgspec.structs.replace(pms5003.PASSIVE, interval_s=0.1)
    async with running(device, PseudoTerminal(sensor)) as (source, notebook):
        await until(lambda: len(notebook.rows) >= 2)
        assert not sensor.active
        assert source.report().bad == 0


async def test_our_own_commands_read_back_are_no_error() -> None:
    async with running(FAST_CO2, PseudoTerminal(Echoing(SimulatedMhz19(lambda _: 812.0)))) as (source, notebook):
        await until(lambda: len(notebook.rows) >= 2)
        assert source.report().bad == 0


async def test_spoilt_frames_are_counted_and_the_good_ones_pass() -> None:
    turn = iter(range(10_000))

    def spoil(said: bytes) -> bytes:
        return said[:4] + bytes((said[4] ^ 0x10,)) + said[5:] if said and next(turn) % 2 else said

    terminal = PseudoTerminal(SpoiltLine(SimulatedMhz19(lambda _: 812.0), spoil))
    async with running(FAST_CO2, terminal) as (source, notebook):
        await until(lambda: len(notebook.rows) >= 3 and source.report().bad >= 2)
        assert source.report().up
    assert set(notebook.ppm) == {812.0}


async def test_unplugged_in_mid_frame_and_plugged_in_again(tmp_path: Path) -> None:
    terminal = PseudoTerminal(SimulatedMhz19(lambda _: 812.0), tmp_path / "co2")
    async with running(FAST_CO2, terminal) as (source, notebook):
        await until(lambda: notebook.rows)
        terminal.send(b"\xff\x86\x03")
        terminal.unplug()
        await until(lambda: not source.report().up)
        await until(lambda: "there is no port" in source.report().problem_en)
        assert "chưa cắm" in source.report().problem_vi
        before = len(notebook.rows)
        terminal.plug()
        await until(lambda: len(notebook.rows) > before and source.report().up)
        assert source.report().problem_en == ""
    assert notebook.events == [("device_down", {"reason": "port"}), ("device_up", {})]
    assert set(notebook.ppm) == {812.0}


async def test_a_usb_adapter_that_comes_back_brings_a_cold_sensor(tmp_path: Path) -> None:
    level = 812.0
    terminal = PseudoTerminal(SimulatedMhz19(lambda _: level), tmp_path / "co2")
    device = msgspec.structs.replace(FAST_CO2, warm_up_s=1.0)
    async with running(device, terminal, supply=Supply.PORT) as (source, notebook):
        await until(lambda: notebook.rows)
        terminal.unplug()
        await until(lambda: not source.report().up)
        level = 1500.0  # what the cold sensor says is no measurement
        terminal.plug()
        await until(lambda: "warming up" in source.report().problem_en)
        level = 640.0
        await until(lambda: 640.0 in notebook.ppm)
    assert set(notebook.ppm) == {812.0, 640.0}


async def test_after_the_machine_started_its_sensors_are_cold(tmp_path: Path) -> None:
    terminal = PseudoTerminal(SimulatedMhz19(lambda _: 812.0), tmp_path / "co2")
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    source = LineSource(
        "port1",
        msgspec.structs.replace(FAST_CO2, warm_up_s=0.8),
        terminal.port,
        "a101-sensor",
        supply=lambda _: Supply.MACHINE,
        monotonic=lambda: loop.time() - started_s,
    )
    notebook = Notebook()
    tasks = [asyncio.create_task(terminal.run()), asyncio.create_task(source.run(notebook))]
    await until(lambda: "warming up" in source.report().problem_en)
    assert notebook.rows == []
    await until(lambda: notebook.rows)
    assert loop.time() - started_s >= 0.8
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_waits_for_a_port_that_is_not_there_yet(tmp_path: Path) -> None:
    terminal = PseudoTerminal(SimulatedMhz19(lambda _: 640.0), tmp_path / "co2")
    terminal.unplug()
    async with running(FAST_CO2, terminal) as (source, notebook):
        await until(lambda: "there is no port" in source.report().problem_en)
        terminal.plug()
        await until(lambda: notebook.rows)
    assert [kind for kind, _ in notebook.events] == ["device_down", "device_up"]


async def test_two_sources_on_one_port_do_not_steal_each_others_bytes() -> None:
    terminal = PseudoTerminal(SimulatedMhz19(lambda _: 812.0))
    async with running(FAST_CO2, terminal) as (_, notebook):
        await until(lambda: notebook.rows)
        second, empty = (
            LineSource("port2", FAST_CO2, terminal.port, "a101-other", monotonic=asyncio.get_running_loop().time),
            Notebook(),
        )
        task = asyncio.create_task(second.run(empty))
        await until(lambda: "in use by another program" in second.report().problem_en)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert empty.rows == []


async def test_a_silent_sensor_is_reported_once_and_comes_back() -> None:
    sensor = SimulatedMhz19(lambda _: 812.0)
    async with running(FAST_CO2, PseudoTerminal(sensor), silence_s=0.3) as (source, notebook):
        await until(lambda: notebook.rows)
        sensor.silent = True
        await until(lambda: "nothing heard" in source.report().problem_en)
        await asyncio.sleep(0.8)  # two more silences: the state is told once, not each time
        sensor.silent = False
        await until(lambda: source.report().up)
    assert notebook.events == [("device_down", {"reason": "silent"}), ("device_up", {})]


async def test_a_sleeping_sensor_is_woken_and_its_first_figures_are_held() -> None:
    sensor = SimulatedPms5003(lambda _: 12.0, period_s=0.05)
    terminal = PseudoTerminal(sensor)
    sensor.asleep = True
    async with running(FAST_DUST, terminal, silence_s=0.3) as (source, notebook):
        await until(lambda: "warming up" in source.report().problem_en)
        assert notebook.rows == []
        assert "đang làm nóng" in source.report().problem_vi
        await until(lambda: notebook.rows)
        assert not sensor.asleep


async def test_only_noise_points_to_the_speed() -> None:
    async with running(FAST_DUST, PseudoTerminal(Talker(*[b"\xfe\x81\x00" * 10] * 500)), silence_s=0.8) as (source, _):
        await until(lambda: "only noise: check the speed (9600 baud)" in source.report().problem_en)
        report = source.report()
    assert not report.up
    assert report.bad > 0
    assert "chỉ có nhiễu" in report.problem_vi


async def test_a_warming_sensor_is_seen_and_its_placeholders_are_never_data() -> None:
    device = msgspec.structs.replace(FAST_CO2, warm_up_s=1.5)
    async with running(device, PseudoTerminal(SimulatedMhz19(lambda _: 812.0, warm_up_s=1.0))) as (source, notebook):
        await until(lambda: "warming up" in source.report().problem_en)
        await until(lambda: notebook.rows)
        assert source.report().problem_en == ""
    assert set(notebook.ppm) == {812.0}


async def test_empty_frames_of_a_starting_fan_are_never_data() -> None:
    terminal = PseudoTerminal(SimulatedPms5003(lambda _: 35.0, period_s=0.05, fan_start_s=0.3))
    async with running(FAST_DUST, terminal) as (source, notebook):
        await until(lambda: "warming up" in source.report().problem_en)
        await until(lambda: notebook.rows)
        assert source.report().bad == 0
    assert notebook.rows[0] == {"pm1_ugm3": 22.0, "pm25_ugm3": 35.0, "pm10_ugm3": 41.0}


async def test_a_device_error_is_told_when_it_comes_and_when_it_goes() -> None:
    sensor = SimulatedPms5003(lambda _: 12.0, period_s=0.05)
    async with running(FAST_DUST, PseudoTerminal(sensor)) as (source, notebook):
        await until(lambda: notebook.rows)
        sensor.error = 2
        await until(lambda: "error 0x02" in source.report().problem_en)
        await asyncio.sleep(0.2)  # the same error in every frame is one row
        sensor.error = 0
        await until(lambda: source.report().problem_en == "")
    codes = [row["error_code"] for row in notebook.rows if "error_code" in row]
    assert codes == ["0x02", "0"]


@pytest.mark.parametrize(("at_s", "handed_on"), [(0.3, False), (0.95, True)])
def test_a_device_in_a_hurry_repeats_itself(at_s: float, handed_on: bool) -> None:
    account = LineAccount(pms5003.DEVICE, 0.0)
    assert account.measured({"pm25_ugm3": 3.0}, 0.0) is not None
    assert (account.measured({"pm25_ugm3": 3.0}, at_s) is not None) is handed_on


def test_reports_are_bounded_for_the_wire() -> None:
    device = msgspec.structs.replace(mhz19.DEVICE, title=mhz19.DEVICE.title._replace(en="x" * 500))
    account = LineAccount(device, 0.0)
    account._noise_bytes = 10_000
    account.silent(6.0)
    assert len(account.report("p", 7.0).problem_en) == 200
