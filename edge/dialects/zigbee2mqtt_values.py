"""The keys of a Zigbee2MQTT state and what they are in our table: names, units, on and off."""

import re
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from edge.dialects.figures import Refused, harmless, read_number, within
from edge.dialects.zigbee2mqtt_devices import Known, Property, channel_id
from wire.text import Text

_CHANNEL = re.compile(r"(.+?)_(l\d+|s\d+|ch\d+|\d{1,2}|left|right|center|top|bottom|phase_[abc]|[abc])")
_FIRST_MILLISECOND = 1_420_070_400_000  # 2015: nothing older was sent, so the clock was not set, or these are seconds
_LAST_MILLISECOND = 253_402_300_799_999

Scale = tuple[float, float]  # multiply, divide: dividing by 1000 is exact where multiplying by 0.001 is not
_ONE: Scale = (1, 1)
_DUST = {"µg/m³": _ONE, "μg/m³": _ONE, "ug/m3": _ONE, "µg/m3": _ONE, "mg/m³": (1000.0, 1.0)}

# key -> quantity, scale of each unit; "" is the unit that Zigbee2MQTT uses where a definition names none.
_NUMBERS: dict[str, tuple[str, dict[str, Scale]]] = {
    "co2": ("co2_ppm", {"": _ONE, "ppm": _ONE}),
    "humidity": ("humidity_pct", {"": _ONE, "%": _ONE}),
    "illuminance": ("illuminance_lx", {"": _ONE, "lx": _ONE, "lux": _ONE}),
    "illuminance_lux": ("illuminance_lx", {"": _ONE, "lx": _ONE, "lux": _ONE}),
    "noise": ("noise_dba", {"": _ONE, "dBA": _ONE, "dB": _ONE, "dB(A)": _ONE}),
    "pm1": ("pm1_ugm3", {"": _ONE, **_DUST}),
    "pm25": ("pm25_ugm3", {"": _ONE, **_DUST}),
    "pm10": ("pm10_ugm3", {"": _ONE, **_DUST}),
    "voc": ("tvoc_ppb", {"ppb": _ONE, "ppm": (1000.0, 1.0)}),  # often µg/m³: without a unit it may be anything
    "pressure": ("pressure_hpa", {"": _ONE, "hPa": _ONE, "mbar": _ONE, "kPa": (10, 1), "Pa": (1, 100)}),
    "current": ("current_a", {"": _ONE, "A": _ONE, "mA": (1, 1000)}),
    "power": ("power_w", {"": _ONE, "W": _ONE, "kW": (1000, 1), "mW": (1, 1000)}),
    "energy": ("energy_kwh", {"": _ONE, "kWh": _ONE, "Wh": (1, 1000)}),
    "ac_frequency": ("frequency_hz", {"": _ONE, "Hz": _ONE}),
    "frequency": ("frequency_hz", {"": _ONE, "Hz": _ONE}),
    "energy_produced": ("energy_returned_kwh", {"": _ONE, "kWh": _ONE, "Wh": (1, 1000)}),
    "produced_energy": ("energy_returned_kwh", {"": _ONE, "kWh": _ONE, "Wh": (1, 1000)}),
    "power_apparent": ("apparent_power_va", {"": _ONE, "VA": _ONE, "kVA": (1000, 1)}),
    "power_reactive": ("reactive_power_var", {"": _ONE, "VAR": _ONE, "var": _ONE, "kVAR": (1000, 1)}),
    "co": ("carbon_monoxide_ppm", {"": _ONE, "ppm": _ONE}),
    "device_temperature": ("device_temperature_c", {"": _ONE, "°C": _ONE}),
    "cpu_temperature": ("device_temperature_c", {"": _ONE, "°C": _ONE}),
    "battery": ("battery_pct", {"": _ONE, "%": _ONE}),
    "linkquality": ("link_quality", {"": _ONE, "lqi": _ONE}),
}
_FLAGS = {
    "occupancy": "occupancy",
    "presence": "occupancy",
    "water_leak": "water_leak",
    "smoke": "smoke",
    "tamper": "tamper",
    "vibration": "vibration",
}
_ALARMS_ONLY = frozenset({"gas", "carbon_monoxide", "sos"})  # no quantity: an event is all they are
_FORMALDEHYDE = frozenset({"hcho", "formaldehyd"})
_SPECIAL = frozenset({"temperature", "local_temperature", "voltage", "contact", "state", "power_factor"})
_READ = frozenset(_NUMBERS) | frozenset(_FLAGS) | _SPECIAL
_KEYS_AT_MOST = 256  # the richest devices have some 150
_UNDERSTOOD = frozenset({"last_seen", "temperature_unit", "action", "click"})
_WORDS = {"on": True, "off": False, "true": True, "false": False}


