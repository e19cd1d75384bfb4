"""Tasmota over a local broker: topics and JSON in, values of our table and events out. Pure; it only remembers.

Source: tasmota.github.io/docs (MQTT, Commands, Buttons-and-Switches, Zigbee, LoRa bridge), github.com/arendst/Tasmota.
Topics: tele/{topic}/SENSOR STATE LWT INFO1; stat/{topic}/RESULT POWERn STATUS8 STATUS10 STATUS11; other FullTopics
        too, without %prefix% SENSOR and STATE only.
Units:  see tasmota_keys; `Time` is local time of the offset in the settings unless it says its own.
Errors: never raised: what cannot be used is in `Decoded.unknown` (no such quantity here) or `Decoded.problems`.

One message often holds several sensors. What only one of them measures is the device's; where two measure the same
(AM2301 and SI7021 both have Temperature) each is a device of its own from then on, and neither overwrites the other.
"""

import re
from typing import Any

import msgspec

from edge.dialects.decoded import Decoded, DecodedEvent
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.figures import Refused, read_json
from edge.dialects.json_paths import leaves
from edge.dialects.tasmota_blocks import Message, Part, Units, Values, energy, ident
from edge.dialects.tasmota_time import measured_at
from edge.dialects.tasmota_topics import DISCOVERY, UNPREFIXED, Address, address
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.orders import Order, OrderKind
from wire.text import Text

_BARE_NAN = re.compile(rb":\s*-?(?:nan|inf)\b", re.IGNORECASE)
_RELAY = re.compile(r"POWER(\d{0,2})")
_MEASURED = re.compile(r"SENSOR\d*|STATE\d*|STATUS0|STATUS8|STATUS10|STATUS11|ENERGY")
_WRAPPERS = ("StatusSNS", "StatusSTS")
_ANSWERS = re.compile(r"POWER\d{0,2}|ZbReceived|LwReceived|Button\d{1,2}|Time|Epoch")
_OWN_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d)?")  # its own way of writing it
_LONGEST = 65_536
_DEVICES_AT_MOST = 2_000
_FIGURES_AT_MOST = 32
_ORDERS = {OrderKind.SWITCH_ON: (b"ON", 1.0), OrderKind.SWITCH_OFF: (b"OFF", 0.0)}


class _Known(msgspec.Struct):
    """What one device has told. Mutable."""

    units: Units
    apart: set[str]
    model: str = ""


