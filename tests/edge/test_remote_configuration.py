"""A configuration from the hub at every connection costs no row (thingsboard-gateway#2124: it emptied the buffer)."""

from pathlib import Path

import pytest

from edge.agent import Agent
from tests.edge.small_hub import SmallHub
from tests.edge.stand import Taps, running, settings, until
from tests.sim.broker import Mosquitto
from tests.sim.relay import Relay

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


async def test_what_waits_outlives_every_configuration(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Relay(broker.port) as relay, SmallHub(broker.port) as hub:
        taps = Taps()
        async with running(Agent(settings(tmp_path, relay.port)), taps) as agent:
            await until(lambda: bool(hub.events("gateway_start")))
            epoch = agent.dispatch.epoch
            hub.status = {"status": "pending", "retry_s": 1}  # nothing is taken: whatever comes has to wait
            for version in (1, 2):
                relay.cut()
                taps.give(50)
                await until(lambda: not hub.states[-1]["online"], what="the will")
                relay.restore()
                await until(lambda: hub.states[-1]["online"], what="connected again")
                hub.order({"config_version": version, "settings": {"a": version}})
                await until(lambda v=version: hub.states[-1].get("config_version") == v)  # type: ignore[misc]
            hub.status = {}
            await until(lambda: len(hub.stored()) == 100, 20.0, "what had waited arrives")
            assert agent.dispatch.epoch == epoch
        assert [row["v"]["co2_ppm"] for row in hub.stored()] == list(range(1, 101))