class Translation(msgspec.Struct):
    """What one state says. `values` by channel; `actions` maps "action" and alarm names to what they say."""

    values: dict[str, dict[str, float | str]]
    actions: dict[str, str | bool]
    unknown: list[str]
    problems: list[Text]
    at_ms: int | None = None


def translate(known: Known, state: dict[str, Any]) -> Translation:
    """Nothing is dropped silently: a key is a value, an action, the time, null, or in `unknown` or `problems`."""
    found = Translation({}, {}, [], [])
    if len(state) > _KEYS_AT_MOST:
        said = len(state)
        found.problems.append(
            Text(
                f"{said} khóa: chỉ đọc {_KEYS_AT_MOST} khóa đầu",
                f"{said} keys: only the first {_KEYS_AT_MOST} are read",
            )
        )
        state = dict(islice(state.items(), _KEYS_AT_MOST))
    for key, raw in state.items():
        if raw is None:
            continue
        try:
            _take(known, state, key, raw, found)
        except Refused as refused:
            found.problems.append(Text(f"{key}: {refused.text.vi}", f"{key}: {refused.text.en}"))
    return found


def is_read(known: Known, key: str) -> bool:
    """Whether this key alone would say something: with `output: attribute` every key has a topic of its own."""
    return key in _UNDERSTOOD or key in _ALARMS_ONLY or _property(known, key).name in _READ | _FORMALDEHYDE


def _take(known: Known, state: dict[str, Any], key: str, raw: object, found: Translation) -> None:
    if key == "last_seen":
        found.at_ms = _time(raw)
    elif key in {"action", "click"}:
        if raw != "":  # old versions send an empty action after each one
            found.actions["action"] = str(raw)
    elif key in _ALARMS_ONLY:
        found.actions[key] = _flag(raw)
    elif key not in _UNDERSTOOD:
        one = _property(known, key)
        value = _value(known, state, one, raw)
        if value is None:
            found.unknown.append(key)
        else:
            within(*value)
            _put(found.values.setdefault(one.channel, {}), *value, one.name)


def _put(values: dict[str, float | str], quantity: str, value: float, key: str) -> None:
    """`occupancy` and `presence` of one sensor are one quantity: somebody is there where either says so.

    Of other keys for one quantity (`local_temperature`, `temperature`) the first stays, and the second is told.
    """
    other = values.get(quantity)
    if isinstance(other, float) and other != value and key not in _FLAGS:
        raise Refused(
            Text(
                f"đã có {quantity} {other:g}; bỏ qua {value:g}",
                f"{quantity} is {other:g} already; {value:g} is ignored",
            )
        )
    values[quantity] = max(value, other) if isinstance(other, float) else value


def _property(known: Known, key: str) -> Property:
    described = known.properties.get(key, Property(key, "", ""))
    if described.name in _READ or described.channel:
        return described
    split = _CHANNEL.fullmatch(described.name)  # meters of three phases have no endpoints, only names
    if split and split.group(1) in _READ:
        return Property(split.group(1), channel_id(split.group(2)), described.unit)
    return described


def _value(known: Known, state: dict[str, Any], one: Property, raw: object) -> tuple[str, float] | None:
    """The quantity and its value; None where the key is none of ours."""
    value: tuple[str, float] | None = None
    if one.name in _FLAGS:
        value = _FLAGS[one.name], float(_flag(raw))
    elif one.name == "contact":
        value = "contact_open", float(not _flag(raw))  # "contact" true: the two halves touch, the door is closed
    elif one.name == "state":
        on = _WORDS.get(str(raw).lower())  # OPEN, LOCK, … are states of other things
        value = None if on is None else ("switch_on", float(on))
    elif one.name in {"temperature", "local_temperature"}:
        value = "temperature_c", _celsius(one, state, read_number(raw))
    elif one.name == "voltage":
        value = _voltage(known, state, one.unit, read_number(raw))
    elif one.name == "power_factor":
        value = "power_factor", _power_factor(read_number(raw), one.unit)
    elif one.name == "voc" and one.unit in _DUST:
        value = "tvoc_ugm3", _scaled(read_number(raw), one.unit, _DUST)
    elif one.name in _FORMALDEHYDE and one.unit:
        value = "formaldehyde_ugm3", _formaldehyde(read_number(raw), one.unit)
    elif one.name in _NUMBERS and not _is_raw_illuminance(known, state, one):
        quantity, scales = _NUMBERS[one.name]
        value = quantity, _scaled(read_number(raw), one.unit, scales)
    return value


def _is_raw_illuminance(known: Known, state: dict[str, Any], one: Property) -> bool:
    """Before 2.0 `illuminance` was the sensor's logarithmic figure, and `illuminance_lux` beside it the light."""
    described_without_unit = bool(known.properties) and one.unit == ""
    return one.name == "illuminance" and ("illuminance_lux" in state or described_without_unit)


