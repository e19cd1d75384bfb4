"""Firmata's messages: a first byte from 0x80 says how long it is, or a system message runs from F0 to F7.

Source: https://github.com/firmata/protocol protocol.md 2.8.
Frame:  Ex lsb msb, 9x lsb msb, F9 major minor, F0 content F7; all bytes behind the first are below 0x80.
"""

import msgspec

from firmware_bridge.framing.shape import MORE, Verdict, Whole, Wrong
from wire.text import Text

START_SYSEX, END_SYSEX = 0xF0, 0xF7
VERSION = 0xF9
_SHORT = 3
_DATA = 0x80
_CUT = Text("bản tin bị cắt bởi byte điều khiển", "message cut by a control byte")
_STRAY = Text("byte không thuộc bản tin nào", "a byte of no message")


class FirmataFrame(msgspec.Struct, frozen=True):
    """Messages of at most `max_size` bytes."""

    max_size: int = 512

    @property
    def start(self) -> bytes:
        return b""

    def measure(self, head: bytes) -> Verdict:
        kind = head[0]
        if kind == START_SYSEX:
            return self._sysex(head)
        if kind & 0xF0 not in {0xE0, 0x90} and kind != VERSION:
            return Wrong(_STRAY, 1)
        for at, byte in enumerate(head[1:_SHORT], 1):
            if byte >= _DATA:
                return Wrong(_CUT, at)
        return Whole(_SHORT) if len(head) >= _SHORT else MORE

    def _sysex(self, head: bytes) -> Verdict:
        for at, byte in enumerate(head[1:], 1):
            if byte == END_SYSEX:
                return Whole(at + 1)
            if byte >= _DATA:
                return Wrong(_CUT, at)
        if len(head) < self.max_size:
            return MORE
        return Wrong(Text(f"dài quá {self.max_size} byte", f"no end after {self.max_size} bytes"), len(head))
