"""The table of devices this project speaks to on a line of their own: adding one is its file and its line.

Each family keeps its own table (`air`, `meters`, `displays`, `identity`, `nodes`); this one is all of them.
"""

from difflib import get_close_matches
from itertools import chain

from firmware_bridge.device import Device
from firmware_bridge.devices.air import AIR
from firmware_bridge.devices.displays import DISPLAYS
from firmware_bridge.devices.identity import IDENTITY
from firmware_bridge.devices.meters import METERS
from firmware_bridge.devices.nodes import NODES
from wire.text import Text

_NEAR_MOST, _NEAR = 4, 0.7

DEVICES: dict[str, Device] = {device.name: device for device in chain(AIR, METERS, DISPLAYS, IDENTITY, NODES)}


def device_named(name: str) -> Device | None:
    """The device by its key or another name it goes by, however people write it ("MH-Z19B")."""
    wanted = _plain(name)
    for device in DEVICES.values():
        if wanted in map(_plain, (device.name, *device.also)):
            return device
    return None


def unknown_device(name: str, others: Text | None = None) -> Text:
    """What to tell somebody who wrote a name nobody knows: the near ones, then `others` or all there are."""
    near, listed = near_names(name), ", ".join(DEVICES)
    rest = others or Text(f"có: {listed}", f"there are: {listed}")
    vi = f" ý bạn là {' hay '.join(near)}?" if near else ""
    en = f" did you mean {' or '.join(near)}?" if near else ""
    return Text(f"không có thiết bị {name!r};{vi} {rest.vi}", f"no device {name!r};{en} {rest.en}")


def near_names(name: str) -> list[str]:
    """Devices whose key or other name is nearly that, nearest first."""
    keys = {_plain(word): device.name for device in DEVICES.values() for word in (device.name, *device.also)}
    return list(dict.fromkeys(keys[near] for near in get_close_matches(_plain(name), keys, _NEAR_MOST, _NEAR)))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
