"""Zigbee2MQTT messages become values, events and honest complaints."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import Decoded, DecodedEvent
from edge.dialects.zigbee2mqtt import BRIDGE, Zigbee2Mqtt
from wire.ids import is_id
from wire.quantities import QUANTITIES

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


# What it is called and where it comes from


def test_a_device_is_known_by_its_address_once_the_list_was_seen() -> None:
    dialect = Zigbee2Mqtt()
    (before,) = state(dialect, "Phòng 101/cửa sổ", temperature=20.5)
    assert before.device == "Phòng 101/cửa sổ"
    assert is_id(before.device_id)
    (after,) = state(knowing(device("Phòng 101/cửa sổ", [])), "Phòng 101/cửa sổ", temperature=20.5)
    assert (after.device_id, after.model) == (IEEE, "Maker X1")
    (nameless,) = state(dialect, IEEE, temperature=20.5)
    assert nameless.device_id == IEEE


def test_other_topics_say_nothing() -> None:
    dialect = knowing()
    for topic in ("tele/x/SENSOR", "zigbee2mqtt", "zigbee2mqtt/", "zigbee2mqtt/a/set", "zigbee2mqtt/a/get"):
        assert dialect.decode(topic, b'{"temperature": 20}') == []
    for topic in ("bridge/info", "bridge/logging", "bridge/event", "bridge/response/device/rename", "a/set/state"):
        assert dialect.decode(f"zigbee2mqtt/{topic}", b'{"temperature": 20}') == []


def test_a_base_topic_may_have_slashes() -> None:
    dialect = Zigbee2Mqtt("truong/tang2/z2m")
    (decoded,) = dialect.decode("truong/tang2/z2m/a/b", b'{"temperature": 20}')
    assert decoded.device == "a/b"


def test_groups_repeat_their_members_and_are_left_out() -> None:
    dialect = knowing(device("lamp", [], ieee="0x01"))
    groups = [{"friendly_name": "hue lights", "id": 1}, {"friendly_name": "lamp", "id": 2}]
    assert dialect.decode("zigbee2mqtt/bridge/groups", json.dumps(groups).encode()) == []
    assert state(dialect, "hue lights", state="ON") == []
    assert dialect.decode("zigbee2mqtt/hue lights/availability", b"online") == []
    assert state(dialect, "lamp", state="ON")[0].values == {"switch_on": 1.0}


# Presence


@pytest.mark.parametrize(
    ("payload", "available"),
    [
        (b"online", True),
        (b"offline", False),
        (b'"online"', True),
        (b'{"state":"online"}', True),
        (b'{"state":"Offline"}', False),
    ],
)
def test_presence_in_all_its_forms(payload: bytes, available: bool) -> None:
    dialect = knowing(device("a b/c", []))
    (decoded,) = dialect.decode("zigbee2mqtt/a b/c/availability", payload)
    assert (decoded.device_id, decoded.available, decoded.values) == (IEEE, available, {})
    (bridge,) = dialect.decode("zigbee2mqtt/bridge/state", payload)
    assert (bridge.device, bridge.device_id, bridge.available) == (BRIDGE, "0x00124b0022813501", available)


def test_the_bridge_has_an_id_before_its_coordinator_is_known() -> None:
    (bridge,) = Zigbee2Mqtt("school/z2m").decode("school/z2m/bridge/state", b"online")
    assert is_id(bridge.device_id)


@pytest.mark.parametrize("payload", [b"", b"\xff", b'{"state":"asleep"}', b"[]"])
def test_presence_that_is_neither_is_a_problem(payload: bytes) -> None:
    (decoded,) = Zigbee2Mqtt().decode("zigbee2mqtt/a/availability", payload)
    assert decoded.available is None
    assert "neither online nor offline" in decoded.problems[0].en


# Values and units


def test_climate_and_air() -> None:
    sent: dict[str, Any] = {
        "temperature": 27.34,
        "humidity": 44.72,
        "co2": 812,
        "pm25": 7,
        "pm10": 9,
        "pm1": 4,
        "pressure": 1009.8,
    }
    assert values(**sent, noise=41.5, linkquality=96) == {
        "temperature_c": 27.34,
        "humidity_pct": 44.72,
        "co2_ppm": 812.0,
        "pm25_ugm3": 7.0,
        "pm10_ugm3": 9.0,
        "pm1_ugm3": 4.0,
        "pressure_hpa": 1009.8,
        "noise_dba": 41.5,
        "link_quality": 96.0,
    }


def test_fahrenheit_is_converted_whoever_says_so() -> None:
    assert values(temperature=77, temperature_unit="fahrenheit") == {"temperature_c": 25.0}
    known = knowing(device("a", [numeric("temperature", "°F")]))
    assert values(known=known, temperature=71.8) == {"temperature_c": 22.111111}
    assert values(temperature=25.9, temperature_unit="celsius") == {"temperature_c": 25.9}
    (decoded,) = state(Zigbee2Mqtt(), "a", temperature=300, temperature_unit="kelvin")
    assert decoded.values == {}
    assert "kelvin" in decoded.problems[0].en


def test_light_in_lux_and_the_old_raw_figure() -> None:
    assert values(illuminance=312) == {"illuminance_lx": 312.0}
    old = state(Zigbee2Mqtt(), "a", illuminance=21461, illuminance_lux=140)[0]
    assert old.values == {"illuminance_lx": 140.0}
    assert old.unknown == ("illuminance",)
    raw = state(knowing(device("a", [numeric("illuminance")])), "a", illuminance=21461)[0]
    assert (raw.values, raw.unknown) == ({}, ("illuminance",))
    known = knowing(device("a", [numeric("illuminance", "lx")]))
    assert values(known=known, illuminance=140) == {"illuminance_lx": 140.0}


@pytest.mark.parametrize(
    ("key", "unit", "sent", "quantity", "value"),
    [
        ("voc", "ppb", 120, "tvoc_ppb", 120.0),
        ("voc", "ppm", 0.12, "tvoc_ppb", 120.0),
        ("pressure", "kPa", 100.98, "pressure_hpa", 1009.8),
        ("power", "kW", 1.5, "power_w", 1500.0),
        ("current", "mA", 345, "current_a", 0.345),
        ("energy", "Wh", 912, "energy_kwh", 0.912),
        ("energy", "kWh", 3.185, "energy_kwh", 3.185),
        ("pm25", "mg/m³", 0.035, "pm25_ugm3", 35.0),
        ("power_factor", "%", 95, "power_factor", 0.95),
        ("ac_frequency", "Hz", 50.01, "frequency_hz", 50.01),
    ],
)
def test_units_of_the_definition_are_converted(key: str, unit: str, sent: float, quantity: str, value: float) -> None:
    known = knowing(device("a", [numeric(key, unit)], "Mains (single phase)"))
    assert values(known=known, **{key: sent}) == {quantity: pytest.approx(value)}


def test_a_unit_that_cannot_be_converted_is_no_value() -> None:
    (decoded,) = state(knowing(device("a", [numeric("voc", "µg/m³")])), "a", voc=120, humidity=40)
    assert decoded.values == {"humidity_pct": 40.0}
    assert decoded.problems[0].en == "voc: unit 'µg/m³' cannot be converted"
    (unknown,) = state(Zigbee2Mqtt(), "a", voc=120)
    assert "before bridge/devices" in unknown.problems[0].en
    (volts,) = state(knowing(device("a", [numeric("voltage", "furlong")])), "a", voltage=1)
    assert "furlong" in volts.problems[0].en


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"voltage": 3042, "battery": 100}, {"battery_v": 3.042, "battery_pct": 100.0}),
        ({"voltage": 3000, "action": "single"}, {"battery_v": 3.0}),
        ({"voltage": 3015}, {"battery_v": 3.015}),
        ({"voltage": 2.9}, {"battery_v": 2.9}),
        ({"voltage": 231.4, "power": 12}, {"voltage_v": 231.4, "power_w": 12.0}),
        ({"voltage": 231.4}, {"voltage_v": 231.4}),
        ({"voltage": 228, "state": "ON"}, {"voltage_v": 228.0, "switch_on": 1.0}),
    ],
)
def test_voltage_of_a_battery_or_of_the_mains(sent: dict[str, Any], expected: dict[str, float]) -> None:
    assert values(**sent) == expected


def test_the_definition_says_what_feeds_a_device() -> None:
    battery = knowing(device("a", [numeric("voltage", "mV")]))
    assert values(known=battery, voltage=3042) == {"battery_v": 3.042}
    mains = knowing(device("a", [numeric("voltage", "V")], "Mains (single phase)"))
    assert values(known=mains, voltage=231) == {"voltage_v": 231.0}
    direct = knowing(device("a", [numeric("voltage", "mV"), numeric("battery", "%")], "DC Source"))
    assert values(known=direct, voltage=5012) == {"battery_v": 5.012}
    metered = knowing(device("a", [numeric("voltage", "mV")], "DC Source"))
    assert values(known=metered, voltage=5012) == {"voltage_v": 5.012}


def test_on_and_off() -> None:
    sent: dict[str, Any] = {
        "occupancy": True,
        "water_leak": False,
        "smoke": False,
        "tamper": "true",
        "vibration": 1,
        "state": "OFF",
    }
    found = values(**sent)
    assert found == {
        "occupancy": 1.0,
        "water_leak": 0.0,
        "smoke": 0.0,
        "tamper": 1.0,
        "vibration": 1.0,
        "switch_on": 0.0,
    }
    assert values(contact=True) == {"contact_open": 0.0}
    assert values(contact=False) == {"contact_open": 1.0}
    assert values(occupancy=False, presence=True) == {"occupancy": 1.0}


def test_states_of_other_things_are_not_a_switch() -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", state="OPEN", position=40)
    assert (decoded.values, decoded.unknown) == ({}, ("state", "position"))


def test_null_is_nothing_and_unknown_keys_are_listed() -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", temperature=None, last_seen=None, update={"state": "idle"}, child_lock="ON")
    assert (decoded.values, decoded.unknown, decoded.problems) == ({}, ("update", "child_lock"), ())


@pytest.mark.parametrize("wrong", ["warm", True, [1], {"a": 1}, "1e999", "nan"])
def test_a_value_that_is_no_number_spoils_only_itself(wrong: object) -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", temperature=wrong, humidity="44.5")
    assert decoded.values == {"humidity_pct": 44.5}
    assert decoded.problems[0].en.startswith("temperature: not a number")


@pytest.mark.parametrize("wrong", ["maybe", 2, [True], 0.5])
def test_a_flag_that_is_neither_is_a_problem(wrong: object) -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", occupancy=wrong)
    assert decoded.values == {}
    assert "neither on nor off" in decoded.problems[0].en


# Channels


def test_gangs_become_devices_of_their_own() -> None:
    switch = {"type": "switch", "features": [{"name": "state", "property": "state_left", "endpoint": "left"}]}
    known = knowing(device("a b", [switch, numeric("power_left", "W", "left")], "Mains (single phase)"))
    base, left = state(known, "a b", state_left="ON", power_left=40, linkquality=60)
    assert (base.device_id, base.values) == (IEEE, {"link_quality": 60.0})
    assert (left.device, left.device_id, left.values) == (
        "a b-left",
        f"{IEEE}-left",
        {"switch_on": 1.0, "power_w": 40.0},
    )


def test_gangs_are_seen_without_a_definition() -> None:
    base, first, second, phase = state(
        Zigbee2Mqtt(), "lights", state_l1="ON", state_l2="OFF", current_phase_b=1.25, power_on_behavior_l1="off"
    )
    assert (base.values, base.unknown) == ({}, ("power_on_behavior_l1",))
    assert (first.device_id, first.values) == ("lights-l1", {"switch_on": 1.0})
    assert (second.device_id, second.values) == ("lights-l2", {"switch_on": 0.0})
    assert (phase.device_id, phase.values) == ("lights-phase-b", {"current_a": 1.25})


# Time


@pytest.mark.parametrize(
    ("last_seen", "at_ms"),
    [
        ("2022-05-16T20:46:44+08:00", 1652705204000),
        ("2022-05-16T12:46:44.123Z", 1652705204123),
        (1652705204123, 1652705204123),
    ],
)
def test_last_seen_is_the_time(last_seen: object, at_ms: int) -> None:
    assert state(Zigbee2Mqtt(), "a", temperature=20, last_seen=last_seen)[0].at_ms == at_ms


@pytest.mark.parametrize("wrong", ["2022-05-16T20:46:44", "yesterday", -5, 1e18, "9999-12-31T23:59:59-23:00"])
def test_a_time_without_an_offset_is_not_guessed(wrong: object) -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", temperature=20, last_seen=wrong)
    assert decoded.at_ms is None
    assert decoded.values == {"temperature_c": 20.0}
    assert "last_seen: not a time" in decoded.problems[0].en


def test_two_messages_of_one_second_do_not_overwrite_each_other() -> None:
    dialect, second = Zigbee2Mqtt(), "2022-05-16T20:46:44+08:00"
    sent = [state(dialect, "a", contact=open_, last_seen=second)[0].at_ms for open_ in (True, False, False, True)]
    assert sent == [1652705204000, 1652705204001, 1652705204001, 1652705204002]
    assert state(dialect, "b", contact=True, last_seen=second)[0].at_ms == 1652705204000
    assert state(dialect, "a", contact=True, last_seen="2022-05-16T20:46:45+08:00")[0].at_ms == 1652705205000
    assert state(dialect, "a", contact=True, last_seen="2022-05-16T12:46:45.500Z")[0].at_ms == 1652705205500


# Events


def events(found: list[Decoded]) -> list[tuple[str, dict[str, Any]]]:
    return [(event.kind, event.data) for decoded in found for event in decoded.events]


def test_a_door_is_news_when_it_changes() -> None:
    dialect = Zigbee2Mqtt()
    assert events(state(dialect, "door", contact=True, retained=True)) == []
    assert events(state(dialect, "door", contact=True)) == []
    assert events(state(dialect, "door", contact=False)) == [("contact", {"open": True})]
    assert events(state(dialect, "door", contact=False)) == []
    assert events(state(dialect, "other", contact=False)) == [("contact", {"open": True, "first": True})]


def test_a_button_is_always_news_but_not_from_the_past() -> None:
    dialect = Zigbee2Mqtt()
    assert events(state(dialect, "b", action="single")) == [("button", {"action": "single"})]
    assert events(state(dialect, "b", action="single")) == [("button", {"action": "single"})]
    assert events(state(dialect, "b", click="double")) == [("button", {"action": "double"})]
    assert events(state(dialect, "b", action="")) == []
    assert events(state(dialect, "b", action="single", retained=True)) == []


def test_an_alarm_is_told_when_it_begins_ends_or_is_first_seen() -> None:
    dialect = Zigbee2Mqtt()
    assert events(state(dialect, "s", smoke=False)) == []
    assert events(state(dialect, "s", smoke=True)) == [("alarm", {"alarm": "smoke", "on": True})]
    assert events(state(dialect, "s", smoke=True)) == []
    assert events(state(dialect, "s", smoke=False)) == [("alarm", {"alarm": "smoke", "on": False})]
    first = {"alarm": "water_leak", "on": True, "first": True}
    assert events(state(dialect, "w", water_leak=True, retained=True)) == [("alarm", first)]
    (gas,) = state(dialect, "g", gas=True)
    assert gas.values == {}
    assert gas.events == (DecodedEvent("alarm", {"alarm": "gas", "on": True, "first": True}),)


def test_what_is_remembered_is_bounded() -> None:
    dialect = Zigbee2Mqtt()
    for number in range(8200):
        state(dialect, f"d{number}", contact=True, last_seen=1652705204000)
    assert len(dialect._watch._last) == 8192
    assert len(dialect._watch._times) == 8192


# Broken input


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b"21.5", b"[]", b"null", b"[" * 100_000])
def test_a_state_that_cannot_be_read_says_why(payload: bytes) -> None:
    (decoded,) = Zigbee2Mqtt().decode("zigbee2mqtt/a", payload)
    assert (decoded.device, decoded.values) == ("a", {})
    assert "JSON" in decoded.problems[0].vi


def test_a_broken_device_list_leaves_what_was_known() -> None:
    dialect = knowing(device("a", []))
    (decoded,) = dialect.decode("zigbee2mqtt/bridge/devices", b'{"a": 1}')
    assert "bridge/devices is not a list" in decoded.problems[0].en
    assert state(dialect, "a", temperature=20)[0].device_id == IEEE


def test_a_strange_device_list_is_taken_as_far_as_it_goes() -> None:
    strange = [
        {},
        {"ieee_address": "0x1", "friendly_name": "no definition", "definition": None, "model_id": "M"},
        {
            "ieee_address": "0x2",
            "friendly_name": "odd",
            "definition": {"exposes": [1, {"property": 5}, {"features": 1}]},
        },
        {"type": "Coordinator"},
    ]
    dialect = Zigbee2Mqtt()
    assert dialect.decode("zigbee2mqtt/bridge/devices", json.dumps(strange).encode()) == []
    assert state(dialect, "no definition", temperature=20)[0].model == "M"
    assert state(dialect, "odd", temperature=20)[0].device_id == "0x2"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["temperature", "voltage", "contact", "state", "state_l1", "last_seen", "action", "smoke", "gas", "voc", "co2"]


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=10), json_values, max_size=6), st.booleans())
def test_nothing_a_device_sends_breaks_it_or_vanishes(sent: dict[str, Any], retained: bool) -> None:
    try:
        payload = json.dumps(sent, allow_nan=False).encode()
    except ValueError:
        return
    for decoded in Zigbee2Mqtt().decode("zigbee2mqtt/phòng 1/x", payload, retained=retained):
        assert is_id(decoded.device_id)
        assert set(decoded.values) <= set(QUANTITIES)
        assert all(isinstance(value, float) for value in decoded.values.values())


@given(st.text(max_size=40), st.binary(max_size=80))
def test_any_topic_and_payload_are_survived(topic: str, payload: bytes) -> None:
    dialect = Zigbee2Mqtt()
    for tail in (topic, "bridge/devices", "bridge/groups", "bridge/state", f"{topic}/availability"):
        dialect.decode(f"zigbee2mqtt/{tail}", payload)


# Real messages


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
