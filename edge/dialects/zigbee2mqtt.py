"""Zigbee2MQTT over a local broker: topics and JSON in, values of our table and events out. Pure; it only remembers.

Source: https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html and .../exposes.html, versions 1.6 to 2.8.
Topics: {base}/{friendly name}: state, or with `output: attribute` one topic a key below it;
        {base}/{friendly name}/availability; {base}/bridge/state, /devices, /groups.
        A friendly name may hold spaces and slashes. Before 2.0 states were bare words, since then {"state": "online"}.
Units:  taken from `bridge/devices` where it has been seen, otherwise from what the message itself shows.
Errors: never raised: what cannot be used is in `Decoded.unknown` (no such quantity here) or `Decoded.problems`.
"""

import re

import msgspec

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.zigbee2mqtt_devices import Inventory, Known
from edge.dialects.zigbee2mqtt_values import Translation, is_read, translate
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.orders import Order, OrderKind
from wire.text import Text

BRIDGE = "bridge"
"""`Decoded.device` of a message about the Zigbee2MQTT program itself, with `available` only."""

_ORDERS = ("/set", "/get")
_STATES = {OrderKind.SWITCH_ON: True, OrderKind.SWITCH_OFF: False}


class Zigbee2Mqtt:
    """One Zigbee2MQTT instance, known by its base topic."""

    name = "zigbee2mqtt"

    def __init__(self, base_topic: str = "zigbee2mqtt") -> None:
        self.base_topic = base_topic
        self._inventory = Inventory()
        self._watch = Watch()

    def claims(self, topic: str) -> bool:
        return topic.startswith(f"{self.base_topic}/")

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """What one message says: a device, then its further channels (`{device_id}-l1`, …); empty where it says nothing
        about a device (lists of devices and groups, which are learnt; groups, orders, other bridge topics).

        Events come only from messages that are not retained: a retained one is not news.
        """
        prefix = f"{self.base_topic}/"
        if not topic.startswith(prefix):
            return []
        name = topic.removeprefix(prefix)
        if name.startswith(f"{BRIDGE}/"):
            return self._decode_bridge(name.removeprefix(f"{BRIDGE}/"), payload)
        if name.endswith("/availability"):
            return self._decode_availability(name.removesuffix("/availability"), payload)
        if not name or name.endswith(_ORDERS) or "/set/" in name or "/get/" in name or self._inventory.is_group(name):
            return []
        return self._decode_state(name, payload, retained=retained)

    def accepts(self) -> dict[str, list[str]]:
        """Plugs and switches whose definition says that their state can be set."""
        return {device: [kind.value for kind in _STATES] for device in self._inventory.switches}

    def telegram(self, order: Order) -> Telegram | None:
        where = self._inventory.switches.get(order.device)
        if where is None or order.kind not in _STATES:
            return None
        name, switch = where
        on = _STATES[order.kind]
        payload = msgspec.json.encode({switch.key: switch.on if on else switch.off})
        return Telegram(f"{self.base_topic}/{name}/set", payload, Expectation(order.device, "switch_on", float(on)))

    def _decode_bridge(self, name: str, payload: bytes) -> list[Decoded]:
        if name == "state":
            device_id = self._inventory.coordinator or slug(f"{self.base_topic}-bridge")
            return [_availability(BRIDGE, device_id, "", payload)]
        if name in {"devices", "groups"}:
            problem = self._inventory.learn(name, payload)
            if problem:
                return [Decoded(BRIDGE, slug(f"{self.base_topic}-bridge"), problems=(problem,))]
        return []

    def _decode_availability(self, name: str, payload: bytes) -> list[Decoded]:
        if self._inventory.is_group(name):
            return []
        known = self._inventory.device(name)
        return [_availability(name, known.device_id, known.model, payload)]

    def _decode_state(self, name: str, payload: bytes, *, retained: bool) -> list[Decoded]:
        known = self._inventory.device(name)
        state = _state(payload)
        if not isinstance(state, dict):
            owner, _, key = name.rpartition("/")  # with `output: attribute`: {friendly name}/temperature, 21.5
            known_owner = self._inventory.device(owner)
            if self._inventory.is_group(owner):
                return []
            if not owner or isinstance(state, Text | list) or not (known_owner.properties or is_read(known_owner, key)):
                return [_unreadable(name, known, state if isinstance(state, Text) else _NO_OBJECT)]
            name, known, state = owner, known_owner, {key: state}
        found = translate(known, state)
        if found.at_ms is not None:
            found.at_ms = self._watch.distinct_time(known.device_id, found.at_ms, payload)
        return self._assemble(name, known, found, retained=retained)

    def _assemble(self, name: str, known: Known, found: Translation, *, retained: bool) -> list[Decoded]:
        decoded = []
        for channel in ("", *sorted(set(found.values) - {""})):
            values = found.values.get(channel, {})
            suffix = f"-{channel}" if channel else ""
            device_id = slug(f"{known.device_id}{suffix}") if channel else known.device_id
            events = self._watch.events(device_id, values, {} if channel else found.actions, retained=retained)
            one = Decoded(f"{name}{suffix}", device_id, values, found.at_ms, known.model, events=events)
            if not channel:
                one = msgspec.structs.replace(one, unknown=tuple(found.unknown), problems=tuple(found.problems))
            decoded.append(one)
        return decoded


_NO_OBJECT = Text(
    'không phải đối tượng JSON; trong Zigbee2MQTT đặt output: "json"',
    'not a JSON object; set output: "json" in Zigbee2MQTT',
)
_WORD = re.compile(rb"[A-Za-z0-9_:.,+-]{1,40}")


def _state(payload: bytes) -> object:
    """JSON, or the bare word of an attribute ("ON", "single", a time), None where it is empty; else a Text."""
    if not payload.strip():
        return None
    try:
        return msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        if _WORD.fullmatch(payload.strip()):
            return payload.strip().decode()
        return Text(f"không phải JSON: {broken}", f"not JSON: {broken}")


def _availability(name: str, device_id: str, model: str, payload: bytes) -> Decoded:
    """`online`, or `{"state": "online"}` since 2.0; some versions write it with a capital."""
    try:
        said = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        said = payload.decode("utf-8", "replace").strip()
    word = said.get("state") if isinstance(said, dict) else said
    known = {"online": True, "offline": False}.get(str(word).lower())
    if known is None:
        shown = repr(word)[:60]
        wrong = Text(f"trạng thái {shown} không phải online/offline", f"state {shown} is neither online nor offline")
        return Decoded(name, device_id, model=model, problems=(wrong,))
    return Decoded(name, device_id, model=model, available=known)


def _unreadable(name: str, known: Known, problem: Text) -> Decoded:
    return Decoded(name, known.device_id, model=known.model, problems=(problem,))
