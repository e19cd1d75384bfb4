"""PJLink projectors and displays, class 1 and 2 (JBMIA), on TCP port 4352.

Source: JBMIA "PJLink Specifications" class 1 version 1.04 and class 2 version 2.00, as read by Zulu-Inuoe/pjlink,
        HEInventions/aiopjlink and jtjart/aiopjlink (whose tests hold 112 exchanges); version 2.10 (search, notices, the
        SHA-256 greeting) as read by the tests of the Rust crate meros_integrations and an ioBroker adapter; resolutions
        with spaces ("1920 x 1200") as recorded in companje/companje.nl (all github.com).
Frame:  "%1POWR ?" CR and "%1POWR=1" CR: class, command, parameter; either case in answers. Greeting "PJLINK 0", or
        "PJLINK 1" and a random number; then the first command carries the MD5 of number and password before it.
Units:  display_on (0 off and 2 cooling are off; 1 on and 3 warming up are on: the lamp burns), input_source (rgb1
        video1 digital1 storage1 network1 internal1: PJLink knows kinds, not plugs), muted (sound, not a black picture),
        lamp_hours_h (a second lamp is channel lamp2), filter_hours_h, error_code ("fan-warning+filter-error").
        Whether a lamp burns, resolutions, volume, freeze and names have no quantity.
        The SHA-256 exchange of 2.10 ("PJLINK 2", answered by 32 digits) is told in a capture and not spoken here.
Errors: BadFrame(no end, control character); Unusable for a wrong header, class, separator or value; ERR1 to ERR4 refuse
        an order and give no value.
"""

import re

import msgspec

from firmware_bridge.device import (
    Answer,
    Command,
    Device,
    Echo,
    Meaning,
    Measured,
    Noted,
    Options,
    Unusable,
)
from firmware_bridge.dialogue import Dialogue
from firmware_bridge.framing.delimited import Delimited
from wire.orders import OrderKind
from wire.text import Text

PORT = 4352
KINDS = {"1": "rgb", "2": "video", "3": "digital", "4": "storage", "5": "network", "6": "internal"}
ERRORS = {
    "ERR1": Text("máy chiếu không có lệnh này", "the projector has no such command"),
    "ERR2": Text("máy chiếu không có lựa chọn này", "the projector has no such choice"),
    "ERR3": Text("máy chiếu chưa làm được lúc này", "the projector cannot do it now"),
    "ERR4": Text("máy chiếu hỏng", "the projector has failed"),
}
WRONG_PASSWORD = Text("sai mật khẩu PJLink", "wrong PJLink password")
_ERRA = "PJLINK ERRA"
_PUSHED = frozenset({"LKUP", "ERST", "POWR", "INPT"})
_POWER = {"0": 0.0, "1": 1.0, "2": 0.0, "3": 1.0}
_MUTED = {"11": 0.0, "21": 1.0, "30": 0.0, "31": 1.0}
_PARTS = ("fan", "lamp", "temperature", "cover", "filter", "other")
_LEVELS = {"1": "warning", "2": "error"}
_REQUEST = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{96})?%([12])([A-Z0-9]{4}) (.*)", re.DOTALL)
_BARE_REQUESTS = frozenset({"%2SRCH", "PJLINK 2"})  # who is there? shall it be SHA-256?
_GREETING = re.compile(r"PJLINK (?:0|1 [0-9A-F]{8}|2 [0-9A-F]{32})", re.IGNORECASE)
_INPUT = re.compile(r"([1-6])([1-9A-Z])")
_TEXTS = frozenset({"NAME", "INF1", "INF2", "INFO", "SNUM", "SVER", "INNM", "INST", "RLMP", "RFIL", "LKUP", "ACKN"})
_SHAPES = {
    "CLSS": re.compile("[12]"),
    "FREZ": re.compile("[01]"),
    "IRES": re.compile(r"[0-9]+ ?x ?[0-9]+|-|\*"),
    "RRES": re.compile("[0-9]+ ?x ?[0-9]+"),
}
_SHOWN = 60
_LEAST = len("%1POWR=")


