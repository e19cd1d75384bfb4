"""The plan of one school over time, from timetables, terms, calendar and enrolments: any room, class or teacher, any
instant, in microseconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from hub.registry.model import Room
from hub.school.calendar import DayKind
from hub.school.changes import ChangeKind, DayChange, Meant
from hub.school.datebook import DateBook, Told
from hub.school.day import Day
from hub.school.directory import Directory, Kind, Listed, opaque
from hub.school.edition import Edition, Placed
from hub.school.headcount import Headcount
from hub.school.masks import holds, week_number, weeks_between
from hub.school.meeting import Met, meant_by
from hub.school.model import Lesson, Period, SchoolDay
from hub.school.names import NamesOverTime
from hub.school.planned_day import DayTask
from hub.school.roster import Session
from hub.school.terms import Terms
from hub.school.timetable import Bell, Timetable
from wire.text import Text

MAX_DAYS = 160  # days kept ready a school, a term and its holidays; building one takes 1 ms
Parts = Mapping[str, Timetable]  # by source


class PlanRules(msgspec.Struct, frozen=True):
    """What an import was told of the calendar, or the usual. `from_term`: weeks are counted from the term's first."""

    odd_first: bool = True
    from_term: bool = False


class SchoolPlan:
    """Implements hub.school.schedule.Schedule. `unmatched_rooms`: timetable rooms that are no registry room;
    `ambiguous_rooms`: those of them that could be several; `unmatched_of` asks for one source's. Lessons that have no
    room are found by class and teacher.

    `dates` is what holds on a date of its own; without it that of the timetables themselves is taken. `last`: the last
    day that will be asked for.
    """

    def __init__(
        self,
        *,
        timetables: Sequence[tuple[date, Timetable | Parts]],
        rooms: Iterable[Room] | NamesOverTime,
        sessions: Iterable[Session] = (),
        headcount: Headcount | None = None,
        rules: PlanRules | None = None,
        timezone: str = "Asia/Ho_Chi_Minh",
        dates: DateBook | None = None,
        school: str = "",
        last: date | None = None,
    ) -> None:
        self.rules = rules or PlanRules()
        self.school = school
        self._zone = ZoneInfo(timezone)
        self._terms = Terms(sessions)
        self._names = rooms if isinstance(rooms, NamesOverTime) else NamesOverTime(rooms)
        self._counts = headcount or Headcount(())
        ordered = sorted(((first, _parts(one)) for first, one in timetables), key=lambda edition: edition[0])
        matched = _matched(ordered, self._names, last or date.max)
        self._from = [first for first, _ in matched]
        self._editions = [Edition(parts, self._names.at(first), self._counts) for first, parts in matched]
        self._dates = dates if dates is not None else _dates_of(ordered)
        self._days: dict[date, Day] = {}
        self._last: Day | None = None
        newest = self._editions[-1] if self._editions else self._bare(date.max)
        self.unmatched_rooms, self.ambiguous_rooms = newest.unmatched, newest.ambiguous
        self.unmatched_of = newest.unmatched_of
        self.classes, self.teachers = self._directories()

    def at(self, room: str, t_ms: int) -> Lesson | None:
        """The lesson running in the room at that instant; of two (a double booking) the one that began later."""
        return self._day_of(t_ms).by_room.at(room, t_ms)

    def at_class(self, class_id: str, t_ms: int) -> Lesson | None:
        """What the class has then; of two (a divided class) the one that began later."""
        return self._day_of(t_ms).by_class.at(class_id, t_ms)

    def at_teacher(self, teacher_id: str, t_ms: int) -> Lesson | None:
        return self._day_of(t_ms).by_teacher.at(teacher_id, t_ms)

    def next_after(self, room: str, t_ms: int) -> Lesson | None:
        """The next lesson that starts after the instant on the same local day."""
        return self._day_of(t_ms).by_room.after(room, t_ms)

    def day(self, room: str, t_ms: int) -> list[Lesson]:
        """The room's lessons of the local day that holds the instant, in order."""
        return self._day_of(t_ms).by_room.of(room)

    def day_of_class(self, class_id: str, t_ms: int) -> list[Lesson]:
        return self._day_of(t_ms).by_class.of(class_id)

    def day_of_teacher(self, teacher_id: str, t_ms: int) -> list[Lesson]:
        return self._day_of(t_ms).by_teacher.of(teacher_id)

    def names(self, room: str, t_ms: int) -> bool:
        """Whether the timetable in force on that day knows the room; of one it does not, it says nothing."""
        return room in self._day_of(t_ms).rooms

    def period_at(self, t_ms: int) -> Period | None:
        """The bell period running in the school, lesson or not; where two bell schedules overlap, the later start."""
        return self._day_of(t_ms).period_at(t_ms)

    def next_period(self, t_ms: int) -> Period | None:
        """The next bell period of the same local day."""
        return self._day_of(t_ms).next_period(t_ms)

    def in_school_hours(self, t_ms: int) -> bool | None:
        """Whether the school is open; None where nothing was imported that says so."""
        return self._day_of(t_ms).in_school_hours(t_ms)

    def school_day(self, day: date) -> SchoolDay:
        """Everything planned in the school on that local date."""
        return self._ready(day).school_day

    def school_day_without(self, day: date, change: str) -> SchoolDay:
        """The date as it would be planned without the one-day change set by hand that has this id."""
        return self._plan(day, change)

    def ready(self, day: date) -> Day:
        """The day prepared for questions."""
        return self._ready(day)

    @property
    def zone(self) -> ZoneInfo:
        return self._zone

    @property
    def rooms_named(self) -> frozenset[str]:
        """The registry rooms the newest timetable knows."""
        return self._editions[-1].rooms if self._editions else frozenset()

    def week_of(self, day: date) -> int | None:
        """Which of the alternate weeks it is (0: A); None where the timetable has none."""
        edition = self._edition(day)
        return None if edition is None or edition.weeks <= 1 else self._week(day, edition.weeks)

    def unmet(self, since: date, schedule: str | None = None, bells: Iterable[Bell] = ()) -> list[DayChange]:
        """One-day changes from then on whose lesson is not planned; with `schedule`, as if a person had given it these
        bells.
        """
        rung, found = tuple(bells), list[DayChange]()
        for day in self._dates.changed_from(since):
            edition = self._edition(day) or self._bare(day)
            if schedule is not None:
                edition = edition.ringing(edition.bells.by_hand(schedule, rung))
            found += [one.change for one, met in self._met(edition, day) if _lost(one, met)]
        return found

    def fitting_several(self, since: date) -> list[DayChange]:
        """Those of the lost ones that would fit more than one lesson."""
        days = self._dates.changed_from(since)
        met = [one for day in days for one in self._met(self._edition(day) or self._bare(day), day)]
        return [one.change for one, met in met if _lost(one, met) and met.several]

    def doubtful(self, among: frozenset[str], altered: frozenset[str] = frozenset()) -> list[DayChange]:
        """Of changes set by hand (by their ids) those whose lesson the day does not have, or has shorter, or that is
        `altered`.
        """
        days = self._dates.changed_from(date.min)
        return [change for day in days for change in self._doubtful(day, among, altered)]

    def remember(self, meant: Mapping[str, Meant]) -> None:
        """What changes set by hand were told of, by their ids; before any day is asked for."""
        self._dates.remember(meant)

    def meant(self, changes: Iterable[DayChange]) -> dict[str, Meant]:
        """The lessons that changes set by hand mean in this plan, as far as each means one."""
        wanted: dict[date, set[str]] = {}
        for change in changes:
            wanted.setdefault(change.day, set()).add(change.id)
        found: dict[str, Meant] = {}
        for day, ids in wanted.items():
            edition = self._edition(day) or self._bare(day)
            planned = self._task(edition, day).occurrences(self._cards(edition, day), self._dates.cards(day))
            for one, met in self._met(edition, day):
                meant = meant_by(met, planned) if one.by_hand and one.change.id in ids else None
                if meant is not None:
                    found[one.change.id] = meant
        return found

    def placed(self, change: DayChange) -> DayChange:
        """A change set by hand with the id and start its lesson has now, whatever they were when it was told."""
        edition = self._edition(change.day) or self._bare(change.day)
        for one, met in self._met(edition, change.day):
            if one.by_hand and one.change.id == change.id and change.start_min is not None and met:
                lesson, start_min = min(met.places, key=lambda place: (place[1], place[0]))
                return msgspec.structs.replace(change, lesson=lesson, start_min=start_min)
        return change

    def _doubtful(self, day: date, among: frozenset[str], altered: frozenset[str]) -> list[DayChange]:
        told = [one.change for one in self._dates.changes(day) if one.by_hand and one.change.id in among]
        told = [one for one in told if one.kind is not ChangeKind.EXTRA]
        if not told:
            return []
        edition = self._edition(day) or self._bare(day)
        planned = self._task(edition, day).occurrences(self._cards(edition, day), self._dates.cards(day))
        ends = {(one.lesson, one.start_min): one.end_min for one in planned}
        there = {one.lesson for one in planned}
        return [one for one in told if one.id in altered or one.lesson not in there or _shorter(one, ends)]

    def _met(self, edition: Edition, day: date) -> list[tuple[Told, Met]]:
        told, task = self._dates.changes(day), self._task(edition, day)
        return list(zip(told, task.met_by(self._cards(edition, day), self._dates.cards(day), told), strict=True))

    def _task(self, edition: Edition, day: date) -> DayTask:
        return DayTask(edition, day, self._dates.days.get(day), partial(self._instant, day))

    def _plan(self, day: date, without: str = "") -> SchoolDay:
        edition, said = self._edition(day), self._dates.days.get(day)
        changes = [one for one in self._dates.changes(day) if not (one.by_hand and one.change.id == without)]
        if edition is None and not changes and said is None:
            return SchoolDay(day, (), (), None)
        found = edition or self._bare(day)
        instants: dict[int, int] = {}

        def instant(minute: int) -> int:
            known = instants.get(minute)
            if known is None:
                known = instants[minute] = self._instant(day, minute)
            return known

        task = DayTask(found, day, said, instant)
        return task.school_day(self._cards(found, day), self._dates.cards(day), changes)

    def _cards(self, edition: Edition, day: date) -> list[Placed]:
        """The weekly cards that run on the date."""
        said = self._dates.days.get(day)
        if not (said.kind is DayKind.TEACHING if said is not None else self._terms.teaching(day)):
            return []
        weekday = said.weekday if said is not None and said.weekday is not None else day.weekday()
        return edition.cards(weekday, lambda weeks, terms: self._runs(day, weeks, terms))

    def _runs(self, day: date, weeks: str, terms: str) -> bool:
        in_week = not weeks or holds(weeks, self._week(day, len(weeks)))
        return in_week and self._terms.in_term(terms, day)

    def _week(self, day: date, length: int) -> int:
        """The character of weeks masks: as the calendar says, else counted from the term, else by ISO parity."""
        if length <= 1:
            return 0
        said = self._dates.week(day)
        if said is not None:
            return said % length
        began = self._terms.began(day) if self.rules.from_term else None
        if began is not None:
            return weeks_between(began, day) % length
        return week_number(day, length, odd_first=self.rules.odd_first)

    def _bare(self, day: date) -> Edition:
        """Of a day before any timetable: only what people set."""
        return Edition({}, self._names.at(day), self._counts)

    def _edition(self, day: date) -> Edition | None:
        index = bisect_right(self._from, day) - 1
        return self._editions[index] if index >= 0 else None

    def _local_date(self, t_ms: int) -> date:
        return datetime.fromtimestamp(t_ms / 1000, self._zone).date()

    def _instant(self, day: date, minute: int) -> int:
        """UTC milliseconds of a wall-clock minute of the day (24:00 is the next midnight)."""
        local = datetime(day.year, day.month, day.day, tzinfo=self._zone) + timedelta(minutes=minute)
        return round(local.timestamp()) * 1000

    def _day_of(self, t_ms: int) -> Day:
        last = self._last
        if last is not None and last.start_ms <= t_ms < last.end_ms:
            return last
        self._last = found = self._ready(self._local_date(t_ms))
        return found

    def _ready(self, day: date) -> Day:
        found = self._days.get(day)
        if found is None:
            edition = self._edition(day)
            rooms = edition.rooms if edition is not None else frozenset[str]()
            span = self._instant(day, 0), self._instant(day, 24 * 60)
            told = edition is not None and (not edition.empty or self._dates.has_lessons)
            found = Day(self._plan(day), span, rooms, told=told)
            if len(self._days) >= MAX_DAYS:
                self._days = {}  # a new one, so that another thread in the old one is not disturbed
            self._days[day] = found
        return found

    def _directories(self) -> tuple[Directory, Directory]:
        """Of all editions, the newest name last: last term's classes are found too."""
        classes: dict[str, Listed] = {}
        teachers: dict[str, Listed] = {}
        for edition in self._editions:
            for identifier, one in edition.classes.items():
                key = opaque(self.school, Kind.CLASS, identifier)
                classes[identifier] = Listed(key, identifier, one.name, one.short)
            for identifier, (_, name) in edition.teachers.items():
                key = opaque(self.school, Kind.TEACHER, identifier)
                teachers[identifier] = Listed(key, identifier, name, edition.teacher_shorts[identifier])
        return Directory(classes.values()), Directory(teachers.values())


