"""Eastron SDM630-Modbus V2 three-phase meter, 100 A, on RS-485.

Source: see eastron.py. Factory address 1, 9600 8N1.
Frame:  function 04; blocks of registers from eastron.py.
Units:  voltage_v current_a power_w apparent_power_va reactive_power_var power_factor frequency_hz energy_kwh
        energy_returned_kwh; phases as channels l1 l2 l3, totals without one.
Errors: see eastron.py.
"""

from firmware_bridge.devices.meters.eastron import THREE_PHASE, speech, wiring
from firmware_bridge.modbus_device import modbus_device
from wire.text import Text

DEVICE = modbus_device(
    speech(THREE_PHASE),
    1,
    name="sdm630",
    title=Text("công tơ ba pha SDM630", "SDM630 three-phase meter"),
    baud=9600,
    wiring=wiring(9600),
    also=("sdm630modbus", "eastronsdm630"),
)
