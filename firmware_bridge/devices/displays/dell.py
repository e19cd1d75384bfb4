"""Dell large monitors on RS-232: write-only here.

Source: Dell P4317Q RS-232 commands as read by the AI4AV catalogue and a public remote-control sketch (power EA 20);
        YooUp RS232-Monitor-Database (C8618QT) for the inputs, which agree with both.
Frame:  37 51 length EA function data XOR (of all bytes before it).
Units:  none: how answers are built has no source that was checked.
Errors: nothing is read but our own commands; orders end unconfirmed. The database's power frames are EA 21, which
        in Dell's list is the power lamp: EA 20 is sent.
"""

from firmware_bridge.devices.displays.philips import check, parity
from firmware_bridge.display import Display, Kind, Said
from firmware_bridge.framing.counted import Counted
from wire.text import Text

_SOURCES = {
    "hdmi1": 0x0001,
    "hdmi2": 0x0002,
    "hdmi3": 0x0004,
    "dp1": 0x0008,
    "dp2": 0x0010,
    "dp3": 0x0020,
    "vga1": 0x0040,
    "vga2": 0x0080,
    "dvi1": 0x0100,
    "dvi2": 0x0200,
    "hdmi4": 0x0400,
}


def _wrap(word: bytes, _: int) -> bytes:
    body = bytes((0x37, 0x51, len(word) + 1, 0xEA)) + word
    return body + bytes((parity(body),))


DELL = Display(
    name="dell",
    title=Text("màn hình lớn Dell", "large Dell monitor"),
    wiring=Text(
        "DB9 RS-232, cáp thẳng, 9600; gửi lệnh được nhưng không hỏi được trạng thái",
        "DB9 RS-232, straight cable, 9600; takes orders, cannot be asked for its state",
    ),
    wrap=_wrap,
    frame=Counted(start=b"\x37\x51", at=2, extra=4, smallest=6, max_size=20, check=check),
    hear=lambda _, __: Said(Kind.OURS),
    on=b"\x20\x01",
    off=b"\x20\x00",
    inputs={name: b"\x62" + code.to_bytes(4, "little") for name, code in _SOURCES.items()},
    answered=False,
)
