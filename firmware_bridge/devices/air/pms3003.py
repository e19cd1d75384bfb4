"""Plantower PMS3003 (G3) particle sensor over UART: it only talks, commands it knows none.

Source: Plantower PMS3003 manual (LOGOELE, 9600 8N1); github.com/avaldebe/PyPMS (MIT, as facts). See plantower.py.
Frame:  42 4D 00 14, 9 big-endian words, sum of bytes 0 to 21   (24 bytes); words at 16, 18, 20 are reserved.
Units:  pm1_ugm3, pm25_ugm3, pm10_ugm3 in µg/m³, the words at 10, 12, 14 (in atmosphere).
Errors: BadFrame(checksum, length, cut short, noise); it counts no particles, so nothing can be cross-checked.
"""

from firmware_bridge.device import Device
from firmware_bridge.devices.air import plantower
from firmware_bridge.devices.air.plantower import DUST, WIRING, Layout
from wire.text import Text

LAYOUT = Layout(length=20, counts_at=None)

DEVICE = Device(
    name="pms3003",
    title=Text("cảm biến bụi PMS3003", "PMS3003 particle sensor"),
    baud=9600,
    frame=plantower.shape(LAYOUT),
    decode=plantower.decoding(LAYOUT),
    quantities=DUST,
    interval_s=2.3,
    spacing_s=0.9,
    warm_up_s=30.0,
    wiring=WIRING,
    also=("g3",),
)
