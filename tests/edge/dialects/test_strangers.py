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


def _ttn(fields: dict[str, Any], count: int = 3) -> tuple[str, object]:
    up = {"f_port": 2, "f_cnt": count, "decoded_payload": fields}
    return "v3/app@ttn/devices/lht/up", {"received_at": "2022-08-25T21:12:53.828332832Z", "uplink_message": up}


def _chirpstack(fields: dict[str, Any]) -> tuple[str, object]:
    info = {"devEui": "24e124128b000001", "deviceProfileName": "any"}
    return (
        "application/1/device/24e124128b000001/event/up",
        {"time": "2024-05-01T10:00:00+00:00", "deviceInfo": info, "object": fields},
    )


_EUI = "24e124128b000001"
_OBJECT = "uplink_message.decoded_payload"

LORAWAN = [
    Row(
        "koestler/go-mqtt-to-influx: Dragino LHT52 without a probe on its wire",
        (_ttn({"Ext": 1, "Hum_SHT": 50, "Systimestamp": 1661461942, "TempC_DS": 327.67, "TempC_SHT": 28.77}),),
        {"lht": {"humidity_pct": 50.0, "temperature_c": 28.77}},
        (f"{_OBJECT}.Ext", f"{_OBJECT}.Systimestamp"),
    ),
    Row(
        "file index 22401707: Dragino LHT65 with a probe",
        (
            _ttn(
                {
                    "BatV": 3.103,
                    "Bat_status": 3,
                    "Ext_sensor": "Temperature Sensor",
                    "Hum_SHT": 67.6,
                    "TempC_DS": 13.18,
                    "TempC_SHT": 14.65,
                }
            ),
        ),
        {
            "lht": {"battery_v": 3.103, "humidity_pct": 67.6, "temperature_c": 14.65},
            "lht-ds": {"temperature_c": 13.18},
        },
        (f"{_OBJECT}.Bat_status", f"{_OBJECT}.Ext_sensor"),
    ),
    Row(
        "home-assistant/core issue 121249: SenseCAP, values named by what stands beside them",
        (
            _ttn(
                {
                    "messages": [
                        {"measurementId": "4097", "measurementValue": 13.3, "type": "Air Temperature"},
                        {"measurementId": "4098", "measurementValue": 60, "type": "Air Humidity"},
                        {"measurementId": "4101", "measurementValue": 100810, "type": "Barometric Pressure"},
                        {"measurementId": "4105", "measurementValue": 1.2, "type": "Wind Speed"},
                    ]
                }
            ),
        ),
        {"lht": {"temperature_c": 13.3, "humidity_pct": 60.0, "pressure_hpa": 1008.1}},
        (f"{_OBJECT}.messages.3.measurementValue",),
    ),
    Row(
        "TheThingsNetwork/lorawan-devices elsys.js: probes outside the case",
        (_ttn({"temperature": 22.6, "externalTemperature": 4.5, "externalTemperature2": 5.5, "vdd": 3642}),),
        {
            "lht": {"temperature_c": 22.6, "battery_v": 3.642},
            "lht-external": {"temperature_c": 4.5},
            "lht-external-2": {"temperature_c": 5.5},
        },
    ),
    Row(
        "ChirpStack's own CayenneLPP codec: channels below a name",
        (_chirpstack({"temperatureSensor": {"1": 22.5, "2": 4.0}, "humiditySensor": {"3": 40.0}, "gpsLocation": {}}),),
        {
            _EUI: {"humidity_pct": 40.0},
            f"{_EUI}-1": {"temperature_c": 22.5},
            f"{_EUI}-2": {"temperature_c": 4.0},
        },
    ),
    Row(
        "ChirpStack's own CayenneLPP codec: barometer and presence",
        (_chirpstack({"barometer": {"5": 1009.1}, "presenceSensor": {"6": 1}, "digitalInput": {"1": 1}}),),
        {_EUI: {"pressure_hpa": 1009.1, "occupancy": 1.0}},
        ("object.digitalInput.1",),
    ),
    Row(
        "Milesight-IoT/SensorDecoders: what a device kept is of then",
        (_chirpstack({"history": [{"timestamp": 1687251120, "temperature": 31.5}, {"temperature": 1}]}),),
        {_EUI: {"temperature_c": 31.5}},
        ("object.history",),
    ),
    Row(
        "Milesight-IoT/SensorDecoders WS301, WS202, WS523 as objects",
        (
            _chirpstack({"magnet_status": "close", "tamper_status": "uninstalled", "battery": 100}),
            _chirpstack({"pir": "trigger", "light": "dark"}),
            _chirpstack({"socket_status": "off", "active_power": 12, "power_factor": 0.5, "voltage": 231.2}),
        ),
        {
            _EUI: {
                "contact_open": 0.0,
                "tamper": 1.0,
                "battery_pct": 100.0,
                "occupancy": 1.0,
                "switch_on": 0.0,
                "power_w": 12.0,
                "power_factor": 0.5,
                "voltage_v": 231.2,
            }
        },
        ("object.light",),
        events=(
            ("contact", {"open": False, "first": True}),
            ("alarm", {"alarm": "tamper", "on": True, "first": True}),
        ),
    ),
    Row(
        "decentlab/decentlab-decoders: values with their units and names beside them",
        (
            _chirpstack(
                {
                    "co2_concentration": {"displayName": "CO2 concentration", "unit": "ppm", "value": 778},
                    "air_temperature": {"displayName": "Air temperature", "unit": "°C", "value": 20.5},
                    "barometric_pressure": {"displayName": "Barometric pressure", "unit": "Pa", "value": 96000},
                    "battery_voltage": {"displayName": "Battery voltage", "unit": "V", "value": 3.003},
                }
            ),
        ),
        {_EUI: {"co2_ppm": 778.0, "temperature_c": 20.5, "pressure_hpa": 960.0, "battery_v": 3.003}},
    ),
    Row(
        "TagoIO's way: variable, value, unit",
        (_chirpstack({"data": [{"variable": "temperature", "value": 70.7, "unit": "°F"}, {"value": 3}]}),),
        {_EUI: {"temperature_c": 21.5}},
        ("object.data.1.value",),
    ),
]


