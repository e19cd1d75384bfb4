"""Tasmota's sensor blocks: units, several sensors of one kind, phases, bridges, and what is left out."""

from typing import Any

import pytest

from edge.dialects.tasmota import Tasmota
from edge.dialects.tasmota_keys import ANYWHERE, BLOCKS, BLUETOOTH, LORAWAN, ZIGBEE
from tests.edge.dialects.test_tasmota import problems, said, sensor
from wire.quantities import QUANTITIES


def test_every_key_leads_to_a_quantity() -> None:
    tables = [ANYWHERE, BLUETOOTH, LORAWAN, ZIGBEE, *BLOCKS.values()]
    assert all(meaning.quantity in QUANTITIES for table in tables for meaning in table.values())


def test_different_sensors_are_one_device() -> None:
    body = {
        "BME280": {"Temperature": 20.7, "Humidity": 24.4, "DewPoint": -0.4, "Pressure": 1013.4},
        "PMS5003": {"CF1": 21, "CF2.5": 30, "CF10": 40, "PM1": 22, "PM2.5": 32, "PM10": 49, "PB0.3": 4146},
    }
    assert sensor(body) == {
        "a": {
            "temperature_c": 20.7,
            "humidity_pct": 24.4,
            "pressure_hpa": 1013.4,
            "pm1_ugm3": 22.0,  # the atmospheric figure, not CF1
            "pm25_ugm3": 32.0,
            "pm10_ugm3": 49.0,
        }
    }


def test_what_a_zigbee_bridge_hears_is_celsius_whatever_the_bridge_shows() -> None:
    dialect = Tasmota()
    own = {"BMP280": {"Temperature": 104, "Pressure": 760}, "TempUnit": "F", "PressureUnit": "mmHg"}
    assert sensor(own, dialect=dialect)["a"]["temperature_c"] == 40.0
    heard = {"ZbReceived": {"0x4C6D": {"Name": "room", "Temperature": 23.5, "Pressure": 1009}}}
    assert sensor(heard, dialect=dialect) == {"a-room": {"temperature_c": 23.5, "pressure_hpa": 1009.0}}
    later = {"BMP280": {"Temperature": 50, "Pressure": 760}}  # of the bridge itself, still in its units
    assert sensor(later, dialect=dialect) == {"a": {"temperature_c": 10.0, "pressure_hpa": 1013.250144}}


@pytest.mark.parametrize(
    ("said_by_device", "expected"),
    [
        ({"ZoneStatusChange": 33, "Contact": 1}, {"contact_open": 1.0}),  # as a user's log has it: opened
        ({"ZoneStatusChange": 32, "Contact": 0}, {"contact_open": 0.0}),
        ({"Contact": 1}, {}),  # from elsewhere than the zone: which way round, nobody says
        ({"Power": 1}, {"switch_on": 1.0}),
        ({"0006!00": "", "Power": 0}, {}),  # a button that orders "off" is not off
        ({"0006!02": "", "Power": 2}, {}),
    ],
)
def test_states_of_zigbee_devices(said_by_device: dict[str, Any], expected: dict[str, float]) -> None:
    heard = {"ZbReceived": {"0x662E": {"Device": "0x662E", "Name": "it", "LinkQuality": 157} | said_by_device}}
    assert sensor(heard)["a-it"] == {"link_quality": 157.0} | expected


def test_two_sensors_of_the_same_are_two_devices_and_stay_two() -> None:
    dialect = Tasmota()
    both = {"AM2301": {"Temperature": 20, "Humidity": 40}, "SI7021": {"Temperature": 21, "Humidity": 41}}
    expected = {
        "a-am2301": {"temperature_c": 20.0, "humidity_pct": 40.0},
        "a-si7021": {"temperature_c": 21.0, "humidity_pct": 41.0},
    }
    assert sensor(both, dialect=dialect) == expected
    # One of them fails: the other does not take over its name.
    assert sensor({"SI7021": both["SI7021"]}, dialect=dialect) == {"a-si7021": expected["a-si7021"]}