class Tasmota:
    """Every Tasmota device of one broker."""

    name = "tasmota"

    def __init__(self, timezone_offset_min: int = 420) -> None:
        self._offset_min = timezone_offset_min
        self._watch = Watch()
        self._known: dict[str, _Known] = {}
        self._relays: dict[str, str] = {}  # device id -> where its orders go

    def claims(self, topic: str) -> bool:
        return topic.startswith(DISCOVERY) or address(topic) is not None

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """What one message says: the device, then its further sensors and channels (`{device}-ds18b20-1`, `-l1`).

        Empty for orders, answers to settings and other messages that measure nothing.
        """
        place = None if topic.startswith(DISCOVERY) else address(topic)
        if place is None or place.prefix == "cmnd" or not payload:
            return []
        if place.last == "LWT":
            return [_will(place, payload)]
        if _RELAY.fullmatch(place.last) and not payload.lstrip().startswith(b"{"):
            return self._assemble(place, {place.last: payload[:80].decode("utf-8", "replace")}, [], retained=retained)
        if not (_MEASURED.fullmatch(place.last) or _RELAY.fullmatch(place.last) or place.last in {"RESULT", "INFO1"}):
            return []
        return self._object(place, payload, retained=retained)

    def accepts(self) -> dict[str, list[str]]:
        return {device: [OrderKind.SWITCH_ON.value, OrderKind.SWITCH_OFF.value] for device in self._relays}

    def telegram(self, order: Order) -> Telegram | None:
        where = self._relays.get(order.device)
        said = _ORDERS.get(order.kind)
        if where is None or said is None:
            return None
        return Telegram(where, said[0], Expectation(order.device, "switch_on", said[1]))

    # ── one message ────────────────────────────────────────────────────────────────────────────────────────────────

    def _object(self, place: Address, payload: bytes, *, retained: bool) -> list[Decoded]:
        try:
            root, problems = _body(payload)
        except Refused as refused:
            return [_strange(place, None) or Decoded(place.name, place.device_id, problems=(refused.text,))]
        strange = _strange(place, root)
        return self._measurements(place, root, problems, retained=retained) if strange is None else [strange]

    def _measurements(
        self, place: Address, root: dict[str, Any], problems: list[Text], *, retained: bool
    ) -> list[Decoded]:
        wrappers = [key for key in _WRAPPERS if isinstance(root.get(key), dict)]
        if len(wrappers) > 1:  # STATUS0 has both
            parts = [self._measurements(place, {key: root[key]}, [], retained=retained) for key in wrappers]
            return [*(one for part in parts for one in part), *_told(place, problems)]
        wrapper = wrappers[0] if wrappers else ""
        root = root[wrapper] if wrapper else root
        if place.last == "INFO1":
            self._learn_model(place, root)
            return []
        if place.last == "ENERGY":
            root = energy(root)
        elif not _MEASURED.fullmatch(place.last):
            root = {key: raw for key, raw in root.items() if _ANSWERS.fullmatch(key)}  # the rest answers settings
        found = self._assemble(place, root, problems, retained=retained) if root else []
        if wrapper and found:
            inside = tuple(f"{wrapper}.{path}" for path in found[0].unknown)  # as the payload has them
            found[0] = msgspec.structs.replace(found[0], unknown=inside)
        return found

    def _assemble(self, place: Address, root: dict[str, Any], problems: list[Text], *, retained: bool) -> list[Decoded]:
        known = self._knowledge(place.device_id)
        buttons = [] if retained else _buttons(root)
        message = Message(known.units, problems=problems)
        message.read({key: raw for key, raw in root.items() if not key.startswith("Button")})
        try:
            at_ms, local = measured_at(root, self._offset_min)
        except Refused as refused:
            at_ms, local = None, False
            message.problems.append(refused.text)
        for part in message.parts:
            part.apart = part.apart and part.ident != ident(place.name.rpartition("/")[2])  # a topic of its own
        _tell_apart(message.parts, known.apart)
        sorted_out = _by_channel(message)
        if at_ms is not None:
            at_ms = self._watch.distinct_time(place.device_id, at_ms, msgspec.json.encode(sorted_out))
        events: dict[str, list[DecodedEvent]] = {"": buttons}
        for part in message.parts:
            if part.card and not retained:
                events.setdefault(_suffix(part, ""), []).append(_card(part.card))
        decoded = []
        for channel in ("", *sorted({*sorted_out, *events} - {""})):
            name, device_id = _named(place, channel)
            values = sorted_out.get(channel, {})
            self._learn_relay(place, channel, device_id, values)
            told = (*events.get(channel, ()), *self._watch.events(device_id, values, {}, retained=retained))
            one = Decoded(name, device_id, values, at_ms, known.model, events=told, at_local=local)
            if not channel:
                one = msgspec.structs.replace(one, unknown=tuple(message.unknown), problems=tuple(message.problems))
            if channel or one.values or one.events or one.unknown or one.problems:
                decoded.append(one)
        return decoded

    # ── what is remembered ─────────────────────────────────────────────────────────────────────────────────────────

    def _knowledge(self, device_id: str) -> _Known:
        known = self._known.pop(device_id, None) or _Known(Units(), set())
        if len(self._known) >= _DEVICES_AT_MOST:
            del self._known[next(iter(self._known))]
        self._known[device_id] = known
        return known

    def _learn_model(self, place: Address, root: dict[str, Any]) -> None:
        info = root.get("Info1", root)
        module = info.get("Module") if isinstance(info, dict) else None
        if isinstance(module, str):
            self._knowledge(place.device_id).model = module[:64]

    def _learn_relay(self, place: Address, channel: str, device_id: str, values: Values) -> None:
        on = values.get("switch_on")
        simple = channel == "" or (channel.startswith("l") and channel[1:].isdecimal())
        if on is not None and simple and place.order_topic and len(self._relays) < _DEVICES_AT_MOST:
            self._relays[device_id] = f"{place.order_topic}/POWER{channel[1:]}"


