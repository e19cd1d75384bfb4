"""Plantower PMS5003S particle and formaldehyde sensor over UART.

Source: github.com/avaldebe/PyPMS (MIT) and ESPHome's pmsx003, which agree (as facts). Common parts: plantower.py.
Frame:  42 4D 00 1C, 13 words, sum (32 bytes); the word at 28 is formaldehyde, where the PMS5003 has its error byte.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3, formaldehyde_ugm3 (the manual's 1/1000 mg/m³).
Errors: BadFrame(checksum, length, cut short, noise); Unusable where mass and counts contradict; never None.
"""

import msgspec

from firmware_bridge.devices.air import plantower, pms5003
from firmware_bridge.devices.air.plantower import DUST, Layout
from wire.text import Text

LAYOUT = Layout(length=28, formaldehyde_at=28)

DEVICE = msgspec.structs.replace(
    pms5003.DEVICE,
    name="pms5003s",
    title=Text("cảm biến bụi và formaldehyt PMS5003S", "PMS5003S particle and formaldehyde sensor"),
    decode=plantower.decoding(LAYOUT),
    quantities=(*DUST, "formaldehyde_ugm3"),
    also=("g5s",),
)
