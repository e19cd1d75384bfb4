"""Shelly: the full status of real devices, as a full notification, as status topics and as `info`."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge.dialects.decoded import Decoded
from edge.dialects.shelly import Shelly

METER = {"power_w": 0.0, "current_a": 0.0}
CLOCK_4PM = {
    "frequency_hz": 60.0,
    "power_factor": 0.0,
    "energy_kwh": 0.0,
    "switch_on": 0.0,
    "device_temperature_c": 25.6,
}
CLOSED = {"switch_on": 0.0, "device_temperature_c": 37.5}

# File -> channel -> values; "" is the device.
EXPECTED: dict[str, dict[str, dict[str, Any]]] = {
    "gen1_Shelly_Air": {
        "": {"switch_on": 0.0, "power_w": 0.0, "energy_kwh": 0.0, "rssi_dbm": -65.0, "device_temperature_c": 33.89},
        "-ext-0": {"temperature_c": 23.06},
    },
    "gen1_Shelly_Gas": {"": {"rssi_dbm": -62.0}},
    "gen1_Shelly_Plug_S": {
        "": {"switch_on": 0.0, "power_w": 0.0, "energy_kwh": pytest.approx(2632 / 60_000), "rssi_dbm": -76.0}
        | {"device_temperature_c": 24.14}
    },
    "gen1_Shelly_Vintage": {
        "": {"switch_on": 0.0, "power_w": 0.0, "energy_kwh": pytest.approx(1 / 60_000, rel=1e-4), "rssi_dbm": -41.0}
    },
    "gen2_Shelly_BLU_Gateway_SNGW-BT01_20231219": {"": {"rssi_dbm": -70.0}},
    "gen2_Shelly_BLU_Gateway_SNGW-BT01_20240213": {"": {"rssi_dbm": -83.0}},
    "gen2_Shelly_Plus_1PM": {
        "": METER | {"switch_on": 0.0, "energy_kwh": 0.110046, "voltage_v": 232.8, "rssi_dbm": -64.0}
        | {"device_temperature_c": 30.3}
    },
    "gen2_Shelly_Plus_Plug_IT": {
        "": {"switch_on": 1.0, "power_w": 0.8, "current_a": 0.0, "energy_kwh": 0.922282, "voltage_v": 222.6}
        | {"rssi_dbm": -52.0, "device_temperature_c": 26.8}
    },
    "gen2_Shelly_Plus_Plug_S": {
        "": {"switch_on": 1.0, "power_w": 2.7, "current_a": 0.121, "energy_kwh": 7.258589, "voltage_v": 227.9}
        | {"rssi_dbm": -53.0, "device_temperature_c": 32.1}
    },
    "gen2_Shelly_Pro_3EM": {
        "": {"power_w": 558.965, "apparent_power_va": 882.413, "current_a": 3.856, "energy_kwh": 2589.77339}
        | {"energy_returned_kwh": 1.02661, "device_temperature_c": 46.6},
        "-l1": {"power_w": 375.5, "apparent_power_va": 547.4, "current_a": 2.392, "frequency_hz": 50.0}
        | {"power_factor": 0.76, "voltage_v": 229.0, "energy_kwh": 2034.61671, "energy_returned_kwh": 0.0},
        "-l2": {"power_w": 170.8, "apparent_power_va": 237.2, "current_a": 1.037, "frequency_hz": 50.0}
        | {"power_factor": 0.78, "voltage_v": 229.0, "energy_kwh": 185.68689, "energy_returned_kwh": 0.0407},
        "-l3": {"power_w": 12.7, "apparent_power_va": 97.8, "current_a": 0.428, "frequency_hz": 50.0}
        | {"power_factor": 0.53, "voltage_v": 229.2, "energy_kwh": 369.4698, "energy_returned_kwh": 0.98591},
    },
    "gen2_Shelly_Pro_3_SPSW": {"": CLOSED, "-1": CLOSED, "-2": CLOSED},
    "gen2_Shelly_Pro_4PM": {
        "": METER | CLOCK_4PM | {"voltage_v": 121.7, "rssi_dbm": -71.0},
        "-1": METER | CLOCK_4PM | {"voltage_v": 121.8},
        "-2": METER | CLOCK_4PM | {"voltage_v": 121.8},
        "-3": METER | CLOCK_4PM | {"voltage_v": 121.8},
    },
    "gen2_Shelly_Wall_Display": {
        "": {"switch_on": 0.0, "humidity_pct": 43.8, "illuminance_lx": 30.0, "temperature_c": 21.3, "rssi_dbm": -59.0}
    },
    "rpc/shelly2pmg3_Shelly.GetStatus": {
        "": METER | {"energy_kwh": 0.314614, "frequency_hz": 50.0, "power_factor": 0.0, "device_temperature_c": 52.0}
        | {"voltage_v": 219.2, "rssi_dbm": -38.0}
    },
    "rpc/shellyblugatewaygen3_Shelly.GetStatus": {
        "": {"rssi_dbm": -51.0},
        "-200": {"battery_pct": 100.0, "temperature_c": 21.0, "rssi_dbm": -74.0, "error_code": "0"},
    },
    "rpc/shellymini1gen4_Shelly.GetStatus": {"": {"switch_on": 0.0, "device_temperature_c": 64.4, "rssi_dbm": -65.0}},
}  # fmt: skip
UNKNOWN_OF = ("input:", "inputs", "thermostat:", "cover:", "blutrv:", "gas_sensor", "concentration", "valves")


def status_of(shared_data: Path, name: str) -> dict[str, Any]:
    folder = shared_data / "mqtt_payloads" / "shelly_aioshelly"
    (path,) = folder.glob(f"{name}*.json")
    document = json.loads(path.read_text())
    found: dict[str, Any] = document.get("status", document)
    return found


def name_of(file: str) -> str:
    """The device's own name: generation and make tell it apart."""
    return "shellypro3em-a" if "3EM" in file else "shellyplusx-a"


