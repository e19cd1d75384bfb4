"""The table of devices this project speaks to on a line of their own: adding one is its file and its line.

Each family keeps its own table (`air`, `meters`, `displays`, `identity`, `nodes`); this one is all of them.
"""

from itertools import chain

from firmware_bridge.device import Device
from firmware_bridge.devices.air import AIR
from firmware_bridge.devices.displays import DISPLAYS
from firmware_bridge.devices.identity import IDENTITY
from firmware_bridge.devices.meters import METERS
from firmware_bridge.devices.nodes import NODES

DEVICES: dict[str, Device] = {device.name: device for device in chain(AIR, METERS, DISPLAYS, IDENTITY, NODES)}


def device_named(name: str) -> Device | None:
    """The device by its key or another name it goes by, however people write it ("MH-Z19B")."""
    wanted = _plain(name)
    for device in DEVICES.values():
        if wanted in map(_plain, (device.name, *device.also)):
            return device
    return None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
