import json
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classhub.__main__ import main
from hub.school.importers.bells_file import read_bells_file
from hub.school.importers.formats import read_timetable
from hub.school.importers.untis import read_untis
from hub.school.problems import Severity, Unreadable
from hub.school.sessions import sessions
from tests.commands.test_roster import SCHOOL_FILES

WEEK = SCHOOL_FILES / "untis" / "GPU001.TXT"
MONDAY = date(2026, 9, 7)
EXAMPLES = 3_000 if os.environ.get("CLASSHUB_SOAK") else 150


def test_counts_are_rows_and_distinct_things() -> None:
    found = read_timetable(WEEK)
    assert found.format == "untis"
    counts = {name: found.counts[name] for name in "periods teachers rooms classes groups lessons cards".split()}
    assert counts == {
        "periods": 3, "teachers": 3, "rooms": 2, "classes": 4, "groups": 0, "lessons": 3, "cards": 8,
    }  # fmt: skip
    assert found.timetable.bells == ()
    assert found.counts["cards_without_room"] == 1


def test_rows_of_one_lesson_at_one_time_are_one_card_and_umlauts_live() -> None:
    found = read_untis(WEEK)
    coupled = next(one for one in sessions(found.timetable, MONDAY) if one.subject == "D")
    assert (coupled.classes, coupled.teachers, coupled.rooms) == (["5a", "5b", "5c"], ["MÜ", "SO"], ["101", "102"])
    tuesday = sessions(found.timetable, date(2026, 9, 8))
    assert [(one.period, one.classes, one.teachers) for one in tuesday] == [("3", ["5a"], ["SO"])]
    sunday = sessions(found.timetable, date(2026, 9, 13))
    assert [(one.subject, one.rooms) for one in sunday] == [("M", [])]


def test_every_defect_with_its_row() -> None:
    said = {(one.row, one.column): one for one in read_untis(WEEK).findings.problems}
    assert said[6, "Tag"].severity is said[7, "Stunde"].severity is said[8, None].severity is Severity.ERROR
    assert said[1, None].text.en.startswith("not UTF-8: read as Windows-1252")
    assert "already has the lesson of line 1" in said[5, "Raum"].text.en


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separators_and_encodings(tmp_path: Path, separator: str, encoding: str) -> None:
    rows = ["7", '"5a"', '"MÜL"', '"Ph"', '"R 1"', "3", "4", "", ""]
    path = tmp_path / "GPU001.TXT"
    path.write_bytes("\r\n".join([separator.join(rows)] * 3).encode(encoding))
    found = read_untis(path)
    assert found.timetable.teachers[0].name == "MÜL"
    assert [(card.periods, card.days) for card in found.timetable.cards] == [(("4",), "0010000")]


def test_a_check_without_bells_says_so_and_with_bells_has_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["timetable", "check", str(WEEK), "--date", "2026-09-07", "--room", "102", "--json"]
    main(words)
    document = json.loads(capsys.readouterr().out)
    assert [(one["start"], one["end"], one["period"]) for one in document["sessions"]] == [(None, None, "1")]
    assert "--bells" in document["assumed"][0]
    bells = tmp_path / "bells.toml"
    bells.write_text('1 = "7:00-07:45"\n2 = "07:50-08:35"\n', "utf-8")
    main([*words, "--bells", str(bells)])
    document = json.loads(capsys.readouterr().out)
    assert [(one["start"], one["end"]) for one in document["sessions"]] == [("07:00", "07:45")]
    assert any("no period 3" in one["problem"] for one in document["problems"])


@pytest.mark.parametrize("content", ["1 = 7", '1 = "08:00-07:00"', "not toml", "", '1 = "25:00-26:00"', "a=[" * 9000])
def test_a_broken_bells_file_is_refused_in_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bells.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(Unreadable) as refused:
        read_bells_file(path)
    assert refused.value.problem.text.en


def test_a_named_bell_schedule(tmp_path: Path) -> None:
    path = tmp_path / "bells.toml"
    path.write_text('1 = "07:00-07:45"\n[saturday]\n1 = "08:00-08:30"\n', "utf-8")
    assert [(one.schedule, one.start_min) for one in read_bells_file(path)] == [("", 420), ("saturday", 480)]


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_damage_is_a_problem_never_a_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = bytearray(WEEK.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 20))] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"", b'"', b";", b"\r\n", b"9" * 5000, b"\0"])
        )
    path = tmp_path_factory.mktemp("damage") / "GPU001.TXT"
    path.write_bytes(bytes(content))
    try:
        found = read_untis(path)
    except Unreadable:
        return
    assert all(card.lesson and len(card.days) == 7 for card in found.timetable.cards)
    sessions(found.timetable, MONDAY)


def test_the_list_of_lessons_is_refused_with_what_to_export(tmp_path: Path) -> None:
    path = tmp_path / "GPU002.TXT"
    path.write_text('1,5,,,"10A","An","Toán","P.101",' + "," * 36 + "\r\n2,3,,,,,,," + "," * 36 + "\r\n", "utf-8")
    with pytest.raises(Unreadable, match="GPU002 of Untis"):
        read_timetable(path)


@pytest.mark.parametrize(
    ("row", "lesson", "rooms", "period"),
    [
        ('6003,"6B","SIC","MAT6","F12",1,7,,', "6003", ("F12",), "7"),
        ('4063;"12ZU4A";"HOO";"ENG";"3035";1;13;;', "4063", ("3035",), "13"),
        ('10\t"5a~5b"\t"AB"\t"M ""x"""\t"R1~R2"\t1\t0\t\t', "10", ("R1", "R2"), "0"),
        ('1,,"ADEL","G",,1,3,,', "1", (), "3"),  # a teacher on duty
    ],
)
def test_rows_of_several_countries(tmp_path: Path, row: str, lesson: str, rooms: tuple[str, ...], period: str) -> None:
    path = tmp_path / "GPU001.TXT"
    path.write_text(f"{row}\r\n{row.replace('1', '2')}\r\n", "utf-8")
    found = read_timetable(path)
    first = found.timetable.cards[0]
    assert (first.lesson, first.rooms, first.periods) == (lesson, rooms, (period,))
    assert found.format == "untis"
    assert found.findings.bad == 0


@pytest.mark.parametrize(
    ("encoding", "teacher", "told"),
    [
        ("utf-16", "Nguyễn", ""), ("utf-16-le", "Nguyễn", ""), ("cp1258", "Nguyễn", "read as Windows-1258"),
        ("cp1252", "Müller", "read as Windows-1252"), ("cp1252", "Niccolò Lunedì", "read as Windows-1252"),
    ],
)  # fmt: skip
def test_letters_of_vietnam_and_of_western_europe(tmp_path: Path, encoding: str, teacher: str, told: str) -> None:
    path = tmp_path / "GPU001.TXT"
    written = teacher.replace("ễ", "ê\u0303") if encoding == "cp1258" else teacher
    path.write_bytes(
        f'12;"10A";"{written}";"M";"P.1";1;1;;\r\n13;"10A";"{written}";"M";"P.1";1;2;;\r\n'.encode(encoding)
    )
    found = read_timetable(path)
    assert [one.name for one in found.timetable.teachers] == [teacher]
    said = [one.text.en for one in found.findings.problems]
    assert [told in text for text in said] == ([True] if told else [])