class Line(msgspec.Struct, frozen=True):
    """One answer: `%1POWR=1`."""

    pj_class: str
    command: str
    value: str


def parse(text: str) -> Line | Text:
    """An answer, or why it is none."""
    if len(text) < _LEAST:
        return Text(f"dòng quá ngắn: {len(text)} ký tự", f"line too short: {len(text)} characters")
    if text[0] != "%":
        return Text("dòng không bắt đầu bằng %", "the line does not begin with %")
    if text[1] not in "12":
        return Text("lớp PJLink không phải 1 hay 2", "the PJLink class is neither 1 nor 2")
    if text[6] != "=":
        return Text("thiếu dấu = sau lệnh", "no = behind the command")
    value = text[7:]
    return Line(text[1], text[2:6].upper(), value.upper() if value.upper() in {*ERRORS, "OK"} else value)


class Listener:
    """The decode of one connection; remembers what was asked: an order is answered by OK, a question by a value."""

    def __init__(self) -> None:
        self._asked: tuple[str, str, str] | None = None  # class, command, parameter

    def asked(self, request: bytes) -> None:
        found = _REQUEST.fullmatch(_text(request))
        self._asked = None if found is None else (found[1], found[2], found[3])

    def __call__(self, frame: bytes) -> Meaning | tuple[Meaning, ...]:
        text = _text(frame)
        if _REQUEST.fullmatch(text):
            self.asked(frame)
            return Echo()
        if text in _BARE_REQUESTS:
            return Echo()
        if text.upper() == _ERRA:
            return Answer(0, accepted=False, reason=WRONG_PASSWORD)
        if _GREETING.fullmatch(text):
            return Noted(Text("lời chào PJLink", "a PJLink greeting"))
        line = parse(text)
        return Unusable(line) if isinstance(line, Text) else self._answer(line)

    def _answer(self, line: Line) -> Meaning | tuple[Meaning, ...]:
        asked = self._asked
        pushed = line.pj_class == "2" and line.command in _PUSHED and line.value not in {*ERRORS, "OK"}
        if asked is not None and asked[:2] != (line.pj_class, line.command):
            if not pushed:
                wanted = f"%{asked[0]}{asked[1]}"
                return Unusable(Text(f"không trả lời {wanted}", f"not an answer to {wanted}"))
            return meaning(line)
        self._asked = None
        is_order = asked is not None and not asked[2].startswith("?")
        if is_order and line.value not in {*ERRORS, "OK"}:
            return Unusable(Text("trả lời lệnh phải là OK", "an order is answered by OK"))
        return meaning(line)


def _text(frame: bytes) -> str:
    return frame.rstrip(b"\r\n").decode("utf-8", "replace")


def meaning(line: Line) -> Meaning | tuple[Meaning, ...]:
    """What an answer means by itself."""
    value = line.value
    if value in ERRORS:
        return Answer(int(value[3]), accepted=False, reason=ERRORS[value])
    if value == "OK":
        return Answer(0, accepted=True)
    read = _READ.get(line.command)
    measured = () if read is None else read(value)
    return measured or _noted(line)


def _power(value: str) -> tuple[Meaning, ...]:
    return (Measured({"display_on": _POWER[value]}),) if value in _POWER else ()


def _source(value: str) -> tuple[Meaning, ...]:
    name = input_name(value)
    return () if name is None else (Measured({"input_source": name}),)


def _mute(value: str) -> tuple[Meaning, ...]:
    return (Measured({"muted": _MUTED[value]}),) if value in _MUTED else ()


def _errors(value: str) -> tuple[Meaning, ...]:
    if not re.fullmatch("[012]{6}", value):
        return ()
    found = [f"{part}-{_LEVELS[level]}" for part, level in zip(_PARTS, value, strict=True) if level in _LEVELS]
    return (Measured({"error_code": "+".join(found) or "0"}),)