def _body(payload: bytes) -> tuple[dict[str, Any], list[Text]]:
    """The JSON object of a message, and what had to be left out of it. Raises Refused."""
    if len(payload) > _LONGEST:
        raise Refused(Text(f"bản tin dài {len(payload)} byte", f"a message of {len(payload)} bytes"))
    problems: list[Text] = []
    try:
        body = read_json(payload)
    except Refused:
        # A sensor that failed prints nan, which is no JSON; what stands beside it is still good.
        mended, count = _BARE_NAN.subn(b":null", payload)
        if not count:
            raise
        body = read_json(mended)
        problems.append(Text(f"{count} giá trị là nan", f"{count} values are nan"))
    if not isinstance(body, dict):
        raise Refused(Text("không phải đối tượng JSON", "not a JSON object"))
    return body, problems


def _told(place: Address, problems: list[Text]) -> list[Decoded]:
    return [Decoded(place.name, place.device_id, problems=tuple(problems))] if problems else []


def _strange(place: Address, root: dict[str, Any] | None) -> Decoded | None:
    """What came on a topic without prefix and is none of ours, its figures listed; None where it may be ours."""
    if place.prefix != UNPREFIXED or (root is not None and _OWN_TIME.fullmatch(str(root.get("Time")))):
        return None
    found = [".".join(keys) for keys, _ in leaves(root, _FIGURES_AT_MOST)] if root else []
    return Decoded(place.name, place.device_id, unknown=tuple(found) or (place.last,))


def _tell_apart(parts: list[Part], apart: set[str]) -> None:
    """Sensors that measure the same become devices of their own, and stay so."""
    seen: dict[str, str] = {}
    for part in parts:
        for quantity in part.channels.get("", {}) if part.ident and not part.apart else ():
            other = seen.setdefault(quantity, part.ident)
            if other != part.ident:
                apart |= {other, part.ident}
    for part in parts:
        part.apart = part.apart or part.ident in apart


def _suffix(part: Part, channel: str) -> str:
    return "-".join(word for word in (part.ident if part.apart else "", channel) if word)


def _by_channel(message: Message) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for part in message.parts:
        for channel, values in part.channels.items():
            taken = found.setdefault(_suffix(part, channel), {})
            for quantity, value in values.items():
                if taken.setdefault(quantity, value) != value:
                    said = f"{quantity} {taken[quantity]}"
                    message.problems.append(
                        Text(f"{part.ident}: đã có {said}", f"{part.ident}: {said} is there already")
                    )
    return {channel: values for channel, values in found.items() if values}


def _named(place: Address, channel: str) -> tuple[str, str]:
    if not channel:
        return place.name, place.device_id
    return f"{place.name}-{channel}", slug(f"{place.device_id}-{channel}")


def _will(place: Address, payload: bytes) -> Decoded:
    word = payload[:80].decode("utf-8", "replace").strip()
    known = {"online": True, "offline": False}.get(word.lower())
    if known is None:
        wrong = Text(f"LWT {word!r:.60} không phải Online/Offline", f"LWT {word!r:.60} is neither Online nor Offline")
        return Decoded(place.name, place.device_id, problems=(wrong,))
    return Decoded(place.name, place.device_id, available=known)


def _buttons(root: dict[str, Any]) -> list[DecodedEvent]:
    found = []
    for key, raw in root.items():
        action = raw.get("Action") if key.startswith("Button") and isinstance(raw, dict) else None
        if isinstance(action, str):
            found.append(DecodedEvent("button", {"action": action[:100], "button": key[6:][:8]}))
    return found


def _card(number: str) -> DecodedEvent:
    """A card shown; its number is in the event and nowhere else."""
    return DecodedEvent("identity", {"scheme": "card", "reference": number})
