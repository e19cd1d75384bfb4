"""Which kind of line an address means, and opening it: serial port, `tcp:HOST:PORT`, `udp:…`, `keyboard:PATH`."""

from firmware_bridge.device import Device
from firmware_bridge.links.keyboard import PREFIX as KEYBOARD
from firmware_bridge.links.keyboard import open_keyboard
from firmware_bridge.links.line import Line
from firmware_bridge.links.serial import open_serial
from firmware_bridge.links.tcp import PREFIX as TCP
from firmware_bridge.links.tcp import open_tcp
from firmware_bridge.links.udp import PREFIX as UDP
from firmware_bridge.links.udp import open_udp


async def open_line(address: str, device: Device) -> Line:
    """Open the line `device` hangs on. Raises LinkError; trying again later is right."""
    if address.startswith(TCP):
        return await open_tcp(address)
    if address.startswith(UDP):
        return await open_udp(address)
    if address.startswith(KEYBOARD):
        return open_keyboard(address)
    return open_serial(address, device.baud, device.parity, device.stop_bits)
