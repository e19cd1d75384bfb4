"""Works out what one school plans on one date: weekly and dated cards, bells, half days, one-day changes. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from hub.school.bells import Numbered
from hub.school.calendar import CalendarDay, DayKind
from hub.school.changed_day import NOWHERE, change_day, met_by, occurrences_of
from hub.school.datebook import Dated, Told
from hub.school.edition import Edition, Placed, Taught
from hub.school.meeting import Met, Occurrence
from hub.school.model import Lesson, Period, SchoolDay
from hub.school.timetable import Bell

MAX_GAP_MIN = 15  # a break this short between two cards of one lesson does not end the lesson
MAX_BREAK_MIN = 45  # nor does one this long inside a card that says itself that it goes on after it
Instant = Callable[[int], int]
Span = tuple[int, int, str, str]  # start and end minute, what the first and the last period are called


class DayTask:
    """Everything that is said of one date; `instant` gives UTC milliseconds of a local minute."""

    def __init__(self, edition: Edition, day: date, said: CalendarDay | None, instant: Instant) -> None:
        self._edition, self._day, self._said, self._instant = edition, day, said, instant
        self._schedule = said.bells if said is not None else ""
        self._until_min = said.until_min if said is not None and said.until_min is not None else 24 * 60 * 2

    def school_day(self, cards: Sequence[Placed], dated: Sequence[Dated], told: Sequence[Told]) -> SchoolDay:
        title = self._said.title if self._said is not None else ""
        holiday = self._said is not None and self._said.kind is DayKind.HOLIDAY
        planned = self._planned(cards, dated)
        changed = change_day(planned, told, self._edition, self._instant, self._day.isoformat())
        lessons = sorted(changed.lessons, key=_order)
        cancelled = tuple(sorted(changed.cancelled, key=_order))
        everything = [*planned, *lessons]
        spans = [(one.start_ms, one.end_ms) for one in everything]
        if not holiday:
            spans += self._rung(cards)
        if not spans:
            return SchoolDay(self._day, (), (), None, (), title)
        hours = (min(start for start, _ in spans), max(end for _, end in spans))
        return SchoolDay(
            date=self._day,
            periods=() if holiday else self._periods(hours[1]),
            lessons=tuple(one for one in lessons if one.room != NOWHERE),
            school_hours=hours,
            cancelled=cancelled,
            title=title,
            elsewhere=tuple(one for one in lessons if one.room == NOWHERE),
        )

    def met_by(self, cards: Sequence[Placed], dated: Sequence[Dated], told: Sequence[Told]) -> list[Met]:
        """Of each change, the lessons it means."""
        return met_by(self._planned(cards, dated), told, self._edition)

    def occurrences(self, cards: Sequence[Placed], dated: Sequence[Dated]) -> list[Occurrence]:
        """The lessons as planned, before any change, in words."""
        return occurrences_of(self._planned(cards, dated), in_words=True)

    def _planned(self, cards: Sequence[Placed], dated: Sequence[Dated]) -> list[Lesson]:
        holiday = self._said is not None and self._said.kind is DayKind.HOLIDAY
        return [] if holiday else [*self._weekly(cards), *self._dated(dated)]

    def _bells(self, source: str) -> Numbered:
        return self._edition.bells.of(source, self._schedule)

    def _rung(self, cards: Sequence[Placed]) -> list[tuple[int, int]]:
        """The bells of every card that runs, placed in a room or not."""
        found = [
            bell for card in cards for one in card.periods if (bell := self._bells(card.source).get(one)) is not None
        ]
        kept = [bell for bell in found if bell.start_min < self._until_min]
        return [(self._instant(one.start_min), self._instant(min(one.end_min, self._until_min))) for one in set(kept)]

    def _periods(self, end_ms: int) -> tuple[Period, ...]:
        bells = [bell for bell in self._edition.bells.ringing(self._schedule) if bell.start_min < self._until_min]
        periods = (
            Period(one.name, self._instant(one.start_min), self._instant(min(one.end_min, self._until_min)))
            for one in bells
        )
        return tuple(period for period in periods if period.start_ms < end_ms)

    def _weekly(self, cards: Sequence[Placed]) -> Iterable[Lesson]:
        spans: defaultdict[tuple[str, str], list[Span]] = defaultdict(list)
        taught: dict[str, Taught] = {}
        for card in cards:
            numbers = self._bells(card.source)
            runs = _runs([bell for one in card.periods if (bell := numbers.get(one)) is not None])
            taught[card.taught.id] = card.taught
            for room in card.rooms:
                spans[card.taught.id, room].extend(runs)
        for (lesson, room), found in spans.items():
            for span in _joined(found):
                yield from self._lesson(taught[lesson], room, span)

    def _dated(self, dated: Sequence[Dated]) -> Iterable[Lesson]:
        for one in dated:
            taught = self._edition.taught(one.source, one.card.lesson)
            if taught is not None and one.card.end_min > one.card.start_min:
                for room in self._edition.places(one.source, one.card.rooms):
                    yield from self._lesson(taught, room, (one.card.start_min, one.card.end_min, "", ""))

    def _lesson(self, taught: Taught, room: str, span: Span) -> Iterable[Lesson]:
        start_min, end_min, first, last = span
        if start_min >= self._until_min:
            return
        yield Lesson(
            id=f"{taught.id}@{self._day.isoformat()}T{start_min:04d}",
            room=room,
            period=first if first == last else f"{first}–{last}",
            start_ms=self._instant(start_min),
            end_ms=self._instant(min(end_min, self._until_min)),
            subject=taught.subject,
            classes=taught.classes,
            teachers=taught.teachers,
            expected_people=self._edition.people(taught, self._day),
            class_ids=taught.class_ids,
            teacher_ids=taught.teacher_ids,
        )


def _runs(bells: Iterable[Bell]) -> list[Span]:
    """The periods of one card; only a long break parts them."""
    return _merged(((b.start_min, b.end_min, b.short or b.name, b.short or b.name) for b in bells), MAX_BREAK_MIN)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Cards of one lesson that follow each other closely: a double period is one lesson."""
    return _merged(spans, MAX_GAP_MIN)


def _merged(spans: Iterable[Span], gap_min: int) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(set(spans)):
        start, end, _, name = span
        if merged and start - merged[-1][1] <= gap_min:
            first = merged[-1]
            merged[-1] = (first[0], max(first[1], end), first[2], name)
        else:
            merged.append(span)
    return merged


def _order(lesson: Lesson) -> tuple[int, str, str]:
    return lesson.start_ms, lesson.id, lesson.room
