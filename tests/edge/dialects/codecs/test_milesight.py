"""Milesight bytes: vectors made from the makers' tables (channel, type, unit), and what is wrong with bytes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.codecs import milesight
from edge.dialects.codecs.found import Found
from edge.dialects.codecs.layout import parse
from edge.dialects.codecs.milesight_models import MODELS, model_named
from edge.dialects.codecs.milesight_special import SPECIALS
from wire.quantities import QUANTITIES

AT_S = 1_795_309_200
AT = AT_S.to_bytes(4, "little").hex()


def read(model: str, payload: str) -> Found:
    named = model_named(model)
    assert named is not None, model
    return milesight.read(named, bytes.fromhex(payload))


def values(model: str, payload: str) -> dict[str, dict[str, Any]]:
    found = read(model, payload)
    assert found.problems == []
    return found.values


CLIMATE = "0175 5F 0367 1901 0468 6B"  # 95 %, 28.1 °C, 53.5 %
CLIMATE_READ = {"battery_pct": 95.0, "temperature_c": 28.1, "humidity_pct": 53.5}


@pytest.mark.parametrize(
    ("model", "payload", "read_values"),
    [
        ("AM102", CLIMATE, CLIMATE_READ),
        ("AM103L", f"{CLIMATE} 077D 4C04", {**CLIMATE_READ, "co2_ppm": 1100.0}),
        ("AM104", "056A 0901 0665 F401 2C01 6400", {"activity": 265.0, "illuminance_lx": 500.0}),
        ("AM107", "087D 7B00 0973 9D27", {"tvoc_ppb": 123.0, "pressure_hpa": 1014.1}),
        ("AM307", "0500 01 06CB 03 087D 9B00", {"occupancy": 1.0, "air_quality_index": 1.55}),
        ("AM307", "08E6 2C01", {"tvoc_ugm3": 300.0}),
        ("AM307(v2)", "0694 C2010000 0E01 00", {"illuminance_lx": 450.0}),
        ("VS373", "03F8 04 00 0A00 0B00", {"occupancy": 1.0}),
        ("EM330-TH", "0367 1901", {"temperature_c": 28.1}),
        ("AM308L", "0B7D 2300 0C7D 2D00", {"pm25_ugm3": 35.0, "pm10_ugm3": 45.0}),
        ("AM319-HCHO", "0A7D 0600", {"formaldehyde_ugm3": 60.0}),
        ("AM319 O3", "0D7D 0300", {"ozone_ppb": 30.0}),
        ("AM305L", "059F 0580 069D C201", {"occupancy": 1.0, "activity": 5.0, "illuminance_lx": 450.0}),
        ("EM300-TH", "0367 F6FF 0468 C8", {"temperature_c": -1.0, "humidity_pct": 100.0}),
        ("EM300-MCS", "0600 01", {"contact_open": 1.0}),
        ("EM300-MCS", "0600 00", {"contact_open": 0.0}),
        ("EM300-SLD", "0500 01", {"water_leak": 1.0}),
        ("EM300-ZLD", "0500 00", {"water_leak": 0.0}),
        ("EM300-MLD", "0600 01", {"water_leak": 1.0}),
        ("EM310-UDL", "0382 D204", {"distance_mm": 1234.0}),
        ("EM400-TLD", "0367 1901 0482 D204 0500 00", {"temperature_c": 28.1, "distance_mm": 1234.0}),
        ("EM500-CO2", "057D BC02 0673 9D27", {"co2_ppm": 700.0, "pressure_hpa": 1014.1}),
        ("EM500-LGT", "0394 A0860100", {"illuminance_lx": 100_000.0}),
        ("EM500-PT100", "0367 D4FE", {"temperature_c": -30.0}),
        ("EM500-UDL", "0382 0A00", {"distance_mm": 10.0}),
        ("VS330", "0282 9001 038E 01 048E 01", {"distance_mm": 400.0, "occupancy": 1.0}),
        ("VS340", "0175 32 0300 01", {"battery_pct": 50.0, "occupancy": 1.0}),
        ("VS341", "0300 00", {"occupancy": 0.0}),
        ("VS350", "0367 0A01 04CC 2C01 2A01 05CC 0300 0100", {"temperature_c": 26.6, "people_in": 300.0}),
        ("VS370", "0300 01 0400 FE", {"occupancy": 1.0}),
        ("VS132", "03D2 A0860100 04D2 9F860100", {"people_in": 100_000.0, "people_out": 99_999.0}),
        ("WS201", "0382 3200 04D6 5A", {"distance_mm": 50.0}),
        ("WS202", "0300 01 0400 01", {"occupancy": 1.0}),
        ("WS203", "0367 1901 0468 6B 0500 01", {"temperature_c": 28.1, "humidity_pct": 53.5, "occupancy": 1.0}),
        ("WS301", "0300 01 0400 00", {"contact_open": 1.0, "tamper": 0.0}),
        ("WS302", "055B 05 2602 0D02 BC02", {"noise_dba": 52.5}),
        ("WS303", "0300 01", {"water_leak": 1.0}),
        ("WS501-EU", "0829 11", {"switch_on": 1.0}),
        (
            "WS523",
            "0870 01 0581 5D 07C9 E803 0374 FC08 0683 D2040000 0480 D2000000",
            {
                "switch_on": 1.0,
                "power_factor": 0.93,
                "current_a": 1.0,
                "voltage_v": 230.0,
                "energy_kwh": 1.234,
                "power_w": 210.0,
            },
        ),
        ("WS501", "0829 11 0374 FC08", {"switch_on": 1.0, "voltage_v": 230.0}),
        ("WS501-V4", "0829 11 0480 D2000000 0581 5D", {"switch_on": 1.0, "power_w": 210.0, "power_factor": 0.93}),
        ("AM319-HCHO (WELL)", "0B7D 2300", {"pm25_ugm3": 35.0}),
        ("WS515-EU", "0967 C201", {"device_temperature_c": 45.0}),
    ],
)
def test_channels_become_values(model: str, payload: str, read_values: dict[str, float]) -> None:
    assert read_values.items() <= values(model, payload)[""].items()


def test_what_has_no_quantity_is_named() -> None:
    assert read("AM308", "06CB 03 0E01 00").unknown == ["light_level", "buzzer"]
    learnt = read("VS330", "02A5 0100020003000400 04A8 01 06A6 01000000 09A9 01000000 038E 01")
    assert (learnt.unknown, learnt.problems) == (["distances", "learning", "ambient", "collections"], [])
    assert learnt.values == {"": {"occupancy": 1.0}}
    assert read("EM500-SMTC", "04CA 7300 057F F000").unknown == ["soil_moisture", "conductivity"]
    assert read("WS302", "055B 04 2602 0D02 BC02").unknown == ["sound_not_a_weighted", "sound_now", "sound_highest"]


def test_lines_regions_and_gangs_are_sub_devices() -> None:
    lines = values("VS133-P", "03D2 0A000000 04D2 09000000 0CD2 05000000 0FE3 01020300")
    assert lines["line-1"] == {"people_in": 10.0, "people_out": 9.0}
    assert lines["line-4"] == {"people_in": 5.0}
    assert [lines[f"region-{number}"]["people_count"] for number in range(1, 5)] == [1.0, 2.0, 3.0, 0.0]
    seen = values("VS121", "04C9 07 03 0005 07D5 0402010000000000")
    assert seen[""] == {"people_count": 7.0}
    assert seen["region-1"] == {"occupancy": 1.0, "people_count": 4.0}
    assert seen["region-2"] == {"occupancy": 0.0, "people_count": 2.0}
    assert "occupancy" not in seen["region-4"]
    assert values("WS502", "FF29 32") == {"l1": {"switch_on": 0.0}, "l2": {"switch_on": 1.0}}
    lights = values("WS558", "0831 0081")
    assert [number for number in range(1, 9) if lights[f"l{number}"]["switch_on"]] == [1, 8]
    assert values("VS321", "05FD 1E00 06FE 0300 0200") == {
        "": {"people_count": 30.0},
        "region-1": {"occupancy": 0.0},
        "region-2": {"occupancy": 1.0},
    }
    assert values("VS373", "04F9 00010101")["region-1"] == {"occupancy": 1.0}
    assert values("VS360", "0175 50 0275 46") == {"": {"battery_pct": 80.0}, "node": {"battery_pct": 70.0}}


@pytest.mark.parametrize(
    ("model", "payload", "row"),
    [
        ("AM102", f"20CE {AT} 1901 6B", {"temperature_c": 28.1, "humidity_pct": 53.5}),
        ("AM103", f"20CE {AT} 1901 6B 4C04", {"temperature_c": 28.1, "humidity_pct": 53.5, "co2_ppm": 1100.0}),
        (
            "AM307",
            f"20CE {AT} 1901 6B00 01 02 4C04 9B00 9D27",
            {
                "temperature_c": 28.1,
                "humidity_pct": 53.5,
                "occupancy": 1.0,
                "co2_ppm": 1100.0,
                "air_quality_index": 1.55,
                "pressure_hpa": 1014.1,
            },
        ),
        (
            "AM319L-HCHO",
            f"21CE {AT} 1901 6B00 00 02 4C04 9B00 9D27 2300 2D00 0600",
            {
                "temperature_c": 28.1,
                "humidity_pct": 53.5,
                "occupancy": 0.0,
                "co2_ppm": 1100.0,
                "tvoc_ugm3": 155.0,
                "pressure_hpa": 1014.1,
                "pm25_ugm3": 35.0,
                "pm10_ugm3": 45.0,
                "formaldehyde_ugm3": 60.0,
            },
        ),
        ("EM300-MCS", f"20CE {AT} 1901 6B 01", {"temperature_c": 28.1, "humidity_pct": 53.5, "contact_open": 1.0}),
        (
            "EM500-CO2",
            f"20CE {AT} 4C04 9D27 1901 6B",
            {"co2_ppm": 1100.0, "pressure_hpa": 1014.1, "temperature_c": 28.1, "humidity_pct": 53.5},
        ),
        ("VS350", f"20CE {AT} 01 0300 0100 2C01 2A01", {"people_in": 300.0, "people_out": 298.0}),
        ("WS203", f"20CE {AT} 03 01 1901 6B", {"occupancy": 1.0, "temperature_c": 28.1, "humidity_pct": 53.5}),
    ],
)
def test_rows_from_memory_have_their_own_time_and_are_not_live(model: str, payload: str, row: dict[str, float]) -> None:
    found = read(model, payload)
    assert (found.values, found.events, found.problems) == ({}, [], [])
    assert [(one.at_ms, one.values) for one in found.history] == [(AT_S * 1000, {"": row})]


@pytest.mark.parametrize(
    ("model", "payload", "row", "left"),
    [
        (
            "AM304L",
            f"21CE {AT} 01 1901 01 6B 41 0500 01 C201",
            {"temperature_c": 28.1, "humidity_pct": 53.5, "occupancy": 1.0, "activity": 5.0, "illuminance_lx": 450.0},
            [],
        ),
        ("AM304L", f"20CE {AT} 03 FF7F 01 6B 00 0000 01 0300", {"humidity_pct": 53.5}, ["not_measured", "light_level"]),
        (
            "AM305L",
            f"20CE {AT} 01 1901 02 FF 40 0000 01 0300 01 4C04",
            {"temperature_c": 28.1, "occupancy": 0.0, "activity": 0.0, "co2_ppm": 1100.0},
            ["not_measured", "light_level"],
        ),
        ("AM305L", f"21CE {AT} 00 0000 00 00 00 0000 01 C201 00 0000", {"illuminance_lx": 450.0}, ["not_measured"]),
    ],
)
def test_rows_tell_what_was_measured(model: str, payload: str, row: dict[str, float], left: list[str]) -> None:
    found = read(model, f"{payload} 0175 32")
    assert [(one.at_ms, one.values) for one in found.history] == [(AT_S * 1000, {"": row})]
    assert (found.values, found.unknown, found.problems) == ({"": {"battery_pct": 50.0}}, left, [])


def test_rows_of_the_second_am307_have_the_light_and_those_of_the_first_do_not() -> None:
    row = "1901 6B00 01 02 4C04 9B00 9D27"
    plain = {"temperature_c": 28.1, "humidity_pct": 53.5, "occupancy": 1.0, "co2_ppm": 1100.0, "pressure_hpa": 1014.1}
    first, index = plain | {"air_quality_index": 1.55}, f"20CE {AT} {row}"
    for bytes_, expected in (
        (f"{index} {index}", [first, first]),
        (f"{index} C2010000", [first | {"illuminance_lx": 450.0}]),
        (f"{index} C2010000 {index} 00000000", [first | {"illuminance_lx": 450.0}, first | {"illuminance_lx": 0.0}]),
        (f"21CE {AT} {row} C2010000", [plain | {"tvoc_ugm3": 155.0, "illuminance_lx": 450.0}]),
        (f"{index} 0367 1901 0468 6B", [first]),
    ):
        found = read("AM307", bytes_)
        assert [one.values[""] for one in found.history] == expected
        assert found.problems == []
    assert read("AM307", index[:-2]).problems != []


def test_what_a_people_counter_kept() -> None:
    rows = ("01 07 03 0005", "05 01000200", "10 2C01 2A01", "02 0100 0200", "03 09", "08 0100 0200", "11 01 0A00 0B00")
    found = read("VS121", " ".join(f"20CE {AT} {row}" for row in rows) + "0DCC 2D01 2B01")
    assert found.problems == []
    assert [one.values for one in found.history if one.values] == [
        {"": {"people_count": 7.0}},
        {f"region-{5 + step}": {"people_count": float(count)} for step, count in enumerate((1, 0, 2, 0))},
        {"": {"people_in": 300.0, "people_out": 298.0}},
    ]
    assert found.values == {"": {"people_in": 301.0, "people_out": 299.0}}


def test_the_scale_of_a_wall_switch_is_not_guessed() -> None:
    found = read("WS502", "0374 E600 0480 D2000000")  # 230: either 23 V, or not in tenths
    assert found.values == {"": {"power_w": 210.0}}
    assert [problem.en for problem in found.problems] == ["23 V is no mains voltage"]
    found = read("WS502-V4", "0374 E600 0683 D2040000 07C9 E803 87C9 1027 01 0829 22")
    assert found.values == {"l1": {"switch_on": 0.0}, "l2": {"switch_on": 1.0}}
    assert (found.unknown, found.problems) == (["voltage", "energy", "current"], [])
    assert found.way == "ff 29 WS50"


def test_a_device_without_a_climate_sensor_keeps_none() -> None:
    found = read("EM300-DI-HALL", f"21CE {AT} 0000 00 01 02 01 0A00 0A00 00000000")
    assert [row.values for row in found.history] == [{}]
    assert found.problems == []


def test_rows_of_several_kinds_follow_one_another() -> None:
    found = read("VS135", f"20CE {AT} 03 0A000000 20CE {AT} 05 0100 0200 20CE {AT} 0F 01020304 03D2 0B000000")
    assert found.problems == []
    assert [one.values for one in found.history if one.values] == [
        {"line-1": {"people_in": 10.0}},
        {f"region-{number}": {"people_count": float(number)} for number in range(1, 5)},
    ]
    assert found.values == {"line-1": {"people_in": 11.0}}


def test_a_row_of_a_clock_that_was_never_set_is_told() -> None:
    found = read("EM300-TH", "20CE 10000000 1901 6B 00 0468 6B")
    assert (found.history, found.values) == ([], {"": {"humidity_pct": 53.5}})
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("model", "payload", "event"),
    [
        ("WS101", "FF2E 02", ("button", {"action": "long"})),
        ("WS156", "FF34 03 0001", ("button", {"action": "button_3"})),
        ("VS350", "8367 5E01 01", ("alarm", {"alarm": "temperature", "code": 1, "on": True})),
        ("VS351", "8367 5E01 04", ("alarm", {"alarm": "temperature", "code": 4, "on": False})),
        ("EM500-PT100", "83D7 5E01 1400 00", ("alarm", {"alarm": "temperature", "code": 0})),
        ("EM400-UDL", "8482 D204 00", ("alarm", {"alarm": "distance", "code": 0, "on": False})),
        ("VS373", "06FB 0100 00 01 FF", ("alarm", {"alarm": "fall", "code": 1, "on": True})),
        ("VS360", "03F4 02 01", ("alarm", {"alarm": "misaligned", "code": 1, "on": True})),
        ("WS523", "FF3F FF", ("alarm", {"alarm": "power_outage", "code": 255, "on": True})),
        ("VS133", "50FC 00 00 01", ("alarm", {"alarm": "occlusion", "code": 1, "on": True})),
    ],
)
def test_presses_and_alarms_are_events(model: str, payload: str, event: tuple[str, dict[str, Any]]) -> None:
    found = read(model, payload)
    assert [(one.kind, one.data) for one in found.events] == [event]
    assert found.problems == []


def test_attributes_and_answers_to_settings_are_passed_over() -> None:
    basic = "FF0B FF FF01 01 FF16 6768B12345670001 FF09 0110 FF0A 0122 FF0F 00 FFFF 0100 FFFE FF"
    for model, answers in (
        ("AM308", "FE03 5802 FF1A 02 9001 FF1A 00 FE25 03 FE39 0100000000 FF65 3C00"),
        ("EM500-CO2", "FE02 0100 FE06 090000000000000000 FF35 0011223344556677"),
        ("VS370", "F93F 01 F840 05 00 FEBD A401"),
        ("VS121", "FF08 6600B0940976 FF1F 1F07004B FE03 100E00"),
        ("VS121", "FF01 01 FF08 6600B09409760001 FF09 0100 F9D5 0101 F9BA 01"),
        ("VS330", "FE72 0A00 FE7A 01 9001"),
        ("VS373", "FF64 FF F84F 000102030405060708090A0B 00"),
        ("WS523", "FE22 01 3C00 11 FE25 0080 FF26 01"),
    ):
        found = read(
            model, f"{basic} {answers} 0175 32" if model not in {"VS121", "VS373", "WS523"} else f"{basic} {answers}"
        )
        assert (found.problems, found.unknown, found.events) == ([], [], [])
        assert found.values == ({"": {"battery_pct": 50.0}} if model not in {"VS121", "VS373", "WS523"} else {})


def test_nothing_behind_an_unknown_channel_is_believed() -> None:
    found = read("AM102", "0175 32 7711 0367 1901")
    assert found.values == {"": {"battery_pct": 50.0}}
    assert found.unknown == ["channel 77 11"]
    assert [problem.en for problem in found.problems] == [
        "channel 77 11 at byte 3 is not known: the rest cannot be read"
    ]


@pytest.mark.parametrize("payload", ["0175 32 0367 19", "0175 32 03", "0175 32 0367", "0175 32 20CE 001122"])
def test_a_payload_cut_short_keeps_what_was_whole(payload: str) -> None:
    found = read("AM102", payload)
    assert (found.values, found.history) == ({"": {"battery_pct": 50.0}}, [])
    assert [problem.en for problem in found.problems] == ["the message is cut short at byte 3"]


def test_impossible_figures_and_missing_readings_are_told() -> None:
    found = read("VS321", "0367 FFFF 0468 FF 05FD 0A00")
    assert found.values == {"": {"people_count": 10.0}}
    assert [problem.en for problem in found.problems] == [
        "temperature_c: the sensor has no reading",
        "humidity_pct: the sensor has no reading",
    ]
    found = read("AM102", "0175 FF 0468 FF 0367 FF7F")
    assert (found.values[""], len(found.problems)) == ({}, 3)


def test_what_a_radar_could_not_measure_is_no_temperature_below_zero() -> None:
    found = read("EM410-RDL", f"20CE {AT} FDFF FEFF 0000 00 20CE {AT} D204 F6FF 0000 00")
    assert [row.values for row in found.history] == [{}, {"": {"distance_mm": 1234.0, "temperature_c": -1.0}}]
    assert [problem.en for problem in found.problems] == [
        "distance_mm: the sensor has no reading",
        "temperature_c: the sensor has no reading",
    ]


def test_two_figures_for_one_quantity_are_told() -> None:
    found = read("AM102", "0367 1901 0367 1A01")
    assert found.values == {"": {"temperature_c": 28.1}}
    assert [problem.en for problem in found.problems] == ["two values for temperature_c: 28.1, 28.2"]


@pytest.mark.parametrize(
    ("profile", "model"),
    [
        ("AM307-915M", "AM307"),
        ("Milesight AM319 (HCHO)", "AM319-HCHO"),
        ("milesight-iot am319l-o3", "AM319L-O3"),
        ("EM500-CO2-868M", "EM500-CO2"),
        ("em300_th", "EM300-TH"),
        ("EM300DI", "EM300-DI"),
        ("EM300-DI-HALL", "EM300-DI-HALL"),
        ("AM308(v2)", "AM308"),
        ("WS52x plug", "WS52X"),
        ("AM307L", "AM307L"),
        ("EM500", "EM500 series"),
        ("Milesight AM100", "AM100 series"),
        ("AM300-915M", "AM300 series"),
        ("AM1000", None),
        ("WS50x", None),
        ("DAM307", None),
        ("AM3070", None),
        ("", None),
    ],
)
def test_a_profiles_name_tells_the_model(profile: str, model: str | None) -> None:
    named = model_named(profile)
    assert (named and named.name) == model


def test_of_a_series_only_what_all_its_models_agree_on() -> None:
    """As an operator's profile "Milesight AM100" has it for an AM103; what models mean differently stays unread."""
    am100, em500 = model_named("Milesight AM100"), model_named("Milesight EM500")
    assert am100 is not None
    assert em500 is not None
    climate = {"battery_pct": 89.0, "temperature_c": 22.3, "humidity_pct": 29.0, "co2_ppm": 886.0}
    assert values("Milesight AM100", "0175590367df0004683a077d7603") == {"": climate}
    assert (0x20, 0xCE) not in am100.channels  # rows from memory have a length for each model
    assert (0x03, 0x67) not in em500.channels  # the air of one, the soil or the probe of another
    assert values("EM500", "03828813") == {"": {"distance_mm": 5000.0}}


def test_every_layout_of_every_model_can_be_read() -> None:
    for name in MODELS:
        named = model_named(name)
        assert named is not None
        assert named.name == name
        for layout in named.channels.values():
            if layout.startswith("="):
                assert layout[1:] in SPECIALS
                continue
            for field in parse(layout).fields:
                assert field.role.startswith(("?", "!")) or field.code == "T" or field.name in QUANTITIES


PAIRS = sorted({pair for name in MODELS for pair in getattr(model_named(name), "channels", {})})
CHANNELS = st.builds(lambda pair, data: bytes(pair) + data, st.sampled_from(PAIRS), st.binary(max_size=24))


@given(st.sampled_from(MODELS), st.binary(max_size=60) | st.lists(CHANNELS, max_size=5).map(b"".join))
def test_nothing_is_raised_and_nothing_impossible_read(model: str, payload: bytes) -> None:
    named = model_named(model)
    assert named is not None
    found = milesight.read(named, payload)
    for accounts in (found.values, *(row.values for row in found.history)):
        for read_values in accounts.values():
            assert all(QUANTITIES[key].accepts(value) for key, value in read_values.items())
