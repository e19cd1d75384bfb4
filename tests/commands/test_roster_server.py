"""`classhub roster check URL` against a real server on loopback: counts, problems, exit codes, no secrets shown."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from classhub.__main__ import main
from tests.commands.test_roster import hub_toml
from tests.sim.oneroster_server import Fault, OneRosterServer, school


@pytest.fixture
def server() -> Iterator[OneRosterServer]:
    with OneRosterServer(school(12, 2)) as running:
        yield running


def words(server: OneRosterServer, folder: Path) -> list[str]:
    secret = folder / "secret"
    secret.write_text(server.secret + "\n", "utf-8")
    return [
        "roster", "check", server.url + "?x=geheim", "--token-url", server.token_url,
        "--client-id", server.client_id, "--secret-file", str(secret),
    ]  # fmt: skip


def test_counts_and_problems_as_of_a_bundle(
    server: OneRosterServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.rows["enrollments"][3]["user"]["sourcedId"] = "ai-day"
    server.sorts = False
    assert main([*words(server, tmp_path), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "oneroster-rest"
    assert document["counts"]["users"] == document["counts"]["enrollments"] == 14
    (problem,) = document["problems"]
    assert (problem["file"], problem["row"], problem["column"]) == ("enrollments", 4, "user")


def test_what_it_would_change_and_no_pupils_or_secrets(
    server: OneRosterServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = hub_toml(tmp_path)
    assert main([*words(server, tmp_path), "--school", "thu", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "OneRoster REST 1.2" in said
    for hidden in (server.secret, "geheim", "Tên 7", "token-1"):
        assert hidden not in said


def test_credentials_from_the_environment(
    server: OneRosterServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLASSHUB_TOKEN_URL", server.token_url)
    monkeypatch.setenv("CLASSHUB_CLIENT_ID", server.client_id)
    monkeypatch.setenv("CLASSHUB_CLIENT_SECRET", server.secret)
    assert main(["roster", "check", server.url]) == 0
    monkeypatch.setenv("CLASSHUB_CLIENT_SECRET", "falsch-falsch")
    assert main(["roster", "check", server.url]) == 1
    assert "falsch" not in "".join(capsys.readouterr())


def test_a_part_that_fails_is_no_success(
    server: OneRosterServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults = [Fault("enrollments", times=100, body=b"oops")]
    assert main(words(server, tmp_path)) == 1
    assert "enrollments" in capsys.readouterr().out
