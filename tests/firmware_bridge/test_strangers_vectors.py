"""Frames other people's tests, tables and recordings hold, retyped; each with where it stands and what it must mean.

What differs from their word for it is said at the row. A value is a dict, a plain word one of `meaning`'s.
"""

import pytest

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Echo, Meaning, Measured, Noted, Values, WarmingUp
from firmware_bridge.devices import device_named
from firmware_bridge.framing.frame import BadFrame

YES, NO, OURS, NOTED, WARMING = "yes", "no", "ours", "noted", "warming"
WORDS: dict[type[Meaning], str] = {Echo: OURS, Noted: NOTED, WarmingUp: WARMING}
Told = Values | str


def meaning(one: Heard | BadFrame) -> Told:
    """`bad: reason`, `yes`, `no`, `ours`, `noted`, `warming`, or the values."""
    if isinstance(one, BadFrame):
        return f"bad: {one.reason.en}"
    if isinstance(one.meaning, Measured):
        return one.meaning.values
    if isinstance(one.meaning, Answer):
        return YES if one.meaning.accepted else NO
    return WORDS[type(one.meaning)]


def told(name: str, data: bytes) -> list[Told]:
    device = device_named(name)
    assert device is not None
    conversation = Conversation(device)
    return [meaning(one) for one in conversation.feed(data) + conversation.finish()]


# github.com/MasandeM/sps30, sps30_test.go; a public `pmmonitor` test; sums and stuffing theirs.
SPS30: list[tuple[str, list[Told]]] = [
    (
        "7e000300283d2001e33d5adecf3d81cc533d8c48ae3e73397d5e3e97b9033e9e8b9f3e9ff1713ea04e183f3650125a7e",
        [{"pm1_ugm3": 0.0390643, "pm25_ugm3": 0.0534351, "pm4_ugm3": 0.063378, "pm10_ugm3": 0.0684980}],
    ),
    ("7e007d314300ab7e", [NO]),  # wake up, though awake; the command is an escaped byte
    ("7e00004300bc7e", [NO]),  # start, though measuring
    ("7e00000000ff7e", [YES]),
    ("7e00d1000702030007000200197e", [NOTED]),  # versions 2.3, hardware 7
    ("7e00d10007027d31000700020 00b7e", [NOTED]),  # 2.17: the second byte is an escaped one
    ("7e00d20005000000000028 7e", [NOTED]),  # the status register, nothing in it
    ("7e000300 00fc7e", [NOTED]),  # nothing new yet
    ("7e008001007d5e7e", [NO]),
    ("7e00800500000000007a7e", [OURS]),
    ("7e00d001012d7e", [OURS]),
    ("7e00d3002c7e", [OURS]),
    ("ff7e001100ee7e7e001100ee7e", ["bad: no start of a frame: noise", OURS, OURS]),  # FF: a pulse that wakes it
    ("7e008001017d5e7e", ["bad: checksum 0x7E, calculated 0x7D"]),
    ("7e008001007d5d7e", ["bad: checksum 0x7D, calculated 0x7E"]),
    ("7e008001007d5e7f", ["bad: frame cut short"]),
]
# SensorWinSen.c, unit_test_ZH03 and unit_test_MHZ14A. Its order of the asked words is another: see zh03.py.
ZH03: list[tuple[str, list[Told]]] = [
    ("424d0014000d00110013000d001100130000000000000105", [{"pm1_ugm3": 13.0, "pm25_ugm3": 17.0, "pm10_ugm3": 19.0}]),
    ("424d001410060009000a00060009000a00000000000000d5", ["bad: checksum 0xD5, calculated 0xE5"]),
    ("424d0014020d00110013000d001100130000000000000105", ["bad: checksum 0x105, calculated 0x107"]),
    ("ff860016001800103c", [{"pm1_ugm3": 16.0, "pm25_ugm3": 22.0, "pm10_ugm3": 24.0}]),
    ("ff86004700c7030f51", ["bad: checksum 0x51, calculated 0x5A"]),
    ("ffa7010000000000 58", [YES]),
    ("ffa7000000000000 59", [NO]),
]
MHZ19: list[tuple[str, list[Told]]] = [
    ("ff8602200000000058", [{"co2_ppm": 544.0}]),
    ("ff8602200000000158", ["bad: checksum 0x58, calculated 0x57"]),
    ("ff8602200000000057", ["bad: checksum 0x57, calculated 0x58"]),
    ("ff86022000000020", ["bad: frame cut short"]),
]
# A Raspberry Pi driver of an SDS198: each command, and the answer it waits for.
SDS198: list[tuple[str, list[Told]]] = [
    ("aab402010100000000000000000000dac8a6ab aac502010100dac8a6ab", [OURS, YES]),
    ("aab406010000000000000000000000dac8a9ab aac506010000dac8a9ab", [OURS, YES]),
    ("aab406010100000000000000000000dac8aaab aac506010100dac8aaab", [OURS, YES]),
    ("aab405000000000000000000 00dac8ffffa5ab aac505000000dac8a7ab", [OURS, YES]),
    ("aab404000000000000000000000000dac8a6ab", [OURS]),
]
# github.com/jedp/PMSensor-HPMA115, test_auto_send.cc. Its frame of words that count up says 0203 for a length and
# 0203 is refused here; with the length a sensor sends it is read as theirs, and so are its sum and its reserved words.
HPMA115: list[tuple[str, list[Told]]] = [
    (
        "424d001c0405060708090a0b0c0d0e0f101112131415161718191a1b1c1d0258",
        [{"pm1_ugm3": 1029.0, "pm25_ugm3": 1543.0, "pm4_ugm3": 2057.0, "pm10_ugm3": 2571.0}],
    ),
    (
        "400d04003000310032003300000000e9",  # data sheet, table 6
        [{"pm1_ugm3": 48.0, "pm25_ugm3": 49.0, "pm4_ugm3": 50.0, "pm10_ugm3": 51.0}],
    ),
    ("68014057 a5a5 68012077 9696", [OURS, YES, OURS, NO]),
]


