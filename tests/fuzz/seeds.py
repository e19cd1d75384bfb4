"""Where coverage-guided fuzzing of JSON dialects begins: one sound message a topic, to be cut and bent."""

import json

from tests.fuzz.targets import BETWEEN, TOPICS

_SAID: dict[str, tuple[object, ...]] = {
    "zigbee2mqtt": (
        {"temperature": 27.3, "humidity": 61, "state_l1": "ON", "contact": True, "last_seen": "2026-11-20T09:00:00Z"},
        [
            {
                "ieee_address": "0x00158d0001",
                "friendly_name": "room",
                "type": "EndDevice",
                "power_source": "Battery",
                "definition": {
                    "model": "SNZB-02",
                    "vendor": "SONOFF",
                    "exposes": [
                        {
                            "type": "numeric",
                            "name": "temperature",
                            "property": "temperature",
                            "unit": "°C",
                            "access": 1,
                        },
                        {"type": "switch", "features": [{"name": "state", "property": "state_l1", "endpoint": "l1"}]},
                    ],
                },
            }
        ],
        [{"id": 1, "friendly_name": "group"}],
        {"state": "online"},
        "offline",
    ),
    "tasmota": (
        {
            "Time": "2026-11-20T16:15:00",
            "ENERGY": {"Total": [3.1, 2.0], "Power": [61, 5], "Voltage": 221, "Factor": 0.9},
            "DS18B20-1": {"Id": "01131B", "Temperature": 70.1},
            "BME280": {"Temperature": 20.7, "Humidity": 24.4, "Pressure": 760.1},
            "TempUnit": "F",
            "PressureUnit": "mmHg",
        },
        {"Time": "2026-11-20T16:15:00", "POWER1": "ON", "Wifi": {"RSSI": 70, "Signal": -61}, "Vcc": 3.1},
        {"StatusSNS": {"Time": "2026-11-20T16:15:00", "AM2301": {"Temperature": 24.6, "Humidity": 58.2}}},
        {"POWER2": "OFF"},
        "ON",
    ),
    "shelly": (
        {
            "src": "shellyplus1pm-a1",
            "dst": "x",
            "method": "NotifyStatus",
            "params": {"ts": 1757030400.5, "switch:0": {"id": 0, "output": True, "apower": 25.7}},
        },
        {
            "id": 0,
            "output": True,
            "apower": 25.7,
            "voltage": 229.7,
            "aenergy": {"total": 913.2, "by_minute": [1, 2, 3]},
        },
        61.2,
        27.3,
        {"id": "shellyem-1", "model": "SHEM", "mac": "98CDAC000001", "new_fw": False},
        {"emeters": [{"power": 61.2, "voltage": 229.1, "total": 1234.5, "is_valid": True}], "relays": [{"ison": True}]},
    ),
    "homeassistant": (
        {
            "~": "room",
            "name": "CO2",
            "uniq_id": "room_co2",
            "dev_cla": "carbon_dioxide",
            "unit_of_meas": "ppm",
            "stat_t": "~/state",
            "val_tpl": "{{ value_json.a[0]['b'] | float(0) / 10 if value_json.c > 1 else none }}",
            "avty_t": "~/available",
            "dev": {"ids": ["room"]},
        },
        {
            "dev": {"ids": ["room"], "name": "room"},
            "o": {"name": "x"},
            "cmps": {
                "t": {"p": "sensor", "unique_id": "t", "device_class": "temperature", "unit_of_measurement": "°F"}
            },
            "state_topic": "room/state",
        },
        {"uniq_id": "plug", "stat_t": "room/state", "cmd_t": "room/set", "pl_on": "1", "pl_off": "0"},
        {"a": [{"b": 8123}], "c": 2, "t": 71.2},
        "online",
    ),
    "esphome": (812, "ON", "online", "OFF"),
    "homie": (
        {
            "homie": "5.0",
            "version": 1,
            "nodes": {"air": {"properties": {"co2": {"datatype": "integer", "unit": "ppm", "format": "0:5000"}}}},
        },
        "ready",
        812,
        "air,door",
    ),
    "lorawan": (
        {
            "deduplicationId": "3ac7",
            "time": "2026-11-20T09:15:00.123456789+00:00",
            "deviceInfo": {"deviceProfileName": "AM319", "devEui": "24e124710c140001", "tags": {}},
            "fCnt": 118,
            "fPort": 85,
            "data": "A2f0AARoYwUAAAZ9bAMHfZYCCH0DAQlzZicLfQcADH0DAA==",
            "object": {"temperature": 27.2, "battery": {"level": 88}},
            "rxInfo": [{"rssi": -61, "snr": 9.5}],
        },
        {"deviceInfo": {"devEui": "24e124710c140001"}, "batteryLevel": 88.2, "margin": 5},
        {
            "end_device_ids": {"device_id": "room-1", "dev_eui": "24E124710C140002"},
            "received_at": "2026-11-20T09:15:00.123Z",
            "uplink_message": {
                "f_port": 85,
                "f_cnt": 7,
                "frm_payload": "AQDjAikEACcHBgMI",
                "version_ids": {"brand_id": "elsys", "model_id": "ers-co2"},
                "rx_metadata": [{"rssi": -61, "snr": 9.5}],
            },
        },
    ),
    "unknown": ({"temp_c": 21.5, "door": "on", "n": [1, 2, {"x": True}]}, {"co2": "812,5"}, 17),
}


def seeds(name: str) -> list[bytes]:
    """Inputs for a target; none where bytes need no beginning."""
    said = _SAID.get(name, ())
    parts = [
        bytes((at % len(TOPICS[name]),)) + (one if isinstance(one, str) else json.dumps(one)).encode()
        for at, one in enumerate(said)
    ]
    return [*parts, BETWEEN.join(parts)] if parts else []
