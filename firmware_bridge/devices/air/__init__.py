"""Sensors of air on a serial line: dust, CO₂, climate."""

from firmware_bridge.device import Device
from firmware_bridge.devices.air import mhz19, pms5003

AIR: tuple[Device, ...] = (
    mhz19.DEVICE,
    pms5003.DEVICE,
    pms5003.PASSIVE,
)
