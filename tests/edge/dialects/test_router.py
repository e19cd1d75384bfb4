"""The router: whose message it is, what is counted as heard, mappings beside dialects, orders; all dialects at once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Commanding, Dialect
from edge.dialects.mapping import MappingDialect
from edge.dialects.router import SILENT, UNCLAIMED, Router, build_router
from edge.dialects.table import DIALECTS, Surroundings
from tests.edge.dialects.messages import device
from wire.mapping import Mapping
from wire.orders import Order, OrderKind
from wire.quantities import QUANTITIES
from wire.text import Text


class Says:
    """A dialect of this test's own: claims everything and says always the same."""

    def __init__(self, name: str, *found: Decoded) -> None:
        self.name, self._found = name, list(found)

    def claims(self, topic: str) -> bool:
        return bool(topic)

    def decode(self, _topic: str, _payload: bytes, *, retained: bool = False) -> list[Decoded]:
        assert not retained
        return self._found


VALUE = Decoded("a", "a", {"co2_ppm": 1.0})
FAULT = Decoded("a", "a", problems=(Text("hỏng", "broken"),))
UNKNOWN = Decoded("a", "a", unknown=("x",))


def everything(**place: Any) -> Router:
    return build_router("z", (), Surroundings(**place))


def said(router: Router, topic: str, body: object) -> list[Decoded]:
    return router.decode(topic, body.encode() if isinstance(body, str) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("dialects", "expected", "counted"),
    [
        ([Says("one", VALUE), Says("two", UNKNOWN)], [VALUE], "one"),
        ([Says("one", FAULT), Says("two", VALUE)], [VALUE], "two"),
        ([Says("one", UNKNOWN), Says("two", VALUE)], [VALUE], "two"),
        ([Says("one", FAULT), Says("two", UNKNOWN)], [UNKNOWN], "one"),
        ([Says("one", FAULT), Says("two")], [FAULT], "one"),
        ([Says("one"), Says("two")], [], SILENT),
        ([], [], UNCLAIMED),
    ],
)
def test_the_first_that_understands_has_the_message(
    dialects: list[Dialect], expected: list[Decoded], counted: str
) -> None:
    router = Router("z", dialects)
    assert router.decode("t", b'{"x": 5}') == expected
    assert dict(router.counts) == {counted: 1}


def test_every_dialect_of_the_table_makes_and_names_itself() -> None:
    for name, make in DIALECTS.items():
        dialect = make(Surroundings())
        assert dialect.name == name
        assert not isinstance(dialect, Commanding) or dialect.accepts() == {}
    assert build_router("z", ["tasmota"], Surroundings()).claims("tele/a/SENSOR")
    assert not build_router("z", ["tasmota"], Surroundings()).claims("zigbee2mqtt/a")
    with pytest.raises(KeyError, match="toaster"):
        build_router("z", ["toaster"], Surroundings())


def test_each_dialect_hears_its_own_among_all() -> None:
    router = everything(zigbee2mqtt="z", timezone_offset_min=0)
    found = said(router, "z/hall", {"temperature": 21, "last_seen": "2026-01-01T00:00:00Z"})
    found += said(router, "tele/plug/SENSOR", {"Time": "2026-01-01T00:00:00", "ENERGY": {"Power": 5}})
    found += said(router, "shellies/shelly1-A/relay/0", "on")
    found += said(
        router, "shellyplus1-a/events/rpc", {"method": "NotifyStatus", "params": {"switch:0": {"output": True}}}
    )
    assert [(one.device, one.values, one.at_ms) for one in found] == [
        ("hall", {"temperature_c": 21.0}, 1767225600000),
        ("plug", {"power_w": 5.0}, 1767225600000),
        ("shelly1-A", {"switch_on": 1.0}, None),
        ("shellyplus1-a", {"switch_on": 1.0}, None),
    ]
    assert dict(router.counts) == {"zigbee2mqtt": 1, "tasmota": 1, "shelly": 2}


@pytest.mark.parametrize("topic", ["edu/v1/s1/g1/tele", "classhub/classhub-g1-z/marker", "$SYS/broker/uptime"])
def test_our_own_topics_on_the_same_broker_are_passed_over(topic: str) -> None:
    router = everything()
    assert said(router, topic, {"co2": 800}) == []
    assert router.ignores(topic)
    assert (dict(router.counts), router.heard()) == ({}, [])


