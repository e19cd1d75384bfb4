"""Plantower PMS5003ST particle, formaldehyde, temperature and humidity sensor over UART.

Source: github.com/avaldebe/PyPMS (MIT) and ESPHome's pmsx003, which agree (as facts). Common parts: plantower.py.
Frame:  42 4D 00 24, 17 words, sum of bytes 0 to 37   (40 bytes); words at 28 formaldehyde, 30 temperature (signed),
        32 humidity; byte 36 version, byte 37 error code.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3, formaldehyde_ugm3; temperature_c and humidity_pct in tenths.
Errors: BadFrame(checksum, length, cut short, noise); Unusable where mass and counts contradict; never None.
"""

import msgspec

from firmware_bridge.devices.air import plantower, pms5003
from firmware_bridge.devices.air.plantower import DUST, Layout
from wire.text import Text

LAYOUT = Layout(length=36, formaldehyde_at=28, temperature_at=30, humidity_at=32, error_at=37)

DEVICE = msgspec.structs.replace(
    pms5003.DEVICE,
    name="pms5003st",
    title=Text("cảm biến bụi, formaldehyt, khí hậu PMS5003ST", "PMS5003ST particle, formaldehyde and climate sensor"),
    frame=plantower.shape(LAYOUT),
    decode=plantower.decoding(LAYOUT),
    quantities=(*DUST, "formaldehyde_ugm3", "temperature_c", "humidity_pct", "error_code"),
    also=("g5st",),
)
