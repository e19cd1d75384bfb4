"""BenQ boards and signage: one line of eight characters each way; ViewSonic speaks the same language.

Source: BenQ "RS232 & LAN Protocol Installation Guide" (RM6503, 2022) as read by the benq_display driver of
        github.com/open-avc/openavc-drivers and its tests; YooUp/RS232-Monitor-Database (RP654K, from BenQ's "RS232
        commands, all product lines"); answers with 2 for a length as that repository's viewsonic_cde tests hold them.
Frame:  length, set number (2 digits), s|g, command, value (3), CR; the length character is 0x30 + all before CR, and 2
        before the 26 or 27 letters of a text. Set 801s!001; answer 401+ or 401-; question 801gl000, answer 801rl001;
        some drivers ask shorter, by the letter of the order: 501g! CR, answer 801r!001.
Units:  display_on, input_source, muted. 000 is "screen off" (dark, still listening) and 002 standby: both are off.
        The operation counter (`v`) stays unspoken: BenQ does not say its unit.
Errors: BadFrame(length, no end, control character); 401- ends an order as refused. Off is 002 here and 000 on
        ViewSonic: the same frame, another meaning. Code 001 is HDMI 1 on RP boards and the front HDMI on RM boards.
        Of the database's VGA2 and VGA3 (both 031) only VGA2 is offered.
"""

from firmware_bridge.display import REFUSED, Display, Kind, Question, Said, coded
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

_SHORT = 4
_LONG = 8
_TEXTS = {31, 32}  # 26 letters as the specification has it, 27 as a CDE8631-1C sends them


def _length(content: bytes) -> Text | None:
    if not content or content[0] == 0x30 + len(content):
        return None
    if content[0] == ord("2") and content[3:4] == b"r" and len(content) in _TEXTS:
        return None
    said = content[0] - 0x30
    return Text(f"ghi dài {said}, thực {len(content)}", f"length says {said}, it is {len(content)}")


LINE = Delimited(ends=b"\r", max_size=40, printable=False, check=_length)
_VERDICTS = {b"+": Said(Kind.DONE), b"-": Said(Kind.REFUSED, reason=REFUSED)}
OFF, MUTED = {b"000": 0.0, b"001": 1.0, b"002": 0.0, b"003": 0.0}, {b"000": 0.0, b"001": 1.0}


def wrap(word: bytes, address: int) -> bytes:
    body = b"%02d" % address + word
    return bytes((0x31 + len(body),)) + body + b"\r"


def hear(frame: bytes, address: int | None) -> Said:
    content = frame[:-1]
    if len(content) < _SHORT:
        return Said(Kind.ASIDE)
    kind = content[3:4]
    if kind in {b"s", b"g"}:
        return Said(Kind.OURS)
    if address is not None and content[1:3] != b"%02d" % address:
        number = content[1:3].decode("ascii", "replace")
        return Said(Kind.ASIDE, reason=Text(f"từ màn hình số {number}", f"from display number {number}"))
    if kind == b"r" and len(content) >= _LONG:
        return Said(Kind.VALUE, content[4:5], content[5:].rstrip(b" \x00"))
    return _VERDICTS.get(content[3:], Said(Kind.ASIDE))


_SOURCES = {
    "vga1": b"000",
    "hdmi1": b"001",
    "hdmi2": b"002",
    "av1": b"003",
    "dp1": b"007",
    "hdmi3": b"021",
    "hdmi4": b"022",
    "vga2": b"031",
    "usb-c1": b"051",
    "android": b"101",
    "ops": b"102",
    "pc1": b"103",
    "wireless": b"108",
}
_ON = coded("display_on", OFF)
_INPUT = coded("input_source", {code: name for name, code in _SOURCES.items()})

BENQ = Display(
    name="benq",
    title=Text("bảng tương tác BenQ", "BenQ board"),
    wiring=Text(
        "DB9 RS-232; bảng RP và Smart Signage 9600, bảng RM/CP đời mới 115200 (đặt cổng qua máy chủ nối tiếp hoặc "
        "dùng mạng: TCP 4660). Ở chế độ chờ bảng không nghe qua mạng.",
        "DB9 RS-232; RP boards and Smart Signage 9600; newer RM and CP boards 115200, or the network: TCP port 4660. "
        "In standby a board does not listen on the network.",
    ),
    wrap=wrap,
    checked=False,
    frame=LINE,
    hear=hear,
    on=b"s!001",
    off=b"s!002",
    mute=b"s6001",
    unmute=b"s6000",
    inputs={name: b's"' + code for name, code in _SOURCES.items()},
    questions=(
        Question(b"gl000", _ON, b"l"),
        Question(b"gj000", _INPUT, b"j"),
        Question(b"gg000", coded("muted", MUTED), b"g"),
        Question(b"g!", _ON, b"!"),
        Question(b'g"', _INPUT, b'"'),
    ),
    polled=3,
    quantities=("display_on", "input_source", "muted"),
    address=1,
    addresses=range(1, 99),
    tcp_port=4660,
    also=("benq-board", "benq-rp", "benq-rm"),
)