@pytest.mark.parametrize("row", LORAWAN, ids=lambda row: row.found_in[:40])
def test_lorawan(row: Row) -> None:
    check(row)


def test_what_a_device_kept_has_its_own_time() -> None:
    (row,) = (one for one in LORAWAN if "of then" in one.found_in)
    assert [(one.at_ms, one.values) for one in decoded(row) if one.values] == [(1687251120000, {"temperature_c": 31.5})]


def _bridge(name: str, *exposes: tuple[str, str]) -> tuple[str, object]:
    rows = [{"type": "numeric", "name": key, "property": key, "unit": unit} for key, unit in exposes]
    device = {"ieee_address": "0x0000000000000001", "friendly_name": name, "type": "Router", "power_source": "Mains"}
    return "zigbee2mqtt/bridge/devices", [device | {"definition": {"vendor": "V", "model": "M", "exposes": rows}}]


ZIGBEE2MQTT = [
    Row(
        "Koenkk/zigbee-herdsman-converters issue 6721: VOCKQJK11LM",
        (
            _bridge("airquality/livingroom", ("voc", "ppb"), ("temperature", "°C"), ("device_temperature", "°C")),
            (
                "zigbee2mqtt/airquality/livingroom",
                {
                    "air_quality": "good",
                    "device_temperature": 20,
                    "display_unit": "ppb_celsius",
                    "last_seen": "2024-01-12T14:54:12.798Z",
                    "temperature": 20.67,
                    "voc": 215,
                },
            ),
        ),
        {"airquality/livingroom": {"device_temperature_c": 20.0, "temperature_c": 20.67, "tvoc_ppb": 215.0}},
        ("air_quality", "display_unit"),
    ),
    Row(
        "Koenkk/zigbee2mqtt issue 30112: an air box before its definition is known",
        (
            (
                "zigbee2mqtt/Air Quality Sensor",
                {"co2": 363, "formaldehyd": 1, "humidity": 50, "linkquality": 255, "temperature": 21, "voc": 2},
            ),
        ),
        {
            "Air Quality Sensor": {
                "co2_ppm": 363.0,
                "humidity_pct": 50.0,
                "link_quality": 255.0,
                "temperature_c": 21.0,
            }
        },
        ("formaldehyd",),
        problems=1,
    ),
    Row(
        "Koenkk/zigbee2mqtt issue 11033: 358 mg/m³ is not believed, 0.02 is",
        (
            _bridge("box", ("formaldehyd", "mg/m³"), ("voc", "mg/m³"), ("hcho", "mg/m³")),
            ("zigbee2mqtt/box", {"formaldehyd": 358, "humidity": 28}),
            ("zigbee2mqtt/box", {"hcho": 0.02, "voc": 0.3}),
        ),
        {"box": {"humidity_pct": 28.0, "formaldehyde_ugm3": 20.0, "tvoc_ugm3": 300.0}},
        problems=1,
    ),
    Row(
        "zigbee-herdsman-converters exposes.ts: a meter of three phases, a share that is called per cent",
        (
            _bridge(
                "meter",
                *(("power", "W"), ("power_phase_b", "W"), ("power_apparent", "VA"), ("power_reactive_phase_c", "VAR")),
                *(("produced_energy", "kWh"), ("power_factor", "%"), ("power_factor_phase_b", "%"), ("current_a", "A")),
            ),
            (
                "zigbee2mqtt/meter",
                {
                    "power": 10,
                    "power_phase_b": 20,
                    "power_apparent": 12,
                    "power_reactive_phase_c": 3,
                    "produced_energy": 0.5,
                    "power_factor": 0.95,
                    "power_factor_phase_b": 97,
                    "current_a": 0.3,
                },
            ),
        ),
        {
            "meter": {
                "power_w": 10.0,
                "apparent_power_va": 12.0,
                "energy_returned_kwh": 0.5,
                "power_factor": 0.95,
            },
            "meter-phase-b": {"power_w": 20.0, "power_factor": 0.97},
            "meter-phase-c": {"reactive_power_var": 3.0},
            "meter-a": {"current_a": 0.3},
        },
    ),
    Row(
        "Koenkk/zigbee2mqtt issue 493: each key a topic of its own",
        (
            ("zigbee2mqtt/0x00158d0002219aaa/battery", "39.00"),
            ("zigbee2mqtt/0x00158d0002219aaa/voltage", "2995"),
            ("zigbee2mqtt/hall/clock/temperature", "18.87"),
            ("zigbee2mqtt/hall/clock/contact", "false"),
            ("zigbee2mqtt/hall/plug/state_l2", "ON\n"),
            ("zigbee2mqtt/hall/button/action", "single"),
            ("zigbee2mqtt/hall/plug/brightness", "12"),
        ),
        {
            "0x00158d0002219aaa": {"battery_pct": 39.0, "battery_v": 2.995},
            "hall/clock": {"temperature_c": 18.87, "contact_open": 1.0},
            "hall/plug-l2": {"switch_on": 1.0},
        },
        problems=1,
        events=(("contact", {"open": True, "first": True}), ("button", {"action": "single"})),
    ),
]


