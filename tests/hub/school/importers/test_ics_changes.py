"""Repetitions and their changes against an expansion of its own (dateutil for rules, plain loops for the rest)."""

import os
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.found import TimetableImport
from hub.school.importers.ics import read_ics
from hub.school.importers.ics_repeats import moments
from hub.school.importers.ics_rules import parse_rule
from hub.school.problems import Severity
from tests.patience import PATIENCE_S

TODAY = date(2026, 9, 1)
BERLIN = "Europe/Berlin"
EXAMPLES = 2_000 if os.environ.get("CLASSHUB_SOAK") else 100
ZONED = "DTSTART;TZID=Europe/Berlin:20260907T080000", "DTEND;TZID=Europe/Berlin:20260907T090000"


OWN_ZONE = """BEGIN:VTIMEZONE
TZID:Giờ trường
BEGIN:STANDARD
DTSTART:20200101T000000
TZOFFSETFROM:+0700
TZOFFSETTO:+0700
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20250101T000000
RDATE:20260901T000000,20270101T000000
TZOFFSETFROM:+0700
TZOFFSETTO:+0600
END:DAYLIGHT
END:VTIMEZONE"""


def event(*lines: str, uid: str = "x", summary: str = "Toán") -> str:
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *lines, "END:VEVENT"))


def calendar(*events: str, head: str = "") -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", *([head] if head else []), *events, "END:VCALENDAR", ""))


def read(path: Path, *parts: str, zone: str = BERLIN) -> TimetableImport:
    file = path / "x.ics"
    file.write_text("".join(parts), "utf-8")
    return read_ics(file, zone, TODAY)


def times(found: TimetableImport) -> list[str]:
    """Month and day, start and end, oldest first."""
    return [
        f"{card.day:%m%d} {card.start_min // 60:02d}{card.start_min % 60:02d}-"
        f"{card.end_min // 60:02d}{card.end_min % 60:02d}"
        for card in found.timetable.dated
    ]


def said(found: TimetableImport, *severities: Severity) -> list[str]:
    return [one.text.en for one in found.findings.problems if not severities or one.severity in severities]


def test_all_later_instances_are_shifted_lengthened_and_renamed(tmp_path: Path) -> None:
    later = (
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261019T080000",
        "DTSTART;TZID=Europe/Berlin:20261020T093000", "DTEND;TZID=Europe/Berlin:20261020T110000", "LOCATION:P.2",
    )  # fmt: skip
    found = read(
        tmp_path,
        calendar(event(*ZONED, "LOCATION:P.1", "RRULE:FREQ=WEEKLY;COUNT=9"), event(*later, summary="Toán nâng cao")),
    )
    assert times(found) == [
        "0907 0800-0900", "0914 0800-0900", "0921 0800-0900", "0928 0800-0900", "1005 0800-0900", "1012 0800-0900",
        "1020 0930-1100", "1027 0930-1100", "1103 0930-1100",  # summer time ends on 25 October
    ]  # fmt: skip
    assert [card.rooms for card in found.timetable.dated] == [("P.1",)] * 6 + [("P.2",)] * 3
    assert [one.subject for one in found.timetable.lessons] == ["Toán", "Toán nâng cao"]
    assert found.findings.bad == 0


def test_one_change_goes_before_one_of_many_and_may_name_the_changed_time(tmp_path: Path) -> None:
    def change(recurrence: str, start: str) -> str:
        return event(f"RECURRENCE-ID{recurrence}", f"DTSTART;TZID=Europe/Berlin:{start}", "DURATION:PT30M")

    found = read(
        tmp_path,
        calendar(
            event(*ZONED, "RRULE:FREQ=DAILY;COUNT=5"),
            change(";RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260908T080000", "20260908T100000"),
            change(";TZID=Europe/Berlin:20260909T080000", "20260909T140000"),
            change(":20260910T080000Z", "20260910T150000"),  # 10:00 in Berlin: the time the change above gave it
        ),
    )
    assert times(found) == ["0907 0800-0900", "0908 1000-1030", "0909 1400-1430", "0910 1500-1530", "0911 1000-1030"]


def test_all_later_instances_are_cancelled(tmp_path: Path) -> None:
    off = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260909T060000Z", "STATUS:CANCELLED")
    assert times(read(tmp_path, calendar(event(*ZONED, "RRULE:FREQ=DAILY;COUNT=5"), off))) == [
        "0907 0800-0900", "0908 0800-0900",
    ]  # fmt: skip


