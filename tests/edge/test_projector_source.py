"""A projector on the network as a source: it hangs up in pauses, wants a password, goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from edge.sources.line import LineSource
from edge.sources.source import Outcome
from firmware_bridge.device import Options
from firmware_bridge.devices import DEVICES
from firmware_bridge.simulated.pjlink import PjlinkProjector, on_tcp
from tests.edge.test_line_source import Notebook, until
from tests.patience import PATIENCE_S
from wire.orders import Order, OrderKind, Result

FAST = msgspec.structs.replace(DEVICES["pjlink"], interval_s=0.2, answer_s=0.5, settles_s=0.1)


@asynccontextmanager
async def talking(
    projector: PjlinkProjector, *, password: str | None = None, silence_s: float = 3.0
) -> AsyncIterator[tuple[LineSource, Notebook]]:
    async with on_tcp(projector) as port:
        address, options = f"tcp:127.0.0.1:{port}", Options(password=password)
        source = LineSource(
            "beamer",
            FAST,
            address,
            "a101-beamer",
            options=options,
            least_silence_s=silence_s,
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


def last(notebook: Notebook) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for row in notebook.rows:
        found |= row
    return found


async def obeyed(source: LineSource, kind: OrderKind, value: str = "") -> Outcome:
    async with asyncio.timeout(PATIENCE_S):
        return await source.obey(Order(f"order-{kind}{value}", "a101-beamer", kind, value))


async def test_what_it_tells_in_a_round() -> None:
    projector = PjlinkProjector("JBMIAProjectorLink")
    projector.power, projector.lamps = 1, (8253, 13442)
    async with talking(projector, password="JBMIAProjectorLink") as (source, notebook):
        # The second lamp is a device of its own; its reading comes last.
        wanted = {"display_on": 1.0, "input_source": "digital1", "muted": 0.0, "filter_hours_h": 56.0}
        await until(lambda: wanted.items() <= last(notebook).items() and "lamp_hours_h" in last(notebook))
        assert {row["lamp_hours_h"] for row in notebook.rows if "lamp_hours_h" in row} == {8253.0, 13442.0}
        accepted = source.accepts()["a101-beamer"]
        assert {"display_on", "display_mute", "display_input:rgb1", "display_input:digital2"} <= set(accepted)
        assert source.report().bad == 0
    assert projector.heard[0][32:] == "%1CLSS ?"
    assert all(line.startswith("%") for line in projector.heard[1:])  # the proof is given once


async def test_errors_come_and_go() -> None:
    projector = PjlinkProjector()
    async with talking(projector) as (source, notebook):
        await until(lambda: "display_on" in last(notebook))
        projector.faults = "200010"
        await until(lambda: last(notebook).get("error_code") == "fan-error+filter-warning")
        assert "fan-error" in source.report().problem_en
        projector.faults = "000000"
        await until(lambda: last(notebook).get("error_code") == "0")


async def test_hanging_up_in_a_pause_is_no_fault() -> None:
    projector = PjlinkProjector(idle_s=0.1)
    async with talking(projector) as (source, notebook):
        await until(lambda: projector.connections >= 3, 10)
        assert len([row for row in notebook.rows if "display_on" in row]) >= 2
        assert notebook.events == []
        assert source.report().problem_en == ""
        assert (await obeyed(source, OrderKind.DISPLAY_ON)).result is Result.DONE
    assert projector.power == 1


async def test_a_wrong_password_is_told_and_not_tried_again_and_again() -> None:
    projector = PjlinkProjector("right")
    async with talking(projector, password="wrong") as (source, notebook):
        await until(lambda: source.report().problem_en == "wrong PJLink password")
        assert source.report().problem_vi == "sai mật khẩu PJLink"
        await asyncio.sleep(1.2)
        assert projector.connections == 1
        assert notebook.rows == []
        assert [kind for kind, _ in notebook.events] == ["device_down"]
        assert (await obeyed(source, OrderKind.DISPLAY_ON)).result is Result.TIMED_OUT


async def test_a_password_that_is_missing_is_asked_for_and_one_too_many_is_kept_back() -> None:
    projector = PjlinkProjector("secret")
    async with talking(projector) as (source, _):
        await until(lambda: "set password_file" in source.report().problem_en)
        assert projector.heard == []
    open_one = PjlinkProjector()
    async with talking(open_one, password="secret") as (_, notebook):
        await until(lambda: "display_on" in last(notebook))
    assert open_one.heard[0] == "%1CLSS ?"


@pytest.mark.parametrize("greeting", [b"PJLINK XXX\r", b"PJLINK 1X21d0e96e\r", b"PJLINK 1 21d0\r", b"220 ftp\r\n", b""])
async def test_what_is_no_projector_gets_no_hash(greeting: bytes) -> None:
    projector = PjlinkProjector("secret")
    projector.greeting = greeting
    async with talking(projector, password="secret") as (source, notebook):
        await until(lambda: "no PJLink greeting" in source.report().problem_en)
        assert projector.heard == []
        assert notebook.rows == []


async def test_in_standby_what_it_cannot_tell_is_left_out_and_a_laser_is_asked_for_its_lamp_once() -> None:
    projector = PjlinkProjector(pj_class=1)
    projector.lamps = ()
    async with talking(projector) as (source, notebook):
        await until(lambda: projector.heard.count("%1POWR ?") >= 3, 12)
        refused = await obeyed(source, OrderKind.DISPLAY_INPUT, "digital1")
        assert (refused.result, refused.detail is not None) == (Result.REFUSED, True)
        assert "cannot do it now" in str(refused.detail)
        assert source.report().up
    assert set(last(notebook)) <= {"display_on", "error_code"}
    assert projector.heard.count("%1LAMP ?") == 1
    assert not any(line.startswith("%2") for line in projector.heard)


async def test_cooling_down_is_off_and_takes_no_orders() -> None:
    projector = PjlinkProjector()
    projector.power = 2
    async with talking(projector) as (source, notebook):
        await until(lambda: last(notebook).get("display_on") == 0.0)
        assert (await obeyed(source, OrderKind.DISPLAY_ON)).result is Result.REFUSED
        projector.power = 3
        await until(lambda: last(notebook).get("display_on") == 1.0)


async def test_silence_and_a_cut_are_faults_and_it_comes_back() -> None:
    projector = PjlinkProjector()
    async with talking(projector, silence_s=1.0) as (source, notebook):
        await until(lambda: "display_on" in last(notebook))
        projector.silent = True
        assert (await obeyed(source, OrderKind.DISPLAY_ON)).result is Result.TIMED_OUT
        await until(lambda: not source.report().up)
        projector.silent = False
        await until(lambda: source.report().up)
    assert [kind for kind, _ in notebook.events] == ["device_down", "device_up"]
