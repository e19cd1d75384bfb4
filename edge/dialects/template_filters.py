"""The filters templates may use: numbers, rounding, small and capital letters. Pure."""

import math
import re
from collections.abc import Callable

from edge.dialects.figures import Refused, harmless, read_number, short
from edge.dialects.json_paths import MISSING
from wire.text import Text

_PLACES = 15
_LONGEST_TEXT = 1_000
_ONE_NUMBER = re.compile(r"%\d{0,2}(\.\d{1,2})?[df]")


class Absent(Exception):
    """What a template asks for is not in this message, or only a default stood in for it: there is no value."""


def number_of(raw: object) -> float:
    """A number, or a text that is one. Raises Absent, Refused."""
    if raw is MISSING or raw is None or raw == "":
        raise Absent
    if isinstance(raw, bool):
        return float(raw)
    if isinstance(raw, str) and raw.strip().lower() in NO_VALUE:
        raise Absent
    return raw if isinstance(raw, int) else read_number(raw)


NO_VALUE = frozenset({"nan", "none", "null", "unknown", "unavailable", "na", "n/a", "undefined"})
"""What programs send for "no reading"."""


def _float(raw: object, arguments: list[object]) -> float:
    """A default in place of something that is no number is no measurement."""
    try:
        return float(number_of(raw))
    except Refused as refused:
        raise (Absent if arguments else refused) from refused


def _int(raw: object, arguments: list[object]) -> int:
    return math.trunc(_float(raw, arguments))


def _round(raw: object, arguments: list[object]) -> float:
    number = number_of(raw)
    places = int(number_of(arguments[0])) if arguments else 0
    if abs(places) > _PLACES:
        raise Refused(Text(f"làm tròn {places} chữ số", f"round to {places} places"))
    how = arguments[1] if len(arguments) > 1 else "common"
    if how not in {"common", "floor", "ceil"}:
        raise Refused(Text(f"cách làm tròn lạ {short(how)}", f"no such way to round {short(how)}"))
    if how == "common":
        return round(float(number), places)
    shifted = number * 10.0**places
    return float((math.floor if how == "floor" else math.ceil)(shifted)) / 10.0**places


def _default(raw: object, arguments: list[object]) -> object:
    if raw is MISSING or (raw in (None, "", False) and len(arguments) > 1 and bool(arguments[1])):
        raise Absent
    return raw


def _is_defined(raw: object, _: list[object]) -> object:
    if raw is MISSING:
        raise Absent
    return raw


def _text(raw: object) -> str:
    if raw is MISSING:
        raise Absent
    if not isinstance(raw, str | int | float | None):
        raise Refused(Text(f"không phải chữ: {harmless(raw)}", f"no text: {harmless(raw)}"))
    return str(raw)[:_LONGEST_TEXT]


def _replace(raw: object, arguments: list[object]) -> str:
    if len(arguments) != 2:  # noqa: PLR2004
        raise Refused(Text("replace cần hai chữ", "replace wants two texts"))
    return _text(raw).replace(_text(arguments[0]), _text(arguments[1]))[:_LONGEST_TEXT]


def _format(raw: object, arguments: list[object]) -> str:
    """`'%0.2f' | format(x)`: one number, its places bounded."""
    if len(arguments) != 1 or not isinstance(raw, str) or not _ONE_NUMBER.fullmatch(raw):
        raise Refused(Text(f"định dạng lạ {short(raw)}", f"no such format {short(raw)}"))
    return raw % number_of(arguments[0])


FILTERS: dict[str, Callable[[object, list[object]], object]] = {
    "float": _float,
    "int": _int,
    "round": _round,
    "default": _default,
    "d": _default,
    "is_defined": _is_defined,
    "abs": lambda raw, _: abs(number_of(raw)),
    "multiply": lambda raw, arguments: number_of(raw) * number_of(arguments[0] if arguments else MISSING),
    "add": lambda raw, arguments: number_of(raw) + number_of(arguments[0] if arguments else MISSING),
    "string": lambda raw, _: _text(raw),
    "lower": lambda raw, _: _text(raw).lower(),
    "upper": lambda raw, _: _text(raw).upper(),
    "trim": lambda raw, _: _text(raw).strip(),
    "replace": _replace,
    "format": _format,
}
ARITY = {
    "float": 1,
    "int": 2,
    "round": 2,
    "default": 2,
    "d": 2,
    "multiply": 2,
    "add": 2,
    "replace": 2,
    "format": 1,
} | dict.fromkeys(("is_defined", "abs", "string", "lower", "upper", "trim"), 0)
