"""A local broker with Zigbee2MQTT devices: one message one row, nothing acknowledged before it is on disk."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.agent import Agent
from edge.config import EdgeConfig
from edge.sources.table import build_sources
from tests.edge.small_hub import SmallHub
from tests.edge.stand import settings, until
from tests.patience import PATIENCE_S
from tests.sim.broker import Mosquitto

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


class Zigbee:
    """What publishes on the local broker."""

    def __init__(self, port: int) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, name: str, body: object, *, retain: bool = False) -> None:
        payload = body if isinstance(body, str) else json.dumps(body)
        self._client.publish(f"zigbee2mqtt/{name}", payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def zigbee(port: int) -> Iterator[Zigbee]:
    one = Zigbee(port)
    try:
        yield one
    finally:
        one.close()


def with_zigbee(folder: Path, uplink: int, local: int) -> EdgeConfig:
    return settings(folder, uplink, extra=f'[[zigbee2mqtt]]\nname = "z"\nhost = "127.0.0.1"\nport = {local}\n')


class Running:
    """An agent with its configured sources, until `end`."""

    def __init__(self, config: EdgeConfig) -> None:
        self.sources = build_sources(config, "edge.toml")
        self.agent = Agent(config)
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self.agent.run(self.sources, self._stop))

    async def up(self) -> "Running":
        await until(lambda: self._task.done() or all(source.report().up for source in self.sources))
        return self

    async def end(self) -> None:
        self._stop.set()
        await self._task


async def test_live_waiting_and_retained_messages(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as uplink,
        Mosquitto(tmp_path, persistent=True) as local,
        SmallHub(uplink.port) as hub,
        zigbee(local.port) as house,
    ):
        config = with_zigbee(tmp_path, uplink.port, local.port)
        house.say("old", {"temperature": 10}, retain=True)
        agent = await Running(config).up()
        house.say("a", {"temperature": 21.5})
        await until(lambda: len(hub.stored()) == 2)
        first = {row["v"]["temperature_c"]: row for row in hub.stored()}
        assert first[10]["c"] == "arrival"  # nobody knows how old a retained message is
        assert "c" not in first[21.5]
        await agent.end()

        house.say("a", {"temperature": 22.5})  # the agent is down: these wait
        house.say("a", {"temperature": 23.5})
        agent = await Running(config).up()
        await until(lambda: len(hub.stored()) == 4)
        await asyncio.sleep(0.3)
        house.say("a", {"temperature": 24.5})
        await until(lambda: len(hub.stored()) == 5)
        rows = {row["v"]["temperature_c"]: row for row in hub.stored()}
        assert len(rows) == 5  # the retained one was not stored again
        assert [rows[value].get("c") for value in (22.5, 23.5, 24.5)] == ["arrival", "arrival", None]
        await agent.end()


async def test_the_time_a_message_brings_counts_live_or_not(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as uplink,
        Mosquitto(tmp_path, persistent=True) as local,
        SmallHub(uplink.port) as hub,
        zigbee(local.port) as house,
    ):
        config = with_zigbee(tmp_path, uplink.port, local.port)
        agent = await Running(config).up()
        now_ms = time.time_ns() // 1_000_000
        house.say("a", {"temperature": 1, "last_seen": now_ms - 700})
        house.say("a", {"temperature": 2, "last_seen": now_ms - 3_600_000})  # a bridge says its old states again
        house.say("a", {"temperature": 3, "last_seen": now_ms + 3_600_000})  # a clock that cannot be right
        house.say("a", {"temperature": 4, "last_seen": now_ms - 700})  # another message of the same millisecond
        house.say("b", {"temperature": 5, "last_seen": now_ms - 700})
        await until(lambda: len(hub.stored()) == 5)
        await agent.end()
        rows = {row["v"]["temperature_c"]: row for row in hub.stored()}
        assert not any("c" in row for row in rows.values())
        assert [rows[n]["t"] - now_ms for n in (1, 2, 4, 5)] == [-700, -3_600_000, -699, -700]
        assert now_ms <= rows[3]["t"] <= time.time_ns() // 1_000_000


async def test_nothing_is_acknowledged_before_it_is_on_disk(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as uplink,
        Mosquitto(tmp_path, persistent=True) as local,
        SmallHub(uplink.port) as hub,
        zigbee(local.port) as house,
    ):
        config = with_zigbee(tmp_path, uplink.port, local.port)
        slow = msgspec.structs.replace(config, outbox=msgspec.structs.replace(config.outbox, commit_interval_s=30))
        sources = build_sources(slow, "edge.toml")
        task = asyncio.create_task(Agent(slow).run(sources, asyncio.Event()))
        await until(lambda: len(hub.states) > 0 and all(source.report().up for source in sources))
        house.say("a", {"temperature": 21.5})
        await asyncio.sleep(0.5)
        assert not hub.stored()
        task.cancel()  # it commits what it has, for that is what ending means; so look at the broker's side too
        await asyncio.gather(task, return_exceptions=True)
        agent = await Running(config).up()
        await until(lambda: {row["v"]["temperature_c"] for row in hub.stored()} == {21.5})
        await agent.end()


async def test_a_burst_after_an_outage_is_not_slowed_by_the_commit_interval(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as uplink,
        Mosquitto(tmp_path, persistent=True) as local,
        SmallHub(uplink.port) as hub,
        zigbee(local.port) as house,
    ):
        config = with_zigbee(tmp_path, uplink.port, local.port)
        config = msgspec.structs.replace(config, outbox=msgspec.structs.replace(config.outbox, commit_interval_s=10.0))
        await (await Running(config).up()).end()
        for value in range(300):
            house.say("a", {"co2": value})
        agent = await Running(config).up()
        await until(lambda: len(hub.stored()) == 300, PATIENCE_S, "not fifteen times the interval")
        await agent.end()
        assert [row["v"]["co2_ppm"] for row in hub.stored()] == list(range(300))


async def test_availability_events_bad_messages_and_a_broker_that_goes_away(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as uplink, Mosquitto(tmp_path) as local, SmallHub(uplink.port) as hub:
        agent = await Running(with_zigbee(tmp_path, uplink.port, local.port)).up()
        with zigbee(local.port) as house:
            house.say("door", {"contact": True})
            house.say("door", {"contact": False})
            house.say("door/availability", "online")
            house.say("door/availability", {"state": "offline"})
            house.say("door", "{broken")
            house.say("plug", {"power": 3.5})
            await until(lambda: len(hub.stored()) == 3)
            await until(lambda: bool(hub.events("device_down")))
            assert [row["data"]["open"] for row in hub.events("contact")][-1] is True
            assert not hub.events("device_up")
        report = agent.sources[0].report()
        assert report.bad == 1
        assert "door" in report.problem_en
        local.kill()
        await until(lambda: not agent.sources[0].report().up)
        assert str(local.port) in agent.sources[0].report().problem_vi
        local.start()
        await until(lambda: agent.sources[0].report().up)
        with zigbee(local.port) as house:
            house.say("plug", {"power": 4.5})
            await until(lambda: len(hub.stored()) == 4)
        await agent.end()
