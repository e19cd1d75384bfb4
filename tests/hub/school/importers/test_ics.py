import csv
import os
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.formats import read_timetable
from hub.school.importers.ics import read_ics
from hub.school.importers.ics_repeats import dates
from hub.school.importers.ics_rules import BadRule, parse_rule
from hub.school.problems import Severity, Unreadable
from hub.school.sessions import PlannedSession, sessions
from tests.commands.test_roster import SCHOOL_FILES
from tests.patience import PATIENCE_S

SCHOOL = SCHOOL_FILES / "ics" / "school.ics"
TODAY = date(2026, 9, 1)
EXAMPLES = 3_000 if os.environ.get("CLASSHUB_SOAK") else 120


def on(day: int, month: int = 9) -> list[PlannedSession]:
    return sessions(read_ics(SCHOOL, today=TODAY).timetable, date(2026, month, day))


def test_counts_are_the_file_s() -> None:
    found = read_timetable(SCHOOL)
    assert found.format == "ics"
    content = SCHOOL.read_bytes()
    assert found.counts["cards"] == content.count(b"BEGIN:VEVENT") == 17
    assert found.counts["lessons"] == 14  # distinct UIDs, one event without
    assert found.counts["cancelled"] == 2
    assert found.timezone == "Asia/Ho_Chi_Minh"


def test_a_weekly_lesson_with_its_exceptions() -> None:
    times = {
        day: [(one.start, one.end, one.rooms) for one in on(day) if one.subject == "Toán"]
        for day in (7, 9, 14, 16, 21, 23, 28)
    }
    usual = [("07:00", "08:30", ["P.101", "P.102"])]
    moved = [("09:00", "10:30", ["Phòng Tin học"])]
    # 28 September 07:00 is 00:00 UTC: UNTIL names exactly that instant
    assert times == {7: usual, 9: [], 14: moved, 16: [], 21: usual, 23: usual, 28: usual}
    assert on(30) == []


def test_subject_class_and_teacher_where_the_summary_names_them() -> None:
    lesson = next(one for one in on(7) if one.subject == "Toán")
    assert (lesson.classes, lesson.teachers) == (["10A1"], ["Nguyễn Văn An"])
    assert [one.classes for one in on(8)] == [["10A2"]]


def test_utc_becomes_local_time_and_a_fold_inside_a_letter_is_harmless() -> None:
    assert [(one.start, one.end, one.rooms) for one in on(8)] == [("07:00", "07:45", ["Hội trường", "tầng 2"])]
    assert [one.start for day in (8, 10, 12, 14) for one in on(day) if one.subject == "Ngữ văn"] == ["07:00"] * 3


def test_a_zone_the_file_defines_and_an_event_over_midnight() -> None:
    assert [one.start for one in on(7) if one.subject == "Lịch sử"] == ["15:00"]  # 10:00 at +02:00
    night = [(one.start, one.end) for day in (11, 12) for one in on(day) if one.subject == "Văn nghệ"]
    assert night == [("22:00", "24:00"), ("00:00", "01:30")]


def test_whole_days_are_holidays_only_where_they_say_so() -> None:
    days = read_ics(SCHOOL, today=TODAY).timetable.days
    assert [(one.day.day, one.title) for one in days] == [(1, "Nghỉ lễ Quốc khánh"), (2, "Nghỉ lễ Quốc khánh")]


def test_the_later_version_wins_and_a_cancelled_calendar_is_off() -> None:
    subjects = [one.subject for one in on(10)]
    assert "Mới" in subjects
    assert "Cũ" not in subjects
    assert "Đã hủy" not in subjects


def test_every_trap_is_reported_with_its_line() -> None:
    problems = read_ics(SCHOOL, today=TODAY).findings.problems
    lines = SCHOOL.read_text("utf-8", errors="replace").splitlines()
    for words, severity, content in (
        ("no date or time", Severity.ERROR, "20260231"),
        ("time zone 'Nowhere/Land' is not known", Severity.ERROR, "Nowhere"),
        ("does not end after its start", Severity.ERROR, "DTEND:20260910T094500"),
        ("cannot be followed", Severity.ERROR, "FORTNIGHTLY"),
        ("no iCalendar line", Severity.ERROR, "this line is broken"),
        ("the file ends inside VEVENT", Severity.ERROR, "BEGIN:VEVENT"),
        ("not called a holiday", Severity.NOTE, "BEGIN:VEVENT"),
        ("a later version", Severity.NOTE, "BEGIN:VEVENT"),
        ("events without UID", Severity.NOTE, "BEGIN:VEVENT"),
        ("events without DTSTAMP", Severity.NOTE, "BEGIN:VEVENT"),
    ):
        fitting = [one for one in problems if words in one.text.en]
        assert fitting, words
        assert fitting[0].severity is severity
        assert fitting[0].row is not None
        assert content in lines[fitting[0].row - 1]
        assert fitting[0].text.vi != fitting[0].text.en


