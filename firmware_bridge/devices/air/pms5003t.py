"""Plantower PMS5003T particle, temperature and humidity sensor over UART.

Source: github.com/avaldebe/PyPMS (MIT) and ESPHome's pmsx003, which agree (as facts). Common parts: plantower.py.
Frame:  42 4D 00 1C, 13 words, sum (32 bytes); instead of the two coarsest counts the words at 24 and 26 are
        temperature (signed) and humidity. The word at 28 is not agreed on and not read.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3; temperature_c and humidity_pct in tenths. Warmed by its own laser and fan.
Errors: BadFrame(checksum, length, cut short, noise); Unusable where mass and counts contradict; never None.
"""

import msgspec

from firmware_bridge.devices.air import plantower, pms5003
from firmware_bridge.devices.air.plantower import DUST, Layout
from wire.text import Text

LAYOUT = Layout(length=28, temperature_at=24, humidity_at=26)

DEVICE = msgspec.structs.replace(
    pms5003.DEVICE,
    name="pms5003t",
    title=Text("cảm biến bụi, nhiệt độ, độ ẩm PMS5003T", "PMS5003T particle, temperature and humidity sensor"),
    decode=plantower.decoding(LAYOUT),
    quantities=(*DUST, "temperature_c", "humidity_pct"),
    also=("g5t",),
)