def by_channel(found: list[Decoded], name: str) -> dict[str, dict[str, Any]]:
    assert not any(one.problems for one in found)
    assert all(path.removeprefix("params.").startswith(UNKNOWN_OF) for one in found for path in one.unknown)
    return {one.device.removeprefix(name): one.values for one in found if one.values}


@pytest.mark.parametrize("file", EXPECTED)
def test_a_full_status(shared_data: Path, file: str) -> None:
    status, name = status_of(shared_data, file), name_of(file)
    if file.startswith("gen1"):
        topic, body = f"shellies/{name}/info", status
    else:
        params = {"ts": 1707326927.5, **status}
        topic = f"{name}/events/rpc"
        body = {"src": name, "dst": f"{name}/events", "method": "NotifyFullStatus", "params": params}
    found = Shelly().decode(topic, json.dumps(body).encode())
    assert by_channel(found, name) == EXPECTED[file]
    assert all(one.at_ms is not None for one in found)


@pytest.mark.parametrize("file", [file for file in EXPECTED if not file.startswith("gen1")])
def test_the_same_by_status_topics(shared_data: Path, file: str) -> None:
    """Generic status updates: one retained topic a component, without the name of the device."""
    name, dialect = name_of(file), Shelly()
    merged: dict[str, dict[str, Any]] = {}
    for component, status in status_of(shared_data, file).items():
        topic = f"{name}/status/{component}"
        assert dialect.claims(topic) or not isinstance(status, dict)
        for one in dialect.decode(topic, json.dumps(status).encode(), retained=True):
            assert not one.problems or not isinstance(status, dict)
            if one.values:
                merged.setdefault(one.device.removeprefix(name), {}).update(one.values)
    assert merged == EXPECTED[file]


def test_every_file_with_a_status_is_expected(shared_data: Path) -> None:
    folder = shared_data / "mqtt_payloads" / "shelly_aioshelly"
    files = [path.name for path in folder.glob("*.json")] + [
        f"rpc/{path.name}" for path in folder.glob("rpc/*.GetStatus.json")
    ]
    left = [file for file in files if not any(file.startswith(name) for name in EXPECTED)]
    assert left == ["rpc/shelly2pmg3_Cover.GetStatus.json"]  # one component's answer, below


def test_a_moving_cover(shared_data: Path) -> None:
    status = status_of(shared_data, "rpc/shelly2pmg3_Cover.GetStatus")
    (one,) = Shelly().decode("shelly2pmg3-a/status/cover:0", json.dumps(status).encode())
    assert one.values == {
        "power_w": 123.1,
        "voltage_v": 219.7,
        "current_a": 0.557,
        "power_factor": 0.99,
        "frequency_hz": 50.0,
        "energy_kwh": 0.314801,
        "device_temperature_c": 52.0,
    }


def test_single_messages(shared_data: Path) -> None:
    document = json.loads((shared_data / "mqtt_payloads" / "single_messages.json").read_text())
    found = {}
    for message in document["messages"]:
        if message["topic"].endswith("/events/rpc"):
            (one,) = Shelly().decode(message["topic"], message["payload"].encode())
            found[one.device] = (one.values, one.unknown, one.at_ms)
    assert found == {
        "shellyplus1-441793ab3fb4": ({}, ("params.input:0.state",), 1708180040620),
        "shelly/ug/heizraum/trockner": (
            {"energy_kwh": 0.001, "power_w": 27.0, "current_a": 0.123, "frequency_hz": 50.01, "voltage_v": 233.3}
            | {"energy_returned_kwh": 0.0},
            (),
            1783004880010,
        ),
    }
