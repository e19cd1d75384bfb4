"""How many pupils a class has on a date, from the roster's enrolments; no names are kept here. Pure."""

from collections.abc import Iterable
from datetime import date

import msgspec

from hub.school.names import plain


class Stay(msgspec.Struct, frozen=True):
    """Pupils in one class for a time: `begin` inclusive, `end` exclusive, None open. `names` is what the class is
    called: its title and its code; `source` is whose roster says so.
    """

    names: tuple[str, ...]
    begin: date | None = None
    end: date | None = None
    pupils: int = 1
    source: str = ""


class Headcount:
    """Pupils by the name of their class, folded; asked once per lesson and day.

    A class that several sources have is no sum of them, as they speak of the same pupils under keys of their own: the
    source with most pupils in it on that day counts.
    """

    def __init__(self, stays: Iterable[Stay]) -> None:
        self._stays: dict[str, dict[str, list[tuple[date, date, int]]]] = {}
        for stay in stays:
            interval = (stay.begin or date.min, stay.end or date.max, stay.pupils)
            for name in {plain(name) for name in stay.names} - {""}:
                self._stays.setdefault(name, {}).setdefault(stay.source, []).append(interval)

    def pupils(self, names: Iterable[str], day: date) -> int | None:
        """The pupils of the class of one of these names; None where the roster knows no such class."""
        for name in names:
            told = self._stays.get(plain(name))
            if told is not None:
                return max(
                    sum(pupils for begin, end, pupils in intervals if begin <= day < end) for intervals in told.values()
                )
        return None
