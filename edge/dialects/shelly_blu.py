"""BLU sensors (BTHome) that a script in a Shelly device tells of: each a device of its own, by its address. Pure.

Source: github.com/ALLTERCO/shelly-script-examples ble-shelly-blu.js (the event `shelly-blu` and its fields);
        https://bthome.io/format (button: 1, 2, 3 presses, 4 long).
Units:  %, °C, lx, dBm; `motion` and `window` are 0 or 1. A list is several sensors of one kind in one device.
Errors: never raised: what has no quantity is noted by its path, what cannot be is told.
"""

import re
from typing import Any

from edge.dialects.shelly_gathering import Gathering, Meaning

_ADDRESS = re.compile(r"(?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2}", re.IGNORECASE)
_MEANINGS = {
    "battery": Meaning("battery_pct"),
    "temperature": Meaning("temperature_c"),
    "humidity": Meaning("humidity_pct"),
    "illuminance": Meaning("illuminance_lx"),
    "motion": Meaning("occupancy"),
    "window": Meaning("contact_open"),
    "rssi": Meaning("rssi_dbm"),
}
_PRESSES = {1: "single_push", 2: "double_push", 3: "triple_push", 4: "long_push"}
_UNDERSTOOD = frozenset({"address", "encryption", "BTHome_version", "pid", "button", "bthome"})
_SENSORS_AT_MOST = 8


def address_in(data: dict[str, Any]) -> str:
    """The address of the device a script tells of; "" where it tells of none."""
    address = data.get("address")
    return address.lower() if isinstance(address, str) and _ADDRESS.fullmatch(address) else ""


def read_blu(found: Gathering, data: dict[str, Any], where: str) -> None:
    """Take what one event says; `where` it lies in the payload."""
    for key, raw in data.items():
        if key in _MEANINGS:
            for channel, one in _several(raw):
                found.take(channel, _MEANINGS[key], f"{where}.{key}", one)
        elif key not in _UNDERSTOOD and raw is not None:
            found.note(f"{where}.{key}")
    for channel, one in _several(data.get("button")):
        if isinstance(one, int) and one > 0:
            found.buttons.append((channel, _PRESSES.get(one, f"button {one}"[:20])))


def _several(raw: object) -> list[tuple[str, object]]:
    """Channel and value: the first is the device itself."""
    if not isinstance(raw, list):
        return [("", raw)]
    return [(str(index) if index else "", one) for index, one in enumerate(raw[:_SENSORS_AT_MOST])]
