"""What is measured and in which unit, to a quantity of ours: the vocabulary of Home Assistant's device classes. Pure.

Source: Home Assistant developer documentation, sensor and binary_sensor device classes and their units.
Homie units and the unit properties of Sparkplug metrics are the same symbols.
"""

import re
import unicodedata
from enum import Enum
from typing import NamedTuple

from edge.dialects.figures import Refused, short, within
from wire.text import Text


class Said(Enum):
    """What a figure says when it is no value."""

    NOTHING = 0  # no reading now
    UNKNOWN = 1  # there is one, but no quantity for it


class Scale(NamedTuple):
    """(number + add) * multiply / divide: dividing by 1000 is exact where multiplying by 0.001 is not."""

    multiply: float = 1
    divide: float = 1
    add: float = 0


_ONE = Scale()
_THOUSAND, _THOUSANDTH, _MILLION = Scale(1000), Scale(1, 1000), Scale(1_000_000)
_DUST = {"µg/m³": _ONE, "mg/m³": _THOUSAND}
_CELSIUS = {"°C": _ONE, "°F": Scale(5, 9, -32), "K": Scale(add=-273.15)}
_PRESSURE = {
    "hPa": _ONE,
    "mbar": _ONE,
    "Pa": Scale(1, 100),
    "kPa": Scale(10),
    "bar": _THOUSAND,
    "mmHg": Scale(1.333224),
    "inHg": Scale(33.863887),
    "psi": Scale(68.947573),
}
_ENERGY = {
    "kWh": _ONE,
    "Wh": _THOUSANDTH,
    "MWh": _THOUSAND,
    "mWh": Scale(1, 1_000_000),
    "J": Scale(1, 3_600_000),
    "kJ": Scale(1, 3600),
    "MJ": Scale(1, 3.6),
    "GJ": Scale(1000, 3.6),
}

# kind -> quantity, scale of each unit; "" where it may come without one.
KINDS: dict[str, tuple[str, dict[str, Scale]]] = {
    "temperature": ("temperature_c", _CELSIUS),
    "device_temperature": ("device_temperature_c", _CELSIUS),
    "humidity": ("humidity_pct", {"%": _ONE}),
    "carbon_dioxide": ("co2_ppm", {"ppm": _ONE}),
    "carbon_monoxide": ("carbon_monoxide_ppm", {"ppm": _ONE, "ppb": _THOUSANDTH}),
    "pm1": ("pm1_ugm3", _DUST),
    "pm25": ("pm25_ugm3", _DUST),
    "pm4": ("pm4_ugm3", _DUST),
    "pm10": ("pm10_ugm3", _DUST),
    "formaldehyde": ("formaldehyde_ugm3", _DUST),
    # A mass of mixed organic compounds is no number of molecules: it is a quantity of its own, see `by_unit`.
    "volatile_organic_compounds_mass": ("tvoc_ugm3", _DUST),
    "volatile_organic_compounds_parts": ("tvoc_ppb", {"ppb": _ONE, "ppm": _THOUSAND}),
    "volatile_organic_compounds": ("tvoc_ppb", {"ppb": _ONE, "ppm": _THOUSAND}),
    "ozone": ("ozone_ppb", {"ppb": _ONE, "ppm": _THOUSAND}),
    "aqi": ("air_quality_index", {"": _ONE}),
    "illuminance": ("illuminance_lx", {"lx": _ONE}),
    "sound_pressure": ("noise_dba", {"dBA": _ONE, "dB": _ONE}),
    "signal_strength": ("rssi_dbm", {"dBm": _ONE}),
    "signal_to_noise": ("snr_db", {"dB": _ONE}),
    "atmospheric_pressure": ("pressure_hpa", _PRESSURE),
    "pressure": ("pressure_hpa", _PRESSURE),  # of water or a tyre it is out of the air's range, and told
    "voltage": ("voltage_v", {"V": _ONE, "mV": _THOUSANDTH, "kV": _THOUSAND, "µV": Scale(1, 1_000_000)}),
    "battery_voltage": ("battery_v", {"V": _ONE, "mV": _THOUSANDTH}),
    "current": ("current_a", {"A": _ONE, "mA": _THOUSANDTH}),
    "power": ("power_w", {"W": _ONE, "kW": _THOUSAND, "mW": _THOUSANDTH, "MW": _MILLION}),
    "apparent_power": ("apparent_power_va", {"VA": _ONE, "kVA": _THOUSAND, "mVA": _THOUSANDTH}),
    "reactive_power": ("reactive_power_var", {"var": _ONE, "kvar": _THOUSAND, "mvar": _THOUSANDTH}),
    "power_factor": ("power_factor", {"": _ONE, "%": Scale(1, 100)}),
    "energy": ("energy_kwh", _ENERGY),
    "energy_returned": ("energy_returned_kwh", _ENERGY),
    "frequency": ("frequency_hz", {"Hz": _ONE, "kHz": _THOUSAND, "mHz": _THOUSANDTH}),
    "battery": ("battery_pct", {"%": _ONE}),
    "distance": ("distance_mm", {"mm": _ONE, "cm": Scale(10), "m": _THOUSAND, "in": Scale(25.4), "ft": Scale(304.8)}),
    "people": ("people_count", {"": _ONE, "#": _ONE, "people": _ONE, "persons": _ONE}),
    "link_quality": ("link_quality", {"": _ONE, "lqi": _ONE}),
}

