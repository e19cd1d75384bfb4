"""What the name of a key tells: quantity and unit, from words like `temp_f`, `co2_ppm`, `battMv` or `nhiet_do`. Pure.

Only names whose every word is understood say anything: `soil_temp` is not `temp`, and `temp_max` is no measurement.
"""

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from edge.dialects.spellings import SPELLINGS, joined
from wire.quantities import QUANTITIES, Kind

Scale = tuple[float, float, float]  # multiply, divide, add
_ONE: Scale = (1, 1, 0)


class Said(msgspec.Struct, frozen=True):
    """What a name says. `scale` is None where only the value can tell the unit; `unit` as it was read."""

    subject: str
    quantity: str
    scale: Scale | None
    unit: str = ""


_DUST: dict[str, Scale | None] = {"ugm3": _ONE, "mgm3": (1000.0, 1.0, 0.0)}
_DECIBEL: dict[str, Scale | None] = {"": _ONE, "db": _ONE, "dba": _ONE}
_FLAG: dict[str, Scale | None] = {"": _ONE}

# subject -> quantity, and the scale of each unit; "" where the name gives none: None where the value has to tell.
_SUBJECTS: dict[str, tuple[str, dict[str, Scale | None]]] = {
    "temperature": ("temperature_c", {"": None, "c": _ONE, "f": (5, 9, -160 / 9), "k": (1, 1, -273.15)}),
    "humidity": ("humidity_pct", {"": None, "pct": _ONE}),
    "co2": ("co2_ppm", {"": _ONE, "ppm": _ONE}),
    "illuminance": ("illuminance_lx", {"": _ONE, "lx": _ONE}),
    "light": ("illuminance_lx", {"": _ONE, "lx": _ONE}),
    "noise": ("noise_dba", _DECIBEL),
    "sound": ("noise_dba", {"db": _ONE, "dba": _ONE}),
    "pressure": ("pressure_hpa", {"": None, "hpa": _ONE, "mbar": _ONE, "kpa": (10, 1, 0), "pa": (1, 100, 0)}),
    "pm1": ("pm1_ugm3", {"": _ONE, **_DUST}),
    "pm25": ("pm25_ugm3", {"": _ONE, **_DUST}),
    "pm4": ("pm4_ugm3", {"": _ONE, **_DUST}),
    "pm10": ("pm10_ugm3", {"": _ONE, **_DUST}),
    "tvoc": ("tvoc_ppb", {"ppb": _ONE, "ppm": (1000, 1, 0)}),  # without a unit: ppb, µg/m³ or an index
    "tvoc mass": ("tvoc_ugm3", _DUST),
    "formaldehyde": ("formaldehyde_ugm3", _DUST),
    "ozone": ("ozone_ppb", {"ppb": _ONE, "ppm": (1000, 1, 0)}),
    "battery": ("battery_pct", {"": None, "pct": _ONE}),
    "battery volt": ("battery_v", {"": None, "v": _ONE, "mv": (1, 1000, 0)}),
    "volt": ("voltage_v", {"": None, "v": _ONE}),
    "current": ("current_a", {"a": _ONE, "ma": (1, 1000, 0)}),
    "power": ("power_w", {"": None, "w": _ONE, "kw": (1000, 1, 0)}),
    "energy": ("energy_kwh", {"kwh": _ONE, "wh": (1, 1000, 0)}),
    "frequency": ("frequency_hz", {"hz": _ONE}),
    "power factor": ("power_factor", {"": None, "pct": (1, 100, 0)}),
    "rssi": ("rssi_dbm", {"": _ONE, "dbm": _ONE}),
    "snr": ("snr_db", {"": _ONE, "db": _ONE}),
    "link quality": ("link_quality", {"": _ONE}),
    "occupancy": ("occupancy", _FLAG),
    "motion": ("occupancy", _FLAG),
    "people": ("people_count", {"": _ONE}),
    "people in": ("people_in", {"": _ONE}),
    "people out": ("people_out", {"": _ONE}),
    "contact open": ("contact_open", _FLAG),
    "contact": ("contact_open", {"": None}),  # true may mean "touches" or "open": only words tell
    "leak": ("water_leak", _FLAG),
    "smoke": ("smoke", _FLAG),
    "tamper": ("tamper", _FLAG),
    "switch": ("switch_on", _FLAG),
}
SUBJECTS = frozenset(_SUBJECTS)

