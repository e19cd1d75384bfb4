"""ESPHome: bare states with and without an announcement, status, orders, and topics that only look like it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.esphome import EspHome
from edge.dialects.homeassistant import HomeAssistant
from edge.dialects.router import Router
from tests.edge.dialects.messages import MORE, events
from wire.ids import is_id
from wire.orders import Order, OrderKind
from wire.quantities import QUANTITIES


def say(dialect: EspHome, topic: str, payload: str, *, retained: bool = False) -> list[Decoded]:
    assert dialect.claims(topic)
    return dialect.decode(topic, payload.encode(), retained=retained)


def announcement(
    component: str, object_id: str, node: str = "lop101", prefix: str = "", **config: Any
) -> tuple[str, bytes]:
    """As ESPHome writes one, abbreviated."""
    base = f"{prefix or node}/{component}/{object_id}"
    body = {
        "name": object_id,
        "stat_t": f"{base}/state",
        "avty_t": f"{node}/status",
        "uniq_id": f"ESP{component}{object_id}",
        "dev": {
            "ids": "a4cf12aabbcc",
            "name": node,
            "sw": "2024.12.4 (config hash 0x1)",
            "mdl": "esp32dev",
            "mf": "Espressif",
        },
    }
    if component in {"switch", "light"}:
        body["cmd_t"] = f"{base}/command"
    return f"homeassistant/{component}/{node}/{object_id}/config", json.dumps(body | config).encode()


@pytest.mark.parametrize(
    ("object_id", "payload", "values"),
    [
        ("scd40_co2", "812", {"co2_ppm": 812.0}),
        ("living_room_temperature", "23.4", {"temperature_c": 23.4}),
        ("humidity", "55.0", {"humidity_pct": 55.0}),
        ("bh1750_illuminance", "320.5", {"illuminance_lx": 320.5}),
        ("pm_2_5", "12", {"pm25_ugm3": 12.0}),
        ("wifi_signal", "-67", {"rssi_dbm": -67.0}),
        ("bme280_pressure", "1009.8", {"pressure_hpa": 1009.8}),
    ],
)
def test_what_an_object_id_cannot_but_mean(object_id: str, payload: str, values: dict[str, float]) -> None:
    (decoded,) = say(EspHome(), f"lop101/sensor/{object_id}/state", payload)
    assert (decoded.device, decoded.device_id, decoded.values) == ("lop101", "lop101", values)


@pytest.mark.parametrize(
    "object_id", ["power", "battery", "voc", "eco2", "uptime", "target_temperature", "text", "voltage"]
)
def test_the_rest_is_listed(object_id: str) -> None:
    (decoded,) = say(EspHome(), f"lop101/sensor/{object_id}/state", "23.4")
    assert (decoded.values, decoded.unknown, decoded.problems) == ({}, (f"{object_id}/state",), ())


def test_what_is_listed_is_heard_with_a_proposal() -> None:
    router = Router("local", [EspHome()])
    router.decode("lop101/sensor/power_kw/state", b"1.25")
    (heard,) = router.heard()
    assert (heard.topic, heard.path, heard.example) == ("lop101/sensor/power_kw/state", "", "1.25")
    assert heard.proposal is not None
    assert (heard.proposal.quantity, heard.proposal.scale) == ("power_w", 1000.0)


def test_a_prefix_may_have_slashes() -> None:
    (decoded,) = say(EspHome(), "truong/tang 2/lop101/sensor/co2/state", "812")
    assert decoded.device == "truong/tang 2/lop101"
    assert is_id(decoded.device_id)


def test_an_announcement_names_the_unit_and_the_node_stays_the_same() -> None:
    dialect = EspHome()
    topic = "lop101/sensor/power/state"
    (before,) = say(dialect, topic, "1.25")
    config_topic, config = announcement("sensor", "power", dev_cla="power", unit_of_meas="kW")
    assert dialect.claims(config_topic)
    assert dialect.decode(config_topic, config, retained=True) == []
    (after,) = say(dialect, topic, "1.25")
    assert (before.values, after.values) == ({}, {"power_w": 1250.0})
    assert before.device_id == after.device_id == "lop101"
    assert after.model == "Espressif esp32dev"
    dialect.decode(config_topic, b"")
    assert say(dialect, topic, "1.25")[0].values == {}


@pytest.mark.parametrize("payload", ["nan", "NAN", "NA", "None", "unavailable"])
def test_not_a_number_is_no_reading(payload: str) -> None:
    (decoded,) = say(EspHome(), "lop101/sensor/temperature/state", payload)
    assert (decoded.values, decoded.unknown, decoded.problems) == ({}, (), ())


@pytest.mark.parametrize("payload", ["warm", "-127.0", "23.4 °C", "1e400"])
def test_what_cannot_be_is_a_problem(payload: str) -> None:
    (decoded,) = say(EspHome(), "lop101/sensor/temperature/state", payload)
    assert decoded.values == {}
    assert decoded.problems


def test_flags_and_switches() -> None:
    dialect = EspHome()
    (motion,) = say(dialect, "lop101/binary_sensor/pir_motion/state", "ON")
    assert motion.values == {"occupancy": 1.0}
    assert say(dialect, "lop101/binary_sensor/button_1/state", "ON")[0].unknown == ("button_1/state",)
    assert say(dialect, "lop101/binary_sensor/door/state", "ON")[0].unknown == ("door/state",)  # open, or touching?
    (door,) = say(dialect, "lop102/binary_sensor/door_open/state", "ON")
    assert (door.values, events([door])) == ({"contact_open": 1.0}, [("contact", {"open": True, "first": True})])
    assert say(dialect, "lop102/switch/relay/state", "OFF")[0].values == {"switch_on": 0.0}
    assert say(dialect, "lop103/light/lamp/state", '{"state":"ON","brightness":80}')[0].values == {"switch_on": 1.0}
    assert say(dialect, "lop102/switch/relay/state", "TOGGLE")[0].problems


def test_orders_go_to_the_command_topic() -> None:
    dialect = EspHome()
    say(dialect, "lop102/switch/relay/state", "OFF")
    say(dialect, "lop103/light/lamp/state", '{"state":"OFF"}')
    assert dialect.accepts() == {"lop102": ["switch_on", "switch_off"], "lop103": ["switch_on", "switch_off"]}
    assert dialect.telegram(Order("1", "lop102", OrderKind.SWITCH_ON)) == Telegram(
        "lop102/switch/relay/command", b"ON", Expectation("lop102", "switch_on", 1.0)
    )
    light = dialect.telegram(Order("1", "lop103", OrderKind.SWITCH_OFF))
    assert light == Telegram("lop103/light/lamp/command", b'{"state":"OFF"}', Expectation("lop103", "switch_on", 0.0))
    assert say(dialect, "lop102/switch/relay/command", "ON") == []  # an order is not a state


def test_two_relays_are_devices_of_their_own() -> None:
    dialect = EspHome()
    say(dialect, "n/switch/relay1/state", "ON")
    say(dialect, "n/switch/relay2/state", "ON")
    assert set(dialect.accepts()) == {"n-relay1", "n-relay2"}
    (one,) = say(dialect, "n/switch/relay1/state", "OFF")
    assert (one.device, one.device_id, one.values) == ("n relay1", "n-relay1", {"switch_on": 0.0})


def test_status_is_availability_also_when_it_comes_first() -> None:
    dialect = EspHome()
    assert say(dialect, "lop101/status", "offline", retained=True) == []  # whose it is nobody knows yet
    status, state = say(dialect, "lop101/sensor/co2/state", "812", retained=True)
    assert (status.device_id, status.available, state.values) == ("lop101", False, {"co2_ppm": 812.0})
    assert say(dialect, "lop101/status", "online")[0].available is True
    assert say(dialect, "lop101/status", "asleep")[0].problems
    assert not dialect.claims("other/debug")
    assert say(dialect, "lop101/debug", "[D][sensor:093]: 'CO2': Sending state 812.00000 ppm") == []


def test_other_things_that_look_like_it() -> None:
    dialect = EspHome()
    (strange,) = say(dialect, "garage/sensor/box/state", '{"temp": 21.5, "in": {"rh": 40}}')
    assert (strange.values, strange.unknown) == ({}, ("temp", "in.rh"))
    assert say(dialect, "openevse/status", '{"amp": 12}')[0].unknown == ("amp",)
    for topic in (
        "homeassistant/sensor/x/state",
        "homeassistant/status",
        "a/number/b/state",
        "sensor/x/state",
        "status",
    ):
        assert not dialect.claims(topic)


def test_what_another_maker_announced_is_left_to_it() -> None:
    # Of ../shared/data: topics like ESPHome's, announced without a node id; the announced device is the better name.
    esphome, others = EspHome(), HomeAssistant()
    router = Router("local", [esphome, others])
    config = {"~": "air/133c", "stat_t": "~/sensor/x_co2/state", "dev_cla": "carbon_dioxide", "unit_of_meas": "ppm"}
    body = json.dumps(config | {"dev": {"ids": "133c", "name": "Blue"}}).encode()
    router.decode("air/133c/sensor/x_co2/state", b"700")
    router.decode("homeassistant/sensor/x_co2/config", body, retained=True)
    assert not esphome.claims("air/133c/sensor/x_co2/state")
    (decoded,) = router.decode("air/133c/sensor/x_co2/state", b"812")
    assert (decoded.device, decoded.device_id, decoded.values) == ("Blue", "133c", {"co2_ppm": 812.0})
    router.decode("homeassistant/sensor/x_co2/config", b"")
    assert esphome.claims("air/133c/sensor/x_co2/state")


def test_early_statuses_are_bounded() -> None:
    dialect = EspHome()
    for number in range(1100):
        dialect.decode(f"n{number}/status", b"online")
    assert len(dialect._early) == 1024


@MORE
@given(st.sampled_from(["sensor", "binary_sensor", "switch", "light"]), st.text(max_size=30), st.binary(max_size=40))
def test_any_object_id_and_payload_are_survived(component: str, object_id: str, payload: bytes) -> None:
    dialect = EspHome()
    for topic in (f"n/{component}/{object_id}/state", f"{object_id}/status", f"homeassistant/{component}/n/x/config"):
        dialect.claims(topic)
        for _ in range(2):
            for decoded in dialect.decode(topic, payload):
                assert is_id(decoded.device_id)
                assert all(QUANTITIES[quantity].accepts(value) for quantity, value in decoded.values.items())
