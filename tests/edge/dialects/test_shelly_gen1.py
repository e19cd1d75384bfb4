"""Shelly's first generation: one topic a figure, and the status as JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.shelly import Shelly
from tests.edge.dialects.test_shelly_rpc import problems, said
from wire.orders import Order, OrderKind
from wire.quantities import QUANTITIES


def values(rest: str, payload: object, dialect: Shelly | None = None) -> dict[str, dict[str, float | str]]:
    found = said(
        dialect or Shelly(), f"shellies/a/{rest}", payload if isinstance(payload, str) else json.dumps(payload)
    )
    assert problems(found) == []
    return {one.device: one.values for one in found if one.values}


@pytest.mark.parametrize(
    ("rest", "payload", "expected"),
    [
        ("relay/0", "on", {"a": {"switch_on": 1.0}}),
        ("relay/1", "off", {"a-1": {"switch_on": 0.0}}),
        ("relay/0", "overpower", {"a": {"switch_on": 0.0, "error_code": "overpower"}}),
        ("relay/0/power", "25.50", {"a": {"power_w": 25.5}}),
        ("relay/0/energy", "120000", {"a": {"energy_kwh": 2.0}}),  # watt-minutes
        ("relay/1/energy", "60", {"a-1": {"energy_kwh": 0.001}}),
        ("light/0", "on", {"a": {"switch_on": 1.0}}),
        ("light/0/status", {"ison": True, "brightness": 50, "power": 7}, {"a": {"switch_on": 1.0, "power_w": 7.0}}),
        ("roller/0/power", "12", {"a": {"power_w": 12.0}}),
        ("emeter/0/power", "-5.5", {"a-l1": {"power_w": -5.5}}),
        ("emeter/2/total", "12345.6", {"a-l3": {"energy_kwh": 12.3456}}),  # Wh
        ("emeter/1/total_returned", "500", {"a-l2": {"energy_returned_kwh": 0.5}}),
        ("emeter/1/pf", "0.93", {"a-l2": {"power_factor": 0.93}}),
        ("emeter/1/energy", "999", {}),  # restarts all the time: no register
        ("emeter_n/current", "0.2", {"a-n": {"current_a": 0.2}}),
        ("temperature", "45.1", {"a": {"device_temperature_c": 45.1}}),
        ("temperature_f", "113.2", {}),
        ("overtemperature", "1", {"a": {"error_code": "overtemperature"}}),
        ("overtemperature", "0", {"a": {"error_code": "0"}}),
        ("voltage", "231.4", {"a": {"voltage_v": 231.4}}),
        ("sensor/temperature", "21.5", {"a": {"temperature_c": 21.5}}),
        ("sensor/humidity", "50", {"a": {"humidity_pct": 50.0}}),
        ("sensor/battery", "99", {"a": {"battery_pct": 99.0}}),
        ("sensor/lux", "350", {"a": {"illuminance_lx": 350.0}}),
        ("sensor/motion", "true", {"a": {"occupancy": 1.0}}),
        ("sensor/state", "close", {"a": {"contact_open": 0.0}}),
        ("sensor/flood", "true", {"a": {"water_leak": 1.0}}),
        ("sensor/smoke", "false", {"a": {"smoke": 0.0}}),
        ("sensor/vibration", "-1", {}),
        ("sensor/error", "0", {"a": {"error_code": "0"}}),
        ("ext_temperature/0", "23.06", {"a-ext-0": {"temperature_c": 23.06}}),
        ("ext_humidity/1", "60", {"a-ext-1": {"humidity_pct": 60.0}}),
        ("adc/0", "12.1", {"a-adc-0": {"voltage_v": 12.1}}),
        ("status", {"motion": True, "timestamp": 1, "vibration": False, "lux": 200, "bat": 90},
         {"a": {"occupancy": 1.0, "vibration": 0.0, "illuminance_lx": 200.0, "battery_pct": 90.0}}),
        ("relay/0/command", "on", {}),
        ("settings", {"a": 1}, {}),
        ("announce", {"id": "a"}, {}),
    ],
)  # fmt: skip
def test_what_topics_mean(rest: str, payload: object, expected: dict[str, Any]) -> None:
    assert values(rest, payload) == expected


def test_what_may_be_fahrenheit_waits_for_the_status() -> None:
    dialect = Shelly()
    found = said(dialect, "shellies/a/sensor/temperature", "71.8")
    assert found[0].values == {}
    assert "may be °F" in problems(found)[0]
    values("info", {"tmp": {"value": 22.1, "tC": 22.1, "units": "C"}}, dialect)
    assert values("sensor/temperature", "71.8", dialect) == {"a": {"temperature_c": 71.8}}


def test_fahrenheit_is_known_from_the_status() -> None:
    dialect = Shelly()
    info = {"tmp": {"value": 68.0, "units": "F", "tC": 20.0, "tF": 68.0, "is_valid": True}, "hum": {"value": 40}}
    assert values("info", info, dialect) == {"a": {"temperature_c": 20.0, "humidity_pct": 40.0}}
    assert values("sensor/temperature", "71.8", dialect) == {"a": {"temperature_c": 22.111111}}
    assert values("info", {"tmp": {"units": "C", "tC": 21.0}}, dialect) == {"a": {"temperature_c": 21.0}}
    assert values("sensor/temperature", "21.8", dialect) == {"a": {"temperature_c": 21.8}}


def test_a_status_of_many_meters() -> None:
    meters = [
        {"power": 10, "pf": 0.9, "current": 0.1, "voltage": 230, "is_valid": True, "total": 1500, "total_returned": 5}
    ]
    meters += [{"power": 999, "is_valid": False}]
    info = {"relays": [{"ison": True}], "emeters": meters, "total_power": 10, "tmp": {"tC": 40, "is_valid": True}}
    phase = {"power_w": 10.0, "power_factor": 0.9, "current_a": 0.1, "voltage_v": 230.0}
    assert values("info", info) == {
        "a": {"switch_on": 1.0, "power_w": 10.0, "device_temperature_c": 40.0},
        "a-l1": phase | {"energy_kwh": 1.5, "energy_returned_kwh": 0.005},
    }


def test_a_relay_without_a_meter_has_no_power() -> None:
    """A Shelly 1 tells 0 W of a meter it does not have; real meters have a register."""
    info = {"relays": [{"ison": True}], "meters": [{"power": 0.0, "is_valid": True}], "unixtime": 0}
    assert values("info", info) == {"a": {"switch_on": 1.0}}


def test_events_and_being_there() -> None:
    dialect = Shelly()
    assert said(dialect, "shellies/a/online", "false")[0].available is False
    said(dialect, "shellies/announce", {"id": "a", "model": "SHDW-2", "mac": "AABB"})
    (door,) = said(dialect, "shellies/a/sensor/state", "open")
    said(dialect, "shellies/shelly1-b/announce", {"id": "shelly1-b", "model": "SHSW-1"})
    assert said(dialect, "shellies/shelly1-b/relay/0", "on")[0].model == "Shelly SHSW-1"
    assert (door.model, [event.data for event in door.events]) == ("Shelly SHDW-2", [{"open": True, "first": True}])
    (push,) = said(dialect, "shellies/a/input_event/0", {"event": "SS", "event_cnt": 3})
    assert [event.data for event in push.events] == [{"action": "SS"}]
    assert said(dialect, "shellies/a/input_event/0", {"event": "", "event_cnt": 3}) == []
    assert said(dialect, "shellies/a/input_event/0", {"event": "S"}, retained=True) == []


def test_relays_take_orders() -> None:
    dialect = Shelly()
    said(dialect, "shellies/a/relay/1", "off")
    said(dialect, "shellies/a/light/0", "off")
    assert dialect.accepts() == {"a-1": ["switch_on", "switch_off"]}
    expected = Telegram("shellies/a/relay/1/command", b"on", Expectation("a-1", "switch_on", 1.0))
    assert dialect.telegram(Order("1", "a-1", OrderKind.SWITCH_ON)) == expected
    assert dialect.telegram(Order("1", "a", OrderKind.SWITCH_ON)) is None


@pytest.mark.parametrize(
    ("rest", "payload", "reason"),
    [
        ("relay/0", "maybe", "neither on nor off"),
        ("relay/0/power", "nan", "not a number"),
        ("relay/0/power", "null", "not a number"),
        ("sensor/temperature", "999", "is outside"),
        ("sensor/humidity", "1,234", "thousands or decimals"),
        ("info", "{", "not JSON"),
        ("info", "[1]", "not a JSON object"),
        ("input_event/0", "x", "not JSON"),
        ("sensor/flood", "{}", "neither on nor off"),
    ],
)
def test_figures_that_cannot_be_are_problems(rest: str, payload: str, reason: str) -> None:
    found = said(Shelly(), f"shellies/a/{rest}", payload)
    assert [one.values for one in found] == [{}]
    assert reason in problems(found)[0]


def test_what_has_no_quantity_is_named() -> None:
    for rest in ("input/0", "sensor/tilt", "roller/0/pos", "sensor/concentration"):
        (one,) = said(Shelly(), f"shellies/a/{rest}", "1")
        assert one.unknown == (rest,)


_PARTS = st.sampled_from(
    ["relays", "meters", "emeters", "tmp", "ext_temperature", "bat", "sensor", "unixtime", "lights", "lux"]
)
_KEYS = st.sampled_from(["ison", "power", "total", "is_valid", "tC", "units", "value", "0", "motion"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(_PARTS, _VALUES, max_size=5))
def test_any_status_is_read_or_told_and_never_raises(body: dict[str, Any]) -> None:
    for one in said(Shelly(), "shellies/a/info", body):
        assert all(QUANTITIES[quantity].accepts(value) for quantity, value in one.values.items())
