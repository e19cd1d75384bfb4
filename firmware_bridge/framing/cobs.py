"""Frames without the byte 00 inside: COBS, ended by 00, with a CRC-16 behind the message (our own sensor nodes).

Source: S. Cheshire, M. Baker, Consistent Overhead Byte Stuffing, 1999; CRC-16/MODBUS (0xFFFF, 0xA001), low byte first.
Frame:  COBS(message CRC) 00: `01 02 03 04 05` becomes `08 01 02 03 04 05 2A BB 00`.
"""

import msgspec

from firmware_bridge.framing.crc import crc16
from firmware_bridge.framing.shape import MORE, Lost, Skip, Verdict, Whole
from wire.text import Text

_CRC_BYTES = 2
_WRONG_STUFFING = Text("mã COBS sai", "broken COBS code")


class CobsFrame(msgspec.Struct, frozen=True):
    """Messages of 1 to `max_message` bytes; the whole encoded frame is handed on, `message` takes it apart."""

    max_message: int

    @property
    def start(self) -> bytes:
        return b""

    @property
    def max_size(self) -> int:
        content = self.max_message + _CRC_BYTES
        return content + content // 254 + 2

    def measure(self, head: bytes) -> Verdict:
        idle = len(head) - len(head.lstrip(b"\x00"))
        if idle:
            return Skip(idle)
        end = head.find(b"\x00")
        if end < 0:
            return MORE if len(head) < self.max_size else Lost(self._too_long(), len(head), b"\x00")
        reason = self._wrong(head[:end])
        return Whole(end + 1) if reason is None else Lost(reason, end + 1)

    @staticmethod
    def message(frame: bytes) -> bytes:
        """What a whole frame carries, without its CRC."""
        return (unstuffed(frame[:-1]) or b"")[:-_CRC_BYTES]

    @staticmethod
    def joined_until() -> bytes:
        """A listener who joins in the middle begins after the next end."""
        return b"\x00"

    def _wrong(self, stuffed: bytes) -> Text | None:
        content = unstuffed(stuffed)
        if content is None:
            return _WRONG_STUFFING
        if len(content) <= _CRC_BYTES:
            return Text("khung quá ngắn", "frame too short")
        found, expected = int.from_bytes(content[-_CRC_BYTES:], "little"), crc16(content[:-_CRC_BYTES])
        if found != expected:
            return Text(
                f"CRC 0x{found:04X}, tính ra 0x{expected:04X}", f"CRC 0x{found:04X}, calculated 0x{expected:04X}"
            )
        return None

    def _too_long(self) -> Text:
        return Text(f"dài quá {self.max_size} byte mà chưa hết", f"no end after {self.max_size} bytes")


def cobs_frame(message: bytes) -> bytes:
    """A message as it goes over the line, its CRC and the closing 00 included."""
    return stuffed(message + crc16(message).to_bytes(_CRC_BYTES, "little")) + b"\x00"


def stuffed(content: bytes) -> bytes:
    """Every run up to a zero gets its length in front; a run of 254 has no zero behind it."""
    out = bytearray()
    runs = content.split(b"\x00")
    for number, run in enumerate(runs):
        at = 0
        while len(run) - at >= 254:  # noqa: PLR2004 a full run
            out += b"\xff" + run[at : at + 254]
            at += 254
        # A message that ends with a full run needs no empty one behind it.
        if at == 0 or at < len(run) or number < len(runs) - 1:
            out.append(len(run) - at + 1)
            out += run[at:]
    return bytes(out)


def unstuffed(stuffed_bytes: bytes) -> bytes | None:
    """The reverse; None where the codes do not add up."""
    out, at = bytearray(), 0
    while at < len(stuffed_bytes):
        code = stuffed_bytes[at]
        run = stuffed_bytes[at + 1 : at + code]
        if code == 0 or len(run) != code - 1 or b"\x00" in run:
            return None
        out += run
        at += code
        if code < 255 and at < len(stuffed_bytes):  # noqa: PLR2004 a full run
            out.append(0)
    return bytes(out)
