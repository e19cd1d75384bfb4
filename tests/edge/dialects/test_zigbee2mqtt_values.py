"""Zigbee2MQTT: values in our units, channels, times."""

from typing import Any

import pytest

from edge.dialects.zigbee2mqtt import Zigbee2Mqtt
from tests.edge.dialects.messages import IEEE, device, knowing, numeric, state, values


def test_climate_and_air() -> None:
    sent: dict[str, Any] = {
        "temperature": 27.34,
        "humidity": 44.72,
        "co2": 812,
        "pm25": 7,
        "pm10": 9,
        "pm1": 4,
        "pressure": 1009.8,
    }
    assert values(**sent, noise=41.5, linkquality=96) == {
        "temperature_c": 27.34,
        "humidity_pct": 44.72,
        "co2_ppm": 812.0,
        "pm25_ugm3": 7.0,
        "pm10_ugm3": 9.0,
        "pm1_ugm3": 4.0,
        "pressure_hpa": 1009.8,
        "noise_dba": 41.5,
        "link_quality": 96.0,
    }


def test_fahrenheit_is_converted_whoever_says_so() -> None:
    assert values(temperature=77, temperature_unit="fahrenheit") == {"temperature_c": 25.0}
    known = knowing(device("a", [numeric("temperature", "°F")]))
    assert values(known=known, temperature=71.8) == {"temperature_c": 22.111111}
    assert values(temperature=25.9, temperature_unit="celsius") == {"temperature_c": 25.9}
    (decoded,) = state(Zigbee2Mqtt(), "a", temperature=300, temperature_unit="kelvin")
    assert decoded.values == {}
    assert "kelvin" in decoded.problems[0].en


def test_what_a_display_shows_does_not_change_the_unit_of_a_value() -> None:
    """SNZB-02D and Tuya send °C whatever their display is set to."""
    known = knowing(device("a", [numeric("temperature", "°C")]))
    assert values(known=known, temperature=23.4, temperature_unit="fahrenheit") == {"temperature_c": 23.4}
    assert values(known=known, temperature=77, temperature_unit="fahrenheit") == {"temperature_c": 25.0}
    for dialect, sent in ((Zigbee2Mqtt(), 23.4), (Zigbee2Mqtt(), 55), (known, 55)):
        (decoded,) = state(dialect, "a", temperature=sent, temperature_unit="fahrenheit")
        assert decoded.values == {}
        assert "may be °C or °F" in decoded.problems[0].en


def test_numbers_as_text_are_read_as_everywhere() -> None:
    assert values(temperature="21,5", humidity="40.5") == {"temperature_c": 21.5, "humidity_pct": 40.5}
    for wrong in ("1_0", "٣", "1,234", "0x10", "infinity"):
        (decoded,) = state(Zigbee2Mqtt(), "a", temperature=wrong)
        assert decoded.values == {}, wrong


def test_two_keys_of_one_quantity_are_not_mixed() -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", local_temperature=21.5, temperature=35)
    assert decoded.values == {"temperature_c": 21.5}
    assert decoded.problems[0].en == "temperature: temperature_c is 21.5 already; 35 is ignored"
    assert values(frequency=50, ac_frequency=50) == {"frequency_hz": 50.0}


def test_light_in_lux_and_the_old_raw_figure() -> None:
    assert values(illuminance=312) == {"illuminance_lx": 312.0}
    old = state(Zigbee2Mqtt(), "a", illuminance=21461, illuminance_lux=140)[0]
    assert old.values == {"illuminance_lx": 140.0}
    assert old.unknown == ("illuminance",)
    raw = state(knowing(device("a", [numeric("illuminance")])), "a", illuminance=21461)[0]
    assert (raw.values, raw.unknown) == ({}, ("illuminance",))
    known = knowing(device("a", [numeric("illuminance", "lx")]))
    assert values(known=known, illuminance=140) == {"illuminance_lx": 140.0}


