"""Which model has which channels, and how a device profile's name says the model. Pure.

Source: as edge.dialects.codecs.milesight. Layouts as in edge.dialects.codecs.layout; "=name" is one of SPECIALS.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from edge.dialects.codecs.milesight_air import AIR
from edge.dialects.codecs.milesight_probes import PROBES
from edge.dialects.codecs.milesight_rooms import ROOMS
from edge.dialects.codecs.milesight_switches import SWITCHES

Table = dict[str, str]


class Model(NamedTuple):
    """`family` says how long answers to settings are."""

    name: str
    family: str
    channels: dict[tuple[int, int], str]


def _by_name() -> Iterator[tuple[str, tuple[str, Table]]]:
    """A key of a table may hold several names."""
    for family, tables in (("am", AIR), ("em", PROBES), ("vs", ROOMS), ("ws", SWITCHES)):
        for names, table in tables.items():
            for name in names.split():
                yield name, ("vs121" if name == "VS121" else family, table)


_TABLES = dict(_by_name())
MODELS = tuple(_TABLES)
SERIES = {"AM100": "AM10", "AM300": "AM3", "EM300": "EM300-", "EM500": "EM500-"}
"""What a profile may say instead of a model, and how its models begin: what these agree on is read."""
_LONGEST = 100
_PROFILES = 512  # names come in messages: what is remembered of them is bounded


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """The model's name wherever it stands alone: "EM500-CO2" in "Milesight EM500_CO2-868M", not AM307 in AM307L."""
    parts = [re.escape(part) for part in name.split("-")]
    return re.compile(rf"(?<![A-Z0-9]){r'[-_ (]*'.join(parts)}(?![A-Z0-9])")


@cache
def _channels(name: str) -> dict[tuple[int, int], str]:
    _, table = _TABLES[name]
    pairs = {}
    for key, layout in table.items():
        channel, kind = bytes.fromhex(key)
        pairs[channel, kind] = layout
    return pairs


def model_named(text: str) -> Model | None:
    """The most exact model that a profile's name holds; None where there is none of ours."""
    return _named(text[:_LONGEST].upper())


@lru_cache(_PROFILES)
def _named(upper: str) -> Model | None:
    held = [name for name in MODELS if _pattern(name).search(upper)]
    if not held:
        return next((_of_series(name) for name in SERIES if _pattern(name).search(upper)), None)
    name = max(held, key=len)
    return Model(name, _TABLES[name][0], _channels(name))


@cache
def _of_series(name: str) -> Model:
    """The channels that mean the same to every model of the series that has them."""
    models = [model for model in MODELS if model.startswith(SERIES[name])]
    layouts: dict[tuple[int, int], set[str]] = {}
    for model in models:
        for pair, layout in _channels(model).items():
            layouts.setdefault(pair, set()).add(layout)
    agreed = {pair: told.pop() for pair, told in layouts.items() if len(told) == 1}
    return Model(f"{name} series", _TABLES[models[0]][0], agreed)