def test_times_without_a_zone_are_said_to_be_assumed() -> None:
    found = read_ics(SCHOOL, today=TODAY)
    assert any("without a time zone" in text.en for text in found.assumed)
    elsewhere = read_ics(SCHOOL, "Europe/Berlin", TODAY)
    assert [one.start for one in sessions(elsewhere.timetable, date(2026, 9, 7)) if one.subject == "Lịch sử"] == [
        "10:00"
    ]


def calendar(*lines: str) -> bytes:
    inner = "\r\n".join(("BEGIN:VEVENT", "UID:x", "SUMMARY:S", *lines, "END:VEVENT"))
    return f"BEGIN:VCALENDAR\r\n{inner}\r\nEND:VCALENDAR\r\n".encode()


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=1", "FREQ=DAILY", "FREQ=DAILY;COUNT=999999",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,1,2,3,4,5,6,7,8,9",
        "FREQ=WEEKLY;UNTIL=99991231T000000Z", "FREQ=MONTHLY;BYDAY=53MO", "FREQ=WEEKLY;INTERVAL=0", "FREQ=",
        "FREQ=WEEKLY;COUNT=" + "9" * 4000, "FREQ=DAILY;BYSETPOS=366", "FREQ=YEARLY;BYWEEKNO=53",
    ],
)  # fmt: skip
def test_hostile_rules_stay_fast_and_bounded(tmp_path: Path, rule: str) -> None:
    path = tmp_path / "x.ics"
    path.write_bytes(calendar("DTSTART:19700101T070000", "DURATION:PT1M", f"RRULE:{rule}"))
    began = time.process_time()
    found = read_ics(path, today=TODAY)
    assert time.process_time() - began < PATIENCE_S  # what blows up takes minutes
    assert 1 <= len(found.timetable.dated) <= 5_000


def event(number: int, *lines: str) -> str:
    times = "DTSTART:20260901T070000", "DTEND:20260901T080000"
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{number}", "SUMMARY:S", *times, *lines, "END:VEVENT"))


MANY_A_DAY = "RRULE:FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60)))
DATES_OFF = "\r\n".join(["EXDATE;VALUE=DATE:" + ",".join(["20260902"] * 1_900)] * 10)


@pytest.mark.parametrize(
    ("lines", "times"),
    [("LOCATION:A" + " " * 19_000 + "B", 2), (MANY_A_DAY, 400), ("RRULE:FREQ=DAILY\r\n" + DATES_OFF, 2)],
)
def test_hostile_files_stay_fast(tmp_path: Path, lines: str, times: int) -> None:
    path = tmp_path / "x.ics"
    events = "\r\n".join(event(number, lines) for number in range(times))
    path.write_text(f"BEGIN:VCALENDAR\r\n{events}\r\nEND:VCALENDAR\r\n", "utf-8")
    began = time.process_time()
    found = read_ics(path, today=TODAY)
    assert time.process_time() - began < PATIENCE_S  # what blows up takes minutes
    assert found.timetable.dated


def test_times_beyond_the_bound_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.ics"
    path.write_text(event(1, MANY_A_DAY), "utf-8")
    found = read_ics(path, today=TODAY)
    assert [one.text.en for one in found.findings.problems if one.severity is Severity.ERROR] == [
        "over 5000 times: the rest is left out"
    ]
    path.write_text(event(1, "RRULE:FREQ=DAILY;COUNT=5000"), "utf-8")
    assert read_ics(path, today=TODAY).findings.bad == 0


def test_a_file_of_rubbish_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.ics"
    path.write_bytes(b"BEGIN:VCALENDAR\n" + b"ab\n" * 2_000_000)
    with pytest.raises(Unreadable, match="far too many lines"):
        read_ics(path, today=TODAY)


@pytest.mark.parametrize(
    ("title", "off"),
    [
        ("Nghỉ Tết Nguyên đán", True), ("Nghỉ lễ 30/4", True), ("Ferien", True), ("Lễ khai giảng năm học", False),
        ("Tết Trung thu", False), ("Học bù nghỉ Tết", False), ("Nghỉ bù lễ Quốc khánh", True),
        ("Nghỉ lễ kỷ niệm 2/9", True),
    ],
)  # fmt: skip
def test_ceremonies_and_lessons_made_up_for_are_no_holidays(tmp_path: Path, title: str, off: bool) -> None:
    path = tmp_path / "x.ics"
    path.write_bytes(calendar("DTSTART;VALUE=DATE:20260905").replace(b"SUMMARY:S", f"SUMMARY:{title}".encode()))
    assert bool(read_ics(path, today=TODAY).timetable.days) is off


def test_a_deadline_is_no_lesson_and_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "x.ics"
    path.write_bytes(calendar("DTSTART:20260905T100000Z", "DTEND:20260905T100000Z"))
    found = read_ics(path, today=TODAY)
    assert (found.findings.bad, found.timetable.dated) == (0, ())


def test_an_endless_rule_is_followed_a_year_beyond_today(tmp_path: Path) -> None:
    path = tmp_path / "x.ics"
    path.write_bytes(calendar("DTSTART:20240902T070000", "DURATION:PT45M", "RRULE:FREQ=WEEKLY"))
    found = read_ics(path, today=TODAY)
    assert found.timetable.dated[0].day == date(2024, 9, 2)
    assert date(2027, 9, 20) <= found.timetable.dated[-1].day <= TODAY + timedelta(days=400)
    assert any("without an end" in one.text.en for one in found.findings.problems)


