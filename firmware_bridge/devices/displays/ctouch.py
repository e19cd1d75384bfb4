"""CTOUCH and EasyPitch boards: five bytes, write-only.

Source: YooUp RS232-Monitor-Database (CTOUCH Canvas support pages; EasyPitch "Commande API RS232"): two documents of
        two makers with the same frames.
Frame:  A9 function 00 value 8A.
Units:  none: no question has a source.
Errors: nothing is read but our own commands; orders end unconfirmed. Value 07 is DisplayPort on a CTOUCH and HDMI 3 on
        an EasyPitch.
"""

from firmware_bridge.display import Display, Kind, Said
from firmware_bridge.framing.fixed import FixedFrame
from wire.text import Text

_SIZE = 5
_END = 0x8A
_POWER, _INPUT = 0x11, 0x15
_CTOUCH = {
    "tv1": 0x00,
    "av1": 0x01,
    "s-video1": 0x02,
    "component1": 0x03,
    "vga4": 0x04,
    "hdmi1": 0x05,
    "hdmi2": 0x06,
    "dp1": 0x07,
    "hdmi3": 0x08,
    "pc1": 0x09,
    "hdmi4": 0x0A,
    "usb1": 0x0B,
    "ops": 0x0C,
    "usb2": 0x0E,
    "vga1": 0x14,
    "vga2": 0x24,
    "vga3": 0x34,
}
_EASYPITCH = {
    "tv1": 0x00,
    "av1": 0x01,
    "component1": 0x03,
    "vga1": 0x04,
    "hdmi1": 0x05,
    "hdmi2": 0x06,
    "hdmi3": 0x07,
    "pc1": 0x09,
    "usb1": 0x0B,
    "vga2": 0x14,
    "vga3": 0x24,
    "vga4": 0x34,
}


def _check(frame: bytes) -> Text | None:
    if frame[4] == _END and frame[2] == 0:
        return None
    return Text("khung phải là A9 .. 00 .. 8A", "the frame is not A9 .. 00 .. 8A")


def _table(name: str, title: Text, baud: int, inputs: dict[str, int]) -> Display:
    return Display(
        name=name,
        title=title,
        wiring=Text(
            f"DB9 RS-232, {baud}; gửi lệnh được nhưng không hỏi được trạng thái",
            f"DB9 RS-232, {baud}; takes orders, cannot be asked for its state",
        ),
        wrap=lambda word, _: bytes((0xA9, word[0], 0x00, word[1], _END)),
        frame=FixedFrame(size=_SIZE, start=b"\xa9", check=_check),
        hear=lambda _, __: Said(Kind.OURS),
        on=bytes((_POWER, 1)),
        off=bytes((_POWER, 0)),
        inputs={source: bytes((_INPUT, code)) for source, code in inputs.items()},
        answered=False,
        baud=baud,
    )


CTOUCH = _table("ctouch", Text("bảng tương tác CTOUCH", "CTOUCH board"), 9600, _CTOUCH)
EASYPITCH = _table("easypitch", Text("bảng tương tác EasyPitch", "EasyPitch board"), 115200, _EASYPITCH)
