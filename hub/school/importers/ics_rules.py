"""Recurrence rules of iCalendar as they are written: their parts, each checked. Pure.

Source: RFC 5545 3.3.10. Errors: BadRule, naming the part that is wrong.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_INTERVAL = 9_999_999
_PARTS = frozenset({
    "FREQ", "UNTIL", "COUNT", "INTERVAL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY", "BYYEARDAY",
    "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST",
})  # fmt: skip


class Freq(StrEnum):
    SECONDLY = "SECONDLY"
    MINUTELY = "MINUTELY"
    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"

    @property
    def within_a_day(self) -> bool:
        return self in {Freq.SECONDLY, Freq.MINUTELY, Freq.HOURLY}


class BadRule(ValueError):
    """A rule that cannot be followed; its text is the part that is wrong."""


class Rule(msgspec.Struct, frozen=True):
    """`days` are weekdays with their ordinal in the month or year, 0 every one; `until` is inclusive, in UTC where the
    rule says Z (`until_utc`), a whole day where it is a date; empty `hours`, `minutes`, `seconds`: the first time's.
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
    seconds: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def times_a_date(self) -> int:
        """How many times of day BYHOUR, BYMINUTE and BYSECOND name."""
        return max(len(self.hours), 1) * max(len(self.minutes), 1) * max(len(self.seconds), 1)


def parse_rule(text: str) -> Rule:
    """Raises BadRule."""
    parts = {}
    for part in text.strip().strip(";").split(";"):
        key, equals, value = part.partition("=")
        if not equals or not value.strip() or key.strip().upper() in parts:
            raise BadRule(part[:60] or "RRULE")
        parts[key.strip().upper()] = value.strip().upper()
    unknown = next((key for key in parts if key not in _PARTS and not key.startswith("X-")), None)
    if unknown is not None:
        raise BadRule(unknown[:60])  # a misspelt UNTIL would repeat for ever
    try:
        freq = Freq(parts.pop("FREQ", ""))
    except ValueError:
        raise BadRule(f"FREQ in {text[:60]}") from None
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
        seconds=_numbers(parts, "BYSECOND", 0, 59, zero=True),
        week_start=WEEKDAYS.index(parts["WKST"]) if parts.get("WKST") in WEEKDAYS else 0,
    )


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
