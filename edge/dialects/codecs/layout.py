"""The bytes of one channel as a short text, and their reading: "h/10:temperature_c B:!temperature". Pure.

A field is CODE[&MASK][*N or /N][-RAW,RAW]:[ROLE]NAME[@SUB], or xN for N bytes of no meaning to us.
Code:  struct's letters, little endian: b B h H i I; T is the time of a row from memory (seconds, 4 bytes).
Mask:  hexadecimal bits to keep. Scale: multiplied or divided. -RAW: raw figures (hexadecimal) that say "no reading".
Role:  none: a quantity; ~ a state that is 0 where ours is 1; ? no quantity of ours; ! an alarm (0 and 4 are its end);
       !! an alarm whose codes are not certain. @SUB: a sub-device.
"""

import re
import struct
from functools import cache
from typing import NamedTuple

from edge.dialects.codecs.found import Found, Row, Values
from edge.dialects.figures import Refused, read_time
from wire.text import Text

_FIELD = re.compile(
    r"(?P<code>[bBhHiIT])(?:&(?P<mask>[0-9a-f]+))?(?:(?P<op>[*/])(?P<by>\d+))?(?:-(?P<none>[0-9a-f,]+))?"
    r":(?P<role>\?|!!?|~)?(?P<name>[a-z0-9_]+)(?:@(?P<sub>[a-z0-9-]+))?"
)
_SIZES = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "T": 4}
_ALARM_ENDS = frozenset({0, 4})


class Field(NamedTuple):
    at: int
    code: str
    mask: int
    multiply: int
    divide: int
    none: frozenset[int]
    role: str
    name: str
    sub: str


class Layout(NamedTuple):
    size: int
    fields: tuple[Field, ...]
    from_memory: bool


@cache
def parse(text: str) -> Layout:
    """Raises ValueError: a table is wrong."""
    fields: list[Field] = []
    at = 0
    for word in text.split():
        if word[0] == "x":
            at += int(word[1:])
            continue
        match = _FIELD.fullmatch(word)
        if match is None:
            raise ValueError(f"no field: {word!r} in {text!r}")
        part = match.groupdict()
        by = int(part["by"] or 1)
        fields.append(
            Field(
                at,
                part["code"],
                int(part["mask"] or "-1", 16),
                by if part["op"] == "*" else 1,
                by if part["op"] == "/" else 1,
                frozenset(int(raw, 16) for raw in (part["none"] or "").split(",") if raw),
                part["role"] or "",
                part["name"],
                part["sub"] or "",
            )
        )
        at += _SIZES[part["code"]]
    return Layout(at, tuple(fields), any(field.code == "T" for field in fields))


def take(layout: Layout, data: bytes, found: Found) -> None:
    """Put into `found` what `data`, exactly `layout.size` bytes, says."""
    into: dict[str, Values] | None = None
    if layout.from_memory:
        row = _row(layout, data, found)
        if row is None:
            return
        into = row.values
    for field in layout.fields:
        if field.code == "T":
            continue
        _take_field(field, data, found, into)


def _take_field(field: Field, data: bytes, found: Found, into: dict[str, Values] | None) -> None:
    (raw,) = struct.unpack_from(f"<{field.code}", data, field.at)
    if raw in field.none or raw & ((1 << 8 * _SIZES[field.code]) - 1) in field.none:
        found.problems.append(Text(f"{field.name}: cảm biến không đo được", f"{field.name}: the sensor has no reading"))
        return
    raw &= field.mask
    if field.role == "?":
        found.note(field.name)
    elif field.role.startswith("!"):
        if into is None:
            found.alarm(field.name, raw, on=None if field.role == "!!" else raw not in _ALARM_ENDS)
    elif field.role == "~":
        found.put(field.sub, field.name, float({0: 1, 1: 0}.get(raw, raw)), into)
    else:
        found.put(field.sub, field.name, float(raw * field.multiply / field.divide), into)


def _row(layout: Layout, data: bytes, found: Found) -> Row | None:
    (stamp,) = [field for field in layout.fields if field.code == "T"]
    (seconds,) = struct.unpack_from("<I", data, stamp.at)
    try:
        row = Row(read_time(seconds))
    except Refused as refused:
        found.problems.append(refused.text)
        return None
    found.history.append(row)
    return row
