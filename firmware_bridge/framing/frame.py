"""What comes out of a framer: whole frames, and what was no frame with the reason and the place."""

import msgspec

from wire.text import Text

MAX_RAW = 64
"""A bad frame carries at most this many of its bytes: enough to recognise it, bounded whatever a line sends."""


class Frame(msgspec.Struct, frozen=True):
    """One whole frame whose check is right; `offset` counts bytes from the beginning of the stream."""

    data: bytes
    offset: int


class BadFrame(msgspec.Struct, frozen=True):
    """Bytes that gave no reading: why, at most MAX_RAW of them, how many there were and where they began."""

    reason: Text
    raw: bytes
    offset: int
    length: int
    noise: bool = False  # not even the beginning of a frame


NOISE = Text("không có đầu khung: nhiễu", "no start of a frame: noise")
TRUNCATED = Text("khung bị cụt", "frame cut short")
