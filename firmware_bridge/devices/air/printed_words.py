"""Names and units in which sketches print climate and CO₂, and what a figure with them is in our units."""

import math
import re
import unicodedata

import msgspec

from wire.quantities import QUANTITIES
from wire.text import Text

CO2, TEMPERATURE, HUMIDITY, PRESSURE = "co2_ppm", "temperature_c", "humidity_pct", "pressure_hpa"

_NAMES = {
    CO2: "co2 carbondioxide carbondioxideconcentration co2concentration nongdoco2",
    TEMPERATURE: "t ta temp temperature tempc tempf nhietdo airtemperature ambienttemperature",
    HUMIDITY: "h rh hum humi humid humidity relativehumidity doam doamtuongdoi",
    PRESSURE: "p pres press pressure barometricpressure baro apsuat airpressure",
}
NAMES = {name: quantity for quantity, names in _NAMES.items() for name in names.split()}
SILENT = frozenset(
    {
        "altitude",
        "approxaltitude",
        "alt",
        "dewpoint",
        "heatindex",
        "time",
        "timestamp",
        "millis",
        "uptime",
        "ms",
        "seq",
        "id",
        "count",
        "n",
        "index",
        "gas",
        "gasresistance",
        "vdd",
        "battery",
        "voltage",
        "status",
        "error",
        "serial",
        "serialnumber",
        "version",
        "firmware",
    }
)
"""Known, and not ours to hand on: what is computed from other figures, or says when and who."""

_UNITS = {
    "c": "°C", "°c": "°C", "*c": "°C", "degc": "°C", "celsius": "°C", "℃": "°C", "ºc": "°C", "degreesc": "°C",
    "degreescelsius": "°C", "degreec": "°C", "degcelsius": "°C", "°celsius": "°C",
    "f": "°F", "°f": "°F", "*f": "°F", "degf": "°F", "fahrenheit": "°F", "℉": "°F", "ºf": "°F", "degreesf": "°F",
    "degreesfahrenheit": "°F", "degreef": "°F", "degfahrenheit": "°F", "°fahrenheit": "°F",
    "k": "K", "kelvin": "K",
    "%": "%", "%rh": "%", "rh": "%", "pct": "%", "percent": "%", "rh%": "%",
    "ppm": "ppm",
    "hpa": "hPa", "mbar": "hPa", "mb": "hPa", "pa": "Pa", "kpa": "kPa",
}  # fmt: skip
_OWN = {CO2: {"ppm"}, TEMPERATURE: {"°C", "°F", "K"}, HUMIDITY: {"%"}, PRESSURE: {"hPa", "Pa", "kPa"}}
_HOTTEST_C = 50.0  # above, a figure without a unit may as well be Fahrenheit
_LEAST_CO2_PPM = 200.0  # half of outdoor air: below, "1.612" means thousands, or the columns stand otherwise
_LEAST_HUMIDITY_PCT = 1.0  # at or below, a share instead of a percentage, or a sensor that does not answer
_ROUND = 3


class Named(msgspec.Struct, frozen=True):
    """A name that stands for a quantity; `unit` where the name says it (`temp_f`, `pressure_pa`)."""

    quantity: str
    unit: str = ""


def plain(name: str) -> str:
    """Letters and digits only, without case, accents and small figures: "CO₂ concentration" is co2concentration."""
    decomposed = unicodedata.normalize("NFKD", name).replace("đ", "d").replace("Đ", "d")
    return "".join(letter for letter in decomposed.lower() if letter.isascii() and letter.isalnum())


def named(name: str) -> Named | None:
    """What a name stands for; None where nobody knows."""
    whole = plain(name)
    if whole in NAMES:
        return Named(NAMES[whole], "°F" if whole == "tempf" else "")
    stem, _, last = re.sub(r"[\s_.\-/]+", "_", name.strip()).rpartition("_")
    quantity, said = NAMES.get(plain(stem), ""), unit(last)
    return Named(quantity, said) if quantity and said in _OWN[quantity] else None


def is_silent(name: str) -> bool:
    return plain(name) in SILENT


def unit(word: str) -> str:
    """The unit a word means; empty where it is none."""
    return _UNITS.get(re.sub(r"[\s.]", "", word).lower(), "")


def in_our_unit(quantity: str, figure: float, said: str) -> float | Text:
    """The value, or why it cannot be one. `said` is a unit, or empty where the line gives none."""
    if said and said not in _OWN[quantity]:
        return Text(f"{quantity} theo đơn vị {said}", f"{quantity} in {said}")
    if quantity == TEMPERATURE:
        value = _celsius(figure, said)
    elif quantity == PRESSURE:
        value = _hectopascals(figure, said)
    else:
        value = figure
    if value is None:
        return Text(f"{quantity} {figure:g} không rõ đơn vị", f"{quantity} {figure:g}: the unit cannot be told")
    least = {CO2: _LEAST_CO2_PPM, HUMIDITY: _LEAST_HUMIDITY_PCT}.get(quantity, -math.inf)
    if not QUANTITIES[quantity].accepts(value) or (value <= least and not (quantity == CO2 and value == 0)):
        return Text(f"{quantity} {value:g} không thể có", f"{quantity} {value:g} is impossible")
    return value


def _celsius(figure: float, said: str) -> float | None:
    match said:
        case "°F":
            return round((figure - 32) / 1.8, _ROUND)
        case "K":
            return round(figure - 273.15, _ROUND)
        case "°C":
            return figure
    return figure if figure <= _HOTTEST_C else None


def _hectopascals(figure: float, said: str) -> float | None:
    pressure = QUANTITIES[PRESSURE]
    factors = {"hPa": 1.0, "Pa": 0.01, "kPa": 10.0}
    if said:
        return round(figure * factors[said], _ROUND)
    if pressure.accepts(figure):
        return figure
    return round(figure / 100, _ROUND) if pressure.accepts(figure / 100) else None
