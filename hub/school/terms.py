"""Terms of the school year: is this date a school day at all, and which character of a terms mask is it? Pure."""

from collections.abc import Iterable
from datetime import date

from hub.school.masks import holds
from hub.school.roster import Session

_TEACHING = {"term", "semester"}


class Terms:
    """The calendar a roster gives. Outside the span it covers it knows nothing, and says so by letting lessons run."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        spans = {(one.first, one.last) for one in sessions if one.kind in _TEACHING}
        self._spans = sorted(spans)
        self.first = min((first for first, _ in self._spans), default=None)
        self.last = max((last for _, last in self._spans), default=None)

    def knows(self, day: date) -> bool:
        return self.first is not None and self.last is not None and self.first <= day <= self.last

    def teaching(self, day: date) -> bool:
        """False only on a date between terms; True inside one and where the calendar says nothing."""
        return not self.knows(day) or any(first <= day <= last for first, last in self._spans)

    def began(self, day: date) -> date | None:
        """The first day of the longest term the date lies in; None where the calendar says nothing."""
        inside = [(first, last) for first, last in self._spans if first <= day <= last]
        return max(inside, key=lambda span: span[1] - span[0])[0] if inside else None

    def in_term(self, mask: str, day: date) -> bool:
        """Whether a terms mask means this date. Without a term for each of its characters every term is meant."""
        position = self._position(day, len(mask))
        return not mask or "1" not in mask or position is None or holds(mask, position)

    def _position(self, day: date, length: int) -> int | None:
        """The date's term, counted among the `length` consecutive, separate terms of its school year."""
        if length <= 1:
            return None
        apart = [
            (first, last)
            for first, last in self._spans
            if not any((first, last) != other and first <= other[0] and other[1] <= last for other in self._spans)
        ]
        index = next((number for number, (first, last) in enumerate(apart) if first <= day <= last), None)
        return None if index is None or len(apart) % length else index % length