def test_counted_sensors_are_known_by_their_own_number() -> None:
    """DS18B20-1 is the first that answers: without the first, the second would be called so."""
    dialect = Tasmota()
    one, two = {"Id": "00000566CC39", "Temperature": 13.3}, {"Id": "0000059352D4", "Temperature": 1.2}
    expected = {"a-00000566cc39": {"temperature_c": 13.3}, "a-0000059352d4": {"temperature_c": 1.2}}
    assert sensor({"DS18B20-1": one, "DS18B20-2": two}, dialect=dialect) == expected
    assert sensor({"DS18B20": two}, dialect=dialect) == {"a-0000059352d4": {"temperature_c": 1.2}}


def test_the_old_form_of_several_probes() -> None:
    probes = {
        "DS1": {"Type": "DS18B20", "Address": "28FF4CBFA41604C4", "Temperature": 25.37},
        "DS2": {"Type": "DS18B20", "Address": "28FF1E7AA4160344", "Temperature": 20},
    }
    assert sensor({"DS18x20": probes}) == {
        "a-28ff4cbfa41604c4": {"temperature_c": 25.37},
        "a-28ff1e7aa4160344": {"temperature_c": 20.0},
    }


def test_numbered_inputs_are_channels() -> None:
    assert sensor({"ANALOG": {"Temperature1": 1.2, "Temperature2": 3.4, "Illuminance3": 5.6, "A0": 7}}) == {
        "a": {},
        "a-analog-1": {"temperature_c": 1.2},
        "a-analog-2": {"temperature_c": 3.4},
        "a-analog-3": {"illuminance_lx": 5.6},
    }


@pytest.mark.parametrize(
    ("units", "block", "expected"),
    [
        ({"TempUnit": "F"}, {"Temperature": 71.8}, {"temperature_c": 22.111111}),
        ({"TempUnit": "C"}, {"Temperature": 71.8}, {"temperature_c": 71.8}),
        ({"PressureUnit": "mmHg"}, {"Pressure": 760}, {"pressure_hpa": 1013.250144}),
        ({"PressureUnit": "inHg"}, {"Pressure": 29.92}, {"pressure_hpa": 1013.207489}),
        ({}, {"Pressure": 1013.2}, {"pressure_hpa": 1013.2}),
    ],
)
def test_units_are_those_the_message_names(
    units: dict[str, str], block: dict[str, float], expected: dict[str, float]
) -> None:
    assert sensor({"BME280": block, **units}) == {"a": pytest.approx(expected, abs=2e-6)}


def test_a_message_without_units_is_in_those_of_the_one_before() -> None:
    dialect = Tasmota()
    sensor({"SCD30": {"Temperature": 68}, "TempUnit": "F"}, dialect=dialect)
    assert sensor({"SCD30": {"Temperature": 86}}, dialect=dialect) == {"a": {"temperature_c": 30.0}}


@pytest.mark.parametrize("unit", ["K", "", 7, [], {"a": 1}])
def test_an_unknown_unit_is_no_guess(unit: object) -> None:
    found = said(Tasmota(), "tele/a/SENSOR", {"X": {"Temperature": 293}, "TempUnit": unit})
    assert [one.values for one in found] == [{}]
    assert any("unit not known" in text for text in problems(found))


def test_a_meter_of_three_phases() -> None:
    energy = {"Total": [1.2, 3.4], "Power": [100, -5, 7], "Voltage": 230, "Frequency": [50], "TotalTariff": [0.1, 0.2]}
    found = said(Tasmota(), "tele/a/SENSOR", {"ENERGY": energy})
    assert {one.device: one.values for one in found} == {
        "a": {"voltage_v": 230.0, "frequency_hz": 50.0},
        "a-l1": {"energy_kwh": 1.2, "power_w": 100.0},
        "a-l2": {"energy_kwh": 3.4, "power_w": -5.0},
        "a-l3": {"power_w": 7.0},
    }
    assert found[0].unknown == ("ENERGY.TotalTariff",)
    named = {"Total": {"Phase1": 1.2, "Phase2": 3.4}, "Today": 0.1}
    assert sensor({"ENERGY": named}) == {"a-l1": {"energy_kwh": 1.2}, "a-l2": {"energy_kwh": 3.4}}


