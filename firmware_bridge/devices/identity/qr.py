"""Serial scanners of bar and QR codes: what was read comes as one line.

Source: makers' factory settings (Honeywell, Zebra; GM65: "Barcode reader module user manual" as linked and used by
        Niich/esphome-gm65 and kluzzebass/gm65-serial-node (github.com): 9600 8N1), CR or CR LF behind the code; no
        check exists.
Frame:  the code's text, then CR, LF or both   (at most 512 bytes; a code with control characters is refused)
Units:  none; the reference is the text as read, trimmed of spaces at both ends.
Errors: BadFrame(control character, no UTF-8, too long); never None.
"""

from firmware_bridge.device import Device, Identified, Meaning, Scheme, Unusable
from firmware_bridge.devices.identity.held import HeldOnce
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

MOST_BYTES = 512
FRAME = Delimited(max_size=MOST_BYTES)
_NOT_TEXT = Text("mã không phải chữ UTF-8", "the code is no UTF-8 text")
_NO_LETTER = Text("mã rỗng hoặc có ký tự không in được", "an empty code, or one that cannot be printed")


def decode(frame: bytes) -> Meaning:
    return identified(FRAME.content(frame))


def identified(content: bytes) -> Meaning:
    """The code that was read, or why it is none."""
    try:
        code = content.decode().strip()
    except UnicodeDecodeError:
        return Unusable(_NOT_TEXT)
    return Identified(Scheme.CODE, code) if code and code.isprintable() else Unusable(_NO_LETTER)


DEVICE = Device(
    name="qr",
    title=Text("máy quét mã vạch, mã QR (cổng nối tiếp)", "bar and QR code scanner (serial)"),
    baud=9600,
    frame=FRAME,
    decode=decode,
    quantities=(),
    interval_s=60.0,
    change_driven=True,
    dialogue=HeldOnce,
    wiring=Text(
        "Máy quét USB phải đặt ở chế độ cổng COM ảo (USB-CDC), bằng mã cài đặt trong sách hướng dẫn; ở chế độ bàn phím "
        "hãy dùng thiết bị wedge. Đặt ký tự kết thúc là CR hoặc CR LF.",
        "A USB scanner must be set to virtual COM (USB-CDC) with the setting code in its manual; in keyboard mode use "
        "the device wedge. Set the suffix to CR or CR LF.",
    ),
    also=("barcode", "gm65", "qr-scanner"),
)
