"""The Homie convention, versions 3 to 5: devices that describe their nodes and properties over MQTT. Pure.

Source: https://homieiot.github.io/specification (3.0.1, 4.0.0, 5.0.0), the extension org.homie.legacy-stats.
Topics: {root}/{device}/$state, …/{node}/{property}, its $attributes, …/set; since 5 {root}/5/{device}/…, described by
        one document `$description`. An empty `$state` removes a device. `$target` and `/set` are wishes, not states.
Units:  of the property; what a unit leaves open (%, ppm) by the words of its ids and names.
Errors: never raised. A value that comes before its description waits for it.
"""

from collections.abc import Iterator

from edge.dialects.decoded import Decoded, DecodedEvent
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.figures import Refused, read_number, short, within
from edge.dialects.homie_devices import HomieDevice, Key
from edge.dialects.measures import Said
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.orders import Order, OrderKind
from wire.text import Text

_MOST_DEVICES = 1024
_MOST_EARLY, _LONGEST_EARLY = 64, 200
_ORDERS = {OrderKind.SWITCH_ON: True, OrderKind.SWITCH_OFF: False}
_THERE = {"ready": True, "alert": True, "disconnected": False, "lost": False, "init": None, "sleeping": None}
"""A device that sleeps, or is about to be ready, is neither lost nor there: what was known of it stays."""
_STATS = {"battery": "battery_pct", "cputemp": "device_temperature_c"}


