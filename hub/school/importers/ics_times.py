"""Dates, times, durations and time zones of iCalendar: every time as an instant, or as local time where it has no zone.

Source: RFC 5545 3.3.4 to 3.3.6, 3.6.5; names of Windows zones from the icalendar library. A zone the file defines
itself is followed by its rules, a known IANA name goes before them.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from icalendar.timezone import windows_to_olson

from hub.school.importers.ics_lines import Component, Property
from hub.school.importers.ics_rules import BadRule, Rule, dates, parse_rule

FIRST_YEAR, LAST_YEAR = 1970, 2100
_WHEN = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2}))?(Z?))?")
_DURATION = re.compile(r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?")
Zone = Callable[[datetime], datetime]  # local time to the instant in UTC


class When(msgspec.Struct, frozen=True):
    """A date, or a time: `local` as written; `zone` None is floating; `day_only` where there is no time."""

    local: datetime
    day_only: bool = False
    utc: bool = False
    zone: str = ""


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
    return When(local, match[4] is None, match[7] == "Z", parameters.get("TZID", "").strip())


def duration(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None or not any(match.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(one or 0) for one in match.groups()[1:])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if match[1] == "-" else span


class Zones:
    """Finds a zone by the name an event gives it: IANA, Windows, a prefix before it, or the file's own definition."""

    def __init__(self, calendars: list[Component]) -> None:
        self._own = {one.text("TZID"): one for calendar in calendars for one in calendar.within("VTIMEZONE")}
        self._found: dict[str, Zone | None] = {}

    def find(self, name: str) -> Zone | None:
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def key(self, name: str) -> str:
        """The IANA name that is meant, "" where there is none."""
        own = self._own.get(name)
        named = (name, _after_prefix(name), WINDOWS.get(name, ""), own.text("X-LIC-LOCATION") if own else "")
        return next((one for one in named if one and known_zone(one) is not None), "")

    def _look_up(self, name: str) -> Zone | None:
        known = known_zone(self.key(name))
        if known is not None:
            return lambda local: local.replace(tzinfo=known).astimezone(UTC)
        own = self._own.get(name)
        return _FileZone(own).instant if own is not None and own.inside else None


WINDOWS: dict[str, str] = dict(windows_to_olson.WINDOWS_TO_OLSON)


def known_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name and name.isascii() and len(name) < 80 else None  # noqa: PLR2004
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _after_prefix(name: str) -> str:
    """Europe/Berlin of "/mozilla.org/20050126_1/Europe/Berlin"."""
    parts = name.strip('"').strip("/").split("/")
    return "/".join(parts[-2:]) if name.startswith("/") else "/".join(parts)


class _Onset(msgspec.Struct, frozen=True):
    start: datetime
    before: timedelta
    after: timedelta
    rule: Rule | None


class _FileZone:
    """A VTIMEZONE: the offset that began last before a local time holds."""

    def __init__(self, component: Component) -> None:
        self._onsets = [onset for one in component.inside if (onset := _onset(one)) is not None]
        self._years: dict[int, list[tuple[datetime, timedelta]]] = {}

    def instant(self, local: datetime) -> datetime:
        return (local - self._offset(local)).replace(tzinfo=UTC)

    def _offset(self, local: datetime) -> timedelta:
        begun = [one for year in (local.year - 1, local.year) for one in self._of_year(year) if one[0] <= local]
        if begun:
            return max(begun, key=lambda one: one[0])[1]
        fixed = [(one.start, one.after) for one in self._onsets if one.start <= local]
        if fixed:
            return max(fixed, key=lambda one: one[0])[1]
        return min(self._onsets, key=lambda one: one.start).before if self._onsets else timedelta()

    def _of_year(self, year: int) -> list[tuple[datetime, timedelta]]:
        if year not in self._years:
            self._years[year] = [
                (datetime.combine(day, one.start.time()), one.after)
                for one in self._onsets
                for day in _days_in(one, year)
            ]
        return self._years[year]


def _days_in(onset: _Onset, year: int) -> list[date]:
    if onset.rule is None:
        return [onset.start.date()] if onset.start.year == year else []
    last = date(year, 12, 31)
    if onset.rule.until is not None:
        last = min(last, onset.rule.until.date())
    return list(dates(onset.rule, onset.start.date(), date(year, 1, 1), last))


def _onset(component: Component) -> _Onset | None:
    start = _zone_start(component.first("DTSTART"))
    offsets = [_OFFSET.fullmatch(component.text(name)) for name in ("TZOFFSETFROM", "TZOFFSETTO")]
    before, after = (_span(one) if one else None for one in offsets)
    if start is None or after is None:
        return None
    try:
        rule = parse_rule(component.text("RRULE")) if component.text("RRULE") else None
    except BadRule:
        return None
    return _Onset(start, after if before is None else before, after, rule)


def _zone_start(found: Property | None) -> datetime | None:
    """Zones begin in 1601 or 1970: the year only has to lie before the events."""
    match = _WHEN.fullmatch(found.value.strip()) if found else None
    if match is None or not int(match[1]):
        return None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), int(match[4] or 0), int(match[5] or 0))  # noqa: DTZ001
    except ValueError:
        return None


def _span(match: re.Match[str]) -> timedelta:
    span = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -span if match[1] == "-" else span
