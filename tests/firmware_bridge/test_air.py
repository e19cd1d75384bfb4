"""The sensors of air against their data sheets: commands, every word in its place, no figure from a spoilt frame."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Device, Echo, Meaning, Measured, Noted, Unusable, Values, WarmingUp
from firmware_bridge.devices import DEVICES, device_named
from firmware_bridge.devices.air import (
    AIR,
    bme280,
    hpma115,
    mhz19,
    pms3003,
    pms5003,
    pms5003st,
    scd30,
    sds011,
    sps30,
    zh03,
)
from firmware_bridge.framing.frame import BadFrame
from tests.sim.devices.air import plantower, stuffed
from wire.quantities import QUANTITIES

CAPTURES = Path(__file__).parent.parent / "captures"
CHECKED = [device for device in AIR if not device.name.startswith(("scd", "bme", "s8", "pms5003-"))]


def listen(device: Device, data: bytes) -> list[Heard | BadFrame]:
    conversation = Conversation(device)
    return conversation.feed(data) + conversation.finish()


def meanings(device: Device, data: str | bytes) -> list[Meaning]:
    heard = listen(device, bytes.fromhex(data) if isinstance(data, str) else data)
    assert all(isinstance(one, Heard) for one in heard)
    return [one.meaning for one in heard if isinstance(one, Heard)]


def test_commands_are_those_of_the_data_sheets() -> None:
    assert [one.hex() for one in sds011.DEVICE.wake] == [
        "aab406010100000000000000000000ffff06ab",
        "aab408010000000000000000000000ffff07ab",
        "aab402010000000000000000000000ffff01ab",
    ]
    assert [one.hex() for one in sps30.DEVICE.polls] == ["7e0000020103f97e", "7e000300fc7e"]
    assert [one.data.hex() for one in sps30.DEVICE.commands] == ["7e005600a97e"]
    assert [one.hex() for one in hpma115.DEVICE.polls + hpma115.DEVICE.wake] == ["68010493", "68010196", "68012077"]
    assert zh03.DEVICE.polls[0].hex() == "ff0186000000000079"
    assert [one.hex() for one in zh03.DEVICE.wake] == ["ff01a7000000000058", "ff0178410000000046"]
    assert pms3003.DEVICE.start == pms3003.DEVICE.wake == ()
    assert [one.hex() for one in pms5003st.DEVICE.wake] == ["424de400010174", "424de100010171"]


def test_answers_commands_and_data_are_told_apart() -> None:
    start_and_yes = "7e0000020103f97e 7e00000000ff7e"
    assert meanings(sps30.DEVICE, start_and_yes) == [Echo(), Answer(0, accepted=True)]
    assert meanings(sps30.DEVICE, "7e000300fc7e 7e00030000fc7e")[0] == Echo()
    assert isinstance(meanings(sps30.DEVICE, "7e00030000fc7e")[0], Noted)
    (refused,) = meanings(sps30.DEVICE, stuffed(b"\x00\x56\x7f\x00"))
    assert isinstance(refused, Answer)
    assert refused.reason is not None
    assert refused.reason.en == "error 0x7F"
    assert meanings(hpma115.DEVICE, "6801 0493 a5a5 9696") == [
        Echo(), Answer(0, accepted=True), Answer(0, accepted=False)
    ]  # fmt: skip
    assert meanings(pms5003.DEVICE, "424de200000171 424d0004e4000177") == [Echo(), Answer(0xE4, accepted=True)]
    assert meanings(zh03.DEVICE, "ff0186000000000079 ffa7010000000000 58") == [Echo(), Answer(0xA7, accepted=True)]


def test_a_device_information_frame_is_no_measurement() -> None:
    serial = stuffed(b"\x00\xd0\x00\x11" + b"84C9B2B0C6F4D4E2\x00")
    (told,) = meanings(sps30.DEVICE, serial)
    assert isinstance(told, Noted)
    assert told.text.en == "name or serial number '84C9B2B0C6F4D4E2'"


@pytest.mark.parametrize(
    ("register", "faults"),
    [("00200000", "fan_speed"), ("00000020", "laser"), ("00000010", "fan"), ("00200030", "fan_speed,laser,fan")],
)
def test_the_status_register_names_what_is_broken(register: str, faults: str) -> None:
    answer = stuffed(b"\x00\xd2\x00\x05" + bytes.fromhex(register) + b"\x00")
    assert meanings(sps30.DEVICE, answer) == [Measured({"error_code": faults})]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ("aac5060101 00a160 09ab", "measuring"),
        ("aac5060100 00a160 08ab", "asleep"),
        ("aac5020101 00a160 05ab", "it reports when asked"),
        ("aac5020000 00a160 03ab", "it reports by itself"),
        ("aac5080105 00a160 0fab", "it measures every 5 minutes"),
        ("aac5080100 00a160 0aab", "it measures all the time"),
        ("aac507120b 10a160 35ab", "firmware of 2018-11-16"),
        ("aac5050000 00a160 06ab", None),
    ],
)
def test_what_a_dust_sensor_answers_is_said_in_words(frame: str, told: str | None) -> None:
    (answer,) = meanings(sds011.DEVICE, frame)
    assert isinstance(answer, Answer)
    assert answer.accepted
    assert (None if answer.reason is None else answer.reason.en) == told


def test_data_of_an_unknown_length_is_refused() -> None:
    (bad,) = listen(sps30.DEVICE, stuffed(b"\x00\x03\x00\x04" + bytes(4)))
    assert isinstance(bad, BadFrame)
    assert bad.reason.en == "4 bytes of data, not 40 or 20"


@pytest.mark.parametrize("device", AIR, ids=lambda device: device.name)
def test_the_installer_is_told_how_to_wire_it(device: Device) -> None:
    assert len(device.wiring.vi) > 40
    assert len(device.wiring.en) > 40


@pytest.mark.parametrize(
    ("said", "key"),
    [("PMSx003", "pms5003"), ("SDS021", "sds011"), ("ZH03B", "zh03"), ("HPMA115S0", "hpma115"), ("SCD41", "scd4x"),
     ("MH-Z19C", "mhz19"), ("PMS-5003ST", "pms5003st"), ("HPMA115C0", "hpma115"), ("pms7003", "pms7003")],
)  # fmt: skip
def test_people_name_sensors_in_many_ways(said: str, key: str) -> None:
    assert device_named(said) is DEVICES[key]


@pytest.mark.parametrize("device", CHECKED, ids=lambda device: device.name)
def test_no_flipped_bit_gives_another_figure(device: Device) -> None:
    for case in ("one", "asked", "compact_asked"):
        path = CAPTURES / device.name / case / "input.bin"
        if path.exists():
            break
    frame = path.read_bytes()
    (right,) = meanings(device, frame)
    for place in range(len(frame) * 8):
        spoilt = bytearray(frame)
        spoilt[place // 8] ^= 1 << place % 8
        for one in listen(device, bytes(spoilt)):
            assert isinstance(one, BadFrame) or not isinstance(one.meaning, Measured)
        after = listen(device, bytes(spoilt) + frame)
        assert Heard(right, len(frame)) in after


words = st.lists(st.integers(0, 0xFFFF), min_size=17, max_size=17)


@given(words)
def test_plantower_words_come_out_of_their_places(drawn: list[int]) -> None:
    drawn[16] &= 0xFF00  # no error code
    (heard,) = listen(pms5003st.DEVICE, plantower(drawn, 36))
    if isinstance(heard, BadFrame):
        assert (drawn[5] > 0, drawn[6]) == (True, 0)
        return
    if isinstance(heard.meaning, WarmingUp):
        assert not any(drawn)
        return
    signed = drawn[13] - 0x10000 if drawn[13] >= 0x8000 else drawn[13]
    assert heard.meaning == Measured(
        {
            "pm1_ugm3": float(drawn[3]),
            "pm25_ugm3": float(drawn[4]),
            "pm10_ugm3": float(drawn[5]),
            "formaldehyde_ugm3": float(drawn[12]),
            "temperature_c": signed / 10,
            "humidity_pct": drawn[14] / 10,
        }
    )


@given(st.lists(st.floats(width=32), min_size=10, max_size=10))
def test_sps30_figures_come_out_or_a_reason(figures: list[float]) -> None:
    (heard,) = listen(sps30.DEVICE, stuffed(b"\x00\x03\x00\x28" + struct.pack(">10f", *figures)))
    if isinstance(heard, Heard) and isinstance(heard.meaning, Measured):
        assert list(heard.meaning.values.values()) == figures[:4]
        assert all(0 <= figure < float("inf") for figure in figures)


FRAGMENTS = [
    "co2", "CO₂", "Temp", "t", "rh", "Humidity", "humidity (%)", "temp_f", "pressure", ":", "=", " = ", ",", ";", "\t",
    " ", "612", "24.1", "24,1", "1,612", "-5", "nan", "null", "1e9", "ppm", " C", " °F", " %", "ppb", "{", "}", '"',
    '{"co2":', '"temperature":', "[", "inf", "\n", "\r\n", "is: ", "..", "+", "é", "\x00", "9" * 40,
]  # fmt: skip


@given(st.sampled_from(["scd30", "scd4x", "bme280"]), st.lists(st.sampled_from(FRAGMENTS), max_size=30))
def test_whatever_a_sketch_prints_gives_possible_figures_or_a_reason(name: str, said: list[str]) -> None:
    for one in listen(DEVICES[name], "".join(said).encode() + b"\n"):
        if isinstance(one, Heard) and isinstance(one.meaning, Measured):
            assert one.meaning.values
            for quantity, value in one.meaning.values.items():
                assert QUANTITIES[quantity].accepts(value)


@given(st.floats(400, 9999), st.floats(-9, 44), st.floats(10, 99))
def test_what_is_printed_with_names_is_read_back(co2: float, warm: float, humid: float) -> None:
    expected: Values = {"co2_ppm": round(co2), "temperature_c": round(warm, 1), "humidity_pct": round(humid, 1)}
    texts = (
        f"CO2: {co2:.0f} ppm, T: {warm:.1f} °C, RH: {humid:.1f} %",
        f"co2={co2:.0f} t={warm:.1f}C h={humid:.1f}%",
        f'{{"humidity": {humid:.1f}, "co2": {co2:.0f}, "temp_c": "{warm:.1f}"}}',
        f"{co2:.0f};{warm:.1f};{humid:.1f}".replace(".", ","),
    )
    for text in texts:
        (meant,) = meanings(scd30.DEVICE, text.encode() + b"\n")
        assert meant == Measured(expected), text


def test_a_reason_never_repeats_what_a_line_said() -> None:
    """Reasons are logged, and a line may come from anything that is plugged in."""
    for line in (b"NGUYEN VAN A: 0123\n", b"co2: 612 Nguyen\n", b"Nguyen Van A\n", b"Nguyen,Van,A\n"):
        for one in listen(scd30.DEVICE, line):
            text = one.reason.both() if isinstance(one, BadFrame) else str(one.meaning)
            assert "guyen" not in text.lower()
            assert not isinstance(one, Heard) or isinstance(one.meaning, Noted | Unusable)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("T: 297.25 K", {"temperature_c": 24.1}),
        ("P: 100.436 kPa", {"pressure_hpa": 1004.36}),
        ("P: 1004.36 mbar", {"pressure_hpa": 1004.36}),
        ("p=100436", {"pressure_hpa": 1004.36}),
        ("p=1004.36", {"pressure_hpa": 1004.36}),
        ("Nhiệt độ: 24,1 °C; Độ ẩm: 60 %", {"temperature_c": 24.1, "humidity_pct": 60.0}),
        ("Áp suất: 1004 hPa", {"pressure_hpa": 1004.0}),
        ("Temperature: 24.10*C  Humidity: 48 %RH", {"temperature_c": 24.1, "humidity_pct": 48.0}),
        ("humidity (%) = 48, temp_f = 75.2", {"temperature_c": 24.0, "humidity_pct": 48.0}),
    ],
)  # fmt: skip
def test_units_are_those_that_are_printed(line: str, read: Values) -> None:
    assert meanings(bme280.DEVICE, line.encode() + b"\r\n") == [Measured(read)]
    assert bme280.DEVICE.decode(line.encode() + b"\n") == (Measured(read),)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("temp: 24 %", "temperature_c in %"),
        ("t=24.1.2", "temperature_c is no number"),
        ("temp_f: 24.1 C", "temperature_c has an unknown unit"),
        ('{"temperature": true}', "temperature_c is no number"),
        ('{"temperature": 1e999}', "broken JSON"),
        ('{"temperature": 24.1', "broken JSON"),
        ("p: 12 hPa", "pressure_hpa 12 is impossible"),
        ("t: 24.1 C t: 31 C", "temperature_c has two values"),
    ],
)
def test_what_cannot_be_told_has_a_reason(line: str, reason: str) -> None:
    (bad,) = listen(bme280.DEVICE, line.encode() + b"\n")
    assert isinstance(bad, BadFrame)
    assert bad.reason.en == reason
    assert scd30.DEVICE.decode(line.encode() + b"\n") is not None


def test_answers_to_what_other_programs_ask_are_no_bad_frames_and_no_figures() -> None:
    """An MH-Z19's 85 holds figures too, at other places than 86; an SPS30 is asked for its serial number."""
    range_said = bytes.fromhex("FF9B07D007D0000000")[:-1]
    co2_said = bytes.fromhex("FF85022047000000")
    for said in (range_said, co2_said):
        assert [type(one) for one in meanings(mhz19.DEVICE, said + bytes((-sum(said[1:]) & 0xFF,)))] == [Noted]
    asked, named = sps30.command(0xD0, b"\x03"), stuffed(bytes.fromhex("00D00005") + b"ABCD\0")
    assert [type(one) for one in meanings(sps30.DEVICE, asked + named)] == [Echo, Noted]
