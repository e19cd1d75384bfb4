"""Philips professional displays: SICP (Serial/Ethernet Interface Communication Protocol).

Source: SICP V1.88, V1.99, V2.03 and V2.09 as read by PlaceOS, AVCoders (PhilipsSICP), konikvranik/pyamasicp and the
        AI4AV catalogue; answers recorded from a 43BDL3550Q and a 55BDL4550D (a public driver for both): 06 01 01 19
        02 1D (on), 06 01 01 19 01 1E (off), and of others 06 01 01 00 06 00 (done), 07 01 00 0F 4D 00 44 (hours).
        Old input codes (type and number): YooUp/RS232-Monitor-Database, from Kindermann's "RS232 Codes".
Frame:  size, set number, group, data, XOR of all before; the size counts every byte. Group is 01 in most answers; some
        models leave it 00 (06 01 00 19 02 1C, two independent public drivers), so an answer is also what holds more
        than the question it belongs to.
Units:  display_on, input_source, muted, lamp_hours_h (operating hours).
Errors: BadFrame(checksum, size, cut short); 15 and 18 (NACK, NAV) end an order as refused. SICP from 1.8 names inputs
        by one number (HDMI 0D); older displays by type and number (HDMI 09 00): these are device philips-old, whose
        power and mute are the same and whose input is not read back.
"""

from functools import reduce
from operator import xor

from firmware_bridge.device import Values
from firmware_bridge.display import REFUSED, Display, Kind, Question, Said, coded, unknown
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.counted import Counted
from wire.text import Text

POWER_GET, INPUT_GET, MUTE_GET, MISCELLANEOUS, CONTROL = b"\x19", b"\xad", b"\x46", b"\x0f", b"\x00"
DONE, _NACK, _NAV = {0x00, 0x06}, 0x15, 0x18
_ANSWER = 0x01
# Bytes behind the topic of our questions; nobody asks with CONTROL, which ends an order.
_ASKED_WITH = {POWER_GET: 0, INPUT_GET: 0, MUTE_GET: 0, MISCELLANEOUS: 1, CONTROL: 0}
SOURCES = {
    "video1": 0x01,
    "s-video1": 0x02,
    "component1": 0x03,
    "vga1": 0x05,
    "hdmi2": 0x06,
    "dp2": 0x07,
    "usb2": 0x08,
    "dp1": 0x0A,
    "ops": 0x0B,
    "usb1": 0x0C,
    "hdmi1": 0x0D,
    "dvi1": 0x0E,
    "hdmi3": 0x0F,
    "browser": 0x10,
    "media": 0x16,
    "hdmi4": 0x19,
    "vga2": 0x1A,
    "vga3": 0x1B,
    "whiteboard": 0x1C,
}
_READ = {code: name for name, code in SOURCES.items()} | {0x09: "dvi2", 0x11: "cms", 0x13: "storage", 0x17: "pdf"}
_OLD_SOURCES = {
    "video1": b"\x01\x00",
    "s-video1": b"\x01\x01",
    "component1": b"\x03\x00",
    "vga1": b"\x05\x00",
    "hdmi2": b"\x05\x01",
    "usb2": b"\x06\x00",
    "dp2": b"\x06\x01",
    "dvi2": b"\x07\x00",
    "dp1": b"\x07\x01",
    "ops": b"\x08\x00",
    "usb1": b"\x08\x01",
    "hdmi1": b"\x09\x00",
    "dvi1": b"\x09\x01",
}


def parity(body: bytes) -> int:
    """XOR of all bytes."""
    return reduce(xor, body, 0)


def check(frame: bytes) -> Text | None:
    return wrong_sum(frame[-1], parity(frame[:-1]))


def said(data: bytes) -> Said:
    """What the data of an answer says, whatever carries it: iiyama's frames hold the same."""
    topic, value = data[:1], data[1:]
    if topic != CONTROL:
        return Said(Kind.VALUE, topic, value)
    if value and value[0] in DONE:
        return Said(Kind.DONE)
    if value and value[0] in {_NACK, _NAV}:
        return Said(Kind.REFUSED, reason=REFUSED)
    return Said(Kind.ASIDE)


def _input(value: bytes) -> Values | Text:
    name = _READ.get(value[0]) if value else None
    return unknown("input_source", value) if name is None else {"input_source": name}


def _hours(value: bytes) -> Values | Text:
    """The item asked for (02) may or may not come back before the two bytes of hours."""
    if len(value) not in {2, 3}:
        return unknown("lamp_hours_h", value)
    return {"lamp_hours_h": float(int.from_bytes(value[-2:], "big"))}


POWER = Question(POWER_GET, coded("display_on", {b"\x01": 0.0, b"\x02": 1.0}), POWER_GET)
MUTE = Question(MUTE_GET, coded("muted", {b"\x00": 0.0, b"\x01": 1.0}), MUTE_GET)
INPUT = Question(INPUT_GET, _input, INPUT_GET)
HOURS = Question(MISCELLANEOUS + b"\x02", _hours, MISCELLANEOUS)


def _wrap(word: bytes, address: int) -> bytes:
    body = bytes((len(word) + 4, address, 0x00)) + word
    return body + bytes((parity(body),))


def _hear(frame: bytes, address: int | None) -> Said:
    data = frame[3:-1]
    if frame[2] != _ANSWER and len(data) - 1 <= _ASKED_WITH.get(data[:1], len(data)):
        return Said(Kind.OURS)
    if address and frame[1] != address:
        return Said(Kind.ASIDE, reason=Text(f"từ màn hình số {frame[1]}", f"from display number {frame[1]}"))
    return said(data)


def _table(name: str, title: Text, inputs: dict[str, bytes], questions: tuple[Question, ...], *also: str) -> Display:
    return Display(
        name=name,
        title=title,
        wiring=Text(
            "RS-232 IN (DB9 hoặc giắc 3,5 mm), 9600 (75BDL3151T: 115200); mạng: TCP 5000. Monitor ID phải khớp "
            "«address»; 0 là mọi máy và không ai trả lời.",
            "RS-232 IN (DB9 or 3.5 mm jack), 9600 (75BDL3151T: 115200); network: TCP port 5000. The Monitor ID must be "
            "that of `address`; 0 means every display, and none answers.",
        ),
        wrap=_wrap,
        frame=Counted(start=b"", at=0, extra=0, smallest=5, max_size=40, check=check),
        hear=_hear,
        on=b"\x18\x02",
        off=b"\x18\x01",
        mute=b"\x47\x01",
        unmute=b"\x47\x00",
        inputs=inputs,
        questions=questions,
        quantities=("display_on", "input_source", "muted", "lamp_hours_h"),
        address=1,
        addresses=range(0x100),
        tcp_port=5000,
        also=also,
    )


PHILIPS = _table(
    "philips",
    Text("màn hình Philips (SICP)", "Philips display (SICP)"),
    {name: bytes((0xAC, code, 0x09, 0x01, 0x00)) for name, code in SOURCES.items()},
    (POWER, INPUT, MUTE, HOURS),
    "philips-sicp",
    "sicp",
    "ag-neovo",
)
OLD = _table(
    "philips-old",
    Text("màn hình Philips đời cũ (SICP 1)", "older Philips display (SICP 1)"),
    {name: b"\xac" + code + b"\x01\x00" for name, code in _OLD_SOURCES.items()},
    (POWER, MUTE),
)
