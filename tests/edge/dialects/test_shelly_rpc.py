"""Shelly from the second generation on: notifications, status topics, answers, orders, bad input."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import Decoded
from edge.dialects.shelly import Shelly
from edge.dialects.shelly_components import COMPONENTS
from wire.orders import Order, OrderKind
from wire.quantities import QUANTITIES

PLUG = "shellyplus1pm-441793ab3fb4"


def said(dialect: Shelly, topic: str, body: object, *, retained: bool = False) -> list[Decoded]:
    payload = body if isinstance(body, str) else json.dumps(body)
    return dialect.decode(topic, payload.encode(), retained=retained)


def notify(
    dialect: Shelly,
    components: dict[str, Any],
    *,
    prefix: str = PLUG,
    method: str = "NotifyStatus",
    ts: object = 1783004880.01,
) -> list[Decoded]:
    body = {"src": PLUG, "dst": f"{prefix}/events", "method": method, "params": {"ts": ts, **components}}
    return said(dialect, f"{prefix}/events/rpc", body)


def problems(found: list[Decoded]) -> list[str]:
    return [text.en for one in found for text in one.problems]


def test_every_component_leads_to_quantities() -> None:
    assert all(meaning.quantity in QUANTITIES for keys in COMPONENTS.values() for meaning in keys.values())


def test_a_plug_tells_its_registers_in_watt_hours() -> None:
    status: dict[str, Any] = {
        "id": 0,
        "output": True,
        "apower": 25.7,
        "voltage": 239.7,
        "freq": 50.2,
        "current": 0.188,
        "pf": 0.57,
    }
    status |= {
        "aenergy": {"total": 913.252, "by_minute": [10.3, 14.3, 13.7], "minute_ts": 1},
        "ret_aenergy": {"total": 2},
    }
    (one,) = notify(Shelly(), {"switch:0": {**status, "temperature": {"tC": 68.1, "tF": 154.6}, "source": "init"}})
    assert one.values == {
        "switch_on": 1.0,
        "power_w": 25.7,
        "voltage_v": 239.7,
        "frequency_hz": 50.2,
        "current_a": 0.188,
        "power_factor": 0.57,
        "energy_kwh": 0.913252,
        "energy_returned_kwh": 0.002,
        "device_temperature_c": 68.1,
    }
    assert (one.device, one.device_id, one.at_ms, one.model) == (PLUG, PLUG, 1783004880010, "shellyplus1pm")
    assert (one.unknown, one.problems) == ((), ())


def test_a_partial_status_tells_only_what_changed() -> None:
    dialect = Shelly()
    notify(dialect, {"switch:0": {"id": 0, "output": True, "apower": 25.7}}, method="NotifyFullStatus")
    (one,) = notify(dialect, {"switch:0": {"id": 0, "apower": 3}})
    assert one.values == {"power_w": 3.0}  # an old state is not told again as new
    assert PLUG in dialect.accepts()  # but what the full status had is still known


@pytest.mark.parametrize("ts", [1.61, 0, -5, None, "now", True, 1e300, [], {"a": 1}])
def test_no_time_before_the_clock_is_set(ts: object) -> None:
    (one,) = notify(Shelly(), {"switch:0": {"output": True}}, ts=ts)
    assert (one.values, one.at_ms) == ({"switch_on": 1.0}, None)


def test_channels_are_sub_devices_and_phases_have_names() -> None:
    found = notify(Shelly(), {"switch:0": {"output": True}, "switch:1": {"output": False}, "em1:1": {"act_power": 7}})
    assert {one.device: one.values for one in found} == {
        PLUG: {"switch_on": 1.0},
        f"{PLUG}-1": {"switch_on": 0.0},
        f"{PLUG}-l2": {"power_w": 7.0},
    }
    phases = {"a_act_power": 1, "b_voltage": 229.5, "c_pf": 0.5, "n_current": None, "total_act_power": 8}
    found = notify(Shelly(), {"em:0": {"id": 0, **phases}, "emdata:0": {"a_total_act_energy": 5000, "total_act": 7000}})
    assert {one.device: one.values for one in found} == {
        PLUG: {"power_w": 8.0, "energy_kwh": 7.0},
        f"{PLUG}-l1": {"power_w": 1.0, "energy_kwh": 5.0},
        f"{PLUG}-l2": {"voltage_v": 229.5},
        f"{PLUG}-l3": {"power_factor": 0.5},
    }


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"temperature:0": {"tC": 19.8, "tF": 67.6}, "humidity:0": {"rh": 42.2}},
         {"temperature_c": 19.8, "humidity_pct": 42.2}),
        ({"temperature:0": {"tC": 46.6}, "em:0": {"total_act_power": 1}},
         {"device_temperature_c": 46.6, "power_w": 1.0}),
        ({"devicepower:0": {"battery": {"V": 5.4, "percent": 73}, "external": {"present": False}}},
         {"battery_v": 5.4, "battery_pct": 73.0}),
        ({"illuminance:0": {"lux": 30, "illumination": "dark"}}, {"illuminance_lx": 30.0}),
        ({"smoke:0": {"id": 0, "alarm": True, "mute": False}}, {"smoke": 1.0}),
        ({"flood:0": {"alarm": False, "mute": False}}, {"water_leak": 0.0}),
        ({"wifi": {"rssi": -64, "ssid": "x"}}, {"rssi_dbm": -64.0}),
        ({"pm1:0": {"apower": 27, "aenergy": {"total": 1}}}, {"power_w": 27.0, "energy_kwh": 0.001}),
        ({"switch:0": {"errors": ["overtemp", "overpower"]}}, {"error_code": "overpower+overtemp"}),
        ({"switch:0": {"errors": []}}, {"error_code": "0"}),
    ],
)  # fmt: skip
def test_what_components_mean(components: dict[str, Any], expected: dict[str, float | str]) -> None:
    (one,) = notify(Shelly(), components)
    assert (one.values, one.problems, one.unknown) == (expected, (), ())


def test_sensors_of_an_add_on_and_other_devices_numbers() -> None:
    found = notify(
        Shelly(),
        {"temperature:100": {"tC": 5.5}, "humidity:100": {"rh": 80}, "voltmeter:100": {"voltage": 11.8}}
        | {"presencezone:200": {"value": True, "num_objects": 3}, "wifi": {"rssi": 0, "sta_ip": None}},
    )
    assert {one.device: one.values for one in found} == {
        f"{PLUG}-100": {"temperature_c": 5.5, "humidity_pct": 80.0},
        f"{PLUG}-200": {"occupancy": 1.0, "people_count": 3.0},
        f"{PLUG}-voltmeter-100": {"voltage_v": 11.8},
    }


def test_what_has_no_quantity_is_named_as_the_payload_has_it() -> None:
    (one,) = notify(
        Shelly(), {"input:0": {"id": 0, "state": True}, "cover:0": {"current_pos": 51}, "toaster:0": {"x": 1}}
    )
    assert one.unknown == ("params.input:0.state", "params.cover:0.current_pos", "params.toaster:0")
    (one,) = said(Shelly(), "hall/status/cover:0", {"current_pos": 51})
    assert one.unknown == ("current_pos",)


def test_status_topics_and_being_there() -> None:
    dialect = Shelly()
    assert dialect.claims("hall/status/switch:0")
    assert not dialect.claims("hall/online")
    assert said(dialect, "hall/status/switch:0", {"id": 0, "output": True})[0].values == {"switch_on": 1.0}
    assert dialect.claims("hall/online")  # known by now
    assert [said(dialect, "hall/online", word)[0].available for word in ("true", "false", "maybe")] == [
        True,
        False,
        None,
    ]
    under = said(dialect, f"shellies/{PLUG}/status/switch:0", {"id": 0, "apower": 5})  # some put them under shellies/
    assert [(one.device, one.values) for one in under] == [(PLUG, {"power_w": 5.0})]
    assert said(dialect, f"shellies/{PLUG}/online", "true")[0].device_id == PLUG


@pytest.mark.parametrize(
    "topic", ["hall/status", "node/status", "a/b/c", "x/rpc", "x/status/toaster:0", "events/rpc/x"]
)
def test_other_topics_are_left_to_others(topic: str) -> None:
    assert not Shelly().claims(topic)


@pytest.mark.parametrize("rest", ["debug/log", "command", "command/switch:0", "announce"])
def test_what_is_no_measurement_is_silent(rest: str) -> None:
    dialect = Shelly()
    assert dialect.claims(f"{PLUG}/{rest}")
    assert said(dialect, f"{PLUG}/{rest}", "on,2") == []


def test_a_button_is_an_event() -> None:
    events = [
        {"component": "input:0", "id": 0, "event": "single_push", "ts": 1},
        {"component": "sys", "event": "ota_begin"},
    ]
    events += [{"component": "input:2", "event": "long_push"}, {"component": "input:1", "event": 7}]
    found = notify(Shelly(), {"events": events}, method="NotifyEvent")
    assert {one.device: [event.data for event in one.events] for one in found} == {
        PLUG: [{"action": "single_push"}],
        f"{PLUG}-2": [{"action": "long_push"}],
    }
    assert found[0].unknown == ("params.events.3.event",)


def test_an_event_nobody_documents_is_no_push() -> None:
    events = [{"component": "input:0", "event": "x" * 5_000}, {"component": "bthomedevice:200", "event": "rotate_left"}]
    found = notify(Shelly(), {"events": [*events, {"component": "input:1", "event": "analog"}]}, method="NotifyEvent")
    assert [event.data for one in found for event in one.events] == [{"action": "rotate_left"}]
    assert [one.unknown for one in found if one.unknown] == [("params.events.0.event", "params.events.2.event")]


# ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def ordered(dialect: Shelly, device: str, kind: OrderKind) -> dict[str, Any]:
    telegram = dialect.telegram(Order("1", device, kind))
    assert telegram is not None
    assert telegram.expects is not None
    assert telegram.expects.device_id == device
    return {"topic": telegram.topic, "expects": telegram.expects.value, **msgspec.json.decode(telegram.payload)}


def test_a_switch_takes_orders_under_its_own_prefix() -> None:
    dialect = Shelly()
    notify(dialect, {"switch:0": {"output": False}, "switch:1": {"output": False}}, prefix="school/hall")
    second = next(device for device in dialect.accepts() if device.startswith("school-hall") and device.endswith("-1"))
    call = ordered(dialect, second, OrderKind.SWITCH_ON)
    assert call["topic"] == "school/hall/rpc"
    assert (call["method"], call["params"], call["expects"]) == ("Switch.Set", {"id": 1, "on": True}, 1.0)
    assert dialect.telegram(Order("2", second, OrderKind.CLEAN)) is None
    assert dialect.telegram(Order("3", "nobody", OrderKind.SWITCH_ON)) is None


def test_a_switch_that_only_told_its_energy_takes_orders_too() -> None:
    dialect = Shelly()
    notify(dialect, {"switch:0": {"id": 0, "aenergy": {"total": 7}}, "input:0": {"state": True}})
    assert dialect.accepts() == {PLUG: ["switch_on", "switch_off"]}


def test_answers_to_an_order() -> None:
    dialect = Shelly()
    notify(dialect, {"switch:0": {"output": True}})
    answer = {"src": PLUG, "dst": "classhub-orders"}
    call = ordered(dialect, PLUG, OrderKind.SWITCH_ON)
    assert dialect.claims(f"{call['src']}/rpc")
    already = said(dialect, f"{call['src']}/rpc", {"id": call["id"], **answer, "result": {"was_on": True}})
    assert [(one.device_id, one.values) for one in already] == [(PLUG, {"switch_on": 1.0})]  # no notification comes
    call = ordered(dialect, PLUG, OrderKind.SWITCH_OFF)
    assert said(dialect, f"{call['src']}/rpc", {"id": call["id"], **answer, "result": {"was_on": True}}) == []
    call = ordered(dialect, PLUG, OrderKind.SWITCH_ON)
    error = {"code": -109, "message": "shutting down"}
    (refused,) = said(dialect, f"{call['src']}/rpc", {"id": call["id"], **answer, "error": error})
    assert refused.device_id == PLUG
    assert refused.refusal is not None
    assert "-109: shutting down" in refused.refusal.en


def test_a_full_status_somebody_asked_for_is_read() -> None:
    dialect = Shelly()
    result = {"switch:0": {"output": True}, "sys": {"unixtime": 1707326936}, "wifi": {"rssi": -50}}
    (one,) = said(dialect, f"{PLUG}/rpc", {"id": 3, "src": PLUG, "dst": "me", "result": result})
    assert (one.values, one.at_ms) == ({"switch_on": 1.0, "rssi_dbm": -50.0}, 1707326936000)
    question = {"id": 3, "src": "me", "method": "Shelly.GetStatus"}
    assert said(dialect, f"{PLUG}/rpc", question) == []


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "7",
        "[]",
        {},
        {"method": "NotifyStatus"},
        {"method": "X", "params": {}},
        {"method": "NotifyStatus", "params": []},
    ],
)
def test_what_is_no_notification_is_a_problem(body: object) -> None:
    found = said(Shelly(), f"{PLUG}/events/rpc", body)
    assert [one.values for one in found] == [{}]
    assert len(problems(found)) == 1


@pytest.mark.parametrize(
    ("components", "reason"),
    [
        ({"switch:0": {"apower": "much"}}, "switch:0.apower: not a number"),
        ({"switch:0": {"output": 7}}, "switch:0.output: neither on nor off"),
        ({"temperature:0": {"tC": 999}}, "temperature:0.tC: temperature_c 999.0 is outside"),
        ({"switch:0": 5}, "switch:0: not a JSON object"),
        ({"switch:0": {"errors": "overpower"}}, "switch:0.errors: no list of errors"),
        ({"em:0": {"a_voltage": {"v": 1}}}, "em:0"),
    ],
)
def test_figures_that_cannot_be_are_problems(components: dict[str, Any], reason: str) -> None:
    found = notify(Shelly(), components)
    assert [one.values for one in found] == [{}]
    assert any(reason in text for text in (*problems(found), *found[0].unknown))


_NAMES = st.sampled_from(
    ["switch:0", "em:0", "emdata:0", "temperature:0", "wifi", "sys", "input:1", "devicepower:0", "x"]
)
_KEYS = st.sampled_from(["id", "output", "apower", "aenergy", "total", "tC", "a_voltage", "errors", "battery", "rssi"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.dictionaries(_NAMES, _VALUES, max_size=4), st.sampled_from(["NotifyStatus", "NotifyFullStatus", "NotifyEvent"])
)
def test_any_status_is_read_or_told_and_never_raises(components: dict[str, Any], method: str) -> None:
    dialect = Shelly()
    for one in (*notify(dialect, components, method=method), *said(dialect, f"{PLUG}/status/switch:0", components)):
        assert all(QUANTITIES[quantity].accepts(value) for quantity, value in one.values.items())
    dialect.accepts()


_BLU_KEYS = st.sampled_from(["address", "temperature", "battery", "button", "motion", "window", "rssi", "pid", "x"])
_BLU_VALUES = _VALUES | st.sampled_from(["bc:02:6e:c3:ce:cc", 21.5, 1, [1, 2]])


@given(st.lists(st.dictionaries(_BLU_KEYS, _BLU_VALUES, max_size=6), max_size=3))
def test_whatever_a_script_tells_is_read_or_told_and_never_raises(told: list[dict[str, Any]]) -> None:
    events = [{"component": "script:1", "event": "shelly-blu", "data": data} for data in told]
    found = notify(Shelly(), {"events": events}, method="NotifyEvent")
    for one in found:
        assert all(QUANTITIES[quantity].accepts(value) for quantity, value in one.values.items())


_FIELDS = st.sampled_from(["method", "params", "src", "dst", "id", "result", "error", "events", "component", "ts"])
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["NotifyStatus", "NotifyEvent", PLUG, "input:0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_FIELDS | _NAMES, inner, max_size=5),
    max_leaves=8,
)


@given(st.dictionaries(_FIELDS, _ANYTHING, max_size=5))
def test_any_call_is_read_or_told_and_never_raises(body: dict[str, Any]) -> None:
    dialect = Shelly()
    for topic in (f"{PLUG}/events/rpc", f"{PLUG}/rpc", "classhub-orders/rpc", f"{PLUG}/status/sys"):
        said(dialect, topic, body)


@given(st.binary(max_size=60), st.text(max_size=20))
def test_any_bytes_on_any_topic_never_raise(payload: bytes, text: str) -> None:
    dialect = Shelly()
    for topic in (
        text,
        f"{text}/events/rpc",
        f"shellies/{text}",
        f"shellies/a/{text}",
        f"shelly{text}/rpc",
        "classhub-orders/rpc",
    ):
        dialect.claims(topic)
        dialect.decode(topic, payload)