def test_current_clamps_on_analogue_inputs() -> None:
    clamp = {"Energy": 0.5, "Power": 2300, "Voltage": 230, "Current": 10}
    values = {"energy_kwh": 0.5, "power_w": 2300.0, "voltage_v": 230.0, "current_a": 10.0}
    assert sensor({"ANALOG": {"CTEnergy1": clamp}}) == {"a": values}
    assert set(sensor({"ANALOG": {"CTEnergy1": clamp, "CTEnergy2": clamp}})) == {
        "a-analog-ctenergy1",
        "a-analog-ctenergy2",
    }


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"SR04": {"Distance": 16.754}}, {"distance_mm": 167.54}),  # cm
        ({"VL53L0X": {"Distance": 263}}, {"distance_mm": 263.0}),  # mm
        ({"ESP32": {"Temperature": 41.7}}, {"device_temperature_c": 41.7}),
        ({"MHZ19B": {"Model": "B", "CarbonDioxide": 424, "Temperature": 19}},
         {"co2_ppm": 424.0, "device_temperature_c": 19.0}),
        ({"SPS30": {"PM1_0": 1, "PM2_5": 2, "PM4_0": 3, "PM10": 4, "NCPM0_5": 5}},
         {"pm1_ugm3": 1.0, "pm25_ugm3": 2.0, "pm4_ugm3": 3.0, "pm10_ugm3": 4.0}),
        ({"SGP30": {"eCO2": 400, "TVOC": 12}}, {"tvoc_ppb": 12.0}),  # eCO2 is an estimate
        ({"SonoffSC": {"Temperature": 23, "Humidity": 70, "Light": 20, "Noise": 10, "AirQuality": 100}},
         {"temperature_c": 23.0, "humidity_pct": 70.0}),
        ({"LD2410": {"Distance": [200.0, 181.0], "Energy": [13, 100]}}, {}),
        ({"AS3935": {"Event": 4, "Distance": 12, "Energy": 58622}}, {}),  # a storm's, in km
        ({"MLX90614": {"OBJTMP": 23.8, "AMBTMP": 22.7}}, {}),
        ({"Switch1": "ON"}, {}),  # a wall switch, a motion detector, a door: a mapping says which
    ],
)  # fmt: skip
def test_what_blocks_mean(block: dict[str, Any], expected: dict[str, float]) -> None:
    found = said(Tasmota(), "tele/a/SENSOR", block)
    assert [one.values for one in found] == [expected]
    assert problems(found) == []
    assert expected or found[0].unknown


def test_one_block_does_not_change_what_another_means() -> None:
    dialect = Tasmota()
    sensor({"ESP32": {"Temperature": 41.7}, "SR04": {"Distance": 5}}, dialect=dialect)
    assert sensor({"BME280": {"Temperature": 20}}, dialect=dialect) == {"a": {"temperature_c": 20.0}}


def test_bluetooth_sensors_are_devices_of_their_own() -> None:
    body = {"LYWSD03-52680f": {"Temperature": 21.1, "Humidity": 58.0, "Battery": 100}}
    values = {"temperature_c": 21.1, "humidity_pct": 58.0, "battery_pct": 100.0}
    assert sensor(body) == {"a-lywsd03-52680f": values}
    flora = {"Flora-6ab577": {"Temperature": 21.7, "Illuminance": 21, "Humidity": 3, "Fertility": 0}}
    values = {"temperature_c": 21.7, "illuminance_lx": 21.0}
    assert {key: one for key, one in sensor(flora).items() if one} == {"a-flora-6ab577": values}  # not the earth's


