"""Tasmota's topics: which level says tele, stat or cmnd, whose message it is, and where its orders go.

Source: https://tasmota.github.io/docs/MQTT/ (FullTopic, default `%prefix%/%topic%/`; prefixes cmnd, stat, tele).
"""

import re

import msgspec

from wire.ids import slug

_PREFIXES = ("tele", "stat", "cmnd")
# What Tasmota itself publishes; answers to other commands come under the command's own name, in capitals.
_LAST = re.compile(r"[A-Z][A-Z0-9_]+")  # SENSOR STATE STATUS8 RESULT POWER1 LWT INFO1 …
_BARE = frozenset({"SENSOR", "STATE", "RESULT", "STATUS8", "STATUS10", "STATUS11"})
_TOLD_OFTEN = frozenset({"SENSOR", "STATE"})
_NAMELESS = "tasmota"
DISCOVERY = "tasmota/discovery/"
UNPREFIXED = "-"
"""As the prefix of a topic that has none."""


class Address(msgspec.Struct, frozen=True):
    """One Tasmota topic. `name` is the device as its topic says it; `order_topic` is where its commands go."""

    name: str
    device_id: str
    prefix: str
    last: str
    order_topic: str


def address(topic: str) -> Address | None:
    """None where a topic has not Tasmota's shape. Three orders are known: prefix first, last, or after a site's; and
    none at all.
    """
    levels = topic.split("/")
    last = levels[-1]
    if len(levels) == 1 and topic in _BARE:
        return Address(_NAMELESS, _NAMELESS, "", last, "")  # a console log shows topics so
    where = next((index for index, level in enumerate(levels[:-1]) if level in _PREFIXES), None)
    if where is None:
        return _unprefixed(levels) if last in _TOLD_OFTEN else None
    prefix, before, after = levels[where], levels[:where], levels[where + 1 : -1]
    if prefix != "cmnd" and not _LAST.fullmatch(last):
        return None
    order_topic = "/".join([*before, "cmnd", *after])
    name = "/".join(after or before) or _NAMELESS
    return Address(name, slug("/".join([*before, *after]) or _NAMELESS), prefix, last, order_topic)


def _unprefixed(levels: list[str]) -> Address | None:
    """A FullTopic without %prefix%: `{topic}/SENSOR`. Others may end so too: how `Time` is written tells them apart."""
    name = "/".join(levels[:-1]).strip("/")
    return Address(name, slug(name), UNPREFIXED, levels[-1], "") if name else None
