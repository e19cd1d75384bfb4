"""Times of day beside the rows of a timetable list: what they make of its periods, or of rows without any. Pure.

Source: lists that programs of Vietnamese schools write (Giờ bắt đầu, Giờ kết thúc; Thời gian 07:00 - 07:45).
Units: minutes since local midnight.
"""

import re
from collections.abc import Iterable

from hub.school.importers.asc_bells import clock, minutes
from hub.school.importers.unitime_times import minute_of
from hub.school.problems import Findings
from hub.school.timetable import Bell
from wire.text import Text

Span = tuple[int, int]
_SPAN = re.compile(r"\s*([^-–—→~]+?)\s*(?:-|–|—|→|~|đến)\s*([^-–—→~]+?)\s*")


def span_of(start: str, end: str) -> Span | None:
    """From two cells, or from one like "07:00 - 07:45"; None where it is no span of a day."""
    both = None if end else _SPAN.fullmatch(start)
    first, last = both.groups() if both else (start, end)
    begin, finish = _minute(first), _minute(last)
    return (begin, finish) if begin is not None and finish is not None and begin < finish else None


def _minute(text: str) -> int | None:
    found = minutes(text)
    return found if found is not None else minute_of(text)


def span_name(span: Span) -> str:
    """A period that has no number is called by its times."""
    return f"{clock(span[0])}-{clock(span[1])}"


class Times:
    """Gathers when periods begin and end; `bells` gives them where all of them are known and none is told twice."""

    def __init__(self) -> None:
        self._starts: dict[str, dict[int, int]] = {}
        self._ends: dict[str, dict[int, int]] = {}
        self._named: dict[str, Span] = {}

    def learn(self, periods: tuple[str, ...], span: Span, line: int) -> None:
        self._starts.setdefault(periods[0], {}).setdefault(span[0], line)
        self._ends.setdefault(periods[-1], {}).setdefault(span[1], line)

    def name(self, span: Span) -> str:
        """The period of a row that has times and no number."""
        self._named[span_name(span)] = span
        return span_name(span)

    def bells(self, periods: Iterable[str], file: str, findings: Findings) -> tuple[Bell, ...]:
        """`periods` are all the timetable uses. A time that contradicts another is told, and none is taken then."""
        numbers = sorted((one for one in set(periods) if one not in self._named), key=int)
        named = tuple(Bell(one, one, "", *span) for one, span in sorted(self._named.items(), key=lambda one: one[1]))
        if not self._starts or not numbers or self._contradicts(file, findings):
            return named
        missing = [one for one in numbers if one not in self._starts or one not in self._ends]
        if missing:
            listed = ", ".join(missing)
            text = Text(
                f"không rõ giờ của tiết {listed}: không dùng giờ trong tệp",
                f"no times of period {listed}: none is used",
            )
            findings.note(file, text)
            return named
        return (*(Bell(one, one, "", min(self._starts[one]), min(self._ends[one])) for one in numbers), *named)

    def _contradicts(self, file: str, findings: Findings) -> bool:
        told = False
        for period, times in [*self._starts.items(), *self._ends.items()]:
            if len(times) > 1:
                (one, first), (other, line), *_ = times.items()
                text = Text(
                    f"tiết {period}: {clock(other)}, ở dòng {first} là {clock(one)}; không dùng giờ trong tệp",
                    f"period {period}: {clock(other)}, on line {first} it is {clock(one)}; no time of the file is used",
                )
                findings.warning(file, text, line)
                told = True
        return told
