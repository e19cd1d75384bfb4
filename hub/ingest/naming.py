"""Names a gateway's settings give its devices: they hold until a person names the device on the hub. Pure."""

from collections.abc import Callable, Mapping

from hub.registry.model import Device

NewName = tuple[str, str, str]  # school, device, name
NOBODYS: Mapping[str, str] = {}


def names_to_take(
    school: str,
    gateway: str,
    told: Mapping[str, str],
    told_before: Mapping[str, str],
    device_of: Callable[[str, str], Device | None],
) -> list[NewName]:
    """Of devices of this gateway that have no name of their own yet, or the one it told before."""
    found = []
    for device, name in told.items():
        known = device_of(school, device)
        if known is None or known.gateway != gateway or not name.strip() or not name.isprintable():
            continue  # a device nobody has seen yet is named with a later state
        if known.name == name:
            continue
        if known.name in {device, told_before.get(device)}:
            found.append((school, device, name))
    return found
