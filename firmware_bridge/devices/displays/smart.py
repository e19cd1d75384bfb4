"""SMART Boards: lines of text, and a prompt.

Source: SMART "RS-232 configuration" (8070i) through YooUp RS232-Monitor-Database; public drivers of Extron (kapp iQ),
        ICD (SmartTech display) and bsdehart-NCSU/SIMPL-SMART-MX-Series, which agree on the lines and the prompt.
Frame:  "set powerstate=on" CR, "get powerstate" CR; answers "powerstate=on" and the prompt ">"; changes made at the
        board come by themselves with # before them.
Units:  display_on (on; off, standby and ready are off), input_source, muted.
Errors: BadFrame(no end, control character); "invalid cmd" ends an order as refused. The database's lines lack their CR.
        Names of inputs differ from model to model: a board refuses one it has not.
"""

from firmware_bridge.display import REFUSED, Display, Kind, Question, Said, coded
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

_SOURCES = {
    "vga1": b"VGA1",
    "vga2": b"VGA2",
    "rgb-hv": b"RGB/HV",
    "dvi1": b"DVI",
    "video1": b"Video1",
    "video2": b"Video2",
    "s-video1": b"S_Video",
    "dvd-hd1": b"DVD/HD1",
    "dvd-hd2": b"DVD/HD2",
    "dp1": b"DP1",
    "hdmi1": b"HDMI1",
    "hdmi2": b"HDMI2",
    "hdmi3": b"HDMI3",
    "ops1": b"OPS1",
}
_READ = {word.lower(): name for name, word in _SOURCES.items()} | {b"displayport": "dp1"}
_POWER = {b"on": 1.0, b"off": 0.0, b"standby": 0.0, b"ready": 0.0}
_MUTE = {b"on": 1.0, b"off": 0.0}


def _wrap(word: bytes, _: int) -> bytes:
    return word + b"\r"


def _hear(frame: bytes, _: int | None) -> Said:
    line = frame[:-1].strip()
    if line.startswith((b"get ", b"set ")):
        return Said(Kind.OURS)
    if line.startswith(b"invalid cmd"):
        return Said(Kind.REFUSED, reason=REFUSED)
    key, equals, value = line.removeprefix(b"#").partition(b"=")
    if not equals:
        return Said(Kind.ASIDE)
    return Said(Kind.VALUE if line[:1] == b"#" else Kind.DONE, key.strip(), value.strip().lower())


SMART = Display(
    name="smart",
    title=Text("bảng tương tác SMART", "SMART Board"),
    wiring=Text(
        "RS-232 trong (Room Control), DB9 hoặc giắc 3,5 mm, 19200; chỉ nhận lệnh khi bảng có điện",
        "RS-232 Room Control, DB9 or 3.5 mm jack, 19200; it listens only while it has mains power",
    ),
    wrap=_wrap,
    checked=False,
    frame=Delimited(ends=b"\r\n>", max_size=80),
    hear=_hear,
    on=b"set powerstate=on",
    off=b"set powerstate=off",
    mute=b"set mute=on",
    unmute=b"set mute=off",
    inputs={name: b"set input=" + word for name, word in _SOURCES.items()},
    questions=(
        Question(b"get powerstate", coded("display_on", _POWER), b"powerstate"),
        Question(b"get input", coded("input_source", _READ), b"input"),
        Question(b"get mute", coded("muted", _MUTE), b"mute"),
    ),
    quantities=("display_on", "input_source", "muted"),
    baud=19200,
    also=("smartboard", "smart-board"),
)
