"""Orders from the hub through a real broker and agent to displays on the network and on a serial line, and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.agent import Agent
from edge.sources.source import Source
from edge.sources.table import build_sources
from firmware_bridge.simulated import PseudoTerminal, pjlink
from firmware_bridge.simulated.panel import Panel, on_tcp
from firmware_bridge.simulated.samsung import SamsungPanel
from tests.edge.small_hub import SmallHub
from tests.edge.stand import settings, until
from tests.edge.test_time_and_orders import order
from tests.sim.broker import Mosquitto
from tests.sim.devices.displays_text import BenqPanel
from tests.sim.serial_link import on_a_terminal

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

DEVICES = """
[[network]]
name = "Samsung"
device = "samsung-mdc"
host = "127.0.0.1"
port = {samsung}
id = "a101-tv"
[[network]]
name = "Máy chiếu"
device = "pjlink"
host = "127.0.0.1"
port = {projector}
password_file = "secret"
id = "a102-projector"
[[serial]]
name = "BenQ"
device = "benq"
port = "{benq}"
id = "a103-board"
"""


@asynccontextmanager
async def running_with(agent: Agent, sources: list[Source]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(agent.run(sources, stop))
    try:
        yield
    finally:
        stop.set()
        await task


def said(hub: SmallHub) -> dict[str, tuple[str, str | None]]:
    """Result of each command, and the reason where there is one."""
    return {
        row["data"]["command"]: (row["data"]["result"], row["data"].get("detail_en"))
        for row in hub.events("command_result")
    }


def shown(hub: SmallHub, device: str, quantity: str) -> Any:
    """The newest value of a device's quantity."""
    values = [row["v"][quantity] for row in hub.stored() if row["d"] == device and quantity in row["v"]]
    return values[-1] if values else None


def command(name: str, kind: str, device: str, value: str = "", expires_ms: int = 20_000) -> dict[str, Any]:
    args = {"device": device, "value": value} if value else {"device": device}
    return order(name, kind, expires_ms) | {"args": args}


async def test_orders_reach_displays_and_their_ends_come_back(tmp_path: Path) -> None:
    samsung, benq, projector = SamsungPanel(), BenqPanel(), pjlink.PjlinkProjector("hoa-sen")
    (tmp_path / "secret").write_text("hoa-sen\n")
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        async with on_tcp(samsung) as tv, pjlink.on_tcp(projector) as beamer, on_a_terminal(benq) as terminal:
            toml = DEVICES.format(samsung=tv, projector=beamer, benq=terminal.port)
            config = settings(tmp_path, broker.port, extra=toml)
            sources = build_sources(config, "edge.toml")
            async with running_with(Agent(config), sources):
                await until(lambda: shown(hub, "a101-tv", "input_source") == "hdmi1")
                await until(lambda: shown(hub, "a102-projector", "lamp_hours_h") == 1234)
                await until(lambda: shown(hub, "a103-board", "display_on") == 1)
                await carry_out(hub, samsung, benq, projector, terminal)
    assert all("hoa-sen" not in str(batch) for batch in hub.batches)


async def carry_out(
    hub: SmallHub,
    samsung: Panel,
    benq: Panel,
    projector: pjlink.PjlinkProjector,
    terminal: PseudoTerminal,
) -> None:
    hub.order(command("order-01", "display_off", "a101-tv"))
    hub.order(command("order-02", "display_on", "a102-projector"))
    hub.order(command("order-03", "display_input", "a103-board", "android"))
    hub.order(command("order-04", "display_input", "a101-tv", "scart"))  # no such input
    hub.order(command("order-05", "display_off", "a103-board", expires_ms=-1_000))
    await until(lambda: len(said(hub)) == 5)
    assert said(hub) == {
        "order-01": ("done", None),
        "order-02": ("done", None),
        "order-03": ("done", None),
        "order-04": ("unsupported", None),
        "order-05": ("expired", None),
    }
    assert (samsung.on, projector.power, benq.source, benq.on) == (False, 1, "android", True)
    # What an order did comes back as a reading: in the answer itself, or because the display is asked again.
    await until(lambda: shown(hub, "a101-tv", "display_on") == 0)
    await until(lambda: shown(hub, "a102-projector", "display_on") == 1)
    await until(lambda: shown(hub, "a103-board", "input_source") == "android")
    samsung.refuses, benq.silent = True, True
    hub.order(command("order-06", "display_on", "a101-tv"))
    hub.order(command("order-07", "display_off", "a103-board"))
    hub.order(command("order-08", "display_input", "a102-projector", "digital2"))
    hub.order(command("order-09", "display_input", "a102-projector", "digital7"))  # INST does not list it
    hub.order(command("order-01", "display_on", "a101-tv"))  # a repeated id does nothing
    await until(lambda: len(said(hub)) == 9)
    assert said(hub)["order-06"] == ("refused", "the device refuses this order")
    assert said(hub)["order-07"] == ("timed_out", None)
    assert said(hub)["order-08"] == ("done", None)
    assert said(hub)["order-09"] == ("unsupported", None)
    assert projector.source == "32"
    assert len(samsung.orders) == 2
    terminal.unplug()
    await until(lambda: any(row["d"] == "a103-board" for row in hub.events("device_down")))
    hub.order(command("order-10", "display_off", "a103-board"))
    await until(lambda: "order-10" in said(hub))
    assert said(hub)["order-10"][0] == "timed_out"
