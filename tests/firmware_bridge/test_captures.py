"""Every capture decodes to exactly what stands beside it, in one piece, byte by byte and cut anywhere."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classhub.installer.recording import complaints, meant
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Device
from firmware_bridge.devices import DEVICES
from firmware_bridge.devices.air import AIR
from firmware_bridge.framing.frame import BadFrame
from wire.quantities import QUANTITIES

CAPTURES = Path(__file__).parent.parent / "captures"
CASES = sorted(path.parent for path in CAPTURES.glob("*/*/input.bin"))


def listen(device: Device, pieces: list[bytes]) -> list[Heard | BadFrame]:
    conversation = Conversation(device)
    heard = [one for piece in pieces for one in conversation.feed(piece)]
    return heard + conversation.finish()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_capture_means_what_stands_beside_it(case: Path) -> None:
    device, data = DEVICES[case.parent.name], (case / "input.bin").read_bytes()
    expected, error = case / "expected.json", case / "error.txt"
    readings = json.loads(expected.read_text()) if expected.exists() else []
    errors = error.read_text().splitlines() if error.exists() else []
    for pieces in ([data], [bytes((byte,)) for byte in data], [data[:7], data[7:]]):
        heard = listen(device, pieces)
        assert meant(heard) == readings
        assert complaints(heard) == errors


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_values_are_possible_and_declared(case: Path) -> None:
    device = DEVICES[case.parent.name]
    for one in meant(listen(device, [(case / "input.bin").read_bytes()])):
        for quantity, value in one.get("values", {}).items():
            assert quantity in device.quantities
            assert QUANTITIES[quantity].accepts(value)


UNITS = {
    "ppm": {"co2_ppm", "carbon_monoxide_ppm"},
    "ppb": {"tvoc_ppb", "ozone_ppb"},
    "µg/m³": {"pm1_ugm3", "pm25_ugm3", "pm4_ugm3", "pm10_ugm3", "pm100_ugm3", "formaldehyde_ugm3", "tvoc_ugm3"},
    "°C": {"temperature_c", "device_temperature_c"},
    "%": {"humidity_pct", "battery_pct"},
    "hPa": {"pressure_hpa"},
    "lx": {"illuminance_lx"},
    "dBA": {"noise_dba"},
    "V": {"voltage_v", "battery_v"},
    "A": {"current_a"},
    "W": {"power_w"},
    "VA": {"apparent_power_va"},
    "var": {"reactive_power_var"},
    "kWh": {"energy_kwh", "energy_returned_kwh"},
    "Hz": {"frequency_hz"},
    "dBm": {"rssi_dbm"},
    "dB": {"snr_db"},
    "mm": {"distance_mm"},
    "h": {"lamp_hours_h", "filter_hours_h"},
}
"""Said here once more, so that a slip in the table of quantities cannot bless itself."""


def test_units_stand_here_and_not_only_in_the_table() -> None:
    for quantity in {quantity for device in DEVICES.values() for quantity in device.quantities}:
        unit = next((unit for unit, those in UNITS.items() if quantity in those), "")
        assert QUANTITIES[quantity].unit == unit, quantity


def test_every_sensor_of_air_has_captures() -> None:
    cases = {case.parent.name for case in CASES}
    assert {device.name.removesuffix("-passive") for device in AIR} <= cases
    assert cases <= set(DEVICES)


@given(st.data())
def test_where_a_capture_is_cut_changes_nothing(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    content = (case / "input.bin").read_bytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    pieces = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    device = DEVICES[case.parent.name]
    assert listen(device, pieces) == listen(device, [content])
