"""Home Assistant's discovery messages: what devices announce of themselves. Pure.

Source: https://www.home-assistant.io/integrations/mqtt ("MQTT discovery", its abbreviations, sensor.mqtt,
        binary_sensor.mqtt, switch.mqtt, light.mqtt).
Topics: {prefix}/{component}/[{node id}/]{object id}/config, and {prefix}/device/{id}/config with all components in one.
Errors: Refused for a message that cannot be read. An entity that cannot be understood is announced with its `trouble`.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from edge.dialects.figures import Refused, read_json, short
from edge.dialects.measures import ALARMS, KINDS, ONLY_UNITS, STATES, by_unit, takes, unit_named
from edge.dialects.name_words import flag_of, kind_of, nearer, says_otherwise, words_of
from edge.dialects.template_expressions import Unsafe
from edge.dialects.templates import Template, parse, path_in
from wire.ids import slug
from wire.text import Text

COMPONENTS = frozenset({"sensor", "binary_sensor", "switch", "light"})
"""Components that measure or switch; the others (buttons, numbers, updates) are not read."""

_LARGEST = 262_144
_LONGEST_TOPIC = 400
_MOST_COMPONENTS = 512

# The abbreviations of the keys that are read here; all others are passed over, long or short.
_SHORT = {
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "cmp": "components",
    "cmps": "components",
    "dev": "device",
    "dev_cla": "device_class",
    "ent_cat": "entity_category",
    "migr_discvry": "migrate_discovery",
    "obj_id": "object_id",
    "on_cmd_type": "on_command_type",
    "opt": "optimistic",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "stat_val_tpl": "state_value_template",
    "t": "topic",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
_SHORT_DEVICE = {"cns": "connections", "ids": "identifiers", "mdl": "model", "mf": "manufacturer"}
_SHARED = (
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "command_topic",
    "device",
    "payload_available",
    "payload_not_available",
    "state_topic",
)


class Identity(msgspec.Struct, frozen=True):
    """Whose entity it is."""

    device_id: str
    name: str
    model: str = ""


class Presence(msgspec.Struct, frozen=True):
    """A topic that says whether an entity is there."""

    topic: str
    template: Template | None = None
    on: str = "online"
    off: str = "offline"


class Entity(msgspec.Struct, frozen=True):
    """One figure or switch. `kind` "": it is none of ours; `unit` a symbol of edge.dialects.measures.

    `path` is where its value lies in the JSON, keys joined by dots; "" where it is the whole payload.
    """

    component: str
    object_id: str
    identity: Identity
    state_topic: str
    kind: str = ""
    unit: str = ""
    template: Template | None = None
    on: str = "ON"
    off: str = "OFF"
    command_topic: str = ""
    command_on: str = "ON"
    command_off: str = "OFF"
    optimistic: bool = False
    presences: tuple[Presence, ...] = ()
    mode: str = "latest"
    trouble: Text | None = None
    path: str = ""


class Place(msgspec.Struct, frozen=True):
    """What a discovery topic says by itself."""

    component: str
    node: str
    object_id: str


def place_of(topic: str, prefix: str) -> Place | None:
    """None where it is no discovery topic."""
    if not topic.startswith(f"{prefix}/") or not topic.endswith("/config"):
        return None
    levels = topic.removeprefix(f"{prefix}/").split("/")
    if len(levels) not in {3, 4} or not all(levels):
        return None
    return Place(levels[0], levels[1] if len(levels) == 4 else "", levels[-2])  # noqa: PLR2004


def announced(place: Place, payload: bytes) -> list[Entity]:
    """The entities of one message; none where it takes back what was announced. Raises Refused."""
    if not payload.strip():
        return []
    if len(payload) > _LARGEST:
        raise Refused(Text(f"quá dài: {len(payload)} byte", f"too long: {len(payload)} bytes"))
    config = _expanded(_object(read_json(payload)), _SHORT)
    if config.get("migrate_discovery") is True:
        return []
    if place.component == "device":
        return list(_components(config, place))
    if place.component not in COMPONENTS:
        return []
    return [_entity(place.component, place.object_id, config, place)]


def _components(config: dict[str, Any], place: Place) -> Iterator[Entity]:
    shared = {key: config[key] for key in _SHARED if key in config}
    for key, one in list(_object(config.get("components", {})).items())[:_MOST_COMPONENTS]:
        described = _expanded(_object(one), _SHORT)
        platform = _text(described, "platform")
        if platform in COMPONENTS and len(described) > 1:  # nothing but its platform: it is taken back
            base = {"~": config["~"]} if "~" in config and "~" not in described else {}
            yield _entity(platform, key, shared | base | described, place)


def _entity(component: str, key: str, config: dict[str, Any], place: Place) -> Entity:
    topics = {name: _topic(config, name, wild=name == "state_topic") for name in ("state_topic", "command_topic")}
    name = _text(config, "name") or _text(config, "object_id") or key
    identity = _identity(config, place, topics["state_topic"] or topics["command_topic"])
    kind = _kind(component, name, config)
    on, off = _text(config, "payload_on", "ON"), _text(config, "payload_off", "OFF")
    entity = Entity(
        component,
        key,
        identity,
        topics["state_topic"],
        kind,
        unit_named(config.get("unit_of_measurement")) or ONLY_UNITS.get(kind, ""),
        on=_text(config, "state_on", on),
        off=_text(config, "state_off", off),
        command_topic=topics["command_topic"] if _is_told_plainly(config) else "",
        command_on=on,
        command_off=off,
        optimistic=config.get("optimistic") is True,
        mode=_text(config, "availability_mode", "latest"),
    )
    if component == "light" and config.get("schema") == "json":
        entity = _json_light(entity)
    return _with_templates(entity, config)


def _json_light(entity: Entity) -> Entity:
    template = parse("{{ value_json.state }}")
    order = '{{"state":"{}"}}'
    return msgspec.structs.replace(
        entity, template=template, on="ON", off="OFF", command_on=order.format("ON"), command_off=order.format("OFF")
    )


def _with_templates(entity: Entity, config: dict[str, Any]) -> Entity:
    trouble = None
    template = entity.template
    presences: tuple[Presence, ...] = ()
    written = _text(config, "state_value_template" if entity.component == "light" else "value_template")
    if config.get("schema") == "template":
        trouble = Text("đèn kiểu template không được hỗ trợ", "a light of schema template is not supported")
    try:
        template = parse(written) if written and template is None else template
        presences = tuple(_presences(config))
    except Unsafe as unsafe:
        trouble = unsafe.text
    if entity.component == "sensor" and entity.kind and not takes(entity.kind, entity.unit):
        trouble = Text(
            f"{entity.kind}: đơn vị {short(entity.unit)} không quy đổi được",
            f"{entity.kind}: unit {short(entity.unit)} cannot be converted",
        )
    return msgspec.structs.replace(
        entity, template=template, presences=presences, trouble=trouble, path=path_in(written)
    )


def _is_told_plainly(config: dict[str, Any]) -> bool:
    """Whether on and off are ordered by their payloads alone."""
    return "command_template" not in config and config.get("on_command_type") != "brightness"


def _kind(component: str, name: str, config: dict[str, Any]) -> str:
    if component in {"switch", "light"}:
        return "switch"
    named = _text(config, "device_class")
    if component == "binary_sensor":
        kind = named or flag_of(name) or ""
        return kind if kind in STATES or kind in ALARMS else ""
    if not named or named == "None":
        return kind_of(name, unit_named(config.get("unit_of_measurement"))) or ""
    if named not in KINDS or (says_otherwise(name) and named != "aqi"):
        return ""
    if named == "temperature" and config.get("entity_category") == "diagnostic":
        return "device_temperature"  # of the plug, not of the room
    return by_unit(nearer(named, words_of(name)), unit_named(config.get("unit_of_measurement"))) or ""


def _presences(config: dict[str, Any]) -> Iterator[Presence]:
    listed = config.get("availability")
    for one in listed[:16] if isinstance(listed, list) else [listed] if isinstance(listed, dict) else []:
        if isinstance(one, dict):
            inner = _expanded(one, _SHORT) | ({"~": config["~"]} if "~" in config else {})
            yield from _presence(inner, _topic(inner, "topic"), _text(inner, "value_template"))
    yield from _presence(config, _topic(config, "availability_topic"), _text(config, "availability_template"))


def _presence(config: dict[str, Any], topic: str, template: str) -> Iterator[Presence]:
    if topic:
        on, off = _text(config, "payload_available", "online"), _text(config, "payload_not_available", "offline")
        yield Presence(topic, parse(template) if template else None, on, off)


def _identity(config: dict[str, Any], place: Place, topic: str) -> Identity:
    """The device's own identifier; without a device, what the topics share."""
    described = config.get("device")
    device = _expanded(described, _SHORT_DEVICE) if isinstance(described, dict) else {}
    found = device.get("identifiers")
    ids = found if isinstance(found, list) else [found]
    connections = device.get("connections")
    for pair in connections if isinstance(connections, list) else []:
        ids.append(pair[1] if isinstance(pair, list) and len(pair) == 2 else None)  # noqa: PLR2004
    known = next((str(one) for one in ids if isinstance(one, str | int) and str(one).strip()), "")
    own = known or place.node or topic.removesuffix("/state") or place.object_id
    words = (_text(device, "manufacturer"), _text(device, "model"))
    return Identity(slug(own[:200]), _text(device, "name") or own, " ".join(word for word in words if word)[:120])


def _topic(config: dict[str, Any], key: str, *, wild: bool = False) -> str:
    """A topic with ~ at its beginning or end put in; "" for none, or one that cannot be. `wild`: + may stand in it."""
    topic, base = _text(config, key), _text(config, "~")
    if base and topic.startswith("~"):
        topic = base + topic[1:]
    elif base and topic.endswith("~"):
        topic = topic[:-1] + base
    plain = topic if not wild else "/".join(level for level in topic.split("/") if level != "+")
    return topic if plain and len(topic) <= _LONGEST_TOPIC and not {"+", "#", "\0"} & set(plain) else ""


def _text(config: dict[str, Any], key: str, default: str = "") -> str:
    found = config.get(key)
    return str(found)[:2001] if isinstance(found, str | int | float) else default


def _object(found: object) -> dict[str, Any]:
    if isinstance(found, dict):
        return found
    raise Refused(Text("không phải đối tượng JSON", "not a JSON object"))


def _expanded(config: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in config.items()}
