"""The bell schedules in force: what rings, who said so and when, the imported times beneath, differences. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from hub.school.bells import HAND, outranked
from hub.school.timetable import Bell

Spans = tuple[Bell, ...]


class Said(msgspec.Struct, frozen=True):
    """One bell as one source says it; `at_ms` is when that was taken in."""

    bell: Bell
    source: str
    file: str
    at_ms: int | None


class Ringing(msgspec.Struct, frozen=True):
    """One schedule. `bells` ring; `imported` would ring without what was set by hand, None where no file says any."""

    schedule: str
    source: str
    file: str
    at_ms: int | None
    bells: Spans
    imported: Spans | None = None

    @property
    def by_hand(self) -> bool:
        return self.source == HAND


class Change(msgspec.Struct, frozen=True):
    """One period that differs; None on the side where there is no such period."""

    number: str
    old: Bell | None
    new: Bell | None


def ringing(said: Iterable[Said]) -> list[Ringing]:
    """By schedule, the usual one first; of several sources the first by rank rings."""
    of: dict[str, dict[str, list[Said]]] = {}
    for one in said:
        of.setdefault(one.bell.schedule, {}).setdefault(one.source, []).append(one)
    found = []
    for schedule, sources in sorted(of.items()):
        first, *_ = ranked = sorted(sources, key=outranked)
        newest = max(sources[first], key=lambda one: one.at_ms or 0)
        imported = next((_timed(sources[one]) for one in ranked if one != HAND), None)
        found.append(Ringing(schedule, first, newest.file, newest.at_ms, _timed(sources[first]), imported))
    return found


def differences(old: Iterable[Bell], new: Iterable[Bell]) -> list[Change]:
    """Period by period, in the order of the new ones, those that go last."""
    before, after = ({bell.number: bell for bell in side} for side in (old, new))
    changed = [Change(number, before.get(number), bell) for number, bell in after.items() if _moved(before, bell)]
    return changed + [Change(number, bell, None) for number, bell in before.items() if number not in after]


def _moved(before: Mapping[str, Bell], bell: Bell) -> bool:
    old = before.get(bell.number)
    return old is None or _content(old) != _content(bell)


def _content(bell: Bell) -> tuple[int, int, str]:
    return bell.start_min, bell.end_min, bell.name or bell.number


def _timed(said: Iterable[Said]) -> Spans:
    return tuple(sorted((one.bell for one in said), key=lambda bell: (bell.start_min, bell.end_min, bell.number)))
