"""Plantower PMS7003 (G7) particle sensor over UART.

Source: Plantower PMS7003 series data manual V2.5 (9600 8N1). Common parts: plantower.py.
Frame:  as the PMS5003's: 42 4D 00 1C, 13 words, sum (32 bytes); byte 28 version, byte 29 error code.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3 in µg/m³; error_code as text where byte 29 is not 0.
Errors: as the PMS5003's.
"""

import msgspec

from firmware_bridge.devices.air import pms5003
from wire.text import Text

DEVICE = msgspec.structs.replace(
    pms5003.DEVICE,
    name="pms7003",
    title=Text("cảm biến bụi PMS7003", "PMS7003 particle sensor"),
    also=("g7",),
)