def test_what_nobody_claims_is_heard_with_a_proposal() -> None:
    router = everything()
    assert said(router, "rooms/hall/air", {"co2_ppm": 812}) == []
    (heard,) = router.heard()
    assert (heard.source, heard.path, heard.count, heard.example) == ("z", "co2_ppm", 1, "812")
    assert heard.proposal is not None
    router.configure([heard.proposal])
    (mapped,) = said(router, "rooms/hall/air", {"co2_ppm": 900})
    assert mapped.values == {"co2_ppm": 900.0}
    assert router.heard()[0].count == 1  # understood now: not counted again


def test_keys_a_dialect_does_not_read_are_heard_and_may_be_mapped() -> None:
    """A Switch1 of Tasmota may be a wall switch or a motion detector: only a person knows."""
    router = everything()
    (one,) = said(router, "tele/hall/SENSOR", {"Switch1": "ON", "BH1750": {"Illuminance": 5}})
    assert (one.values, one.unknown) == ({"illuminance_lx": 5.0}, ("Switch1",))
    assert [(heard.path, heard.example) for heard in router.heard()] == [("Switch1", "on")]
    motion = Mapping("tele/+/SENSOR", "occupancy", path="Switch1", device="{1}-motion", on="ON", off="OFF")
    router.configure([motion])
    found = said(router, "tele/hall/SENSOR", {"Switch1": "ON", "BH1750": {"Illuminance": 6}})
    assert {one.device: one.values for one in found} == {
        "hall": {"illuminance_lx": 6.0},
        "hall-motion": {"occupancy": 1.0},
    }
    assert router.heard()[0].count == 1
    assert dict(router.counts) == {"tasmota": 2, "mapping": 1}


def test_what_only_looks_like_a_quantity_is_named_and_never_proposed() -> None:
    router = everything()
    sent = {"SonoffSC": {"Temperature": 23, "Light": 20, "Noise": 10}, "Flora-6ab577": {"Humidity": 3}}
    (one,) = said(router, "tele/a/SENSOR", sent)
    assert one.values == {"temperature_c": 23.0}
    assert one.unknown == ("SonoffSC.Light (%)", "SonoffSC.Noise (%)", "Flora-6ab577.Humidity (soil)")
    assert router.heard() == []


def test_mappings_of_the_settings_stay_when_the_hub_sends_its_own() -> None:
    own = Mapping("a/b", "co2_ppm", path="x")
    router = Router("z", (), MappingDialect([own]))
    router.configure([Mapping("a/b", "co2_ppm", path="x", scale=10), Mapping("a/b", "humidity_pct", path="y")])
    (one,) = router.decode("a/b", b'{"x": 5, "y": 40}')
    assert one.values == {"co2_ppm": 5.0, "humidity_pct": 40.0}


def test_orders_go_to_the_dialect_whose_device_it_is() -> None:
    router = everything()
    features = [
        {"type": "binary", "name": "state", "property": "state", "access": 7, "value_on": "ON", "value_off": "OFF"}
    ]
    said(
        router, "zigbee2mqtt/bridge/devices", [device("hall/plug", [{"type": "switch", "features": features}], "Mains")]
    )
    said(router, "stat/strip/POWER2", "OFF")
    said(router, "shellies/s1/relay/0", "on")
    ieee = "0x00158d0001fa4f2f"
    assert set(router.accepts()) == {ieee, "strip-l2", "s1"}
    orders = [Order(str(number), name, OrderKind.SWITCH_ON) for number, name in enumerate([ieee, "strip-l2", "s1"])]
    telegrams = [router.telegram(order) for order in orders]
    assert [(one.topic, one.payload) for one in telegrams if one is not None] == [
        ("zigbee2mqtt/hall/plug/set", b'{"state":"ON"}'),
        ("cmnd/strip/POWER2", b"ON"),
        ("shellies/s1/relay/0/command", b"on"),
    ]
    assert router.telegram(Order("9", "nobody", OrderKind.SWITCH_ON)) is None
    assert router.telegram(Order("9", ieee, OrderKind.CLEAN)) is None


