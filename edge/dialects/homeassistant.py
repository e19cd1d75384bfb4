"""Devices that announce themselves the way Home Assistant discovers them: sensors, contacts, switches, lights. Pure.

Source: https://www.home-assistant.io/integrations/mqtt, and what edge.dialects.homeassistant_discovery names.
Topics: learnt from the announcements; a state that comes before its announcement is nobody's yet (it is heard).
Units:  device class and unit as announced; without a class by the words of its name, where these are clear.
Errors: never raised: `unknown` for an entity without a quantity or with a template that is not read, else `problems`.
        `expire_after`, `off_delay` and attributes are passed over: how old a value may be shown is the hub's matter.
"""

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Telegram
from edge.dialects.figures import Refused
from edge.dialects.homeassistant_discovery import Entity, Place, announced, place_of
from edge.dialects.homeassistant_entities import Entities
from wire.ids import slug
from wire.orders import Order
from wire.text import Text


class HomeAssistant:
    """Everything announced under one discovery prefix."""

    name = "homeassistant"

    def __init__(self, prefix: str = "homeassistant") -> None:
        self._prefix = prefix
        self._entities = Entities()

    def claims(self, topic: str) -> bool:
        return topic in self._entities or place_of(topic, self._prefix) is not None

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """What a state or availability says; an announcement only where there is something wrong with it."""
        place = place_of(topic, self._prefix)
        if place is None:
            return self._entities.decode(topic, payload, retained=retained)
        return self._learn(topic, place, payload)

    def _learn(self, topic: str, place: Place, payload: bytes) -> list[Decoded]:
        if self._entities.is_repeated(topic, payload):
            return []
        try:
            entities = announced(place, payload)
        except Refused as refused:
            own = place.node or place.object_id
            return [Decoded(own, slug(own), problems=(_named(place.object_id, refused.text),))]
        too_many = self._entities.learn(topic, entities)
        if too_many is not None:
            return [Decoded(place.object_id, slug(place.object_id), problems=(too_many,))]
        return [_told(entity) for entity in entities if entity.trouble is not None]

    def accepts(self) -> dict[str, list[str]]:
        return self._entities.accepts()

    def telegram(self, order: Order) -> Telegram | None:
        return self._entities.telegram(order)


def _told(entity: Entity) -> Decoded:
    trouble = entity.trouble or Text("", "")
    who = entity.identity
    return Decoded(who.name, who.device_id, model=who.model, problems=(_named(entity.object_id, trouble),))


def _named(name: str, text: Text) -> Text:
    return Text(f"{name[:60]}: {text.vi}", f"{name[:60]}: {text.en}")