@pytest.mark.parametrize(
    ("name", "frame", "expected"),
    [
        (name, frame, expected)
        for name, rows in (("sps30", SPS30), ("zh03", ZH03), ("mhz19", MHZ19), ("sds198", SDS198), ("hpma115", HPMA115))
        for frame, expected in rows
    ],
)
def test_frames_of_air_sensors(name: str, frame: str, expected: list[Told]) -> None:
    found = told(name, bytes.fromhex(frame.replace(" ", "")))
    assert len(found) == len(expected)
    for one, wanted in zip(found, expected, strict=True):
        assert one == (pytest.approx(wanted, rel=1e-5) if isinstance(wanted, dict) else wanted)


ON: Values = {"display_on": 1.0}
OFF: Values = {"display_on": 0.0}
# github.com/open-avc/openavc-drivers, tests of viewsonic_cde (specification 3.3.2, and a CDE8631-1C's own bytes) and of
# benq_display (RM6503 guide); bsdehart-NCSU/SIMPL-Viewsonic-CDE-Series-Serial for the short questions.
VIEWSONIC: list[tuple[bytes, list[Told]]] = [
    (b"801rl001\r", [ON]),
    (b"801rl000\r", [OFF]),
    (b"801rj104\r", [{"input_source": "hdmi1"}]),
    (b"801rj014\r", [{"input_source": "hdmi2"}]),
    (b"801rj10A\r", [{"input_source": "android"}]),
    (b"801rj1ZZ\r", [NOTED]),
    (b"801rg001\r", [{"muted": 1.0}]),
    (b"801r0042\r801r0-05\r", [NOTED, NOTED]),  # degrees inside
    (b"801r=102\r", [NOTED]),  # freeze, told by itself
    (b"801rz000\r", [NOTED]),
    (b"201r1001234" + b"\x00" * 20 + b"\r", [NOTED]),  # hours
    (b"201r1000033" + b" " * 21 + b"\r", [NOTED]),
    (b"201r4CDE8631-1C" + b" " * 17 + b"\r", [NOTED]),
    (b"201r:A28.2B000.0C-1D00000       \r", [NOTED]),
    (b"201r:A28.2\r", ["bad: length says 2, it is 10"]),
    (b"201s4CDE8631-1C" + b" " * 17 + b"\r", ["bad: length says 2, it is 32"]),
    (b'801s"014\r801gj000\r', [OURS, OURS]),
    (b"501g!\r801r!001\r", [OURS, ON]),
    (b'501g"\r801r"004\r', [OURS, {"input_source": "hdmi1"}]),
    (b"401+\r401-\r", [YES, NO]),
]
BENQ: list[tuple[bytes, list[Told]]] = [
    (b"801s$076\r", [OURS]),
    (b":01gv00000\r", [OURS]),
    (b":01rv01786\r", [NOTED]),  # the operation counter
    (b"D01g \x02" + b"\x00" * 14 + b"\r", [OURS]),
    (b"801rl000\r801rl002\r801rl001\r", [OFF, OFF, ON]),
    (b"801rl001\r501g!\r801r!002\r", [ON, OURS, OFF]),
]
# The Extron driver of InFocus INF6540e … INF8640e, Clevertouch's "RS232 and IP commands", and
# github.com/byuoitav/clevertouch-control.
RKE: list[tuple[bytes, list[Told]]] = [
    (b":01S0003\r401+\r", [OURS, YES]),
    (b":01S:102\r401-\r", [OURS, NO]),
    (b":01G0000\r:01r0000\r:01r0001\r:01r0002\r:01r0003\r", [OURS, OFF, ON, OFF, ON]),
    (b":01G:000\r:01r:007\r:01r:021\r", [OURS, {"input_source": "dp1"}, {"input_source": "hdmi3"}]),
    (b":01r:022\r:01r:103\r", [{"input_source": "hdmi4"}, {"input_source": "pc1"}]),
    (b":01S:051\r:01S:105\r:01r:105\r", [OURS, OURS, {"input_source": "usb-c2"}]),
    (b":01r:051\r:01r:104\r", [{"input_source": "tv1"}, {"input_source": "usb-c1"}]),
    (b":01r9001\r:01r8050\r", [{"muted": 1.0}, NOTED]),
    (b"501+\r", ["bad: the line does not begin with :"]),
]
# github.com/PlaceOS/drivers, ls5_spec.cr: what is answered n is the temperature only where it was asked.
LG: list[tuple[bytes, list[Told]]] = [
    (b"fw 01 01\rw 01 OK01x", [OURS, YES]),
    (b"mn 01 00\rn 01 OK00x", [OURS, YES]),  # turns itself off after four hours
    (b"sn 01 0c 03\rn 01 OK0c03x", [OURS, YES]),  # power management
    (b"kd 01 FF\rd 01 OK01x", [OURS, YES]),  # dark, and yet on
    (b"xb 01 FF\rb 01 OKA0x", [OURS, YES, {"input_source": "hdmi1"}]),
    (b"ke 01 FF\re 01 OK00x", [OURS, YES, {"muted": 1.0}]),
    (b"ke 01 01\re 01 OK01x", [OURS, YES, {"muted": 0.0}]),
    (b"kf 01 FF\rf 01 OK08x", [OURS, YES]),
    # Their kinds, other sets and letters.
    (b"dn 02 ff\rn 02 OK29x", [OURS, YES, {"device_temperature_c": 41.0}]),
    (b"n 01 OK29x", [YES]),
    (b"kl 01 01\rl 01 OK01x", [OURS, YES]),
    (b"se 01 01\re 01 OK01x", [OURS, YES]),
    (b"ka 02 01\ra 02 OK01x", [OURS, YES, ON]),
    (b"mn 01 00\rn 01 NG00x\r\na 01 OK01x", [OURS, NO, YES, ON]),
]
# github.com/PlaceOS/drivers, pn_series_spec.cr: answers that begin with the command.
SHARP: list[tuple[bytes, list[Told]]] = [
    (b"POWR????\r\nPOWR 001\r\n", [OURS, ON]),
    (b"INF1????\r\nINF1 P802B\r\nPWOD????\r\nPWOD 002\r\n", [OURS, NOTED, OURS, NOTED]),
    (b"MUTE????\r\nMUTE 000\r\n", [OURS, {"muted": 0.0}]),
    (b"INPS0010\r\nWAIT\r\nOK\r\nINPS????\r\nINPS  10\r\n", [OURS, NOTED, YES, OURS, {"input_source": "hdmi1"}]),
    (b"ASCA   1\r\nASCA   1\r\n", [NOTED, NOTED]),
    (b"Password:OK\r\nPassword:Login incorrect\r\n", [NOTED, NOTED]),
    (b"POWR   1\r\nOK\r\n", [NOTED, YES]),  # an order padded with spaces is no answer
    (b"POWR????\r\nMUTE 001\r\n1\r\n", [OURS, NOTED, "bad: an answer to nothing that was asked"]),
]
# What sketches print: Adafruit's of the SCD30 and of CircuitPython ("degrees C"), of other sensors.
PRINTED: list[tuple[bytes, list[Told]]] = [
    (
        b"Temperature: 24.10 degrees C\r\nRelative Humidity: 48.20 %\r\n\r\nCO2: 612.000 ppm\r\n\r\n",
        [{"temperature_c": 24.1}, {"humidity_pct": 48.2}, {"co2_ppm": 612.0}],
    ),
    (b"Temperature: 75.4 Degrees F\n", [{"temperature_c": 24.111}]),
    (b"Temperature: 24.1 degrees Celsius\n", [{"temperature_c": 24.1}]),
    (b"Temperature: 24.1 degrees\n", ["bad: temperature_c has an unknown unit"]),
]
# A projector's simulator and its tests, an ioBroker adapter and the Rust crate meros_integrations (both of version 2.10
# of the specification, whose example the digests are), a page of companje/companje.nl.
OWN, SHA = b"c14b279e603d8a5f17e849ba360f2dc5", b"70ab129eac6924d4c129c9c4fcf45be42e1e776325a66db67e5b6eee50f2a692"
PJLINK: list[tuple[bytes, list[Told]]] = [
    (b"%2SRCH\r%2ACKN=02:11:22:33:44:55\r", [OURS, NOTED]),
    (b"%2LKUP=00:11:22:33:44:55\r", [NOTED]),
    (b"%2ERST=000010\r%2POWR=3\r%2INPT=6A\r", [{"error_code": "filter-warning"}, ON, {"input_source": "internal-a"}]),
    (b"%1CLSS ?\r%1CLSS=2\r%2SNUM ?\r%2SNUM=SIM-TestProjector\r", [OURS, NOTED, OURS, NOTED]),
    (b"%2INNM ?31\r%2INNM=HDMI 1\r%2RLMP ?\r%2RLMP=MockLamp-X2\r", [OURS, NOTED, OURS, NOTED]),
    (b"%2IRES ?\r%2IRES=1920x1080\r%2IRES=1920 x 1200\r", [OURS, NOTED, NOTED]),
    (b"%2INPT 6A\r%2INPT=OK\r%2INPT ?\r%2INPT=6A\r", [OURS, YES, OURS, {"input_source": "internal-a"}]),
    (b"%1INPT 6A\r%1INPT=ERR2\r%2NOPE ?\r%2NOPE=ERR1\r", [OURS, NO, OURS, NO]),
    (
        b"%1LAMP=1163 1\r%1LAMP=100 1 250 0\r",
        [{"lamp_hours_h": 1163.0}, {"lamp_hours_h": 100.0}, {"lamp_hours_h": 250.0}],
    ),
    (
        b"PJLINK 1 498e4a67\r5d8409bc1c3fa39749434aa3a5c38682%1POWR ?\r%1POWR=0\r",
        [NOTED, OURS, OFF],
    ),
    (
        b"PJLINK 1 498e4a67\rPJLINK 2\rPJLINK 2 3db25e10f69c47a85adb24cf361897e0\r"
        + OWN
        + SHA
        + b"%1POWR ?\r%1POWR=1\r",
        [NOTED, OURS, NOTED, OURS, ON],
    ),
    (b"PJLINK 2 3db2\r", ["bad: the line does not begin with %"]),
]


