"""Interactive boards, screens and projectors."""

from firmware_bridge.device import Device
from firmware_bridge.devices.displays import samsung
from firmware_bridge.display_device import display_device

_TABLES = (
    samsung.MDC,
    samsung.EXLINK,
)
DISPLAYS: tuple[Device, ...] = tuple(display_device(table) for table in _TABLES)
