"""Readers of cards, fingers and codes, and attendance terminals."""

from firmware_bridge.device import Device

IDENTITY: tuple[Device, ...] = ()
