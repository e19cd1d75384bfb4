"""Paths into JSON: keys and list positions joined by dots ("climate.temp", "rooms.0.co2"). Pure."""

import re
from collections.abc import Iterator
from typing import Final

from edge.dialects.figures import Refused
from wire.text import Text


class _Missing:
    """Nothing is there; null is something else."""


MISSING: Final = _Missing()
_DEEPEST = 8
_PLACE = re.compile(r"[0-9]{1,6}")


def follow(body: object, path: str) -> object:
    """What `path` leads to, or MISSING. A key may hold dots itself. Raises Refused where a value stands in its way."""
    return _follow(body, path.split(".")) if path else body


def _follow(body: object, parts: list[str]) -> object:
    if not parts:
        return body
    if isinstance(body, list):
        index = int(parts[0]) if _PLACE.fullmatch(parts[0]) else len(body)
        return _follow(body[index], parts[1:]) if index < len(body) else MISSING
    if not isinstance(body, dict):
        if body is None:
            return MISSING
        raise Refused(Text("có một giá trị thay vì đối tượng", "a value where an object was expected"))
    for end in range(1, len(parts) + 1):
        key = ".".join(parts[:end])
        if key in body:
            found = _follow(body[key], parts[end:])
            if found is not MISSING:
                return found
    return MISSING


def leaves(body: object, most: int, deepest: int = _DEEPEST) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value that is neither object nor list with its keys, the first `most` of them."""
    left = most
    stack: list[tuple[tuple[str, ...], object]] = [((), body)]
    while stack and left > 0:
        keys, one = stack.pop()
        if isinstance(one, dict | list) and len(keys) >= deepest:
            continue
        if isinstance(one, dict):
            inner = [((*keys, str(key)), value) for key, value in list(one.items())[:left]]
            stack.extend(reversed(inner))
        elif isinstance(one, list):
            stack.extend(reversed([((*keys, str(index)), value) for index, value in enumerate(one[:left])]))
        else:
            left -= 1
            yield keys, one
