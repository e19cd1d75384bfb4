import json
import shutil
from pathlib import Path

import pytest

from classhub.__main__ import main
from hub.db.engine import open_database
from hub.registry.model import School
from hub.registry.registry import Registry
from hub.school.repository import Schools
from tests.conftest import ROOT

SCHOOL_FILES = ROOT / "tests" / "fixtures" / "school"


def hub_toml(folder: Path) -> Path:
    """A hub.toml beside a state database that knows one school."""
    path = folder / "hub.toml"
    path.write_text('[hub]\ndata_dir = "data"\n', "utf-8")
    engine = open_database(f"sqlite:///{folder / 'data' / 'state.db'}")
    Registry(engine).add_school(School("thu", "THPT Thử Nghiệm"))
    engine.dispose()
    return path


def schools(folder: Path) -> Schools:
    return Schools(open_database(f"sqlite:///{folder / 'data' / 'state.db'}"))


def test_a_sound_bundle_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roster", "check", str(SCHOOL_FILES / "roster_1_2")]) == 0
    out = capsys.readouterr().out
    assert "enrollments" in out
    assert "Bình" not in out  # no names of pupils on a terminal


def test_json_has_counts_by_stem_and_problems_with_file_row_and_column(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roster", "check", str(SCHOOL_FILES / "roster_defects"), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "oneroster"
    assert document["version"] == "1.2"
    assert document["counts"]["userProfiles"] == 1
    problem = next(one for one in document["problems"] if one["file"] == "enrollments.csv" and one["row"] == 3)
    assert problem["column"] == "classSourcedId"
    assert problem["severity"] == "error"
    assert "C9" in problem["problem"]
    assert "C9" in problem["problem_vi"]


def test_plain_text_gathers_repetitions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roster", "check", str(SCHOOL_FILES / "roster_defects")]) == 1
    out = capsys.readouterr().out
    assert "lỗi / error: enrollments.csv:3:classSourcedId" in out
    assert out.rstrip().splitlines()[-1].endswith("ghi chú / note")


def test_the_real_bundle(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roster", "check", str(shared_data / "oneroster" / "rosterhub_v1p1_en.zip"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["users"] == 20


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["roster", "check", "/nowhere/at/all.zip"], 2),
        (["roster", "check", "http://example.edu.vn/ims/oneroster"], 1),
        (["roster", "check", "https://example.edu.vn/", "--token-url", "https://example.edu.vn/token"], 1),
        (["roster", "import", "https://example.edu.vn/", "--school", "thu", "--config", "/nowhere/hub.toml"], 2),
        (["roster", "check", str(SCHOOL_FILES / "README.md")], 1),
        (["roster", "check", str(SCHOOL_FILES / "README.md"), "--json"], 1),
        (["roster", "import", str(SCHOOL_FILES / "roster_1_2"), "--school", "thu", "--config", "/nowhere/hub.toml"], 1),
    ],
)
def test_exit_codes_and_words_instead_of_tracebacks(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == code
    said = capsys.readouterr()
    assert said.out or said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("words", [["roster"], ["roster", "check"], ["roster", "frobnicate"]])
def test_wrong_usage_is_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2


def test_import_writes_once_and_refuses_what_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, bundle = hub_toml(tmp_path), tmp_path / "r"
    shutil.copytree(SCHOOL_FILES / "roster_1_2", bundle)
    words = ["roster", "import", str(bundle), "--school", "thu", "--config", str(config)]
    assert main(words) == 0
    assert "đã nhập / imported: +16" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "unchanged"
    (bundle / "users.csv").write_bytes((bundle / "users.csv").read_bytes()[:200])
    assert main(words) == 1
    assert "waits for a person" in capsys.readouterr().out
    assert [one.status for one in schools(tmp_path).imports()] == ["held", "unchanged", "applied"]


@pytest.mark.parametrize("action", [["decide", "99", "apply"], ["undo", "99"]])
def test_an_import_that_is_not_there_is_named_in_both_languages(
    action: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["roster", *action, "--config", str(hub_toml(tmp_path))]) == 2
    assert "không có lần nhập số 99 / no import has the number 99" in capsys.readouterr().err


def test_an_unknown_school_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["roster", "import", str(SCHOOL_FILES / "roster_1_2"), "--school", "ai", "--config"]
    assert main([*words, str(hub_toml(tmp_path))]) == 2
    assert "classhub hub apply" in capsys.readouterr().err