ONLY_UNITS = {
    "humidity": "%",
    "carbon_dioxide": "ppm",
    "battery": "%",
    "illuminance": "lx",
    "pm1": "µg/m³",
    "pm25": "µg/m³",
    "pm4": "µg/m³",
    "pm10": "µg/m³",
}
"""Device classes with one unit in Home Assistant: what an announcement that names none means."""

STATES: dict[str, str] = {
    **dict.fromkeys(("door", "window", "opening", "garage_door"), "contact_open"),
    **dict.fromkeys(("motion", "occupancy", "presence"), "occupancy"),
    "moisture": "water_leak",
    "smoke": "smoke",
    "tamper": "tamper",
    "vibration": "vibration",
}
"""Kinds of on and off; on is open, somebody there, wet, smoke, opened case, shaken."""

ALARMS = frozenset({"gas", "carbon_monoxide", "problem", "safety", "heat"})
"""Kinds of on and off without a quantity: an event is all they are."""

_SPELLINGS: dict[str, str] = {
    **dict.fromkeys(("c", "degc", "deg c", "degree celsius", "degrees celsius", "celsius", "℃", "ºc"), "°C"),
    **dict.fromkeys(("f", "degf", "deg f", "degrees fahrenheit", "fahrenheit", "℉", "ºf"), "°F"),
    **dict.fromkeys(("kelvin",), "K"),
    **dict.fromkeys(("percent", "pct", "%rh", "% rh", "rh%", "%r.h.", "percent rh"), "%"),
    **dict.fromkeys(("ug/m3", "µg/m3", "ug/m³", "µg/m^3", "ug/m^3", "µgm3", "ugm3"), "µg/m³"),
    **dict.fromkeys(("mg/m3", "mg/m^3"), "mg/m³"),
    **dict.fromkeys(("lux",), "lx"),
    **dict.fromkeys(("db(a)", "dba"), "dBA"),
    **dict.fromkeys(("volt", "volts"), "V"),
    **dict.fromkeys(("amp", "amps", "ampere", "amperes"), "A"),
    **dict.fromkeys(("watt", "watts"), "W"),
    **dict.fromkeys(("hertz",), "Hz"),
    **dict.fromkeys(("uv",), "µV"),
    **{unit.lower(): unit for unit in ("ppm", "ppb", "hPa", "kPa", "mbar", "kWh", "Wh", "kW", "Hz", "dBm", "dB", "lx")},
    **{unit.lower(): unit for unit in ("VA", "kVA", "var", "kvar", "mmHg", "inHg", "psi", "bar")},
}
"""In small letters; "mw" and "mwh" are not here: a thousandth or a million."""
_UNITS = frozenset(unit for _, units in KINDS.values() for unit in units)
_LONGEST_UNIT = 24
_BLANKS = re.compile(r"\s+")


def unit_named(raw: object) -> str:
    """The symbol of a unit however it is spelt; "" for none; an unknown one as it came, shortened."""
    if not isinstance(raw, str):
        return ""
    written = _BLANKS.sub(" ", raw.replace("Â", "").replace("μ", "µ")).strip()
    if written in _UNITS:
        return written
    return _SPELLINGS.get(unicodedata.normalize("NFC", written).lower(), written)[:_LONGEST_UNIT]


def by_unit(kind: str | None, unit: str) -> str | None:
    """Organic compounds by parts or by mass, as their unit says; every other kind as it is."""
    return _MASS if kind in _PARTS and takes(_MASS, unit) else kind


_MASS = "volatile_organic_compounds_mass"
_PARTS = frozenset({"volatile_organic_compounds", "volatile_organic_compounds_parts"})


def convert(kind: str, unit: str, number: float) -> tuple[str, float]:
    """Quantity and value, within its range; `unit` as `unit_named` gives it. Raises Refused; KeyError: no such kind."""
    quantity, units = KINDS[kind]
    scale = units.get(unit)
    if scale is None:
        wanted = ", ".join(one for one in units if one)
        raise Refused(
            Text(f"đơn vị {short(unit)} không quy đổi được ({wanted})", f"unit {short(unit)} is none of {wanted}")
            if unit
            else Text(f"thiếu đơn vị ({wanted})", f"no unit ({wanted})")
        )
    value = (number + scale.add) * scale.multiply / scale.divide
    if scale is not _ONE:
        value = round(value, 9)
    within(quantity, value)
    return quantity, value


def is_mains(volts: float) -> bool:
    """Whether a voltage can be of the mains; below it is of a chip, a battery, a sensor's wire."""
    return _MAINS_V[0] <= volts <= _MAINS_V[1]


_MAINS_V = (80.0, 500.0)


def takes(kind: str, unit: str) -> bool:
    """Whether this kind may come in this unit."""
    return kind in KINDS and unit in KINDS[kind][1]
