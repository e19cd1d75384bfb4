import json
from pathlib import Path
from typing import Any

import pytest

from classhub.__main__ import main
from hub.school.importers import asc, edfi, edfi_timetable, ics, oneroster, sds, spreadsheet, unitime, untis
from hub.school.importers.format_names import FORMAT_NAMES, both_names
from hub.school.importers.rest import roster
from tests.commands.test_roster import SCHOOL_FILES, hub_toml, schools

SOUND, TRAPS = SCHOOL_FILES / "asc_school.xml", SCHOOL_FILES / "asc_traps.xml"


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    main(["timetable", "check", *words, "--json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_counts_and_problems(capsys: pytest.CaptureFixture[str]) -> None:
    document = checked(capsys, str(TRAPS))
    assert document["format"] == "asc"
    assert document["counts"]["cards"] == 9
    assert document["counts"]["cards_with_several_rooms"] == 1
    assert document["weeks_masks"] == {"10": 1, "01": 1, "11": 7}
    assert any(one["row"] == 37 and one["column"] == "period" for one in document["problems"])
    assert "sessions" not in document


@pytest.mark.parametrize("room", ["RTIN", "Phòng Tin học", "tin", "TIN HỌC"])
def test_a_room_by_id_name_or_short_name(capsys: pytest.CaptureFixture[str], room: str) -> None:
    document = checked(capsys, str(SOUND), "--date", "2026-09-12", "--room", room)
    assert document["sessions"] == [
        {
            "start": "09:45", "end": "10:30", "period": "4", "subject": "Tin học", "classes": ["10A1"],
            "groups": ["Nhóm 1"], "teachers": ["Trần Văn Đức"], "rooms": ["Phòng Tin học"], "weeks": "10", "row": 57,
        }
    ]  # fmt: skip
    assert SOUND.read_text("utf-8").splitlines()[56].strip().startswith('<card lessonid="L3"')
    assert "assumed" in document["assumed"][0]


def test_the_parity_of_the_first_week_can_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    document = checked(capsys, str(SOUND), "--date", "2026-09-12", "--room", "tin", "--first-week", "even")
    assert [one["groups"] for one in document["sessions"]] == [["Nhóm 2"]]


def test_a_day_in_all_rooms_and_a_room_today(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(checked(capsys, str(SOUND), "--date", "2026-09-07")["sessions"]) == 3
    assert checked(capsys, str(SOUND), "--room", "SB")["sessions"] == []


@pytest.mark.parametrize(
    ("gone", "line", "column", "said"),
    [
        ('<teacher id="GV2"', 49, "teacherids", "teacher GV2 is not in the file"),
        ('<classroom id="R101"', 54, "classroomids", "room R101 is not in the file"),
        ('<subject id="S1"', 48, "subjectid", "subject S1 is not in the file"),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_problem(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, gone: str, line: int, column: str, said: str
) -> None:
    content = SOUND.read_text("utf-8").splitlines()
    assert sum(gone in text for text in content) == 1
    damaged = tmp_path / "asc.xml"
    damaged.write_text("\n".join("" if gone in text else text for text in content), "utf-8")
    assert main(["timetable", "check", str(damaged)]) == 1
    assert f"asc.xml:{line}:{column}" in capsys.readouterr().out
    problems = checked(capsys, str(damaged))["problems"]
    assert [one["problem"] for one in problems if (one["row"], one["column"]) == (line, column)] == [said]


def test_plain_text_says_assumed_and_the_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timetable", "check", str(SOUND), "--date", "2026-09-07", "--room", "101"]) == 0
    out = capsys.readouterr().out
    assert "assumed" in out
    assert "07:00-07:45" in out
    assert "(dòng / row 54)" in out


def test_the_real_export(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shared_data / "timetables" / "asc" / "asc_brazil_institute.xml"
    document = checked(capsys, str(path), "--date", "2026-09-08", "--room", "S3")
    assert (document["counts"]["groups"], document["counts"]["cards"]) == (235, 1187)
    assert [one["row"] for one in document["sessions"]][:3] == [1624, 1625, 1800]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([str(SOUND)], 0),
        ([str(TRAPS)], 1),
        (["/nowhere.xml"], 2),
        ([str(SCHOOL_FILES)], 1),  # a folder that is no export
        ([str(SOUND), "--room", "không có"], 2),
        ([str(SCHOOL_FILES / "README.md")], 1),
        ([str(SCHOOL_FILES / "README.md"), "--json"], 1),
    ],
)
def test_exit_codes_and_words_instead_of_tracebacks(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timetable", "check", *words]) == code
    said = capsys.readouterr()
    assert said.out or said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("words", [[], [str(SOUND), "--date", "07/09/2026"]])
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["timetable", "check", *words])
    assert stopped.value.code == 2
    assert capsys.readouterr().err


def test_import_with_a_date_and_a_parity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(hub_toml(tmp_path))
    words = ["timetable", "import", str(SOUND), "--school", "thu", "--config", config]
    assert main([*words, "--from", "2026-09-05", "--first-week", "even"]) == 0
    assert "rooms not matched" in capsys.readouterr().out  # the school has no rooms yet
    record = schools(tmp_path).imports()[0]
    assert (record.status, record.valid_from, record.counts["cards"]) == ("applied", "2026-09-05", 5)
    plan = schools(tmp_path).schedule("thu")
    assert plan is not None
    assert not plan.rules.odd_first
    broken = tmp_path / "broken.xml"
    broken.write_bytes(SOUND.read_bytes()[:-40])
    assert main(["timetable", "import", str(broken), "--school", "thu", "--config", config, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == "refused"


def test_rooms_not_matched_are_those_of_the_imported_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--school", "thu", "--config", str(hub_toml(tmp_path)), "--json"]
    main(["timetable", "import", str(SOUND), *where])
    assert "Sân bóng" in json.loads(capsys.readouterr().out)["unmatched_rooms"]
    other = tmp_path / "tkb.csv"
    other.write_text("Thứ,Tiết,Môn,Lớp,Phòng\n2,1,Toán,10A9,Hội trường lớn\n", "utf-8")
    main(["timetable", "import", str(other), *where, "--source", "other"])
    assert json.loads(capsys.readouterr().out)["unmatched_rooms"] == ["Hội trường lớn"]


def test_what_an_import_would_change_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--school", "thu", "--config", str(hub_toml(tmp_path))]
    main(["timetable", "import", str(SOUND), *where])
    later = tmp_path / "later.xml"
    later.write_text(SOUND.read_text("utf-8").replace('starttime="7:00"', 'starttime="7:05"'), "utf-8")
    capsys.readouterr()
    assert main(["timetable", "check", str(later), *where]) == 0
    told = capsys.readouterr().out
    assert "(bắt đầu / starts: 07:00 → 07:05)" in told
    assert "start_min" not in told


@pytest.mark.parametrize(("key", "title"), [("asc", "aSc Timetables"), ("spreadsheet", "bảng tính / spreadsheet")])
def test_a_format_is_called_by_its_name(key: str, title: str) -> None:
    assert both_names(key) == title


def test_every_format_has_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    readers = (asc, edfi, edfi_timetable, ics, oneroster, roster, sds, spreadsheet, unitime, untis)
    assert {reader.FORMAT for reader in readers} == FORMAT_NAMES.keys()
    main(["timetable", "check", str(SOUND)])
    assert capsys.readouterr().out.startswith("aSc Timetables: ")
