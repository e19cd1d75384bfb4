"""Winsen ZH03A/ZH03B particle sensor over UART: asked, or streaming once a second.

Source: Winsen ZH03B user manual (9600 8N1); avaldebe/PyPMS and Bjk8kds/esphome-zh03b-sensor (github.com) for the order
        of the asked words, an ESP-IDF driver (zh03b.h, zh03b.c) and SensorWinSen.c (unit_test_ZH03, real frames) for
        the stream's (as facts). The latter takes the asked words for PM1, PM2.5, PM10: its own frame 0016 0018 0010
        would then have less PM10 than PM2.5.
Frame:  read FF 01 86 ..: answer FF 86, PM2.5, PM10, PM1, ck   (9 bytes, big-endian, ck as the MH-Z19's);
        stream 42 4D 00 14, 9 words, sum of bytes 0 to 21   (24 bytes); at 10 PM1, 12 PM2.5, 14 PM10.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3 in µg/m³.
Errors: BadFrame(checksum, unknown header, cut short, noise); never None.
"""

from firmware_bridge.device import Answer, Device, Echo, Meaning, Measured, WarmingUp
from firmware_bridge.devices.air import mhz19
from firmware_bridge.framing.checksum import plain_sum, wrong_sum
from firmware_bridge.framing.headed import Headed, Kind
from wire.text import Text

READ, MODE, SLEEP = 0x86, 0x78, 0xA7
_ASKED = b"\x41"
_STREAM_SIZE = 24


def _stream_check(frame: bytes) -> Text | None:
    return wrong_sum(int.from_bytes(frame[-2:], "big"), plain_sum(frame[:-2]))


SHAPE = Headed(
    (
        Kind(b"BM\x00\x14", _STREAM_SIZE, _stream_check),
        *(Kind(bytes((0xFF, code)), mhz19.SIZE, mhz19.check) for code in (READ, MODE, SLEEP, 0x01)),
    )
)


def decode(frame: bytes) -> Meaning:
    if len(frame) == _STREAM_SIZE:
        return _dust(frame, (10, 12, 14))
    if frame[1] == READ:
        return _dust(frame, (6, 2, 4))
    return Echo() if frame[1] == 0x01 else Answer(frame[1], accepted=frame[2] == 1)


def _dust(frame: bytes, places: tuple[int, int, int]) -> Meaning:
    pm1, pm25, pm10 = (int.from_bytes(frame[at : at + 2], "big") for at in places)
    if not pm1 and not pm25 and not pm10:
        return WarmingUp()
    return Measured({"pm1_ugm3": float(pm1), "pm25_ugm3": float(pm25), "pm10_ugm3": float(pm10)})


_ASK = mhz19.command(MODE, _ASKED)

DEVICE = Device(
    name="zh03",
    title=Text("cảm biến bụi ZH03A/ZH03B", "ZH03A/ZH03B particle sensor"),
    baud=9600,
    frame=SHAPE,
    decode=decode,
    quantities=("pm1_ugm3", "pm25_ugm3", "pm10_ugm3"),
    interval_s=10.0,
    polls=(mhz19.command(READ),),
    start=(_ASK,),
    wake=(mhz19.command(SLEEP), _ASK),
    wiring=Text(
        "Nguồn 5 V; tín hiệu 3,3 V ở chân 4 (RX) và chân 5 (TX), không chịu được 5 V. Không che quạt và lỗ gió.",
        "5 V supply; 3.3 V signals on pin 4 (RX) and pin 5 (TX), not 5 V tolerant. Keep fan and air holes free.",
    ),
    also=("zh03a", "zh03b", "zh0xx"),
)
