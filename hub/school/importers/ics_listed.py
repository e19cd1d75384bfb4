"""Times of an event that are listed one by one (RDATE, EXDATE), so many of an event and of a file.

Source: RFC 5545 3.8.5.1, 3.8.5.2. A time without a zone is meant in the event's own.
Errors: a Problem for what is no time, and for what is beyond the bounds.
"""

from collections.abc import Iterator
from datetime import timedelta

from hub.school.importers.ics_lines import Component, Property
from hub.school.importers.ics_times import When, alike, duration, when
from hub.school.importers.ics_zones import Clock
from hub.school.problems import Findings
from wire.text import Text

MAX_MORE, MAX_OFF = 5_000, 20_000  # of one event: a lesson a day for years, and each of them off
MAX_LISTED = 200_000  # of one file


class Listed:
    """Reads the lists of one file's events, `most` times in all."""

    def __init__(self, clock: Clock, file: str, findings: Findings, most: int = MAX_LISTED) -> None:
        self._clock, self._file, self._findings, self._left = clock, file, findings, most

    def more(self, event: Component, like: When) -> list[tuple[When, timedelta | None]]:
        """The times of its RDATEs, of a period its length too; the first ones where there are too many."""
        lists = event.all("RDATE")
        wanted, taken = _number(lists), min(MAX_MORE, self._left)
        if wanted > taken:
            said = Text(
                f"{wanted} lần trong RDATE, lấy {taken}: bỏ {wanted - taken} lần sau",
                f"{wanted} times in RDATE, {taken} are taken: the last {wanted - taken} are left out",
            )
            self._error(lists[0], said)
        self._left -= min(wanted, taken)
        return list(self._times(lists, like, taken))

    def off(self, event: Component, like: When) -> list[When] | None:
        """The times of its EXDATEs; None where there are too many: some would take place that do not."""
        lists = event.all("EXDATE")
        wanted, most = _number(lists), min(MAX_OFF, self._left)
        if wanted > most:
            said = Text(
                f"{wanted} lần trong EXDATE (giới hạn {most}): bỏ cả sự kiện, mọi buổi theo lịch của nó",
                f"{wanted} times in EXDATE (the limit is {most}): the event is left out with all its planned times",
            )
            self._error(lists[0], said)
            return None
        self._left -= wanted
        return [one for one, _ in self._times(lists, like, wanted)]

    def _times(self, lists: list[Property], like: When, most: int) -> Iterator[tuple[When, timedelta | None]]:
        for found in lists:
            for text in found.value.split(","):
                if most <= 0:
                    return
                most -= 1
                one = self._time(found, text, like)
                if one is not None:
                    yield one

    def _time(self, found: Property, text: str, like: When) -> tuple[When, timedelta | None] | None:
        begin, _, end = text.partition("/")
        moment = when(begin, found.parameters)
        if moment is None or not self._clock.knows(moment):
            self._error(found, Text(f"“{text[:40]}” không phải ngày giờ", f"{text[:40]!r} is no date or time"))
            return None
        moment = alike(moment, like)
        length = self._length(moment, end.strip(), found) if end else None
        if length is not None and length <= timedelta():
            self._error(found, Text(f"“{text[:40]}” không phải khoảng giờ", f"{text[:40]!r} is no period of time"))
            return None
        return moment, length

    def _length(self, start: When, end: str, found: Property) -> timedelta:
        """Of the second half of a period, a time or a duration; nothing where it is neither."""
        stop = when(end, found.parameters)
        if stop is not None and not stop.day_only and self._clock.knows(stop):
            return self._clock.instant(alike(stop, start)) - self._clock.instant(start)
        return duration(end) or timedelta()

    def _error(self, found: Property, text: Text) -> None:
        self._findings.error(self._file, text, found.line, found.name)


def _number(lists: list[Property]) -> int:
    return sum(found.value.count(",") + 1 for found in lists)
