"""Events of a calendar as the times they take place: repeated, moved, cancelled, told twice, each defect with its line.

Source: RFC 5545 3.6.1, 3.8.4.4, 3.8.5. Times are local times of one zone; an event over midnight is cut there.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub.school.importers.ics_lines import Component, Property
from hub.school.importers.ics_rules import MAX_COUNT, BadRule, Freq, Rule, dates, parse_rule
from hub.school.importers.ics_times import When, Zones, duration, when
from hub.school.problems import Findings
from wire.text import Text

HORIZON_DAYS = 400  # how far beyond today, or its first date, a rule without an end is followed
MAX_RULE_DAYS = 7_500  # twenty years: a rule that began earlier is followed from a year before today
MAX_LESSON = timedelta(hours=36)
MAX_TOTAL = 100_000
MAX_DAYS = 1_000_000  # dates looked at in one file: a second or two; rules of whole weeks cost a quarter


class Happening(msgspec.Struct, frozen=True):
    """An event at one time, local; `whole_day` where it has dates only (`end` exclusive)."""

    event: Component
    start: datetime
    end: datetime
    whole_day: bool = False


class _Timed(msgspec.Struct):
    """An event with its own times understood."""

    event: Component
    start: When
    length: timedelta
    cancelled: bool
    sequence: int
    recurrence: When | None = None


class Events:
    """Expands all events of a file. `cancelled`, `floating` and `repeated` are counted for people."""

    def __init__(self, zones: Zones, home: ZoneInfo, today: date, file: str, findings: Findings) -> None:
        self._zones, self._home, self._today, self._file, self._findings = zones, home, today, file, findings
        self.cancelled = self.floating = self.repeated = 0
        self._left, self._days, self._repeats = MAX_TOTAL, MAX_DAYS, MAX_TOTAL

    def happenings(self, events: list[tuple[Component, bool]]) -> list[Happening]:
        """All of them in the order of the file; True beside an event: its whole calendar says it is off."""
        by_uid: defaultdict[str, list[_Timed]] = defaultdict(list)
        for event, off in events:
            timed = self._timed(event, off=off)
            if timed is not None:
                by_uid[event.text("UID") or f"line {event.line}"].append(timed)
        found: list[Happening] = []
        for told in by_uid.values():
            masters = self._latest([one for one in told if one.recurrence is None])
            changes = self._latest([one for one in told if one.recurrence is not None])
            for master in masters:
                found += self._of(master, changes if master is masters[0] else [])
            if not masters:
                found += [one for change in changes if not change.cancelled for one in self._once(change, change.start)]
        return found

    def _timed(self, event: Component, *, off: bool) -> _Timed | None:
        if not event.whole:
            return None
        start = self._when(event.first("DTSTART"), event)
        if start is None:
            return None
        length = self._length(event, start)
        if length is None:
            return None
        changed = event.first("RECURRENCE-ID")
        recurrence = self._when(changed, event) if changed else None
        if changed and recurrence is None:
            return None
        cancelled = off or event.text("STATUS").upper() == "CANCELLED"
        self.cancelled += cancelled
        self.floating += not (start.utc or start.zone or start.day_only)
        number = event.text("SEQUENCE")
        sequence = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0  # noqa: PLR2004
        return _Timed(event, start, length, cancelled, sequence, recurrence)

    def _when(self, found: Property | None, event: Component) -> When | None:
        if found is None:
            self._error(event.line, "DTSTART", Text("không có DTSTART", "it has no DTSTART"))
            return None
        moment = when(found.value, found.parameters)
        if moment is None:
            shown = found.value[:40]
            said = Text(f"“{shown}” không phải ngày giờ", f"{shown!r} is no date or time of a school year")
            self._error(found.line, found.name, said)
        elif moment.zone and not moment.utc and not moment.day_only and self._zones.find(moment.zone) is None:
            zone = moment.zone[:60]
            said = Text(f"múi giờ “{zone}” không biết: bỏ qua", f"time zone {zone!r} is not known: left out")
            self._error(found.line, "TZID", said)
            return None
        return moment

    def _length(self, event: Component, start: When) -> timedelta | None:
        end, span = event.first("DTEND"), event.first("DURATION")
        length: timedelta | None = timedelta(days=1) if start.day_only else timedelta()
        column, line = "DTEND", event.line
        if end is not None:
            line = end.line
            stop = self._when(end, event)
            if stop is None:
                return None
            fits = stop.day_only == start.day_only
            length = self._instant(stop) - self._instant(start) if fits else None
            if start.day_only and length == timedelta():
                length = timedelta(days=1)  # many write the same date twice for one day
        elif span is not None:
            column, line = "DURATION", span.line
            length = duration(span.value)
        if length == timedelta() and not start.day_only:
            said = Text("một thời điểm (hạn nộp bài?), không phải tiết học", "a moment (a deadline?), no lesson")
            self._findings.note(self._file, said, line, column)
            return None
        if length is None or length < timedelta():
            said = Text("không có khoảng thời gian hợp lệ", "it does not end after its start")
            self._error(line, column, said)
            return None
        if length > (timedelta(days=370) if start.day_only else MAX_LESSON) and not _midnights(start, length):
            said = Text(f"kéo dài {length}: không phải tiết học", f"it lasts {length}: no lesson")
            self._error(line, column, said)
            return None
        return length

    def _latest(self, told: list[_Timed]) -> list[_Timed]:
        """The highest SEQUENCE of each event or changed instance; with one number and other times, all of them."""
        groups: defaultdict[datetime | None, list[_Timed]] = defaultdict(list)
        for one in told:
            groups[self._instant(one.recurrence) if one.recurrence else None].append(one)
        kept: list[_Timed] = []
        for group in groups.values():
            newest = max(one.sequence for one in group)
            last = {one.start: one for one in group if one.sequence == newest}
            kept += last.values()
            for one in group:
                if one.sequence < newest or last[one.start] is not one:
                    said = Text("có bản mới hơn của sự kiện này", "a later version of this event is in the file")
                    self._findings.note(self._file, said, one.event.line, "SEQUENCE")
            for one in list(last.values())[1:]:
                said = Text(
                    "UID này đã có với giờ khác: giữ cả hai", "this UID is there with another time: both are kept"
                )
                self._findings.warning(self._file, said, one.event.line, "UID")
        return kept

    def _of(self, master: _Timed, changes: list[_Timed]) -> list[Happening]:
        if master.cancelled:
            return []
        starts = {self._instant(one): one for one in self._starts(master)}
        off = [one for found in master.event.all("EXDATE") for one in self._listed(found)]
        days_off = {one.local.date() for one in off if one.day_only}
        for instant in [instant for instant, start in starts.items() if start.local.date() in days_off]:
            del starts[instant]
        times_off = {self._instant(one) for one in off}
        for instant in times_off:
            starts.pop(instant, None)
        happenings: list[Happening] = []
        for change in changes:
            if change.recurrence is not None:
                gone = self._take_out(starts, change.recurrence)
                if not gone and self._instant(change.recurrence) not in times_off:
                    said = Text("thay đổi một buổi không có", "it changes an instance that does not take place")
                    self._findings.warning(self._file, said, change.event.line, "RECURRENCE-ID")
                if "RANGE" in (change.event.first("RECURRENCE-ID") or _NOTHING).parameters:
                    said = Text("RANGE chỉ áp dụng cho buổi này", "RANGE is followed for this instance only")
                    self._findings.error(self._file, said, change.event.line, "RECURRENCE-ID")
            if not change.cancelled:
                happenings += self._once(change, change.start)
        happenings += [one for start in starts.values() for one in self._once(master, start)]
        return happenings

    def _take_out(self, starts: dict[datetime, When], one: When) -> bool:
        """Removes the instance meant; a date alone means those of that day."""
        if not one.day_only:
            return starts.pop(self._instant(one), None) is not None
        meant = [instant for instant, start in starts.items() if start.local.date() == one.local.date()]
        for instant in meant:
            del starts[instant]
        return bool(meant)

    def _listed(self, found: Property) -> list[When]:
        moments = []
        for text in found.value.split(","):
            moment = when(text.partition("/")[0], found.parameters)
            if moment is None or (moment.zone and not moment.utc and self._zones.find(moment.zone) is None):
                said = Text(f"“{text[:40]}” không phải ngày giờ", f"{text[:40]!r} is no date or time")
                self._error(found.line, found.name, said)
            else:
                moments.append(moment)
        return moments

    def _starts(self, master: _Timed) -> list[When]:
        starts = [master.start]
        starts += [one for found in master.event.all("RDATE") for one in self._listed(found)][:MAX_COUNT]
        for found in master.event.all("RRULE"):
            try:
                rule = parse_rule(found.value)
            except BadRule as bad:
                said = Text(
                    f"quy tắc lặp không dùng được ({bad}): chỉ lấy buổi đầu",
                    f"a repetition that cannot be followed ({bad}): only the first time is taken",
                )
                self._error(found.line, "RRULE", said)
                continue
            self.repeated += 1
            if self._days < 0 or self._repeats <= 0:
                said = Text(
                    "quá nhiều quy tắc lặp trong tệp: chỉ lấy buổi đầu",
                    "far too many repetitions in the file: only the first time is taken",
                )
                self._error(found.line, "RRULE", said)
                continue
            starts += self._repeated(master.start, rule, found.line)
        return starts

    def _repeated(self, start: When, rule: Rule, line: int) -> list[When]:
        """All instances after the first; without an end up to HORIZON_DAYS beyond today."""
        first = start.local.date()
        last = max(self._today, first) + timedelta(days=HORIZON_DAYS)
        cut = rule.count is None and (rule.until is None or rule.until.date() > last)
        if rule.until is not None and rule.until.date() < last:
            last = rule.until.date() + timedelta(days=1)  # UNTIL in UTC may be tomorrow here
        begin = first
        if (last - first).days > MAX_RULE_DAYS:
            begin = self._today - timedelta(days=HORIZON_DAYS) if rule.count is None else first
            last = last if rule.count is None else first + timedelta(days=MAX_RULE_DAYS)
        self._days -= (last - begin).days // (4 if rule.freq is Freq.WEEKLY and not rule.positions else 1)
        most = min(rule.count or MAX_COUNT, MAX_COUNT, self._repeats + 1) - 1
        found: list[When] = []
        for day in dates(rule, first, begin, last):
            for local in _times(rule, day, start.local):
                if local <= start.local or not self._before_until(rule, start, local):
                    continue
                if len(found) >= most:
                    if rule.count is None or most < rule.count - 1:
                        said = Text(
                            f"lặp hơn {most + 1} lần: bỏ phần sau", f"over {most + 1} times: the rest is left out"
                        )
                        self._error(line, "RRULE", said)
                    return found
                found.append(msgspec.structs.replace(start, local=local))
                self._repeats -= 1
        if cut:
            said = Text(
                f"lặp lại không có hạn gần: lấy đến {last}", f"it repeats without an end in sight: taken until {last}"
            )
            self._findings.note(self._file, said, line, "RRULE")
        return found

    def _before_until(self, rule: Rule, start: When, local: datetime) -> bool:
        if rule.until is None:
            return True
        if rule.until_utc and not start.day_only:
            return self._instant(msgspec.structs.replace(start, local=local)) <= rule.until.replace(tzinfo=UTC)
        return local <= rule.until or (start.day_only and local.date() <= rule.until.date())

    def _once(self, timed: _Timed, start: When) -> list[Happening]:
        self._left -= 1
        if self._left < 0:
            if self._left == -1:
                said = Text(f"hơn {MAX_TOTAL} buổi: bỏ phần sau", f"over {MAX_TOTAL} times: the rest is left out")
                self._error(timed.event.line, "RRULE", said)
            return []
        if start.day_only or _midnights(start, timed.length):
            whole = timedelta(days=max(1, timed.length.days))
            return [Happening(timed.event, start.local, start.local + whole, whole_day=True)]
        instant = self._instant(start)
        first, last = (one.astimezone(self._home).replace(tzinfo=None) for one in (instant, instant + timed.length))
        parts = []
        while first.date() < last.date():
            midnight = datetime.combine(first.date() + timedelta(days=1), datetime.min.time())
            parts.append(Happening(timed.event, first, midnight))
            first = midnight
        return [*parts, Happening(timed.event, first, last)] if last > first else parts

    def _instant(self, moment: When) -> datetime:
        if moment.utc:
            return moment.local.replace(tzinfo=UTC)
        zone = self._zones.find(moment.zone) if moment.zone and not moment.day_only else None
        return zone(moment.local) if zone else moment.local.replace(tzinfo=self._home).astimezone(UTC)

    def _error(self, line: int, column: str, text: Text) -> None:
        self._findings.error(self._file, text, line, column)


_NOTHING = Property("", "", 0)


def _midnights(start: When, length: timedelta) -> bool:
    """A floating time from midnight to midnight is a whole day, whatever it calls itself."""
    floating = not start.utc and (start.local.hour, start.local.minute) == (0, 0)
    return floating and length >= timedelta(days=1) and length % timedelta(days=1) == timedelta() and length.days <= 370  # noqa: PLR2004


def _times(rule: Rule, day: date, first: datetime) -> list[datetime]:
    """The times of one date: the first one's, or those BYHOUR and BYMINUTE name."""
    return [
        datetime(day.year, day.month, day.day, hour, minute, first.second)  # noqa: DTZ001  its zone is beside it
        for hour in rule.hours or (first.hour,)
        for minute in rule.minutes or (first.minute,)
    ]
