"""Sharp PN monitors: four letters and four characters.

Source: Sharp "S-Format commands" (PN-E869 … E329) as read by the AI4AV catalogue and PlaceOS (Sharp::PnSeries); YooUp
        RS232-Monitor-Database (PN-HW551).
Frame:  "POWR0001" CR; answers "OK", "ERR", "WAIT" (an answer follows), or a number alone, CR or CR LF; some say the
        command before it ("POWR 001", "INPS  10": PlaceOS/drivers, pn_series_spec.cr).
Units:  display_on (1 on; 0 standby and 2 waiting for a signal, when the screen is dark, are off), input_source, muted,
        device_temperature_c (126 is a broken sensor: left out), error_code of the temperature state.
Errors: BadFrame(no end, control character). A number is read by what was asked; unasked it is refused. Over the network
        these monitors want a login first, which this device does not do: use a serial line or a serial server.
"""

import re

from firmware_bridge.device import Values
from firmware_bridge.display import REFUSED, Display, Kind, Question, Read, Said, decimal, unknown
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

_COMMAND = 8
_NAMED = re.compile(rb"[A-Z0-9]{4} [ 0-9]{2}[0-9]")
"""An answer that says what it answers; or, for all one can tell, an order padded with spaces."""
_BROKEN_SENSOR = 126
_WAIT = Text("đang làm, chờ trả lời", "working on it, an answer follows")
_SOURCES = {"tv1": 2, "hdmi1": 10, "usb1": 11, "hdmi2": 13, "hdmi3": 18, "usb-c1": 27}
_READ = {code: name for name, code in _SOURCES.items()}
_POWER = {0: 0.0, 1: 1.0, 2: 0.0}
_HOT = {0: "0", 1: "temperature-standby", 2: "temperature", 3: "temperature-dimmed", 4: "sensor"}


def _wrap(word: bytes, _: int) -> bytes:
    return word + b"\r"


def _hear(frame: bytes, _: int | None) -> Said:
    """`OK 001` and `1 001`: behind a space comes the monitor's own number, where it has one."""
    content = frame[:-1]
    first = content.split(b" ")[0]
    if first == b"OK":
        return Said(Kind.DONE)
    if first == b"ERR":
        return Said(Kind.REFUSED, reason=REFUSED)
    if first == b"WAIT":
        return Said(Kind.ASIDE, reason=_WAIT)
    if _NAMED.fullmatch(content):
        return Said(Kind.VALUE, content[:4], content[4:])
    if len(content) == _COMMAND and content[:4].isalnum() and content[:1].isalpha():
        return Said(Kind.OURS)
    return Said(Kind.VALUE, value=first) if first.isdigit() else Said(Kind.ASIDE)


def _one_of(quantity: str, codes: dict[int, float] | dict[int, str]) -> Read:
    def read(value: bytes) -> Values | Text:
        number = decimal(value)
        found = None if number is None else codes.get(number)
        return unknown(quantity, value) if found is None else {quantity: found}

    return read


def _temperature(value: bytes) -> Values | Text:
    number = decimal(value)
    if number is None or number == _BROKEN_SENSOR:
        return unknown("device_temperature_c", value)
    return {"device_temperature_c": float(number)}


SHARP = Display(
    name="sharp",
    title=Text("màn hình Sharp PN", "Sharp PN monitor"),
    wiring=Text(
        "DB9 RS-232, cáp chéo, 9600; sau lệnh tắt phải chờ 10 giây. Cổng mạng đòi đăng nhập: không dùng được.",
        "DB9 RS-232, crossed cable, 9600; wait 10 s after an off. The network port wants a login: not supported.",
    ),
    wrap=_wrap,
    checked=False,
    frame=Delimited(max_size=40),
    hear=_hear,
    on=b"POWR0001",
    off=b"POWR0000",
    mute=b"MUTE0001",
    unmute=b"MUTE0000",
    inputs={name: b"INPS%04d" % code for name, code in _SOURCES.items()},
    questions=(
        Question(b"POWR????", _one_of("display_on", _POWER), b"POWR", shared=True),
        Question(b"INPS????", _one_of("input_source", _READ), b"INPS", shared=True),
        Question(b"MUTE????", _one_of("muted", {0: 0.0, 1: 1.0}), b"MUTE", shared=True),
        Question(b"DSTA????", _one_of("error_code", _HOT), b"DSTA", shared=True),
        Question(b"ERRT????", _temperature, b"ERRT", shared=True),
    ),
    quantities=("display_on", "input_source", "muted", "error_code", "device_temperature_c"),
    answer_s=10.0,  # "set a command-response timeout of >= 10 seconds"
    also=("sharp-pn",),
)
