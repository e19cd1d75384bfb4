"""Events of a calendar as the times they take place: repeated, moved, cancelled, told twice, each defect with its line.

Source: RFC 5545 3.6.1, 3.8.4.4, 3.8.7.4; RFC 5546 3.2.5 (a cancellation needs no DTSTART). Times are local times of one
zone; an event over midnight is cut there.
"""

import re
from collections import defaultdict
from datetime import date, datetime, time, timedelta

import msgspec

from hub.school.importers.ics_changes import Plan
from hub.school.importers.ics_instances import MAX_TOTAL, Instance, Instances, Timed
from hub.school.importers.ics_lines import Component, Property
from hub.school.importers.ics_times import When, alike, duration, when
from hub.school.importers.ics_words import says_off
from hub.school.importers.ics_zones import Clock
from hub.school.problems import Findings
from wire.text import Text

MAX_LESSON = timedelta(hours=36)
_NEVER = When(datetime.min, utc=True)  # noqa: DTZ901  of a cancellation that names no time
_DIGITS = 18  # some write the second of the epoch as SEQUENCE
_STAMP = re.compile(r"\d{8}T\d{6}Z?")


class Happening(msgspec.Struct, frozen=True):
    """An event at one time, local; `whole_day` where it has dates only (`end` exclusive)."""

    event: Component
    start: datetime
    end: datetime
    whole_day: bool = False


class Told(msgspec.Struct, frozen=True):
    """An event and what its calendar says for all of its own: `off` is METHOD:CANCEL, `zone` of times without one."""

    event: Component
    off: bool = False
    zone: str = ""


