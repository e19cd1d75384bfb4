"""The real export against a walk through its XML that shares nothing with the importer."""

import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from hub.school.importers.asc import read_asc
from hub.school.problems import Unreadable
from hub.school.sessions import sessions
from tests.patience import PATIENCE_S, promised_s

TERM_FIRST, TERM_DAYS = date(2026, 9, 7), 12 * 7


@pytest.fixture(scope="module")
def brazil(shared_data: Path) -> Path:
    return shared_data / "timetables" / "asc" / "asc_brazil_institute.xml"


def test_brazil_s_numbers(brazil: Path) -> None:
    found = read_asc(brazil)
    assert found.counts | {
        "periods": 15, "teachers": 103, "rooms": 67, "classes": 47, "groups": 235, "lessons": 515, "cards": 1187,
        "cards_without_room": 268, "cards_with_several_rooms": 0, "lessons_without_card": 17,
        "lessons_without_teacher": 9, "lessons_with_several_teachers": 2, "lessons_with_several_classes": 0,
    } == found.counts  # fmt: skip
    assert found.weeks_masks == {"1": 1187}
    said = [one.text.en for one in found.findings.problems]
    assert any("named '2° - 08:05 - 08:55' but endtime is 08:45" in text for text in said)
    assert any("periods 1, 7, 11 share the name" in text for text in said)
    assert any('capacity="*"' in text for text in said)
    assert any("without a leading zero" in text for text in said)


def test_lessons_per_room_and_day_of_a_whole_term(brazil: Path) -> None:
    """Every room, every date of twelve weeks: the number of lessons and their times as the file's attributes say."""
    root = ET.parse(brazil).getroot()  # noqa: S314  compared with, not imported
    clock = {one.get("period"): tuple(int(part) for part in str(one.get("starttime")).split(":"))
             for one in root.iter("period")}  # fmt: skip
    rooms = {one.get("id"): str(one.get("name")) for one in root.iter("classroom")}
    wanted: Counter[tuple[date, str, str]] = Counter()
    for offset in range(TERM_DAYS):
        day = TERM_FIRST + timedelta(days=offset)
        for card in root.iter("card"):
            days = card.get("days") or ""
            if day.weekday() >= len(days) or days[day.weekday()] == "0":
                continue
            hour, minute = clock[card.get("period")]
            for room in filter(None, (card.get("classroomids") or "").split(",")):
                wanted[day, rooms[room], f"{hour:02d}:{minute:02d}"] += 1
    timetable = read_asc(brazil).timetable
    found: Counter[tuple[date, str, str]] = Counter()
    for offset in range(TERM_DAYS):
        day = TERM_FIRST + timedelta(days=offset)
        for one in sessions(timetable, day):
            for name in one.rooms:
                found[day, name, str(one.start)] += 1
    assert sum(wanted.values()) > 10_000
    assert found == wanted


HEAD = (
    '<timetable importtype="database" options="{options}"><periods>'
    '<period period="1" name="1" starttime="7:30" endtime="8:15"/>'
    '<period period="2" name="2" starttime="8:15" endtime="9:00"/>'
    '<period period="3" name="3" starttime="8:40" endtime="9:20"/></periods>'
    '<days><day day="0" name="T2"/><day day="1" name="T3"/></days>'
    '<weeksdefs><weeksdef id="*w" weeks="01" name="Term 1 Week 2"/>'
    '<weeksdef id="*a" weeks="11" name="all"/></weeksdefs>'
    '<classes><class id="*1" name="10A1"/><class id="*2" name="10A2"/></classes>'
    '<teachers><teacher id="*1" name="An"/><teacher id="*2" name="Bình"/></teachers>'
    '<classrooms><classroom id="*1" name="101" capacity="*"/><classroom id="*2" name="102"/></classrooms>'
    '<groups><group id="*1" classid="*1" name="Nhóm 1"/><group id="*2" classid="*1" name="Nhóm 2"/></groups>'
    '<lessons><lesson id="*1" classids="*1,*2" groupids="*1" teacherids="*1,*2" periodspercard="1" periodsperweek="0.5"'
    ' weeksdefid="*a"/></lessons><cards>'
)


@pytest.mark.parametrize(("options", "day", "weekday"), [("", "0", 0), ("", "1", 1), ("daynumbering1", "1", 0)])
def test_days_by_number_from_none_or_one(tmp_path: Path, options: str, day: str, weekday: int) -> None:
    card = f'<card lessonid="*1" period="1" day="{day}" classroomids="*1,*2"/></cards></timetable>'
    path = tmp_path / "old.xml"
    path.write_text(HEAD.format(options=options) + card, "utf-8")
    found = read_asc(path)
    assert found.findings.bad == 0
    on = sessions(found.timetable, TERM_FIRST + timedelta(days=weekday))
    assert [(one.start, one.classes, one.groups, one.teachers, one.rooms) for one in on] == [
        ("07:30", ["10A1", "10A2"], ["Nhóm 1"], ["An", "Bình"], ["101", "102"])
    ]
    assert sum(len(sessions(found.timetable, TERM_FIRST + timedelta(days=offset))) for offset in range(7)) == 1


