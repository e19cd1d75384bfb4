"""Eastron SDM120-Modbus single-phase meter, 45 A, on RS-485.

Source: see eastron.py. Factory address 1, 2400 8N1, as github.com/peninquen/Modbus-Energy-Monitor-Arduino has it for
        both single-phase meters.
Frame:  function 04; blocks of registers from eastron.py.
Units:  voltage_v current_a power_w apparent_power_va reactive_power_var power_factor frequency_hz energy_kwh
        energy_returned_kwh
Errors: see eastron.py.
"""

from firmware_bridge.devices.meters.eastron import SINGLE_PHASE, speech, wiring
from firmware_bridge.modbus_device import modbus_device
from wire.text import Text

DEVICE = modbus_device(
    speech(SINGLE_PHASE),
    1,
    name="sdm120",
    title=Text("công tơ một pha SDM120", "SDM120 single-phase meter"),
    baud=2400,
    wiring=wiring(2400),
    also=("sdm120modbus", "eastronsdm120"),
)
