"""Tasmota: topics of every order, wills, relays and orders, buttons and cards, times, bad input."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.tasmota import Tasmota
from edge.dialects.tasmota_topics import address
from wire.orders import Order, OrderKind


def said(dialect: Tasmota, topic: str, body: object, *, retained: bool = False) -> list[Decoded]:
    payload = body if isinstance(body, str) else json.dumps(body)
    return dialect.decode(topic, payload.encode(), retained=retained)


def sensor(body: dict[str, Any], *, dialect: Tasmota | None = None) -> dict[str, dict[str, float | str]]:
    """Device -> values."""
    return {one.device: one.values for one in said(dialect or Tasmota(), "tele/a/SENSOR", body)}


def problems(found: list[Decoded]) -> list[str]:
    return [text.en for one in found for text in one.problems]


@pytest.mark.parametrize(
    ("topic", "name", "device_id", "order_topic"),
    [
        ("tele/plug/SENSOR", "plug", "plug", "cmnd/plug"),
        ("plug/tele/SENSOR", "plug", "plug", "plug/cmnd"),
        ("tele/house/room/plug/STATE", "house/room/plug", "house-room-plug-6187b0", "cmnd/house/room/plug"),
        ("house/room/plug/stat/RESULT", "house/room/plug", "house-room-plug-6187b0", "house/room/plug/cmnd"),
        ("school/tele/room/plug/SENSOR", "room/plug", "school-room-plug-aea343", "school/cmnd/room/plug"),
        ("tele/SENSOR", "tasmota", "tasmota", "cmnd"),
        ("SENSOR", "tasmota", "tasmota", ""),
    ],
)
def test_a_topic_says_whose_it_is(topic: str, name: str, device_id: str, order_topic: str) -> None:
    place = address(topic)
    assert place is not None
    assert (place.name, place.device_id, place.order_topic) == (name, device_id, order_topic)


@pytest.mark.parametrize(
    "topic",
    ["zigbee2mqtt/a", "invalid", "tele/a/LWT-x", "tele/ve/24v", "stat/a/targetTemp", "homie/a/$state", "a/b/c/d"],
)
def test_other_topics_are_left_to_others(topic: str) -> None:
    assert not Tasmota().claims(topic)
    assert said(Tasmota(), topic, {"Time": "2026-01-01T00:00:00", "POWER": "ON"}) == []


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("cmnd/a/POWER", "ON"),
        ("stat/a/RESULT", {"MqttPassword": "secret", "SetOption3": "ON"}),
        ("stat/a/STATUS5", {"StatusNET": {"Hostname": "a"}}),
        ("tele/a/INFO3", {"RestartReason": "Power on"}),
        ("tasmota/discovery/AABBCC/config", {"t": "a"}),
        ("tele/a/LWT", ""),
    ],
)
def test_orders_and_answers_to_settings_measure_nothing(topic: str, body: object) -> None:
    dialect = Tasmota()
    assert dialect.claims(topic)
    assert said(dialect, topic, body) == []


def test_a_will_says_whether_it_is_there() -> None:
    found = [said(Tasmota(), "tele/a/LWT", word, retained=True)[0] for word in ("Online", "offline", "asleep")]
    assert [one.available for one in found] == [True, False, None]
    assert problems(found) == ["LWT 'asleep' is neither Online nor Offline"]


def test_relays_take_orders_which_their_state_confirms() -> None:
    dialect = Tasmota()
    assert dialect.accepts() == {}
    assert said(dialect, "house/tele/plug/STATE", {"POWER": "OFF"})[0].values == {"switch_on": 0.0}
    strip = said(dialect, "stat/strip/RESULT", {"POWER2": "ON"})
    assert [(one.device, one.device_id, one.values) for one in strip] == [("strip-l2", "strip-l2", {"switch_on": 1.0})]
    assert said(dialect, "stat/strip/POWER1", "off")[0].values == {"switch_on": 0.0}
    plug = "house-plug-" + address("house/tele/plug/STATE").device_id[-6:]  # type: ignore[union-attr]
    both = ["switch_on", "switch_off"]
    assert dialect.accepts() == {plug: both, "strip-l2": both, "strip-l1": both}
    order = Order("1", "strip-l2", OrderKind.SWITCH_OFF)
    assert dialect.telegram(order) == Telegram("cmnd/strip/POWER2", b"OFF", Expectation("strip-l2", "switch_on", 0.0))
    told = dialect.telegram(Order("2", plug, OrderKind.SWITCH_ON))
    assert told is not None
    assert told[:2] == ("house/cmnd/plug/POWER", b"ON")
    assert dialect.telegram(Order("3", plug, OrderKind.CLEAN)) is None
    assert dialect.telegram(Order("4", "nobody", OrderKind.SWITCH_ON)) is None


@pytest.mark.parametrize("word", ["POWER", "%value%", "TOGGLE", 2, None, [1], {"a": 1}])
def test_a_power_state_that_is_none_is_a_problem(word: object) -> None:
    found = said(Tasmota(), "tele/a/STATE", {"POWER": word})
    assert [one.values for one in found if one.values] == []
    assert problems(found) == [] if word is None else "POWER: neither on nor off" in problems(found)[0]


def test_housekeeping_is_understood_and_signal_is_dbm() -> None:
    wifi = {"AP": 1, "RSSI": 86, "Signal": -57}
    found = said(Tasmota(), "tele/a/STATE", {"Uptime": "0T00:00:13", "Vcc": 3.4, "Heap": 28, "Wifi": wifi})
    assert [(one.values, one.unknown) for one in found] == [({"rssi_dbm": -57.0}, ())]  # RSSI 86 is per cent
    assert said(Tasmota(), "tele/a/STATE", {"Vcc": 3.4, "Wifi": {"RSSI": 100}}) == []


def test_a_model_is_learnt() -> None:
    dialect = Tasmota()
    said(dialect, "tele/a/INFO1", {"Info1": {"Module": "Sonoff Basic", "Version": "14.0"}})
    assert said(dialect, "stat/a/POWER", "ON")[0].model == "Sonoff Basic"


# ── times ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "at_ms", "local"),
    [
        ({"Time": "2026-09-05T07:05:30"}, 1788566730000, True),  # 00:05:30 UTC
        ({"Time": "2026-09-05T07:05:30+02:00"}, 1788584730000, False),
        ({"Time": "2026-09-05T07:05:30", "Epoch": 1788566700}, 1788566700000, False),
        ({"Time": "1970-01-01T00:00:12"}, None, False),
        ({"Time": "2016-01-01T00:00:12", "Epoch": 12}, None, False),
        ({}, None, False),
    ],
)
def test_local_time_gets_the_schools_offset_and_an_unset_clock_is_none(
    told: dict[str, object], at_ms: int | None, local: bool
) -> None:
    found = said(Tasmota(), "tele/a/SENSOR", {**told, "BH1750": {"Illuminance": 5}})
    assert [(one.at_ms, one.at_local, problems([one])) for one in found] == [(at_ms, local, [])]


@pytest.mark.parametrize("raw", ["2019-01-10T22:16:04qq", "now", 17, [], "9999-12-31T23:59:59-14:00"])
def test_a_time_that_is_none_is_told_and_the_values_stay(raw: object) -> None:
    found = said(Tasmota(), "tele/a/SENSOR", {"Time": raw, "BH1750": {"Illuminance": 5}})
    assert [(one.values, one.at_ms) for one in found] == [({"illuminance_lx": 5.0}, None)]
    assert problems(found)[0].startswith("Time: no time")


def test_two_messages_of_one_second_do_not_overwrite_each_other() -> None:
    dialect = Tasmota()
    at = [
        said(dialect, "tele/a/STATE", {"Time": "2026-09-05T07:05:30", "POWER": word})[0].at_ms for word in ("ON", "OFF")
    ]
    assert at == [1788566730000, 1788566730001]


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_buttons_and_cards_are_events_unless_retained() -> None:
    pushed = said(Tasmota(), "stat/a/RESULT", {"Button2": {"Action": "DOUBLE"}})
    assert [event.data for one in pushed for event in one.events] == [{"action": "DOUBLE", "button": "2"}]
    card = {"Time": "2023-02-24T20:05:48", "PN532": {"UID": "53BB1F05110001", "Data": "name of a pupil", "Auth": "Ok"}}
    shown = said(Tasmota(), "tele/a/SENSOR", card)
    assert [(one.values, one.unknown) for one in shown] == [({}, ())]
    events = [(event.kind, event.data) for event in shown[0].events]
    assert events == [("identity", {"scheme": "card", "reference": "53BB1F05110001"})]
    assert said(Tasmota(), "tele/a/SENSOR", card, retained=True) == []


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "payload", ["invalid", '{"Time":', '{"A":{"Temperature": %value%}}', "[1]", "7", '"ON"', "null"]
)
def test_what_is_no_object_is_a_problem(payload: str) -> None:
    found = said(Tasmota(), "tele/a/SENSOR", payload)
    assert len(found) == 1
    assert found[0].values == {}
    assert len(found[0].problems) == 1


def test_nan_of_one_sensor_costs_only_that_sensor() -> None:
    payload = '{"AM2301":{"Temperature":nan,"Humidity":-nan},"BMP280":{"Temperature":21.5},"TempUnit":"C"}'
    found = said(Tasmota(), "tele/a/SENSOR", payload)
    assert [(one.values, problems([one])) for one in found] == [({"temperature_c": 21.5}, ["2 values are nan"])]


def test_an_oversized_message_is_refused() -> None:
    found = said(Tasmota(), "tele/a/SENSOR", '{"A":"' + "x" * 70_000 + '"}')
    assert "70008 bytes" in problems(found)[0]


_WORDS = """Time Epoch ENERGY Total DS18B20-1 Id Temperature POWER1 Wifi ZbReceived 0x12AB ANALOG Temperature1 CTEnergy1
TempUnit PressureUnit StatusSNS Phase1 Name UID PN532"""
_KEYS = st.sampled_from(_WORDS.split()) | st.text(max_size=6)
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(_KEYS, _JSON, max_size=6),
    st.sampled_from(["SENSOR", "STATE", "RESULT", "STATUS8", "ENERGY", "INFO1"]),
)
def test_any_json_is_read_or_told_and_never_raises(body: dict[str, Any], last: str) -> None:
    dialect = Tasmota()
    for _ in range(2):
        for one in said(dialect, f"tele/a/{last}", body):
            assert all(isinstance(value, float) for value in one.values.values())


@given(st.binary(max_size=60), st.text(max_size=30))
def test_any_bytes_on_any_topic_never_raise(payload: bytes, topic: str) -> None:
    dialect = Tasmota()
    for place in (topic, f"tele/{topic}/SENSOR", f"stat/{topic}/POWER", f"tele/{topic}/LWT"):
        dialect.claims(place)
        dialect.decode(place, payload)
