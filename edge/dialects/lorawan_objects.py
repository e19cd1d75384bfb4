"""The decoded object of a network server's script: keys and units by their words, as anybody names them. Pure.

What is not clear stays unknown: `tvoc` may be ppb, µg/m³ or an index, `temperature` of 72 may be Fahrenheit.
A number at a key's end (`temperature_1` as CayenneLPP writes, `TempC1`) or below it (`temperatureSensor.1`, as
ChirpStack writes the same) is a sub-device where there are several; a probe on a wire (`externalTemperature` of ELSYS,
`TempC_DS` of Dragino, whose 327.67 says that none is there) always is one. What stands in a list `history` with its own
time was kept by the device: it is of then, never of now; and what stands below a name that says that this is not the
room now (`max`, `settings`, `yesterday`, `soil`) is no measurement. In lists of {type, measurementValue} (SenseCAP) or
{name, value} the name says what the value is.
"""

import re

import msgspec

from edge.dialects.codecs.found import Found, Row
from edge.dialects.figures import Refused, read_flag, read_number, read_time, scaled
from edge.dialects.json_paths import leaves
from edge.dialects.key_names import Said, read_name, unit_by_value
from edge.dialects.name_words import says_otherwise, words_of
from wire.quantities import QUANTITIES, Kind
from wire.text import Text

_MOST = 128
_NUMBERED = re.compile(r"(.*[A-Za-z])_?(\d{1,2})")
_INNER = frozenset({"value", "val", "v", "state", "status"})
_BESIDE = frozenset({"unit", "units", "displayname"})
_KEPT, _TIMES = "history", ("timestamp", "time")
_ROWS_AT_MOST = 64
_CHANNEL = re.compile(r"\d{1,3}")
_VALUES, _NAMES = frozenset({"value", "measurementvalue"}), ("type", "name", "variable")
_OUTSIDE = re.compile(r"external_?([A-Z]\w*?|[a-z]\w*?)_?(\d?)", re.IGNORECASE)
_ON_A_WIRE = re.compile(r"(\w+)_DS")
_NO_PROBE = 327.67
_TAMPER = {"installed": False, "uninstalled": True}
_CIRCUIT = frozenset({"open", "opened", "closed", "close"})
_NOT_NOW, _NOT_HERE = (
    frozenset({"history", "previous", "yesterday"}),
    frozenset({"soil", "water", "outdoor", "outside"}),
)
_NOT_SO = _NOT_NOW | _NOT_HERE | {"config", "configuration", "settings", "alarm", "alarms"}


class _Figure(msgspec.Struct, frozen=True):
    path: str
    said: Said
    number: str
    raw: object
    apart: bool = False


def read_object(fields: dict[str, object], found: Found, where: str) -> None:
    """Put into `found` what the object says; every path (from `where` on) not read is in `unknown` or `problems`."""
    kept = fields.get(_KEPT)
    if isinstance(kept, list):
        fields = {key: raw for key, raw in fields.items() if key != _KEPT}
        _read_history(kept, found, f"{where}.{_KEPT}")
    figures: list[_Figure] = []
    for keys, raw in leaves(fields, _MOST):
        path = ".".join((where, *keys))[:200]
        if raw is None or keys[-1].lower() in _BESIDE or _names_a_value(fields, keys):
            continue
        figure = None if any(map(_is_aside, keys[:-1])) else _figure(fields, keys, path, raw)
        if figure is None:
            found.note(path)
        else:
            figures.append(figure)
    several = _several(figures)
    for figure in figures:
        if figure.raw is not None:
            _put(figure, figure.number if figure.apart or figure.said.quantity in several else "", found)


def _read_history(kept: list[object], found: Found, where: str) -> None:
    """Rows with a time of their own; one without says nothing that could be placed."""
    for one in kept[:_ROWS_AT_MOST]:
        key = next((key for key in _TIMES if key in one), "") if isinstance(one, dict) else ""
        if not isinstance(one, dict) or not key:
            found.note(where)
            continue
        row = Found()
        try:
            at_ms = read_time(one[key])
        except Refused as refused:
            found.problems.append(Text(f"{where}: {refused.text.vi}", f"{where}: {refused.text.en}"))
            continue
        read_object({name: raw for name, raw in one.items() if name not in (key, _KEPT)}, row, where)
        found.history.append(Row(at_ms, row.values))
        found.problems += row.problems
        for path in row.unknown:
            found.note(path)


def _is_aside(key: str) -> bool:
    """Whether what lies below this key is no measurement of the room now."""
    return says_otherwise(key) or bool(words_of(key) & _NOT_SO)


