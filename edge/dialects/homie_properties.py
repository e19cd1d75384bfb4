"""A property of a Homie device as it describes itself, and what its payloads are in our table. Pure.

Source: https://homieiot.github.io/specification (Homie 3.0.1, 4.0.0, 5.0.0): datatypes, formats, units.
Errors: Refused for a payload that its datatype or its format does not allow.
"""

import re

import msgspec

from edge.dialects.figures import OFF_WORDS, ON_WORDS, Refused, harmless, read_number
from edge.dialects.measures import KINDS, STATES, Said, convert, is_mains, unit_named
from edge.dialects.name_words import flag_of, is_switch_part, kind_of, words_of
from edge.dialects.template_filters import NO_VALUE
from wire.text import Text

_OPEN = frozenset({"open", "opened"})
_OPENINGS = frozenset({"door", "window", "contact", "gate"})
_INTEGER = re.compile(r"[+-]?\d{1,19}")
_LONGEST = 200


class Property(msgspec.Struct, frozen=True):
    """One property. `names` are the words of its node and its own."""

    node: str
    key: str
    names: str = ""
    datatype: str = "string"
    format: str = ""
    unit: str = ""
    settable: bool = False
    retained: bool = True

    def meaning(self) -> "Meaning | None":
        """What it measures; None where it is none of ours, or nothing tells."""
        words = f"{self.node} {self.key} {self.names}"
        if self.datatype in {"float", "integer"}:
            kind = kind_of(f"{self.key} {self.names}", unit_named(self.unit)) or kind_of(words, unit_named(self.unit))
            return None if kind is None else Meaning(kind, KINDS[kind][0])
        if self.datatype not in {"boolean", "enum"}:
            return None
        return self._flag(words)

    def _flag(self, words: str) -> "Meaning | None":
        labels = tuple(label.strip().lower() for label in self.format.split(","))
        if words_of(words) & _OPENINGS and self.datatype == "boolean" and len(labels) == 2 and set(labels) & _OPEN:  # noqa: PLR2004
            return Meaning("opening", "contact_open", inverted=labels[0] in _OPEN)
        if self.datatype == "enum" and not self._on_and_off():
            return None
        if words_of(words) & _OPENINGS and set(labels) & _OPEN:
            return Meaning("opening", "contact_open")
        kind = flag_of(words)
        if kind in STATES:
            return Meaning(kind, STATES[kind])
        is_switch = kind == "switch" and is_switch_part(self.key)
        return Meaning("switch", "switch_on") if is_switch or (self.settable and is_switch_part(self.key)) else None

    def _on_and_off(self) -> tuple[str, str] | None:
        """The two values of an enum that is on or off, as they are written."""
        values = [value.strip() for value in self.format.split(",")]
        on = [value for value in values if value.lower() in ON_WORDS]
        off = [value for value in values if value.lower() in OFF_WORDS]
        return (on[0], off[0]) if len(values) == 2 and on and off else None  # noqa: PLR2004

    def order(self, *, on: bool) -> str:
        """The payload that switches it."""
        pair = self._on_and_off() if self.datatype == "enum" else None
        return (pair or ("true", "false"))[0 if on else 1]

    def read(self, payload: bytes) -> tuple[str, float] | Said:
        """Quantity and value. Raises Refused."""
        text = payload.decode("utf-8", "replace").strip()
        if text.lower() in NO_VALUE or not text:
            return Said.NOTHING
        meaning = self.meaning()
        if self.datatype in {"float", "integer"}:
            number = self._number(text)
            found = None if meaning is None else convert(meaning.kind, unit_named(self.unit), number)
            strange = found is None or (meaning is not None and meaning.kind == "voltage" and not is_mains(found[1]))
            return Said.UNKNOWN if found is None or strange else found
        if self.datatype == "boolean" and text not in {"true", "false"}:
            raise Refused(Text(f"không phải true/false: {harmless(text)}", f"neither true nor false: {harmless(text)}"))
        if self.datatype == "enum" and text not in {value.strip() for value in self.format.split(",")}:
            raise Refused(Text(f"không có trong format: {harmless(text)}", f"not in its format: {harmless(text)}"))
        if meaning is None:
            return Said.UNKNOWN
        on = text == "true" if self.datatype == "boolean" else text.lower() in ON_WORDS
        return meaning.quantity, float(on is not meaning.inverted)

    def _number(self, text: str) -> float:
        if self.datatype == "integer" and not _INTEGER.fullmatch(text):
            raise Refused(Text(f"không phải số nguyên: {harmless(text)}", f"no integer: {harmless(text)}"))
        number = read_number(text[:_LONGEST])
        low, _, rest = self.format.partition(":")
        high = rest.partition(":")[0]
        for bound, beyond in ((low, -1), (high, 1)):
            if bound.strip() and beyond * number > beyond * _bound(bound):
                raise Refused(
                    Text(
                        f"{harmless(text)} ngoài {self.format[:40]}", f"{harmless(text)} is outside {self.format[:40]}"
                    )
                )
        return number


class Meaning(msgspec.Struct, frozen=True):
    """`kind` of edge.dialects.measures; `inverted`: true is off."""

    kind: str
    quantity: str
    inverted: bool = False


def _bound(text: str) -> float:
    """A format that cannot be read bounds nothing: NaN is neither above nor below."""
    try:
        return read_number(text)
    except Refused:
        return float("nan")