@pytest.mark.parametrize(
    ("key", "unit", "sent", "quantity", "value"),
    [
        ("voc", "ppb", 120, "tvoc_ppb", 120.0),
        ("voc", "ppm", 0.12, "tvoc_ppb", 120.0),
        ("pressure", "kPa", 100.98, "pressure_hpa", 1009.8),
        ("power", "kW", 1.5, "power_w", 1500.0),
        ("current", "mA", 345, "current_a", 0.345),
        ("energy", "Wh", 912, "energy_kwh", 0.912),
        ("energy", "kWh", 3.185, "energy_kwh", 3.185),
        ("pm25", "mg/m³", 0.035, "pm25_ugm3", 35.0),
        ("power_factor", "%", 95, "power_factor", 0.95),
        ("ac_frequency", "Hz", 50.01, "frequency_hz", 50.01),
    ],
)
def test_units_of_the_definition_are_converted(key: str, unit: str, sent: float, quantity: str, value: float) -> None:
    known = knowing(device("a", [numeric(key, unit)], "Mains (single phase)"))
    assert values(known=known, **{key: sent}) == {quantity: pytest.approx(value)}


def test_a_unit_that_cannot_be_converted_is_no_value() -> None:
    (decoded,) = state(knowing(device("a", [numeric("voc", "IAQ")])), "a", voc=120, humidity=40)
    assert decoded.values == {"humidity_pct": 40.0}
    assert decoded.problems[0].en == "voc: unit 'IAQ' cannot be converted"
    (unknown,) = state(Zigbee2Mqtt(), "a", voc=120)
    assert "before bridge/devices" in unknown.problems[0].en
    (volts,) = state(knowing(device("a", [numeric("voltage", "furlong")])), "a", voltage=1)
    assert "furlong" in volts.problems[0].en


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"voltage": 3042, "battery": 100}, {"battery_v": 3.042, "battery_pct": 100.0}),
        ({"voltage": 3000, "action": "single"}, {"battery_v": 3.0}),
        ({"voltage": 3015}, {"battery_v": 3.015}),
        ({"voltage": 2.9}, {"battery_v": 2.9}),
        ({"voltage": 231.4, "power": 12}, {"voltage_v": 231.4, "power_w": 12.0}),
        ({"voltage": 231.4}, {"voltage_v": 231.4}),
        ({"voltage": 228, "state": "ON"}, {"voltage_v": 228.0, "switch_on": 1.0}),
    ],
)
def test_voltage_of_a_battery_or_of_the_mains(sent: dict[str, Any], expected: dict[str, float]) -> None:
    assert values(**sent) == expected


def test_the_definition_says_what_feeds_a_device() -> None:
    battery = knowing(device("a", [numeric("voltage", "mV")]))
    assert values(known=battery, voltage=3042) == {"battery_v": 3.042}
    mains = knowing(device("a", [numeric("voltage", "V")], "Mains (single phase)"))
    assert values(known=mains, voltage=231) == {"voltage_v": 231.0}
    direct = knowing(device("a", [numeric("voltage", "mV"), numeric("battery", "%")], "DC Source"))
    assert values(known=direct, voltage=5012) == {"battery_v": 5.012}
    metered = knowing(device("a", [numeric("voltage", "mV")], "DC Source"))
    assert values(known=metered, voltage=5012) == {"voltage_v": 5.012}


def test_on_and_off() -> None:
    sent: dict[str, Any] = {
        "occupancy": True,
        "water_leak": False,
        "smoke": False,
        "tamper": "true",
        "vibration": 1,
        "state": "OFF",
    }
    found = values(**sent)
    assert found == {
        "occupancy": 1.0,
        "water_leak": 0.0,
        "smoke": 0.0,
        "tamper": 1.0,
        "vibration": 1.0,
        "switch_on": 0.0,
    }
    assert values(contact=True) == {"contact_open": 0.0}
    assert values(contact=False) == {"contact_open": 1.0}
    assert values(occupancy=False, presence=True) == {"occupancy": 1.0}


def test_states_of_other_things_are_not_a_switch() -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", state="OPEN", position=40)
    assert (decoded.values, decoded.unknown) == ({}, ("state", "position"))


def test_null_is_nothing_and_unknown_keys_are_listed() -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", temperature=None, last_seen=None, update={"state": "idle"}, child_lock="ON")
    assert (decoded.values, decoded.unknown, decoded.problems) == ({}, ("update", "child_lock"), ())


@pytest.mark.parametrize("wrong", ["warm", True, [1], {"a": 1}, "1e999", "nan"])
def test_a_value_that_is_no_number_spoils_only_itself(wrong: object) -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", temperature=wrong, humidity="44.5")
    assert decoded.values == {"humidity_pct": 44.5}
    assert decoded.problems[0].en.startswith("temperature: not a number")


