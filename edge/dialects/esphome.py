"""ESPHome nodes over MQTT: bare figures and ON/OFF words, with the units their announcements name. Pure.

Source: gh:esphome/esphome esphome/components/mqtt/ (mqtt_component.cpp, mqtt_sensor.cpp, mqtt_binary_sensor.cpp,
        mqtt_switch.cpp, mqtt_light.cpp, mqtt_client.cpp), https://esphome.io/components/mqtt.
Topics: {prefix}/{component}/{object id}/state and /command, {prefix}/status, {prefix}/debug; the prefix is the node's
        name unless its maker chose another, and may have slashes. Announced under {discovery}/{component}/{node}/{id}.
Units:  of the announcement where one was seen; without it only what an object id cannot but mean ("…_co2", in
        ESPHome's own units), the rest is `unknown`.
Errors: never raised. "nan" and "None" are no reading; a text sensor has no quantity.
"""

import msgspec

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Telegram
from edge.dialects.figures import Refused, read_json
from edge.dialects.homeassistant_discovery import COMPONENTS, Entity, Identity, Presence, announced, place_of
from edge.dialects.homeassistant_entities import MOST_ENTITIES, Entities, tail
from edge.dialects.json_paths import leaves
from edge.dialects.measures import STATES
from edge.dialects.name_words import certain, flag_of
from edge.dialects.templates import parse
from wire.ids import slug
from wire.orders import Order

_MOST_NODES = 1024
_MOST_FIGURES = 32
_LONGEST_TOPIC = 200
_STATUS = {b"online": True, b"offline": False}
_JSON_STATE = parse("{{ value_json.state }}")
_LIGHT_ORDER = '{"state":"%s"}'


class EspHome:
    """Every ESPHome node of one broker."""

    name = "esphome"

    def __init__(self, discovery_prefix: str = "homeassistant") -> None:
        self._discovery = discovery_prefix
        self._entities = Entities()  # each under its state topic
        self._announcements: dict[str, str] = {}  # discovery topic -> state topic
        self._others: dict[str, str] = {}  # state topics of others that look like ours -> discovery topic
        self._early: dict[str, bytes] = {}  # prefix -> status said before anything else

    def claims(self, topic: str) -> bool:
        if topic.startswith(f"{self._discovery}/"):
            return place_of(topic, self._discovery) is not None
        if topic in self._others or len(topic) > _LONGEST_TOPIC:
            return False
        prefix, _, last = topic.rpartition("/")
        if last == "debug":
            return f"{prefix}/status" in self._entities
        return (last == "status" and prefix != "") or _shape(topic) is not None

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """What a state or status says; announcements are learnt, orders and log lines passed over."""
        place = place_of(topic, self._discovery)
        if place is not None:
            self._learn(topic, payload)
            return []
        prefix, _, last = topic.rpartition("/")
        if last == "status":
            return self._status(topic, prefix, payload)
        shape = _shape(topic)
        if shape is None or last != "state":
            return []
        first = []
        if not self._entities.of(topic):
            if not _is_plain(payload) and shape[1] != "light":
                return [self._strange(shape[0], payload)]
            first = self._meet(topic, *shape)
        return [*first, *self._entities.decode(topic, payload, retained=retained)]

    def _learn(self, topic: str, payload: bytes) -> None:
        if self._entities.is_repeated(topic, payload):
            return
        place = place_of(topic, self._discovery)
        former = self._announcements.pop(topic, "")
        if topic in self._others.values():
            self._others = {state: by for state, by in self._others.items() if by != topic}
        if former:
            self._entities.learn(former, ())
        try:
            entities = announced(place, payload) if place is not None else []
        except Refused:
            return  # the dialect of announcements says what is wrong with it
        for entity in entities:
            shape = _shape(entity.state_topic)
            if shape is None:
                continue
            prefix, component, object_id = shape
            if place is not None and place.node and (component, object_id) == (place.component, place.object_id):
                model = entity.identity.model
                changed = _with_identity(entity, prefix, model)
                if self._entities.learn(entity.state_topic, [changed]) is None:
                    self._announcements[topic] = entity.state_topic
            elif len(self._others) < MOST_ENTITIES:
                self._entities.learn(entity.state_topic, ())
                self._others[entity.state_topic] = topic

    def _meet(self, topic: str, prefix: str, component: str, object_id: str) -> list[Decoded]:
        """Take in an entity that nobody announced, and the status its node gave before."""
        too_many = self._entities.learn(topic, [_guessed(topic, prefix, component, object_id)])
        if too_many is not None:
            return [Decoded(prefix, slug(prefix), unknown=(tail(topic),), problems=(too_many,))]
        early = self._early.pop(prefix, None)
        return [] if early is None else self._entities.decode(f"{prefix}/status", early, retained=True)

    def _status(self, topic: str, prefix: str, payload: bytes) -> list[Decoded]:
        if topic in self._entities:
            return self._entities.decode(topic, payload, retained=False)
        if payload.strip() not in _STATUS:
            return [self._strange(prefix, payload)]
        if len(self._early) >= _MOST_NODES:
            del self._early[next(iter(self._early))]
        self._early[prefix] = payload
        return []

    def _strange(self, prefix: str, payload: bytes) -> Decoded:
        """A topic of our shape with another content: none of ours, its figures are listed."""
        try:
            body = read_json(payload)
        except Refused:
            body = None
        found = tuple(".".join(keys) for keys, _ in leaves(body, _MOST_FIGURES))
        return Decoded(prefix, slug(prefix), unknown=found)

    def accepts(self) -> dict[str, list[str]]:
        return self._entities.accepts()

    def telegram(self, order: Order) -> Telegram | None:
        return self._entities.telegram(order)


def _shape(topic: str) -> tuple[str, str, str] | None:
    """Prefix, component and object id of a state or command topic."""
    levels = topic.rsplit("/", 3)
    fits = len(levels) == 4 and levels[3] in {"state", "command"} and levels[1] in COMPONENTS  # noqa: PLR2004
    return (levels[0], levels[1], levels[2]) if fits and levels[0] and levels[2] else None


def _is_plain(payload: bytes) -> bool:
    return payload.lstrip()[:1] not in {b"{", b"["}


def _with_identity(entity: Entity, prefix: str, model: str) -> Entity:
    """The node is known by its prefix, announced or not: its series must not split where an announcement is late."""
    return msgspec.structs.replace(entity, identity=Identity(slug(prefix), prefix, model))


def _guessed(topic: str, prefix: str, component: str, object_id: str) -> Entity:
    kind, unit = "switch", ""
    if component == "sensor":
        kind, unit = certain(object_id) or ("", "")
    elif component == "binary_sensor":
        flag = flag_of(object_id) or ""
        kind = flag if flag in STATES else ""
    light = component == "light"
    told = kind == "switch"
    return Entity(
        component,
        object_id,
        Identity(slug(prefix), prefix),
        topic,
        kind,
        unit,
        _JSON_STATE if light else None,
        command_topic=f"{prefix}/{component}/{object_id}/command" if told else "",
        command_on=_LIGHT_ORDER % "ON" if light else "ON",
        command_off=_LIGHT_ORDER % "OFF" if light else "OFF",
        presences=(Presence(f"{prefix}/status"),),
    )
