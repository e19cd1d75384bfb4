"""Power meters and climate sensors on Modbus RTU (RS-485)."""

from firmware_bridge.device import Device

METERS: tuple[Device, ...] = ()
