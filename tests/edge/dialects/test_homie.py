"""Homie 3, 4 and 5: descriptions, values, states, orders, and what breaks the convention."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.homie import Homie
from tests.edge.dialects.messages import MORE, events
from wire.ids import is_id
from wire.orders import Order, OrderKind
from wire.quantities import QUANTITIES


def say(dialect: Homie, topic: str, payload: object, *, retained: bool = False) -> list[Decoded]:
    assert dialect.claims(topic)
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    return dialect.decode(topic, raw, retained=retained)


def five(device: str = "lop101", **nodes: dict[str, dict[str, Any]]) -> Homie:
    dialect = Homie()
    body = {
        "homie": "5.0",
        "version": 1,
        "name": "x",
        "nodes": {node: {"properties": of} for node, of in nodes.items()},
    }
    assert say(dialect, f"homie/5/{device}/$description", body, retained=True) == []
    return dialect


def four(dialect: Homie, path: str, **attributes: str) -> None:
    """The attributes of one property as a device of Homie 4 announces them."""
    for key, value in attributes.items():
        say(dialect, f"homie/{path}/${key}", value, retained=True)


AIR = {
    "temperature": {"datatype": "float", "unit": "°C", "format": "-20:60"},
    "humidity": {"datatype": "float", "unit": "%"},
    "co2": {"datatype": "integer", "unit": "ppm", "format": "400:"},
    "light": {"datatype": "float", "unit": "lx"},
    "fan": {"datatype": "float", "unit": "%"},
    "mode": {"datatype": "enum", "format": "auto,eco"},
}


@pytest.mark.parametrize(
    ("key", "payload", "values"),
    [
        ("temperature", "21.5", {"temperature_c": 21.5}),
        ("humidity", "55", {"humidity_pct": 55.0}),
        ("co2", "812", {"co2_ppm": 812.0}),
        ("light", "3.2e2", {"illuminance_lx": 320.0}),
    ],
)
def test_values_of_homie_5(key: str, payload: str, values: dict[str, float]) -> None:
    (decoded,) = say(five(air=AIR), f"homie/5/lop101/air/{key}", payload)
    assert (decoded.device, decoded.device_id, decoded.values) == ("lop101", "lop101", values)


@pytest.mark.parametrize(("key", "payload"), [("fan", "40"), ("mode", "eco")])
def test_what_has_no_quantity_is_listed(key: str, payload: str) -> None:
    (decoded,) = say(five(air=AIR), f"homie/5/lop101/air/{key}", payload)
    assert (decoded.values, decoded.unknown, decoded.problems) == ({}, (f"air/{key}",), ())


@pytest.mark.parametrize(
    ("key", "payload", "reason"),
    [
        ("temperature", "75", "is outside -20:60"),
        ("temperature", "warm", "not a number"),
        ("co2", "399", "is outside 400:"),
        ("co2", "812.5", "no integer"),
        ("co2", "50000", "co2_ppm"),
        ("humidity", "101", "humidity_pct"),
        ("mode", "Eco", "not in its format"),
    ],
)
def test_what_datatype_and_format_forbid(key: str, payload: str, reason: str) -> None:
    (decoded,) = say(five(air=AIR), f"homie/5/lop101/air/{key}", payload)
    assert decoded.values == {}
    assert reason in decoded.problems[0].en
    assert decoded.problems[0].en.startswith(f"air/{key}: ")


def test_not_a_number_and_nothing_are_no_reading() -> None:
    dialect = five(air=AIR)
    assert say(dialect, "homie/5/lop101/air/temperature", "nan")[0].values == {}
    assert dialect.decode("homie/5/lop101/air/temperature", b"") == []  # its retained value was removed


def test_flags_by_words_labels_and_settable() -> None:
    dialect = five(
        door={"open": {"datatype": "boolean"}},
        window={"state": {"datatype": "boolean", "format": "open,closed"}},
        gate={"position": {"datatype": "enum", "format": "open,closed"}},
        hall={"motion": {"datatype": "boolean"}, "tilt": {"datatype": "boolean"}},
        relay={"power": {"datatype": "boolean", "settable": True}},
    )
    for path, payload, value in (
        ("door/open", "true", 1.0),
        ("window/state", "true", 0.0),  # the label of true is "closed"
        ("gate/position", "open", 1.0),
    ):
        (decoded,) = say(dialect, f"homie/5/lop101/{path}", payload)
        assert decoded.values == {"contact_open": value}, path
        assert decoded.device_id == f"lop101-{path.split('/')[0]}"  # three of one quantity
    assert say(dialect, "homie/5/lop101/hall/motion", "false")[0].values == {"occupancy": 0.0}
    assert say(dialect, "homie/5/lop101/hall/tilt", "true")[0].unknown == ("hall/tilt",)
    assert say(dialect, "homie/5/lop101/relay/power", "true")[0].values == {"switch_on": 1.0}
    (wrong,) = say(dialect, "homie/5/lop101/relay/power", "TRUE")
    assert "neither true nor false" in wrong.problems[0].en


def test_a_door_that_changes_is_news_but_not_from_the_past() -> None:
    dialect = five(door={"open": {"datatype": "boolean"}})
    topic = "homie/5/lop101/door/open"
    assert events(say(dialect, topic, "false", retained=True)) == []
    assert events(say(dialect, topic, "true")) == [("contact", {"open": True})]


def test_homie_4_describes_itself_attribute_by_attribute() -> None:
    # After the example of the convention, with a Fahrenheit engine.
    dialect = Homie()
    four(
        dialect, "super-car", homie="4.0.0", name="Super car", nodes="wheels,engine,lights", extensions="", state="init"
    )
    four(dialect, "super-car/engine", name="Car engine", type="V8", properties="speed,temperature")
    four(dialect, "super-car/engine/temperature", name="Engine temperature", datatype="float", unit="°F")
    four(dialect, "super-car/engine/temperature", format="-20:250", settable="false")
    (decoded,) = say(dialect, "homie/super-car/engine/temperature", "212")
    assert decoded.problems  # 100 °C is beyond what a room's thermometer can show: never a plausible wrong number
    assert say(dialect, "homie/super-car/engine/temperature", "71.6")[0].values == {"temperature_c": 22.0}


def test_values_that_come_before_their_description_wait() -> None:
    dialect = Homie()
    topic = "homie/n/air/co2"
    assert say(dialect, topic, "812", retained=True) == []
    assert say(dialect, "homie/n/air/co2/$datatype", "integer", retained=True) == []
    assert say(dialect, "homie/n/air/co2/$unit", "ppm", retained=True) == []
    (decoded,) = say(dialect, "homie/n/air/co2/$name", "Khí CO2", retained=True)
    assert decoded.values == {"co2_ppm": 812.0}
    newer = Homie()
    assert say(newer, "homie/5/n/air/co2", "813", retained=True) == []
    body = {"homie": "5.0", "nodes": {"air": {"properties": {"co2": AIR["co2"]}}}}
    assert say(newer, "homie/5/n/$description", body, retained=True)[0].values == {"co2_ppm": 813.0}
    assert say(newer, "homie/5/n/air/other", "1") == []
    assert say(newer, "homie/5/n/air/other", "2")[0].unknown == ("air/other",)  # still nobody describes it


def test_what_the_broker_had_kept_is_not_told_with_a_live_description() -> None:
    body = {"homie": "5.0", "nodes": {"air": {"properties": {"co2": AIR["co2"]}}}}
    for kept, told in ((True, []), (False, [{"co2_ppm": 813.0}])):
        dialect = Homie()
        assert say(dialect, "homie/5/n/air/co2", "813", retained=kept) == []
        assert [one.values for one in say(dialect, "homie/5/n/$description", body)] == told
        assert say(dialect, "homie/5/n/air/co2", "814")[0].values == {"co2_ppm": 814.0}


def test_state_is_availability() -> None:
    dialect = five(air=AIR)
    topic = "homie/5/lop101/$state"
    assert say(dialect, topic, "init") == []
    assert [one.available for one in say(dialect, topic, "ready")] == [True]
    assert say(dialect, topic, "sleeping") == []
    assert [one.available for one in say(dialect, topic, "lost")] == [False]
    assert [one.available for one in say(dialect, topic, "disconnected")] == [False]
    (wrong,) = say(dialect, topic, "asleep")
    assert "no such state 'asleep'" in wrong.problems[0].en
    (removed,) = dialect.decode(topic, b"", retained=True)
    assert (removed.available, dialect._devices) == (False, {})


def test_alerts_are_alarms() -> None:
    dialect = Homie()
    found = say(dialect, "homie/n/$state", "alert")
    assert [one.available for one in found] == [True, None]
    assert events(found) == [("alarm", {"alarm": "alert", "on": True, "first": True})]
    assert events(say(dialect, "homie/n/$state", "ready")) == [("alarm", {"alarm": "alert", "on": False})]
    found = say(dialect, "homie/5/n/$alert/battery", "Battery is low!")
    assert events(found) == [("alarm", {"alarm": "alert battery", "on": True, "first": True})]
    found = dialect.decode("homie/5/n/$alert/battery", b"")
    assert events(found) == [("alarm", {"alarm": "alert battery", "on": False})]


def test_children_are_lost_with_their_root() -> None:
    dialect = five("bridge")
    body = {"homie": "5.0", "root": "bridge", "parent": "bridge", "nodes": {}}
    say(dialect, "homie/5/child/$description", body)
    say(dialect, "homie/5/child/$state", "ready")
    found = say(dialect, "homie/5/bridge/$state", "lost")
    assert {one.device: one.available for one in found} == {"bridge": False, "child": False}
    found = say(dialect, "homie/5/bridge/$state", "ready")
    assert {one.device: one.available for one in found} == {"bridge": True, "child": True}


def test_orders_of_both_versions() -> None:
    dialect = five(relay={"power": {"datatype": "boolean", "settable": True}})
    four(dialect, "plug/outlet/state", name="Ổ cắm", datatype="enum", format="ON,OFF", settable="true")
    assert set(dialect.accepts()) == {"lop101", "plug"}
    assert dialect.telegram(Order("1", "lop101", OrderKind.SWITCH_OFF)) == Telegram(
        "homie/5/lop101/relay/power/set", b"false", Expectation("lop101", "switch_on", 0.0)
    )
    assert dialect.telegram(Order("1", "plug", OrderKind.SWITCH_ON)) == Telegram(
        "homie/plug/outlet/state/set", b"ON", Expectation("plug", "switch_on", 1.0)
    )
    assert dialect.telegram(Order("1", "nobody", OrderKind.SWITCH_ON)) is None
    assert dialect.telegram(Order("1", "plug", OrderKind.DISPLAY_ON)) is None


def test_wishes_are_not_states() -> None:
    dialect = five(relay={"power": {"datatype": "boolean", "settable": True}})
    assert say(dialect, "homie/5/lop101/relay/power/$target", "true") == []
    assert say(dialect, "homie/5/lop101/relay/power/set", "true") == []
    assert not dialect.claims("homie/$broadcast/alert")
    assert not dialect.claims("homie/5/$broadcast/alert")
    assert say(dialect, "homie/5/lop101/$log/info", "hello 12") == []


def test_legacy_statistics() -> None:
    dialect = Homie()
    assert say(dialect, "homie/n/$stats/battery", "80")[0].values == {"battery_pct": 80.0}
    assert say(dialect, "homie/n/$stats/cputemp", "48")[0].values == {"device_temperature_c": 48.0}
    assert say(dialect, "homie/n/$stats/uptime", "120") == []
    assert say(dialect, "homie/n/$stats/battery", "full")[0].problems


def test_other_roots() -> None:
    dialect = Homie("truong/homie", " lab ")
    assert not dialect.claims("homie/n/$state")
    assert say(dialect, "truong/homie/n/$state", "ready")[0].available is True
    assert say(dialect, "lab/5/n/$state", "lost")[0].available is False


@pytest.mark.parametrize("payload", ["{", "[]", "5", '{"nodes": 5}', '{"nodes": {"a": 5}}', '{"nodes": [{"id": 1}]}'])
def test_a_description_that_cannot_be_read(payload: str) -> None:
    dialect = five(air=AIR)
    found = say(dialect, "homie/5/lop101/$description", payload)
    assert not found or "$description" in found[0].problems[0].en


def test_what_is_remembered_is_bounded() -> None:
    dialect = Homie()
    for number in range(1100):
        dialect.decode(f"homie/d{number}/$state", b"ready")
    assert len(dialect._devices) == 1024
    other = Homie()
    for number in range(1000):
        other.decode(f"homie/d/n{number}/p/$datatype", b"float")
        other.decode(f"homie/d/n/p{number}", b"1")
    assert len(other._devices["homie/d"].early) <= 64
    (long,) = other.decode("homie/e/n/p", b"1" * 1_000_000)
    assert long.unknown == ("n/p",)
    assert other._devices["homie/e"].early == {}


LEVELS = st.lists(
    st.sampled_from(["5", "d", "air", "co2", "$state", "$description", "$datatype", "$unit", "$alert", "set", "", "$"])
    | st.text(max_size=6),
    min_size=1,
    max_size=6,
).map("/".join)
PAYLOADS = st.binary(max_size=20) | st.sampled_from([b"float", b"boolean", "°C".encode(), b"21.5", b"true", b"ready"])


@MORE
@given(st.lists(st.tuples(LEVELS, PAYLOADS), max_size=12), st.dictionaries(st.text(max_size=4), st.none() | st.text()))
def test_any_topics_and_payloads_are_survived(messages: list[tuple[str, bytes]], document: dict[str, Any]) -> None:
    dialect = Homie()
    dialect.decode("homie/5/d/$description", json.dumps({"nodes": {"air": {"properties": {"co2": document}}}}).encode())
    for topic, payload in messages:
        dialect.claims(f"homie/{topic}")
        for decoded in dialect.decode(f"homie/{topic}", payload):
            assert is_id(decoded.device_id)
            assert all(QUANTITIES[quantity].accepts(value) for quantity, value in decoded.values.items())
    for device_id in dialect.accepts():
        dialect.telegram(Order("1", device_id, OrderKind.SWITCH_ON))