_WORDS: dict[str, str] = {
    **{word: subject for subject in SPELLINGS for word in joined(subject)},
    **dict.fromkeys(("tmp",), "temperature"),
    **dict.fromkeys(("hum", "humi", "humid", "rh"), "humidity"),
    **dict.fromkeys(("illumination", "lightintensity", "luminosity", "anhsang"), "illuminance"),
    **dict.fromkeys(("light",), "light"),
    **dict.fromkeys(("spl",), "noise"),
    **dict.fromkeys(("sound",), "sound"),
    **dict.fromkeys(("baro", "barometer", "barometricpressure"), "pressure"),
    **dict.fromkeys(("pm1", "pm1p0"), "pm1"),
    **dict.fromkeys(("pm25", "pm2p5"), "pm25"),
    **dict.fromkeys(("pm4", "pm4p0"), "pm4"),
    **dict.fromkeys(("pm10", "pm10p0"), "pm10"),
    **dict.fromkeys(("ch2o",), "formaldehyde"),
    **dict.fromkeys(("batt", "bat"), "battery"),
    **dict.fromkeys(("voltage", "dienap"), "volt"),
    **dict.fromkeys(("vdd",), "battery volt"),
    **dict.fromkeys(("current", "dongdien"), "current"),
    **dict.fromkeys(("power", "activepower", "congsuat"), "power"),
    **dict.fromkeys(("energy", "diennang"), "energy"),
    **dict.fromkeys(("lqi", "linkquality"), "link quality"),
    **dict.fromkeys(("occupancy", "occupied", "presence", "pir"), "occupancy"),
    **dict.fromkeys(("motion", "movement"), "motion"),
    **dict.fromkeys(("peoplecountall", "peopletotalcounts", "person", "peoplecount"), "people"),
    # Registers only: `people_in` of most scripts is the count of one period.
    **dict.fromkeys(("peopletotalin", "totalpeoplein"), "people in"),
    **dict.fromkeys(("peopletotalout", "totalpeopleout"), "people out"),
    **dict.fromkeys(("contactopen", "dooropen", "windowopen"), "contact open"),
    **dict.fromkeys(("contact", "door", "window", "magnet", "magnetstatus", "doorstatus", "reed"), "contact"),
    **dict.fromkeys(("leak", "waterleak", "leakage", "waterleakage", "flood", "leakagestatus"), "leak"),
    **dict.fromkeys(("smoke",), "smoke"),
    **dict.fromkeys(("tamper", "tamperstatus"), "tamper"),
    **dict.fromkeys(("switch", "socket", "relay", "socketstatus", "switchstatus"), "switch"),
}

_UNITS: dict[str, str] = {
    **dict.fromkeys(("c", "degc", "celsius", "degreesc"), "c"),
    **dict.fromkeys(("f", "degf", "fahrenheit"), "f"),
    **dict.fromkeys(("k", "kelvin"), "k"),
    **dict.fromkeys(("pct", "percent", "percentage", "prc"), "pct"),
    **dict.fromkeys(("lx", "lux"), "lx"),
    **dict.fromkeys(("ugm3", "µgm3", "μgm3"), "ugm3"),
    **dict.fromkeys(("v", "volt", "volts"), "v"),
    **dict.fromkeys(("mv", "millivolt", "millivolts"), "mv"),
    **dict.fromkeys(("a", "amp", "amps", "ampere"), "a"),
    **dict.fromkeys(("w", "watt", "watts"), "w"),
    **{unit: unit for unit in ("ppm", "ppb", "hpa", "pa", "kpa", "mbar", "mgm3", "ma", "kw", "wh", "kwh", "hz")},
    **{unit: unit for unit in ("db", "dba", "dbm")},
}

# Words that change nothing; `sht` and the like name the chip that measures.
_IDLE = frozenset(
    (
        "sensor",
        "value",
        "val",
        "reading",
        "measured",
        "measurement",
        "air",
        "room",
        "indoor",
        "ambient",
        "relative",
        "status",
        "state",
        "level",
        "concentration",
        "sht",
        "sht31",
        "sht40",
        "bme280",
        "bmp280",
        "scd30",
        "scd41",
        "scd",
        "bme",
        "bmp",
        "bme680",
        "dht",
        "dht22",
    )
)
_CONDITION = frozenset({"status", "state"})  # `Bat_status` 0 to 3 is no charge, `temperature_sensor_status` no degree
_LEVEL_OF = frozenset({"battery", "noise"})  # "light level" and "sound level" are figures of their own
_PAIRS = {
    ("battery", "volt"): "battery volt",
    ("volt", "battery"): "battery volt",
    ("power", "factor"): "power factor",
}
_BY_UNIT = {
    ("battery", "v"): "battery volt",
    ("battery", "mv"): "battery volt",
    ("tvoc", "ugm3"): "tvoc mass",
    ("tvoc", "mgm3"): "tvoc mass",
}
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zµμ]+|\d+|%")
_DECIMAL = re.compile(r"(?<=\d)[._,](?=\d)")  # pm1_0 is not pm10
_LONGEST_NAME = 60
_MOST_JOINED = 4