class Events:
    """Expands all events of a file. `cancelled`, `floating` and `repeated` are counted for people."""

    def __init__(self, clock: Clock, today: date, file: str, findings: Findings) -> None:
        self._clock, self._file, self._findings = clock, file, findings
        self._instances = Instances(clock, today, file, findings)
        self.cancelled = self.floating = 0
        self._left = MAX_TOTAL

    @property
    def repeated(self) -> int:
        return self._instances.repeated

    def happenings(self, events: list[Told]) -> list[Happening]:
        """All of them, UID by UID in the order of the file."""
        by_uid: defaultdict[str, list[Timed]] = defaultdict(list)
        for told in events:
            timed = self._timed(told)
            if timed is not None:
                by_uid[told.event.text("UID") or f"line {told.event.line}"].append(timed)
        return [one for versions in by_uid.values() for one in self._of_uid(versions)]

    def _of_uid(self, versions: list[Timed]) -> list[Happening]:
        masters = self._latest([one for one in versions if one.recurrence is None])
        changes = self._latest_changes([_beside(one, masters) for one in versions if one.recurrence is not None])
        standing = [one for one in masters if not one.off]
        if masters and not standing:
            return []  # all of it is cancelled
        plan = Plan(self._clock)
        for master in standing:
            plan.add(master, *self._instances.of(master))
        alone = plan.carry([one for one in changes if one.onward])
        for change in changes:
            if not change.onward and change.recurrence is not None and not plan.take(change.recurrence):
                alone.append(change)
        for change in alone if standing else []:
            said = Text("thay đổi một buổi không có", "it changes an instance that does not take place")
            self._findings.warning(self._file, said, change.event.line, "RECURRENCE-ID")
        kept = [one for one in changes if not one.off and (not one.onward or one in alone)]
        found = [part for one in kept for part in self._once(one.event, Instance(one.start, one.length))]
        return found + [part for one in plan.places() for part in self._once(one.event, one.instance)]

    def _timed(self, told: Told) -> Timed | None:
        event = told.event
        if not event.whole:
            return None
        off = told.off or event.text("STATUS").upper() == "CANCELLED"
        if not off and says_off(event):
            off = True
            said = Text("tên ghi là đã hủy: không diễn ra", "its title says it is cancelled: it does not take place")
            self._findings.note(self._file, said, event.line, "SUMMARY")
        self.cancelled += off
        start, length = self._time(told, bare=off)
        if start is None or length is None:
            return None
        self.floating += start.floating
        changed = event.first("RECURRENCE-ID")
        recurrence = self._when(changed, told) if changed else None
        if changed and recurrence is None:
            return None
        return Timed(
            event, start, length, off, _version(event),
            alike(recurrence, start) if recurrence and start != _NEVER and not start.day_only else recurrence,
            onward=self._onward(changed),
        )  # fmt: skip

    def _time(self, told: Told, *, bare: bool) -> tuple[When | None, timedelta | None]:
        """When the event is first, and how long; `bare`: it may do without."""
        found = told.event.first("DTSTART")
        if found is None and bare:
            return _NEVER, timedelta()
        start = self._when(found, told)
        return start, None if start is None else self._length(told, start, bare=bare)

    def _onward(self, changed: Property | None) -> bool:
        if changed is None or "RANGE" not in changed.parameters:
            return False
        span = changed.parameters["RANGE"].strip().upper()
        if span != "THISANDFUTURE":
            said = Text(
                f"RANGE={span[:40]} chỉ áp dụng cho buổi này", f"RANGE={span[:40]} is followed for one instance"
            )
            self._error(changed.line, "RECURRENCE-ID", said)
        return span == "THISANDFUTURE"

    def _when(self, found: Property | None, told: Told) -> When | None:
        if found is None:
            self._error(told.event.line, "DTSTART", Text("không có DTSTART", "it has no DTSTART"))
            return None
        moment = when(found.value, found.parameters)
        if moment is None:
            shown = found.value[:40]
            said = Text(f"“{shown}” không phải ngày giờ", f"{shown!r} is no date or time of a school year")
            self._error(found.line, found.name, said)
        elif not self._clock.knows(moment):
            zone = moment.zone[:60]
            said = Text(f"múi giờ “{zone}” không biết: bỏ qua", f"time zone {zone!r} is not known: left out")
            self._error(found.line, "TZID", said)
            return None
        elif moment.floating and told.zone:
            moment = msgspec.structs.replace(moment, zone=told.zone)
        return moment

    def _length(self, told: Told, start: When, *, bare: bool) -> timedelta | None:
        """None, and a problem, for what is no lesson and no day; a cancelled event may last as long as it wants."""
        event, line, column = told.event, told.event.line, "DTEND"
        end, span = event.first("DTEND"), event.first("DURATION")
        length: timedelta | None = timedelta(days=1) if start.day_only else timedelta()
        if end is not None:
            line = end.line
            stop = when(end.value, end.parameters)
            stop = alike(stop, start) if stop and stop.floating and not start.day_only else self._when(end, told)
            if stop is None:
                return None
            fits = stop.day_only == start.day_only
            length = self._clock.instant(stop) - self._clock.instant(start) if fits else None
            if start.day_only and length == timedelta():
                length = timedelta(days=1)  # many write the same date twice for one day
        elif span is not None:
            column, line = "DURATION", span.line
            length = duration(span.value)
        return timedelta() if bare else self._sound(length, start, line, column)

    def _sound(self, length: timedelta | None, start: When, line: int, column: str) -> timedelta | None:
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

    def _latest(self, told: list[Timed]) -> list[Timed]:
        """The highest SEQUENCE; with one number, events at other times or of another subject are kept beside it."""
        newest = max((one.version[0] for one in told), default=0)
        by_start: defaultdict[When, list[Timed]] = defaultdict(list)
        for one in told:
            if one.version[0] == newest:
                by_start[one.start].append(one)
            else:
                self._replaced(one)
        if _NEVER in by_start:
            return by_start[_NEVER][:1]  # the newest word is that it is off
        kept = [one for together in by_start.values() for one in self._newest(together)]
        for one in kept[1:]:
            said = Text(
                "UID này đã có với giờ hay môn khác: giữ cả hai",
                "this UID is there with another time or subject: both are kept",
            )
            self._findings.warning(self._file, said, one.event.line, "UID")
        return kept

    def _newest(self, together: list[Timed]) -> list[Timed]:
        """Of events at one time: the last one told, unless they were written at once and differ in subject."""
        top = max(one.version for one in together)
        kept: dict[str, Timed] = {}
        for one in together:
            if one.version != top:
                self._replaced(one)
                continue
            subject = one.event.text("SUMMARY")
            if subject in kept:
                self._replaced(kept[subject])
            kept[subject] = one
        return list(kept.values())

    def _latest_changes(self, told: list[Timed]) -> list[Timed]:
        """Of each changed instance the newest word, the last one where nothing says which is newer."""
        kept: dict[datetime, Timed] = {}
        for one in told:
            instant = self._clock.instant(one.recurrence or one.start)
            other = kept.get(instant)
            if other is not None:
                self._replaced(other if one.version >= other.version else one)
            if other is None or one.version >= other.version:
                kept[instant] = one
        return list(kept.values())

    def _replaced(self, one: Timed) -> None:
        said = Text("có bản mới hơn của sự kiện này", "a later version of this event is in the file")
        self._findings.note(self._file, said, one.event.line, "SEQUENCE")

    def _once(self, event: Component, instance: Instance) -> list[Happening]:
        self._left -= 1
        if self._left < 0:
            if self._left == -1:
                said = Text(f"hơn {MAX_TOTAL} buổi: bỏ phần sau", f"over {MAX_TOTAL} times: the rest is left out")
                self._error(event.line, "RRULE", said)
            return []
        start, length = instance.start, instance.length
        if start.day_only or _midnights(start, length):
            whole = timedelta(days=max(1, length.days))
            return [Happening(event, start.local, start.local + whole, whole_day=True)]
        instant = self._clock.instant(start)
        home = self._clock.home
        first, last = (one.astimezone(home).replace(tzinfo=None) for one in (instant, instant + length))
        parts = []
        while first.date() < last.date():
            midnight = datetime.combine(first.date() + timedelta(days=1), time())
            parts.append(Happening(event, first, midnight))
            first = midnight
        return [*parts, Happening(event, first, last)] if last > first else parts

    def _error(self, line: int, column: str, text: Text) -> None:
        self._findings.error(self._file, text, line, column)


def _beside(change: Timed, masters: list[Timed]) -> Timed:
    """A cancellation that names no time of its own speaks of its series' time as the series does."""
    if change.start != _NEVER or change.recurrence is None or not masters:
        return change
    return msgspec.structs.replace(change, recurrence=alike(change.recurrence, masters[0].start))


def _version(event: Component) -> tuple[int, str, str]:
    """SEQUENCE, then when it was written: what is greater is newer."""
    number = event.text("SEQUENCE")
    sequence = int(number) if number.isascii() and number.isdigit() and len(number) <= _DIGITS else 0
    stamps = [text if _STAMP.fullmatch(text := event.text(name)) else "" for name in ("LAST-MODIFIED", "DTSTAMP")]
    return sequence, stamps[0], stamps[1]


def _midnights(start: When, length: timedelta) -> bool:
    """A floating time from midnight to midnight is a whole day, whatever it calls itself."""
    local = not start.utc and (start.local.hour, start.local.minute) == (0, 0)
    return local and length >= timedelta(days=1) and length % timedelta(days=1) == timedelta() and length.days <= 370  # noqa: PLR2004
