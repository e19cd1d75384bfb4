"""Tasmota: messages that real devices sent, as the makers' pages and other projects' tests have them."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge.dialects.decoded import Decoded
from edge.dialects.tasmota import Tasmota
from wire.quantities import QUANTITIES


def rows(shared_data: Path, name: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared_data / "mqtt_payloads" / name).read_text())[key]
    return found


def log_lines(shared_data: Path) -> list[tuple[str, str, bool]]:
    """Topic, payload, valid. Lines of a console without a topic are taken as a sensor's."""
    document = json.loads((shared_data / "mqtt_payloads" / "tasmota_docs_log_lines.json").read_text())
    lines = next(value for value in document.values() if isinstance(value, list))
    return [(row["topic"] or "tele/log/SENSOR", row["payload"], row["valid_json"]) for row in lines]


def of(payload_holds: str, lines: list[tuple[str, str, bool]]) -> list[Decoded]:
    """What the first line that holds a text says."""
    topic, payload, _ = next(line for line in lines if payload_holds in line[1])
    return Tasmota().decode(topic, payload.encode())


def test_every_line_of_the_documentation_is_read_or_told(shared_data: Path) -> None:
    """11 lines are not JSON, most of them rules with %value% in them.

    Nine of these are at topics of Tasmota: each is one problem, and never a value. Two are at
    `stat/TestTopic/targetTempValue`, a topic of somebody's own rule, which is left to mappings.
    """
    broken = unclaimed = 0
    for topic, payload, valid in log_lines(shared_data):
        dialect = Tasmota()
        unclaimed += not dialect.claims(topic)
        found = dialect.decode(topic, payload.encode())
        for one in found:
            assert all(QUANTITIES[quantity].accepts(value) for quantity, value in one.values.items())
        if not valid:
            assert not any(one.values or one.unknown for one in found)
            broken += any(one.problems for one in found)
    assert unclaimed == 2
    assert broken == 9


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ('"SCD40":{"CarbonDioxide":618', {"tasmota": {"co2_ppm": 618.0, "temperature_c": 23.8, "humidity_pct": 61.1}}),
        ('"IAQ":{"eCO2":450', {"log": {"tvoc_ppb": 125.0}}),
        ('"BH1750":{"Illuminance":79', {"log": {"illuminance_lx": 79.0}}),
        ('"TSL2561":{"Illuminance":21.180', {"log": {"illuminance_lx": 21.18}}),
        ('"ANALOG":{"Illuminance":8', {"tasmota": {"illuminance_lx": 8.0}}),
        ('"AHT1X-0x38"', {"log": {"temperature_c": 24.7, "humidity_pct": 61.9}}),
        ('"MCP9808"', {"log": {"temperature_c": 24.7}}),
        ('"ESP32":{"Temperature":41.7', {"log": {"device_temperature_c": 41.7}}),
        ('"MPU6050":{"Temperature":27.7', {"tasmota": {"device_temperature_c": 27.7}}),
        ('"VL53L0X_1"', {"log-vl53l0x-1": {"distance_mm": 263.0}, "log-vl53l0x-2": {"distance_mm": 344.0},
                         "log-vl53l0x-3": {"distance_mm": 729.0}}),
        ('"Period":217,"Power":2635', {"pow1": {
            "energy_kwh": 6.294, "power_w": 2635.0, "apparent_power_va": 2650.0, "reactive_power_var": 282.0,
            "power_factor": 0.99, "voltage_v": 227.0, "current_a": 11.661}}),
        ('"Total":6.404', {"pow1": {
            "energy_kwh": 6.404, "power_w": 2629.0, "apparent_power_va": 2645.0, "reactive_power_var": 288.0,
            "power_factor": 0.99, "voltage_v": 226.0, "current_a": 11.677}}),
        ('"Total":9098.245', {"tasmota": {
            "energy_kwh": 9098.245, "power_w": 170.0, "current_a": 1.0, "device_temperature_c": 36.1}}),
        ('"Flora-6ab577"', {"tasmota-flora-6ab577": {"temperature_c": 21.7, "illuminance_lx": 21.0},
                            "tasmota-mj-ht-v1-3108be": {"temperature_c": 22.3, "humidity_pct": 56.1}}),
        ('"DoorOpen":1', {"core2-0x4ad6": {"rssi_dbm": -50.0, "snr_db": 12.0, "contact_open": 1.0}}),
        ('"Temperature":25.72', {"tasmota-0x2916": {
            "temperature_c": 25.72, "humidity_pct": 47.73, "link_quality": 116.0}}),
        ('"LD2410S":{"Distance":196.0', {}),
        ('"OPENTHERM"', {}),
        ('"MLX90614"', {}),
        ('"AS3935"', {}),
        ('"TIC":{"ADCO"', {"tasmota": {
            "energy_kwh": 9098.245, "power_w": 170.0, "current_a": 1.0, "device_temperature_c": 36.1}}),
    ],
)  # fmt: skip
def test_blocks_of_the_documentation(shared_data: Path, holds: str, expected: dict[str, Any]) -> None:
    found = of(holds, log_lines(shared_data))
    assert {one.device: one.values for one in found if one.values} == expected
    assert not any(one.problems for one in found)


