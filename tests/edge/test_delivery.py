"""From a source through outbox, uplink and a real broker to a hub, and back as an acknowledgement."""

from pathlib import Path

import pytest

from edge.agent import Agent
from tests.edge.small_hub import SmallHub
from tests.edge.stand import Taps, running, settings, until
from tests.patience import promised_s
from tests.sim.broker import Mosquitto
from tests.sim.relay import Relay
from wire.messages import Stream

pytestmark = pytest.mark.broker


async def test_readings_and_events_arrive_and_are_acknowledged(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        taps = Taps()
        async with running(Agent(settings(tmp_path, broker.port)), taps) as agent:
            taps.give(20)
            await until(lambda: len(hub.stored()) == 20)
            assert [row["v"]["co2_ppm"] for row in hub.stored()] == list(range(1, 21))
            assert hub.events("gateway_start")
            await until(lambda: not agent.dispatch.windows[Stream.TELE].in_flight)
            assert await agent.settled()
        assert hub.duplicates == 0
        await until(lambda: not hub.states[-1]["online"])
        assert hub.states[0]["online"]
        assert hub.states[0]["sources"][0]["kind"] == "test"


async def test_a_cut_uplink_loses_nothing_and_new_rows_come_first(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Relay(broker.port) as relay, SmallHub(broker.port, credit=400) as hub:
        taps = Taps()
        async with running(Agent(settings(tmp_path, relay.port)), taps):
            taps.give(5)
            await until(lambda: len(hub.stored()) == 5)
            relay.cut()
            taps.give(3000)
            await until(lambda: not hub.states[-1]["online"], what="the will")
            seen = len(hub.batches)
            relay.restore()
            await until(lambda: len(hub.batches) > seen, promised_s(3.0), "first data within 3 s")
            taps.give(1)
            await until(lambda: len(hub.stored()) == 3006)
            came = [row["v"]["co2_ppm"] for _, stream, body in hub.batches if stream == "tele" for row in body["rows"]]
            assert len(set(came[: came.index(3006)])) < 3005, "new rows go first"
        assert {row["v"]["co2_ppm"] for row in hub.stored()} == set(range(1, 3007))
