"""A school's own microcontroller boards."""

from firmware_bridge.device import Device
from firmware_bridge.devices.nodes import firmata, sensor_node

NODES: tuple[Device, ...] = (sensor_node.DEVICE, firmata.DEVICE)
