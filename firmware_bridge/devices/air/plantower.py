"""What all Plantower particle sensors have in common; one model differs from the next only in where its words stand.

Source: Plantower data manuals PMS1003 V2.5, PMS3003 (LOGOELE), PMS5003 V2.3 and PMS7003 V2.5; words of the S, T and ST
        models as two independent readers have them: github.com/avaldebe/PyPMS (MIT) and ESPHome's pmsx003 (as facts).
        A sensor that reports mass and counts no particle is not measuring (PyPMS).
Frame:  42 4D, length (two bytes, of what follows), words, sum of all before it; all big-endian.
        Words at 4, 6, 8: PM1, PM2.5, PM10 "CF=1" (factory dust); at 10, 12, 14: in atmosphere, the ones used;
        from 16 on: particles over 0.3 µm and more in 0.1 L, which have no quantity and stay unspoken.
        Answers: 42 4D 00 04 code value sum. Commands: 42 4D code 00 value sum.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3; temperature_c = word / 10 signed; humidity_pct = word / 10; formaldehyde_ugm3.
Errors: BadFrame(checksum, length, cut short, noise); Unusable where mass and counts contradict; never None.
"""

from functools import partial

import msgspec

from firmware_bridge.device import Answer, Decode, Echo, Meaning, Measured, Unusable, Values, WarmingUp
from firmware_bridge.framing.checksum import plain_sum, wrong_sum
from firmware_bridge.framing.length_prefixed import LengthPrefixed
from wire.text import Text

START = b"BM"
ANSWER_LENGTH = 4
MODE, READ, SLEEP = 0xE1, 0xE2, 0xE4
_COMMAND_SIZE = 7
DUST = ("pm1_ugm3", "pm25_ugm3", "pm10_ugm3")

WIRING = Text(
    "Nguồn 5 V (quạt và laser), nhưng tín hiệu 3,3 V: không nối TX/RX với 5 V. TX của cảm biến vào RX của bộ chuyển "
    "USB–UART 3,3 V và ngược lại; SET và RESET để hở. Đặt cửa gió không bị che, cách quạt và cửa sổ.",
    "5 V supply (fan and laser) but 3.3 V signals: never wire TX/RX to 5 V. The sensor's TX to RX of a 3.3 V USB-UART "
    "adapter and the other way round; leave SET and RESET open. Keep the air inlet free, away from fans and windows.",
)


class Layout(msgspec.Struct, frozen=True):
    """Where a model has its words, as offsets from the frame's beginning; None where it has no such word."""

    length: int
    counts_at: int | None = 16
    formaldehyde_at: int | None = None
    temperature_at: int | None = None
    humidity_at: int | None = None
    error_at: int | None = None


def check(frame: bytes) -> Text | None:
    return wrong_sum(int.from_bytes(frame[-2:], "big"), plain_sum(frame[:-2]))


def shape(layout: Layout) -> LengthPrefixed:
    commands = tuple((START + bytes((code,)), _COMMAND_SIZE) for code in (MODE, READ, SLEEP))
    return LengthPrefixed(START, 2, (layout.length, ANSWER_LENGTH), check, commands)


def command(code: int, value: int = 0) -> bytes:
    """42 4D code 00 value sum."""
    body = START + bytes((code, 0, value))
    return body + plain_sum(body).to_bytes(2, "big")


PASSIVE, ACTIVE, WAKE = command(MODE, 0), command(MODE, 1), command(SLEEP, 1)


def decoding(layout: Layout) -> Decode:
    return partial(decode, layout)


def decode(layout: Layout, frame: bytes) -> Meaning:
    if len(frame) == _COMMAND_SIZE:
        return Echo()
    if frame[3] == ANSWER_LENGTH:
        return Answer(frame[4], accepted=True)
    if not any(frame[4:-2]):
        return WarmingUp()
    if layout.error_at is not None and frame[layout.error_at]:
        # The manuals name no codes; a fault makes the figures beside it worthless.
        return Measured({"error_code": f"0x{frame[layout.error_at]:02X}"})
    pm1, pm25, pm10 = (_word(frame, at) for at in (10, 12, 14))
    if pm10 and layout.counts_at is not None and not _word(frame, layout.counts_at):
        return Unusable(
            Text(f"mâu thuẫn: PM10 {pm10} mà không đếm được hạt nào", f"inconsistent: PM10 {pm10}, no particle counted")
        )
    values: Values = {"pm1_ugm3": float(pm1), "pm25_ugm3": float(pm25), "pm10_ugm3": float(pm10)}
    return Measured(values | _climate(layout, frame))


def _climate(layout: Layout, frame: bytes) -> Values:
    values: Values = {}
    if layout.formaldehyde_at is not None:
        values["formaldehyde_ugm3"] = float(_word(frame, layout.formaldehyde_at))
    if layout.temperature_at is not None:
        values["temperature_c"] = _word(frame, layout.temperature_at, signed=True) / 10
    if layout.humidity_at is not None:
        values["humidity_pct"] = _word(frame, layout.humidity_at) / 10
    return values


def _word(frame: bytes, at: int, *, signed: bool = False) -> int:
    return int.from_bytes(frame[at : at + 2], "big", signed=signed)
