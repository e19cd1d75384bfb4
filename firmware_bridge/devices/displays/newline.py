"""Newline and Avocor boards: eleven bytes that name a key, one more in the answer.

Source: YooUp/RS232-Monitor-Database (Newline TruTouch X, Avocor); the answers from Newline's own serial-port service
        (com.newline.serialport, public), two command tables (SQL) of schools' control centres that hold the same
        frames, and a box tried on a TruTouch TT-7516UB (19200 8N1, the same head, end and answer).
Frame:  7F 08 99 A2 B3 C4 02 FF 01 key CF; answered 7F 09 99 A2 B3 C4 02 FF 01 key result CF (result 01).
Units:  none: the questions differ between board chips (36 or 37 for power, two lists of inputs), so none is asked.
Errors: BadFrame(start, end, cut short, noise). There is no checksum: only frames that are exact are believed. On newer
        boards 0A is HDMI 1 and 54 is USB-C: try the inputs once. Of Avocor's VGA 1 and DP 1, both 56 in the database,
        Newline's own service says DisplayPort.
"""

from firmware_bridge.display import REFUSED, Display, Kind, Said
from firmware_bridge.framing.counted import Counted
from wire.text import Text

_HEAD = bytes.fromhex("99A2B3C402FF01")
_COMMAND, _ANSWER = 11, 12


def _check(frame: bytes) -> Text | None:
    if frame[2:9] == _HEAD and frame[-1] == 0xCF:  # noqa: PLR2004 the last byte of every frame
        return None
    return Text("khung sai: thiếu 99 A2 B3 C4 02 FF 01 … CF", "not a frame: 99 A2 B3 C4 02 FF 01 … CF expected")


def _wrap(word: bytes, _: int) -> bytes:
    return b"\x7f\x08" + _HEAD + word + b"\xcf"


def _hear(frame: bytes, _: int | None) -> Said:
    if len(frame) == _COMMAND:
        return Said(Kind.OURS)
    if frame[10] == 1:
        return Said(Kind.DONE, frame[9:10])
    return Said(Kind.REFUSED, frame[9:10], reason=REFUSED)


def _table(name: str, title: Text, baud: int, inputs: dict[str, int], *also: str) -> Display:
    return Display(
        name=name,
        title=title,
        wiring=Text(
            f"DB9 RS-232, cáp chéo, {baud}; gửi lệnh được nhưng không hỏi được trạng thái",
            f"DB9 RS-232, crossed cable, {baud}; takes orders, cannot be asked for its state",
        ),
        wrap=_wrap,
        frame=Counted(start=b"\x7f", at=1, extra=3, smallest=_COMMAND, max_size=_ANSWER, check=_check),
        hear=_hear,
        on=b"\x00",
        off=b"\x01",
        inputs={source: bytes((key,)) for source, key in inputs.items()},
        baud=baud,
        also=also,
    )


NEWLINE = _table(
    "newline",
    Text("bảng tương tác Newline", "Newline board"),
    19200,
    {
        "whiteboard": 0x07,
        "hdmi5": 0x0A,
        "pc1": 0x38,
        "hdmi1": 0x52,
        "hdmi2": 0x53,
        "hdmi3": 0x54,
        "hdmi4": 0x55,
        "dp1": 0x56,
    },
    "trutouch",
)
AVOCOR = _table(
    "avocor",
    Text("bảng tương tác Avocor", "Avocor board"),
    38400,
    {"hdmi1": 0x0A, "hdmi2": 0x0B, "hdmi3": 0x0C, "ops": 0x38, "hdmi4": 0x51, "dp1": 0x56},
)
