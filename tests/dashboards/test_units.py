"""Every quantity has a unit Grafana knows, and keeps its own decimals."""

import json

import pytest

from dashboards.language import Say
from dashboards.looks import look
from dashboards.units import decimals, grafana_unit, heading
from tests.dashboards.test_json import SCHEMAS
from wire.quantities import QUANTITIES, Kind

LITERALLY = {
    "co2_ppm": "ppm",
    "temperature_c": "celsius",
    "humidity_pct": "percent",
    "noise_dba": "suffix: dBA",
    "pm25_ugm3": "conμgm3",
    "energy_kwh": "kwatth",
    "power_w": "watt",
    "rssi_dbm": "dBm",
    "lamp_hours_h": "h",
    "input_source": "string",
}


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_quantity_has_a_unit_and_a_look(quantity: str) -> None:
    assert grafana_unit(quantity)
    assert decimals(quantity) == QUANTITIES[quantity].decimals
    if QUANTITIES[quantity].kind is not Kind.TEXT:
        assert look(quantity).unit == grafana_unit(quantity)


@pytest.mark.parametrize(("quantity", "unit"), LITERALLY.items())
def test_units_literally(quantity: str, unit: str) -> None:
    assert grafana_unit(quantity) == unit


def test_units_are_those_of_grafana_s_own_list() -> None:
    if not SCHEMAS.is_dir():
        pytest.skip(f"needs {SCHEMAS}")
    document = json.loads((SCHEMAS / "units.jsonschema.json").read_text(encoding="utf-8"))
    known = {each["const"] for each in document["definitions"].values()}
    ours = {grafana_unit(quantity) for quantity in QUANTITIES}
    assert {unit for unit in ours if not unit.startswith("suffix:")} <= known


def test_a_heading_carries_the_unit() -> None:
    assert heading("co2_ppm", Say("en")) == "CO₂ (ppm)"
    assert heading("temperature_c", Say("vi")) == "Nhiệt độ (°C)"
    assert heading("people_count", Say("en")) == "People"
