"""Homie devices as they describe themselves: attribute by attribute (3, 4) or in one document (5). Pure."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from edge.dialects.figures import Refused, read_json
from edge.dialects.homie_properties import Property
from wire.ids import slug
from wire.text import Text

MOST_PROPERTIES = 512
_LONGEST = 200
_REQUIRED = frozenset({"$name", "$datatype"})

Key = tuple[str, str]  # node, property


class HomieDevice:
    """One device; its properties, its state, and values that came before they were described. Mutable, bounded."""

    def __init__(self, device: str, prefix: str) -> None:
        self.device, self.prefix = device, prefix
        self.device_id = slug(device)
        self.state = ""
        self.parents: frozenset[str] = frozenset()
        self.early: dict[Key, tuple[bytes, bool]] = {}  # payload, whether the broker had kept it
        self._properties: dict[Key, Property] = {}
        self._attributes: dict[Key, dict[str, str]] = {}
        self._nodes: dict[str, dict[str, str]] = {}
        self._places: dict[Key, str] | None = None

    def property(self, key: Key) -> Property | None:
        return self._properties.get(key)

    def is_described(self, key: Key) -> bool:
        """Whether it has said all it must of a property: a name may yet tell that it is no measurement."""
        return key in self._properties and set(self._attributes.get(key, _REQUIRED)) >= _REQUIRED

    def describe(self, payload: bytes) -> None:
        """Take in the `$description` of Homie 5, in place of all before. Raises Refused."""
        document = read_json(payload)
        if not isinstance(document, dict):
            raise Refused(Text("$description không phải đối tượng JSON", "$description is not a JSON object"))
        self.parents = frozenset(str(document[key]) for key in ("root", "parent") if isinstance(document.get(key), str))
        self._properties = {(one.node, one.key): one for one in _described(document)}
        self._places = None

    def note_node(self, node: str, attribute: str, text: str) -> None:
        """An attribute of a node of Homie 4; only what names it."""
        if attribute in {"$name", "$type"} and (node in self._nodes or len(self._nodes) < MOST_PROPERTIES):
            self._nodes.setdefault(node, {})[attribute] = text[:_LONGEST]
            for key in [key for key in self._attributes if key[0] == node]:
                self._rebuild(key)

    def note_property(self, key: Key, attribute: str, text: str) -> None:
        """An attribute of a property of Homie 4."""
        if key in self._attributes or len(self._attributes) < MOST_PROPERTIES:
            self._attributes.setdefault(key, {})[attribute] = text[:_LONGEST]
            self._rebuild(key)

    def _rebuild(self, key: Key) -> None:
        said, node = self._attributes[key], self._nodes.get(key[0], {})
        names = " ".join((node.get("$name", ""), node.get("$type", ""), said.get("$name", "")))
        self._properties[key] = Property(
            *key,
            names,
            said.get("$datatype", "string"),
            said.get("$format", ""),
            said.get("$unit", ""),
            said.get("$settable") == "true",
            said.get("$retained", "true") != "false",
        )
        self._places = None

    def place(self, key: Key) -> str:
        """The id a property is told under: of the device, with its node where several measure the same."""
        if self._places is None:
            self._places = dict(self._placed())
        return self._places.get(key, self.device_id)

    def _placed(self) -> Iterator[tuple[Key, str]]:
        meant = {key: one.meaning() for key, one in self._properties.items()}
        quantities = {key: one.quantity for key, one in meant.items() if one is not None}
        alone = Counter(quantities.values())
        in_node = Counter((key[0], quantity) for key, quantity in quantities.items())
        for (node, name), quantity in quantities.items():
            if alone[quantity] > 1:
                inner = f"-{name}" if in_node[node, quantity] > 1 else ""
                yield (node, name), slug(f"{self.device_id}-{node}{inner}")

    def switches(self) -> Iterator[tuple[Key, Property]]:
        """Its properties that can be switched on and off."""
        for key, one in self._properties.items():
            meaning = one.meaning() if one.settable else None
            if meaning is not None and meaning.kind == "switch":
                yield key, one


def _described(document: dict[str, Any]) -> Iterator[Property]:
    left = MOST_PROPERTIES
    for node, described in _members(document.get("nodes")):
        names = f"{described.get('name', '')} {described.get('type', '')}"[:_LONGEST]
        for key, one in _members(described.get("properties")):
            left -= 1
            if left < 0:
                return
            yield Property(
                node,
                key,
                f"{names} {one.get('name', '')}"[: 2 * _LONGEST],
                str(one.get("datatype", "string")),
                str(one.get("format", ""))[:_LONGEST],
                str(one.get("unit", ""))[:_LONGEST],
                one.get("settable") is True,
                one.get("retained") is not False,
            )


def _members(found: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of an object by key; drafts of Homie 5 had lists of objects with an id."""
    if isinstance(found, dict):
        yield from ((str(key), one) for key, one in found.items() if isinstance(one, dict))
    elif isinstance(found, list):
        yield from ((str(one["id"]), one) for one in found if isinstance(one, dict) and "id" in one)
