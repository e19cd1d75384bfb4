"""Recurrence rules on whole days: which dates a lesson repeats on, within bounds however hostile the rule. Pure.

Source: RFC 5545 3.3.10. Every date of the span is asked whether the rule means it, so that the work is bounded by the
span and never by the rule; rules within a day (HOURLY and below) are no timetable and refused.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_COUNT = 5_000
MAX_INTERVAL = 10_000
_DAY = timedelta(days=1)


class Freq(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class BadRule(ValueError):
    """A rule that cannot be followed; its text is the part that is wrong."""


class Rule(msgspec.Struct, frozen=True):
    """`days` are weekdays with their ordinal in the month or year, 0 every one; `until` is inclusive, in UTC where the
    rule says Z (`until_utc`), a whole day where it is a date; `hours` and `minutes` are times beside the first.
    """

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    until_utc: bool = False
    days: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_start: int = 0


def parse_rule(text: str) -> Rule:
    """Raises BadRule."""
    parts = {}
    for part in text.strip().strip(";").split(";"):
        key, equals, value = part.partition("=")
        if not equals or not value.strip() or key.strip().upper() in parts:
            raise BadRule(part[:60] or "RRULE")
        parts[key.strip().upper()] = value.strip().upper()
    try:
        freq = Freq(parts.pop("FREQ", ""))
    except ValueError:
        raise BadRule(f"FREQ in {text[:60]}") from None
    if "BYSECOND" in parts and parts["BYSECOND"].strip("0"):
        raise BadRule("BYSECOND")
    until, utc = _until(parts.get("UNTIL", ""))
    return Rule(
        freq,
        interval=_one(parts, "INTERVAL", 1, MAX_INTERVAL) or 1,
        count=_one(parts, "COUNT", 1, 1_000_000),
        until=until,
        until_utc=utc,
        days=tuple(_weekday(one) for one in parts.get("BYDAY", "").split(",") if one),
        month_days=_numbers(parts, "BYMONTHDAY", -31, 31),
        year_days=_numbers(parts, "BYYEARDAY", -366, 366),
        weeks=_numbers(parts, "BYWEEKNO", -53, 53),
        months=_numbers(parts, "BYMONTH", 1, 12),
        positions=_numbers(parts, "BYSETPOS", -366, 366),
        hours=_numbers(parts, "BYHOUR", 0, 23, zero=True),
        minutes=_numbers(parts, "BYMINUTE", 0, 59, zero=True),
        week_start=WEEKDAYS.index(parts["WKST"]) if parts.get("WKST") in WEEKDAYS else 0,
    )


def dates(rule: Rule, start: date, first: date, last: date) -> Iterator[date]:
    """Dates from `first` to `last` the rule means, oldest first, never before `start`; without regard to COUNT."""
    if rule.positions:
        yield from _positioned(rule, start, first, last)
        return
    weekdays = {weekday for _, weekday in rule.days}
    if not weekdays and rule.freq is Freq.WEEKLY:
        weekdays = {start.weekday()}
    day = max(start, first)
    while day <= last:
        if rule.months and day.month not in rule.months:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            continue
        fits = not weekdays or day.weekday() in weekdays  # asked first: it spares most of the work
        if fits and _in_period(rule, start, day) and _means(rule, start, day):
            yield day
        day += _DAY


def _positioned(rule: Rule, start: date, first: date, last: date) -> Iterator[date]:
    """The same where BYSETPOS picks out of whole periods."""
    day = _period_start(rule, max(start, first))
    held: list[date] = []
    period: tuple[int, ...] = ()
    while day <= last or _period(rule, day) == _period(rule, last):
        here = _period(rule, day)
        if here != period:
            yield from _chosen(rule, held, max(start, first), last)
            held, period = [], here
        if _in_period(rule, start, day) and _means(rule, start, day):
            held.append(day)
        day += _DAY
    yield from _chosen(rule, held, max(start, first), last)


def _chosen(rule: Rule, held: list[date], first: date, last: date) -> Iterator[date]:
    """Those BYSETPOS picks out of one period."""
    kept = {at - 1 if at > 0 else len(held) + at for at in rule.positions}
    return (day for index, day in enumerate(held) if index in kept and first <= day <= last)


def _period_start(rule: Rule, day: date) -> date:
    """The first date of the period the date is in: positions count from there."""
    if rule.freq is Freq.DAILY:
        return day
    if rule.freq is Freq.WEEKLY:
        return day - timedelta(days=(day.weekday() - rule.week_start) % 7)
    return day.replace(day=1) if rule.freq is Freq.MONTHLY else day.replace(month=1, day=1)


def _period(rule: Rule, day: date) -> tuple[int, ...]:
    if rule.freq is Freq.DAILY:
        return (day.toordinal(),)
    if rule.freq is Freq.WEEKLY:
        return ((day.toordinal() - 1 - rule.week_start) // 7,)
    return (day.year, day.month) if rule.freq is Freq.MONTHLY else (day.year,)


def _in_period(rule: Rule, start: date, day: date) -> bool:
    """Whether INTERVAL takes the period the date is in."""
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
    if rule.freq is Freq.DAILY:
        return True
    if rule.freq is Freq.WEEKLY or rule.weeks:
        return day.weekday() == start.weekday()
    if rule.freq is Freq.MONTHLY or rule.months:
        return day.day == start.day
    return (day.month, day.day) == (start.month, start.day)


def _nth(rule: Rule, nth: int, day: date) -> bool:
    """Whether the date is the nth of its weekday, from the front or the back of the month, or of the year."""
    if nth == 0 or rule.freq in {Freq.DAILY, Freq.WEEKLY}:
        return True
    if rule.freq is Freq.MONTHLY or rule.months:
        at, length = day.day, monthrange(day.year, day.month)[1]
    else:
        at, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    return (at - 1) // 7 + 1 == nth if nth > 0 else (length - at) // 7 + 1 == -nth


def _in_weeks(rule: Rule, day: date) -> bool:
    """ISO weeks; a week start other than Monday moves the date into the week it belongs to."""
    week = day.isocalendar()
    return _counted(rule.weeks, week.week, date(week.year, 12, 28).isocalendar().week)


def _counted(wanted: tuple[int, ...], at: int, length: int) -> bool:
    return at in wanted or at - length - 1 in wanted


def _one(parts: dict[str, str], key: str, least: int, most: int) -> int | None:
    numbers = _numbers(parts, key, least, most)
    if len(numbers) > 1:
        raise BadRule(f"{key}={parts[key][:40]}")
    return numbers[0] if numbers else None


def _numbers(parts: dict[str, str], key: str, least: int, most: int, *, zero: bool = False) -> tuple[int, ...]:
    found = []
    for text in parts.get(key, "").split(","):
        if not text and key not in parts:
            continue
        plain = text.strip().removeprefix("+")
        digits = plain.removeprefix("-")
        sound = digits.isascii() and digits.isdigit() and len(digits) < 8  # noqa: PLR2004
        if not sound or not least <= int(plain) <= most or (int(plain) == 0 and not zero):
            raise BadRule(f"{key}={parts[key][:40]}")
        found.append(int(plain))
    return tuple(sorted(set(found)))


def _weekday(text: str) -> tuple[int, int]:
    plain = text.strip().removeprefix("+")
    nth, day = plain[:-2], plain[-2:]
    digits = nth.removeprefix("-")
    if day not in WEEKDAYS or (nth and not (digits.isascii() and digits.isdigit() and 0 < int(digits[:4]) <= 53)):  # noqa: PLR2004
        raise BadRule(f"BYDAY={text[:40]}")
    return int(nth or 0), WEEKDAYS.index(day)


def _until(text: str) -> tuple[datetime | None, bool]:
    if not text:
        return None, False
    for pattern in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007  its zone is the event's
        except ValueError:
            continue
        whole_day = pattern == "%Y%m%d"
        return found.replace(hour=23, minute=59, second=59) if whole_day else found, text.endswith("Z")
    raise BadRule(f"UNTIL={text[:40]}")
