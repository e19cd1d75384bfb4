"""The components of Shelly devices of the second generation and later, and what their status means in our table.

Source: https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/ (Switch, Cover, Light, PM1, EM, EM1, EMData,
        EM1Data, Temperature, Humidity, Illuminance, DevicePower, Voltmeter, Smoke, Flood, PresenceZone, Wifi, BluTrv);
        github.com/home-assistant-libs/aioshelly fixtures; home-assistant/core components/shelly.
Units:  energies are Wh (`by_minute` is mWh and repeats them: left out); `temperature` inside another component is the
        device's own; temperature:N is the room's, except in Pro and EM devices, where it is theirs too.
Channels: component 0 is the device, component N the sub-device N; phases a, b, c and the meters of an EM: l1, l2, l3.
"""

import re
from typing import Any

from edge.dialects.figures import Refused
from edge.dialects.shelly_gathering import Gathering, Meaning
from wire.text import Text

_METER = {
    "apower": Meaning("power_w"),
    "voltage": Meaning("voltage_v"),
    "current": Meaning("current_a"),
    "pf": Meaning("power_factor"),
    "freq": Meaning("frequency_hz"),
    "aenergy.total": Meaning("energy_kwh", 1000),
    "ret_aenergy.total": Meaning("energy_returned_kwh", 1000),
    "temperature.tC": Meaning("device_temperature_c"),
}
_OUTPUT = {"output": Meaning("switch_on"), **_METER}
_PHASE = {
    "act_power": Meaning("power_w"),
    "aprt_power": Meaning("apparent_power_va"),
    "voltage": Meaning("voltage_v"),
    "current": Meaning("current_a"),
    "pf": Meaning("power_factor"),
    "freq": Meaning("frequency_hz"),
    "total_act_energy": Meaning("energy_kwh", 1000),
    "total_act_ret_energy": Meaning("energy_returned_kwh", 1000),
}
_SUMS = {
    "total_act_power": Meaning("power_w"),
    "total_aprt_power": Meaning("apparent_power_va"),
    "total_current": Meaning("current_a"),
    "total_act": Meaning("energy_kwh", 1000),
    "total_act_ret": Meaning("energy_returned_kwh", 1000),
}
COMPONENTS: dict[str, dict[str, Meaning]] = {
    "switch": _OUTPUT,
    "light": _OUTPUT,
    "rgb": _OUTPUT,
    "rgbw": _OUTPUT,
    "cct": _OUTPUT,
    "cover": _METER,
    "pm1": _METER,
    "em": _SUMS,
    "emdata": _SUMS,
    "em1": _PHASE,
    "em1data": _PHASE,
    "temperature": {"tC": Meaning("temperature_c")},
    "humidity": {"rh": Meaning("humidity_pct")},
    "illuminance": {"lux": Meaning("illuminance_lx")},
    "devicepower": {"battery.V": Meaning("battery_v"), "battery.percent": Meaning("battery_pct")},
    "voltmeter": {"voltage": Meaning("voltage_v")},
    "smoke": {"alarm": Meaning("smoke")},
    "flood": {"alarm": Meaning("water_leak")},
    "presencezone": {"value": Meaning("occupancy"), "num_objects": Meaning("people_count")},
    "presence": {"num_objects": Meaning("people_count")},
    "blutrv": {"current_C": Meaning("temperature_c"), "battery": Meaning("battery_pct"), "rssi": Meaning("rssi_dbm")},
    "bthomedevice": {"battery": Meaning("battery_pct"), "rssi": Meaning("rssi_dbm")},
    "wifi": {},
    "input": {},
    "thermostat": {},
    "bthomesensor": {},
}
HOUSEKEEPING = frozenset(
    [
        *("sys", "cloud", "mqtt", "ble", "ws", "eth", "modbus", "ui", "plugs_ui", "ht_ui", "knx", "matter", "zigbee"),
        *("bthome", "blugw", "script", "schedule", "webhook", "ota", "bm", "serial", "media", "service"),
        *("awaiting_auth_code", "ts", "auth"),
        *("number", "boolean", "text", "enum", "button", "group", "object"),  # a person's own variables
    ]
)
_UNDERSTOOD = re.compile(
    r"id|source|tF|temperature\.tF|(ret_)?aenergy\.(by_minute|minute_ts)|timer_\w+|move_\w+|user_calibrated_phase"
    r"|external\.present|illumination|last_\w+|packet_id|paired|rpc|rsv|mute|transition|errors|\w_errors|flags"
)
_PHASE_KEY = re.compile(r"([abcn])_(\w+)")
_LINES = {"a": "l1", "b": "l2", "c": "l3", "n": "n"}
_INTERNAL = re.compile(r"pro|em", re.IGNORECASE)
_OUTSIDE = 100  # sensors of an add-on are numbered from 100


