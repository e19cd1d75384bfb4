"""Samsung displays: MDC (Multiple Display Control) on signage and Flip boards, Ex-Link on televisions.

Source: github.com/vgavro/samsung-mdc (commands.py, from the MDC protocol manual 15.0c); YooUp RS232-Monitor-Database
        (whose S-Video code 00 is "none" in the manual: 04 here). Ex-Link: the same database and several independent
        public drivers, one frame for all.
Frame:  MDC AA cmd id len data SUM; answers AA FF id len 41|4E cmd data SUM (SUM of the bytes after AA).
        Ex-Link 08 22 c1 c2 c3 value SUM (all seven add up to 0).
Units:  display_on, muted, input_source, device_temperature_c. A source in PC mode reads as its connector. Volume,
        aspect and the hours on have no question here. Error 0D: lamp, temperature, brightness sensor and fan; "no
        signal" is no fault of the display and stays unspoken.
Errors: BadFrame(checksum, length, cut short, noise); a refusal (NAK) ends an order. Ex-Link is write-only: sources
        differ on its answer, mute is only a toggle there and not offered.
"""

from firmware_bridge.device import Values
from firmware_bridge.display import REFUSED, Display, Kind, Question, Said
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.counted import Counted
from firmware_bridge.framing.fixed import FixedFrame
from wire.text import Text

_ANSWER, _ACK, _NAK = 0xFF, 0x41, 0x4E
_STATUS, _ERRORS, _POWER, _MUTE, _INPUT = b"\x00", b"\x0d", b"\x11", b"\x13", b"\x14"
_LONGEST = 69
_SOURCES = {
    "s-video1": 0x04,
    "component1": 0x08,
    "av1": 0x0C,
    "av2": 0x0D,
    "pc1": 0x14,
    "dvi1": 0x18,
    "hdmi1": 0x21,
    "hdmi2": 0x23,
    "dp1": 0x25,
    "dp2": 0x26,
    "dp3": 0x27,
    "hdmi3": 0x31,
    "hdmi4": 0x33,
    "tv1": 0x40,
    "ops": 0x50,
    "hdbaset1": 0x55,
    "usb1": 0x62,
    "whiteboard": 0x64,
}
_READ = {code: name for name, code in _SOURCES.items()} | {
    0x1F: "dvi1",
    0x20: "network",
    0x22: "hdmi1",
    0x24: "hdmi2",
    0x30: "tv1",
    0x32: "hdmi3",
    0x34: "hdmi4",
    0x60: "network",
    0x61: "wireless",
    0x63: "browser",
}
_FAULTS = ((0, "lamp"), (1, "temperature"), (2, "sensor"), (5, "fan"))
_NO_TEMPERATURE = 0xFF


def _check(frame: bytes) -> Text | None:
    return wrong_sum(frame[-1], sum(frame[1:-1]) & 0xFF)


def _wrap(word: bytes, address: int) -> bytes:
    body = bytes((word[0], address, len(word) - 1)) + word[1:]
    return b"\xaa" + body + bytes((sum(body) & 0xFF,))


def _hear(frame: bytes, address: int | None) -> Said:
    if frame[1] != _ANSWER:
        return Said(Kind.OURS)
    if address not in {None, EVERY_SET, frame[2]}:
        return Said(Kind.ASIDE, reason=Text(f"từ màn hình số {frame[2]}", f"from display number {frame[2]}"))
    if len(frame) < 7 or frame[4] not in {_ACK, _NAK}:  # noqa: PLR2004 an answer with a command in it
        return Said(Kind.ASIDE)
    if frame[4] == _NAK:
        return Said(Kind.REFUSED, frame[5:6], reason=REFUSED)
    return Said(Kind.DONE, frame[5:6], frame[6:-1])


def _status(value: bytes) -> Values | Text:
    """Power, volume, mute, input, aspect, two zeros; 0 or 1 where the model has such a thing at all."""
    if len(value) < 4 or value[0] not in {0, 1}:  # noqa: PLR2004 up to the input
        return Text("trạng thái không đọc được", "this status cannot be read")
    values: Values = {"display_on": float(value[0])}
    if value[2] in {0, 1}:
        values["muted"] = float(value[2])
    if value[3] in _READ:
        values["input_source"] = _READ[value[3]]
    return values


def _one(quantity: str, value: bytes) -> Values | Text:
    if len(value) == 1 and value[0] in {0, 1}:
        return {quantity: float(value[0])}
    return Text(f"{quantity}: giá trị lạ", f"{quantity}: unknown value")


