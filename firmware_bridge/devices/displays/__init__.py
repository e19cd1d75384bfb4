"""Interactive boards, screens and projectors."""

from firmware_bridge.device import Device

DISPLAYS: tuple[Device, ...] = ()
