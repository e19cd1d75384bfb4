"""NEC and Sharp/NEC large-format displays: External Control with the ASCII header.

Source: NEC "External Control" (Rev. 1.8, G4) as read by PlaceOS (Nec::Display, with its recorded answers), two Crestron
        drivers and a public Kotlin test; YooUp RS232-Monitor-Database for the inputs.
Frame:  01 '0' to from type length(2 hex digits) 02 message 03 BCC 0D; BCC is the XOR of everything after 01 up to 03.
        A/B command and answer, C/D get, E/F set. Address '*' is every display; answers go to '0'.
Units:  display_on (1 on; 2 standby, 3 suspend and 4 off are off), input_source, muted. Hours and temperature are left
        out for want of a source that says how they read.
Errors: BadFrame(BCC, length, cut short, noise); a result other than 00 ends an order as refused. The database's frames
        hold the length as one raw byte (0C) where the protocol has two digits ("0C"), and a BCC to match: not sent so.
"""

from firmware_bridge.devices.displays.philips import parity
from firmware_bridge.display import REFUSED, Display, Kind, Question, Said, coded, hexadecimal
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.shape import MORE, Verdict, Whole, Wrong
from wire.text import Text

_HEADER = 7
_LONGEST = 80
_TAIL = 2  # BCC, CR
_EVERY = 0
_LENGTH = Text("độ dài vô lý", "an impossible length")
_MARKS = Text("thiếu dấu 02, 03 hay 0D", "a mark (02, 03 or 0D) is missing")
_SOURCES = {
    "vga1": 0x01,
    "vga2": 0x02,
    "dvi1": 0x03,
    "video1": 0x05,
    "ops": 0x0D,
    "dp1": 0x0F,
    "dp2": 0x10,
    "hdmi1": 0x11,
    "hdmi2": 0x12,
    "dp3": 0x80,
    "hdmi3": 0x82,
}
_POWER = {b"0001": 1.0, b"0002": 0.0, b"0003": 0.0, b"0004": 0.0}


class ExternalControl:
    """The header says how long the message is."""

    start = b"\x01"
    max_size = _LONGEST

    def measure(self, head: bytes) -> Verdict:
        if len(head) < _HEADER:
            return MORE
        length = hexadecimal(head[5:7])
        size = _HEADER + _TAIL + (length or 0)
        if length is None or length < len(b"\x02\x03") or size > _LONGEST:
            return Wrong(_LENGTH, _HEADER)
        if len(head) < size:
            return MORE
        if head[_HEADER] != 0x02 or head[size - 3] != 0x03 or head[size - 1] != 0x0D:  # noqa: PLR2004 STX ETX CR
            return Wrong(_MARKS, size)
        reason = wrong_sum(head[size - _TAIL], parity(head[1 : size - _TAIL]))
        return Whole(size) if reason is None else Wrong(reason, size)


def _name(address: int) -> int:
    return ord("*") if address == _EVERY else 0x40 + address


def _wrap(word: bytes, address: int) -> bytes:
    """The word: type letter and message."""
    message = b"\x02" + word[1:] + b"\x03"
    body = b"0" + bytes((_name(address),)) + b"0" + word[:1] + b"%02X" % len(message) + message
    return b"\x01" + body + bytes((parity(body),)) + b"\r"


def _hear(frame: bytes, address: int | None) -> Said:
    kind, message = frame[4:5], frame[8:-3]
    if kind in {b"A", b"C", b"E"}:
        return Said(Kind.OURS)
    if address and frame[3] != _name(address):
        number = frame[3] - 0x40
        return Said(Kind.ASIDE, reason=Text(f"từ màn hình số {number}", f"from display number {number}"))
    if kind == b"B":
        return _command_answer(message)
    if kind not in {b"D", b"F"} or len(message) != len(b"0000600000FF0011"):
        return Said(Kind.ASIDE)
    if message[:2] != b"00":
        return Said(Kind.REFUSED, message[2:6], reason=REFUSED)
    return Said(Kind.VALUE if kind == b"D" else Kind.DONE, message[2:6], message[12:])


def _command_answer(message: bytes) -> Said:
    """`02 00 D6 00 0004 0001` answers the question for power, `00 C203D6 0001` the order."""
    if message[:2] == b"02" and message[4:6] == b"D6":
        return Said(Kind.VALUE, b"D6", message[12:]) if message[2:4] == b"00" else Said(Kind.REFUSED, reason=REFUSED)
    if message[2:8] != b"C203D6":
        return Said(Kind.ASIDE)
    return Said(Kind.DONE, b"D6", message[8:]) if message[:2] == b"00" else Said(Kind.REFUSED, b"D6", reason=REFUSED)


NEC = Display(
    name="nec",
    title=Text("màn hình NEC", "NEC display"),
    wiring=Text(
        "DB9 RS-232, cáp chéo, 9600; mạng: TCP 7142. «Monitor ID» phải khớp «address»; 0 là mọi màn hình. Sau lệnh "
        "bật/tắt màn hình cần khoảng 15 giây.",
        "DB9 RS-232, crossed cable, 9600; network: TCP port 7142. The monitor ID must be that of `address`; 0 is every "
        "display. After power orders a display takes about 15 s.",
    ),
    wrap=_wrap,
    frame=ExternalControl(),
    hear=_hear,
    on=b"AC203D60001",
    off=b"AC203D60004",
    mute=b"E008D0001",
    unmute=b"E008D0002",
    inputs={name: b"E0060%04X" % code for name, code in _SOURCES.items()},
    questions=(
        Question(b"A01D6", coded("display_on", _POWER), b"D6"),
        Question(b"C0060", coded("input_source", {b"%04X" % code: name for name, code in _SOURCES.items()}), b"0060"),
        Question(b"C008D", coded("muted", {b"0000": 0.0, b"0001": 1.0, b"0002": 0.0}), b"008D"),
    ),
    quantities=("display_on", "input_source", "muted"),
    address=1,
    addresses=range(27),
    turnaround_s=0.6,  # the manual: 600 ms between an answer and the next command
    tcp_port=7142,
    also=("sharp-nec", "nec-multisync"),
)
