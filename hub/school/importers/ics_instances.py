"""The times one event takes place: its first, those of its rules and dates, without those taken out again.

Source: RFC 5545 3.8.5 (RRULE, RDATE with PERIOD, EXDATE), RFC 2445 4.8.5.2 (EXRULE). A time off or moved that has no
zone is meant in the event's own.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from hub.school.importers.ics_lines import Component, Property
from hub.school.importers.ics_listed import Listed
from hub.school.importers.ics_repeats import moments
from hub.school.importers.ics_rules import BadRule, Freq, Rule, parse_rule
from hub.school.importers.ics_times import When
from hub.school.importers.ics_zones import Clock
from hub.school.problems import Findings
from wire.text import Text

HORIZON_DAYS = 400  # how far beyond today, or its first date, a rule without an end is followed
MAX_RULE_DAYS = 7_500  # twenty years: a rule that began earlier is followed from a year before today
WITHIN_DAY_BACK_DAYS = 31  # an endless rule within a day fills its share in months: those that matter are now
MAX_COUNT = 5_000
MAX_TOTAL = 100_000
MAX_DAYS = 1_000_000  # dates looked at in one file: a second or two; rules of whole weeks cost a quarter
MAX_CHOSEN_FROM = 60  # times a date that BYSETPOS may choose from: all of a period are held at once
_COST = {Freq.SECONDLY: 3_000, Freq.MINUTELY: 1_500, Freq.HOURLY: 40}


class Timed(msgspec.Struct):
    """An event with its own times understood; `off`: it, or its whole calendar, says it is cancelled."""

    event: Component
    start: When
    length: timedelta
    off: bool
    version: tuple[int, str, str]
    recurrence: When | None = None
    onward: bool = False


class Instance(msgspec.Struct, frozen=True):
    start: When
    length: timedelta


class Instances:
    """Expands events one by one within the bounds of a file. `repeated` counts the rules followed."""

    def __init__(self, clock: Clock, today: date, file: str, findings: Findings) -> None:
        self._clock, self._today, self._file, self._findings = clock, today, file, findings
        self.repeated = 0
        self._days, self._left = MAX_DAYS, MAX_TOTAL
        self._listed = Listed(clock, file, findings)

    def of(self, master: Timed) -> tuple[dict[datetime, Instance], set[datetime]]:
        """By instant, oldest rule first; and the instants taken out, which nobody need wonder about."""
        found = {self._clock.instant(one.start): one for one in self._planned(master)}
        off = self._listed.off(master.event, master.start)
        if off is None:
            return {}, set()  # which of its times take place nobody knows
        days_off = {one.local.date() for one in off if one.day_only or master.start.day_only}
        gone = {self._clock.instant(one) for one in off}
        gone |= {instant for instant, one in found.items() if one.start.local.date() in days_off}
        for named in master.event.all("EXRULE"):
            rule = self._rule(named)
            if rule is not None:
                gone |= {self._clock.instant(one) for one in self._repeated(master.start, rule, named)}
        return {instant: one for instant, one in found.items() if instant not in gone}, gone

    def _planned(self, master: Timed) -> Iterator[Instance]:
        yield Instance(master.start, master.length)
        for start, length in self._listed.more(master.event, master.start):
            yield Instance(start, master.length if length is None else length)
        for named in master.event.all("RRULE"):
            rule = self._rule(named)
            if rule is None:
                continue
            self.repeated += 1
            for start in self._repeated(master.start, rule, named):
                yield Instance(start, master.length)

    def _rule(self, found: Property) -> Rule | None:
        vi, en = ("chỉ lấy buổi đầu", "only the first time is taken") if found.name == "RRULE" else _NOTHING_OFF
        try:
            rule = parse_rule(found.value)
        except BadRule as bad:
            said = Text(
                f"quy tắc lặp không dùng được ({bad}): {vi}", f"a repetition that cannot be followed ({bad}): {en}"
            )
            self._error(found, said)
            return None
        if self._days < 0 or self._left <= 0 or (rule.positions and rule.times_a_date > MAX_CHOSEN_FROM):
            said = Text(f"quá nhiều quy tắc lặp trong tệp: {vi}", f"far too many repetitions in the file: {en}")
            self._error(found, said)
            return None
        return rule

    def _repeated(self, start: When, rule: Rule, named: Property) -> Iterator[When]:
        """All times the rule means, the first among them; without an end up to HORIZON_DAYS beyond today."""
        first = start.local.date()
        begin, last = self._span(rule, first, named)
        most = min(rule.count or MAX_COUNT, MAX_COUNT, self._left + 1)
        taken, at = int(begin > first), begin
        for local in moments(rule, start.local, begin, last):
            at = local.date()
            if not self._before_until(rule, start, local):
                break
            if taken >= most:
                if rule.count is None or most < rule.count:
                    said = Text(f"lặp hơn {most} lần: bỏ phần sau", f"over {most} times: the rest is left out")
                    self._error(named, said)
                break
            taken, self._left = taken + 1, self._left - 1
            yield start.at(local)
        else:
            at = last
            if rule.count and taken < rule.count and rule.until is None and not rule.freq.within_a_day:
                self._note_end(named, last)
        self._days -= ((at - begin).days + 1) * _cost(rule) // (4 if _plain_weeks(rule) else 1)

    def _span(self, rule: Rule, first: date, named: Property) -> tuple[date, date]:
        """The dates to look at; what an endless rule loses by it is told."""
        last = max(self._today, first) + timedelta(days=HORIZON_DAYS)
        begin = first
        if rule.count is None and (rule.until is None or rule.until.date() > last):
            self._note_end(named, last)
        if rule.until is not None and rule.until.date() < last:
            last = rule.until.date() + timedelta(days=1)  # UNTIL in UTC may be tomorrow here
        if rule.count is None and rule.freq.within_a_day:
            begin = max(first, min(self._today, last) - timedelta(days=WITHIN_DAY_BACK_DAYS))
            if begin > first:
                said = Text(f"lặp trong ngày: lấy từ {begin}", f"it repeats within the day: taken from {begin}")
                self._findings.note(self._file, said, named.line, named.name)
        elif rule.freq.within_a_day and (last - first).days > self._days // _cost(rule):
            last = first + timedelta(days=self._days // _cost(rule))  # a rule that never comes to its COUNT
            said = Text(f"lặp trong ngày: lấy đến {last}", f"it repeats within the day: taken until {last}")
            self._findings.note(self._file, said, named.line, named.name)
        elif (last - first).days > MAX_RULE_DAYS:
            begin = self._today - timedelta(days=HORIZON_DAYS) if rule.count is None else first
            last = last if rule.count is None else first + timedelta(days=MAX_RULE_DAYS)
        return begin, last

    def _note_end(self, named: Property, last: date) -> None:
        said = Text(
            f"lặp lại không có hạn gần: lấy đến {last}", f"it repeats without an end in sight: taken until {last}"
        )
        self._findings.note(self._file, said, named.line, named.name)

    def _before_until(self, rule: Rule, start: When, local: datetime) -> bool:
        if rule.until is None:
            return True
        if rule.until_utc and not start.day_only:
            return self._clock.instant(start.at(local)) <= rule.until.replace(tzinfo=UTC)
        return local <= rule.until or (start.day_only and local.date() <= rule.until.date())

    def _error(self, found: Property, text: Text) -> None:
        self._findings.error(self._file, text, found.line, found.name)


_NOTHING_OFF = ("không bỏ buổi nào", "no time is left out by it")


def _cost(rule: Rule) -> int:
    """How many dates one date of the rule is worth."""
    return _COST.get(rule.freq, rule.times_a_date if rule.positions else 1)


def _plain_weeks(rule: Rule) -> bool:
    return rule.freq is Freq.WEEKLY and not rule.positions
