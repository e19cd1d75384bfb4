"""Time zones of calendars: by IANA and Windows names, fixed offsets, or as the file defines them itself.

Source: RFC 5545 3.6.5; names of Windows zones from the icalendar library. A known name goes before the file's own
definition: those of many programs are shortened to the year of the export.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from icalendar.timezone import windows_to_olson

from hub.school.importers.ics_lines import Component
from hub.school.importers.ics_repeats import dates
from hub.school.importers.ics_rules import BadRule, Rule, parse_rule
from hub.school.importers.ics_times import When

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2})(?::?\d{2})?Z?)?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?")
_FIXED = re.compile(r"(?:UTC|GMT|Z)?\s*([+-])(\d{1,2})(?::?(\d{2}))?|UTC|GMT|Z", re.IGNORECASE)
_HANOI = re.compile(r"\((?:UTC|GMT)\+07:00\)[^()]*\b(?:Hanoi|Ha Noi|Hà Nội)\b.*", re.IGNORECASE)
_MAX_HOURS = 14
MAX_ONSETS = 2_000
DEFAULT_ZONE = "Asia/Ho_Chi_Minh"
Zone = Callable[[datetime], datetime]  # local time to the instant in UTC


class Clock(msgspec.Struct, frozen=True):
    """Tells instants: `home` is the zone of times without one."""

    zones: "Zones"
    home: ZoneInfo

    def knows(self, moment: When) -> bool:
        return not moment.zone or self.zones.find(moment.zone) is not None

    def instant(self, moment: When) -> datetime:
        """In UTC; of a whole day its midnight at home. The zone must be known."""
        if moment.utc:
            return moment.local.replace(tzinfo=UTC)
        zone = self.zones.find(moment.zone) if moment.zone else None
        return zone(moment.local) if zone else moment.local.replace(tzinfo=self.home).astimezone(UTC)


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
        plain = name.strip('"')
        location = own.text("X-LIC-LOCATION") if own else ""
        hanoi = DEFAULT_ZONE if _HANOI.fullmatch(plain) else ""  # as Outlook shows it to people
        named = (name, _after_prefix(name), WINDOWS.get(plain, ""), location, hanoi)
        return next((one for one in named if one and known_zone(one) is not None), "")

    def _look_up(self, name: str) -> Zone | None:
        known = known_zone(self.key(name))
        if known is not None:
            return lambda local: local.replace(tzinfo=known).astimezone(UTC)
        own = self._own.get(name)
        if own is not None and own.inside:
            return _FileZone(own).instant
        return _fixed(name)


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


def _fixed(name: str) -> Zone | None:
    """UTC+7, GMT+07:00: an offset for a name is one without summer time."""
    match = _FIXED.fullmatch(name.strip().strip('"')[:20])
    if match is None:
        return None
    span = timedelta(hours=int(match[2] or 0), minutes=int(match[3] or 0))
    if span > timedelta(hours=_MAX_HOURS):
        return None
    ahead = -span if match[1] == "-" else span
    return lambda local: (local - ahead).replace(tzinfo=UTC)


class _Onset(msgspec.Struct, frozen=True):
    start: datetime
    before: timedelta
    after: timedelta
    rule: Rule | None


class _FileZone:
    """A VTIMEZONE: the offset that began last before a local time holds."""

    def __init__(self, component: Component) -> None:
        self._onsets = [onset for one in component.inside for onset in _onsets(one)][:MAX_ONSETS]
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


def _by_date(text: str) -> Rule | None:
    """Clocks change on some dates of a year; a rule of seconds, or of every minute of its dates, is hostile."""
    try:
        rule = parse_rule(text) if text else None
    except BadRule:
        return None
    return None if rule is None or rule.freq.within_a_day or rule.times_a_date > 1 else rule


def _onsets(component: Component) -> list[_Onset]:
    """Where a part of the definition begins: its first time, by its rule, and at the times of RDATE."""
    start = _zone_start(component.text("DTSTART"))
    offsets = [_OFFSET.fullmatch(component.text(name)) for name in ("TZOFFSETFROM", "TZOFFSETTO")]
    before, after = (_span(one) if one else None for one in offsets)
    if start is None or after is None:
        return []
    rule = _by_date(component.text("RRULE"))
    more = [_zone_start(text) for one in component.all("RDATE") for text in one.value.split(",")[:MAX_ONSETS]]
    before = after if before is None else before
    return [
        _Onset(start, before, after, rule),
        *(_Onset(one, before, after, None) for one in more if one is not None),
    ]


def _zone_start(text: str) -> datetime | None:
    """Zones begin in 1601 or 1970: the year only has to lie before the events."""
    match = _DATE.fullmatch(text.strip())
    if match is None or not int(match[1]):
        return None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), int(match[4] or 0), int(match[5] or 0))  # noqa: DTZ001
    except ValueError:
        return None


def _span(match: re.Match[str]) -> timedelta:
    span = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -span if match[1] == "-" else span
