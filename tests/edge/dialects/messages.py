"""How the tests write Zigbee2MQTT messages and read what became of them."""

import json
from typing import Any

from hypothesis import settings

from edge.dialects.decoded import Decoded
from edge.dialects.zigbee2mqtt import Zigbee2Mqtt

MORE = settings(max_examples=max(300, settings().max_examples))
"""For decoders fed with anything; a soak looks longer still."""

IEEE = "0x00158d0001fa4f2f"


def device(name: str, exposes: list[dict[str, Any]], power: str = "Battery", ieee: str = IEEE) -> dict[str, Any]:
    return {
        "ieee_address": ieee,
        "friendly_name": name,
        "type": "EndDevice",
        "power_source": power,
        "definition": {"model": "X1", "vendor": "Maker", "exposes": exposes},
    }


def numeric(key: str, unit: str = "", endpoint: str = "") -> dict[str, Any]:
    row = {"type": "numeric", "name": key.removesuffix(f"_{endpoint}"), "property": key}
    return row | ({"unit": unit} if unit else {}) | ({"endpoint": endpoint} if endpoint else {})


def knowing(*devices: dict[str, Any]) -> Zigbee2Mqtt:
    dialect = Zigbee2Mqtt()
    coordinator = {"ieee_address": "0x00124b0022813501", "friendly_name": "Coordinator", "type": "Coordinator"}
    assert dialect.decode("zigbee2mqtt/bridge/devices", json.dumps([coordinator, *devices]).encode()) == []
    return dialect


def state(dialect: Zigbee2Mqtt, name: str, *, retained: bool = False, **values: Any) -> list[Decoded]:
    return dialect.decode(f"zigbee2mqtt/{name}", json.dumps(values).encode(), retained=retained)


def values(*, known: Zigbee2Mqtt | None = None, **sent: Any) -> dict[str, float | str]:
    return state(known or Zigbee2Mqtt(), "a", **sent)[0].values


def events(found: list[Decoded]) -> list[tuple[str, dict[str, Any]]]:
    return [(event.kind, event.data) for decoded in found for event in decoded.events]
