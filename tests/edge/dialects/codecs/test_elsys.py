"""ELSYS bytes: vectors made from the maker's table of types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.codecs import elsys
from wire.quantities import QUANTITIES


@pytest.mark.parametrize(
    ("payload", "values"),
    [
        ("01 0119", {"temperature_c": 28.1}),
        ("01 FFF6", {"temperature_c": -1.0}),
        ("02 37", {"humidity_pct": 55.0}),
        ("04 01F4 05 09 06 044C", {"illuminance_lx": 500.0, "activity": 9.0, "co2_ppm": 1100.0}),
        ("07 0E10", {"battery_v": 3.6}),
        ("0E 04D2", {"distance_mm": 1234.0}),
        ("11 02", {"occupancy": 1.0}),
        ("11 00", {"occupancy": 0.0}),
        ("12 FF", {"water_leak": 1.0}),
        ("14 000F7314", {"pressure_hpa": 1012.5}),
        ("15 3C32", {"noise_dba": 50.0}),
        ("1C 007B", {"tvoc_ppb": 123.0}),
        ("03 01FF40 09 000102030405 3B 02 AABB 02 37", {"humidity_pct": 55.0}),
        ("13" + "00" * 65 + "02 37", {"humidity_pct": 55.0}),
    ],
)
def test_types_become_values(payload: str, values: dict[str, float]) -> None:
    found = elsys.read(bytes.fromhex(payload))
    assert (found.values, found.problems) == ({"": values}, [])


def test_probes_are_sub_devices() -> None:
    found = elsys.read(bytes.fromhex("01 0119 0C 0064 19 FFF6 24 28"))
    assert found.values == {
        "": {"temperature_c": 28.1},
        "external": {"temperature_c": 10.0, "humidity_pct": 40.0},
        "external-2": {"temperature_c": -1.0},
    }


def test_somebody_coming_or_going_is_neither() -> None:
    found = elsys.read(bytes.fromhex("11 01"))
    assert (found.values, found.unknown) == ({}, ["occupancy pending"])


def test_settings_are_no_measurements() -> None:
    found = elsys.read(bytes.fromhex("3E 01 0119"))
    assert (found.values, found.unknown, found.problems) == ({}, [], [])


def test_unknown_types_and_cut_payloads_are_told() -> None:
    found = elsys.read(bytes.fromhex("02 37 77 0102"))
    assert (found.values, found.unknown) == ({"": {"humidity_pct": 55.0}}, ["type 77"])
    assert [problem.en for problem in found.problems] == ["type 77 at byte 2 is not known: the rest cannot be read"]
    found = elsys.read(bytes.fromhex("02 37 01 01"))
    assert [problem.en for problem in found.problems] == ["the message is cut short at byte 2"]


@pytest.mark.parametrize(
    ("names", "ours"),
    [
        (("ERS", "ers-co2", "ELSYS ERS Eye", "elsys ems-desk", "ELT-2", "EMS", "ERS2 CO2 Lite"), True),
        (("FILTERS", "SYSTEMS", "LHT65", "", "Milesight"), False),
    ],
)
def test_profiles_of_this_maker_are_known(names: tuple[str, ...], ours: bool) -> None:
    assert [elsys.is_elsys(name) for name in names] == [ours] * len(names)


@given(st.binary(max_size=80))
def test_nothing_is_raised_and_nothing_impossible_read(payload: bytes) -> None:
    for read_values in elsys.read(payload).values.values():
        assert all(QUANTITIES[key].accepts(value) for key, value in read_values.items())