@pytest.mark.parametrize("row", ZIGBEE2MQTT, ids=lambda row: row.found_in[:40])
def test_zigbee2mqtt(row: Row) -> None:
    check(row)


def _announced(key: str, device_class: str, template: str = "", **config: Any) -> tuple[str, object]:
    found = {"dev": {"ids": ["d"], "name": "D"}, "stat_t": key, "dev_cla": device_class, **config}
    return f"homeassistant/sensor/{key}/config", found | ({"val_tpl": template} if template else {})


HOME_ASSISTANT = [
    Row(
        "1technophile/OpenMQTTGateway issue 1840: a state topic with wildcards",
        (
            (
                "homeassistant/sensor/LaCrosse-TX141THBv2-0-102-temperature_C/config",
                {
                    "stat_t": "+/+/RTL_433toMQTT/LaCrosse-TX141THBv2/0/102",
                    "dev_cla": "temperature",
                    "unit_of_meas": "°C",
                    "name": "temperature",
                    "val_tpl": "{{ value_json.temperature_C | is_defined }}",
                    "device": {"ids": ["LaCrosse-TX141THBv2-0-102"], "name": "LaCrosse-TX141THBv2-0-102"},
                },
            ),
            (
                "home/OMG_lilygo/RTL_433toMQTT/LaCrosse-TX141THBv2/0/102",
                {"model": "LaCrosse-TX141THBv2", "id": 102, "temperature_C": 21.4, "humidity": 40},
            ),
        ),
        {"LaCrosse-TX141THBv2-0-102": {"temperature_c": 21.4}},
    ),
    Row(
        "home-assistant documentation, round and int: a default by its name is never taken",
        (
            _announced("t", "temperature", "{{ value_json.t | round(1, default=0) }}", unit_of_meas="°C"),
            _announced("c", "carbon_dioxide", "{{ value_json.c | int(default=400) }}"),
            _announced("h", "humidity", "{{ float(value_json.h, default=50) }}"),
            ("t", {"t": 21.26}),
            ("c", {"c": "failed"}),
            ("h", {"h": 44}),
        ),
        {"D": {"temperature_c": 21.3, "humidity_pct": 44.0}},
    ),
    Row(
        "home-assistant device classes: organic compounds by mass, carbon dioxide without its unit",
        (
            _announced("v", "volatile_organic_compounds", unit_of_meas="mg/m³"),
            _announced("c", "carbon_dioxide"),
            _announced("x", "", unit_of_meas="µg/m³", name="Room VOC", dev={"ids": "e", "name": "E"}),
            ("v", "0.25"),
            ("c", "612"),
            ("x", "120"),
        ),
        {"D": {"tvoc_ugm3": 250.0, "co2_ppm": 612.0}, "E": {"tvoc_ugm3": 120.0}},
    ),
]