class Homie:
    """Every Homie device under some root topics."""

    name = "homie"

    def __init__(self, *roots: str) -> None:
        self._roots = tuple(root.strip() for root in roots if root.strip()) or ("homie",)
        self._devices: dict[str, HomieDevice] = {}  # by the topic they are under
        self._watch = Watch()

    def claims(self, topic: str) -> bool:
        return self._address(topic) is not None

    def _address(self, topic: str) -> tuple[str, str, list[str]] | None:
        """The topic of the device, its id, and the levels below."""
        for root in self._roots:
            if topic.startswith(f"{root}/"):
                levels = topic.removeprefix(f"{root}/").split("/")
                five = levels[0] == "5" and len(levels) > 2 and not levels[1].startswith("$")  # noqa: PLR2004
                device, below = (levels[1], levels[2:]) if five else (levels[0], levels[1:])
                if below and device and not device.startswith("$") and levels[:2] != ["5", "$broadcast"]:
                    return f"{root}/5/{device}" if five else f"{root}/{device}", device, below
        return None

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """What a value or state says; a description gives the values that waited for it."""
        address = self._address(topic)
        if address is None:
            return []
        prefix, name, below = address
        device = self._devices.get(prefix)
        if device is None:
            if not payload or len(self._devices) >= _MOST_DEVICES:
                return []
            device = self._devices[prefix] = HomieDevice(name, prefix)
        try:
            return self._message(device, below, payload, retained=retained)
        except Refused as refused:
            where = "/".join(below)[:80]
            problem = Text(f"{where}: {refused.text.vi}", f"{where}: {refused.text.en}")
            return [Decoded(device.device, device.device_id, problems=(problem,))]

    def _message(self, device: HomieDevice, below: list[str], payload: bytes, *, retained: bool) -> list[Decoded]:
        if below[0].startswith("$"):
            return self._of_device(device, below, payload, retained=retained)
        text = payload.decode("utf-8", "replace").strip()
        match below:
            case [node, attribute] if attribute.startswith("$"):
                device.note_node(node, attribute, text)
            case [node, key]:
                return self._value(device, (node, key), payload, retained=retained)
            case [node, key, attribute] if attribute.startswith("$") and attribute != "$target":
                device.note_property((node, key), attribute, text)
            case _:
                return []
        return self._waited(device, retained=retained)

    def _of_device(self, device: HomieDevice, below: list[str], payload: bytes, *, retained: bool) -> list[Decoded]:
        text = payload.decode("utf-8", "replace").strip()
        match below:
            case ["$state"]:
                return self._state(device, text, retained=retained)
            case ["$description"] if payload:
                device.describe(payload)
                return self._waited(device, retained=retained)
            case ["$alert", alert]:
                return self._alarm(device, f"alert {alert[:40]}", on=bool(text), retained=retained)
            case ["$stats", figure]:
                return _statistic(device, figure, text)
        return []

    def _value(self, device: HomieDevice, key: Key, payload: bytes, *, retained: bool) -> list[Decoded]:
        described = device.property(key)
        if described is None:
            short_enough = 0 < len(payload) <= _LONGEST_EARLY
            waits = short_enough and key not in device.early and len(device.early) < _MOST_EARLY
            device.early |= {key: (payload, retained)} if short_enough and (waits or key in device.early) else {}
            return [] if waits else [Decoded(device.device, device.device_id, unknown=("/".join(key),))]
        if not payload:
            return []
        found = described.read(payload)
        place = device.place(key)
        name = device.device if place == device.device_id else f"{device.device} {key[0]} {key[1]}"
        if isinstance(found, Said):
            return [Decoded(name, place, unknown=("/".join(key),) if found is Said.UNKNOWN else ())]
        values: dict[str, float | str] = {found[0]: found[1]}
        return [Decoded(name, place, values, events=self._watch.events(place, values, {}, retained=retained))]

    def _waited(self, device: HomieDevice, *, retained: bool) -> list[Decoded]:
        """Values that came before what describes them, as far as they can be read now.

        What the broker had kept is of any age: with a live description it would seem to be of now.
        """
        found: list[Decoded] = []
        for key, (payload, kept) in list(device.early.items()):
            described = device.property(key)
            if described is not None and device.is_described(key) and described.meaning() is not None:
                del device.early[key]
                if retained or not kept:
                    found += self._value(device, key, payload, retained=True)
        return found

    def _state(self, device: HomieDevice, text: str, *, retained: bool) -> list[Decoded]:
        if not text:
            del self._devices[device.prefix]
            return [Decoded(device.device, device.device_id, available=False)]
        if text not in _THERE:
            raise Refused(Text(f"trạng thái lạ {short(text)}", f"no such state {short(text)}"))
        device.state = text
        found = [
            Decoded(one.device, one.device_id, available=there)
            for one in (device, *self._children(device))
            if (there := self._is_there(one)) is not None
        ]
        return found + self._alarm(device, "alert", on=text == "alert", retained=retained)

    def _children(self, device: HomieDevice) -> Iterator[HomieDevice]:
        yield from (one for one in self._devices.values() if device.device in one.parents and one is not device)

    def _is_there(self, device: HomieDevice) -> bool | None:
        """With a parent that is lost its children are, whatever they said last."""
        base = device.prefix.removesuffix(device.device)
        above = [self._devices[base + name].state for name in device.parents if base + name in self._devices]
        gone = any(_THERE.get(state) is False for state in above)
        return False if gone else _THERE.get(device.state)

    def _alarm(self, device: HomieDevice, name: str, *, on: bool, retained: bool) -> list[Decoded]:
        events: tuple[DecodedEvent, ...] = self._watch.events(device.device_id, {}, {name: on}, retained=retained)
        return [Decoded(device.device, device.device_id, events=events)] if events else []

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def accepts(self) -> dict[str, list[str]]:
        return {
            device.place(key): [kind.value for kind in _ORDERS]
            for device in self._devices.values()
            for key, _ in device.switches()
        }

    def telegram(self, order: Order) -> Telegram | None:
        on = _ORDERS.get(order.kind)
        for device in self._devices.values() if on is not None else ():
            for key, described in device.switches():
                if device.place(key) == order.device:
                    expects = Expectation(order.device, "switch_on", float(bool(on))) if described.retained else None
                    payload = described.order(on=bool(on)).encode()
                    return Telegram(f"{device.prefix}/{key[0]}/{key[1]}/set", payload, expects)
        return None


def _statistic(device: HomieDevice, figure: str, text: str) -> list[Decoded]:
    """Figures every device of the extension may tell of itself."""
    quantity = _STATS.get(figure)
    if quantity is None or not text:
        return []
    value = within(quantity, read_number(text))
    return [Decoded(device.device, slug(device.device), {quantity: value})]