def test_a_range_into_the_past_is_told(tmp_path: Path) -> None:
    change = event("RECURRENCE-ID;RANGE=THISANDPRIOR:20260908T060000Z", "DTSTART:20260908T100000Z", "DURATION:PT1H")
    found = read(tmp_path, calendar(event(*ZONED, "RRULE:FREQ=DAILY;COUNT=3"), change))
    assert times(found) == ["0907 0800-0900", "0908 1200-1300", "0909 0800-0900"]
    assert said(found, Severity.ERROR) == ["RANGE=THISANDPRIOR is followed for one instance"]


def test_exrule_takes_out_what_it_means(tmp_path: Path) -> None:
    found = read(
        tmp_path, calendar(event(*ZONED, "RRULE:FREQ=DAILY;COUNT=10", "EXRULE:FREQ=WEEKLY;BYDAY=WE,SA,SU;COUNT=3"))
    )
    assert [one[:4] for one in times(found)] == ["0907", "0908", "0910", "0911", "0914", "0915", "0916"]
    broken = read(tmp_path, calendar(event(*ZONED, "RRULE:FREQ=DAILY;COUNT=2", "EXRULE:FREQ=OFTEN")))
    assert len(times(broken)) == 2
    assert said(broken, Severity.ERROR) == [
        "a repetition that cannot be followed (FREQ in FREQ=OFTEN): no time is left out by it"
    ]


def test_periods_of_rdate_have_their_own_length(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        calendar(
            event(
                *ZONED,
                "RDATE;VALUE=PERIOD:20260908T060000Z/PT2H,20260909T060000Z/20260909T063000Z,20260910T060000Z/PT0S",
                "RDATE;TZID=Europe/Berlin:20260911T130000",
                "RDATE:20260912T130000",  # no zone: the event's own
            )
        ),
    )
    assert times(found) == [
        "0907 0800-0900", "0908 0800-1000", "0909 0800-0830", "0911 1300-1400", "0912 1300-1400",
    ]  # fmt: skip
    assert said(found, Severity.ERROR) == ["'20260910T060000Z/PT0S' is no period of time"]


def test_times_off_in_another_zone_without_a_zone_and_as_dates(tmp_path: Path) -> None:
    off = "EXDATE:20260908T060000Z", "EXDATE:20260909T080000", "EXDATE;VALUE=DATE:20260910"
    tokyo = event(
        "RECURRENCE-ID;TZID=Asia/Tokyo:20260911T150000", "DTSTART;TZID=Asia/Tokyo:20260911T180000", "DURATION:PT1H"
    )
    day = event("RECURRENCE-ID;VALUE=DATE:20260912", "DTSTART:20260912T100000Z", "DURATION:PT1H")
    found = read(tmp_path, calendar(event(*ZONED, "RRULE:FREQ=DAILY;COUNT=7", *off), tokyo, day))
    assert times(found) == ["0907 0800-0900", "0911 1100-1200", "0912 1200-1300", "0913 0800-0900"]
    assert found.findings.bad == 0


def test_whole_days_are_moved_by_a_time_of_theirs(tmp_path: Path) -> None:
    master = event(
        "DTSTART;VALUE=DATE:20260907", "RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20260908T000000", summary="Nghỉ lễ"
    )
    moved = event("RECURRENCE-ID:20260909T000000Z", "DTSTART;VALUE=DATE:20260920", summary="Nghỉ lễ")
    found = read(tmp_path, calendar(master, moved))
    assert [one.day.day for one in found.timetable.days] == [7, 10, 20]


def test_until_in_utc_is_the_instant_on_both_sides_of_summer_time(tmp_path: Path) -> None:
    for until, last in (("20261026T070000Z", "1026"), ("20261026T065959Z", "1019"), ("20261019T060000Z", "1019")):
        found = read(tmp_path, calendar(event(*ZONED, f"RRULE:FREQ=WEEKLY;UNTIL={until}")))
        assert times(found)[-1].startswith(last)


