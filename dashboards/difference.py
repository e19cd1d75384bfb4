"""What differs between two dashboards, line by line, each with its place in the JSON. Pure."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from dashboards.model import Json

# Grafana's own book-keeping inside a stored dashboard; it says nothing about what people see.
_NOT_CONTENT = ("id", "version", "iteration")
_SHOWN = 80  # characters of a value


def content(dashboard: Json) -> Json:
    return {key: value for key, value in dashboard.items() if key not in _NOT_CONTENT}


def checksum(dashboard: Json) -> str:
    """Sixteen hexadecimal digits of what people see, whatever the order of keys."""
    canonical = json.dumps(content(dashboard), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def differences(before: Json, after: Json) -> Iterator[str]:
    """`panels[3].title: "CO2" → "CO₂"`, in the order of the new dashboard; what went away comes last of its level."""
    yield from _differences(content(before), content(after), "")


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(key for key in before if key not in after)]:
            place = f"{path}.{key}" if path else key
            if key not in before:
                yield f"{place}: + {_short(after[key])}"
            elif key not in after:
                yield f"{place}: − {_short(before[key])}"
            else:
                yield from _differences(before[key], after[key], place)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            place = f"{path}[{index}]"
            if index >= len(before):
                yield f"{place}: + {_short(after[index])}"
            elif index >= len(after):
                yield f"{place}: − {_short(before[index])}"
            else:
                yield from _differences(before[index], after[index], place)
    elif before != after:
        yield f"{path}: {_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    if isinstance(value, dict) and "title" in value:
        value = value["title"]
    words = json.dumps(value, ensure_ascii=False)
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
