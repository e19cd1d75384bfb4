"""Card and code readers that type like a keyboard ("keyboard wedge"): digits and letters, then Enter.

Source: Linux include/uapi/linux/input.h and Documentation/input/event-codes.rst as facts.
Frame:  struct input_event of 64-bit Linux, 24 bytes: seconds, microseconds (8 each), type, key (2 each), value (4),
        little-endian, as read from /dev/input/event*; firmware_bridge.links.keyboard widens those of 32-bit machines.
Units:  none; the reference is what was typed, on the US layout.
Errors: BadFrame(no key event, a key without a letter, too long, typed too slowly, events lost); never None.
The numbers of a card reader are `wedge`, the codes of a bar or QR scanner `wedge-qr`: keys do not tell which it was.
"""

import struct
from collections.abc import Callable

import msgspec

from firmware_bridge.device import Decode, Device, Identified, Meaning, Scheme, Unusable
from firmware_bridge.devices.identity import keys
from firmware_bridge.devices.identity.held import HeldOnce
from firmware_bridge.framing.fixed import FixedFrame
from wire.text import Text

EVENT = struct.Struct("<qqHHi")
SYNC, KEY = 0, 1
DROPPED = 3  # SYNC: the kernel's buffer was full
RELEASED, PRESSED, REPEATED = 0, 1, 2
MOST_LETTERS = 256
SLOW_S = 1.0  # a reader types 50 letters a second and more
_LAST_TYPE = 0x1F
_MICROSECONDS = 1_000_000

_NO_EVENT = Text("không phải sự kiện bàn phím", "no event of a keyboard")
_LONG = Text(f"gõ quá {MOST_LETTERS} ký tự mà chưa Enter", f"more than {MOST_LETTERS} letters without Enter")
_LOST = Text("hệ thống làm mất phím", "the system lost keys")
_HALF = Text("bắt đầu nghe giữa chừng", "joined in the middle")
_SLOW = Text("gõ quá chậm, chưa Enter: không phải đầu đọc", "typed too slowly without Enter: no reader")


def check(frame: bytes) -> Text | None:
    _, micro, kind, _, value = EVENT.unpack(frame)
    possible = 0 <= micro < _MICROSECONDS and kind <= _LAST_TYPE
    return None if possible and (kind != KEY or value in {RELEASED, PRESSED, REPEATED}) else _NO_EVENT


class _Typing:
    """What has been typed since the last Enter. Mutable."""

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme
        self._letters = ""
        self._spoilt: Text | None = None
        self._shifts: set[int] = set()
        self._caps = False
        self._first = True
        self._at_s: float | None = None  # of the last key, by the kernel's clock

    def event(self, frame: bytes) -> tuple[Meaning, ...]:
        seconds, micro, kind, key, value = EVENT.unpack(frame)
        if kind == SYNC and key == DROPPED:
            self._spoilt = _LOST
        if kind != KEY:
            return ()
        late = self._late(seconds + micro / _MICROSECONDS)
        if key in keys.SHIFTS:
            (self._shifts.discard if value == RELEASED else self._shifts.add)(key)
        elif value == PRESSED and key in keys.ENDS:
            return (*late, *self._ended())
        elif value == PRESSED:
            self._press(key)
        elif value == RELEASED and self._first:
            self._spoilt = None if key in keys.ENDS else _HALF
        return late

    def _late(self, at_s: float) -> tuple[Meaning, ...]:
        """Letters left without Enter are not the beginning of what is typed now."""
        slow = self._at_s is not None and at_s - self._at_s > SLOW_S and (self._letters or self._spoilt)
        self._first, self._at_s = self._at_s is None, at_s
        return self._given_up(_SLOW) if slow else ()

    def _press(self, key: int) -> None:
        if key == keys.CAPS_LOCK:
            self._caps = not self._caps
        if key in keys.NOT_TYPED:
            return
        letter = keys.typed(key, shift=bool(self._shifts), caps=self._caps)
        if letter is None:
            self._spoilt = self._spoilt or Text(f"phím {key} không gõ ra chữ", f"key {key} types no letter")
        elif len(self._letters) >= MOST_LETTERS:
            self._spoilt = self._spoilt or _LONG
        else:
            self._letters += letter

    def _ended(self) -> tuple[Meaning, ...]:
        reference, spoilt = self._letters.strip(), self._spoilt
        self._letters, self._spoilt = "", None
        if spoilt is not None:
            return (Unusable(spoilt),)
        return (Identified(self._scheme, reference),) if reference else ()

    def _given_up(self, reason: Text) -> tuple[Meaning, ...]:
        reason = self._spoilt or reason
        self._letters, self._spoilt = "", None
        return (Unusable(reason),)


def typing(scheme: Scheme) -> Callable[[], Decode]:
    """A maker of decodes that collect keys until Enter."""
    return lambda: _Typing(scheme).event


CARD = Device(
    name="wedge",
    title=Text("đầu đọc thẻ kiểu bàn phím", "card reader that types like a keyboard"),
    baud=9600,
    frame=FixedFrame(size=EVENT.size, start=b"", check=check),
    decode=lambda frame: _Typing(Scheme.CARD).event(frame),
    decoder=typing(Scheme.CARD),
    quantities=(),
    interval_s=60.0,
    change_driven=True,
    dialogue=HeldOnce,
    wiring=Text(
        "Cắm USB; cổng là keyboard:/dev/input/by-id/…-event-kbd. Người dùng classhub phải thuộc nhóm input. Cổng giữ "
        "riêng đầu đọc, nên số thẻ không gõ vào màn hình đăng nhập.",
        "USB; the port is keyboard:/dev/input/by-id/…-event-kbd. The user classhub must be in the group input. The "
        "gateway takes the reader for itself, so that numbers are not typed into a login screen.",
    ),
    also=("keyboard-wedge", "usb-keyboard-reader"),
)
CODE = msgspec.structs.replace(
    CARD,
    name="wedge-qr",
    title=Text("máy quét mã kiểu bàn phím", "code scanner that types like a keyboard"),
    decode=lambda frame: _Typing(Scheme.CODE).event(frame),
    decoder=typing(Scheme.CODE),
    also=("wedge-barcode",),
)
