"""Zigbee2MQTT: messages that real bridges sent, value by value."""

import json
from pathlib import Path

from edge.dialects.decoded import Decoded
from edge.dialects.zigbee2mqtt import BRIDGE, Zigbee2Mqtt
from tests.edge.dialects.messages import events


def replayed(shared_data: Path) -> list[Decoded]:
    dialect, found = Zigbee2Mqtt(), []
    path = shared_data / "mqtt_payloads" / "zigbee2mqtt" / "onConnect.json"
    for row in json.loads(path.read_text()):
        payload = row["payload"]
        raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
        found += dialect.decode(f"zigbee2mqtt/{row['topic']}", raw, retained=True)
    return found


def test_a_live_bridge_is_read_exactly(shared_data: Path) -> None:
    found = replayed(shared_data)
    states = {one.device: one for one in found if one.available is None}
    assert {name: one.values for name, one in states.items()} == {
        "0xbc33acfffe17628b": {},
        "hue1": {},
        "hue_back_tv": {"switch_on": 1},
        "0x00158d000224154d": {"battery_pct": 100, "link_quality": 66, "battery_v": 3.042},
        "0x00124b001e73227f1": {"link_quality": 18, "switch_on": 1},
        "work/nur/jopa": {
            "battery_pct": 100,
            "link_quality": 12,
            "temperature_c": 31,
            "vibration": 1,
            "battery_v": 3.015,
        },
        "livingroom/temp_humidity": {
            "battery_pct": 100,
            "humidity_pct": 65.59,
            "link_quality": 90,
            "temperature_c": 25.84,
            "battery_v": 3.035,
        },
        "livingroom/window": {"battery_pct": 100, "contact_open": 0, "link_quality": 96, "battery_v": 3.045},
        "livingroom/ac power": {"battery_pct": 100, "contact_open": 1, "link_quality": 87, "battery_v": 3.035},
        "0x00158d0004866f11": {
            "battery_pct": 0,
            "humidity_pct": 59.96,
            "link_quality": 12,
            "pressure_hpa": 1009.8,
            "temperature_c": 32.9,
            "battery_v": 2.815,
        },
        "dining room/ac power": {"battery_pct": 100, "contact_open": 0, "link_quality": 12, "battery_v": 3.025},
        "0x0017880103d55d65": {"switch_on": 1},
    }
    assert states["livingroom/temp_humidity"].device_id == "0x00158d0001fa4f2f"
    assert states["livingroom/temp_humidity"].model == "Xiaomi WSDCGQ01LM"
    assert states["livingroom/temp_humidity"].at_ms == 1652704674000
    assert states["0x00124b001e73227f1"].device_id == "0x00124b001e73227f"  # renamed: the address stays
    assert states["hue_back_tv"].unknown == (
        "brightness",
        "color",
        "color_mode",
        "color_temp",
        "color_temp_startup",
    )
    assert all(not one.problems and not one.events for one in found)


def test_a_live_bridges_presence_is_read(shared_data: Path) -> None:
    present = {one.device: one.available for one in replayed(shared_data) if one.available is not None}
    assert present["bridge"] is True
    assert {name for name, there in present.items() if not there} == {
        "0xbc33acfffe17628b",
        "hue1",
        "hue_back_tv",
        "0x0017880103d55d65",
    }
    assert "hue lights" not in present  # a group
    assert len(present) == 13


def test_single_messages_are_read_exactly(shared_data: Path) -> None:
    dialect = Zigbee2Mqtt()
    rows = json.loads((shared_data / "mqtt_payloads" / "single_messages.json").read_text())["messages"]
    found = [one for row in rows for one in dialect.decode(row["topic"], row["payload"].encode())]
    button, climate, plug, old, new = found
    assert button.values == {"battery_pct": 100, "link_quality": 212, "battery_v": 3.0}
    assert events([button]) == [("button", {"action": "single"})]
    assert (climate.values, climate.unknown) == ({"humidity_pct": 27, "temperature_c": 25.9}, ("battery_state",))
    assert (plug.values, plug.unknown) == ({"link_quality": 54, "switch_on": 0}, ("power_on_behavior", "update"))
    assert (old.device, old.available, new.available) == (BRIDGE, True, True)
