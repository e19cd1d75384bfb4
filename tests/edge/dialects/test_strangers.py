"""Messages that strangers' devices sent, as public repositories show them, through every dialect in their order.

Each row names where it was found; what it expects was written down by a reader before it was decoded. The figures are
retyped and shortened: addresses and what has no bearing on the expectation are left out.
"""

import json
from typing import Any, NamedTuple

import pytest

from edge.dialects.decoded import Decoded
from edge.dialects.router import UNCLAIMED, build_router
from edge.dialects.table import Surroundings


class Row(NamedTuple):
    """`sent`: topics and payloads in order; `values` by device; `unknown`: every key without a quantity."""

    found_in: str
    sent: tuple[tuple[str, object], ...]
    values: dict[str, dict[str, float | str]]
    unknown: tuple[str, ...] = ()
    problems: int = 0
    events: tuple[tuple[str, Any], ...] = ()


def decoded(row: Row) -> list[Decoded]:
    router = build_router("strangers", (), Surroundings())
    found = []
    for topic, payload in row.sent:
        found += router.decode(topic, payload.encode() if isinstance(payload, str) else json.dumps(payload).encode())
    assert router.counts[UNCLAIMED] == 0
    return found


def check(row: Row) -> None:
    found = decoded(row)
    values: dict[str, dict[str, float | str]] = {}
    for one in found:
        if one.values:
            values.setdefault(one.device, {}).update(one.values)
    assert values == {device: pytest.approx(expected) for device, expected in row.values.items()}
    assert sorted(key for one in found for key in one.unknown) == sorted(row.unknown)
    assert len([text for one in found for text in one.problems]) == row.problems
    assert [(event.kind, event.data) for one in found for event in one.events] == list(row.events)


_BLU = "shellyplus1-a/events/rpc"


def _script(**data: Any) -> dict[str, Any]:
    event = {"component": "script:1", "id": 1, "event": "shelly-blu", "data": data, "ts": 1684315357.98}
    return {"src": "shellyplus1-a", "method": "NotifyEvent", "params": {"ts": 1684315357.98, "events": [event]}}


SHELLY = [
    Row(
        "enesbcs/shellyteacher4domo issue 19",
        (
            (
                "shellies/shellytrv-x/info",
                {
                    "thermostats": [{"pos": -1, "target_t": {"value": 24.0}, "tmp": {"value": 17.4, "units": "C"}}],
                    "calibrated": False,
                    "bat": {"value": 90, "voltage": 3.127},
                    "charger": False,
                },
            ),
        ),
        {"shellytrv-x": {"temperature_c": 17.4, "battery_pct": 90.0, "battery_v": 3.127}},
        ("thermostats",),
    ),
    Row(
        "smarthomeNG/plugins issue 967",
        (
            (
                "shellies/shellytrv-x/status",
                {
                    "tmp": {"value": 20.3, "units": "C", "is_valid": True},
                    "target_t": {"enabled": True, "value": 20.0, "units": "C"},
                    "temperature_offset": 0.0,
                    "bat": 99,
                },
            ),
        ),
        {"shellytrv-x": {"temperature_c": 20.3, "battery_pct": 99.0}},
    ),
    Row(
        "the same in Fahrenheit, and one whose sensor has failed or whose unit is not told",
        (
            ("shellies/a/status", {"tmp": {"value": 68.0, "units": "F", "is_valid": True}}),
            ("shellies/b/status", {"bat": 9, "tmp": {"value": 68.0, "units": "F", "is_valid": False}}),
            ("shellies/c/status", {"bat": 9, "tmp": {"value": 68.0}}),
            ("shellies/d/status", {"bat": 9, "tmp": {"value": "warm", "units": "F"}}),
        ),
        {
            "a": {"temperature_c": 20.0},
            "b": {"battery_pct": 9.0},
            "c": {"battery_pct": 9.0},
            "d": {"battery_pct": 9.0},
        },
        ("tmp.value",),
        problems=1,
    ),
    Row(
        "ALLTERCO/shelly-script-examples ble-shelly-blu.js: a door sensor",
        (
            (
                _BLU,
                _script(
                    encryption=False,
                    BTHome_version=2,
                    pid=69,
                    battery=100,
                    illuminance=123,
                    window=1,
                    rotation=0,
                    rssi=-61,
                    address="5c:c7:c1:f2:c2:73",
                ),
            ),
        ),
        {
            "5c:c7:c1:f2:c2:73": {
                "battery_pct": 100.0,
                "illuminance_lx": 123.0,
                "contact_open": 1.0,
                "rssi_dbm": -61.0,
            }
        },
        ("params.events.0.data.rotation",),
        events=(("contact", {"open": True, "first": True}),),
    ),
    Row(
        "ALLTERCO/shelly-script-examples issue 94: a climate sensor, and two in one device as lists",
        (
            (_BLU, _script(battery=98, temperature=21.3, humidity=46, rssi=-70, address="7C:C6:B6:00:00:01")),
            (_BLU, _script(temperature=[20.5, 4.5], button=[0, 1], address="7c:c6:b6:00:00:02")),
        ),
        {
            "7c:c6:b6:00:00:01": {
                "battery_pct": 98.0,
                "temperature_c": 21.3,
                "humidity_pct": 46.0,
                "rssi_dbm": -70.0,
            },
            "7c:c6:b6:00:00:02": {"temperature_c": 20.5},
            "7c:c6:b6:00:00:02-1": {"temperature_c": 4.5},
        },
        events=(("button", {"action": "single_push"}),),
    ),
    Row(
        "the same script: a button; a motion sensor; somebody's own script without an address",
        (
            (_BLU, _script(battery=100, button=4, rssi=-66, address="bc:02:6e:c3:ce:cc")),
            (_BLU, _script(motion=1, illuminance=7, address="bc:02:6e:00:00:01")),
            (_BLU, _script(level={"tank": 3}, address="the cellar")),
            (_BLU, _script(temperature="warm", address="bc:02:6e:00:00:01")),
        ),
        {
            "bc:02:6e:c3:ce:cc": {"battery_pct": 100.0, "rssi_dbm": -66.0},
            "bc:02:6e:00:00:01": {"occupancy": 1.0, "illuminance_lx": 7.0},
        },
        ("params.events.0.data.address", "params.events.0.data.level.tank"),
        problems=1,
        events=(("button", {"action": "long_push"}),),
    ),
    Row(
        "ALLTERCO gateway scripts (component bthomedevice:200); settings that were changed are no push",
        (
            (
                "shellyblugwg3-a/events/rpc",
                {
                    "src": "shellyblugwg3-a",
                    "method": "NotifyEvent",
                    "params": {
                        "ts": 1730000000.5,
                        "events": [
                            {"component": "bthomedevice:200", "event": "single_push", "idx": 0},
                            {"component": "input:0", "event": "config_changed", "restart_required": False},
                            {"component": "bthomesensor:201", "event": "config_changed"},
                        ],
                    },
                },
            ),
        ),
        {},
        events=(("button", {"action": "single_push"}),),
    ),
]


@pytest.mark.parametrize("row", SHELLY, ids=lambda row: row.found_in[:40])
def test_shelly(row: Row) -> None:
    check(row)
