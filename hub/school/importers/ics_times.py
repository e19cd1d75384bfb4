"""Dates, times and durations of iCalendar as they are written. Pure.

Source: RFC 5545 3.3.4 to 3.3.6, 3.3.9.
"""

import re
from datetime import datetime, time, timedelta

import msgspec

FIRST_YEAR, LAST_YEAR = 1970, 2100
_WHEN = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2}))?(Z?))?")
_DURATION = re.compile(r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")


class When(msgspec.Struct, frozen=True):
    """A date, or a time: `local` as written; `zone` None is floating; `day_only` where there is no time."""

    local: datetime
    day_only: bool = False
    utc: bool = False
    zone: str = ""

    @property
    def floating(self) -> bool:
        return not (self.utc or self.zone or self.day_only)

    def at(self, local: datetime) -> "When":
        """Another time of the same kind."""
        return msgspec.structs.replace(self, local=local)

    def same_kind(self, other: "When") -> bool:
        """Whether the local times of both can be compared as they are."""
        return (self.day_only, self.utc, self.zone) == (other.day_only, other.utc, other.zone)


def when(value: str, parameters: dict[str, str]) -> When | None:
    """None where it is no date or time, or lies outside the years of a school."""
    match = _WHEN.fullmatch(value.strip())
    if match is None or not value.isascii():
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    hour, minute, second = int(match[4] or 0), int(match[5] or 0), min(int(match[6] or 0), 59)
    try:
        local = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  its zone is beside it
    except ValueError:
        return None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    day_only, utc = match[4] is None, match[7] == "Z"
    return When(local, day_only, utc, "" if day_only or utc else parameters.get("TZID", "").strip())


def duration(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None or not any(match.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(one or 0) for one in match.groups()[1:])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if match[1] == "-" else span


def alike(moment: When, like: When) -> When:
    """A time of day without a zone beside one that has a zone is meant in that zone; a whole day has no time."""
    if like.day_only and not moment.day_only:
        return When(datetime.combine(moment.local.date(), time()), day_only=True)
    if moment.floating and not like.day_only:
        return msgspec.structs.replace(moment, utc=like.utc, zone=like.zone)
    return moment
