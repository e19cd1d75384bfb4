"""Kinds, units and words: what becomes which quantity, and what stays open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.figures import Refused
from edge.dialects.measures import KINDS, STATES, convert, unit_named
from edge.dialects.name_words import certain, flag_of, is_switch_part, kind_of
from tests.edge.dialects.messages import MORE
from wire.quantities import QUANTITIES, Kind


@pytest.mark.parametrize(
    ("kind", "unit", "number", "expected"),
    [
        ("temperature", "°C", 21.5, ("temperature_c", 21.5)),
        ("temperature", "°F", 71.6, ("temperature_c", 22.0)),
        ("temperature", "K", 295.15, ("temperature_c", 22.0)),
        ("power", "kW", 1.2, ("power_w", 1200.0)),
        ("power", "mW", 1500.0, ("power_w", 1.5)),
        ("power", "MW", 0.01, ("power_w", 10_000.0)),
        ("energy", "Wh", 1234.0, ("energy_kwh", 1.234)),
        ("energy", "MJ", 3.6, ("energy_kwh", 1.0)),
        ("current", "mA", 123.0, ("current_a", 0.123)),
        ("battery_voltage", "mV", 2985.0, ("battery_v", 2.985)),
        ("atmospheric_pressure", "mbar", 1013.2, ("pressure_hpa", 1013.2)),
        ("atmospheric_pressure", "kPa", 101.32, ("pressure_hpa", 1013.2)),
        ("atmospheric_pressure", "inHg", 29.92, ("pressure_hpa", pytest.approx(1013.2, abs=0.05))),
        ("power_factor", "%", 98.0, ("power_factor", 0.98)),
        ("pm25", "mg/m³", 0.012, ("pm25_ugm3", 12.0)),
        ("volatile_organic_compounds_parts", "ppm", 0.25, ("tvoc_ppb", 250.0)),
        ("distance", "cm", 12.5, ("distance_mm", 125.0)),
    ],
)
def test_units_are_converted(kind: str, unit: str, number: float, expected: tuple[str, float]) -> None:
    assert convert(kind, unit, number) == expected


@pytest.mark.parametrize(
    ("kind", "unit", "number"),
    [
        ("volatile_organic_compounds", "µg/m³", 120.0),  # a mass of mixed gases is no number of molecules
        ("ozone", "µg/m³", 40.0),
        ("temperature", "", 21.0),
        ("temperature", "%", 21.0),
        ("pressure", "bar", 2.4),  # water: no air has it
        ("humidity", "%", 130.0),
        ("temperature", "°C", -127.0),  # a DS18B20 without its wire
        ("carbon_dioxide", "ppm", 65535.0),
    ],
)
def test_what_cannot_be_is_refused(kind: str, unit: str, number: float) -> None:
    with pytest.raises(Refused):
        convert(kind, unit, number)


def test_units_in_other_spellings() -> None:
    for raw, symbol in {
        "Â°C": "°C",
        "degC": "°C",
        "℉": "°F",
        " ": "",
        "μg/m³": "µg/m³",
        "ug/m3": "µg/m³",
        "%RH": "%",
        "KWH": "kWh",
        "mW": "mW",
        "MW": "MW",
        "MWh": "MWh",
        "Lux": "lx",
    }.items():
        assert unit_named(raw) == symbol, raw
    assert unit_named("mw") == "mw"  # a thousandth or a million: nobody knows
    assert unit_named(None) == unit_named(5) == ""
    assert len(unit_named("x" * 500)) <= 24


def test_every_kind_is_a_quantity_of_the_table() -> None:
    assert {quantity for quantity, _ in KINDS.values()} <= set(QUANTITIES)
    assert all(QUANTITIES[quantity].kind is Kind.STATE for quantity in STATES.values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("living_room_co2", ("carbon_dioxide", "ppm")),
        ("Nhiệt độ phòng 101", ("temperature", "°C")),
        ("scd4x_e05e2f073b4d_co2", ("carbon_dioxide", "ppm")),
        ("pm_2_5", ("pm25", "µg/m³")),
        ("PM2.5", ("pm25", "µg/m³")),
        ("pm__2_5_m_weight_concentration", ("pm25", "µg/m³")),
        ("pm_10_0", ("pm10", "µg/m³")),
        ("pm_1_0", ("pm1", "µg/m³")),
        ("esp32_internal_temperature", ("device_temperature", "°C")),
        ("battery_level", ("battery", "%")),
        ("bme280_pressure", ("atmospheric_pressure", "hPa")),
        ("wifi_signal", ("signal_strength", "dBm")),
        ("battery", None),  # percent or volts
        ("room_temp_f", None),
        ("roomTempF", None),
        ("temperature_voltage", None),
        ("pressure_kpa", None),
        ("illuminance_percent", None),
        ("humidity_percent", ("humidity", "%")),
        ("eco2", None),  # an estimate out of other gases
        ("eCO2", None),
        ("voc", None),
        ("power", None),
        ("target_temperature", None),
        ("temperature_offset", None),
        ("dew_point_temperature", None),
        ("soil_humidity", None),
        ("pm_2_5_count", None),
        ("uptime", None),
        ("", None),
    ],
)
def test_names_that_cannot_be_mistaken(name: str, expected: tuple[str, str] | None) -> None:
    assert certain(name) == expected


@pytest.mark.parametrize(
    ("name", "unit", "kind"),
    [
        ("Engine temperature", "°F", "temperature"),
        ("Room", "°C", "temperature"),
        ("room humidity", "%", "humidity"),
        ("level", "%", None),
        ("battery", "%", "battery"),
        ("battery", "V", "battery_voltage"),
        ("Battery Voltage", "mV", "battery_voltage"),
        ("L1", "V", "voltage"),
        ("air", "ppm", None),
        ("CO2 sensor", "ppm", "carbon_dioxide"),
        ("Carbon monoxide", "ppm", "carbon_monoxide"),
        ("exported", "kWh", "energy_returned"),
        ("total", "kWh", "energy"),
        ("Energy yesterday", "kWh", None),  # no register: its differences would be no consumption
        ("people inside", "#", "people"),
        ("boots", "#", None),
        ("setpoint", "°C", None),
        ("oil", "°C", None),
        ("Nhiệt độ phòng", "°C", "temperature"),
        ("Nhiệt độ cài đặt", "°C", None),
        ("Nhiệt độ mục tiêu", "°C", None),
        ("Nhiệt độ đất", "°C", None),
        ("Nhiệt độ nước", "°C", None),
        ("Độ ẩm trung bình", "%", None),
        ("Độ ẩm cao nhất", "%", None),
        ("Ngưỡng CO2", "ppm", None),
        ("Temperatur Soll", "°C", None),
        ("Rated power", "W", None),
        ("Temperature trend", "°C", None),
        ("Predicted temperature", "°C", None),
        ("Wind chill", "°C", None),
        ("anything", "", None),
    ],
)
def test_a_unit_and_words_together(name: str, unit: str, kind: str | None) -> None:
    assert kind_of(name, unit) == kind


def test_flags_by_their_words() -> None:
    assert flag_of("door open") == "opening"
    assert flag_of("door") is None  # true: open, or closed?
    assert flag_of("Motion PIR") == "occupancy"
    assert flag_of("relay 2") == "switch"
    assert flag_of("smoke threshold") is None
    assert is_switch_part("relay1")
    assert not is_switch_part("motion")


@MORE
@given(st.text(max_size=300), st.text(max_size=40))
def test_any_name_is_survived(name: str, unit: str) -> None:
    found = certain(name)
    assert found is None or found[0] in KINDS
    kind = kind_of(name, unit_named(unit))
    assert kind is None or kind in KINDS
    assert flag_of(name) in {*STATES, "switch", None}
