"""How Grafana names each quantity's unit, and how many decimals a person can use; quantities only from wire.quantities.

A unit Grafana has no word for is written as it stands ("suffix:"), so that dBA is never shown as dB.
"""

from dashboards.language import Say
from wire.quantities import QUANTITIES, Kind

_BY_SYMBOL = {
    "ppm": "ppm",
    "ppb": "conppb",
    "°C": "celsius",
    "%": "percent",
    "lx": "lux",
    "dBA": "suffix: dBA",
    "µg/m³": "conμgm3",  # Grafana writes the Greek letter, the table of quantities the micro sign
    "hPa": "pressurehpa",
    "V": "volt",
    "A": "amp",
    "W": "watt",
    "kWh": "kwatth",
    "Hz": "hertz",
    "dBm": "dBm",
    "dB": "dB",
    "VA": "voltamp",
    "var": "voltampreact",
    "mm": "lengthmm",
    "h": "h",
    "": "none",
}

NUMBER, PER_HOUR, SECONDS, MILLISECONDS, BYTES, PERCENT = "none", "suffix: /h", "s", "ms", "bytes", "percent"


def grafana_unit(quantity: str) -> str:
    """Raises KeyError for a quantity or a unit nobody has told Grafana's word for."""
    row = QUANTITIES[quantity]
    return "string" if row.kind is Kind.TEXT else _BY_SYMBOL[row.unit]


def decimals(quantity: str) -> int:
    return QUANTITIES[quantity].decimals


def heading(quantity: str, say: Say) -> str:
    """A column's name, with its unit: "CO₂ (ppm)"."""
    row = QUANTITIES[quantity]
    words = say.text(row.meaning)
    return f"{words} ({row.unit})" if row.unit else words
