"""Nova Fitness SDS198 sensor of total dust (PM100) over UART.

Source: SDS198 specification V1.2 (9600 8N1); github.com/avaldebe/PyPMS (MIT, as facts). Common parts: nova.py.
Frame:  AA CF xx xx LL HH id id sum AB   (10 bytes; PM100 little-endian, two bytes before it reserved)
Units:  pm100_ugm3 in µg/m³.
Errors: see nova.py.
"""

from firmware_bridge.device import Device
from firmware_bridge.devices.air import nova
from wire.text import Text

DEVICE = Device(
    name="sds198",
    title=Text("cảm biến bụi tổng SDS198", "SDS198 total dust sensor"),
    baud=9600,
    frame=nova.SHAPE,
    decode=nova.total,
    quantities=("pm100_ugm3",),
    interval_s=1.0,
    spacing_s=0.9,
    start=(nova.STREAM,),
    wake=(nova.WAKE, nova.CONTINUOUS, nova.STREAM),
    warm_up_s=30.0,
    wiring=nova.WIRING,
)
