"""A school's own microcontroller boards."""

from firmware_bridge.device import Device

NODES: tuple[Device, ...] = ()