@pytest.mark.parametrize("wrong", ["maybe", 2, [True], 0.5])
def test_a_flag_that_is_neither_is_a_problem(wrong: object) -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", occupancy=wrong)
    assert decoded.values == {}
    assert "neither on nor off" in decoded.problems[0].en


def test_gangs_become_devices_of_their_own() -> None:
    switch = {"type": "switch", "features": [{"name": "state", "property": "state_left", "endpoint": "left"}]}
    known = knowing(device("a b", [switch, numeric("power_left", "W", "left")], "Mains (single phase)"))
    base, left = state(known, "a b", state_left="ON", power_left=40, linkquality=60)
    assert (base.device_id, base.values) == (IEEE, {"link_quality": 60.0})
    assert (left.device, left.device_id, left.values) == (
        "a b-left",
        f"{IEEE}-left",
        {"switch_on": 1.0, "power_w": 40.0},
    )


def test_gangs_are_seen_without_a_definition() -> None:
    base, first, second, phase = state(
        Zigbee2Mqtt(), "lights", state_l1="ON", state_l2="OFF", current_phase_b=1.25, power_on_behavior_l1="off"
    )
    assert (base.values, base.unknown) == ({}, ("power_on_behavior_l1",))
    assert (first.device_id, first.values) == ("lights-l1", {"switch_on": 1.0})
    assert (second.device_id, second.values) == ("lights-l2", {"switch_on": 0.0})
    assert (phase.device_id, phase.values) == ("lights-phase-b", {"current_a": 1.25})


@pytest.mark.parametrize(
    ("last_seen", "at_ms"),
    [
        ("2022-05-16T20:46:44+08:00", 1652705204000),
        ("2022-05-16T12:46:44.123Z", 1652705204123),
        (1652705204123, 1652705204123),
    ],
)
def test_last_seen_is_the_time(last_seen: object, at_ms: int) -> None:
    assert state(Zigbee2Mqtt(), "a", temperature=20, last_seen=last_seen)[0].at_ms == at_ms


@pytest.mark.parametrize(
    "wrong",
    ["2022-05-16T20:46:44", "yesterday", -5, 1e18, 1652705204, "1970-01-01T00:04:10Z", "9999-12-31T23:59:59-23:00"],
)
def test_a_time_without_an_offset_is_not_guessed(wrong: object) -> None:
    (decoded,) = state(Zigbee2Mqtt(), "a", temperature=20, last_seen=wrong)
    assert decoded.at_ms is None
    assert decoded.values == {"temperature_c": 20.0}
    assert "last_seen: not a time" in decoded.problems[0].en


def test_two_messages_of_one_second_do_not_overwrite_each_other() -> None:
    dialect, second = Zigbee2Mqtt(), "2022-05-16T20:46:44+08:00"
    sent = [state(dialect, "a", contact=open_, last_seen=second)[0].at_ms for open_ in (True, False, False, True)]
    assert sent == [1652705204000, 1652705204001, 1652705204001, 1652705204002]
    assert state(dialect, "b", contact=True, last_seen=second)[0].at_ms == 1652705204000
    assert state(dialect, "a", contact=True, last_seen="2022-05-16T20:46:45+08:00")[0].at_ms == 1652705205000
    assert state(dialect, "a", contact=True, last_seen="2022-05-16T12:46:45.500Z")[0].at_ms == 1652705205500


def test_what_cannot_be_is_told_and_the_rest_is_kept() -> None:
    """What sensors send before they have measured: the registers' ends."""
    (one,) = state(Zigbee2Mqtt(), "a", temperature=-327.68, humidity=655.35, battery=255, co2=65535, pressure=1010.2)
    assert one.values == {"pressure_hpa": 1010.2}
    assert [text.en.partition(":")[0] for text in one.problems] == ["temperature", "humidity", "battery", "co2"]


def test_a_message_of_too_many_keys_is_read_in_part_and_told() -> None:
    """A quarter of a megabyte of keys took the gateway more than a second."""
    many: dict[str, Any] = {f"key{number}": number for number in range(5_000)}
    (found,) = state(Zigbee2Mqtt(), "a", temperature=20.5, **many)
    assert found.values == {"temperature_c": 20.5}
    assert len(found.unknown) == 255
    assert [problem.en for problem in found.problems] == ["5001 keys: only the first 256 are read"]