def read_name(*names: str) -> Said | None:
    """What a name says, or what several together do (a key in an object: `read_name("climate", "temp")`)."""
    text = " ".join(names)
    if len(text) > _LONGEST_NAME:
        return None
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    unmarked = "".join(letter for letter in plain if not unicodedata.combining(letter))
    tokens = [token.lower() for token in _TOKEN.findall(_DECIMAL.sub("p", unmarked))]
    subjects: list[str] = []
    units: list[str] = []
    at = 0
    while at < len(tokens):
        step = _read(tokens, at, subjects, units)
        if step == 0:
            return None
        at += step
    return _conclude(subjects, units, tokens)


def _read(tokens: Sequence[str], at: int, subjects: list[str], units: list[str]) -> int:
    """How many tokens from `at` are understood; the longest word wins. Changes `subjects` and `units`."""
    for count in range(min(_MOST_JOINED, len(tokens) - at), 0, -1):
        word = "".join(tokens[at : at + count])
        subject = _WORDS.get(word)
        unit = "pct" if word == "%" else _UNITS.get(word)
        if unit is not None and subjects and not units:
            units.append(unit)
            return count
        if subject is not None:
            if subject not in subjects:
                subjects.append(subject)
            return count
        if word in _IDLE:
            return count
    return 0


def _conclude(subjects: list[str], units: list[str], tokens: Sequence[str]) -> Said | None:
    subject = _PAIRS.get((subjects[0], subjects[1])) if len(subjects) == 2 else None  # noqa: PLR2004
    if subject is None and len(subjects) == 1:
        subject = subjects[0]
    if units and (subject, units[0]) in _BY_UNIT:
        subject = _BY_UNIT[subject or "", units[0]]
    if subject is None or ("level" in tokens and subject not in _LEVEL_OF):
        return None
    quantity, scales = _SUBJECTS[subject]
    if _CONDITION & set(tokens) and QUANTITIES[quantity].kind is not Kind.STATE:
        return None
    unit = units[0] if units else ""
    return Said(subject, quantity, scales[unit], unit) if unit in scales else None


def unit_by_value(said: Said, value: float) -> tuple[str, Scale] | None:
    """Quantity and scale where the name leaves the unit open and the value can only be one thing; else None."""
    if said.scale is not None:
        return said.quantity, said.scale
    if said.subject == "battery":
        return _battery(value)
    for low, high, quantity, scale in _BY_VALUE.get(said.subject, ()):
        if low <= value <= high:
            return quantity, scale
    return None


# subject -> (from, to, quantity, scale); gaps between are left to a person.
_BY_VALUE: dict[str, tuple[tuple[float, float, str, Scale], ...]] = {
    "temperature": ((-40, 48, "temperature_c", _ONE),),  # above, it may be a cold day in Fahrenheit
    "humidity": ((1.01, 1e9, "humidity_pct", _ONE),),  # up to 1 it may be a fraction
    "pressure": (
        (850, 1100, "pressure_hpa", _ONE),
        (85, 110, "pressure_hpa", (10, 1, 0)),
        (85_000, 110_000, "pressure_hpa", (1, 100, 0)),
    ),
    "battery volt": ((1.5, 20, "battery_v", _ONE), (1500, 20_000, "battery_v", (1, 1000, 0))),
    "volt": ((80, 500, "voltage_v", _ONE),),
    "power factor": ((-1, 1, "power_factor", _ONE),),
    "power": ((1.01, 100_000, "power_w", _ONE), (0.01, 0.99, "power_w", _ONE)),  # 0 and 1 may be off and on
}


_BATTERY_V = (1.5, 4.5)
_BATTERY_MV = (1500, 20_000)
_FULL_PCT = 100


def _battery(value: float) -> tuple[str, Scale] | None:
    """`battery` without a unit: percent, volts (never whole) or millivolts."""
    if _BATTERY_MV[0] <= value <= _BATTERY_MV[1]:
        return "battery_v", (1, 1000, 0)
    if _BATTERY_V[0] <= value <= _BATTERY_V[1] and not value.is_integer():
        return "battery_v", _ONE
    if _BATTERY_V[0] <= value <= _BATTERY_V[1]:
        return None  # 3 % or 3 V
    return ("battery_pct", _ONE) if 0 <= value <= _FULL_PCT else None