def _input(value: bytes) -> Values | Text:
    name = _READ.get(value[0]) if value else None
    return Text("nguồn lạ", "unknown input") if name is None else {"input_source": name}


def _errors(value: bytes) -> Values | Text:
    if len(value) < 6:  # noqa: PLR2004 the manual's six bytes
        return Text("trạng thái lỗi không đọc được", "this error status cannot be read")
    faults = [name for at, name in _FAULTS if value[at] == 1]
    values: Values = {"error_code": "+".join(faults) or "0"}
    if value[4] != _NO_TEMPERATURE:
        values["device_temperature_c"] = float(value[4])
    return values


EVERY_SET = 0xFE

MDC = Display(
    name="samsung-mdc",
    title=Text("màn hình Samsung (MDC)", "Samsung display (MDC)"),
    wiring=Text(
        "RS-232 IN (giắc 3,5 mm hoặc DB9, chéo TX/RX), 9600; mạng: cổng TCP 1515, trong menu đặt «Server Network "
        "Setting»/MDC Connection = RJ45 thì cổng nối tiếp ngừng nhận. Số màn hình (ID) phải khớp «address».",
        "RS-232 IN (3.5 mm jack or DB9, TX and RX crossed), 9600; network: TCP port 1515. With MDC Connection = RJ45 "
        "in the menu the serial port stops listening. The display's ID must be that of `address`.",
    ),
    wrap=_wrap,
    frame=Counted(start=b"\xaa", at=3, extra=5, smallest=5, max_size=_LONGEST, check=_check),
    hear=_hear,
    on=_POWER + b"\x01",
    off=_POWER + b"\x00",
    mute=_MUTE + b"\x01",
    unmute=_MUTE + b"\x00",
    inputs={name: _INPUT + bytes((code,)) for name, code in _SOURCES.items()},
    questions=(
        Question(_STATUS, _status, _STATUS),
        Question(_ERRORS, _errors, _ERRORS),
        Question(_POWER, lambda value: _one("display_on", value), _POWER),
        Question(_MUTE, lambda value: _one("muted", value), _MUTE),
        Question(_INPUT, _input, _INPUT),
    ),
    polled=2,
    quantities=("display_on", "muted", "input_source", "device_temperature_c", "error_code"),
    address=1,
    addresses=range(0xFF),
    tcp_port=1515,
    also=("samsung", "samsung-flip", "mdc"),
)

_EXLINK_SOURCES = {
    "tv1": (0, 0),
    "av1": (1, 0),
    "av2": (1, 1),
    "av3": (1, 2),
    "s-video1": (2, 0),
    "s-video2": (2, 1),
    "s-video3": (2, 2),
    "component1": (3, 0),
    "component2": (3, 1),
    "component3": (3, 2),
    "pc1": (4, 0),
    "pc2": (4, 1),
    "pc3": (4, 2),
    "hdmi1": (5, 0),
    "hdmi2": (5, 1),
    "hdmi3": (5, 2),
    "hdmi4": (5, 3),
    "dvi1": (6, 0),
    "dvi2": (6, 1),
    "dvi3": (6, 2),
}


def _wrap_exlink(word: bytes, _: int) -> bytes:
    body = b"\x08\x22" + word
    return body + bytes((-sum(body) & 0xFF,))


def _check_exlink(frame: bytes) -> Text | None:
    return wrong_sum(frame[-1], -sum(frame[:-1]) & 0xFF)


EXLINK = Display(
    name="samsung-exlink",
    title=Text("ti vi Samsung (Ex-Link)", "Samsung television (Ex-Link)"),
    wiring=Text(
        "giắc EX-LINK 3,5 mm: đầu = RX, giữa = TX, vỏ = GND của ti vi, mức RS-232 (không phải TTL), 9600",
        "EX-LINK 3.5 mm jack at RS-232 level (not TTL), TX and RX crossed, 9600",
    ),
    wrap=_wrap_exlink,
    frame=FixedFrame(size=7, start=b"\x08\x22", check=_check_exlink),
    hear=lambda _, __: Said(Kind.OURS),
    on=b"\x00\x00\x00\x02",
    off=b"\x00\x00\x00\x01",
    inputs={name: bytes((0x0A, 0x00, *code)) for name, code in _EXLINK_SOURCES.items()},
    answered=False,
    also=("exlink",),
)
