"""What the READMEs tell people to type exists: make targets, commands with their options, files they link to."""

import argparse
import importlib
import re
from pathlib import Path

import pytest

from classhub.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "README.vi.md", "CONTRIBUTING.md")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def command_lines(page: str) -> list[str]:
    """Every `classhub …` in a code block or a code span, without comments."""
    spans = re.findall(r"`(classhub [a-z][^`\n]*)`", text(page))
    blocks = re.findall(r"```sh\n(.*?)```", text(page), flags=re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in [*spans, *lines] if line.startswith("classhub ")]


@pytest.mark.parametrize("page", PAGES)
def test_commands_parse(page: str) -> None:
    for line in command_lines(page):
        words = line.split()[1:]
        assert words[0] in COMMANDS, line
        parser = argparse.ArgumentParser(exit_on_error=False)
        importlib.import_module(COMMANDS[words[0]][0]).add_arguments(parser)
        try:
            parser.parse_args(words[1:])
        except (argparse.ArgumentError, SystemExit) as wrong:
            pytest.fail(f"{page}: `{line}` is not a command line of ours: {wrong}")


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = set(
        re.findall(r"\bmake ([a-z]+)\b", "\n".join(re.findall(r"`[^`\n]+`|```sh\n.*?```", text(page), re.DOTALL)))
    )
    assert named <= targets


@pytest.mark.parametrize("page", [*PAGES, "docs/protocol.md", "docs/architecture.md", "docs/settings.md"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text(page))
    missing = [link for link in links if not ((ROOT / page).parent / link).exists()]
    assert not missing


def test_both_readmes_tell_the_same_commands() -> None:
    vietnamese = [line.replace(" TỆP", " FILE") for line in command_lines("README.vi.md")]
    assert command_lines("README.md") == vietnamese