@pytest.mark.parametrize("row", HOME_ASSISTANT, ids=lambda row: row.found_in[:40])
def test_homeassistant(row: Row) -> None:
    check(row)


TASMOTA = [
    Row(
        "arendst/Tasmota issue 10039: a Zigbee device without ZbReceived, on a topic of its own",
        (
            (
                "tele/mi_plug1/SENSOR",
                {
                    "mi_plug1": {
                        "Device": "0xDC9C",
                        "Name": "mi_plug1",
                        "ActivePower": 0,
                        "EnergyTotal": 31,
                        "Endpoint": 1,
                        "LinkQuality": 128,
                    }
                },
            ),
        ),
        {"mi_plug1": {"power_w": 0.0, "link_quality": 128.0}},
        ("mi_plug1.EnergyTotal",),
    ),
    Row(
        "ferrets6/wattson: a dual meter with its own temperature",
        (
            (
                "tele/tasmota/SENSOR",
                {
                    "Time": "2026-09-18T11:19:21",
                    "ENERGY": {
                        "Total": [2.813, 0.254],
                        "Power": [52, 5],
                        "Factor": [0.79, 0.50],
                        "Voltage": 235,
                        "Current": [0.278, 0.044],
                        "BL09XX": {"Temperature": 46.5},
                    },
                },
            ),
        ),
        {
            "tasmota": {"device_temperature_c": 46.5, "voltage_v": 235.0},
            "tasmota-l1": {"energy_kwh": 2.813, "power_w": 52.0, "power_factor": 0.79, "current_a": 0.278},
            "tasmota-l2": {"energy_kwh": 0.254, "power_w": 5.0, "power_factor": 0.5, "current_a": 0.044},
        },
    ),
    Row(
        "arendst/Tasmota issue 4202: a FullTopic without %prefix%; what only looks like it is told",
        (
            (
                "kidsbedmain/SENSOR",
                {"Time": "2018-10-29T07:17:22", "DHT11": {"Temperature": 24.0, "Humidity": 41.0}, "TempUnit": "C"},
            ),
            ("kidsbedmain/STATE", {"Time": "2018-10-29T07:17:32", "POWER": "OFF", "Wifi": {"AP": 1, "RSSI": 98}}),
            ("other/SENSOR", {"temp": 21}),
            ("other/STATE", "hello"),
            ("plant/line/STATE", {"Time": "10:30", "POWER": "ON"}),
            ("plant/SENSOR", {"Time": "2026-01-01T10:30:00.125Z", "Temperature": 65}),
        ),
        {"kidsbedmain": {"temperature_c": 24.0, "humidity_pct": 41.0, "switch_on": 0.0}},
        ("temp", "STATE", "Time", "POWER", "Time", "Temperature"),
    ),
    Row(
        "arendst/Tasmota xsns_103_sen5x.ino",
        (("tele/a/SENSOR", {"SEN5X": {"PM1": 3.5, "PM2.5": 4.0, "PM4": 4.1, "PM10": 4.2, "NOx": 1, "VOC": 100}}),),
        {"a": {"pm1_ugm3": 3.5, "pm25_ugm3": 4.0, "pm4_ugm3": 4.1, "pm10_ugm3": 4.2}},
        ("SEN5X.NOx", "SEN5X.VOC"),
    ),
    Row(
        "tasmota.github.io/docs, Commands, Status 0: sensors and state in one message",
        (
            (
                "stat/a/STATUS0",
                {
                    "Status": {"Module": 1},
                    "StatusSNS": {"Time": "2024-01-01T00:00:00", "SI7021": {"Temperature": 21.0, "Gas": 1}},
                    "StatusSTS": {"Time": "2024-01-01T00:00:00", "POWER": "ON", "Wifi": {"Signal": -60}},
                },
            ),
        ),
        {"a": {"temperature_c": 21.0, "switch_on": 1.0, "rssi_dbm": -60.0}},
        ("StatusSNS.SI7021.Gas",),
    ),
    Row(
        "arendst/Tasmota xsns_82_wiegand.ino: cards, of 26 bits as they are printed",
        (
            ("tele/door/SENSOR", {"Time": "2021-01-21T16:04:12", "Wiegand": {"UID": 7748328, "Size": 26}}),
            ("tele/door/SENSOR", {"Time": "2021-01-21T15:48:49", "Wiegand": {"UID": 4302741608, "Size": 34}}),
        ),
        {},
        events=(
            ("identity", {"scheme": "card", "reference": "118:15080"}),
            ("identity", {"scheme": "card", "reference": "4302741608"}),
        ),
    ),
    Row(
        "tasmota.github.io/docs, Bluetooth: MJYD2S tells 1 or 100, no light in lx",
        (("tele/a/SENSOR", {"MJYD2S-1234ab": {"Illuminance": 100, "Battery": 99}}),),
        {"a-mjyd2s-1234ab": {"battery_pct": 99.0}},
        ("MJYD2S-1234ab.Illuminance (1: dark, 100: bright)",),
    ),
    Row(
        "tasmota.github.io/docs, Bluetooth: how strongly a thermometer is heard",
        (("tele/a/SENSOR", {"ATC-a4c138": {"Temperature": 21.5, "Battery": 80, "RSSI": -70}}),),
        {"a-atc-a4c138": {"temperature_c": 21.5, "battery_pct": 80.0, "rssi_dbm": -70.0}},
    ),
]