def test_what_bridges_hear() -> None:
    zigbee = {"0x2916": {"Device": "0x2916", "Name": "Kitchen", "Temperature": 25.72, "Pressure": 760, "Battery": 98}}
    zigbee["0x2916"] |= {"PressureUnit": "mmHg", "LinkQuality": 116, "Illuminance": 21000, "Occupancy": 1}
    found = said(Tasmota(), "tele/a/SENSOR", {"ZbReceived": zigbee})
    assert {one.device: one.values for one in found if one.values} == {
        "a-kitchen": {
            "temperature_c": 25.72,
            "pressure_hpa": pytest.approx(1013.250144, abs=1e-5),
            "battery_pct": 98.0,
            "link_quality": 116.0,
            "occupancy": 1.0,
        }
    }
    assert found[0].unknown == ("ZbReceived.0x2916.Illuminance",)  # the raw logarithm
    lora = said(Tasmota(), "tele/a/SENSOR", {"LwReceived": {"0x4AD6": {"RSSI": -50.0, "SNR": 12.0, "DoorOpen": 1}}})
    assert [one.values for one in lora] == [{"rssi_dbm": -50.0, "snr_db": 12.0, "contact_open": 1.0}]
    assert [event.data for event in lora[0].events] == [{"open": True, "first": True}]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("warm", "not a number"),
        (True, "not a number"),
        (1e9, "is outside -40 to 85"),
        (-127, "is outside -40 to 85"),  # DS18B20 without a wire
        ("1,234", "thousands or decimals"),
    ],
)
def test_figures_that_cannot_be_are_problems(raw: object, reason: str) -> None:
    found = said(Tasmota(), "tele/a/SENSOR", {"DS18B20": {"Temperature": raw}})
    assert [one.values for one in found] == [{}]
    assert "DS18B20.Temperature: " in problems(found)[0]
    assert reason in problems(found)[0]


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"DS18B20": {"Temperature": 85.0}}, "before it has measured"),
        ({"DS18B20-2": {"Id": "00000566CC39", "Temperature": 85}}, "before it has measured"),
        ({"DS18B20": {"Temperature": 185.0}, "TempUnit": "F"}, "before it has measured"),
        ({"MHZ19B": {"CarbonDioxide": 0}}, "not measured yet"),
    ],
)
def test_what_sensors_say_before_they_measure_is_no_reading(block: dict[str, Any], reason: str) -> None:
    found = said(Tasmota(), "tele/a/SENSOR", block)
    assert [one.values for one in found] == [{}]
    assert reason in problems(found)[0]


def test_nested_where_flat_was_expected_and_null() -> None:
    found = said(
        Tasmota(), "tele/a/SENSOR", {"X": {"Temperature": {"Value": 21}, "Humidity": None}, "Humidity": {"y": 1}}
    )
    assert [(one.values, one.unknown) for one in found] == [({}, ("X.Temperature.Value", "Humidity.y"))]


def test_numbers_as_text_are_numbers() -> None:
    assert sensor({"DHT11": {"Temperature": "21,5", "Humidity": "40"}}) == {
        "a": {"temperature_c": 21.5, "humidity_pct": 40.0}
    }


def test_figures_of_before_version_6() -> None:
    found = said(Tasmota(), "tele/a/ENERGY", {"Total": 0.64, "Today": 0.003, "Power": 3, "Factor": 0.5, "Voltage": 221})
    values = {"energy_kwh": 0.64, "power_w": 3.0, "power_factor": 0.5, "voltage_v": 221.0}
    assert [one.values for one in found] == [values]
    assert sensor({"Time": "2017-10-02T19:26:06", "Temperature": 20.0, "Luft": {"Feuchtigkeit": 40}}) == {
        "a": {"temperature_c": 20.0, "humidity_pct": 40.0}
    }