def split(name: str) -> tuple[str, int | None]:
    """A component's name: "switch:0" -> ("switch", 0), "wifi" -> ("wifi", None)."""
    kind, _, number = name.partition(":")
    return kind, int(number) if number.isdecimal() and number.isascii() and len(number) < 6 else None  # noqa: PLR2004


def read_component(found: Gathering, name: str, status: object, *, internal: bool) -> None:
    """Take the status of one component. `internal`: temperatures of this device are its own."""
    kind, number = split(name)
    if kind in HOUSEKEEPING:
        return
    meanings = COMPONENTS.get(kind)
    if not isinstance(status, dict):
        found.say(name, Text("không phải đối tượng JSON", "not a JSON object"))
        return
    if kind == "wifi":
        _wifi(found, status)
        return
    channel = _channel(kind, number or 0)
    if kind == "temperature" and internal and (number or 0) < _OUTSIDE:
        meanings = {"tC": Meaning("device_temperature_c")}
    for keys, raw in _flat(status):
        _entry(found, channel, name, keys, raw, meanings or {})
    try:
        if "errors" in status:
            found.errors(channel, f"{name}.errors", status["errors"])
    except Refused as refused:
        found.say(f"{name}.errors", refused.text)


def is_internal(prefix: str, source: str, components: set[str]) -> bool:
    """Whether a bare temperature:0 is the device's own: it meters mains, or is built for a fuse box."""
    if "humidity:0" in components or any(name.startswith("devicepower") for name in components):
        return False
    if any(split(name)[0] in {"em", "em1", "emdata", "em1data"} for name in components):
        return True
    model = (source or prefix.rpartition("/")[2]).partition("-")[0].lower()
    return model.startswith("shelly") and bool(_INTERNAL.search(model.removeprefix("shelly")))


def _channel(kind: str, number: int) -> str:
    if kind in {"em1", "em1data"}:
        return f"l{number + 1}"
    if kind == "voltmeter":
        return f"voltmeter-{number}"  # some DC voltage: never to be taken for the mains of the device
    return str(number) if number else ""


def _flat(status: dict[str, Any]) -> list[tuple[str, object]]:
    """Keys joined by dots; a list is one value."""
    rows: list[tuple[str, object]] = []
    for key, raw in status.items():
        if isinstance(raw, dict):
            rows += [(f"{key}.{inner}", value) for inner, value in raw.items()]
        else:
            rows.append((key, raw))
    return rows


def _entry(found: Gathering, channel: str, name: str, keys: str, raw: object, meanings: dict[str, Meaning]) -> None:
    path = f"{name}.{keys}"
    if keys in meanings:
        found.take(channel, meanings[keys], path, raw)
        return
    phase = _PHASE_KEY.fullmatch(keys) if meanings is _SUMS else None
    if phase and phase[2] in _PHASE:
        found.take(_LINES[phase[1]], _PHASE[phase[2]], path, raw)
    elif raw is not None and not _UNDERSTOOD.fullmatch(keys):
        found.note(path)


def _wifi(found: Gathering, status: dict[str, Any]) -> None:
    """`rssi` is 0 while there is no connection."""
    if status.get("rssi") != 0:
        found.take("", Meaning("rssi_dbm"), "wifi.rssi", status.get("rssi"))
