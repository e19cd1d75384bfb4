"""Series as programs change them step by step: cancellations without a time of their own, one shift after another."""

import time
from datetime import date
from pathlib import Path

import pytest

from hub.school.problems import Severity
from hub.school.sessions import sessions
from tests.hub.school.importers.test_ics_changes import ZONED, calendar, event, read, said, times
from tests.patience import PATIENCE_S

FLOATING = "DTSTART:20260907T080000", "DTEND:20260907T090000"
WEEKS = "RRULE:FREQ=WEEKLY;COUNT=4"


@pytest.mark.parametrize("first", [FLOATING, ZONED], ids=["floating", "zoned"])
def test_a_cancelled_instance_without_a_zone_is_of_the_series_zone(tmp_path: Path, first: tuple[str, str]) -> None:
    off = event("RECURRENCE-ID:20260914T080000", "STATUS:CANCELLED")
    found = read(tmp_path, calendar(event(*first, WEEKS), off), zone="Europe/Berlin")
    assert [one[:4] for one in times(found)] == ["0907", "0921", "0928"]
    assert said(found, Severity.WARNING) == []
    later = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260914T080000", "STATUS:CANCELLED")
    assert [one[:4] for one in times(read(tmp_path, calendar(event(*first, WEEKS), later)))] == ["0907"]


def test_a_cancelled_instance_of_a_series_in_another_zone_than_the_school_s(tmp_path: Path) -> None:
    off = event("RECURRENCE-ID:20260914T080000", "STATUS:CANCELLED")
    found = read(tmp_path, calendar(event(*ZONED, WEEKS), off), zone="Asia/Ho_Chi_Minh")
    assert times(found) == ["0907 1300-1400", "0921 1300-1400", "0928 1300-1400"]


@pytest.mark.parametrize("named", ["20260921T080000", "20260922T093000"], ids=["first time", "time it was moved to"])
def test_what_was_shifted_is_shifted_again(tmp_path: Path, named: str) -> None:
    once = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260914T080000", "DTSTART:20260915T093000", "DTEND:20260915T103000"
    )
    again = event(f"RECURRENCE-ID;RANGE=THISANDFUTURE:{named}", "DTSTART:20260923T140000", "DTEND:20260923T150000")
    found = read(tmp_path, calendar(event(*FLOATING, WEEKS), once, again))
    assert times(found) == ["0907 0800-0900", "0915 0930-1030", "0923 1400-1500", "0930 1400-1500"]
    assert said(found, Severity.WARNING, Severity.ERROR) == []


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=" + ",".join(map(str, range(60)))],
)
def test_a_zone_that_changes_every_second_fills_no_memory(tmp_path: Path, rule: str) -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Z\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0200\r\n"
        f"TZOFFSETTO:+0200\r\nRRULE:{rule}\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    )
    lesson = event("DTSTART;TZID=Z:20260907T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    began = time.process_time()
    assert [one[5:] for one in times(read(tmp_path, calendar(lesson, head=zone)))] == ["0800-0900"] * 3
    assert time.process_time() - began < PATIENCE_S  # each year of it was minutes and gigabytes


def test_a_rule_within_the_day_that_never_comes_to_its_count_is_told(tmp_path: Path) -> None:
    never = "RRULE:FREQ=SECONDLY;COUNT=5000;INTERVAL=2;BYSECOND=1"
    found = read(tmp_path, calendar(event("DTSTART:19700101T070000", "DURATION:PT5M", never)))
    assert len(found.timetable.dated) == 1
    assert said(found, Severity.NOTE)[0].startswith("it repeats within the day: taken until 1970-")


def test_a_lesson_of_its_date_does_not_run_on_a_holiday_of_the_file(tmp_path: Path) -> None:
    """As the hub plans it: lessons repeat on through holidays that stand beside them."""
    off = event("DTSTART;VALUE=DATE:20260914", uid="off", summary="Nghỉ lễ")
    found = read(tmp_path, calendar(event(*FLOATING, WEEKS), off)).timetable
    assert [len(sessions(found, date(2026, 9, day))) for day in (7, 14, 21)] == [1, 0, 1]


def test_a_count_that_lies_beyond_what_is_followed_is_told(tmp_path: Path) -> None:
    within = read(tmp_path, calendar(event(*FLOATING, WEEKS)))
    assert not any("taken until" in text for text in said(within))
    beyond = read(tmp_path, calendar(event(*FLOATING, "RRULE:FREQ=YEARLY;COUNT=5")))
    assert len(beyond.timetable.dated) == 2
    assert said(beyond, Severity.NOTE)[0] == "it repeats without an end in sight: taken until 2027-10-12"
