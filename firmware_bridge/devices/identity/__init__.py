"""Readers of cards, fingers and codes, and attendance terminals."""

from firmware_bridge.device import Device
from firmware_bridge.devices.identity import r307

IDENTITY: tuple[Device, ...] = (r307.DEVICE,)
