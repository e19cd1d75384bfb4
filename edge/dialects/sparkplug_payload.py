"""The payload of Sparkplug B: metrics with names, aliases, datatypes, times, quality. Pure.

Source: Eclipse Sparkplug 3.0, chapter 6 (field numbers, datatypes, quality codes).
Errors: Malformed for bytes that are no such payload; Refused for a value that does not fit its datatype.
"""

import math
import struct

import msgspec

from edge.dialects.figures import Refused
from edge.dialects.protobuf import FIXED32, FIXED64, LENGTH, VARINT, Malformed, fields, written
from wire.text import Text

LARGEST = 1_048_576
MOST_METRICS = 5_000
_LONGEST_NAME = 300
_MOST_PROPERTIES = 64

BOOLEAN = 11
_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_UNSIGNED = {5: 8, 6: 16, 7: 32, 8: 64}
_FLOATS = frozenset({9, 10})
_TEXTS = frozenset({12, 13, 14, 15})  # a time, a name: no figure of ours
_COMPOUND = {16: "DataSet", 17: "Bytes", 18: "File", 19: "Template"} | dict.fromkeys(range(22, 35), "Array")

_INT, _LONG, _FLOAT, _DOUBLE, _BOOL, _STRING, _EXTENSION = 10, 11, 12, 13, 14, 15, 19
_WIRE = {_INT: VARINT, _LONG: VARINT, _FLOAT: FIXED32, _DOUBLE: FIXED64, _BOOL: VARINT}
_GOOD = range(192, 256)  # 192 is good; programs that tell more kinds of good keep to this block


class Metric(msgspec.Struct, frozen=True):
    """One metric as it came; `field` is the number of the value's field, 0 for none."""

    name: str = ""
    alias: int | None = None
    at_ms: int | None = None
    datatype: int = 0
    historical: bool = False
    transient: bool = False
    null: bool = False
    quality: int | None = None
    unit: str = ""
    field: int = 0
    raw: int | bytes = 0

    @property
    def is_good(self) -> bool:
        """Whether its quality lets it be a reading; without one it is good."""
        return self.quality is None or self.quality & 0xFFFF in _GOOD


class Payload(msgspec.Struct, frozen=True):
    metrics: tuple[Metric, ...]
    at_ms: int | None = None
    seq: int | None = None


def read_payload(data: bytes) -> Payload:
    """Raises Malformed."""
    if len(data) > LARGEST:
        raise Malformed(f"{len(data)} bytes, more than {LARGEST}")
    metrics: list[Metric] = []
    at_ms = seq = None
    for number, wire, value in fields(data):
        if number == 1:
            at_ms = _integer(wire, value)
        elif number == 2:  # noqa: PLR2004
            metrics.append(_metric(_bytes(wire, value)))
        elif number == 3:  # noqa: PLR2004
            seq = _integer(wire, value)
        elif number == 4 and _text(wire, value).endswith("_COMPRESSED"):  # noqa: PLR2004
            raise Malformed("compressed")
        if len(metrics) > MOST_METRICS:
            raise Malformed(f"more than {MOST_METRICS} metrics")
    return Payload(tuple(metrics), at_ms, seq)


def _metric(data: bytes) -> Metric:
    found: dict[str, object] = {}
    for number, wire, value in fields(data):
        if number == 1:
            found["name"] = _text(wire, value)
        elif number in {2, 3, 4}:
            found[("alias", "at_ms", "datatype")[number - 2]] = _integer(wire, value)
        elif number in {5, 6, 7}:
            found[("historical", "transient", "null")[number - 5]] = _integer(wire, value) != 0
        elif number == 9:  # noqa: PLR2004
            found |= _properties(_bytes(wire, value))
        elif _INT <= number <= _EXTENSION:
            if wire != _WIRE.get(number, LENGTH):
                raise Malformed(f"value field {number} of wire type {wire}")
            found["field"], found["raw"] = number, value
    return msgspec.convert(found, Metric)