@pytest.mark.parametrize("row", TASMOTA, ids=lambda row: row.found_in[:40])
def test_tasmota(row: Row) -> None:
    check(row)


def _homie(device: str, *rows: tuple[str, str]) -> tuple[tuple[str, object], ...]:
    return tuple((f"homie/{device}/{topic}", payload) for topic, payload in rows)


_TEMPERATURE = {"name": "Current temperature", "datatype": "float", "unit": "°C"}
_SWITCH = {"name": "Virtual switch", "datatype": "boolean", "settable": True}
_DEMO_NODES = {
    "sensors": {"properties": {"temperature": _TEMPERATURE}},
    "actor": {"properties": {"switch": _SWITCH}},
}

HOMIE = [
    Row(
        "a hot tub bridge (file index 27295185845): what somebody wishes is no temperature",
        _homie(
            "hot_tub",
            ("$homie", "4.0"),
            ("$nodes", "J335"),
            ("J335/$properties", "temperature,set_temperature"),
            ("J335/set_temperature/$name", "Set Temperature"),
            ("J335/set_temperature/$unit", "°C"),
            ("J335/set_temperature/$datatype", "integer"),
            ("J335/set_temperature/$settable", "true"),
            ("J335/temperature/$name", "Temperature"),
            ("J335/temperature/$unit", "°C"),
            ("J335/temperature/$datatype", "integer"),
            ("J335/set_temperature", "38"),
            ("J335/temperature", "35"),
        ),
        {"hot_tub": {"temperature_c": 35.0}},
        ("J335/set_temperature",),
    ),
    Row(
        "an Arduino of Homie 3 (file index 25641537500): lists in brackets, ºC and kPa",
        _homie(
            "arduino",
            ("$homie", "3.0"),
            ("$nodes", "(mkrenv,relays)"),
            ("mkrenv/$properties", "(temperature, humidity, pressure, uva)"),
            ("mkrenv/temperature/$unit", "ºC"),
            ("mkrenv/temperature/$datatype", "float"),
            ("mkrenv/pressure/$unit", "kPa"),
            ("mkrenv/pressure/$datatype", "float"),
            ("mkrenv/temperature", "21.5"),
            ("mkrenv/pressure", "101.2"),
        ),
        {"arduino": {"temperature_c": 21.5, "pressure_hpa": 1012.0}},
    ),
    Row(
        "node-homie's demo device of Homie 5 (file index 53516049309)",
        _homie(
            "5/demo",
            ("$description", json.dumps({"homie": "5.0", "version": "12", "nodes": _DEMO_NODES})),
            ("sensors/temperature", "21.4"),
            ("actor/switch", "false"),
        ),
        {"demo": {"temperature_c": 21.4, "switch_on": 0.0}},
    ),
]


