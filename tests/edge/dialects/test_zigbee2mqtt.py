"""Zigbee2MQTT: whose message it is, who is there, what is news, what is broken."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import DecodedEvent
from edge.dialects.zigbee2mqtt import BRIDGE, Zigbee2Mqtt
from tests.edge.dialects.messages import IEEE, device, events, knowing, state
from wire.ids import is_id
from wire.quantities import QUANTITIES


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


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b"21.5", b"[]", b"null", b"[" * 100_000])
def test_a_state_that_cannot_be_read_says_why(payload: bytes) -> None:
    (decoded,) = Zigbee2Mqtt().decode("zigbee2mqtt/a", payload)
    assert (decoded.device, decoded.values) == ("a", {})
    assert "JSON" in decoded.problems[0].vi


def test_each_key_on_a_topic_of_its_own() -> None:
    """`output: attribute`: times and commas are no JSON, null comes as nothing, a group repeats its members."""
    dialect = knowing(device("th", [{"property": "temperature", "name": "temperature", "unit": "°C"}]))
    dialect.decode("zigbee2mqtt/bridge/groups", b'[{"friendly_name": "hall", "id": 1}]')
    (seen,) = dialect.decode("zigbee2mqtt/th/last_seen", b"2026-09-05T07:05:30+07:00")
    assert (seen.device, seen.at_ms, seen.problems) == ("th", 1_788_566_730_000, ())
    (comma,) = dialect.decode("zigbee2mqtt/th/temperature", b"21,5")
    assert (comma.device_id, comma.values) == (IEEE, {"temperature_c": 21.5})
    (nothing,) = dialect.decode("zigbee2mqtt/th/temperature", b"")
    assert (nothing.values, nothing.problems) == ({}, ())
    (other,) = dialect.decode("zigbee2mqtt/th/update-state", b"idle")
    assert (other.device_id, other.unknown, other.problems) == (IEEE, ("update-state",), ())
    (infinite,) = dialect.decode("zigbee2mqtt/th/temperature", b"1e400")
    assert (infinite.device_id, infinite.values, len(infinite.problems)) == (IEEE, {}, 1)
    assert dialect.decode("zigbee2mqtt/hall/state", b"ON") == []


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
