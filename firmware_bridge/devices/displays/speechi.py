"""Boards of one maker sold as iiyama TE, Speechi, Clevertouch and others: AA BB CC … DD EE FF.

Source: iiyama "TExx68 RS232 protocol 1.0.2" as read by the AI4AV catalogue, a public Clevertouch service, two test
        tools of the maker (Lango), and YooUp RS232-Monitor-Database (Speechi).
Frame:  AA BB CC group code value SUM DD EE FF, SUM of the three bytes before it. Answers have 80, 81, 82 for group.
Units:  display_on, input_source, muted (82 01 00 is muted, 82 01 01 is not).
Errors: BadFrame(checksum, end, cut short, noise). Whether orders are answered is not known: the next question shows
        what they did. The database's TV 1 (SUM 02 for 03) and VGA 3 (SUM 0E for 0D) have wrong checks: 03 and 0D here.
"""

from firmware_bridge.display import Display, Kind, Question, Said, coded
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.fixed import FixedFrame
from wire.text import Text

_SIZE = 10
_ANSWER = 0x80
_END = b"\xdd\xee\xff"
_POWER, _INPUT, _SOUND = b"\x80", b"\x81", b"\x82"
_TE = {
    "tv1": 0x01,
    "av1": 0x02,
    "vga1": 0x03,
    "hdmi3": 0x05,
    "hdmi1": 0x06,
    "hdmi2": 0x07,
    "pc1": 0x08,
    "android": 0x0A,
    "dp1": 0x11,
}
_SPEECHI = {
    "tv1": 0x01,
    "vga1": 0x03,
    "vga2": 0x04,
    "hdmi3": 0x05,
    "hdmi1": 0x06,
    "hdmi2": 0x07,
    "pc1": 0x08,
    "android": 0x0A,
    "vga3": 0x0B,
}


def _check(frame: bytes) -> Text | None:
    if frame[7:] != _END:
        return Text("khung không kết thúc bằng DD EE FF", "the frame does not end with DD EE FF")
    return wrong_sum(frame[6], sum(frame[3:6]) & 0xFF)


def _wrap(word: bytes, _: int) -> bytes:
    return b"\xaa\xbb\xcc" + word + bytes((sum(word) & 0xFF,)) + _END


def _hear(frame: bytes, _: int | None) -> Said:
    if frame[3] < _ANSWER:
        return Said(Kind.OURS)
    if frame[3:5] == _SOUND + b"\x00":
        return Said(Kind.ASIDE, reason=Text("âm lượng", "the volume"))
    return Said(Kind.VALUE, frame[3:4], frame[4:6])


def _table(name: str, title: Text, inputs: dict[str, int], *also: str) -> Display:
    read = {bytes((code, 0)): source for source, code in inputs.items()}
    return Display(
        name=name,
        title=title,
        wiring=Text(
            "DB9 RS-232, chân 2-3 thẳng hoặc chéo tùy đời (thử cả hai), 9600",
            "DB9 RS-232, pins 2 and 3 straight or crossed as the model wants (try both), 9600",
        ),
        wrap=_wrap,
        frame=FixedFrame(size=_SIZE, start=b"\xaa\xbb\xcc", check=_check),
        hear=_hear,
        on=b"\x01\x00\x00",
        off=b"\x01\x01\x00",
        mute=b"\x03\x01\x00",
        unmute=b"\x03\x01\x01",
        inputs={source: bytes((0x02, code, 0x00)) for source, code in inputs.items()},
        questions=(
            Question(b"\x01\x02\x00", coded("display_on", {b"\x00\x00": 1.0, b"\x01\x00": 0.0}), _POWER),
            Question(b"\x02\x00\x00", coded("input_source", read), _INPUT),
            Question(b"\x03\x03\x00", coded("muted", {b"\x01\x00": 1.0, b"\x01\x01": 0.0}), _SOUND),
        ),
        quantities=("display_on", "input_source", "muted"),
        answered=False,
        also=also,
    )


IIYAMA_TE = _table("iiyama-te", Text("bảng tương tác iiyama TE", "iiyama TE board"), _TE, "clevertouch")
SPEECHI = _table("speechi", Text("bảng tương tác Speechi", "Speechi board"), _SPEECHI)
