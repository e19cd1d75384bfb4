import json
from pathlib import Path

import pytest

from classhub.__main__ import main
from hub.school.importers.column_map import MAX_BYTES, ColumnMap, SheetKind, Target, as_toml, load_map
from hub.school.problems import Unreadable
from tests.hub.school.importers.sheets import CLASS_LIST, saved, workbook


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind = ", "not a usable column map"),
        ('kind = "cats"\n[columns]\nid = "a"', "cats"),
        ('kind = "pupils"\n[columns]\ncolour = "a"', "colour"),
        ('kind = "pupils"\n[columns]\nclass = "Lớp"', "columns.id/full_name/given_name is missing"),
        ('kind = "timetable"\n[columns]\nday = "Thứ"', "columns.period/start_time is missing"),
        ('kind = "pupils"\nsheets = "a"\n[columns]\nid = "a"', "sheets"),
        ("#" * (MAX_BYTES + 1), "too large"),
    ],
)
def test_a_map_that_cannot_be_used_says_why(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Unreadable) as refused:
        load_map(path)
    assert words in refused.value.problem.text.en


def test_a_map_survives_its_file(tmp_path: Path) -> None:
    columns: dict[Target, str | tuple[str, ...]] = {Target.ID: ("Mã “số”", 'a"b\\c'), Target.FULL_NAME: "Họ\nvà tên"}
    column_map = ColumnMap(SheetKind.TEACHERS, columns, sheet="GV", id_length=10)
    (tmp_path / "m.toml").write_text(as_toml(column_map), "utf-8")
    assert load_map(tmp_path / "m.toml") == column_map


def test_the_command_line_shows_what_it_assumed_and_takes_a_map(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(workbook(CLASS_LIST), tmp_path)
    assert main(["roster", "check", str(path)]) == 0
    shown = capsys.readouterr().out
    assert 'id = "Mã học sinh"' in shown
    toml = shown[shown.index("  kind =") :]  # an empty line ends it
    (tmp_path / "m.toml").write_text(toml[: toml.index("\n\n")], "utf-8")
    assert main(["roster", "check", str(path), "--json", "--map", str(tmp_path / "m.toml")]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["counts"] == {"classes": 2, "enrollments": 5, "users": 5}
    assert document["column_maps"][0]["columns"]["class"] == "Lớp"
    assert main(["roster", "check", str(path), "--map", str(tmp_path / "none.toml")]) == 2
