"""What is heard and not understood: counted by topic and path in bounded memory, with a proposal where one is clear.

Privacy: payloads may hold anything, so only short numbers and words like "on" are ever kept of one.
"""

import re
from collections.abc import Collection

import msgspec

from edge.dialects.figures import OFF_WORDS, ON_WORDS, Refused, read_json, read_number
from edge.dialects.json_paths import leaves
from edge.dialects.key_names import read_name
from edge.dialects.proposals import propose
from wire.messages import MAX_HEARD, Heard

_ENTRIES = 4 * MAX_HEARD  # a newcomer needs room to become frequent beside a flood of topics heard once
_LEAVES = 32
_READ_BYTES = 65_536
_LONGEST = 200
_KEY = re.compile(r"[A-Za-z0-9_.:%µ°/()+-]{0,40}")
_ID = re.compile(r"\d+|(0x)?(?=.*\d)[0-9a-f]{6,}|([0-9a-f]{2}[:-]){3,}[0-9a-f]{2}|(?=.*\d)[0-9a-f-]{36}", re.IGNORECASE)
_ID_DIGITS = 4
_MANY_DIGITS = 7
_LONG_NUMBER = 10_000_000.0  # beyond it: a card, a telephone, a time; not to be shown

Figure = float | bool | str
Levels = tuple[str, ...]
Keys = tuple[str, ...]


class _Entry(msgspec.Struct):
    count: int
    example: Figure | None


class HeardLog:
    """Counts by source, topic filter and path. Mutable; at most 256 entries, the 64 most frequent are told."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, Levels, Keys], _Entry] = {}
        self.news = 0  # counts what was not in it before

    def note(self, source: str, topic: str, payload: bytes, only: Collection[str] | None = None) -> None:
        """One message nobody understood; with `only`, just these of its paths were not."""
        found = _figures(payload)
        if only is not None:
            named: dict[str, Keys] = {name: (name,) for name in only if len(name) <= _LONGEST and _harmless(name)}
            named |= {".".join(keys): keys for keys in found}
            found = {named[name]: found.get(named[name]) for name in only if name in named}
        levels = self._place(source, _general(topic), set(found))
        for keys, example in found.items():
            self._count((source, levels, keys), example)

    def heard(self) -> list[Heard]:
        """Most frequent first."""
        ranked = sorted(self._entries.items(), key=lambda item: -item[1].count)[:MAX_HEARD]
        return [
            Heard(
                source[:_LONGEST],
                "/".join(levels),
                ".".join(keys),
                entry.count,
                _shown(entry.example),
                None if entry.example is None else propose(levels, keys, entry.example),
            )
            for (source, levels, keys), entry in ranked
        ]

    def _count(self, key: tuple[str, Levels, Keys], example: Figure | None) -> None:
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= _ENTRIES:
                del self._entries[min(self._entries, key=lambda one: self._entries[one].count)]  # of several the oldest
            self._entries[key] = _Entry(1, example)
            self.news += 1
            return
        entry.count += 1
        entry.example = example if example is not None else entry.example

    def _place(self, source: str, levels: Levels, paths: set[Keys]) -> Levels:
        """The filter this topic is counted under: one it fits, or a former one widened where they differ in a level."""
        known: dict[Levels, set[Keys]] = {}
        for name, other, keys in self._entries:
            if name == source and len(other) == len(levels):
                known.setdefault(other, set()).add(keys)
        if levels in known:
            return levels
        for other, theirs in known.items():
            differ = [place for place, pair in enumerate(zip(other, levels, strict=True)) if pair[0] != pair[1]]
            if all(other[place] == "+" for place in differ) and _alike(theirs, paths):
                return other
            if len(differ) == 1 and _may_widen(other, levels, differ[0], theirs, paths):
                wider = (*other[: differ[0]], "+", *other[differ[0] + 1 :])
                self._widen(source, other, wider)
                return wider
        return levels

    def _widen(self, source: str, old: Levels, new: Levels) -> None:
        for key in [key for key in self._entries if key[:2] == (source, old)]:
            entry, wider = self._entries.pop(key), (source, new, key[2])
            if wider in self._entries:
                self._entries[wider].count += entry.count
            else:
                self._entries[wider] = entry


def _alike(one: set[Keys], other: set[Keys]) -> bool:
    return 2 * len(one & other) >= len(one | other)


def _may_widen(other: Levels, levels: Levels, place: int, theirs: set[Keys], paths: set[Keys]) -> bool:
    """Not the first level (the system), not words that name what is measured, not messages of different figures."""
    if place == 0 or not _alike(theirs, paths):
        return False
    if any(read_name(name) is not None for name in (other[place], levels[place])):
        return False
    return place < len(levels) - 1 or paths != {()}


def _general(topic: str) -> Levels:
    """The topic's levels with a + for what is plainly an id; bounded, the rest being a #."""
    levels = [
        "+"
        if not level.isprintable()
        or any(wild in level for wild in "+#")
        or _ID.fullmatch(level)
        or sum(letter.isdecimal() for letter in level) >= _ID_DIGITS
        else level
        for level in topic.split("/")
    ]
    if sum(map(len, levels)) + len(levels) <= _LONGEST:
        return tuple(levels)
    while sum(map(len, levels)) + len(levels) > _LONGEST - 2:
        levels.pop()
    return (*levels, "#")


def _figures(payload: bytes) -> dict[Keys, Figure | None]:
    """Every number and on/off word by its keys; only the empty path where there is none."""
    body: object = None
    if len(payload) <= _READ_BYTES:
        try:
            body = read_json(payload)
        except Refused:
            body = payload.decode("utf-8", "replace").strip()
    found: dict[Keys, Figure | None] = {}
    for keys, raw in leaves(body, _LEAVES):
        figure = _figure(raw)
        if figure is not None and len(".".join(keys)) <= _LONGEST and all(map(_harmless, keys)):
            found[keys] = figure
    return found or {(): None}


def _harmless(path: str) -> bool:
    """A key is no name of a person (blanks, marked letters), no telephone or card, no text."""
    return all(
        (_KEY.fullmatch(key) is not None and sum(map(str.isdecimal, key)) < _MANY_DIGITS) or read_name(key) is not None
        for key in path.split(".")
    )


def _figure(raw: object) -> Figure | None:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().casefold() in (ON_WORDS | OFF_WORDS) - {"0", "1"}:
        return raw.strip().casefold()
    try:
        return read_number(raw)
    except Refused:
        return None


def _shown(example: Figure | None) -> str:
    if example is None or (isinstance(example, float) and abs(example) >= _LONG_NUMBER):
        return ""
    if isinstance(example, bool):
        return "true" if example else "false"
    return example if isinstance(example, str) else f"{example:.10g}"