@pytest.mark.parametrize(
    ("name", "utc"),
    [
        ("SE Asia Standard Time", "0100"), ("W. Europe Standard Time", "0600"), ("Asia/Ho_Chi_Minh", "0100"),
        ('"(UTC+07:00) Bangkok, Hanoi, Jakarta"', "0100"), ("GMT+7", "0100"), ('"UTC+07:00"', "0100"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "0600"), ("Giờ trường", "0200"), ("UTC", "0800"),
    ],
)  # fmt: skip
def test_names_of_zones(tmp_path: Path, name: str, utc: str) -> None:
    found = read(
        tmp_path,
        calendar(OWN_ZONE, event(f"DTSTART;TZID={name}:20260907T080000", "DURATION:PT1H")).replace('TZID=""', 'TZID="'),
        zone="UTC",
    )
    assert [one[5:9] for one in times(found)] == [utc], said(found)


def test_a_zone_whose_summer_time_nobody_knows_is_not_guessed(tmp_path: Path) -> None:
    found = read(
        tmp_path, calendar(event('DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin":20260907T080000', "DURATION:PT1H"))
    )
    assert times(found) == []
    assert "is not known" in said(found, Severity.ERROR)[0]


def test_times_without_a_zone_are_those_of_their_own_calendar(tmp_path: Path) -> None:
    plain = "DTSTART:20260907T080000", "DURATION:PT1H"
    found = read(
        tmp_path,
        calendar(event(*plain, uid="a"), head="X-WR-TIMEZONE:Asia/Ho_Chi_Minh"),
        calendar(event(*plain, uid="b"), head="X-WR-TIMEZONE:Tokyo Standard Time"),
        calendar(event(*plain, uid="c")),
        zone="UTC",
    )
    assert sorted(times(found)) == ["0906 2300-2400", "0907 0100-0200", "0907 0800-0900"]
    assert [one.en for one in found.assumed] == ["assumed: 1 events without a time zone are in local time"]


def test_a_cancellation_needs_no_time_and_the_newer_word_counts(tmp_path: Path) -> None:
    series = event(*ZONED, "SEQUENCE:1790000000", "RRULE:FREQ=DAILY;COUNT=3")
    off = calendar(event("SEQUENCE:1790000001"), head="METHOD:CANCEL")
    assert times(read(tmp_path, calendar(series), off)) == []
    older = calendar(event("SEQUENCE:3"), head="METHOD:CANCEL")
    assert len(times(read(tmp_path, calendar(series), older))) == 3
    one = calendar(event("SEQUENCE:1790000001", "RECURRENCE-ID:20260908T060000Z"), head="METHOD:CANCEL")
    assert [when[:4] for when in times(read(tmp_path, calendar(series), one))] == ["0907", "0909"]


def test_one_uid_twice_at_one_time(tmp_path: Path) -> None:
    stamp = "DTSTAMP:2026080{}T000000Z".format
    newer = read(tmp_path, calendar(event(*ZONED, stamp(2), "LOCATION:P.2"), event(*ZONED, stamp(1), "LOCATION:P.1")))
    assert [card.rooms for card in newer.timetable.dated] == [("P.2",)]
    both = read(tmp_path, calendar(event(*ZONED, stamp(1)), event(*ZONED, stamp(1), summary="Hóa học")))
    assert sorted(one.subject for one in both.timetable.lessons) == ["Hóa học", "Toán"]
    assert said(both, Severity.WARNING) == ["this UID is there with another time or subject: both are kept"]


def test_rules_within_the_day_have_a_window_and_a_cap_that_are_told(tmp_path: Path) -> None:
    hours = read(tmp_path, calendar(event(*ZONED, "RRULE:FREQ=HOURLY;INTERVAL=2;BYHOUR=8,9,10;UNTIL=20260908T235959")))
    assert times(hours) == ["0907 0800-0900", "0907 1000-1100", "0908 0800-0900", "0908 1000-1100"]
    assert hours.findings.bad == 0
    old = read(
        tmp_path, calendar(event("DTSTART:20200101T000000Z", "DURATION:PT5M", "RRULE:FREQ=MINUTELY;INTERVAL=10"))
    )
    assert said(old, Severity.ERROR) == ["over 5000 times: the rest is left out"]
    assert "it repeats within the day: taken from 2026-08-01" in said(old)
    assert old.timetable.dated[1].day == date(2026, 8, 1)
    assert old.timetable.dated[-1].day > TODAY


