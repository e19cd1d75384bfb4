"""The declarations themselves: bytes against the data sheets, names, commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Device, Echo, Measured
from firmware_bridge.devices import DEVICES, device_named
from firmware_bridge.devices.air import mhz19, pms5003
from firmware_bridge.framing.frame import BadFrame
from wire.quantities import QUANTITIES


def listen(device: Device, data: bytes) -> list[Heard | BadFrame]:
    conversation = Conversation(device)
    return conversation.feed(data) + conversation.finish()


def commands(device: Device) -> dict[str, str]:
    return {one.name: one.data.hex() for one in device.commands}


def test_mhz19_commands_are_those_of_the_data_sheet() -> None:
    assert mhz19.DEVICE.polls[0].hex() == "ff0186000000000079"
    assert commands(mhz19.DEVICE) == {
        "self_calibration_on": "ff0179a000000000e6",
        "self_calibration_off": "ff0179000000000086",
        "calibrate_outdoor": "ff0187000000000078",
        "calibrate_to:2000": "ff018807d0000000a0",
        "measuring_range:2000": "ff019900000007d08f",
        "measuring_range:5000": "ff01990000001388cb",
        "measuring_range:10000": "ff019900000027102f",
    }


def test_pms5003_commands_are_those_of_the_data_sheet() -> None:
    assert [one.hex() for one in pms5003.DEVICE.wake] == ["424de400010174", "424de100010171"]
    assert pms5003.DEVICE.polls == ()
    assert pms5003.PASSIVE.polls[0].hex() == "424de200000171"
    assert pms5003.PASSIVE.start[0].hex() == "424de100000170"


def test_answers_and_echoes_are_told_apart_from_data() -> None:
    answer = bytes.fromhex("ff790100000000 0086")
    refusal = bytes.fromhex("ff790000000000 0087")
    heard = listen(mhz19.DEVICE, mhz19.DEVICE.polls[0] + answer + refusal)
    meanings = [one.meaning for one in heard if isinstance(one, Heard)]
    assert meanings == [Echo(), Answer(0x79, accepted=True), Answer(0x79, accepted=False)]
    (woken,) = listen(pms5003.DEVICE, bytes.fromhex("424d0004e4010178"))
    assert woken == Heard(Answer(0xE4, accepted=True), 0)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("mhz19", "mhz19"),
        ("MH-Z19B", "mhz19"),
        ("PMSA003", "pms5003"),
        ("PMS7003", "pms7003"),
        ("pms5003-passive", "pms5003-passive"),
    ],
)
def test_people_name_devices_in_many_ways(name: str, key: str) -> None:
    assert device_named(name) is DEVICES[key]


def test_an_unknown_device_is_none() -> None:
    assert device_named("sds0") is None


@pytest.mark.parametrize("device", DEVICES.values(), ids=lambda device: device.name)
def test_a_declaration_is_complete(device: Device) -> None:
    assert DEVICES[device.name] is device
    assert set(device.quantities) <= set(QUANTITIES)
    assert device.interval_s > 0
    assert device.title.vi
    assert device.title.en
    assert len({command.name for command in device.commands}) == len(device.commands)
    assert not device.is_placeholder({"temperature_c": 21.0})


@given(st.sampled_from(list(DEVICES.values())), st.binary(max_size=200))
def test_any_bytes_give_only_declared_and_possible_figures(device: Device, data: bytes) -> None:
    for one in listen(device, data):
        if isinstance(one, Heard) and isinstance(one.meaning, Measured):
            assert set(one.meaning.values) <= set(device.quantities)


@given(st.integers(200, 10_000), st.binary(min_size=4, max_size=4))
def test_mhz19_gives_what_was_put_in(co2_ppm: int, rest: bytes) -> None:
    body = bytes((0x86, co2_ppm >> 8, co2_ppm & 0xFF)) + rest
    frame = b"\xff" + body + bytes(((256 - sum(body) % 256) % 256,))
    assert listen(mhz19.DEVICE, frame) == [Heard(Measured({"co2_ppm": float(co2_ppm)}), 0)]


def test_dust_in_a_frame_of_the_same_form_is_not_taken_for_air_without_co2() -> None:
    """ZH03's answer looks like MH-Z19's: 12 µg/m³ where the other has ppm."""
    (wrong,) = listen(mhz19.DEVICE, bytes.fromhex("ff86000c000000006e"))
    assert isinstance(wrong, BadFrame)
    assert wrong.reason.en == "no air has 12 ppm of CO₂: is it a ZH03?"