def _lamps(value: str) -> tuple[Meaning, ...]:
    """Pairs of hours and whether it burns, one for each lamp; some models say hours only."""
    if not re.fullmatch(r"[0-9]{1,5}|[0-9]{1,5} [01](?: [0-9]{1,5} [01]){0,7}", value):
        return ()
    hours = [float(one) for one in value.split()[::2]]
    return tuple(Measured({"lamp_hours_h": one}, f"lamp{at + 1}" if at else "") for at, one in enumerate(hours))


def _filter(value: str) -> tuple[Meaning, ...]:
    return (Measured({"filter_hours_h": float(value)}),) if re.fullmatch("[0-9]{1,5}", value) else ()


_READ = {"POWR": _power, "INPT": _source, "AVMT": _mute, "ERST": _errors, "LAMP": _lamps, "FILT": _filter}


def _noted(line: Line) -> Meaning:
    known = _SHAPES.get(line.command)
    if line.command in _TEXTS or (known is not None and known.fullmatch(line.value)) or not _known(line.command):
        said = f"{line.command}={line.value[:_SHOWN]}"
        return Noted(Text(said, said))
    said = f"{line.command}={line.value[:_SHOWN]!r}"
    return Unusable(Text(f"giá trị lạ: {said}", f"not a value: {said}"))


def _known(command: str) -> bool:
    """Whether this module knows what values the command has; SVOL and MVOL are orders and have none."""
    return command in {"SVOL", "MVOL", *_READ, *_SHAPES}


def input_name(code: str) -> str | None:
    """`31` is digital1, `3A` digital-a."""
    found = _INPUT.fullmatch(code)
    if found is None:
        return None
    return KINDS[found[1]] + (found[2] if found[2].isdigit() else f"-{found[2].lower()}")


def input_code(name: str) -> str | None:
    """The reverse of `input_name`."""
    for digit, kind in KINDS.items():
        rest = name.removeprefix(kind).removeprefix("-").upper()
        if name.startswith(kind) and input_name(digit + rest) == name:
            return digit + rest
    return None


def _order(kind: OrderKind, words: str, what: Text) -> Command:
    return Command(kind, f"%1{words}\r".encode(), what)


def _dialogue(device: Device, options: Options) -> Dialogue:
    from firmware_bridge.devices.displays.pjlink_dialogue import PjlinkDialogue

    return PjlinkDialogue(device, options)


DEVICE = Device(
    name="pjlink",
    title=Text("máy chiếu PJLink", "PJLink projector"),
    baud=9600,  # only where the port is behind a serial server
    frame=Delimited(max_size=300, printable=False),
    decode=Listener(),
    decoder=Listener,
    quantities=("display_on", "input_source", "muted", "lamp_hours_h", "filter_hours_h", "error_code"),
    interval_s=20.0,  # a projector hangs up after 30 s of silence
    answer_s=5.0,
    settles_s=5.0,
    errors_apart=True,
    brief=True,
    commands=(
        _order(OrderKind.DISPLAY_ON, "POWR 1", Text("bật máy chiếu", "turn the projector on")),
        _order(OrderKind.DISPLAY_OFF, "POWR 0", Text("tắt máy chiếu", "turn the projector off")),
        _order(OrderKind.DISPLAY_MUTE, "AVMT 21", Text("tắt tiếng", "mute the sound")),
        _order(OrderKind.DISPLAY_UNMUTE, "AVMT 20", Text("bật lại tiếng", "sound on again")),
    ),
    tcp_port=PORT,
    wiring=Text(
        "cổng mạng của máy chiếu, TCP 4352; bật PJLink trong menu, ở chế độ chờ phải để «Network standby» bật. Có mật "
        "khẩu thì ghi vào password_file. Nguồn vào đặt tên theo loại: digital1, rgb1, network1…",
        "the projector's network port, TCP 4352; turn PJLink on in the menu, and network standby, or it cannot be "
        "turned on. A password belongs into password_file. Inputs are called by kind: digital1, rgb1, network1, …",
    ),
    also=("pj-link", "pjlink2"),
    dialogue=_dialogue,
)
