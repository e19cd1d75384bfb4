"""The decoded object of a network server's script: keys and units by their words, as anybody names them. Pure.

What is not clear stays unknown: `tvoc` may be ppb, µg/m³ or an index, `temperature` of 72 may be Fahrenheit.
A number at a key's end (`temperature_1` as CayenneLPP writes, `TempC1`) is a sub-device where there are several.
"""

import re

import msgspec

from edge.dialects.codecs.found import Found
from edge.dialects.figures import Refused, read_flag, read_number, scaled
from edge.dialects.json_paths import leaves
from edge.dialects.key_names import Said, read_name, unit_by_value
from wire.quantities import QUANTITIES, Kind
from wire.text import Text

_MOST = 128
_NUMBERED = re.compile(r"(.*[A-Za-z])_?(\d{1,2})")
_INNER = frozenset({"value", "val", "v", "state", "status"})
_BESIDE = frozenset({"unit", "units"})


class _Figure(msgspec.Struct, frozen=True):
    path: str
    said: Said
    number: str
    raw: object


def read_object(fields: dict[str, object], found: Found, where: str) -> None:
    """Put into `found` what the object says; every path (from `where` on) not read is in `unknown` or `problems`."""
    figures: list[_Figure] = []
    for keys, raw in leaves(fields, _MOST):
        path = ".".join((where, *keys))[:200]
        if raw is None or keys[-1].lower() in _BESIDE:
            continue
        figure = _figure(fields, keys, path, raw)
        if figure is None:
            found.note(path)
        else:
            figures.append(figure)
    several = _several(figures)
    for figure in figures:
        _put(figure, figure.number if figure.said.quantity in several else "", found)


def _several(figures: list[_Figure]) -> set[str]:
    """Quantities that more than one numbered key gives."""
    seen: dict[str, set[str]] = {}
    for figure in figures:
        seen.setdefault(figure.said.quantity, set()).add(figure.number)
    return {quantity for quantity, numbers in seen.items() if len(numbers) > 1}


def _figure(fields: dict[str, object], keys: tuple[str, ...], path: str, raw: object) -> _Figure | None:
    name = keys[-2] if len(keys) > 1 and keys[-1].lower() in _INNER else keys[-1]
    unit = _unit_beside(fields, keys)
    said = read_name(name, unit)
    if said is not None:
        return _Figure(path, said, "", raw)
    match = _NUMBERED.fullmatch(name)
    said = read_name(match.group(1), unit) if match else None
    return _Figure(path, said, match.group(2), raw) if match and said is not None else None


def _unit_beside(fields: dict[str, object], keys: tuple[str, ...]) -> str:
    """{"temperature": {"value": 72, "unit": "°F"}}: the unit of a value beside it."""
    if keys[-1].lower() not in _INNER:
        return ""
    inner: object = fields
    for key in keys[:-1]:
        inner = inner.get(key) if isinstance(inner, dict) else None
    unit = inner.get("unit", inner.get("units")) if isinstance(inner, dict) else None
    return unit if isinstance(unit, str) else ""


def _put(figure: _Figure, sub: str, found: Found) -> None:
    said = figure.said
    problems = len(found.problems)
    try:
        if said.subject == "motion" and not isinstance(figure.raw, bool | str):
            found.put(sub, "activity", read_number(figure.raw))  # how many movements since the last report
        elif QUANTITIES[said.quantity].kind is Kind.STATE:
            if said.scale is None and not isinstance(figure.raw, str):
                found.note(figure.path)  # `contact: true` may mean that it touches or that it is open
            else:
                found.put(sub, said.quantity, read_flag(figure.raw))
        else:
            number = read_number(figure.raw)
            known = unit_by_value(said, number)
            if known is None:
                found.note(figure.path)
            else:
                multiply, divide, add = known[1]
                found.put(sub, known[0], scaled(number * multiply / divide, 1, add))
    except Refused as refused:
        found.problems.append(refused.text)
    found.problems[problems:] = [
        Text(f"{figure.path}: {text.vi}", f"{figure.path}: {text.en}") for text in found.problems[problems:]
    ]
