"""Orders to plugs behind a local broker, mappings from the hub, what is heard: through real brokers and the agent."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.agent import Agent
from edge.config import EdgeConfig
from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation
from edge.link import Arrived
from edge.sources import local_mqtt
from edge.sources.confirmations import Confirmations
from edge.sources.source import Outcome
from edge.sources.table import build_sources
from tests.edge.small_hub import SmallHub
from tests.edge.stand import settings, until
from tests.patience import PATIENCE_S
from tests.sim.broker import Mosquitto
from tests.sim.certificates import Certificates
from tests.sim.devices.mqtt_plugs import Plug, ShellyPlus, ShellyRelay, TasmotaPlug, ZigbeePlug
from wire.orders import Result
from wire.settings import SettingsError
from wire.text import Text

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


def config(folder: Path, uplink: int, local: int, more: str = "") -> EdgeConfig:
    return settings(folder, uplink, extra=f'[[mqtt]]\nname = "hall"\nhost = "127.0.0.1"\nport = {local}\n{more}')


class Stand:
    """An agent with one local broker, which may be the uplink's too."""

    def __init__(self, folder: Path, hub: SmallHub, uplink: int, local: int, more: str = "") -> None:
        self.hub = hub
        one = config(folder, uplink, local, more)
        (self.source,) = build_sources(one, "edge.toml")
        self._stop = asyncio.Event()
        self._agent = Agent(one)
        self._task = asyncio.create_task(self._agent.run([self.source], self._stop))
        self._number = 0

    async def up(self) -> "Stand":
        await until(lambda: self._task.done() or self.source.report().up)
        return self

    async def order(self, kind: str, device: str, seconds: float = 10.0) -> dict[str, Any]:
        """Send a command as the hub does; its result."""
        self._number += 1
        name = f"command-{self._number}"
        expires_ms = int(time.time() * 1000) + 20_000
        self.hub.order({"id": name, "kind": kind, "expires_at": expires_ms, "args": {"device": device}})
        await until(lambda: any(row["data"]["command"] == name for row in self.hub.events("command_result")), seconds)
        return next(row["data"] for row in self.hub.events("command_result") if row["data"]["command"] == name)

    async def end(self) -> None:
        self._stop.set()
        await self._task


def accepts(stand: Stand) -> dict[str, list[str]]:
    assert isinstance(stand.source, local_mqtt.LocalMqtt)
    return stand.source.accepts()


@pytest.mark.parametrize(
    ("kind", "device"),
    [(TasmotaPlug, "plug"), (ShellyRelay, "plug"), (ShellyPlus, "shellyplus1-a"), (ZigbeePlug, ZigbeePlug.IEEE)],
)
async def test_a_plug_is_switched_and_shows_it(tmp_path: Path, kind: type[Plug], device: str) -> None:
    name = "hall/plug" if kind is ZigbeePlug else device
    with Mosquitto(tmp_path) as uplink, Mosquitto(tmp_path) as local, SmallHub(uplink.port) as hub:
        stand = await Stand(tmp_path, hub, uplink.port, local.port).up()
        with kind(local.port, name) as plug:
            await until(lambda: device in accepts(stand))
            assert (await stand.order("switch_on", device))["result"] == "done"
            assert plug.on
            again = await stand.order("switch_on", device)  # it is on already, and says so
            assert (again["result"], "confirmed" in again) == ("done", False)
            assert (await stand.order("switch_off", device))["result"] == "done"
            assert not plug.on
            assert len(plug.orders) == 3
            assert not any(retained for _, _, retained in plug.orders)
            await until(lambda: [row["v"] for row in hub.stored() if row["d"] == device][-1] == {"switch_on": 0})
        await stand.end()


async def test_orders_that_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_mqtt, "_CONFIRM_S", 0.5)
    with Mosquitto(tmp_path) as uplink, Mosquitto(tmp_path) as local, SmallHub(uplink.port) as hub:
        stand = await Stand(tmp_path, hub, uplink.port, local.port).up()
        with TasmotaPlug(local.port, "deaf", deaf=True) as deaf, ShellyPlus(local.port, "shellyplus1-b") as broken:
            broken.broken = True
            await until(lambda: set(accepts(stand)) == {"deaf", "shellyplus1-b"})
            late = await stand.order("switch_on", "deaf")
            assert (late["result"], late["detail_en"]) == ("timed_out", "the device does not confirm it")
            assert len(deaf.orders) == 1
            refused = await stand.order("switch_on", "shellyplus1-b")
            assert (refused["result"], refused["detail_en"]) == ("refused", "the device refuses: -106: overtemp")
            assert (await stand.order("clean", "deaf"))["result"] == "unsupported"
            assert (await stand.order("switch_on", "nobody"))["result"] == "unsupported"
            local.kill()
            await until(lambda: not stand.source.report().up)
            away = await stand.order("switch_on", "deaf")
            assert (away["result"], away["detail_en"]) == ("timed_out", "no connection to the local broker")
        await stand.end()


