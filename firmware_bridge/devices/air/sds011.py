"""Nova Fitness SDS011 particle sensor over UART (SDS018 and SDS021 speak alike).

Source: Laser Dust Sensor Control Protocol V1.3; SDS011 specification V1.3 (9600 8N1). Common parts: nova.py.
Frame:  AA C0 LL HH LL HH id id sum AB   (10 bytes; PM2.5 and PM10, little-endian, tenths)
Units:  pm25_ugm3, pm10_ugm3 in µg/m³.
Errors: see nova.py. At a relative humidity above 70 % it counts droplets: the figures are too high, not wrong.
"""

from firmware_bridge.device import Device
from firmware_bridge.devices.air import nova
from wire.text import Text

DEVICE = Device(
    name="sds011",
    title=Text("cảm biến bụi SDS011", "SDS011 particle sensor"),
    baud=9600,
    frame=nova.SHAPE,
    decode=nova.dust,
    quantities=("pm25_ugm3", "pm10_ugm3"),
    interval_s=1.0,
    spacing_s=0.9,
    start=(nova.STREAM,),
    wake=(nova.WAKE, nova.CONTINUOUS, nova.STREAM),
    warm_up_s=30.0,  # protocol V1.3: in periodic work it measures for 30 s before it reports
    wiring=nova.WIRING,
    also=("sds01x", "sds018", "sds021"),
)
