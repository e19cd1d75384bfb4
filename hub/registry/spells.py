"""What a place was called and whether it stood, day by day: changing one stretch of its spells. Pure.

The spells of a place follow each other without a gap from ALWAYS on; the last is open.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from msgspec.structs import replace

from hub.registry.model import ALWAYS, Spell

Spells = tuple[Spell, ...]
NOT_YET = ""  # `retired` of the time before a place was there


def at(spells: Iterable[Spell], day: date | str) -> Spell | None:
    wanted = day if isinstance(day, str) else day.isoformat()
    return next((spell for spell in spells if spell.holds(wanted)), None)


def made(name: str, aliases: Sequence[str], since: str | None = None) -> Spells:
    """Of a new place: since ever, or since it was built."""
    whole = (Spell(ALWAYS, None, name, tuple(aliases)),)
    if since is None or since <= ALWAYS:
        return whole
    return _changed(whole, ALWAYS, since, lambda spell: replace(spell, aliases=(), retired=NOT_YET))


def renamed(spells: Spells, since: str, name: str, aliases: Sequence[str]) -> Spells:
    """Called so from that day on, whatever was announced for later; when it stands is another matter."""
    return _changed(spells, since, None, lambda spell: replace(spell, name=name, aliases=tuple(aliases)))


def corrected(spells: Spells, today: str, name: str, aliases: Sequence[str]) -> Spells:
    """What it is called today was never called otherwise: for as long as that name holds."""
    now = at(spells, today)
    if now is None:
        return spells
    place = spells.index(now)
    first = last = place
    while first > 0 and _calls(spells[first - 1], now):
        first -= 1
    while last + 1 < len(spells) and _calls(spells[last + 1], now):
        last += 1
    ends = spells[first].first, spells[last].until
    return _changed(spells, *ends, lambda spell: replace(spell, name=name, aliases=tuple(aliases)))


def retired(spells: Spells, since: str, reason: str) -> Spells:
    """Out of use from that day on, for good as far as is known."""
    return _changed(spells, since, None, lambda spell: replace(spell, retired=reason))


def standing(spells: Spells, since: str) -> Spells:
    """In use again from that day on."""
    return _changed(spells, since, None, lambda spell: replace(spell, retired=None))


def first_difference(before: Spells, after: Spells) -> str | None:
    """The first day on which they say different things; None where they never do."""
    starts = sorted({spell.first for spell in (*before, *after)})
    return next((day for day in starts if not _same(at(before, day), at(after, day))), None)


def eventful(spells: Spells) -> bool:
    """Whether anything ever was, or will be, different."""
    return len(spells) > 1 or any(spell.retired is not None for spell in spells)


def _same(one: Spell | None, other: Spell | None) -> bool:
    if one is None or other is None:
        return one is other
    return _calls(one, other) and one.retired == other.retired


def _calls(one: Spell, other: Spell) -> bool:
    return (one.name, one.aliases) == (other.name, other.aliases)


def _changed(spells: Spells, first: str, until: str | None, work: Callable[[Spell], Spell]) -> Spells:
    """`work` done to every part of them that lies on [first, until); neighbours that say the same become one."""
    parts: list[Spell] = []
    for spell in spells:
        parts += _split(spell, first, until, work)
    joined: list[Spell] = []
    for part in parts:
        if joined and _same(joined[-1], part):
            joined[-1] = replace(joined[-1], until=part.until)
        else:
            joined.append(part)
    return tuple(joined)


def _split(spell: Spell, first: str, until: str | None, work: Callable[[Spell], Spell]) -> list[Spell]:
    start = max(spell.first, first)
    ends = [end for end in (spell.until, until) if end is not None]
    end = min(ends) if ends else None
    if end is not None and start >= end:
        return [spell]
    parts = [work(replace(spell, first=start, until=end))]
    if spell.first < start:
        parts.insert(0, replace(spell, until=start))
    if end is not None and (spell.until is None or end < spell.until):
        parts.append(replace(spell, first=end))
    return parts
