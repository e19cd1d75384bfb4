"""Promethean ActivPanel V5 and V6 (AP5, AP6).

Source: Promethean support article 1595 (YooUp/RS232-Monitor-Database) and the public Extron driver pthn_39_3011, whose
        frames agree; questions and answers are the latter's. promethean.js of ha2010951/lu-screen-dashboard-2026, tried
        on panels, has the same frames and 3 for asleep (all github.com).
Frame:  F6 command how value SUM 6F (SUM of the four bytes before it); `how` 01 sets, 02 asks.
Units:  display_on (the answer says 1 on, 2 standby, 3 asleep), input_source, muted.
Errors: BadFrame(checksum, cut short, noise). What an order is answered with is not known: orders are sent and the
        next question shows what they did. Some volume frames of the database differ in `how`: not used here.
"""

from firmware_bridge.display import Display, Kind, Question, Said, coded
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.fixed import FixedFrame
from wire.text import Text

_SIZE = 6
_END = 0x6F
_POWER, _MUTE, _INPUT = b"\x01", b"\x02", b"\x30"
_SOURCES = {
    "av1": 0x01,
    "component1": 0x06,
    "vga1": 0x08,
    "hdmi1": 0x09,
    "hdmi2": 0x0A,
    "android": 0x0B,
    "ops": 0x12,
    "hdmi3": 0x13,
    "hdmi4": 0x14,
}


def _check(frame: bytes) -> Text | None:
    if frame[5] != _END:
        return Text("khung không kết thúc bằng 6F", "the frame does not end with 6F")
    return wrong_sum(frame[4], sum(frame[:4]) & 0xFF)


def _wrap(word: bytes, _: int) -> bytes:
    body = b"\xf6" + word
    return body + bytes((sum(body) & 0xFF, _END))


PROMETHEAN = Display(
    name="promethean",
    title=Text("bảng tương tác Promethean", "Promethean board"),
    wiring=Text(
        "DB9 RS-232, cáp thẳng, 38400; chờ 0,3 giây giữa hai lệnh",
        "DB9 RS-232, 38400; at least 0.3 s between two commands",
    ),
    wrap=_wrap,
    frame=FixedFrame(size=_SIZE, start=b"\xf6", check=_check),
    hear=lambda frame, _: Said(Kind.VALUE, frame[1:2], frame[3:4]),
    on=_POWER + b"\x01\x01",
    off=_POWER + b"\x01\x00",
    mute=_MUTE + b"\x00\x01",
    unmute=_MUTE + b"\x00\x00",
    inputs={name: _INPUT + bytes((0x01, code)) for name, code in _SOURCES.items()},
    questions=(
        Question(_POWER + b"\x02\x00", coded("display_on", {b"\x01": 1.0, b"\x02": 0.0, b"\x03": 0.0}), _POWER),
        Question(_INPUT + b"\x02\x00", coded("input_source", {bytes((c,)): n for n, c in _SOURCES.items()}), _INPUT),
        Question(_MUTE + b"\x02\x00", coded("muted", {b"\x00": 0.0, b"\x01": 1.0}), _MUTE),
    ),
    quantities=("display_on", "input_source", "muted"),
    answered=False,
    baud=38400,
    turnaround_s=0.3,
    also=("activpanel",),
)
