"""When a recurrence rule takes place: local times, oldest first, within bounds however hostile the rule. Pure.

Source: RFC 5545 3.3.10 and its table of what a BY part limits or expands. Every date of the span is asked whether the
rule means it, so that the work is bounded by the span and never by the rule. COUNT and UNTIL are the caller's.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TypeVar

from hub.school.importers.ics_rules import Freq, Rule

T = TypeVar("T")
_DAY = timedelta(days=1)
_WEEK = 7
_DAYS_OF_WEEK_1 = 4  # a year's first week has at least four of its days
_SECONDS = {Freq.HOURLY: 3_600, Freq.MINUTELY: 60, Freq.SECONDLY: 1}


def moments(rule: Rule, start: datetime, first: date, last: date) -> Iterator[datetime]:
    """Times on the dates from `first` to `last` that the rule means; those before `start` are left out."""
    if rule.positions and not rule.freq.within_a_day:
        begin, end = _period_start(rule, max(start.date(), first)), _period_end(rule, last)
        found = (one for day in _days(rule, start.date(), begin, end) for one in _times(rule, day, start))
        periods = (list(held) for _, held in groupby(found, lambda one: _period(rule, one.date())))
        chosen = (one for held in periods for one in _chosen(rule, held) if first <= one.date() <= last)
    else:
        days = _days(rule, start.date(), max(start.date(), first), last)
        chosen = (one for day in days for one in _times(rule, day, start))
    return (one for one in chosen if one >= start)


def dates(rule: Rule, start: date, first: date, last: date) -> Iterator[date]:
    """The same for whole days."""
    return (one.date() for one in moments(rule, datetime.combine(start, time()), first, last))


def _days(rule: Rule, start: date, first: date, last: date) -> Iterator[date]:
    weekdays = {weekday for _, weekday in rule.days}
    if not weekdays and rule.freq is Freq.WEEKLY:
        weekdays = {start.weekday()}
    day = first
    while day <= last:
        if rule.months and day.month not in rule.months:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            continue
        fits = not weekdays or day.weekday() in weekdays  # asked first: it spares most of the work
        if fits and _in_period(rule, start, day) and _means(rule, start, day):
            yield day
        day += _DAY


def _times(rule: Rule, day: date, start: datetime) -> Iterator[datetime]:
    """The times of one date: of rules by the day the first one's or those BYHOUR, BYMINUTE, BYSECOND name."""
    if rule.freq.within_a_day:
        yield from _steps(rule, day, start)
        return
    for hour in rule.hours or (start.hour,):
        for minute in rule.minutes or (start.minute,):
            for second in rule.seconds or (start.second,):
                yield datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001  its zone is elsewhere