def _scaled(number: float, unit: str, scales: dict[str, Scale]) -> float:
    scale = scales.get(unit)
    if scale is None:
        raise Refused(
            Text(f"đơn vị {unit!r} không quy đổi được", f"unit {unit!r} cannot be converted")
            if unit
            else Text("chưa rõ đơn vị khi chưa thấy bridge/devices", "unit not known before bridge/devices is seen")
        )
    return number * scale[0] / scale[1]


def _celsius(one: Property, state: dict[str, Any], number: float) -> float:
    """In the unit of the definition. `temperature_unit` beside it is mostly what the device's display shows, while the
    value stays in °C (SNZB-02D, Tuya); a few send °F with it. A room is not above 60 °C; below that only a definition
    tells, and not where a room of 45 to 60 °F is as likely as its words are wrong.
    """
    unit = one.unit.lower().removeprefix("°")
    if unit in {"f", "fahrenheit"}:
        return _from_fahrenheit(number)
    if unit not in {"", "c", "celsius"}:
        raise Refused(Text(f"đơn vị nhiệt độ {unit!r} lạ", f"temperature unit {unit!r} not known"))
    named = state.get("temperature_unit")
    shown = named.lower().removeprefix("°") if isinstance(named, str) else "c"
    if shown in {"c", "celsius"}:
        return number
    if shown not in {"f", "fahrenheit"}:
        raise Refused(Text(f"đơn vị nhiệt độ {shown!r:.40} lạ", f"temperature unit {shown!r:.40} not known"))
    if number > _HOTTEST_ROOM_C:
        return _from_fahrenheit(number)
    if unit and number <= _DOUBTED_C:
        return number
    raise Refused(
        Text(
            f"temperature_unit {shown}: {number:g} có thể là °C hay °F",
            f"temperature_unit {shown}: {number:g} may be °C or °F",
        )
    )


_DOUBTED_C, _HOTTEST_ROOM_C = 45.0, 60.0


def _from_fahrenheit(number: float) -> float:
    return round((number - 32) * 5 / 9, 6)


def _voltage(known: Known, state: dict[str, Any], unit: str, number: float) -> tuple[str, float]:
    """A battery's or the mains'. Zigbee2MQTT gives the first in mV, the second in V, where nothing else is said."""
    battery = known.battery
    if battery is None:
        meter = any(_property(known, key).name in {"power", "current", "energy", "state"} for key in state)
        battery = "battery" in state or not (meter or _MAINS_V[0] <= number <= _MAINS_V[1])
    in_millivolts = unit == "mV" or (unit == "" and battery and number > _BATTERY_V)
    if not in_millivolts and unit not in {"", "V"}:
        raise Refused(Text(f"đơn vị {unit!r} không quy đổi được", f"unit {unit!r} cannot be converted"))
    return "battery_v" if battery else "voltage_v", number / 1000 if in_millivolts else number


_BATTERY_V = 100.0
_MAINS_V = (80.0, 500.0)


def _power_factor(number: float, unit: str) -> float:
    """A share or per cent, as the figure tells: definitions say "%" of what fromZigbee has divided by 100."""
    if unit not in {"", "%"}:
        raise Refused(Text(f"đơn vị {unit!r} không quy đổi được", f"unit {unit!r} cannot be converted"))
    return number if abs(number) <= 1 else number / 100


def _formaldehyde(number: float, unit: str) -> float:
    """Tuya's air boxes send whole numbers (1 to 400) under a definition that says mg/m³: nobody lives in so much."""
    value = _scaled(number, unit, _DUST)
    if value >= _TOO_MUCH_UGM3:
        raise Refused(Text(f"{number:g} {unit} không thể đúng", f"{number:g} {unit} cannot be right"))
    return value


_TOO_MUCH_UGM3 = 1000.0


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = _WORDS.get(str(raw).lower()) if isinstance(raw, str) else None
    if word is None and raw in (0, 1):
        return raw == 1
    if word is None:
        raise Refused(Text(f"không phải có/không: {harmless(raw)}", f"neither on nor off: {harmless(raw)}"))
    return word


def _time(raw: object) -> int:
    """ISO 8601 with an offset, or milliseconds since 1970; what is neither, or no time of a set clock, is refused."""
    try:
        if isinstance(raw, str):
            moment = datetime.fromisoformat(raw)
            at_ms = -1 if moment.tzinfo is None else round(moment.timestamp() * 1000)
        else:
            at_ms = round(read_number(raw))
    except ValueError:
        at_ms = -1
    if not _FIRST_MILLISECOND <= at_ms <= _LAST_MILLISECOND:
        raise Refused(
            Text(f"không phải thời điểm dùng được: {harmless(raw)}", f"not a time with an offset: {harmless(raw)}")
        )
    return at_ms