def test_only_states_that_can_be_set_take_orders() -> None:
    """Lights are not for schools to be switched as plugs are; a state that is only told (access 1) takes no orders."""
    router = everything()
    state = {"type": "binary", "name": "state", "property": "state", "access": 1}
    second = {
        "type": "binary",
        "name": "state",
        "property": "state_l2",
        "access": 7,
        "value_on": "an",
        "value_off": "aus",
    }
    exposes = [{"type": "switch", "features": [state]}, {"type": "light", "features": [{**state, "access": 7}]}]
    exposes += [{"type": "switch", "endpoint": "l2", "features": [{**second, "endpoint": "l2"}]}]
    said(router, "zigbee2mqtt/bridge/devices", [device("a", exposes, "Mains")])
    assert list(router.accepts()) == ["0x00158d0001fa4f2f-l2"]
    telegram = router.telegram(Order("1", "0x00158d0001fa4f2f-l2", OrderKind.SWITCH_OFF))
    assert telegram is not None
    assert telegram.payload == b'{"state_l2":"aus"}'


_TOPICS = """tele/a/SENSOR stat/a/POWER zigbee2mqtt/a zigbee2mqtt/bridge/devices shellies/a/info shellyx-1/events/rpc
homeassistant/sensor/a/config homeassistant/switch/b/config homie/5/a/$description a/sensor/b/state x/y
v3/app@tenant/devices/a/up application/1/device/0123456789abcdef/event/up spBv1.0/g/DBIRTH/n/d"""


@given(
    st.lists(
        st.tuples(
            st.sampled_from(_TOPICS.split()),
            st.binary(max_size=40)
            | st.sampled_from([b"{}", b"[]", b"null", b'"x"', b"1e999", b'{"a":{"b":[1]}}', b"on"]),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_all_dialects_together_never_raise(messages: list[tuple[str, bytes, bool]]) -> None:
    router = everything()
    for topic, payload, retained in messages:
        for one in router.decode(topic, payload, retained=retained):
            assert set(one.values) <= set(QUANTITIES)
    assert sum(router.counts.values()) >= len(messages)
    router.accepts()
    router.heard()


_SAMPLES = [
    ("tele/a/SENSOR", b'{"Time":"2026-03-07T12:54:34","BME280":{"Temperature":20.7,"Humidity":24.4},"TempUnit":"C"}'),
    (
        "tele/a/SENSOR",
        b'{"ENERGY":{"Total":[1.2,3.4],"Power":{"Phase1":5}},"DS18B20-1":{"Id":"0566CC39","Temperature":1}}',
    ),
    ("stat/a/STATUS8", b'{"StatusSNS":{"Time":"2026-03-07T12:54:34","ZbReceived":{"0x12AB":{"Power":1}}}}'),
    ("shellies/a/info", b'{"relays":[{"ison":true}],"meters":[{"power":1,"total":5}],"tmp":{"tC":24.1,"units":"F"}}'),
    (
        "shellyx-1/events/rpc",
        b'{"src":"x","method":"NotifyStatus","params":{"ts":1.61,"em:0":{"a_voltage":229,"n_current":null}}}',
    ),
    ("zigbee2mqtt/a", b'{"temperature":25.84,"contact":false,"last_seen":"2026-03-07T12:54:34Z"}'),
]


@given(st.sampled_from(_SAMPLES), st.integers(0, 200), st.integers(0, 20), st.binary(max_size=4))
def test_damaged_messages_are_read_or_told_and_never_raise(
    sample: tuple[str, bytes], place: int, gone: int, put: bytes
) -> None:
    """Cut, overwritten, run together: what comes out is in its quantity's range or is told."""
    topic, payload = sample
    router = everything()
    for damaged in (payload[:place], payload[:place] + put + payload[place + gone :], payload + payload[place:]):
        for one in router.decode(topic, damaged):
            sound = [QUANTITIES[quantity].accepts(value) for quantity, value in one.values.items()]
            assert all(sound) or topic.startswith("zigbee2mqtt")  # that one leaves the range to the hub's check
