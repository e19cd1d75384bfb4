"""ViewSonic ViewBoards (IFP) and commercial displays (CDE): BenQ's language with codes of their own.

Source: ViewSonic "Commercial Displays RS232" as read by github.com/grantemsley/viewsonictvrs232 (tv.py),
        AVISPL/dal-avdevices-monitors-viewsonic-ifp (InputSource, GeneralCommand) and
        bsdehart-NCSU/SIMPL-Viewsonic-CDE-Series-Serial: three independent drivers that agree; "LFD RS-232 & LAN
        Protocol Specification" 3.3.2 and a CDE8631-1C's bytes as the viewsonic_cde tests of
        open-avc/openavc-drivers hold them (all github.com).
Frame:  as BenQ: 801s!001 CR, answers 401+ 401- 801rl001.
Units:  display_on, input_source, muted. The input's answer has 1 before the code where it has a signal (104, 114).
        Hours (201r1001234) and temperature (801r0042) are of specification 3.3.2; which boards have them is not known.
Errors: as BenQ. Off is 000 here; BenQ's 002 means nothing to a ViewSonic.
"""

from collections.abc import Mapping

from firmware_bridge.devices.displays import benq
from firmware_bridge.display import Display, Question, coded
from wire.text import Text

_SOURCES = {
    "tv1": b"000",
    "av1": b"001",
    "s-video1": b"002",
    "component1": b"003",
    "hdmi1": b"004",
    "hdmi2": b"014",
    "hdmi3": b"024",
    "hdmi4": b"034",
    "dvi1": b"005",
    "vga1": b"006",
    "vga2": b"016",
    "vga3": b"026",
    "ops": b"007",
    "dp1": b"009",
    "usb-c1": b"019",
    "android": b"00A",
}


def _read() -> Mapping[bytes, str]:
    plain = {code: name for name, code in _SOURCES.items()}
    return plain | {b"1" + code[1:]: name for name, code in _SOURCES.items()}


_ON = coded("display_on", {b"000": 0.0, b"001": 1.0})
_INPUT = coded("input_source", _read())


VIEWSONIC = Display(
    name="viewsonic",
    title=Text("bảng tương tác ViewSonic", "ViewSonic board"),
    wiring=Text(
        "DB9 RS-232, 9600, TX/RX theo sách của đời máy (nhiều đời cần cáp chéo); số máy mặc định 01",
        "DB9 RS-232, 9600, TX and RX as the model's manual says (most need a crossed cable); set number 01 at first",
    ),
    wrap=benq.wrap,
    checked=False,
    frame=benq.LINE,
    hear=benq.hear,
    on=b"s!001",
    off=b"s!000",
    mute=b"s6001",
    unmute=b"s6000",
    inputs={name: b's"' + code for name, code in _SOURCES.items()},
    questions=(
        Question(b"gl000", _ON, b"l"),
        Question(b"gj000", _INPUT, b"j"),
        Question(b"gg000", coded("muted", benq.MUTED), b"g"),
        Question(b"g!", _ON, b"!"),
        Question(b'g"', _INPUT, b'"'),
    ),
    polled=3,
    quantities=("display_on", "input_source", "muted"),
    address=1,
    addresses=range(1, 99),
    also=("viewboard", "viewsonic-ifp", "viewsonic-cde"),
)