def test_traps_of_exports_that_are_not_here(tmp_path: Path) -> None:
    card = '<card lessonid="*1" period="{}" days="10000" weeks="01" terms="1" classroomids="*1"/>'
    path = tmp_path / "traps.xml"
    path.write_text(
        HEAD.format(options="") + "".join(card.format(period) for period in ("1", "99")) + "</cards></timetable>",
        "utf-8",
    )
    found = read_asc(path)
    said = " ".join(one.text.en for one in found.findings.problems)
    for words in (
        "period 99 is not defined", "period 2 (08:15-09:00) and period 3 (08:40-09:20) overlap",
        "1 lessons with a fractional periodsperweek", 'capacity="*"', "01 = Term 1 Week 2", "without a leading zero",
    ):  # fmt: skip
        assert words in said
    assert (found.counts["cards"], len(found.timetable.cards)) == (2, 1)
    assert sessions(found.timetable, TERM_FIRST) == []  # week 37 is odd, the card is of the second week
    assert len(sessions(found.timetable, TERM_FIRST + timedelta(days=7))) == 1


def checked(path: Path) -> tuple[int, dict[str, Any], float]:
    began = time.monotonic()
    words = [sys.executable, "-m", "classhub", "timetable", "check", str(path), "--date", "2023-01-13", "--json"]
    run = subprocess.run(words, capture_output=True, timeout=PATIENCE_S, check=False)
    return run.returncode, json.loads(run.stdout), time.monotonic() - began


def test_every_timetable_file_through_the_real_command(shared_data: Path) -> None:
    files = [one for one in sorted((shared_data / "timetables").rglob("*.*")) if one.suffix in {".xml", ".ics"}]
    files.append(shared_data / "school_systems" / "edfi")
    assert len(files) == 10
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(checked, files))
    for path, (code, document, took_s) in zip(files, results, strict=True):
        print(f"{path.name}: {took_s:.2f} s, exit {code}")  # noqa: T201
        assert code == (1 if any(one["severity"] in {"error", "fatal"} for one in document["problems"]) else 0)
        assert document["format"] in {"asc", "ics", "unitime", "edfi"}
        assert set(document["counts"]) >= set("periods teachers rooms classes groups lessons cards".split())
        assert all(one["problem"] and one["problem_vi"] and one["file"] for one in document["problems"])
        assert all(set(one) >= set("start end subject classes teachers rooms".split()) for one in document["sessions"])
        assert took_s < promised_s(5.0)


def test_one_card_everywhere_and_always_fills_no_memory(tmp_path: Path) -> None:
    rooms = [f"r{number}" for number in range(200)]
    times = [(one, f"{one // 12}:{one % 12 * 5:02d}", f"{one // 12}:{one % 12 * 5 + 4:02d}") for one in range(1, 200)]
    bells = "".join(f'<period period="{one}" starttime="{first}" endtime="{last}"/>' for one, first, last in times)
    path = tmp_path / "x.xml"
    path.write_text(
        f"<timetable a='1'><periods>{bells}</periods><subjects><subject id='s' name='s'/></subjects><classrooms>"
        + "".join(f"<classroom id='{room}' name='{room}'/>" for room in rooms)
        + "</classrooms><lessons><lesson id='l' subjectid='s' periodspercard='199'/></lessons><cards>"
        f"<card lessonid='l' period='1' days='{'1' * 64}' weeks='{'1' * 64}' classroomids='{','.join(rooms)}'/>"
        "</cards></timetable>",
        "utf-8",
    )
    began = time.process_time()
    found = read_asc(path)
    assert time.process_time() - began < PATIENCE_S  # what blows up takes minutes
    assert any("double bookings are not looked for" in one.text.en for one in found.findings.problems)


def test_elements_within_elements_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text("<timetable a='1'>" + "<a>" * 200_000, "utf-8")
    with pytest.raises(Unreadable, match=r"hơn 100 phần tử lồng nhau.*within each other"):
        read_asc(path)


def test_a_tag_of_many_megabytes_is_refused_before_it_costs_minutes(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text(f"<timetable><period name='{'x' * 20_000_000}'/></timetable>", "utf-8")
    with pytest.raises(Unreadable, match="a tag longer than 1 MB"):  # each piece of 64 kB begins such a tag anew
        read_asc(path)
