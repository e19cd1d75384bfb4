"""What a name given by a person tells of a measurement, with or without its unit: "Living Room Temperature". Pure.

Unlike edge.dialects.key_names, words that are not known may stand beside those that are; where a word says that it is
no measurement of the room (a target, a limit, a dew point, an estimate), the name says nothing.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from edge.dialects.measures import by_unit, takes
from edge.dialects.spellings import SPELLINGS, apart

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SEPARATED, _CAMEL = re.compile(r"[^A-Za-z0-9]+"), re.compile(r"(?<=[a-z])(?=[A-Z])")
_DECIMAL = re.compile(r"(?<=\d)[._,](?=\d)")
_DUST = re.compile(r"(?<![a-z0-9])pm ?(1p0|2p5|4p0|10p0|25|10|1|4)(?![a-z0-9])")
_LONGEST = 200


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_MEASUREMENT = _words(
    "set setpoint preset target desired wanted hysteresis threshold limit limits offset calibration correction "
    "min max minimum maximum average "
    "avg mean dew dewpoint absolute feels apparent heat index count number diff difference delta gradient "
    "forecast outlook eco2 equivalent estimated estimate tendency interval age uptime raw adc reference "
    "peak highest lowest predicted prediction tomorrow trend change rated nominal deviation stddev median tolerance "
    "deadband freezing chill "
    "dat nguong soll sollwert mittelwert grenzwert taupunkt"  # "dat": đặt (set), and đất (the soil)
)
# cài đặt, mục tiêu, mong muốn; tối đa, tối thiểu, cao nhất, thấp nhất, giới hạn; trung bình; dự báo, ước tính; …
_NO_MEASUREMENT_PHRASES = tuple(
    frozenset(phrase.split())
    for phrase in (
        "muc tieu",
        "mong muon",
        "toi da",
        "toi thieu",
        "cao nhat",
        "thap nhat",
        "lon nhat",
        "nho nhat",
        "gioi han",
        "trung binh",
        "du bao",
        "uoc tinh",
        "hieu chinh",
        "diem suong",
    )
)
_PEOPLE, _COUNTED = _words("people persons occupants"), _words("count number")
_INSIDE = _words("internal cpu chip soc mcu esp32 esp8266 board processor core device")


def _kinds() -> Iterator[tuple[frozenset[str], str]]:
    """In the order in which they are looked for: the voltage of a battery before its charge."""
    spelt = {subject: apart(subject) for subject in SPELLINGS}
    for subject, kind in (
        ("battery volt", "battery_voltage"),
        ("battery", "battery"),
        ("power factor", "power_factor"),
        (("apparent power",), "apparent_power"),
        (("reactive power",), "reactive_power"),
        ("co2", "carbon_dioxide"),
        (("carbon monoxide",), "carbon_monoxide"),
        ("temperature", "temperature"),
        ("humidity", "humidity"),
        ("illuminance", "illuminance"),
        ("noise", "sound_pressure"),
        (("sound",), "sound_pressure"),
        ("pressure", "atmospheric_pressure"),
        ("formaldehyde", "formaldehyde"),
        ("tvoc", "volatile_organic_compounds_parts"),
        ("ozone", "ozone"),
        ("rssi", "signal_strength"),
        (("wifi signal",), "signal_strength"),
        ("snr", "signal_to_noise"),
        (("distance",), "distance"),
        ("people", "people"),
        ("frequency", "frequency"),
    ):
        phrases = spelt[subject] if isinstance(subject, str) else tuple(map(_words, subject))
        yield from ((words, kind) for words in phrases)


_SUBJECTS = tuple(_kinds())
_BATTERY, _RETURNED = _words("battery batt bat vbat vbatt"), _words("returned export exported feed injected")
_PERIODS = _words("today yesterday daily weekly monthly yearly hourly day week month year last")
_OTHER_UNITS = _words("f fahrenheit k kelvin pa kpa psi inhg mmhg bar mv volt volts voltage klx kilolux mg ppb")
_NOT_THE_ROOM = _words("soil water nuoc oil fuel tank pool gas liquid tyre tire")

# Where the name gives no unit, what a device of its own making can only mean (Celsius is ESPHome's own).
_CERTAIN = {
    "temperature": "°C",
    "device_temperature": "°C",
    "humidity": "%",
    "carbon_dioxide": "ppm",
    "illuminance": "lx",
    "atmospheric_pressure": "hPa",
    "signal_strength": "dBm",
    "power_factor": "",
    "people": "",
    "pm1": "µg/m³",
    "pm25": "µg/m³",
    "pm4": "µg/m³",
    "pm10": "µg/m³",
}

# A unit that only one kind has, whatever the name; others need a word.
_BY_UNIT = {
    "°C": "temperature",
    "°F": "temperature",
    "lx": "illuminance",
    "W": "power",
    "kW": "power",
    "VA": "apparent_power",
    "kVA": "apparent_power",
    "var": "reactive_power",
    "kvar": "reactive_power",
    "kWh": "energy",
    "Wh": "energy",
    "V": "voltage",
    "A": "current",
    "mA": "current",
    "Hz": "frequency",
    "dBA": "sound_pressure",
    "dBm": "signal_strength",
    "hPa": "atmospheric_pressure",
    "mbar": "atmospheric_pressure",
    "Pa": "atmospheric_pressure",
    "kPa": "atmospheric_pressure",
}

_FLAG_WORDS = (
    ({"motion", "occupancy", "occupied", "presence", "pir"}, "occupancy"),
    ({"smoke"}, "smoke"),
    ({"leak", "flood", "leakage"}, "moisture"),
    ({"tamper"}, "tamper"),
    ({"vibration"}, "vibration"),
)
_OPENINGS = frozenset({"door", "window", "contact", "gate"})
_SWITCHES = frozenset({"switch", "relay", "outlet", "plug", "socket", "light", "lamp"})
_SWITCH_PARTS = _SWITCHES | {"power", "state", "on", "onoff"}


def words_of(name: str) -> frozenset[str]:
    """The words of a name, small and without marks; "CO2" and "PM2.5" stay whole."""
    plain = unicodedata.normalize("NFD", name[:_LONGEST].replace("đ", "d").replace("Đ", "D"))
    unmarked = "".join(letter for letter in plain if not unicodedata.combining(letter))
    tokens = [token.lower() for token in _TOKEN.findall(unmarked)]
    pairs = {first + second for first, second in pairwise(tokens) if second.isdecimal()}
    threes = zip(tokens, tokens[1:], tokens[2:], strict=False)
    return frozenset({*tokens, *pairs, *("eco2" for three in threes if three == ("e", "co", "2"))})


def says_otherwise(name: str) -> bool:
    """Whether a word says that this is no measurement: a target, a limit, an estimate."""
    words = words_of(name)
    if any(phrase <= words for phrase in _NO_MEASUREMENT_PHRASES):
        return True
    return bool(words & _NO_MEASUREMENT) and not (words & _PEOPLE and words & _NO_MEASUREMENT <= _COUNTED)


def kind_of(name: str, unit: str) -> str | None:
    """The kind a name and its unit tell together; None where they leave it open. `unit` as `unit_named` gives it."""
    words = words_of(name)
    if says_otherwise(name):
        return None
    kind = by_unit(_by_words(name, words), unit) or _BY_UNIT.get(unit)
    if kind is None or (unit and not takes(kind, unit)):
        kind = "battery_voltage" if unit in {"V", "mV"} and "battery" in words else _BY_UNIT.get(unit)
    kind = nearer(kind, words)
    elsewhere = words & _NOT_THE_ROOM and kind in {"temperature", "humidity", "atmospheric_pressure", "distance"}
    return kind if kind is not None and not elsewhere and takes(kind, unit) else None


def nearer(kind: str | None, words: frozenset[str]) -> str | None:
    """What a name makes of a kind: inside the device, of its battery, fed back; None for energy that is no register."""
    if kind == "energy" and words & _PERIODS:
        return None
    if kind == "temperature" and words & _INSIDE:
        return "device_temperature"
    if kind == "voltage" and words & _BATTERY:
        return "battery_voltage"
    if kind == "energy" and words & _RETURNED:
        return "energy_returned"
    return kind


def certain(name: str) -> tuple[str, str] | None:
    """Kind and unit of a name alone, where it cannot be mistaken."""
    words = words_of(name)
    kind = None if says_otherwise(name) else _by_words(name, words)
    if kind == "battery":
        return ("battery", "%") if words & {"level", "percent", "percentage", "soc"} else None
    kind = nearer(kind, words)
    if _apart(name) & _OTHER_UNITS or (words & {"percent", "pct", "percentage"} and kind != "humidity"):
        return None
    return (kind, _CERTAIN[kind]) if kind in _CERTAIN and not words & _NOT_THE_ROOM else None


def _apart(name: str) -> set[str]:
    """The words that stand apart ("temp_f", "tempF"): those within a serial number say nothing."""
    return set(_SEPARATED.sub(" ", _CAMEL.sub(" ", name[:_LONGEST])).lower().split())


def flag_of(name: str) -> str | None:
    """The kind of on and off a name tells (a key of STATES, or "switch"); None where its sense is open."""
    words = words_of(name)
    if says_otherwise(name):
        return None
    for said, kind in _FLAG_WORDS:
        if words & said:
            return kind
    if words & _OPENINGS and words & {"open", "opened", "opening"}:
        return "opening"
    return "switch" if words & _SWITCHES else None


def is_switch_part(name: str) -> bool:
    """Whether every word is of a switch and its position: "power", "state", "relay"."""
    words = {word for word in words_of(name) if not word[-1].isdecimal()}
    return bool(words) and words <= _SWITCH_PARTS


def _by_words(name: str, words: frozenset[str]) -> str | None:
    plain = " ".join(_TOKEN.findall(_DECIMAL.sub("p", name[:_LONGEST]))).lower()
    dust = _DUST.search(plain.replace(" p ", "p"))
    if dust:
        size = dust.group(1)
        return {"1p0": "pm1", "2p5": "pm25", "4p0": "pm4", "10p0": "pm10"}.get(size, f"pm{size}")
    for said, kind in _SUBJECTS:
        if said <= words:
            return kind
    return None
