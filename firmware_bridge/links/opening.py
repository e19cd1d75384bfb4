"""Which kind of line an address means, and opening it: a serial port, or `tcp:HOST:PORT`."""

from firmware_bridge.device import Device
from firmware_bridge.links.line import Line
from firmware_bridge.links.serial import open_serial
from firmware_bridge.links.tcp import PREFIX as TCP
from firmware_bridge.links.tcp import open_tcp


async def open_line(address: str, device: Device) -> Line:
    """Open the line `device` hangs on. Raises LinkError; trying again later is right."""
    if address.startswith(TCP):
        return await open_tcp(address)
    return open_serial(address, device.baud, device.parity, device.stop_bits)