LINES = (
    ("viewsonic", VIEWSONIC),
    ("benq", BENQ),
    ("optoma-rke", RKE),
    ("lg", LG),
    ("sharp", SHARP),
    ("pjlink", PJLINK),
    ("scd30", PRINTED),
)


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [(name, lines, expected) for name, rows in LINES for lines, expected in rows],
)
def test_lines_of_text(name: str, lines: bytes, expected: list[Told]) -> None:
    assert told(name, lines) == expected


# Drivers checked on 43BDL3550Q and 55BDL4550D, a public SICP test (whose group is 00 where displays say 01 or 00).
PHILIPS: list[tuple[str, list[Told]]] = [
    ("06010018021d 05010019 1d", [OURS, OURS]),
    ("06010119021d 06010119011e", [ON, OFF]),
    ("090101ad0d000100a8", [{"input_source": "hdmi1"}]),
    ("0701000f4d0044", [{"lamp_hours_h": 19712.0}]),
    ("060101000600 060101001513 06010100181e", [YES, NO, NO]),
    ("0601015d015a 060101f200f4", [NOTED, NOTED]),
]
# github.com/PlaceOS/drivers, mdc_protocol_spec.cr and md_series_spec.cr. F9 is the panel alone: dark, and yet on.
SAMSUNG: list[tuple[str, list[Told]]] = [
    ("aaf90000f9 aaff000341f9003c aaff000341f9013d", [OURS, YES, YES]),
    (
        "aa00000000 aaff0009410001060014000000 64",
        [OURS, YES, {"display_on": 1.0, "muted": 0.0, "input_source": "pc1"}],
    ),
    ("aa120001182b aaff00034112186d", [OURS, YES]),
    ("aa1400012136 aaff000341142178", [OURS, YES, {"input_source": "hdmi1"}]),
]
# github.com/pocke/BDM4065UC11's tests, the detection tests of an ioBroker adapter, a Node program's recorded answer.
# One answer of the former's tests has a check that does not fit (26 for 3B).
IIYAMA: list[tuple[str, list[Told]]] = [
    ("a60100000004011801bb 210100000401000025", [OURS, YES]),
    ("a601000000030119bc 21010000040119023e", [OURS, ON]),
    ("210100000c01a242444d343036355543d5", [NOTED]),
    ("2101000004011d0326", ["bad: checksum 0x26, calculated 0x3B"]),
    ("2101000004011902ff", ["bad: checksum 0xFF, calculated 0x3E"]),
]
# promethean.js of github.com/ha2010951/lu-screen-dashboard-2026. No mark tells a volume step from an answer.
PROMETHEAN: list[tuple[str, list[Told]]] = [
    ("f6010200f96f f6010101f96f f6020000f86f f630010930 6f", [OURS, OURS, OURS, OURS]),
    ("f60c0001036f f60c0200046f", [NOTED, NOTED]),
]
# Newline's own service and two command tables; one row of both tables has 7E for 7F.
NEWLINE: list[tuple[str, list[Told]]] = [
    ("7f0899a2b3c402ff0101cf 7f0999a2b3c402ff010101cf", [OURS, YES]),
    ("7f0899a2b3c402ff0156cf 7f0999a2b3c402ff015601cf", [OURS, YES]),
    ("7f0899a2b3c402ff0150cf", [OURS]),
    ("7e0999a2b3c402ff010001cf", ["bad: no start of a frame: noise"]),
]


BYTES = (
    ("samsung-mdc", SAMSUNG),
    ("philips", PHILIPS),
    ("iiyama", IIYAMA),
    ("promethean", PROMETHEAN),
    ("newline", NEWLINE),
)


@pytest.mark.parametrize(
    ("name", "frame", "expected"),
    [(name, frame, expected) for name, rows in BYTES for frame, expected in rows],
)
def test_frames_of_displays(name: str, frame: str, expected: list[Told]) -> None:
    assert told(name, bytes.fromhex(frame.replace(" ", ""))) == expected