def _several(figures: list[_Figure]) -> set[str]:
    """Quantities that more than one numbered key gives."""
    seen: dict[str, set[str]] = {}
    for figure in (one for one in figures if not one.apart):
        seen.setdefault(figure.said.quantity, set()).add(figure.number)
    return {quantity for quantity, numbers in seen.items() if len(numbers) > 1}


def _figure(fields: dict[str, object], keys: tuple[str, ...], path: str, raw: object) -> _Figure | None:
    holder = _holder(fields, keys)
    name = _name(holder, keys)
    unit = _unit_beside(holder, keys)
    if len(keys) > 1 and _CHANNEL.fullmatch(name):
        said = read_name(keys[-2]) if isinstance(holder, dict) else None
        return None if said is None else _Figure(path, said, name, raw)
    said = read_name(name, unit)
    if said is not None:
        return _Figure(path, said, "", raw)
    probe = _probe(name, path, raw)
    if probe is not None:
        return probe
    match = _NUMBERED.fullmatch(name)
    said = read_name(match.group(1), unit) if match else None
    return _Figure(path, said, match.group(2), raw) if match and said is not None else None


def _name(holder: object, keys: tuple[str, ...]) -> str:
    """The key that says what a value is, or what stands beside it in a list."""
    last = keys[-1].lower()
    if isinstance(holder, dict) and last in _VALUES and len(keys) > 1 and _CHANNEL.fullmatch(keys[-2]):
        named = next((holder[key] for key in _NAMES if isinstance(holder.get(key), str)), "")
        return named or keys[-1]
    return keys[-2] if len(keys) > 1 and last in _INNER else keys[-1]


def _names_a_value(fields: dict[str, object], keys: tuple[str, ...]) -> bool:
    """Whether this only says what the value beside it is."""
    holder = _holder(fields, keys)
    in_list = isinstance(holder, dict) and len(keys) > 1 and _CHANNEL.fullmatch(keys[-2]) is not None
    beside = {key.lower() for key in holder} if isinstance(holder, dict) and in_list else set()
    return bool(beside & _VALUES) and keys[-1] in {*_NAMES, "measurementId"}


def _probe(name: str, path: str, raw: object) -> _Figure | None:
    """A sensor outside the case; None where the name says none."""
    wire, outside = _ON_A_WIRE.fullmatch(name), _OUTSIDE.fullmatch(name)
    said = read_name(wire.group(1)) if wire else read_name(outside.group(1)) if outside else None
    if said is None:
        return None
    number = "ds" if wire else "-".join(("external", *(outside.group(2) if outside else "")))
    return _Figure(path, said, number, None if wire and raw == _NO_PROBE else raw, apart=True)


def _unit_beside(inner: object, keys: tuple[str, ...]) -> str:
    """{"temperature": {"value": 72, "unit": "°F"}}: the unit of a value beside it."""
    if keys[-1].lower() not in _INNER:
        return ""
    unit = inner.get("unit", inner.get("units")) if isinstance(inner, dict) else None
    return unit if isinstance(unit, str) else ""


def _holder(fields: dict[str, object], keys: tuple[str, ...]) -> object:
    """The object or list a figure stands in."""
    inner: object = fields
    for key in keys[:-1]:
        inner = inner[int(key)] if isinstance(inner, list) else inner.get(key) if isinstance(inner, dict) else None
    return inner


def _put(figure: _Figure, sub: str, found: Found) -> None:
    said = figure.said
    problems = len(found.problems)
    try:
        if said.subject == "motion" and not isinstance(figure.raw, bool | str):
            found.put(sub, "activity", read_number(figure.raw))  # how many movements since the last report
        elif QUANTITIES[said.quantity].kind is Kind.STATE:
            if (said.scale is None and not isinstance(figure.raw, str)) or _is_of_a_circuit(said, figure.raw):
                found.note(figure.path)  # `contact: true` may mean that it touches or that it is open
            else:
                found.put(sub, said.quantity, read_flag(_plain_flag(said, figure.raw)))
        elif said.subject == "light" and isinstance(figure.raw, str) and figure.raw.isalpha():
            found.note(figure.path)  # "bright", "dark": no illuminance
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


def _is_of_a_circuit(said: Said, raw: object) -> bool:
    """An open relay is off, an open valve on: these words say neither."""
    return said.subject == "switch" and isinstance(raw, str) and raw.strip().lower() in _CIRCUIT


def _plain_flag(said: Said, raw: object) -> object:
    """Milesight's words for a case that was opened."""
    return _TAMPER.get(raw, raw) if said.subject == "tamper" and isinstance(raw, str) else raw