@pytest.mark.parametrize("row", HOMIE, ids=lambda row: row.found_in[:40])
def test_homie(row: Row) -> None:
    check(row)


ESPHOME = [
    Row(
        "kpetremann/mqtt-exporter pull 50, and names as ESPHome's components give them",
        (
            ("esp-weather-outdoor/sensor/temperature/state", "20"),
            ("esphome/devices/airq/sensor/scd41_co2/state", "612.00000"),
            ("esphome/devices/airq/sensor/pm_2_5/state", "6"),
            ("esphome/devices/airq/sensor/esp32_internal_temperature/state", "50"),
            ("esphome/devices/airq/sensor/people_count/state", "3"),
            ("esphome/devices/airq/sensor/temperature_target/state", "21"),
            ("esphome/devices/airq/sensor/humidity/state", "nan"),
        ),
        {
            "esp-weather-outdoor": {"temperature_c": 20.0},
            "esphome/devices/airq": {
                "co2_ppm": 612.0,
                "pm25_ugm3": 6.0,
                "device_temperature_c": 50.0,
                "people_count": 3.0,
            },
        },
        ("temperature_target/state",),
    ),
]


@pytest.mark.parametrize("row", ESPHOME, ids=lambda row: row.found_in[:40])
def test_esphome(row: Row) -> None:
    check(row)