def _lost(one: Told, met: Met) -> bool:
    return not met and one.change.kind is not ChangeKind.EXTRA


def _shorter(change: DayChange, ends: Mapping[tuple[str, int], int]) -> bool:
    """Whether the lesson that starts when it said ends before it did."""
    end_min = None if change.start_min is None else ends.get((change.lesson, change.start_min))
    return end_min is not None and change.end_min is not None and end_min < change.end_min


def _parts(one: Timetable | Parts) -> Parts:
    return {"": one} if isinstance(one, Timetable) else one


def _matched(editions: Sequence[tuple[date, Parts]], names: NamesOverTime, last: date) -> list[tuple[date, Parts]]:
    """Each timetable from its first day, and again from each day on which rooms are called otherwise; the newest."""
    ends = [*(first - timedelta(days=1) for first, _ in editions[1:]), last]
    found: list[tuple[date, Parts]] = []
    for (first, parts), end in zip(editions, ends, strict=False):
        found += [(start, parts) for start in (first, *names.changes_in(first, end))]
    return found


def _dates_of(editions: Sequence[tuple[date, Parts]]) -> DateBook:
    """What timetables say of single dates, each for as long as it holds."""
    found: dict[str, Timetable] = {}
    ends = [*(first for first, _ in editions[1:]), date.max]
    for (first, parts), end in zip(editions, ends, strict=False):
        for source, part in parts.items():
            before = found.get(source, Timetable())
            found[source] = Timetable(
                dated=(*before.dated, *(one for one in part.dated if first <= one.day < end)),
                days=(*before.days, *(one for one in part.days if first <= one.day < end)),
                changes=(*before.changes, *(one for one in part.changes if first <= one.day < end)),
            )
    return DateBook(found)


ODD_WEEK_ASSUMED = Text(
    "giả định: ký tự tuần thứ nhất là tuần ISO lẻ, ngày bắt đầu từ thứ Hai (chưa có lịch năm học)",
    "assumed: the first week character is the odd ISO week, days start on Monday (no calendar)",
)
EVEN_WEEK_ASSUMED = Text(
    "giả định: ký tự tuần thứ nhất là tuần ISO chẵn, ngày bắt đầu từ thứ Hai (chưa có lịch năm học)",
    "assumed: the first week character is the even ISO week, days start on Monday (no calendar)",
)
