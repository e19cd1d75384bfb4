"""Plantower PMS5003 particle sensor over UART, active and passive mode.

Source: Plantower PMS5003 series data manual, 2016 product data V2.3 (9600 8N1). Common parts: plantower.py.
Frame:  42 4D 00 1C, 13 big-endian words, sum of bytes 0 to 29   (32 bytes); byte 28 version, byte 29 error code.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3 in µg/m³; error_code as text where byte 29 is not 0.
Errors: BadFrame(checksum, length, cut short, noise); Unusable where mass and counts contradict; never None.
"""

import msgspec

from firmware_bridge.device import Device
from firmware_bridge.devices.air import plantower
from firmware_bridge.devices.air.plantower import ACTIVE, DUST, READ, WAKE, WIRING, Layout, command
from wire.text import Text

LAYOUT = Layout(length=28, error_at=29)

DEVICE = Device(
    name="pms5003",
    title=Text("cảm biến bụi PMS5003", "PMS5003 particle sensor"),
    baud=9600,
    frame=plantower.shape(LAYOUT),
    decode=plantower.decoding(LAYOUT),
    quantities=(*DUST, "error_code"),
    interval_s=2.3,  # "stable mode": a new value every 2.3 s; "fast mode" 0.2 to 0.8 s, repeats most of them
    spacing_s=0.9,
    start=(ACTIVE,),
    wake=(WAKE, ACTIVE),
    warm_up_s=30.0,  # "stable data should be got at least 30 seconds after the sensor wakeup from the sleep mode"
    wiring=WIRING,
    also=("pmsx003", "pms6003", "pmsa003"),
)

PASSIVE = msgspec.structs.replace(
    DEVICE,
    name="pms5003-passive",
    title=Text("cảm biến bụi PMS5003, hỏi mới trả lời", "PMS5003 particle sensor, asked"),
    interval_s=10.0,
    polls=(command(READ),),
    spacing_s=0.0,
    start=(plantower.PASSIVE,),
    wake=(WAKE, plantower.PASSIVE),
    also=(),
)
