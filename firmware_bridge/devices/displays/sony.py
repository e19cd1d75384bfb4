"""Sony Bravia televisions and professional displays on RS-232.

Source: Sony "RS-232C" (pro-bravia.sony.net, XBR5 protocol) through YooUp RS232-Monitor-Database, the public Extron
        driver and yarely's sony_fwd drivers, whose question and answers (70 00 02 01 73 on) agree.
Frame:  8C 00 function size data SUM sets, 83 00 function FF FF SUM asks; answers 70 code SUM to an order, 70 code size
        data SUM to a question; the size counts data and SUM; SUM of all bytes before it.
Units:  display_on, input_source. Whether it is muted has no question with a source.
Errors: BadFrame(checksum, size, cut short, noise); codes 01 to 04 end an order as refused. An answer is read by what
        was asked; unasked it is refused. The database's HDMI 4 (05 04) carries the check of 04 04, which is meant.
        A set that was turned off hears "on" only where its standby function is enabled (8C 00 01 02 01 90: Extron's
        public drivers send it before every "off", Crestron's XBR driver and others when they begin): said whenever the
        line is opened. A set that forgets it without its mains is told again only with the next opening.
"""

from firmware_bridge.display import Display, Kind, Question, Said, coded
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.shape import MORE, Verdict, Whole, Wrong
from wire.text import Text

_ANSWER, _SET, _ASK = 0x70, 0x8C, 0x83
_LONGEST = 20
_BARE = 3  # an answer without data
_SIZES = range(2, 12)
_START = Text("không phải đầu khung 70, 8C hay 83", "no frame begins like this: 70, 8C or 83 expected")
_LENGTH = Text("độ dài vô lý", "an impossible length")
_REASONS = {
    0x01: Text("giá trị quá lớn", "the value is too large"),
    0x02: Text("giá trị quá nhỏ", "the value is too small"),
    0x03: Text("máy không làm được lúc này", "the set cannot do it now"),
    0x04: Text("máy không hiểu lệnh", "the set does not understand the order"),
}
_SOURCES = {
    "tv1": b"\x01",
    "video1": b"\x02\x01",
    "video2": b"\x02\x02",
    "video3": b"\x02\x03",
    "component1": b"\x03\x01",
    "component2": b"\x03\x02",
    "hdmi1": b"\x04\x01",
    "hdmi2": b"\x04\x02",
    "hdmi3": b"\x04\x03",
    "hdmi4": b"\x04\x04",
    "pc1": b"\x05\x01",
}


class Bravia:
    """Answers to orders are three bytes long, all other frames say their length."""

    start = b""
    max_size = _LONGEST

    def measure(self, head: bytes) -> Verdict:
        if head[0] not in {_ANSWER, _SET, _ASK}:
            return Wrong(_START, 1)
        at = 2 if head[0] == _ANSWER else 3
        if len(head) <= at:
            return MORE
        if head[0] == _ANSWER and head[2] == _ANSWER + head[1]:
            return Whole(_BARE)
        size = len(b"\x83\x00\x00\xff\xff\x81") if head[0] == _ASK else at + 1 + head[at]
        if head[0] != _ASK and head[at] not in _SIZES:
            return Wrong(_LENGTH, at + 1)
        if len(head) < size:
            return MORE
        reason = wrong_sum(head[size - 1], sum(head[: size - 1]) & 0xFF)
        return Whole(size) if reason is None else Wrong(reason, size)


def _wrap(word: bytes, _: int) -> bytes:
    """The word: function, and data to set; no data asks."""
    asks = len(word) == 1
    body = bytes((_ASK, 0, word[0], 0xFF, 0xFF)) if asks else bytes((_SET, 0, word[0], len(word))) + word[1:]
    return body + bytes((sum(body) & 0xFF,))


def _hear(frame: bytes, _: int | None) -> Said:
    if frame[0] != _ANSWER:
        return Said(Kind.OURS)
    if frame[1]:
        return Said(Kind.REFUSED, reason=_REASONS.get(frame[1]))
    return Said(Kind.DONE) if len(frame) == _BARE else Said(Kind.VALUE, value=frame[3:-1])


SONY = Display(
    name="sony",
    title=Text("màn hình Sony Bravia", "Sony Bravia display"),
    wiring=Text(
        "RS-232 (DB9 hoặc giắc 3,5 mm), 9600; bật «Control via RS-232» trong menu. Sau lệnh bật/tắt chờ 20 giây.",
        "RS-232 (DB9 or 3.5 mm jack), 9600; turn on control by RS-232 in the menu. Allow 20 s after power orders.",
    ),
    wrap=_wrap,
    frame=Bravia(),
    hear=_hear,
    on=b"\x00\x01",
    off=b"\x00\x00",
    mute=b"\x06\x01\x01",
    unmute=b"\x06\x01\x00",
    first=(b"\x01\x01",),
    inputs={name: b"\x02" + code for name, code in _SOURCES.items()},
    questions=(
        Question(b"\x00", coded("display_on", {b"\x00": 0.0, b"\x01": 1.0})),
        Question(b"\x02", coded("input_source", {code: name for name, code in _SOURCES.items()})),
    ),
    quantities=("display_on", "input_source"),
    also=("bravia", "sony-bravia"),
)
