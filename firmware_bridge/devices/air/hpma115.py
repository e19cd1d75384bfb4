"""Honeywell HPMA115 particle sensors over UART: S0 (standard) and C0 (compact), asked rather than streaming.

Source: Honeywell HPM Series datasheet 32322550 issue F, tables 4 to 7 (9600 8N1); github.com/jedp/PMSensor-HPMA115.
Frame:  read 68 01 04 93: S0 answers 40 05 04, PM2.5, PM10, ck (8 bytes), C0 answers 40 0D 04, PM1, PM2.5, PM4, PM10,
        two reserved words, ck (16 bytes); big-endian, ck = two's complement of the sum. A5 A5 is yes, 96 96 no.
        By itself, once a second: 42 4D 00 1C, 13 words, sum of bytes 0 to 29 (32 bytes): S0 has PM2.5 at 6 and PM10
        at 8 and leaves the rest, C0 has PM1, PM2.5, PM4, PM10 at 4, 6, 8, 10: where 10 is filled it is a C0.
Units:  pm1_ugm3, pm25_ugm3, pm4_ugm3, pm10_ugm3 in µg/m³.
Errors: BadFrame(checksum, length, cut short, noise); Unusable for a stream of neither model; never None.
"""

from firmware_bridge.device import Answer, Device, Echo, Meaning, Measured, Unusable, WarmingUp
from firmware_bridge.framing.checksum import negated_sum, plain_sum, wrong_sum
from firmware_bridge.framing.delimited import sound
from firmware_bridge.framing.headed import Headed, Kind
from wire.text import Text

START, READ, STOP_STREAM = 0x01, 0x04, 0x20
_STREAM_SIZE = 32
_MASSES = ("pm1_ugm3", "pm25_ugm3", "pm4_ugm3", "pm10_ugm3")
_YES, _NO = b"\xa5\xa5", b"\x96\x96"


def _short_check(frame: bytes) -> Text | None:
    return wrong_sum(frame[-1], negated_sum(frame[:-1]))


def _stream_check(frame: bytes) -> Text | None:
    return wrong_sum(int.from_bytes(frame[-2:], "big"), plain_sum(frame[:-2]))


SHAPE = Headed(
    (
        Kind(b"\x40\x05\x04", 8, _short_check),
        Kind(b"\x40\x0d\x04", 16, _short_check),
        Kind(b"BM\x00\x1c", _STREAM_SIZE, _stream_check),
        Kind(b"\x68\x01", 4, _short_check),
        Kind(_YES, 2, sound),
        Kind(_NO, 2, sound),
    )
)


def command(code: int) -> bytes:
    body = bytes((0x68, 0x01, code))
    return body + bytes((negated_sum(body),))


def decode(frame: bytes) -> Meaning:
    if len(frame) != _STREAM_SIZE:
        return _answered(frame)
    if not any(frame[10:12]):
        return _dust({"pm25_ugm3": _word(frame, 6), "pm10_ugm3": _word(frame, 8)})
    masses = [_word(frame, at) for at in (4, 6, 8, 10)]
    if masses != sorted(masses):  # coarse dust includes fine dust: then these words are something else
        return Unusable(Text("luồng không phải của S0 hay C0", "a stream neither of S0 nor of C0"))
    return _dust(dict(zip(_MASSES, masses, strict=True)))


def _answered(frame: bytes) -> Meaning:
    if frame in {_YES, _NO}:
        return Answer(0, accepted=frame == _YES)
    if frame[0] != 0x40:  # noqa: PLR2004 the head of answers
        return Echo()
    if frame[1] == 0x05:  # noqa: PLR2004 length of the S0's answer
        return _dust({"pm25_ugm3": _word(frame, 3), "pm10_ugm3": _word(frame, 5)})
    return _dust(dict(zip(_MASSES, (_word(frame, at) for at in (3, 5, 7, 9)), strict=True)))


def _dust(masses: dict[str, float]) -> Meaning:
    return Measured(dict(masses)) if any(masses.values()) else WarmingUp()


def _word(frame: bytes, at: int) -> float:
    return float(int.from_bytes(frame[at : at + 2], "big"))


DEVICE = Device(
    name="hpma115",
    title=Text("cảm biến bụi HPMA115 (S0, C0)", "HPMA115 particle sensor (S0, C0)"),
    baud=9600,
    frame=SHAPE,
    decode=decode,
    quantities=_MASSES,
    interval_s=10.0,
    polls=(command(READ),),
    start=(command(STOP_STREAM),),
    wake=(command(START), command(STOP_STREAM)),
    warm_up_s=6.0,  # "response time < 6 s"
    wiring=Text(
        "Nguồn 5 V, tín hiệu 3,3 V (không chịu được 5 V). S0: đầu nối 8 chân, TX chân 6, RX chân 7; C0: 10 chân, TX "
        "chân 9, RX chân 7. Quạt chạy suốt, tuổi thọ khoảng 20 000 giờ.",
        "5 V supply, 3.3 V signals (not 5 V tolerant). S0: 8-pin connector, TX pin 6, RX pin 7; C0: 10-pin, TX pin 9, "
        "RX pin 7. The fan runs all the time and lasts about 20,000 hours.",
    ),
    also=("hpma115s0", "hpma115c0"),
)
