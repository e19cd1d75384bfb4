"""How many pupils a class has on a date, from the roster's enrolments; no names are kept here. Pure."""

from collections.abc import Iterable
from datetime import date

import msgspec

from hub.school.names import plain


class Stay(msgspec.Struct, frozen=True):
    """Pupils in one class for a time: `begin` inclusive, `end` exclusive, None open. `names` is what the class is
    called: its title and its code.
    """

    names: tuple[str, ...]
    begin: date | None = None
    end: date | None = None
    pupils: int = 1


class Headcount:
    """Pupils by the name of their class, folded; asked once per lesson and day."""

    def __init__(self, stays: Iterable[Stay]) -> None:
        self._stays: dict[str, list[tuple[date, date, int]]] = {}
        for stay in stays:
            interval = (stay.begin or date.min, stay.end or date.max, stay.pupils)
            for name in {plain(name) for name in stay.names} - {""}:
                self._stays.setdefault(name, []).append(interval)

    def pupils(self, names: Iterable[str], day: date) -> int | None:
        """The pupils of the class of one of these names; None where the roster knows no such class."""
        for name in names:
            intervals = self._stays.get(plain(name))
            if intervals is not None:
                return sum(pupils for begin, end, pupils in intervals if begin <= day < end)
        return None