def test_a_misspelt_part_of_a_rule_repeats_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, calendar(event(*ZONED, "RRULE:FREQ=DAILY;UNTL=20260909")))
    assert len(times(found)) == 1
    assert said(found, Severity.ERROR) == ["a repetition that cannot be followed (UNTL): only the first time is taken"]


_HOURS, _DAYS = st.sampled_from([8, 9, 13]), st.integers(0, 70)


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from(["DAILY", "DAILY;INTERVAL=3", "WEEKLY;BYDAY=MO,TH", "MONTHLY;BYDAY=1MO,-1FR", "WEEKLY;WKST=SU"]),
    st.sampled_from(["", "FREQ=WEEKLY;BYDAY=TH", "FREQ=DAILY;INTERVAL=6", "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,FR"]),
    st.sets(_DAYS, max_size=3),
    st.dictionaries(_DAYS, st.one_of(st.none(), st.tuples(st.integers(-2, 2), _HOURS)), max_size=3),
    st.dictionaries(_DAYS, st.one_of(st.none(), st.tuples(st.integers(-1, 1), _HOURS)), max_size=2),
)
def test_series_with_changes_equal_a_slow_expansion(
    tmp_path_factory: pytest.TempPathFactory,
    rule: str,
    exrule: str,
    off: set[int],
    single: dict[int, tuple[int, int] | None],
    onward: dict[int, tuple[int, int] | None],
) -> None:
    first = datetime(2026, 9, 7, 8)  # noqa: DTZ001  local
    last = first + timedelta(days=80)
    starts = {first} | set(rrulestr(f"FREQ={rule}", dtstart=first).between(first, last, inc=True))
    if exrule:
        starts -= set(rrulestr(exrule, dtstart=first).between(first, last, inc=True))
    starts -= {first + timedelta(days=one) for one in off}
    at = {n: first + timedelta(days=n) for n in range(80)}
    ranges = sorted(n for n in onward if at[n] in starts and n not in single)
    expected = []
    for start in starts:
        number = (start - first).days
        if number in single:
            change, length, base = single[number], 30, number
        else:
            base = max((n for n in ranges if n <= number), default=-1)
            change, length = (onward[base], 45) if base >= 0 else ((0, 8), 60)
        if change is not None:
            days, hour = change
            begin = (start + timedelta(days=days)).replace(hour=hour)
            expected.append((begin.date(), begin.hour * 60, begin.hour * 60 + length))
    lines = [*ZONED, f"RRULE:FREQ={rule};UNTIL={last:%Y%m%dT%H%M%S}"]
    lines += [f"EXRULE:{exrule};UNTIL={last:%Y%m%dT%H%M%S}"] if exrule else []
    lines += [f"EXDATE;TZID=Europe/Berlin:{at[n]:%Y%m%dT%H%M%S}" for n in off]
    events = [event(*lines)]
    for span, changes in (("", single), (";RANGE=THISANDFUTURE", {n: onward[n] for n in ranges})):
        for number, change in changes.items():
            if at[number] not in starts:
                continue
            days, hour = change or (0, 8)
            begin = (at[number] + timedelta(days=days)).replace(hour=hour)
            events.append(
                event(
                    f"RECURRENCE-ID{span};TZID=Europe/Berlin:{at[number]:%Y%m%dT%H%M%S}",
                    f"DTSTART;TZID=Europe/Berlin:{begin:%Y%m%dT%H%M%S}",
                    f"DURATION:PT{45 if span else 30}M",
                    *(["STATUS:CANCELLED"] if change is None else []),
                )
            )
    found = read(tmp_path_factory.mktemp("series"), calendar(*events))
    got = [(card.day, card.start_min, card.end_min) for card in found.timetable.dated]
    assert sorted(set(got)) == sorted(set(expected))
    assert found.findings.bad == 0


_BY = {
    "BYMONTH": ["1", "3", "9", "12"], "BYMONTHDAY": ["1", "13", "-1"], "BYDAY": ["MO", "WE", "SU"],
    "BYHOUR": ["0", "7", "13"], "BYMINUTE": ["0", "15", "59"], "BYWEEKNO": ["1", "20", "52", "-1"],
}  # fmt: skip