def test_equal_events_are_one_lesson_and_two_rooms_are_told(tmp_path: Path) -> None:
    body = calendar("DTSTART:20260907T070000Z", "DTEND:20260907T080000Z", "LOCATION:A")
    other = body.replace(b"UID:x", b"UID:y")
    path = tmp_path / "x.ics"
    path.write_bytes(body + other + other.replace(b"UID:y", b"UID:z").replace(b"LOCATION:A", b"LOCATION:B"))
    found = read_ics(path, today=TODAY)
    assert [card.rooms for card in found.timetable.dated] == [("A",), ("B",)]
    said = [one.text.en for one in found.findings.problems]
    assert any("the same as the event of line" in text for text in said)
    assert any("in another room" in text for text in said)


_FREQ = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])


@settings(max_examples=EXAMPLES)
@given(_FREQ, st.integers(1, 4), st.sets(st.sampled_from("MO TU WE TH FR SA SU".split()), max_size=3),
       st.sets(st.integers(1, 12), max_size=3), st.sets(st.sampled_from([1, 7, 13, 31, -1]), max_size=2),
       st.integers(0, 500))  # fmt: skip
def test_rules_mean_what_dateutil_says(
    freq: str, interval: int, weekdays: set[str], months: set[int], month_days: set[int], offset: int
) -> None:
    parts = [f"FREQ={freq}", f"INTERVAL={interval}"]
    parts += [f"BYDAY={','.join(sorted(weekdays))}"] if weekdays else []
    parts += [f"BYMONTH={','.join(map(str, sorted(months)))}"] if months else []
    if month_days and freq != "WEEKLY":
        parts.append(f"BYMONTHDAY={','.join(map(str, sorted(month_days)))}")
    text, start = ";".join(parts), date(2024, 1, 1) + timedelta(days=offset)
    first, last = datetime(start.year, start.month, start.day), datetime(2027, 12, 31)  # noqa: DTZ001  local
    expected = [one.date() for one in rrulestr(text, dtstart=first).between(first, last, inc=True)]
    assert list(dates(parse_rule(text), start, start, last.date())) == expected


@given(st.text("FREQ=WEKLYDAIBUNTC;,0123456789-MOTU\n", max_size=60))
def test_no_text_of_a_rule_is_more_than_refused(text: str) -> None:
    try:
        rule = parse_rule(text)
    except BadRule:
        return
    assert len(list(dates(rule, TODAY, TODAY, TODAY + timedelta(days=40)))) <= 41


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_damage_is_a_problem_never_a_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = bytearray(SCHOOL.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 60))] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"", b":", b";", b"\r\n", b"9" * 400, b"BEGIN:VEVENT\r\n", b"="])
        )
    path = tmp_path_factory.mktemp("damage") / "x.ics"
    path.write_bytes(bytes(content))
    try:
        found = read_ics(path, today=TODAY)
    except Unreadable:
        return
    for card in found.timetable.dated:
        assert 0 <= card.start_min < card.end_min <= 24 * 60
    sessions(found.timetable, date(2026, 9, 7))


def test_leeds_calendar_agrees_with_its_table(shared_data: Path) -> None:
    folder = shared_data / "timetables" / "ics" / "leeds_tds"
    found = read_timetable(folder / "timetable.ics")
    told = set()
    for card in found.timetable.dated:
        [one] = [one for one in sessions(found.timetable, card.day) if one.row == card.row]
        told.add((one.subject, one.rooms[0], card.day, (card.end_min - card.start_min) // 60))
    with (folder / "timetable.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert told == {
        (row["summary"], row["location"], date.fromisoformat(row["date"]), int(row["duration"])) for row in rows
    }
    assert found.counts["cards"] == found.counts["lessons"] == len(rows) == 11
    assert found.findings.bad == 0


@pytest.mark.parametrize(
    ("name", "cards", "day", "start"),
    [("duplication", 2, date(2023, 1, 13), "13:00"), ("location", 2, date(2023, 1, 13), "13:00"),
     ("coursefiltering", 2, date(2023, 1, 13), "13:00"), ("nameshortening", 1, date(2023, 1, 13), "13:00"),
     ("timeadjustment", 4, date(2023, 10, 23), "18:00")],
)  # fmt: skip
def test_munich(shared_data: Path, name: str, cards: int, day: date, start: str) -> None:
    found = read_timetable(shared_data / "timetables" / "ics" / "tum" / f"{name}.ics")
    assert found.counts["cards"] == found.counts["lessons"] == cards
    assert found.timezone == "Europe/Vienna"
    first = sessions(found.timetable, day)[0]
    assert first.start == start
    assert first.rooms in (["MW 1801, Ernst-Schmidt-Hörsaal (5508.02.801)"], ["Online: Videokonferenz, Zoom etc."])
    told = [one.text.en for one in found.findings.problems if "in another room" in one.text.en]
    assert len(told) == (name in {"duplication", "location"})