def test_three_probes_of_the_documentation(shared_data: Path) -> None:
    found = of('"DS18B20-1":{"Id":"00000566CC39"', log_lines(shared_data))
    assert {one.device: one.values["temperature_c"] for one in found} == {
        "log-00000566cc39": 13.3,
        "log-0000059352d4": 1.2,
        "log-000005937c90": 22.5,
    }


def test_what_koestlers_converter_reads(shared_data: Path) -> None:
    """Its expectations, with our names. Two are decided otherwise: a block it does not know ("unkown") has a
    Temperature as every driver of Tasmota writes it; and a sensor's values stay where only their time is no time.
    """
    vectors = rows(shared_data, "mqtt_to_influx_koestler.json", "vectors")
    said: dict[str, list[Any]] = {}
    for vector in vectors:
        dialect, topic = Tasmota(), vector["topic"]
        assert dialect.claims(topic) == (topic.startswith("piegn/tele/") and topic.rpartition("/")[2].isupper())
        for one in dialect.decode(topic, vector["payload"].encode()):
            said.setdefault(f"{one.device} {vector['file'].split('_')[0]}", []).append(
                one.values or (one.available if one.available is not None else "problem")
            )
    assert said == {
        "elektronik/control0 tasmotaSensor": [{"temperature_c": 5.4, "humidity_pct": 27.7}],
        "elektronik/mezzo-haupt tasmotaSensor": [{"temperature_c": 5.2, "humidity_pct": 30.8}],
        "mezzo/kuehlschrank tasmotaSensor": [{"temperature_c": 3.0}, "problem"],
        "mezzo/no-sensor tasmotaSensor": [{"temperature_c": 3.0}],
        "mezzo/invalidTime tasmotaSensor": [{"temperature_c": 3.0}],
        "elektronik/control0-l1 tasmotaState": [{"switch_on": 0.0}],
        "elektronik/control0-l2 tasmotaState": [{"switch_on": 1.0}],
        "elektronik/control0-l3 tasmotaState": [{"switch_on": 0.0}],
        "elektronik/control0-l4 tasmotaState": [{"switch_on": 0.0}],
        "mezzo/zimmer-gross tasmotaState": ["problem", "problem"],
        "mezzo/bridge0 tasmotaState": ["problem"],
        "software/srv1-go-ve-sensor lwt": [True, False, "problem"],
        "mezzo/stube-licht1 lwt": [True],
    }


def test_cases_of_home_assistant(shared_data: Path) -> None:
    """Lists, phases, nested values and the StatusSNS wrapper; tariffs and winds have no quantity here."""
    found = {}
    for case in rows(shared_data, "tasmota_homeassistant_cases.json", "cases"):
        dialect = Tasmota()
        found[case["name"]] = [
            {one.device: one.values or list(one.unknown) for one in dialect.decode("tele/a/SENSOR", message.encode())}
            for message in case["messages"]
        ]
    clamp = [{"energy_kwh": 0.5, "power_w": 2300.0, "voltage_v": 230.0, "current_a": 10.0}]
    clamp += [{"energy_kwh": 1.0, "power_w": 1150.0, "voltage_v": 230.0, "current_a": 5.0}]
    phases = [{"a-l1": {"energy_kwh": one}, "a-l2": {"energy_kwh": two}} for one, two in ((1.2, 3.4), (5.6, 7.8))]
    assert found == {
        "energy with list values": [{"a": ["ENERGY.TotalTariff"]}, {"a": ["StatusSNS.ENERGY.TotalTariff"]}],
        "total list per phase": phases,
        "total dict per phase": phases,
        "nested wind sensor": [
            {"a": ["TX23.Speed.Act", "TX23.Dir.Card"]},
            {"a": ["StatusSNS.TX23.Speed.Act", "StatusSNS.TX23.Dir.Card"]},
        ],
        "DS18B20 with id": [{"a": {"temperature_c": 12.3}}, {"a": {"temperature_c": 23.4}}],
        "numbered analog": [
            {
                "a-analog-1": {"temperature_c": a},
                "a-analog-2": {"temperature_c": b},
                "a-analog-3": {"illuminance_lx": c},
            }
            for a, b, c in ((1.2, 3.4, 5.6), (7.8, 9.0, 1.2))
        ],
        "CT energy": [{"a": one} for one in clamp],
    }


def test_single_messages(shared_data: Path) -> None:
    found = {}
    for message in rows(shared_data, "single_messages.json", "messages"):
        if message["topic"].startswith("tele/"):
            (one,) = Tasmota().decode(message["topic"], message["payload"].encode())
            found[one.device] = (one.values, one.at_ms)
    assert found == {
        "tasmota_F847F7": (
            {"temperature_c": 20.7, "humidity_pct": 24.4, "pressure_hpa": 1013.4}
            | {"pm1_ugm3": 22.0, "pm25_ugm3": 32.0, "pm10_ugm3": 49.0},
            1772862874000,  # 12:54:34 at UTC+7
        ),
        "snifferbuddy": ({"co2_ppm": 814.0, "temperature_c": 22.111111, "humidity_pct": 61.6}, 1662429179000),
        "tasmota": ({"pm1_ugm3": 0.0, "pm25_ugm3": 1.0, "pm10_ugm3": 1.0}, 1582748842000),
    }
