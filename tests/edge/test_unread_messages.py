"""From what nobody reads to a reading: heard, proposed, accepted by the hub; and LoRaWAN over a local broker."""

import asyncio
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.agent import Agent
from edge.sources.local_mqtt import LocalMqtt
from edge.sources.table import build_sources
from hub.broker.embedded import find_nats_server
from tests.edge.dialects.lorawan_messages import CS_TOPIC, EUI, chirpstack
from tests.edge.small_hub import SmallHub
from tests.edge.stand import settings, until
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.sim.broker import Mosquitto

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


class Devices:
    """What publishes on the local broker."""

    def __init__(self, port: int) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@asynccontextmanager
async def gateway(folder: Path, uplink: int, local: int, topics: str = "#") -> AsyncIterator[tuple[LocalMqtt, Devices]]:
    """An agent that listens to the local broker, and what publishes there."""
    listen = f'[[mqtt]]\nname = "local"\nhost = "127.0.0.1"\nport = {local}\ntopics = ["{topics}"]\n'
    config = settings(folder, uplink, extra=listen)
    (source,) = build_sources(config, "edge.toml")
    assert isinstance(source, LocalMqtt)
    stop, devices = asyncio.Event(), Devices(local)
    task = asyncio.create_task(Agent(config).run([source], stop))
    try:
        await until(lambda: task.done() or source.report().up)
        yield source, devices
    finally:
        stop.set()
        await task


@contextmanager
def broker_with_topics_for_devices_only(folder: Path) -> Iterator[int]:
    """Refuses every other subscription, as the MQTT server of The Things Stack does. Gives its port."""
    port, own = free_port(), free_port()
    allowed = '["application", "application.>", "$MQTT.>"]'
    conf = folder / "refusing.conf"
    conf.write_text(
        f'server_name: refusing\nlisten: "127.0.0.1:{own}"\njetstream {{ store_dir: "{folder}/refusing" }}\n'
        f'mqtt {{ listen: "127.0.0.1:{port}", no_auth_user: all }}\n'
        f"authorization {{ users: [{{ user: all, password: all, permissions: "
        f"{{ publish: {allowed}, subscribe: {allowed} }} }}] }}\n"
    )
    with (folder / "refusing.log").open("wb") as log:
        process = subprocess.Popen([find_nats_server(), "-c", str(conf)], stdout=log, stderr=log)
    try:
        listening(port)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def listening(port: int) -> None:
    end = time.monotonic() + 8.0
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE_S):
            return
        time.sleep(0.05)
    raise AssertionError("nats-server does not start")


async def test_a_proposal_that_is_accepted_becomes_readings(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as uplink, Mosquitto(tmp_path, persistent=True) as local, SmallHub(uplink.port) as hub:
        async with gateway(tmp_path, uplink.port, local.port) as (source, devices):
            for room in ("a101", "a102", "a103"):
                devices.say(f"lop/{room}/khihau", b'{"temp_f": 77.0, "ghi_chu": "Nguyen Van An"}')
            await until(lambda: len(source.heard()) == 1)
            await until(lambda: bool(hub.states[-1].get("heard")), what="told to the hub, unasked")
            (heard,) = hub.states[-1]["heard"]
            assert (heard["topic"], heard["path"], heard["count"]) == ("lop/+/khihau", "temp_f", 3)
            assert "Nguyen" not in json.dumps(hub.states[-1])
            hub.order({"config_version": 1, "settings": {"mappings": [heard["proposal"]]}})
            await until(lambda: hub.states[-1].get("config_version") == 1, what="accepted")
            devices.say("lop/a102/khihau", b'{"temp_f": 78.8}')
            await until(lambda: len(hub.stored()) == 1)
    (row,) = hub.stored()
    assert (row["d"], row["v"]) == ("a102", {"temperature_c": 26.0})


async def test_an_uplink_is_live_and_what_it_kept_has_its_own_time(tmp_path: Path) -> None:
    now_s = int(time.time())
    kept_s = now_s - 86_400
    with Mosquitto(tmp_path) as uplink, Mosquitto(tmp_path, persistent=True) as local, SmallHub(uplink.port) as hub:
        async with gateway(tmp_path, uplink.port, local.port) as (_, devices):
            payload = (
                bytes.fromhex("03671901") + b"\x20\xce" + kept_s.to_bytes(4, "little") + bytes.fromhex("F0006B4C04")
            )
            heard_at = datetime.fromtimestamp(now_s, UTC).isoformat()
            devices.say(f"{CS_TOPIC}up", chirpstack("AM103", payload, time=heard_at))
            devices.say(f"{CS_TOPIC}up", chirpstack("AM103", payload, time=heard_at))  # another gateway heard it too
            await until(lambda: len(hub.stored()) == 2)
    live, kept = sorted(hub.stored(), key=lambda row: -row["t"])
    assert (live["d"], live["t"] // 1000) == (EUI, now_s)
    assert live["v"] == {"temperature_c": 28.1, "rssi_dbm": -63.0, "snr_db": 9.8}
    assert (kept["d"], kept["t"]) == (EUI, kept_s * 1000)
    assert kept["v"] == {"temperature_c": 24.0, "humidity_pct": 53.5, "co2_ppm": 1100.0}


async def test_a_broker_that_refuses_our_marker_is_read_all_the_same(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as uplink,
        broker_with_topics_for_devices_only(tmp_path) as local,
        SmallHub(uplink.port) as hub,
    ):
        async with gateway(tmp_path, uplink.port, local, "application/#") as (_, devices):
            heard_at = datetime.fromtimestamp(int(time.time()), UTC).isoformat()
            devices.say(f"{CS_TOPIC}up", chirpstack("AM103", bytes.fromhex("0367190104686B"), time=heard_at))
            await until(lambda: len(hub.stored()) == 1)
    (row,) = hub.stored()
    assert (row["d"], row["v"]["temperature_c"]) == (EUI, 28.1)
