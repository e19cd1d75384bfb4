"""Devices that describe themselves, on a real broker: announced, described and born, orders, and a missed birth."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edge.sources.source import Obedient
from tests.edge.dialects.sparkplug_writer import MESSAGES, metric, payload
from tests.edge.small_hub import SmallHub
from tests.edge.stand import settings, until
from tests.edge.test_local_mqtt import Running
from tests.sim.broker import Mosquitto
from wire.orders import Order, OrderKind, Result

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


class Devices:
    """What publishes on the local broker, and what a relay and an edge node of it are told."""

    def __init__(self, port: int) -> None:
        self.told: list[tuple[str, bytes, bool]] = []
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._obey
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([("lop101/switch/relay/command", 1), ("spBv1.0/+/NCMD/#", 1)])
        self._client.loop_start()

    def say(self, topic: str, body: object, *, retain: bool = False) -> None:
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body)
        self._client.publish(topic, raw, qos=1, retain=retain)

    def _obey(self, client: Client, _: object, message: MQTTMessage) -> None:
        self.told.append((message.topic, bytes(message.payload), message.retain))
        if message.topic == "lop101/switch/relay/command":
            client.publish("lop101/switch/relay/state", message.payload, retain=True)
        else:
            client.publish("spBv1.0/School/NBIRTH/gw1", payload(metric("bdSeq", 0, 8), at_ms=_now_ms()))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_message = None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def devices(port: int) -> Iterator[Devices]:
    one = Devices(port)
    try:
        yield one
    finally:
        one.close()


async def test_what_devices_say_of_themselves_is_enough(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as uplink,
        Mosquitto(tmp_path, persistent=True) as local,
        SmallHub(uplink.port) as hub,
        devices(local.port) as school,
    ):
        where = f'name = "m"\nhost = "127.0.0.1"\nport = {local.port}\nsparkplug_host = "classhub"\n'
        config = settings(tmp_path, uplink.port, extra=f"[[mqtt]]\n{where}")
        announced = {
            "stat_t": "air/state",
            "val_tpl": "{{ value_json.t }}",
            "unit_of_meas": "°F",
            "dev": {"ids": ["a1"]},
        }
        school.say("homeassistant/sensor/a1_t/config", announced, retain=True)
        school.say("homie/n1/air/co2/$name", "CO2", retain=True)
        school.say("homie/n1/air/co2/$datatype", "integer", retain=True)
        school.say("homie/n1/air/co2/$unit", "ppm", retain=True)
        school.say("lop101/switch/relay/state", "OFF", retain=True)
        agent = await Running(config).up()
        (source,) = agent.sources
        assert isinstance(source, Obedient)
        await until(lambda: "lop101" in source.accepts())

        school.say("air/state", {"t": 71.6})
        school.say("homie/n1/air/co2", "812")
        expected = {("a1", "temperature_c", 22.0), ("n1", "co2_ppm", 812.0), ("lop101", "switch_on", 0.0)}
        await until(lambda: expected <= _stored(hub))

        outcome = await source.obey(Order("1", "lop101", OrderKind.SWITCH_ON))
        assert outcome.result is Result.DONE
        assert school.told == [("lop101/switch/relay/command", b"ON", False)]
        await until(lambda: ("lop101", "switch_on", 1.0) in _stored(hub))

        school.say("spBv1.0/School/DDATA/gw1/lop102", payload(metric("CO2", 700, 7), seq=9, at_ms=_now_ms()))
        await until(lambda: len(school.told) == 2)  # its births were missed
        topic, asked, retained = school.told[1]
        assert (topic, retained) == ("spBv1.0/School/NCMD/gw1", False)
        assert MESSAGES["Payload"].FromString(asked).metrics[0].name == "Node Control/Rebirth"
        now_ms = _now_ms()
        born = payload(metric("CO2", 700, 7, "ppm", at_ms=now_ms), seq=1, at_ms=now_ms)
        school.say("spBv1.0/School/DBIRTH/gw1/lop102", born)
        await until(lambda: any(value == 700.0 for _, _, value in _stored(hub)))
        await agent.end()


async def test_a_retained_state_older_than_its_announcement_is_read(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as uplink,
        Mosquitto(tmp_path, persistent=True) as local,
        SmallHub(uplink.port) as hub,
        devices(local.port) as school,
    ):
        config = settings(
            tmp_path, uplink.port, extra=f'[[mqtt]]\nname = "m"\nhost = "127.0.0.1"\nport = {local.port}\n'
        )
        school.say("aaa/door", "ON", retain=True)
        announced = {"stat_t": "aaa/door", "dev_cla": "door", "dev": {"ids": ["d1"]}}
        school.say("homeassistant/binary_sensor/d1/config", announced, retain=True)
        agent = await Running(config).up()
        await until(lambda: ("d1", "contact_open", 1.0) in _stored(hub))
        school.say("aaa/door", "OFF", retain=True)
        await until(lambda: len(hub.stored()) == 2)
        await until(lambda: bool(hub.events("contact")))
        assert [event["data"] for event in hub.events("contact")] == [{"open": False}]  # once, though two filters fit
        await agent.end()


def _stored(hub: SmallHub) -> set[tuple[str, str, float]]:
    return {(row["d"], quantity, value) for row in hub.stored() for quantity, value in row["v"].items()}
