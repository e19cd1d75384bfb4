"""`classhub hub init`, `apply`, `password` and what `run` says when it cannot."""

import json
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from classhub.__main__ import main
from hub.config import load_config
from tests.hub.school.conftest import FIXTURES
from tests.patience import PATIENCE_S
from tests.ports import free_port

SCHOOL = """
[school]
id = "thcs-thu"
name = "THCS Thử"
[[building]]
id = "a"
name = "Nhà A"
[[room]]
id = "a101"
name = "A101"
building = "a"
[[gateway]]
id = "g1"
name = "Cổng 1"
"""


def init(folder: Path, *more: str) -> int:
    return main(["hub", "init", "--dir", str(folder), *more])


def stored_hash(folder: Path, name: str) -> str:
    with sqlite3.connect(folder / "data" / "state.db") as database:
        row = database.execute("SELECT argon2_hash FROM operator WHERE name = ?", [name]).fetchone()
    database.close()
    return str(row[0])


def test_init_writes_a_hub_that_loads_and_shows_the_password_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "h", "--port", "8123") == 0
    out = capsys.readouterr().out
    password = next(line for line in out.splitlines() if "Password" in line).rsplit(" ", 1)[1]
    config = load_config(tmp_path / "h" / "hub.toml")
    assert (config.web.port, config.broker.kind) == (8123, "embedded")
    assert PasswordHasher().verify(stored_hash(tmp_path / "h", "admin"), password)
    assert (tmp_path / "h" / "hub.toml").stat().st_mode & 0o777 == 0o600


def test_what_a_hub_keeps_is_for_its_user_only(tmp_path: Path) -> None:
    """As a process of its own: the mask of this one is its own affair."""
    words = [sys.executable, "-m", "classhub", "hub", "init", "--dir", str(tmp_path / "h")]
    subprocess.run(words, check=True, capture_output=True, umask=0o022, timeout=PATIENCE_S)
    made = [tmp_path / "h", *(tmp_path / "h").rglob("*")]
    assert "state.db" in {path.name for path in made}
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in made} == {path.name: "0o0" for path in made}


def test_init_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(tmp_path) == 0
    before = stored_hash(tmp_path, "admin")
    assert init(tmp_path) == 1
    assert "hub.toml" in capsys.readouterr().err
    assert stored_hash(tmp_path, "admin") == before


def test_a_password_file_is_used_and_a_short_one_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "short").write_text("abc\n")
    (tmp_path / "long").write_text("mật khẩu đủ dài\n", encoding="utf-8")
    assert init(tmp_path / "h", "--password-file", str(tmp_path / "short")) == 1
    assert init(tmp_path / "h", "--password-file", str(tmp_path / "absent")) == 1
    assert not (tmp_path / "h" / "hub.toml").exists()
    assert init(tmp_path / "h", "--operator", "hieu-truong", "--password-file", str(tmp_path / "long")) == 0
    assert "mật khẩu đủ dài" not in capsys.readouterr().out
    assert PasswordHasher().verify(stored_hash(tmp_path / "h", "hieu-truong"), "mật khẩu đủ dài")


def test_the_password_can_be_renewed(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / "new").write_text("another-password\n")
    config = str(tmp_path / "hub.toml")
    assert main(["hub", "password", "--config", config, "--password-file", str(tmp_path / "new")]) == 0
    assert PasswordHasher().verify(stored_hash(tmp_path, "admin"), "another-password")


def test_apply_says_what_changed_and_nothing_the_second_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path)
    (tmp_path / "school.toml").write_text(SCHOOL, encoding="utf-8")
    words = ["hub", "apply", str(tmp_path / "school.toml"), "--config", str(tmp_path / "hub.toml"), "--json"]
    capsys.readouterr()
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["changes"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out) == {"school": "thcs-thu", "changes": []}


def test_a_broken_school_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path)
    (tmp_path / "school.toml").write_text("[school]\nid = 'X Y'\nname = 'n'\n")
    assert main(["hub", "apply", str(tmp_path / "school.toml"), "--config", str(tmp_path / "hub.toml")]) == 1
    assert "school.toml" in capsys.readouterr().err


def test_run_without_a_file_or_with_a_taken_port_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "run", "--config", str(tmp_path / "none.toml")]) == 1
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "hub.toml").write_text(f"[broker]\nkind = 'external'\n[web]\nport = {port}\n")
        capsys.readouterr()
        assert main(["hub", "run", "--config", str(tmp_path / "hub.toml")]) == 1
    error = capsys.readouterr().err
    assert str(port) in error
    assert "web.port" in error


def test_a_file_that_is_no_database_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(tmp_path, "--port", str(free_port()), "--broker-port", str(free_port())) == 0
    (tmp_path / "s.toml").write_text(SCHOOL)
    config = ["--config", str(tmp_path / "hub.toml")]
    good = (tmp_path / "data" / "state.db").read_bytes()
    capsys.readouterr()
    (tmp_path / "data" / "state.db").write_text("this is no database, however long one looks at it")
    for words in (["run"], ["password"], ["apply", str(tmp_path / "s.toml")]):
        assert main(["hub", *words, *config]) == 1
        assert capsys.readouterr().err.count("the state database") == 1
    (tmp_path / "data" / "state.db").write_bytes(good)
    (tmp_path / "data" / "series.duckdb").write_bytes(b"neither is this" * 1000)
    assert main(["hub", "run", *config]) == 1
    assert "restore it from a backup" in capsys.readouterr().err


def test_what_the_command_line_changes_is_recorded(tmp_path: Path) -> None:
    assert init(tmp_path) == 0
    (tmp_path / "s.toml").write_text(SCHOOL)
    config = ["--config", str(tmp_path / "hub.toml")]
    for words in (
        ["hub", "apply", str(tmp_path / "s.toml")],
        ["hub", "apply", str(tmp_path / "s.toml")],  # changes nothing
        ["gateway", "add", "thcs-thu", "g2"],
        ["gateway", "refuse", "thcs-thu", "g2"],
        ["gateway", "list"],
        ["timetable", "import", str(FIXTURES / "asc_school.xml"), "--school", "thcs-thu"],
    ):
        main([*words, *config])
    with sqlite3.connect(tmp_path / "data" / "state.db") as database:
        rows = database.execute("SELECT who, what FROM audit ORDER BY id").fetchall()
    database.close()
    assert all(who.startswith("cli:") for who, _ in rows)
    assert [what.split(":")[0] for _, what in rows] == [
        "hub password admin",
        "hub apply thcs-thu",
        "gateway add thcs-thu/g2",
        "gateway refuse thcs-thu/g2",
        "import timetable thcs-thu number 1",
    ]
