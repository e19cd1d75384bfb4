"""What Zigbee2MQTT has told about its devices and groups: stable ids, models, units, channels and power supply."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from wire.ids import slug
from wire.text import Text

_IEEE = re.compile(r"0x[0-9a-f]{16}")


class Property(msgspec.Struct, frozen=True):
    """One key of a device's state as its definition describes it; `channel` is "" where there is only one."""

    name: str
    channel: str
    unit: str


class Switch(msgspec.Struct, frozen=True):
    """A state that can be set: its key, and the words for on and off."""

    key: str
    on: str = "ON"
    off: str = "OFF"


class Known(msgspec.Struct, frozen=True):
    """One device. `battery` is None while nobody has said what feeds it; `switches` by channel."""

    device_id: str
    model: str = ""
    battery: bool | None = None
    properties: dict[str, Property] = {}
    switches: dict[str, Switch] = {}


class Inventory:
    """The last `bridge/devices` and `bridge/groups`. Mutable."""

    def __init__(self) -> None:
        self.coordinator = ""
        self._devices: dict[str, Known] = {}
        self._groups: frozenset[str] = frozenset()
        self.switches: dict[str, tuple[str, Switch]] = {}
        """Device id (of a channel) -> friendly name and what to set."""

    def device(self, friendly_name: str) -> Known:
        """What is known of a device; before `bridge/devices` only an id made from its name."""
        known = self._devices.get(friendly_name)
        if known is not None:
            return known
        return Known(friendly_name if _IEEE.fullmatch(friendly_name) else slug(friendly_name))

    def is_group(self, friendly_name: str) -> bool:
        """A group repeats what its members say; a device of the same name goes first."""
        return friendly_name in self._groups and friendly_name not in self._devices

    def learn(self, what: str, payload: bytes) -> Text | None:
        """Take the payload of `bridge/devices` or `bridge/groups`; what was known stays where it cannot be read."""
        try:
            rows = msgspec.json.decode(payload, type=list[dict[str, Any]])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
            return Text(
                f"bridge/{what} không phải danh sách: {broken}",
                f"bridge/{what} is not a list of objects: {broken}",
            )
        if what == "groups":
            self._groups = frozenset(str(row.get("friendly_name", "")) for row in rows)
            return None
        devices = {}
        for row in rows:
            ieee, name = str(row.get("ieee_address", "")).lower(), str(row.get("friendly_name", ""))
            if row.get("type") == "Coordinator":
                self.coordinator = slug(ieee) if ieee else ""
            elif ieee and name:
                devices[name] = _describe(slug(ieee), row)
        self._devices = devices
        self.switches = {
            slug(f"{known.device_id}-{channel}") if channel else known.device_id: (name, switch)
            for name, known in devices.items()
            for channel, switch in known.switches.items()
        }
        return None


def _describe(device_id: str, row: dict[str, Any]) -> Known:
    found = row.get("definition")
    definition: dict[str, Any] = found if isinstance(found, dict) else {}
    maker, model = definition.get("vendor"), definition.get("model") or row.get("model_id")
    properties = dict(_properties(definition.get("exposes")))
    power = str(row.get("power_source", ""))
    battery = True if power == "Battery" else False if power.startswith("Mains") else None
    if battery is None and properties:
        battery = any(one.name == "battery" for one in properties.values())
    switches = dict(_switches(definition.get("exposes"), properties))
    return Known(device_id, " ".join(str(word) for word in (maker, model) if word), battery, properties, switches)


def _switches(exposes: object, properties: dict[str, Property]) -> Iterator[tuple[str, Switch]]:
    """The states of switches (not of lights, locks or covers) that may be set, by channel."""
    for one in exposes if isinstance(exposes, list) else ():
        if not isinstance(one, dict) or one.get("type") != "switch":
            continue
        features = one.get("features")
        for state in features if isinstance(features, list) else ():
            if not isinstance(state, dict) or state.get("name") != "state" or not _settable(state.get("access")):
                continue
            key = state.get("property")
            if isinstance(key, str) and key in properties:
                on, off = str(state.get("value_on", "ON")), str(state.get("value_off", "OFF"))
                yield properties[key].channel, Switch(key, on, off)


def _settable(access: object) -> bool:
    """Bit 2 of `access`: the property can be set with /set."""
    return isinstance(access, int) and bool(access & 2)


def _properties(exposes: object) -> Iterator[tuple[str, Property]]:
    """Every property with its key, those inside a switch, light or lock included."""
    if not isinstance(exposes, list):
        return
    for one in exposes:
        if not isinstance(one, dict):
            continue
        key = one.get("property")
        if isinstance(key, str):
            name, endpoint = str(one.get("name", key)), str(one.get("endpoint") or "")
            apart = endpoint and key == f"{name}_{endpoint}"
            yield key, Property(name if apart else key, channel_id(endpoint) if apart else "", str(one.get("unit", "")))
        yield from _properties(one.get("features"))


def channel_id(endpoint: str) -> str:
    """An endpoint's name as the end of a device id: "phase_b" -> "phase-b"."""
    return re.sub(r"[^a-z0-9]+", "-", endpoint.lower()).strip("-")
