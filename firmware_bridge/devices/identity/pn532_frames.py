"""Frames of the PN532 NFC chip on its serial line (HSU), and what its answers mean.

Source: NXP PN532 user manual UM0701-02 (frames, InListPassiveTarget) as facts; github.com/adafruit/Adafruit-PN532 and
        Adafruit_CircuitPython_PN532, gassajor000/pn532pi.
Frame:  00 00 FF, LEN, LCS, TFI, data, DCS, 00: LEN + LCS = 0 and TFI + data + DCS = 0 (one byte each); TFI D4 from the
        host, D5 from the chip, 7F for an error; 00 00 FF 00 FF 00 is ACK, 00 00 FF FF 00 00 NACK. Bytes 55 and 00
        before a frame wake the chip and mean nothing.
Units:  none; the reference is the card's UID in hexadecimal letters.
Errors: BadFrame(checksum, length, extended frame, noise); Unusable where a card's data contradict themselves.
UIDs are easily copied: they say which card it is, not that it is the real one (`clonable`).
"""

import msgspec

from firmware_bridge.device import Answer, Decode, Echo, Identified, Meaning, Noted, Scheme, Unusable
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.shape import MORE, STRAY, Skip, Verdict, Whole, Wrong
from wire.text import Text

HEAD = b"\x00\x00\xff"
WAKE = bytes.fromhex("5555000000")
ACK, NACK = bytes.fromhex("0000ff00ff00"), bytes.fromhex("0000ffff0000")
TO_CHIP, FROM_CHIP, ERROR = 0xD4, 0xD5, 0x7F
FIRMWARE, SAM, RF, LIST = 0x02, 0x14, 0x32, 0x4A
TYPE_A = 0x00
_FILLER = b"\x00\x55"
_SUMS_AT, _EMPTY = 5, 6
_UID_BYTES = frozenset({4, 7, 10})
_HAS_ATS = 0x20  # SEL_RES: the card speaks ISO 14443-4 and adds its ATS
_EXTENDED = Text("khung mở rộng, không dùng ở đây", "an extended frame, not used here")
_CONTRADICTS = Text("dữ liệu thẻ mâu thuẫn", "the card's data contradict themselves")
_NO_CARD = Noted(Text("không có thẻ", "no card"))


class HsuFrame(msgspec.Struct, frozen=True):
    """The shape of frames on the serial line, with what wakes the chip passed over."""

    start: bytes = b""
    max_size: int = 3 + 2 + 255 + 2

    def measure(self, head: bytes) -> Verdict:
        filler = len(head) - len(head.lstrip(_FILLER))
        if filler > 2:  # noqa: PLR2004 two zeros begin a frame
            return Skip(filler - 2)
        if len(head) < len(HEAD):
            return MORE if filler == len(head) else STRAY
        return self._framed(head) if head.startswith(HEAD) else STRAY

    @staticmethod
    def _framed(head: bytes) -> Verdict:
        if len(head) < _SUMS_AT:
            return MORE
        length, check = head[3], head[4]
        if (length, check) in {(0x00, 0xFF), (0xFF, 0x00)}:
            return Whole(_EMPTY) if len(head) >= _EMPTY else MORE
        if (length, check) == (0xFF, 0xFF):
            return Wrong(_EXTENDED, _SUMS_AT)
        if (length + check) & 0xFF or not length:
            return Wrong(Text(f"độ dài {length} sai", f"length {length} does not hold"), _SUMS_AT)
        size = _SUMS_AT + length + 2
        if len(head) < size:
            return MORE
        reason = wrong_sum(head[size - 2], -sum(head[_SUMS_AT : size - 2]) & 0xFF)
        return Whole(size) if reason is None else Wrong(reason, size)


def command(code: int, content: bytes = b"") -> bytes:
    """A frame to the chip."""
    data = bytes((TO_CHIP, code)) + content
    return HEAD + bytes((len(data), -len(data) & 0xFF)) + data + bytes((-sum(data) & 0xFF, 0))


def body(frame: bytes) -> bytes:
    """TFI and data of a whole frame; empty for ACK and NACK."""
    return b"" if len(frame) == _EMPTY else frame[_SUMS_AT:-2]


def decode(frame: bytes) -> Meaning | tuple[Meaning, ...]:
    """One frame alone; cards are taken for type A at 106 kbit/s, the only ones asked for here."""
    return _understand(frame, TYPE_A)


def decoder() -> Decode:
    """A decode that knows, in a capture of both directions, which kind of card was asked for."""
    kind = TYPE_A

    def remembering(frame: bytes) -> Meaning | tuple[Meaning, ...]:
        nonlocal kind
        content = body(frame)
        if content[:2] == bytes((TO_CHIP, LIST)) and len(content) > 3:  # noqa: PLR2004 how many, which kind
            kind = content[3]
        return _understand(frame, kind)

    return remembering


def _understand(frame: bytes, kind: int) -> Meaning | tuple[Meaning, ...]:
    content = body(frame)
    if not content:
        accepted = frame == ACK
        word = Text("đã nhận lệnh", "acknowledged") if accepted else Text("không nhận lệnh", "not acknowledged")
        return Noted(word)
    if content[0] == TO_CHIP:
        return Echo()
    if content[0] == ERROR:
        return Answer(ERROR, accepted=False, reason=Text("chip báo lệnh sai", "the chip calls the command wrong"))
    if content[0] != FROM_CHIP or len(content) < 2:  # noqa: PLR2004 TFI and command
        return Unusable(Text("không phải câu trả lời của PN532", "no answer of a PN532"))
    return _answer(content[1] - 1, content[2:], kind)


def _answer(code: int, data: bytes, kind: int) -> Meaning | tuple[Meaning, ...]:
    if code == LIST:
        if kind != TYPE_A:
            return Noted(Text(f"thẻ loại {kind}, không đọc", f"a card of kind {kind}, not read"))
        return cards(data)
    if code == FIRMWARE and len(data) == 4:  # noqa: PLR2004 IC, version, revision, support
        version = f"{data[1]}.{data[2]}"
        return Noted(Text(f"PN532 phiên bản {version}", f"PN532 firmware {version}"))
    return Answer(code, accepted=True)


def cards(data: bytes) -> Meaning | tuple[Meaning, ...]:
    """The cards that an answer to InListPassiveTarget lists, all of type A."""
    if not data or data[0] == 0:
        return _NO_CARD if data else Unusable(_CONTRADICTS)
    found: list[Meaning] = []
    rest = data[1:]
    for _ in range(data[0]):
        uid, rest = _card(rest)
        if not uid:
            return Unusable(_CONTRADICTS)
        details: dict[str, str | int | float | bool] = {"clonable": True}
        found.append(Identified(Scheme.CARD, uid.hex().upper(), details=details))
    return Unusable(_CONTRADICTS) if rest else tuple(found)


def _card(data: bytes) -> tuple[bytes, bytes]:
    """Target number, SENS_RES (2), SEL_RES, length, UID and perhaps an ATS: the UID (empty if wrong) and the rest."""
    if len(data) < 5 or data[4] not in _UID_BYTES or len(data) < 5 + data[4]:  # noqa: PLR2004 five bytes before the UID
        return b"", b""
    uid, rest = data[5 : 5 + data[4]], data[5 + data[4] :]
    if data[3] & _HAS_ATS and rest:
        if not 1 <= rest[0] <= len(rest):  # the ATS counts its own length byte
            return b"", b""
        rest = rest[rest[0] :]
    return uid, rest
