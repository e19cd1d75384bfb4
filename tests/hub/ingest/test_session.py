"""The hub at a real broker: its retained state, an old will that comes late, a broker that dies and comes back."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.ingest.link import BrokerAddress
from hub.ingest.session import Session
from tests.hub.ingest.bench import until
from tests.patience import PATIENCE_S
from tests.sim.broker import Mosquitto

pytestmark = pytest.mark.broker
TOPIC = "edu/v1/hub/main/state"


class Watcher:
    """A client that remembers the newest message of each topic."""

    def __init__(self, port: int) -> None:
        self.newest: dict[str, Any] = {}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"watcher-{time.monotonic_ns()}")
        self.client.on_message = self._received
        self.client.on_connect = lambda client, *_: client.subscribe("edu/v1/#", 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _received(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.newest[message.topic] = json.loads(message.payload) if message.payload else None

    def online(self) -> bool | None:
        state = self.newest.get(TOPIC)
        return None if state is None else state["online"]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@asynccontextmanager
async def running(port: int, on_message: Callable[[str, bytes, bool], None], instance: str) -> AsyncIterator[Session]:
    session = Session(
        hub="main",
        instance=instance,
        address=BrokerAddress("127.0.0.1", port),
        on_message=on_message,
        now_ms=lambda: time.time_ns() // 1_000_000,
    )
    task = asyncio.create_task(session.run())
    try:
        yield session
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_birth_messages_and_goodbye(tmp_path: Path) -> None:
    heard: list[tuple[str, bytes]] = []
    with Mosquitto(tmp_path) as broker:
        watcher = Watcher(broker.port)
        async with running(broker.port, lambda t, p, _r: heard.append((t, p)), "one") as session:
            await until(lambda: watcher.online() is True, "online")
            assert not session.problems()
            for channel in ("tele", "event", "state"):
                watcher.client.publish(f"edu/v1/s/g/{channel}", "1", 1)
            await until(lambda: len(heard) == 3, "all three channels")
            assert session.publish("edu/v1/s/g/ack", b"{}")
            await until(lambda: "edu/v1/s/g/ack" in watcher.newest, "ack published")
        await until(lambda: watcher.online() is False, "a tidy stop says so")
        watcher.close()


async def test_an_old_will_that_comes_late_is_overwritten(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        watcher = Watcher(broker.port)
        async with running(broker.port, lambda *_: None, "new") as session:
            await until(lambda: watcher.online() is True, "online")
            old = {"v": 1, "hub": "main", "instance": "old", "online": False}
            watcher.client.publish(TOPIC, json.dumps(old), 1, retain=True).wait_for_publish(PATIENCE_S)
            await until(
                lambda: watcher.online() is True and watcher.newest[TOPIC]["instance"] == "new", "published again"
            )
            twin = old | {"online": True, "instance": "twin"}
            watcher.client.publish(TOPIC, json.dumps(twin), 1, retain=True).wait_for_publish(PATIENCE_S)
            await until(lambda: bool(session.problems()), "two hubs of one name are told")
        watcher.close()


async def test_a_killed_broker_is_a_problem_and_not_the_end(tmp_path: Path) -> None:
    heard: list[str] = []
    broker = Mosquitto(tmp_path).start()
    try:
        async with running(broker.port, lambda t, _p, _r: heard.append(t), "one") as session:
            await until(lambda: session.up, "up")
            broker.kill()
            await until(lambda: bool(session.problems()), "told")
            assert not session.publish("edu/v1/s/g/ack", b"{}")
            broker.start()
            await until(lambda: session.up, "up again", 15)
            watcher = Watcher(broker.port)
            await until(lambda: watcher.online() is True, "online again")
            watcher.client.publish("edu/v1/s/g/tele", "1", 1)
            await until(lambda: "edu/v1/s/g/tele" in heard, "messages again")
            watcher.close()
    finally:
        broker.stop()