@st.composite
def day_rules(draw: st.DrawFn) -> str:
    """Rules that take place again and again: dateutil looks for others until the year 9999."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    allowed = [
        key for key in _BY if (key, freq) != ("BYMONTHDAY", "WEEKLY") and (key != "BYWEEKNO" or freq == "YEARLY")
    ]
    chosen = draw(st.lists(st.sampled_from(allowed), unique=True, max_size=3))
    if "BYWEEKNO" in chosen:
        chosen = ["BYWEEKNO", "BYDAY"]
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 3))}"]
    values = {key: draw(st.lists(st.sampled_from(_BY[key]), unique=True, min_size=1, max_size=3)) for key in chosen}
    parts += [f"{key}={','.join(listed)}" for key, listed in values.items()]
    if chosen and freq != "WEEKLY":  # there dateutil counts the first week from the first time, not from its Monday
        parts.append(draw(st.sampled_from(["BYSETPOS=1", "BYSETPOS=-1", "X-NONE=1"])))
    parts.append(f"WKST={draw(st.sampled_from(['MO', 'SU', 'TH']))}")
    return ";".join(parts)


@settings(max_examples=EXAMPLES // 2)
@given(day_rules(), st.integers(0, 500), st.sampled_from([0, 15]))
def test_times_of_rules_mean_what_dateutil_says(rule: str, offset: int, minute: int) -> None:
    start = datetime(2024, 1, 1, 7, minute) + timedelta(days=offset)  # noqa: DTZ001  local
    last = (start + timedelta(days=500)).date()
    known = rule.replace(";X-NONE=1", "") + f";UNTIL={last:%Y%m%d}T235959"
    assert list(moments(parse_rule(rule), start, start.date(), last)) == list(rrulestr(known, dtstart=start))


@settings(max_examples=EXAMPLES // 2)
@given(
    st.sampled_from([("HOURLY", 60), ("MINUTELY", 1)]),
    st.sampled_from([1, 5, 7, 45, 90]),
    st.sets(st.sampled_from([0, 7, 8, 13, 23]), max_size=3),
    st.sets(st.sampled_from([0, 15, 30, 59]), max_size=3),
    st.sets(st.sampled_from([0, 2, 5]), max_size=2),
    st.integers(0, 59),
)
def test_rules_within_the_day_against_every_single_minute(
    unit: tuple[str, int], interval: int, hours: set[int], minutes: set[int], weekdays: set[int], minute: int
) -> None:
    freq, length = unit
    start = datetime(2026, 9, 7, 7, minute)  # noqa: DTZ001  local
    rule = f"FREQ={freq};INTERVAL={interval}"
    for key, chosen in (("BYHOUR", hours), ("BYMINUTE", minutes)):
        rule += f";{key}={','.join(map(str, sorted(chosen)))}" if chosen else ""
    rule += (
        f";BYDAY={','.join(('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU')[one] for one in sorted(weekdays))}"
        if weekdays
        else ""
    )
    expected = []
    for number in range(5 * 24 * 60):
        moment = start + timedelta(minutes=number)
        units = (moment.replace(minute=0) - start.replace(minute=0)).total_seconds() // 3600 if length > 1 else number
        fine = moment.minute in (minutes or ({start.minute} if length > 1 else range(60)))
        coarse = (not hours or moment.hour in hours) and (not weekdays or moment.weekday() in weekdays)
        if units % interval == 0 and fine and coarse and moment.date() <= date(2026, 9, 11):
            expected.append(moment)
    assert list(moments(parse_rule(rule), start, start.date(), date(2026, 9, 11))) == expected


EVERY_SECOND = f"BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))};BYSECOND=" + ",".join(
    map(str, range(60))
)


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=MINUTELY;BYSETPOS=5;BYSECOND=1,2,3", "RRULE:FREQ=SECONDLY;INTERVAL=9999991",
        f"RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1;{EVERY_SECOND}",
        "RRULE:FREQ=DAILY\r\n" + "\r\n".join(["EXRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"] * 20),
    ],
)  # fmt: skip
def test_hostile_rules_are_bounded_and_told(tmp_path: Path, rule: str) -> None:
    events = [event("DTSTART:20240901T070000", "DURATION:PT5M", rule, uid=str(number)) for number in range(120)]
    began = time.process_time()
    found = read(tmp_path, calendar(*events))
    assert time.process_time() - began < PATIENCE_S  # what blows up takes minutes
    assert any("far too many repetitions" in text for text in said(found, Severity.ERROR))
    assert 1 <= len(found.timetable.dated) <= 2_000