def _properties(data: bytes) -> dict[str, object]:
    """Quality and unit out of a PropertySet: keys and values are two lists of one length."""
    keys: list[str] = []
    values: list[bytes] = []
    for number, wire, value in fields(data):
        if number == 1:
            keys.append(_text(wire, value))
        elif number == 2:  # noqa: PLR2004
            values.append(_bytes(wire, value))
    found: dict[str, object] = {}
    for key, raw in list(zip(keys, values, strict=False))[:_MOST_PROPERTIES]:
        named = key.lower().replace(" ", "").replace("_", "")
        if named == "quality":
            found["quality"] = _property(raw, 3, VARINT)
        elif named in _UNIT_KEYS:
            found["unit"] = _property(raw, 8, LENGTH) or ""
    return found


_UNIT_KEYS = frozenset({"engunit", "engunits", "engineeringunit", "engineeringunits", "unit", "units", "uom"})
"""`engUnit` is Ignition's and Tahu's; the specification names only Quality."""


def _property(data: bytes, wanted: int, wire: int) -> int | str | None:
    """The value of a PropertyValue, where it is of the wanted field."""
    for number, kind, value in fields(data):
        if number == wanted and kind == wire:
            return value if isinstance(value, int) else value.decode("utf-8", "replace")[:_LONGEST_NAME]
    return None


def value_of(metric: Metric, datatype: int) -> float | bool | None:
    """The figure of a metric; None for none (null, NaN) and for text. Raises Refused."""
    if datatype in _COMPOUND:
        name = _COMPOUND[datatype]
        raise Refused(Text(f"kiểu {name} không được đọc", f"{name} metrics are not read"))
    if metric.null or datatype in _TEXTS or metric.field == _STRING:
        return None
    if metric.field == _BOOL and datatype == BOOLEAN:
        return metric.raw != 0
    if metric.field in {_FLOAT, _DOUBLE} and datatype in _FLOATS and isinstance(metric.raw, bytes):
        number = float(struct.unpack("<f" if metric.field == _FLOAT else "<d", metric.raw)[0])
        return _shortest(number) if metric.field == _FLOAT and math.isfinite(number) else _finite(number)
    if metric.field in {_INT, _LONG} and isinstance(metric.raw, int):
        if datatype in _SIGNED:
            return float(_signed(metric.raw, _SIGNED[datatype]))
        if datatype in _UNSIGNED and metric.raw < 1 << _UNSIGNED[datatype]:
            return float(metric.raw)
    raise Refused(
        Text(
            f"giá trị trường {metric.field} không hợp kiểu {datatype}",
            f"value field {metric.field} does not fit datatype {datatype}",
        )
    )


def _signed(raw: int, bits: int) -> int:
    """Two's complement of its own width, or extended to 32 or 64 bits: both are sent. Raises Refused."""
    for width in (bits, 32, 64):
        low = 0 if width == bits else (1 << width) - (1 << bits - 1)
        if low <= raw < 1 << width:
            return raw - (1 << width) if raw >= 1 << width - 1 else raw
    raise Refused(Text(f"{raw} quá {bits} bit", f"{raw} has more than {bits} bits"))


def _shortest(number: float) -> float:
    """A 32-bit number as it was meant: 21.5, 23.4, not 23.399999618530273."""
    return float(f"{number:.7g}")


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _integer(wire: int, value: int | bytes) -> int:
    if wire != VARINT or not isinstance(value, int):
        raise Malformed(f"wire type {wire} where an integer was expected")
    return value


def _bytes(wire: int, value: int | bytes) -> bytes:
    if wire != LENGTH or not isinstance(value, bytes):
        raise Malformed(f"wire type {wire} where bytes were expected")
    return value


def _text(wire: int, value: int | bytes) -> str:
    return _bytes(wire, value).decode("utf-8", "replace")[:_LONGEST_NAME]


def rebirth(at_ms: int) -> bytes:
    """The payload that asks an edge node for its births again."""
    metric = written(1, b"Node Control/Rebirth") + written(3, at_ms) + written(4, BOOLEAN) + written(_BOOL, 1)
    return written(1, at_ms) + written(2, metric)
