"""Home Assistant discovery: announcements in both forms, values, channels, availability, orders, and what is broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.homeassistant import HomeAssistant
from edge.dialects.homeassistant_entities import MOST_ENTITIES
from edge.dialects.router import Router
from edge.dialects.zigbee2mqtt import Zigbee2Mqtt
from tests.edge.dialects.messages import MORE, events
from wire.ids import is_id
from wire.orders import Order, OrderKind
from wire.quantities import QUANTITIES

DEVICE = {"ids": ["a1b2c3"], "name": "Phòng 101", "mf": "Maker", "mdl": "X1"}


def announce(dialect: HomeAssistant, component: str, object_id: str, **config: Any) -> list[Decoded]:
    return dialect.decode(f"homeassistant/{component}/{object_id}/config", json.dumps(config).encode(), retained=True)


def sensor(unit: str = "", kind: str = "", *, template: str = "", name: str = "x", **more: Any) -> HomeAssistant:
    """A dialect that knows one sensor on topic `t`."""
    dialect = HomeAssistant()
    config = {"name": name, "stat_t": "t", "dev": DEVICE, "unit_of_meas": unit, "dev_cla": kind, **more}
    if template:
        config["val_tpl"] = template
    announce(dialect, "sensor", "x", **config)
    return dialect


def say(dialect: HomeAssistant, topic: str, payload: object, *, retained: bool = False) -> list[Decoded]:
    assert dialect.claims(topic)
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    return dialect.decode(topic, raw, retained=retained)


def test_the_real_announcements_are_read(shared_data: Path) -> None:
    dialect = HomeAssistant()
    rows = json.loads((shared_data / "mqtt_payloads" / "single_messages.json").read_text())["messages"]
    configs = [row for row in rows if row["topic"].startswith("homeassistant/")]
    assert len(configs) == 2
    for row in configs:
        assert dialect.claims(row["topic"])
        assert dialect.decode(row["topic"], row["payload"].encode(), retained=True) == []
    base = "air_quality/133c2c382d9111f1"  # `~` stands for it
    (co2,) = say(dialect, f"{base}/sensor/scd4x_e05e2f073b4d_co2/state", "812")
    assert (co2.device, co2.device_id) == ("Air Quality Monitor - Blue", "133c2c382d9111f1")
    assert (co2.model, co2.values) == ("François Gervais Gold", {"co2_ppm": 812.0})
    (there,) = say(dialect, f"{base}/available", "offline")
    assert (there.device_id, there.available) == ("133c2c382d9111f1", False)
    # The second names no device class and a blank for a unit: an entity, but no quantity of ours.
    (heating,) = say(dialect, "tele/tasmota_BB050B/SENSOR", {"OPENTHERM": {"OT10": {"lo": 3}}})
    assert (heating.device, heating.values, heating.unknown) == ("BB050B", {}, ("OPENTHERM.OT10.lo",))
    (gone,) = say(dialect, "tele/tasmota_BB050B/LWT", "Offline")
    assert gone.available is False


def test_the_device_form_announces_all_at_once_and_takes_back() -> None:
    # After the example of the documentation, with a base topic and a second sensor.
    dialect = HomeAssistant()
    config = {
        "dev": {"ids": "ea334450945afc", "name": "Kitchen", "mf": "Bla", "mdl": "xya", "sn": "1", "hw": "2"},
        "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://example.com"},
        "~": "rooms/kitchen",
        "cmps": {
            "t": {
                "p": "sensor",
                "device_class": "temperature",
                "unit_of_measurement": "°F",
                "value_template": "{{ value_json.temperature}}",
                "unique_id": "temp01ae_t",
            },
            "h": {"p": "sensor", "dev_cla": "humidity", "unit_of_meas": "%", "val_tpl": "{{ value_json.humidity }}"},
            "d": {"p": "binary_sensor", "dev_cla": "door", "stat_t": "~/door"},
            "b": {"p": "button", "cmd_t": "~/press"},
        },
        "state_topic": "~/state",
        "avty_t": "~/status",
        "qos": 2,
    }
    topic = "homeassistant/device/ea334450945afc/config"
    assert dialect.decode(topic, json.dumps(config).encode(), retained=True) == []
    (state,) = say(dialect, "rooms/kitchen/state", {"temperature": 71.6, "humidity": 43.7})
    assert (state.device, state.device_id, state.model) == ("Kitchen", "ea334450945afc", "Bla xya")
    assert state.values == {"temperature_c": 22.0, "humidity_pct": 43.7}
    (door,) = say(dialect, "rooms/kitchen/door", "ON")
    assert (door.values, events([door])) == ({"contact_open": 1.0}, [("contact", {"open": True, "first": True})])
    assert say(dialect, "rooms/kitchen/status", "online")[0].available is True
    config["cmps"]["h"] = {"p": "sensor"}  # type: ignore[index]  # taken back alone
    dialect.decode(topic, json.dumps(config).encode())
    assert say(dialect, "rooms/kitchen/state", {"temperature": 71.6, "humidity": 43.7})[0].values == {
        "temperature_c": 22.0
    }
    assert dialect.decode(topic, b"") == []
    assert not any(dialect.claims(f"rooms/kitchen/{name}") for name in ("state", "door", "status"))


def test_without_a_device_the_topic_is_the_device() -> None:
    dialect = HomeAssistant()
    base = "homeassistant/sensor/sensorBedroom"
    for letter, kind, unit in (("T", "temperature", "°C"), ("H", "humidity", "%")):
        announce(
            dialect,
            "sensor",
            f"sensorBedroom{letter}",
            device_class=kind,
            unit_of_measurement=unit,
            state_topic=f"{base}/state",
            value_template=f"{{{{ value_json.{kind}}}}}",
        )
    (state,) = say(dialect, f"{base}/state", {"temperature": 23.20, "humidity": 43.70})
    assert (state.device, state.values) == (base, {"temperature_c": 23.2, "humidity_pct": 43.7})
    assert is_id(state.device_id)


@pytest.mark.parametrize(
    ("kind", "unit", "payload", "values"),
    [
        ("temperature", "K", "295.15", {"temperature_c": 22.0}),
        ("carbon_dioxide", "ppm", "812", {"co2_ppm": 812.0}),
        ("illuminance", "lx", "320,5", {"illuminance_lx": 320.5}),
        ("sound_pressure", "dB", "48", {"noise_dba": 48.0}),
        ("pm25", "µg/m³", "12.4", {"pm25_ugm3": 12.4}),
        ("power", "kW", "1.25", {"power_w": 1250.0}),
        ("energy", "Wh", "1250", {"energy_kwh": 1.25}),
        ("voltage", "V", "229.8", {"voltage_v": 229.8}),
        ("current", "mA", "431", {"current_a": 0.431}),
        ("apparent_power", "VA", "120", {"apparent_power_va": 120.0}),
        ("reactive_power", "var", "-12", {"reactive_power_var": -12.0}),
        ("power_factor", "", "0.98", {"power_factor": 0.98}),
        ("signal_strength", "dBm", "-67", {"rssi_dbm": -67.0}),
        ("battery", "%", "87", {"battery_pct": 87.0}),
        ("atmospheric_pressure", "mbar", "1009.8", {"pressure_hpa": 1009.8}),
        ("", "°C", "21.5", {"temperature_c": 21.5}),  # no class: the unit can only mean one thing
    ],
)
def test_classes_and_units(kind: str, unit: str, payload: str, values: dict[str, float]) -> None:
    assert say(sensor(unit, kind), "t", payload)[0].values == values


def test_names_tell_which_voltage_temperature_and_energy() -> None:
    assert say(sensor("mV", "voltage", name="Battery voltage"), "t", "2985")[0].values == {"battery_v": 2.985}
    assert say(sensor("V", "voltage", name="VCC"), "t", "3.3")[0].unknown == ("",)  # of a chip: not the mains
    assert say(sensor("°C", "temperature", name="ESP32 internal temperature"), "t", "61")[0].values == {
        "device_temperature_c": 61.0
    }
    assert say(sensor("°C", "temperature", ent_cat="diagnostic"), "t", "41")[0].values == {"device_temperature_c": 41.0}
    assert say(sensor("kWh", "energy", name="Exported"), "t", "5")[0].values == {"energy_returned_kwh": 5.0}


@pytest.mark.parametrize(
    ("kind", "unit", "name"),
    [
        ("temperature", "°C", "Target temperature"),
        ("carbon_dioxide", "ppm", "eCO2"),
        ("gas", "m³", "Gas"),
        ("", "", "Uptime"),
        ("", "%", "Volume"),
        ("enum", "", "Mode"),
    ],
)
def test_what_is_no_measurement_of_ours_is_listed(kind: str, unit: str, name: str) -> None:
    (decoded,) = say(sensor(unit, kind, name=name), "t", "21")
    assert (decoded.values, decoded.unknown, decoded.problems) == ({}, ("",), ())


@pytest.mark.parametrize("payload", ["nan", "NaN", "None", "unknown", "unavailable", "", "null"])
def test_no_reading_is_no_reading(payload: str) -> None:
    (decoded,) = say(sensor("°C", "temperature"), "t", payload)
    assert (decoded.values, decoded.unknown, decoded.problems) == ({}, (), ())


@pytest.mark.parametrize("payload", ["warm", "21 °C", "-127", "1e999", "1,234", "0x15", "[21]", "٢١"])
def test_what_is_no_value_is_a_problem(payload: str) -> None:
    (decoded,) = say(sensor("°C", "temperature"), "t", payload)
    assert decoded.values == {}
    assert decoded.problems[0].en.startswith("x: ")


@pytest.mark.parametrize("raw", ["1" + "0" * 400, "true", "false"])
def test_whole_numbers_of_any_length_and_answers_are_no_measurement(raw: str) -> None:
    (decoded,) = say(sensor("°C", "temperature", template="{{ value_json.t }}"), "t", f'{{"t": {raw}}}')
    assert decoded.values == {}
    assert "not a number" in decoded.problems[0].en


def test_a_json_where_a_number_was_announced_and_the_reverse() -> None:
    assert say(sensor("°C", "temperature"), "t", {"temperature": 21})[0].problems
    assert say(sensor("°C", "temperature", template="{{ value_json.t }}"), "t", "21.5 C")[0].problems
    (nested,) = say(sensor("°C", "temperature", template="{{ value_json.t }}"), "t", {"t": {"v": 21}})
    assert "not a number" in nested.problems[0].en
    (other,) = say(sensor("°C", "temperature", template="{{ value_json.t }}"), "t", {"humidity": 40})
    assert (other.values, other.problems) == ({}, ())


def test_a_template_that_is_not_read_is_named_and_its_entity_listed() -> None:
    dialect = HomeAssistant()
    template = "{{ value_json.t + states('sensor.x') }}"
    (told,) = announce(dialect, "sensor", "x", stat_t="t", dev=DEVICE, unit_of_meas="°C", val_tpl=template)
    assert "template not supported: {{ value_json.t + states('sensor.x') }}" in told.problems[0].en
    (decoded,) = say(dialect, "t", {"t": 21})
    assert (decoded.values, decoded.unknown) == ({}, ("t",))


def test_a_unit_that_cannot_be_converted_is_told_once() -> None:
    dialect = HomeAssistant()
    config = {"stat_t": "t", "dev": DEVICE, "dev_cla": "ozone", "unit_of_meas": "µg/m³"}
    (told,) = announce(dialect, "sensor", "ozone", **config)
    assert "unit 'µg/m³' cannot be converted" in told.problems[0].en
    assert say(dialect, "t", "120")[0].unknown == ("",)


def test_several_of_one_quantity_are_devices_of_their_own() -> None:
    dialect = HomeAssistant()
    for name in ("in", "out"):
        config = {"stat_t": "t", "val_tpl": f"{{{{ value_json.{name} }}}}", "dev_cla": "temperature"}
        announce(dialect, "sensor", f"probe_{name}", dev=DEVICE, unit_of_meas="°C", **config)
    announce(dialect, "sensor", "rh", dev=DEVICE, unit_of_meas="%", dev_cla="humidity", stat_t="t", val_tpl="{{ 40 }}")
    found = {one.device_id: (one.device, one.values) for one in say(dialect, "t", {"in": 21.5, "out": 9})}
    assert found.pop("a1b2c3") == ("Phòng 101", {"humidity_pct": 40.0})
    assert sorted(found.values()) == [
        ("Phòng 101 probe_in", {"temperature_c": 21.5}),
        ("Phòng 101 probe_out", {"temperature_c": 9.0}),
    ]
    assert all(is_id(device_id) and device_id.startswith("a1b2c3-probe-") for device_id in found)


@pytest.mark.parametrize(
    ("kind", "config", "payload", "values"),
    [
        ("window", {}, "OFF", {"contact_open": 0.0}),
        ("opening", {"pl_on": "open", "pl_off": "closed"}, "open", {"contact_open": 1.0}),
        ("presence", {"pl_on": "1", "pl_off": "0"}, "1", {"occupancy": 1.0}),
        (
            "motion",
            {"val_tpl": "{{ value_json.pir }}", "pl_on": True, "pl_off": False},
            {"pir": True},
            {"occupancy": 1},
        ),
        ("occupancy", {"val_tpl": "{{ 'ON' if value_json.n > 0 else 'OFF' }}"}, {"n": 0}, {"occupancy": 0.0}),
        ("moisture", {}, "ON", {"water_leak": 1.0}),
        ("presence", {"val_tpl": "{{ value_json.n | float }}", "pl_on": 1, "pl_off": 0}, {"n": 1}, {"occupancy": 1.0}),
        ("smoke", {"pl_on": "true", "pl_off": "false"}, "True", {"smoke": 1.0}),
        ("tamper", {}, "off", {"tamper": 0.0}),
        ("vibration", {}, "ON", {"vibration": 1.0}),
    ],
)
def test_contacts_and_the_like(kind: str, config: dict[str, Any], payload: object, values: dict[str, float]) -> None:
    dialect = HomeAssistant()
    announce(dialect, "binary_sensor", "b", stat_t="t", dev=DEVICE, dev_cla=kind, **config)
    (decoded,) = say(dialect, "t", payload)
    assert decoded.values == values


def test_a_problem_is_an_alarm_and_other_flags_are_listed() -> None:
    dialect = HomeAssistant()
    announce(dialect, "binary_sensor", "p", stat_t="p", dev=DEVICE, dev_cla="problem")
    announce(dialect, "binary_sensor", "c", stat_t="c", dev=DEVICE, dev_cla="connectivity")
    (problem,) = say(dialect, "p", "ON")
    assert (problem.values, events([problem])) == ({}, [("alarm", {"alarm": "problem", "on": True, "first": True})])
    assert say(dialect, "c", "ON")[0].unknown == ("",)
    (neither,) = say(dialect, "p", "MAYBE")
    assert "neither ON nor OFF" in neither.problems[0].en


def test_a_switch_takes_orders_and_confirms_them() -> None:
    dialect = HomeAssistant()
    config = {"stat_t": "s", "cmd_t": "s/set", "pl_on": "1", "pl_off": "0", "stat_on": "up", "stat_off": "down"}
    announce(dialect, "switch", "relay", dev=DEVICE, ret=True, **config)  # `retain` is for others: we never do
    assert say(dialect, "s", "up")[0].values == {"switch_on": 1.0}
    assert dialect.accepts() == {"a1b2c3": ["switch_on", "switch_off"]}
    assert dialect.telegram(Order("1", "a1b2c3", OrderKind.SWITCH_OFF)) == Telegram(
        "s/set", b"0", Expectation("a1b2c3", "switch_on", 0.0)
    )
    assert dialect.telegram(Order("1", "a1b2c3", OrderKind.DISPLAY_OFF)) is None
    assert dialect.telegram(Order("1", "other", OrderKind.SWITCH_OFF)) is None


def test_a_device_with_a_dialect_of_its_own_takes_orders_there() -> None:
    # Zigbee2MQTT announces its devices too; their states never come to us, so we could not see an order confirmed.
    dialect = HomeAssistant()
    router = Router("local", [Zigbee2Mqtt(), dialect])
    config = {"stat_t": "zigbee2mqtt/plug", "cmd_t": "zigbee2mqtt/plug/set", "val_tpl": "{{ value_json.state }}"}
    topic = "homeassistant/switch/0x00158d0001fa4f2f/switch/config"
    router.decode(topic, json.dumps(config | {"dev": {"ids": ["zigbee2mqtt_0x00158d0001fa4f2f"]}}).encode())
    (decoded,) = router.decode("zigbee2mqtt/plug", b'{"state": "ON"}')
    assert (decoded.device_id, decoded.values) == ("plug", {"switch_on": 1.0})
    assert dialect.accepts() == {}


def test_an_optimistic_switch_is_not_waited_for_and_some_take_no_orders() -> None:
    dialect = HomeAssistant()
    announce(dialect, "switch", "blind", dev={"ids": "d1"}, cmd_t="d1/set")
    announce(dialect, "switch", "opt", dev={"ids": "d2"}, cmd_t="d2/set", stat_t="d2", opt=True)
    announce(dialect, "switch", "tpl", dev={"ids": "d3"}, cmd_t="d3/set", cmd_tpl="{{ value }}!")
    announce(dialect, "light", "bri", dev={"ids": "d4"}, cmd_t="d4/set", on_cmd_type="brightness")
    announce(dialect, "light", "json", dev={"ids": "d5"}, cmd_t="d5/set", stat_t="d5", schema="json")
    say(dialect, "d2", "OFF")
    say(dialect, "d5", {"state": "ON"})
    assert set(dialect.accepts()) == {"d1", "d2", "d5"}
    assert dialect.telegram(Order("1", "d1", OrderKind.SWITCH_ON)) == Telegram("d1/set", b"ON", None)
    assert dialect.telegram(Order("1", "d2", OrderKind.SWITCH_ON)) == Telegram("d2/set", b"ON", None)
    light = dialect.telegram(Order("1", "d5", OrderKind.SWITCH_ON))
    assert light == Telegram("d5/set", b'{"state":"ON"}', Expectation("d5", "switch_on", 1.0))
    assert say(dialect, "d5", {"state": "OFF", "brightness": 80})[0].values == {"switch_on": 0.0}


@pytest.mark.parametrize(
    ("mode", "said", "available"),
    [
        ("latest", ["online", "offline"], False),
        ("latest", ["offline", "online"], True),
        ("all", ["online"], None),
        ("all", ["online", "online"], True),
        ("all", ["online", "offline"], False),
        ("any", ["offline"], None),
        ("any", ["offline", "online"], True),
        ("any", ["offline", "offline"], False),
    ],
)
def test_availability_of_several_topics(mode: str, said: list[str], available: bool | None) -> None:
    dialect = HomeAssistant()
    listed = [{"t": "bridge"}, {"topic": "~/there", "val_tpl": "{{ value_json.state }}"}]
    announce(dialect, "sensor", "x", stat_t="~/x", dev=DEVICE, avty=listed, avty_mode=mode, **{"~": "base"})
    found = None
    for topic, word in zip(("bridge", "base/there"), said, strict=False):
        payload: object = word if topic == "bridge" else {"state": word}
        found = say(dialect, topic, payload)[0].available
    assert found is available


def test_a_device_that_starts_again_announces_the_same_and_nothing_is_forgotten() -> None:
    dialect = HomeAssistant()
    config = {"stat_t": "x", "dev": DEVICE, "avty": [{"t": "bridge"}, {"t": "there"}], "avty_mode": "all"}
    announce(dialect, "sensor", "x", **config)
    say(dialect, "bridge", "online")
    announce(dialect, "sensor", "x", **config)  # the bridge says nothing again
    assert say(dialect, "there", "online")[0].available is True


def test_availability_that_is_neither_is_a_problem() -> None:
    dialect = HomeAssistant()
    announce(dialect, "sensor", "x", stat_t="x", dev=DEVICE, avty_t="a", pl_avail="yes", pl_not_avail="no")
    assert say(dialect, "a", "yes")[0].available is True
    (decoded,) = say(dialect, "a", "online")
    assert (decoded.available, "neither yes nor no" in decoded.problems[0].en) == (None, True)


def test_a_state_before_its_announcement_is_nobodys() -> None:
    dialect = HomeAssistant()
    assert not dialect.claims("t")
    assert dialect.decode("t", b"21") == []
    for topic in (
        "homeassistant/status",
        "homeassistant/sensor/x/state",
        "other/sensor/x/config",
        "homeassistant//config",
    ):
        assert not dialect.claims(topic)


def test_a_prefix_of_ones_own() -> None:
    dialect = HomeAssistant("truong/ha")
    topic = "truong/ha/sensor/node/x/config"
    assert dialect.claims(topic)
    dialect.decode(topic, b'{"stat_t": "t", "dev_cla": "humidity", "unit_of_meas": "%"}')
    assert say(dialect, "t", "44")[0].device == "node"


def test_what_is_announced_is_bounded_and_told() -> None:
    dialect = HomeAssistant()
    for number in range(MOST_ENTITIES):
        assert announce(dialect, "sensor", f"s{number}", stat_t=f"t/{number}") == []
    (told,) = announce(dialect, "sensor", "one_more", stat_t="t/more")
    assert "more than 4096 entities" in told.problems[0].en
    assert not dialect.claims("t/more")
    assert announce(dialect, "sensor", "s0", stat_t="t/other") == []  # in place of itself
    dialect.decode("homeassistant/sensor/s1/config", b"")
    assert announce(dialect, "sensor", "one_more", stat_t="t/more") == []
    assert dialect.claims("t/more")


@pytest.mark.parametrize("payload", [b"{", b"[]", b"21", b"\xff", b'{"cmps": 5}', b'{"cmps": {"a": 5}}'])
def test_an_announcement_that_cannot_be_read_says_why(payload: bytes) -> None:
    dialect = HomeAssistant()
    (decoded,) = dialect.decode("homeassistant/device/abc/config", payload)
    assert decoded.device == "abc"
    assert decoded.problems[0].en.startswith("abc: not ")


def test_what_announces_no_figure_is_passed_over() -> None:
    dialect = HomeAssistant()
    assert announce(dialect, "climate", "c", stat_t="c") == []
    assert announce(dialect, "sensor", "m", migrate_discovery=True) == []
    assert announce(dialect, "light", "l", stat_t="l", schema="template", dev=DEVICE)[0].problems
    assert not dialect.claims("c")
    assert say(dialect, "l", "ON")[0].unknown == ("",)
    assert dialect.accepts() == {}
    (long,) = dialect.decode("homeassistant/sensor/long/config", b" " * 300_000 + b"1")
    assert "too long" in long.problems[0].en


def test_a_device_may_be_known_by_its_connection() -> None:
    dialect = HomeAssistant()
    config = {"stat_t": "t", "dev_cla": "humidity", "unit_of_meas": "%", "dev": {"cns": [["mac", "aa:bb:cc"], 5]}}
    announce(dialect, "sensor", "x", avty=[5, {"t": ""}], **config)
    (decoded,) = say(dialect, "t", "40")
    assert (decoded.device, decoded.values) == ("aa:bb:cc", {"humidity_pct": 40.0})


def test_wildcards_and_endless_topics_are_no_topics() -> None:
    dialect = HomeAssistant()
    for topic in ("a/#", "+/+", "a/b+/c", "x" * 500):
        announce(dialect, "sensor", "x", stat_t=topic, avty_t="a/+", cmd_t="a/+/set")
    assert not dialect.claims("a/b")
    assert not dialect.claims("a/b+/c")
    assert not dialect.claims("x" * 500)
    assert dialect.accepts() == {}


def test_a_component_whose_platform_is_no_word_is_passed_over() -> None:
    dialect = HomeAssistant()
    broken = {"a": {"p": ["sensor"], "stat_t": "a"}, "b": {"p": {}, "stat_t": "b"}, "c": {"p": 1, "stat_t": "c"}}
    fine = {"d": {"p": "sensor", "stat_t": "d", "dev_cla": "carbon_dioxide"}}
    told = json.dumps({"dev": DEVICE, "cmps": broken | fine}).encode()
    assert dialect.decode("homeassistant/device/x/config", told) == []
    assert [dialect.claims(topic) for topic in "abcd"] == [False, False, False, True]


def test_a_device_that_several_gateways_hear_is_announced_with_wildcards() -> None:
    dialect = HomeAssistant()
    for name, key, kind, unit in (("t", "tempc", "temperature", "°C"), ("h", "hum", "humidity", "%")):
        config = {"stat_t": "+/+/BTtoMQTT/A4C1", "dev": DEVICE, "dev_cla": kind, "unit_of_meas": unit}
        announce(dialect, "sensor", name, val_tpl=f"{{{{ value_json.{key} | is_defined }}}}", **config)
    (one,) = say(dialect, "home/OMG_A/BTtoMQTT/A4C1", '{"tempc":21.5,"hum":44,"rssi":-70}')
    (two,) = say(dialect, "home/OMG_B/BTtoMQTT/A4C1", '{"tempc":21.6}')
    assert (one.values, two.values) == ({"temperature_c": 21.5, "humidity_pct": 44.0}, {"temperature_c": 21.6})
    assert one.device_id == two.device_id
    for other in ("home/OMG_A/BTtoMQTT/A4C2", "home/BTtoMQTT/A4C1", "$SYS/OMG_A/BTtoMQTT/A4C1"):
        assert not dialect.claims(other)
    for name in ("t", "h"):
        dialect.decode(f"homeassistant/sensor/{name}/config", b"")
    assert not dialect.claims("home/OMG_A/BTtoMQTT/A4C1")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "~ name stat_t cmd_t val_tpl dev_cla unit_of_meas pl_on pl_off avty avty_t avty_mode dev cmps p schema opt".split()
)
CONFIGS = st.dictionaries(
    st.sampled_from(KEYS),
    json_values | st.sampled_from(["t", "~", "temperature", "°C", "{{ value_json.t }}", "door", "ON", "json", "V"]),
    max_size=9,
)


@MORE
@given(
    st.sampled_from(["sensor", "binary_sensor", "switch", "light", "device"]),
    CONFIGS,
    st.dictionaries(st.text(max_size=4), CONFIGS | json_values, max_size=2),
    json_values | st.binary(max_size=20),
    st.booleans(),
)
def test_nothing_announced_and_nothing_said_breaks_it(
    component: str, config: dict[str, Any], components: dict[str, Any], payload: Any, retained: bool
) -> None:
    dialect = HomeAssistant()
    for one in components.values():
        if isinstance(one, dict):
            one["p"] = "sensor"
    config = config | {"stat_t": "t"} | ({"cmps": components} if component == "device" else {})
    announce(dialect, component, "x", **config)
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    for decoded in dialect.decode("t", raw, retained=retained):
        assert is_id(decoded.device_id)
        assert all(QUANTITIES[quantity].accepts(value) for quantity, value in decoded.values.items())
    for device_id in dialect.accepts():
        dialect.telegram(Order("1", device_id, OrderKind.SWITCH_ON))


@MORE
@given(st.text(max_size=60), st.binary(max_size=80))
def test_any_topic_and_payload_are_survived(topic: str, payload: bytes) -> None:
    dialect = HomeAssistant()
    for one in (topic, f"homeassistant/sensor/{topic}/config", "homeassistant/device/x/config"):
        dialect.claims(one)
        dialect.decode(one, payload)
