"""What the bytes of one device mean, in order: framing and decoding joined, still without any input or output."""

import msgspec

from firmware_bridge.device import Attentive, Device, Meaning, Unusable
from firmware_bridge.framing.delimited import Delimited
from firmware_bridge.framing.frame import MAX_RAW, BadFrame, Frame
from firmware_bridge.framing.framer import Framer


class Heard(msgspec.Struct, frozen=True):
    """A whole frame with a meaning; `offset` counts bytes from the beginning of the stream."""

    meaning: Meaning
    offset: int


class Conversation:
    """Listens to one device. Mutable; begin a new one for every opened line.

    `joined`: the device was talking before anybody listened, so the first line of text may be only its end.
    """

    def __init__(self, device: Device, *, joined: bool = False) -> None:
        frame = device.frame
        self._framer = Framer(frame, frame.joined_until() if joined and isinstance(frame, Delimited) else b"")
        self._decode = device.decode if device.decoder is None else device.decoder()

    def asked(self, request: bytes) -> None:
        """Told what has been sent to the device."""
        if isinstance(self._decode, Attentive):
            self._decode.asked(request)

    def feed(self, data: bytes) -> list[Heard | BadFrame]:
        """Take bytes as they come; returns what they completed, oldest first."""
        return [one for found in self._framer.feed(data) for one in self._understand(found)]

    def finish(self) -> list[Heard | BadFrame]:
        """The line fell silent or the capture ended."""
        return [one for found in self._framer.finish() for one in self._understand(found)]

    def _understand(self, found: Frame | BadFrame) -> list[Heard | BadFrame]:
        if isinstance(found, BadFrame):
            return [found]
        meant = self._decode(found.data)
        meanings = meant if isinstance(meant, tuple) else (meant,)
        return [
            BadFrame(one.reason, found.data[:MAX_RAW], found.offset, len(found.data))
            if isinstance(one, Unusable)
            else Heard(one, found.offset)
            for one in meanings
        ]
