"""Optoma projectors and RK boards (~), and the RKe boards Optoma and InFocus share (:).

Source: Optoma 3863RK user manual ("RS232 protocol function list") and InFocus "Generic RS232 commands" as read by the
        AI4AV catalogue, and several public drivers of `~00124 1`; for RKe the public Extron driver of InFocus boards
        (INF6540e, INF7540e, INF8640e) and the AI4AV catalogue (":01r000N": 0 light off, 1 on, 2 power off; Clevertouch
        "RS232 and IP commands" for the Pro series: also 3 on, 401+ and 401- for orders) and
        github.com/byuoitav/clevertouch-control, whose inputs are the same. Both: YooUp/RS232-Monitor-Database.
Frame:  "~0000 1" CR: set number (00 all), command, value; answers "P" or "F", to questions "OK1", CR. By itself
        "INFO1". RKe: ":01S0003" CR and ":01G0000" CR; answers ":01r0001" CR, "401+" CR, "401-" CR.
Units:  display_on, input_source, muted, lamp_hours_h (usage or lamp hours). RKe: light off (0) is off.
Errors: BadFrame(no end, control character). "OK1" is read by what was asked; unasked it is refused. Not all RKe
        boards need answer an order: it ends unconfirmed and the next question shows what it did.
"""

import re

from firmware_bridge.display import REFUSED, Display, Kind, Question, Said, coded, counted, decimal
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

_SELF = Text("thiết bị tự báo trạng thái", "the device tells its state by itself")
_SOURCES = {
    "hdmi1": b"1",
    "vga1": b"5",
    "hdmi2": b"15",
    "hdmi3": b"16",
    "dp1": b"20",
    "android": b"24",
    "pc1": b"25",
    "hdmi-front": b"26",
    "usb-c-front": b"31",
    "usb-c1": b"32",
}
_READ = {
    b"2": "vga1",
    b"7": "hdmi1",
    b"8": "hdmi2",
    b"15": "dp1",
    b"20": "android",
    b"21": "pc1",
    b"22": "hdmi-front",
    b"28": "usb-c-front",
    b"29": "usb-c1",
}
_SWITCH = {b"0": 0.0, b"1": 1.0}


def _wrap(word: bytes, address: int) -> bytes:
    return b"~%02d" % address + word + b"\r"


def _hear(frame: bytes, _: int | None) -> Said:
    line = frame[:-1].strip()
    if line[:1] == b"~":
        return Said(Kind.OURS, line[3:])
    if line[:2].upper() == b"OK" and len(line) > len(b"OK"):
        return Said(Kind.VALUE, value=line[2:])
    if line == b"P":
        return Said(Kind.DONE)
    if line == b"F":
        return Said(Kind.REFUSED, reason=REFUSED)
    return Said(Kind.ASIDE, reason=_SELF if line.startswith(b"INFO") else None)


OPTOMA = Display(
    name="optoma",
    title=Text("máy chiếu và bảng Optoma", "Optoma projector or board"),
    wiring=Text(
        "DB9 RS-232, 9600 (TX/RX chéo, chỉ chân 2, 3, 5); bảng RK qua mạng: TCP 4023, máy chiếu: TCP 1023",
        "DB9 RS-232, 9600 (TX and RX crossed, pins 2, 3 and 5 only); RK boards on the network: TCP port 4023, "
        "projectors: 1023",
    ),
    wrap=_wrap,
    checked=False,
    frame=Delimited(max_size=80),
    hear=_hear,
    on=b"00 1",
    off=b"00 0",
    mute=b"80 1",
    unmute=b"80 0",
    inputs={name: b"12 " + code for name, code in _SOURCES.items()},
    questions=(
        Question(b"124 1", coded("display_on", _SWITCH)),
        Question(b"121 1", coded("input_source", _READ)),
        Question(b"356 1", coded("muted", _SWITCH)),
        Question(b"108 1", counted("lamp_hours_h", decimal)),
    ),
    quantities=("display_on", "input_source", "muted", "lamp_hours_h"),
    addresses=range(100),
    also=("optoma-rk", "optoma-projector"),
)

_RKE_SOURCES = {
    "vga1": b"000",
    "hdmi1": b"001",
    "hdmi2": b"002",
    "av1": b"003",
    "dp1": b"007",
    "hdmi3": b"021",
    "hdmi4": b"022",
    "tv1": b"051",
    "android": b"101",
    "pc1": b"103",
    "usb-c1": b"104",
    "usb-c2": b"105",
}
_RKE_POWER = {b"000": 0.0, b"001": 1.0, b"002": 0.0, b"003": 1.0}
_RKE_VERDICT = re.compile(rb"4[0-9]{2}[+-]")


def _colon(content: bytes) -> Text | None:
    """A colon is also the letter for the input: it cannot mark where a line begins."""
    if content[:1] == b":" or _RKE_VERDICT.fullmatch(content):
        return None
    return Text("dòng không bắt đầu bằng :", "the line does not begin with :")


def _wrap_rke(word: bytes, address: int) -> bytes:
    return b":%02d" % address + word + b"\r"


def _hear_rke(frame: bytes, address: int | None) -> Said:
    line = frame[:-1]
    verdict = _RKE_VERDICT.fullmatch(line) is not None
    if line[3:4] in {b"S", b"G"}:
        return Said(Kind.OURS)
    if not verdict and (line[3:4] != b"r" or len(line) != len(b":01r0001")):
        return Said(Kind.ASIDE)
    if address is not None and line[1:3] != b"%02d" % address:
        number = line[1:3].decode("ascii", "replace")
        return Said(Kind.ASIDE, reason=Text(f"từ màn hình số {number}", f"from display number {number}"))
    if verdict:
        return Said(Kind.DONE) if line[3:] == b"+" else Said(Kind.REFUSED, reason=REFUSED)
    return Said(Kind.VALUE, line[4:5], line[5:])


RKE = Display(
    name="optoma-rke",
    title=Text("bảng Optoma RKe, InFocus", "Optoma RKe or InFocus board"),
    wiring=Text(
        "DB9 RS-232, 9600, số máy 01", "DB9 RS-232, 9600, TX and RX crossed, set number 01 unless changed in the menu"
    ),
    wrap=_wrap_rke,
    checked=False,
    frame=Delimited(ends=b"\r", max_size=40, printable=False, check=_colon),
    hear=_hear_rke,
    on=b"S0003",
    off=b"S0002",
    mute=b"S9001",
    unmute=b"S9000",
    inputs={name: b"S:" + code for name, code in _RKE_SOURCES.items()},
    questions=(
        Question(b"G0000", coded("display_on", _RKE_POWER), b"0"),
        Question(b"G:000", coded("input_source", {code: name for name, code in _RKE_SOURCES.items()}), b":"),
        Question(b"G9000", coded("muted", {b"000": 0.0, b"001": 1.0}), b"9"),
    ),
    quantities=("display_on", "input_source", "muted"),
    answered=False,
    address=1,
    addresses=range(1, 100),
    also=("infocus", "infocus-jtouch", "clevertouch-pro"),
)
