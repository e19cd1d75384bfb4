"""A settings file that is not there, or is broken, is exit 1 in every command: the input has problems."""

from pathlib import Path

import pytest

from classhub.__main__ import main

COMMANDS = (
    "hub run",
    "hub apply {given}",
    "hub password",
    "edge run",
    "gateway list",
    "gateway add s g",
    "gateway accept s g",
    "gateway rotate s g",
    "gateway revoke s g",
    "roster import {given} --school s",
    "timetable import {given} --school s",
    "broker config --dir {folder}/broker",
    "store setup",
    "backup {folder}/backup.tar",
    "doctor",
)


@pytest.mark.parametrize("content", [None, "[hub\n"], ids=["absent", "broken"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_settings_file_with_problems_is_one(
    tmp_path: Path, command: str, content: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    given, settings = tmp_path / "given.csv", tmp_path / "settings.toml"
    given.write_text("")
    if content is not None:
        settings.write_text(content)
    words = command.format(given=given, folder=tmp_path).split()
    assert main([*words, "--config", str(settings)]) == 1
    told = capsys.readouterr()
    assert str(settings) in told.out + told.err
    assert "Traceback" not in told.out + told.err


def test_no_command_and_an_unknown_one_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
