"""Power meters and climate sensors on Modbus RTU (RS-485)."""

from firmware_bridge.device import Device
from firmware_bridge.devices.meters import pzem004t, pzem016, sdm120, sdm220, sdm630, xymd02

METERS: tuple[Device, ...] = (
    pzem004t.DEVICE,
    pzem016.DEVICE,
    sdm120.DEVICE,
    sdm220.DEVICE,
    sdm630.DEVICE,
    xymd02.DEVICE,
)
