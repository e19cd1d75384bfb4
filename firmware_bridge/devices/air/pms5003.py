"""Plantower PMS5003/PMS7003 (PMSx003) particle sensor over UART, active and passive mode.

Source: Plantower PMS5003 series data manual, 2016 product data V2.3 (9600 8N1); consistency rule: a sensor that
        reports mass and counts no particle is not measuring (github.com/avaldebe/PyPMS, MIT, as a fact).
Frame:  42 4D 00 1C, 13 big-endian words, sum of bytes 0 to 29   (32 bytes); answers 42 4D 00 04 code value sum
        words at 4, 6, 8: PM1, PM2.5, PM10 "CF=1" (factory dust); at 10, 12, 14: in atmosphere, the ones used;
        at 16 to 26: particles over 0.3 to 10 µm in 0.1 L; byte 28 version, byte 29 error code.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3 in µg/m³; error_code as text where byte 29 is not 0.
Errors: BadFrame(checksum, length, cut short, noise); Unusable where mass and counts contradict; never None.
"""

import msgspec

from firmware_bridge.device import Answer, Device, Meaning, Measured, Unusable, WarmingUp
from firmware_bridge.framing.checksum import plain_sum, wrong_sum
from firmware_bridge.framing.length_prefixed import LengthPrefixed
from wire.text import Text

START = b"BM"
DATA_LENGTH, ANSWER_LENGTH = 28, 4
MODE, READ, SLEEP = 0xE1, 0xE2, 0xE4
_COUNTS_ABOVE_300_NM = 16
_ERROR = 29


def check(frame: bytes) -> Text | None:
    return wrong_sum(int.from_bytes(frame[-2:], "big"), plain_sum(frame[:-2]))


def command(code: int, value: int = 0) -> bytes:
    """42 4D code 00 value sum."""
    body = START + bytes((code, 0, value))
    return body + plain_sum(body).to_bytes(2, "big")


def decode(frame: bytes) -> Meaning:
    if frame[3] == ANSWER_LENGTH:
        return Answer(frame[4], accepted=True)
    if not any(frame[4:30]):
        return WarmingUp()
    if frame[_ERROR]:
        # The manual names no codes; a fault makes the figures beside it worthless.
        return Measured({"error_code": f"0x{frame[_ERROR]:02X}"})
    pm1, pm25, pm10 = (int.from_bytes(frame[at : at + 2], "big") for at in (10, 12, 14))
    if pm10 and not any(frame[_COUNTS_ABOVE_300_NM : _COUNTS_ABOVE_300_NM + 2]):
        return Unusable(
            Text(f"mâu thuẫn: PM10 {pm10} mà không đếm được hạt nào", f"inconsistent: PM10 {pm10}, no particle counted")
        )
    return Measured({"pm1_ugm3": float(pm1), "pm25_ugm3": float(pm25), "pm10_ugm3": float(pm10)})


_PASSIVE, _ACTIVE = command(MODE, 0), command(MODE, 1)
_WAKE = command(SLEEP, 1)

DEVICE = Device(
    name="pms5003",
    title=Text("cảm biến bụi PMS5003", "PMS5003 particle sensor"),
    baud=9600,
    frame=LengthPrefixed(start=START, length_bytes=2, lengths=(DATA_LENGTH, ANSWER_LENGTH), check=check),
    decode=decode,
    quantities=("pm1_ugm3", "pm25_ugm3", "pm10_ugm3", "error_code"),
    interval_s=2.3,  # "stable mode": a new value every 2.3 s; "fast mode" 0.2 to 0.8 s, repeats most of them
    spacing_s=0.9,
    start=(_ACTIVE,),
    wake=(_WAKE, _ACTIVE),
    warm_up_s=30.0,  # "stable data should be got at least 30 seconds after the sensor wakeup from the sleep mode"
    also=("pms7003", "pmsx003"),
)

PASSIVE = msgspec.structs.replace(
    DEVICE,
    name="pms5003-passive",
    title=Text("cảm biến bụi PMS5003, hỏi mới trả lời", "PMS5003 particle sensor, asked"),
    interval_s=10.0,
    polls=(command(READ),),
    spacing_s=0.0,
    start=(_PASSIVE,),
    wake=(_WAKE, _PASSIVE),
    also=(),
)