def _steps(rule: Rule, day: date, start: datetime) -> Iterator[datetime]:
    """Every so many hours, minutes or seconds since the first: larger units limit, smaller ones expand."""
    midnight = datetime.combine(day, time())
    unit = _SECONDS[rule.freq]
    first_unit = datetime.combine(start.date(), time()) + timedelta(seconds=_second_of(start) // unit * unit)
    since = int((midnight - first_unit).total_seconds())
    offsets = _offsets(rule, start)
    for at in _units(rule, since):
        if (since + at) // unit % rule.interval == 0:
            for offset in _chosen(rule, offsets) if rule.positions else offsets:
                yield midnight + timedelta(seconds=at + offset)


def _units(rule: Rule, since: int) -> Iterator[int]:
    """Where hours, minutes or seconds that the rule does not rule out begin, in seconds since midnight."""
    for hour in rule.hours or range(24):
        if rule.freq is Freq.HOURLY:
            yield hour * 3_600
            continue
        for minute in rule.minutes or range(60):
            at = hour * 3_600 + minute * 60
            if rule.freq is Freq.MINUTELY:
                yield at
                continue
            seconds = range(-(since + at) % rule.interval, 60, rule.interval)
            yield from (at + second for second in seconds if not rule.seconds or second in rule.seconds)


def _offsets(rule: Rule, start: datetime) -> list[int]:
    """The times within one unit: what smaller parts expand it to, else where the first time lies in it."""
    minutes = (rule.minutes or (start.minute,)) if rule.freq is Freq.HOURLY else (0,)
    seconds = (rule.seconds or (start.second,)) if rule.freq is not Freq.SECONDLY else (0,)
    return [minute * 60 + second for minute in minutes for second in seconds]


def _second_of(moment: datetime) -> int:
    return moment.hour * 3_600 + moment.minute * 60 + moment.second


def _chosen(rule: Rule, held: list[T]) -> list[T]:
    """Those BYSETPOS picks out of one period."""
    kept = {at - 1 if at > 0 else len(held) + at for at in rule.positions}
    return [one for index, one in enumerate(held) if index in kept]


def _period_start(rule: Rule, day: date) -> date:
    """The first date of the period the date is in: positions count from there."""
    if rule.freq is Freq.DAILY:
        return day
    if rule.freq is Freq.WEEKLY:
        return day - timedelta(days=(day.weekday() - rule.week_start) % 7)
    return day.replace(day=1) if rule.freq is Freq.MONTHLY else day.replace(month=1, day=1)


def _period_end(rule: Rule, day: date) -> date:
    """The last date of the period the date is in."""
    if rule.freq is Freq.DAILY:
        return day
    if rule.freq is Freq.WEEKLY:
        return _period_start(rule, day) + timedelta(days=_WEEK - 1)
    return day.replace(
        day=monthrange(day.year, day.month)[1] if rule.freq is Freq.MONTHLY else 31,
        month=day.month if rule.freq is Freq.MONTHLY else 12,
    )


def _period(rule: Rule, day: date) -> tuple[int, ...]:
    if rule.freq is Freq.DAILY:
        return (day.toordinal(),)
    if rule.freq is Freq.WEEKLY:
        return ((day.toordinal() - 1 - rule.week_start) // 7,)
    return (day.year, day.month) if rule.freq is Freq.MONTHLY else (day.year,)


def _in_period(rule: Rule, start: date, day: date) -> bool:
    """Whether INTERVAL takes the period the date is in; of hours and below it counts those, not dates."""
    if rule.freq.within_a_day:
        return True
    here, there = _period(rule, day), _period(rule, start)
    apart = (here[0] - there[0]) * 12 + here[1] - there[1] if len(here) == 2 else here[0] - there[0]  # noqa: PLR2004
    return apart % rule.interval == 0


def _means(rule: Rule, start: date, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    year_length = 366 if monthrange(day.year, 2)[1] == 29 else 365  # noqa: PLR2004
    if rule.year_days and not _counted(rule.year_days, day.timetuple().tm_yday, year_length):
        return False
    if rule.weeks and not _in_weeks(rule, day):
        return False
    if rule.month_days and not _counted(rule.month_days, day.day, monthrange(day.year, day.month)[1]):
        return False
    if rule.days:
        return any(day.weekday() == weekday and _nth(rule, nth, day) for nth, weekday in rule.days)
    return rule.month_days != () or rule.year_days != () or _as_first(rule, start, day)


def _as_first(rule: Rule, start: date, day: date) -> bool:
    """Without BYDAY and BYMONTHDAY the first date says which weekday, day of the month or of the year is meant."""
    if rule.freq is Freq.DAILY or rule.freq.within_a_day:
        return True
    if rule.freq is Freq.WEEKLY or rule.weeks:
        return day.weekday() == start.weekday()
    if rule.freq is Freq.MONTHLY or rule.months:
        return day.day == start.day
    return (day.month, day.day) == (start.month, start.day)


def _nth(rule: Rule, nth: int, day: date) -> bool:
    """Whether the date is the nth of its weekday, from the front or the back of the month, or of the year."""
    if nth == 0 or rule.freq not in {Freq.MONTHLY, Freq.YEARLY}:
        return True
    if rule.freq is Freq.MONTHLY or rule.months:
        at, length = day.day, monthrange(day.year, day.month)[1]
    else:
        at, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    return (at - 1) // 7 + 1 == nth if nth > 0 else (length - at) // 7 + 1 == -nth


def _in_weeks(rule: Rule, day: date) -> bool:
    """Weeks of the year count from the first with four of its days; the days before it are the last year's."""
    year = next(one for one in (day.year + 1, day.year, day.year - 1) if _week_1(rule, one) <= day)
    first = _week_1(rule, year)
    return _counted(rule.weeks, (day - first).days // _WEEK + 1, (_week_1(rule, year + 1) - first).days // _WEEK)


def _week_1(rule: Rule, year: int) -> date:
    new_year = date(year, 1, 1)
    into = (new_year.weekday() - rule.week_start) % _WEEK
    return new_year - timedelta(days=into if _WEEK - into >= _DAYS_OF_WEEK_1 else into - _WEEK)


def _counted(wanted: tuple[int, ...], at: int, length: int) -> bool:
    return at in wanted or at - length - 1 in wanted
