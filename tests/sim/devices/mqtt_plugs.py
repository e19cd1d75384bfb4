"""Plugs that speak MQTT as their makers' pages say, on a real broker: Tasmota, Shelly of both generations, Zigbee2MQTT.

Written from tasmota.github.io/docs/MQTT, shelly-api-docs.shelly.cloud and zigbee2mqtt.io, not from the dialects.
`deaf`: takes orders and does nothing. `broken`: refuses (Shelly) what it is told.
"""

import json
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


class Plug:
    """`with TasmotaPlug(port, "hall") as plug`: it tells its state when it comes, and obeys."""

    def __init__(self, port: int, name: str, *, deaf: bool = False) -> None:
        self.name, self.on, self.deaf, self.broken = name, False, deaf, False
        self.orders: list[tuple[str, bytes, bool]] = []
        self._port = port
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect, self._client.on_message = self._connected, self._heard

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_message = None

    def order_topic(self) -> str:
        raise NotImplementedError

    def tell(self) -> None:
        """Publish the state."""
        raise NotImplementedError

    def obey(self, payload: bytes) -> None:
        raise NotImplementedError

    def say(self, topic: str, body: object, *, retain: bool = False) -> None:
        payload = body if isinstance(body, str) else json.dumps(body)
        self._client.publish(topic, payload, qos=1, retain=retain)

    def _connected(self, client: Client, *_: Any) -> None:
        client.subscribe(self.order_topic(), qos=1)
        self.tell()

    def _heard(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        payload = bytes(message.payload)
        self.orders.append((message.topic, payload, bool(message.retain)))
        if not self.deaf:
            self.obey(payload)


class TasmotaPlug(Plug):
    """`Power` answers with the state even where nothing changed."""

    def order_topic(self) -> str:
        return f"cmnd/{self.name}/#"

    def tell(self) -> None:
        word = "ON" if self.on else "OFF"
        self.say(f"stat/{self.name}/RESULT", {"POWER": word})
        self.say(f"stat/{self.name}/POWER", word)

    def obey(self, payload: bytes) -> None:
        self.on = payload == b"ON"
        self.tell()


class ShellyRelay(Plug):
    """First generation."""

    def order_topic(self) -> str:
        return f"shellies/{self.name}/relay/0/command"

    def tell(self) -> None:
        self.say(f"shellies/{self.name}/relay/0", "on" if self.on else "off")

    def obey(self, payload: bytes) -> None:
        self.on = payload == b"on"
        self.tell()


class ShellyPlus(Plug):
    """Second generation: it notifies only of changes, and answers every call."""

    def order_topic(self) -> str:
        return f"{self.name}/rpc"

    def tell(self) -> None:
        params = {"ts": 1.61, "switch:0": {"id": 0, "output": self.on, "source": "MQTT"}}
        body = {"src": self.name, "dst": f"{self.name}/events", "method": "NotifyStatus", "params": params}
        self.say(f"{self.name}/events/rpc", body)

    def obey(self, payload: bytes) -> None:
        call = json.loads(payload)
        answer: dict[str, Any] = {"id": call["id"], "src": self.name, "dst": call["src"]}
        if self.broken:
            self.say(f"{call['src']}/rpc", {**answer, "error": {"code": -106, "message": "overtemp"}})
            return
        was, self.on = self.on, bool(call["params"]["on"])
        self.say(f"{call['src']}/rpc", {**answer, "result": {"was_on": was}})
        if was is not self.on:
            self.tell()


class ZigbeePlug(Plug):
    """Behind Zigbee2MQTT, which tells what can be set."""

    IEEE = "0x00158d0001fa4f2f"

    def order_topic(self) -> str:
        return f"zigbee2mqtt/{self.name}/set"

    def tell(self) -> None:
        state = {
            "name": "state",
            "property": "state",
            "type": "binary",
            "access": 7,
            "value_on": "ON",
            "value_off": "OFF",
        }
        definition = {"model": "P1", "vendor": "Maker", "exposes": [{"type": "switch", "features": [state]}]}
        row = {"ieee_address": self.IEEE, "friendly_name": self.name, "type": "Router", "definition": definition}
        self.say("zigbee2mqtt/bridge/devices", [row], retain=True)
        self.say(f"zigbee2mqtt/{self.name}", {"state": "ON" if self.on else "OFF"})

    def obey(self, payload: bytes) -> None:
        self.on = json.loads(payload)["state"] == "ON"
        self.tell()