async def test_one_broker_for_all_what_is_heard_and_a_mapping_accepted(tmp_path: Path) -> None:
    """The hub's own messages on the same broker are no devices'."""
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        stand = await Stand(tmp_path, hub, broker.port, broker.port).up()
        assert isinstance(stand.source, local_mqtt.LocalMqtt)
        source = stand.source
        house = Client(CallbackAPIVersion.VERSION2)
        house.connect("127.0.0.1", broker.port)
        house.loop_start()
        try:
            house.publish("rooms/hall/air", json.dumps({"co2_ppm": 812}), qos=1).wait_for_publish(PATIENCE_S)
            await until(lambda: bool(source.heard()))
            heard = source.heard()
            assert [(one.path, one.count) for one in heard] == [("co2_ppm", 1)]
            mapping = {"topic": "rooms/+/air", "quantity": "co2_ppm", "path": "co2_ppm", "device": "{1}-air"}
            hub.order({"config_version": 1, "settings": {"mappings": [mapping]}})
            await until(lambda: hub.states[-1].get("config_version") == 1)
            house.publish("rooms/hall/air", json.dumps({"co2_ppm": 900}), qos=1).wait_for_publish(PATIENCE_S)
            await until(lambda: bool(hub.stored()))
            assert [(row["d"], row["v"]) for row in hub.stored()] == [("hall-air", {"co2_ppm": 900})]
            assert not any("edu" in one.topic for one in source.heard())
        finally:
            house.disconnect()
            house.loop_stop()
        await stand.end()


async def test_a_wrong_time_zone_in_a_device_does_not_make_it_late(tmp_path: Path) -> None:
    """Tasmota's own setting is UTC+1: its local time, read as UTC+7, is six hours old. Live messages are of now."""
    with Mosquitto(tmp_path) as uplink, Mosquitto(tmp_path) as local, SmallHub(uplink.port) as hub:
        stand = await Stand(tmp_path, hub, uplink.port, local.port).up()
        with TasmotaPlug(local.port, "plug") as plug:
            six_hours_ago = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3_600))
            plug.say("tele/plug/SENSOR", {"Time": six_hours_ago, "BH1750": {"Illuminance": 79}})
            right = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 7 * 3_600))
            plug.say("tele/plug/SENSOR", {"Time": right, "BH1750": {"Illuminance": 80}})
            await until(lambda: {79, 80} <= {row["v"].get("illuminance_lx") for row in hub.stored()})
        rows = {row["v"].get("illuminance_lx"): row for row in hub.stored()}
        assert all(abs(rows[value]["t"] - time.time() * 1000) < 20_000 for value in (79, 80))
        assert "c" not in rows[79]
        assert rows[80]["t"] % 1000 == 0  # its own time
        assert "time zone" in stand.source.report().problem_en
        await stand.end()


async def test_a_local_broker_with_a_certificate(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    with (
        Mosquitto(tmp_path) as uplink,
        Mosquitto(tmp_path, extra=certificates.mosquitto()) as local,
        SmallHub(uplink.port) as hub,
    ):
        ca_file = f'ca_file = "{certificates.ca_crt}"\ndialects = ["shelly"]\n'
        stand = await Stand(tmp_path, hub, uplink.port, local.port, ca_file).up()
        house = Client(CallbackAPIVersion.VERSION2)
        house.tls_set(str(certificates.ca_crt))
        house.connect("127.0.0.1", local.port)
        house.loop_start()
        try:
            house.publish("shellies/a/relay/0/power", "25.5", qos=1).wait_for_publish(PATIENCE_S)
            await until(lambda: bool(hub.stored()))
            assert hub.stored()[0]["v"] == {"power_w": 25.5}
        finally:
            house.disconnect()
            house.loop_stop()
        await stand.end()


async def test_what_confirms_an_order() -> None:
    confirmations = Confirmations()
    with confirmations.expecting(Expectation("plug-1", "switch_on", 1.0)) as end:
        confirmations.saw(Decoded("plug", "plug", {"switch_on": 1.0}))  # another channel
        confirmations.saw(Decoded("plug", "plug-1", {"switch_on": 0.0}))  # not what was ordered
        confirmations.saw(Decoded("plug", "plug-1", {"power_w": 1.0}))
        confirmations.saw(Decoded("plugs", "plu", refusal=Text("không", "no")))  # another device
        assert not end.done()
        confirmations.saw(Decoded("plug", "plug-1", {"switch_on": 1.0}))
        confirmations.saw(Decoded("plug", "plug", refusal=Text("không", "no")))  # too late
        assert (await end).result is Result.DONE
    with confirmations.expecting(Expectation("plug-1", "switch_on", 1.0)) as end:
        confirmations.saw(Decoded("plug", "plug", refusal=Text("không", "no")))
        assert await end == Outcome(Result.REFUSED, Text("không", "no"))
    confirmations.saw(Decoded("plug", "plug-1", {"switch_on": 1.0}))  # nobody waits


def test_a_flood_of_topics_takes_a_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_mqtt, "_TOPICS_REMEMBERED", 100)
    (source,) = build_sources(config(tmp_path, 1, 2), "edge.toml")
    assert isinstance(source, local_mqtt.LocalMqtt)
    for number in range(1_000):
        assert not source._is_repeated(Arrived(f"t/{number}", b"1", retained=True, mid=1, qos=1))
    assert source._is_repeated(Arrived("t/999", b"1", retained=True, mid=2, qos=1))
    assert [len(kept) for kept in (source._seen, source._unsaved, source._retained)] == [100, 100, 100]


def test_a_dialect_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mqtt\[0\]\.dialects.*toaster.*tasmota"):
        build_sources(config(tmp_path, 1, 2, 'dialects = ["tasmota", "toaster"]\n'), "edge.toml")
    with pytest.raises(SettingsError, match=r"mqtt\[0\]\.ca_file"):
        build_sources(config(tmp_path, 1, 2, 'ca_file = "nowhere.crt"\n'), "edge.toml")
    (source,) = build_sources(config(tmp_path, 1, 2, 'dialects = ["shelly"]\ntopics = ["shellies/#"]\n'), "edge.toml")
    assert (source.name, source.kind) == ("hall", "mqtt")
