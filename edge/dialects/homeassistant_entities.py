"""The entities that discovery announced: which topics are theirs, what a message says of them, who is there. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.figures import Refused
from edge.dialects.homeassistant_discovery import Entity, Presence
from edge.dialects.homeassistant_values import is_there, read
from edge.dialects.mapping import fits
from edge.dialects.measures import KINDS, STATES, Said
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.orders import Order, OrderKind
from wire.text import Text

MOST_ENTITIES = 4096
_ANY = "+"
_ORDERS = {OrderKind.SWITCH_ON: True, OrderKind.SWITCH_OFF: False}


class Entities:
    """What was announced, by whom. Mutable; at most 4096 entities, a newcomer beyond them is told and left out."""

    def __init__(self) -> None:
        self._announced: dict[str, tuple[Entity, ...]] = {}  # by the key that takes them back
        self._count = 0
        self._topics: dict[str, list[Entity]] = {}
        self._filters: dict[tuple[int, str], dict[str, list[str]]] = {}  # those of _topics with a +, by what must fit
        self._presences: dict[str, list[Entity]] = {}
        self._there: dict[Presence, bool] = {}
        self._latest: dict[str, bool] = {}  # entity's device -> what was said last
        self._company: Counter[tuple[str, str]] = Counter()  # device, quantity
        self._repeats: dict[str, int] = {}
        self._spoken: set[str] = set()  # state topics that were ours to read
        self._watch = Watch()

    def __contains__(self, topic: str) -> bool:
        return topic in self._topics or topic in self._presences or bool(self._fitting(topic))

    def of(self, topic: str) -> list[Entity]:
        """The entities whose state comes on a topic."""
        found = self._topics.get(topic, [])
        for one in self._fitting(topic):
            found = [*found, *self._topics[one]]
        return found

    def _fitting(self, topic: str) -> list[str]:
        """The filters a topic fits: a device heard by several gateways announces `+/+/BTtoMQTT/{address}`."""
        if not self._filters:
            return []
        levels = topic.split("/")
        rows = [self._filters.get((len(levels), last), {}) for last in (levels[-1], _ANY)]
        return [one for row in rows for one, split in row.items() if fits(split, levels) is not None]

    def is_repeated(self, key: str, payload: bytes) -> bool:
        """Whether `key` announces what it did before, as devices do when they start: then nothing is forgotten."""
        digest = hash(payload)
        if self._repeats.get(key) == digest:
            return True
        if key in self._repeats or len(self._repeats) < MOST_ENTITIES:
            self._repeats[key] = digest
        if not payload:
            self._repeats.pop(key, None)
        return False

    def learn(self, key: str, entities: Iterable[Entity]) -> Text | None:
        """In place of what `key` announced before; what is too much is told."""
        old, new = self._announced.pop(key, ()), tuple(entities)
        for entity in old:
            self._drop(entity)
        if self._count + len(new) > MOST_ENTITIES:
            self._repeats.pop(key, None)
            return Text(f"quá {MOST_ENTITIES} thực thể, bỏ qua", f"more than {MOST_ENTITIES} entities: left out")
        if new:
            self._announced[key] = new
        for entity in new:
            self._add(entity)
        return None

    def _add(self, entity: Entity) -> None:
        self._count += 1
        if entity.state_topic:
            self._topics.setdefault(entity.state_topic, []).append(entity)
            levels = entity.state_topic.split("/")
            if _ANY in levels:
                self._filters.setdefault((len(levels), levels[-1]), {})[entity.state_topic] = levels
        for presence in entity.presences:
            self._presences.setdefault(presence.topic, []).append(entity)
        self._company[entity.identity.device_id, _quantity(entity)] += 1

    def _drop(self, entity: Entity) -> None:
        self._count -= 1
        _take_out(self._topics, entity.state_topic, entity)
        if entity.state_topic not in self._topics:
            self._spoken.discard(entity.state_topic)
            self._forget_filter(entity.state_topic.split("/"))
        for presence in entity.presences:
            _take_out(self._presences, presence.topic, entity)
            if presence.topic not in self._presences:
                self._there.pop(presence, None)
        self._latest.pop(entity.identity.device_id, None)
        place = entity.identity.device_id, _quantity(entity)
        self._company[place] -= 1
        if not self._company[place]:
            del self._company[place]

    def _forget_filter(self, levels: list[str]) -> None:
        place = len(levels), levels[-1]
        row = self._filters.get(place, {})
        row.pop("/".join(levels), None)
        if not row:
            self._filters.pop(place, None)

    # ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────

    def decode(self, topic: str, payload: bytes, *, retained: bool) -> list[Decoded]:
        """What one message says of the entities it is for."""
        found: dict[str, _Gathered] = {}
        for entity in self.of(topic):
            self._spoken.add(entity.state_topic)
            place = self.place(entity)
            gathered = found.setdefault(place, _Gathered(entity, place != entity.identity.device_id))
            gathered.take(entity, topic, payload)
        telling = {place: one for place, one in found.items() if not one.is_empty()}
        decoded = [
            one.decoded(place, self._watch.events(place, one.values, one.alarms, retained=retained))
            for place, one in (telling or found).items()  # "no reading" is understood too
        ]
        return decoded + list(self._availability(topic, payload))

    def place(self, entity: Entity) -> str:
        """The device's id, with the entity's own where the device has several figures of that quantity."""
        device_id = entity.identity.device_id
        if self._company[device_id, _quantity(entity)] <= 1:
            return device_id
        return slug(f"{device_id}-{entity.object_id}")

    def _availability(self, topic: str, payload: bytes) -> Iterator[Decoded]:
        concerned = self._presences.get(topic, [])
        problem: Text | None = None
        for entity in concerned:
            for presence in entity.presences:
                if presence.topic == topic:
                    try:
                        there = is_there(presence, payload)
                    except Refused as refused:
                        problem = refused.text
                        continue
                    self._there[presence] = self._latest[entity.identity.device_id] = there
        for device_id, entity in {entity.identity.device_id: entity for entity in concerned}.items():
            available = None if problem else self._available(device_id, concerned)
            problems = () if problem is None else (problem,)
            who = entity.identity
            yield Decoded(who.name, device_id, model=who.model, available=available, problems=problems)

    def _available(self, device_id: str, concerned: list[Entity]) -> bool | None:
        """A device is there while one of its entities is; None while that is not known."""
        answers = {self._judged(entity) for entity in concerned if entity.identity.device_id == device_id}
        return True if True in answers else None if None in answers else False

    def _judged(self, entity: Entity) -> bool | None:
        known = [self._there.get(presence) for presence in entity.presences]
        if entity.mode == "all":
            return False if False in known else None if None in known else True
        if entity.mode == "any":
            return True if True in known else None if None in known else False
        return self._latest.get(entity.identity.device_id)

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def accepts(self) -> dict[str, list[str]]:
        return {self.place(entity): [kind.value for kind in _ORDERS] for entity in self._switches()}

    def telegram(self, order: Order) -> Telegram | None:
        on = _ORDERS.get(order.kind)
        entity = next((one for one in self._switches() if self.place(one) == order.device), None)
        if on is None or entity is None:
            return None
        payload = entity.command_on if on else entity.command_off
        answered = entity.state_topic and not entity.optimistic
        expects = Expectation(order.device, "switch_on", float(on)) if answered else None
        return Telegram(entity.command_topic, payload.encode(), expects)

    def _switches(self) -> Iterator[Entity]:
        """Those whose state we read: where a device speaks a dialect of its own, that one takes the orders."""
        for entities in self._announced.values():
            for one in entities:
                heard = not one.state_topic or one.state_topic in self._spoken
                if one.kind == "switch" and one.command_topic and one.trouble is None and heard:
                    yield one


class _Gathered:
    """What one message says of one device or channel."""

    def __init__(self, entity: Entity, is_channel: bool) -> None:  # noqa: FBT001
        self._identity = entity.identity
        self._name = f"{entity.identity.name} {entity.object_id}" if is_channel else entity.identity.name
        self.values: dict[str, float | str] = {}
        self.alarms: dict[str, str | bool] = {}
        self._unknown: list[str] = []
        self._problems: list[Text] = []

    def take(self, entity: Entity, topic: str, payload: bytes) -> None:
        try:
            said = read(entity, payload)
        except Refused as refused:
            text = refused.text
            self._problems.append(Text(f"{entity.object_id}: {text.vi}", f"{entity.object_id}: {text.en}"))
            return
        if said is Said.UNKNOWN:
            self._unknown.append(entity.path or tail(topic))
        elif isinstance(said, tuple):
            quantity, value = said
            if isinstance(value, bool):
                self.alarms[quantity] = value
            else:
                self.values[quantity] = value

    def is_empty(self) -> bool:
        return not (self.values or self.alarms or self._unknown or self._problems)

    def decoded(self, place: str, events: Any) -> Decoded:
        return Decoded(
            self._name,
            place,
            self.values,
            model=self._identity.model,
            events=events,
            unknown=tuple(self._unknown),
            problems=tuple(self._problems),
        )


def tail(topic: str) -> str:
    """The end of a topic whose whole payload is not understood: what a person knows it by."""
    levels = topic.split("/")
    return "/".join(levels[1:][-2:])


def _quantity(entity: Entity) -> str:
    if entity.component == "sensor":
        return KINDS[entity.kind][0] if entity.kind else ""
    return STATES.get(entity.kind, entity.kind)


def _take_out(table: dict[str, list[Entity]], topic: str, entity: Entity) -> None:
    rest = [one for one in table.get(topic, []) if one is not entity]
    if rest:
        table[topic] = rest
    else:
        table.pop(topic, None)
