"""Every make that answers, against its simulator on a real pseudo-terminal: states, orders, refusals, a bad line."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from edge.sources.line import LineSource
from edge.sources.source import Outcome
from firmware_bridge.device import Device
from firmware_bridge.devices import DEVICES
from firmware_bridge.simulated.panel import Panel, on_tcp
from firmware_bridge.simulated.samsung import SamsungPanel
from tests.edge.test_line_source import Notebook, until
from tests.patience import PATIENCE_S
from tests.sim.devices import displays as sim
from tests.sim.devices import displays_text as text
from tests.sim.serial_link import BadLine, Wire, on_a_terminal
from wire.orders import Order, OrderKind, Result

PANELS: dict[str, type[Panel]] = {
    "samsung-mdc": SamsungPanel,
    "lg": text.LgPanel,
    "benq": text.BenqPanel,
    "viewsonic": text.ViewSonicPanel,
    "philips": sim.PhilipsPanel,
    "iiyama": sim.IiyamaPanel,
    "iiyama-te": sim.TePanel,
    "nec": sim.NecPanel,
    "sharp": text.SharpPanel,
    "sony": sim.SonyPanel,
    "optoma": text.OptomaPanel,
    "optoma-rke": text.RkePanel,
    "promethean": sim.PrometheanPanel,
    "smart": text.SmartPanel,
}
FIGURES = {"lamp_hours_h": 4660.0, "device_temperature_c": 41.0, "error_code": "0"}


def fast(name: str) -> Device:
    """The device, asked as often as a test can wait for."""
    return msgspec.structs.replace(
        DEVICES[name], interval_s=0.2, answer_s=0.3, turnaround_s=0.01, recovery_s=0.1, settles_s=0.05
    )


@asynccontextmanager
async def talking(name: str, panel: Panel) -> AsyncIterator[tuple[LineSource, Notebook]]:
    async with on_a_terminal(panel) as terminal:
        source = LineSource(
            "tv", fast(name), terminal.port, "a101-tv", least_silence_s=5.0, monotonic=asyncio.get_running_loop().time
        )
        notebook = Notebook()
        task = asyncio.create_task(source.run(notebook))
        try:
            yield source, notebook
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def last(notebook: Notebook) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for row in notebook.rows:
        found |= row
    return found


async def ordered(source: LineSource, kind: OrderKind, value: str = "") -> Outcome:
    async with asyncio.timeout(PATIENCE_S):
        return await source.obey(Order(f"order-{kind}-{value}", "a101-tv", kind, value))


async def of_all(check: Callable[[str], Coroutine[Any, Any, None]], names: Iterable[str] = PANELS) -> None:
    """All makes at once, for each waits more than it works; the first that fails is named by its task."""
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(check(name), name=name)


async def test_states_are_read_and_orders_change_them() -> None:
    await of_all(read_and_order)


async def test_orders_may_be_refused_and_may_meet_silence() -> None:
    await of_all(refuse_and_be_silent, [name for name in PANELS if DEVICES[name].commands[0].answered])


async def test_over_a_bad_line_what_comes_out_is_right() -> None:
    await of_all(hear_over_a_bad_line)


async def test_the_same_over_tcp() -> None:
    await of_all(read_over_tcp)


async def read_over_tcp(name: str) -> None:
    panel = PANELS[name]()
    async with on_tcp(panel) as port:
        source = LineSource(
            "tv",
            fast(name),
            f"tcp:127.0.0.1:{port}",
            "a101-tv",
            least_silence_s=5.0,
            monotonic=asyncio.get_running_loop().time,
        )
        notebook = Notebook()
        task = asyncio.create_task(source.run(notebook))
        await until(lambda: last(notebook).get("display_on") == 1.0)
        outcome = await ordered(source, OrderKind.DISPLAY_OFF)
        assert outcome.result is Result.DONE
        await until(lambda: last(notebook).get("display_on") == 0.0)
        assert source.report().bad == 0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def read_and_order(name: str) -> None:
    panel, device = PANELS[name](), DEVICES[name]
    async with talking(name, panel) as (source, notebook):
        wanted = {"display_on": 1.0, "input_source": "hdmi1", "muted": 0.0, **FIGURES}
        expected = {key: value for key, value in wanted.items() if key in device.quantities and key != "error_code"}
        await until(lambda: expected.items() <= last(notebook).items())
        confirmed = device.commands[0].answered
        for kind, value, key, shows in (
            (OrderKind.DISPLAY_INPUT, "hdmi2", "input_source", "hdmi2"),
            (OrderKind.DISPLAY_MUTE, "", "muted", 1.0),
            (OrderKind.DISPLAY_UNMUTE, "", "muted", 0.0),
            (OrderKind.DISPLAY_OFF, "", "display_on", 0.0),
            (OrderKind.DISPLAY_ON, "", "display_on", 1.0),
        ):
            if not any(one.kind is kind for one in device.commands):
                continue
            assert await ordered(source, kind, value) == Outcome(Result.DONE, None, confirmed)
            if key in device.quantities:
                await until(lambda key=key, shows=shows: last(notebook).get(key) == shows)  # type: ignore[misc]
        assert source.report().bad == 0
        assert source.report().up
    assert (panel.on, panel.source) == (True, "hdmi2")


async def refuse_and_be_silent(name: str) -> None:
    panel = PANELS[name]()
    async with talking(name, panel) as (source, notebook):
        await until(lambda: "display_on" in last(notebook))
        panel.refuses = True
        refused = await ordered(source, OrderKind.DISPLAY_OFF)
        assert refused.result is Result.REFUSED
        assert refused.detail is not None
        assert panel.on
        unsupported = await ordered(source, OrderKind.DISPLAY_INPUT, "scart7")
        assert unsupported.result is Result.UNSUPPORTED
        panel.silent = True
        assert (await ordered(source, OrderKind.DISPLAY_ON)).result is Result.TIMED_OUT


async def hear_over_a_bad_line(name: str) -> None:
    panel = PANELS[name]()
    wire = Wire(sum(name.encode()), split=0.3, drop=0.004, flip=0.006, delay_s=0.002)
    async with on_a_terminal(BadLine(panel, wire)) as terminal:
        source = LineSource(
            "tv", fast(name), terminal.port, "a101-tv", least_silence_s=5.0, monotonic=asyncio.get_running_loop().time
        )
        notebook = Notebook()
        task = asyncio.create_task(source.run(notebook))
        await until(lambda: len(notebook.rows) >= 12 and wire.dropped + wire.flipped >= 2, 15)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    truth = {"display_on": 1.0, "input_source": "hdmi1", "muted": 0.0, **FIGURES}
    for row in notebook.rows:
        assert row.items() <= truth.items(), name


async def test_newline_takes_orders_and_cannot_be_asked() -> None:
    panel = sim.NewlinePanel()
    async with talking("newline", panel) as (source, notebook):
        await until(lambda: source._line_device.account.line)
        assert await ordered(source, OrderKind.DISPLAY_INPUT, "hdmi2") == Outcome(Result.DONE)
        assert await ordered(source, OrderKind.DISPLAY_OFF) == Outcome(Result.DONE)
        panel.refuses = True
        assert (await ordered(source, OrderKind.DISPLAY_ON)).result is Result.REFUSED
        assert notebook.rows == []
        assert source.report().up
    assert (panel.on, panel.source) == (False, "hdmi2")
