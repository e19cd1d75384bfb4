"""The status of a Shelly device of the first generation as one JSON object (`info`, Motion's `status`, HTTP /status).

Source: https://shelly-api-docs.shelly.cloud/gen1/ (Status of each device); github.com/home-assistant-libs/aioshelly.
Units:  meters[].total is watt-minutes, emeters[].total Wh. A bare temperature is the device's own where it switches or
        meters, and the room's in a sensor that runs on a battery.
"""

from collections.abc import Iterator
from typing import Any

from edge.dialects.figures import Refused, read_number, within
from edge.dialects.shelly_gathering import Gathering, Meaning

METER = {"power": Meaning("power_w"), "energy": Meaning("energy_kwh", 60_000)}
ENERGY = {
    "power": Meaning("power_w"),
    "voltage": Meaning("voltage_v"),
    "current": Meaning("current_a"),
    "pf": Meaning("power_factor"),
    "reactive_power": Meaning("reactive_power_var"),
    "reactive": Meaning("reactive_power_var"),
    "total": Meaning("energy_kwh", 1000),
    "total_returned": Meaning("energy_returned_kwh", 1000),
}
_INSIDE = {
    "hum.value": "humidity_pct",
    "bat.value": "battery_pct",
    "bat.voltage": "battery_v",
    "lux.value": "illuminance_lx",
    "sensor.motion": "occupancy",
    "sensor.state": "contact_open",
    "sensor.vibration": "vibration",
    "accel.vibration": "vibration",
    "wifi_sta.rssi": "rssi_dbm",
    "motion": "occupancy",  # these four stand bare in Motion's own status
    "vibration": "vibration",
    "lux": "illuminance_lx",
    "bat": "battery_pct",
    "flood": "water_leak",
    "smoke": "smoke",
    "voltage": "voltage_v",
    "total_power": "power_w",
}
_ABSENT = -1  # "not supported" where 0 and 1 are no and yes
_FIRST_S, _LAST_S = 1_483_228_800, 253_402_300_799
_UNKNOWN = ("gas_sensor", "concentration", "inputs", "rollers", "valves", "thermostats", "adcs")


def read_status(found: Gathering, body: dict[str, Any]) -> None:
    """Take what is ours of a status; the rest is the device's own business."""
    unixtime = body.get("unixtime")
    if isinstance(unixtime, int) and _FIRST_S <= unixtime <= _LAST_S:
        found.at_ms = unixtime * 1000
    _outputs(found, body)
    for index, meter in _rows(body, "emeters"):
        if meter.get("is_valid") is not False:
            for key, meaning in ENERGY.items():
                found.take(f"l{index + 1}", meaning, f"emeters.{index}.{key}", meter.get(key))
    for path, quantity in _INSIDE.items():
        raw = _inner(body, path)
        if raw is not None and not isinstance(raw, dict) and raw != _ABSENT and (path, raw) != ("wifi_sta.rssi", 0):
            found.take("", Meaning(quantity), path, raw)
    _temperatures(found, body)
    for index, valve in _rows(body, "thermostats"):
        if index == 0 and isinstance(valve.get("tmp"), dict) and not isinstance(body.get("tmp"), dict):
            _temperature(found, "temperature_c", "thermostats.0.tmp", valve["tmp"])
    for key in _UNKNOWN:
        if body.get(key):
            found.note(key)


def _outputs(found: Gathering, body: dict[str, Any]) -> None:
    for kind in ("relays", "lights"):
        for index, output in _rows(body, kind):
            found.take(_channel(index), Meaning("switch_on"), f"{kind}.{index}.ison", output.get("ison"))
    for index, meter in _rows(body, "meters"):
        if meter.get("is_valid") is not False and "total" in meter:  # a Shelly 1 has none, and tells 0 W of it
            found.take(_channel(index), METER["power"], f"meters.{index}.power", meter.get("power"))
            found.take(_channel(index), METER["energy"], f"meters.{index}.total", meter.get("total"))


def _temperatures(found: Gathering, body: dict[str, Any]) -> None:
    tmp = body.get("tmp")
    powered = any(body.get(kind) for kind in ("relays", "lights", "meters", "emeters", "rollers"))
    quantity = "device_temperature_c" if powered else "temperature_c"
    if isinstance(tmp, dict):
        _temperature(found, quantity, "tmp", tmp)
    else:
        found.take("", Meaning(quantity), "temperature", body.get("temperature"))
    for key, inner, outside in (("ext_temperature", "tC", "temperature_c"), ("ext_humidity", "hum", "humidity_pct")):
        sensors = body.get(key)
        for number, sensor in sensors.items() if isinstance(sensors, dict) else ():
            if isinstance(sensor, dict) and number.isdecimal():
                found.take(f"ext-{number}", Meaning(outside), f"{key}.{number}.{inner}", sensor.get(inner))


def _temperature(found: Gathering, quantity: str, path: str, tmp: dict[str, Any]) -> None:
    """`tC` where there is one; Motion and TRV have only a value and its units."""
    if tmp.get("is_valid") is False:
        return
    if tmp.get("tC") is not None:
        found.take("", Meaning(quantity), f"{path}.tC", tmp["tC"])
    elif tmp.get("units") == "C":
        found.take("", Meaning(quantity), f"{path}.value", tmp.get("value"))
    elif tmp.get("units") == "F" and tmp.get("value") is not None:
        _fahrenheit(found, quantity, f"{path}.value", tmp["value"])
    elif tmp.get("value") is not None:
        found.note(f"{path}.value")


def _fahrenheit(found: Gathering, quantity: str, path: str, raw: object) -> None:
    try:
        found.put("", quantity, within(quantity, round((read_number(raw) - 32) * 5 / 9, 6)))
    except Refused as refused:
        found.say(path, refused.text)


def _rows(body: dict[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = body.get(key)
    for index, row in enumerate(rows[:16] if isinstance(rows, list) else []):
        if isinstance(row, dict):
            yield index, row


def _inner(body: dict[str, Any], path: str) -> object:
    outer, _, key = path.partition(".")
    found = body.get(outer)
    if not key:
        return found
    return found.get(key) if isinstance(found, dict) else None


def _channel(index: int) -> str:
    return str(index) if index else ""
