"""The table of serial devices this project speaks to: adding one is its file and its line here."""

from firmware_bridge.device import Device
from firmware_bridge.devices import mhz19, pms5003

DEVICES: dict[str, Device] = {
    device.name: device
    for device in (
        mhz19.DEVICE,
        pms5003.DEVICE,
        pms5003.PASSIVE,
    )
}


def device_named(name: str) -> Device | None:
    """The device by its key or another name it goes by, however people write it ("MH-Z19B")."""
    wanted = _plain(name)
    for device in DEVICES.values():
        if wanted in map(_plain, (device.name, *device.also)):
            return device
    return None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
