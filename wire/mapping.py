"""How a figure is found in messages no dialect knows: written in edge.toml, or accepted on a page of the hub."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

MAX_MAPPINGS = 512
PLACE = re.compile(r"\{(\d+)\}")
Pattern = Annotated[str, Meta(min_length=1, max_length=400)]
Level = Annotated[str, Meta(max_length=200)]


class Mapping(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One quantity out of messages whose topic fits `topic` (an MQTT filter with `+` and a last `#`).

    `path` leads into the JSON, keys and list positions joined by dots ("climate.temp", "rooms.0.co2"); empty: the
    payload itself. `device` names who measured: plain text, or `{1}`, `{2}` for what the first, second `+` stood for.
    The value is number * `scale` + `offset`; `on` and `off` are the words of a state. `time_path` leads to its time.
    """

    topic: Pattern
    quantity: Annotated[str, Meta(min_length=1, max_length=64)]
    path: Level = ""
    device: Level = ""
    scale: float = 1.0
    offset: float = 0.0
    on: Level = ""
    off: Level = ""
    time_path: Level = ""


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a mapping reads: of two for one figure, that of edge.toml wins."""

    topic: Pattern
    path: Level = ""


def unfilled(mapping: Mapping) -> str | None:
    """A place in `device` that no wildcard of the topic fills; None where there is none."""
    wildcards = sum(level in {"+", "#"} for level in mapping.topic.split("/"))
    places = PLACE.findall(mapping.device)
    return next((f"{{{place}}}" for place in places if not 1 <= int(place) <= wildcards), None)


class RemoteSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a hub's versioned configuration may set at a gateway; unknown keys are ignored, edge.toml wins."""

    mappings: Annotated[list[Mapping], Meta(max_length=MAX_MAPPINGS)] = []


def remote_settings(settings: dict[str, Any]) -> RemoteSettings:
    """Raises msgspec.ValidationError, which names the key."""
    return msgspec.convert(settings, RemoteSettings)
