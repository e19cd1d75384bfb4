"""Long lists and long holidays: what is beyond the bounds is told with its line and number, never just gone."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar.parser import Contentline

from hub.school.importers.ics import read_ics
from hub.school.importers.ics_free import FreeDays
from hub.school.importers.ics_lines import read_components
from hub.school.importers.ics_listed import MAX_MORE, MAX_OFF, Listed
from hub.school.importers.ics_times import When
from hub.school.importers.ics_zones import Clock, Zones
from hub.school.problems import Findings, Problem, Severity
from tests.hub.school.importers.test_ics_changes import calendar, event, read

TODAY = date(2026, 9, 1)
FIRST = datetime(2026, 9, 7, 7)  # noqa: DTZ001  local times of the file
LESSON = "DTSTART:20260907T070000", "DTEND:20260907T070100"


def listed(name: str, number: int) -> list[str]:
    """So many minutes from the lesson's own on, a hundred a line."""
    at = [f"{FIRST + timedelta(minutes=n):%Y%m%dT%H%M%S}" for n in range(number)]
    return [f"{name}:" + ",".join(at[n : n + 100]) for n in range(0, number, 100)]


def errors(problems: list[Problem]) -> list[Problem]:
    return [one for one in problems if one.severity is Severity.ERROR]


def test_as_many_times_as_are_allowed_are_all_there(tmp_path: Path) -> None:
    found = read(tmp_path, calendar(event(*LESSON, *listed("RDATE", MAX_MORE))))
    assert found.findings.bad == 0
    assert len(found.timetable.dated) == MAX_MORE


def test_more_times_are_told_and_the_first_are_taken(tmp_path: Path) -> None:
    found = read(tmp_path, calendar(event(*LESSON, *listed("RDATE", MAX_MORE + 250))))
    (one,) = errors(found.findings.problems)
    content = (tmp_path / "x.ics").read_text("utf-8").splitlines()
    assert (one.column, content[(one.row or 0) - 1][:6]) == ("RDATE", "RDATE:")
    assert f"the last {250} are left out" in one.text.en
    assert "bỏ 250 lần sau" in one.text.vi
    assert len(found.timetable.dated) == MAX_MORE


def test_too_many_times_off_leave_out_the_event_and_no_other(tmp_path: Path) -> None:
    """What is off would seem to take place."""
    other = event("DTSTART:20260908T070000", "DTEND:20260908T080000", uid="other")
    found = read(tmp_path, calendar(event(*LESSON, *listed("EXDATE", MAX_OFF + 1)), other))
    (one,) = errors(found.findings.problems)
    assert (one.column, str(MAX_OFF + 1) in one.text.vi, str(MAX_OFF + 1) in one.text.en) == ("EXDATE", True, True)
    assert [card.day for card in found.timetable.dated] == [date(2026, 9, 8)]


def test_a_file_has_a_bound_too(tmp_path: Path) -> None:
    path = tmp_path / "x.ics"
    lines = [*listed("RDATE", 20), *listed("EXDATE", 1)]
    path.write_text(calendar(event(*LESSON, *lines)), "utf-8")
    (named,) = read_components(path, Findings()).within("VEVENT")
    findings, like = Findings(), When(FIRST)
    bounded = Listed(Clock(Zones([]), ZoneInfo("Asia/Ho_Chi_Minh")), "x.ics", findings, most=31)
    assert [len(bounded.more(named, like)) for _ in range(3)] == [20, 11, 0]
    assert bounded.off(named, like) is None
    assert [one.text.en for one in errors(findings.problems)] == [
        "20 times in RDATE, 11 are taken: the last 9 are left out",
        "20 times in RDATE, 0 are taken: the last 20 are left out",
        "1 times in EXDATE (the limit is 0): the event is left out with all its planned times",
    ]


def test_holidays_over_each_other_have_the_first_name(tmp_path: Path) -> None:
    """Three thousand of a year each, each a day later: as many days as they have together."""
    path = tmp_path / "x.ics"
    begin = date(2026, 1, 1)
    lines = ["BEGIN:VCALENDAR"]
    for number in range(3_000):
        first = begin + timedelta(days=number % 500)
        lines += ["BEGIN:VEVENT", f"UID:{number}", f"SUMMARY:Nghỉ {number}", f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
                  f"DTEND;VALUE=DATE:{first + timedelta(days=365):%Y%m%d}", "END:VEVENT"]  # fmt: skip
    path.write_text("\r\n".join([*lines, "END:VCALENDAR"]), "utf-8")
    days = read_ics(path, today=TODAY).timetable.days
    expected = [(begin + timedelta(days=n), f"Nghỉ {max(0, n - 364)}") for n in range(499 + 365)]
    assert [(one.day, one.title) for one in days] == expected


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)), max_size=40))
def test_free_days_are_those_nobody_took(stretches: list[tuple[int, int]]) -> None:
    free, taken = FreeDays(), set[int]()
    for first, length in stretches:
        day, found = first, []
        while (day := free.of(day)) < first + length:
            found.append(day)
            free.take(day)
        assert found == [one for one in range(first, first + length) if one not in taken]
        taken |= set(found)


PIECES = st.sampled_from(
    ["DTSTART", "TZID", "VALUE", "DATE", "Asia/Ho_Chi_Minh", ":", ";", "=", "X-A", "20260907T070000", '"', ",", "\\n",
     "\\", " ", "%3A", "^n", "Toán 10A1", "GMT+7"]
)  # fmt: skip


@given(st.sampled_from(["DTSTART", "SUMMARY", "RDATE"]), st.lists(PIECES, max_size=9))
def test_a_line_is_read_as_the_library_reads_it(
    tmp_path_factory: pytest.TempPathFactory, name: str, rest: list[str]
) -> None:
    """Also where it is simple and the library is not asked."""
    path = tmp_path_factory.getbasetemp() / "line.ics"
    line = f"{name}{''.join(rest)}"
    path.write_text(f"BEGIN:VEVENT\r\n{line}\r\nEND:VEVENT\r\n", "utf-8")
    found = read_components(path, Findings()).inside[0].properties
    try:
        _, parameters, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
    except ValueError:
        assert found == []
        return
    here = [(one.parameters, one.value) for one in found if one.name == name]
    there = {str(key).upper(): one if isinstance(one, str) else ",".join(one) for key, one in parameters.items()}
    assert here in ([], [(there, value)])
    if line[len(name) : len(name) + 1] in {":", ";"}:
        assert here
