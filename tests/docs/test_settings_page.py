"""docs/settings.md tells every key and its default, and nothing that is not there; its examples load."""

import re
import types
import typing
from pathlib import Path

import msgspec
import pytest

import edge.config
import hub.config
import hub.registry.setup
from wire.settings import parse_settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def sections() -> dict[str, str]:
    """File name -> its part of the page."""
    parts = re.split(r"^## (\S+\.toml).*$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(file: str) -> dict[str, str]:
    """Key -> default as written; empty where there is none."""
    rows = re.findall(r"^\| `([^`]+)` \| (?:`([^`]*)`)? ?\|", sections()[file], flags=re.MULTILINE)
    return dict(rows)


def settings_of(kind: type[msgspec.Struct], prefix: str = "") -> dict[str, str]:
    """Key -> default in TOML, from the structure itself."""
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        inner, many = _structure(field.type)
        if inner is not None:
            found |= settings_of(inner, f"{prefix}{field.encode_name}{'[]' if many else ''}.")
            continue
        default = field.default
        plain = default is msgspec.NODEFAULT or default is None
        found[prefix + field.encode_name] = "" if plain else msgspec.json.encode(default).decode()
    return found


def _structure(kind: object) -> tuple[type[msgspec.Struct] | None, bool]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind, False
    if typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is tuple and isinstance(arguments[0], type) and issubclass(arguments[0], msgspec.Struct):
        return arguments[0], True
    if isinstance(kind, types.UnionType):
        return None, False
    return None, False


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("edge.toml", edge.config.EdgeConfig),
        ("hub.toml", hub.config._File),
        ("school.toml", hub.registry.setup._File),
    ],
    ids=["edge", "hub", "school"],
)
def test_the_page_lists_every_key_with_its_default(file: str, kind: type[msgspec.Struct]) -> None:
    assert documented(file) == settings_of(kind)


def test_the_examples_load() -> None:
    examples = dict(re.findall(r"```toml\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL))
    assert edge.config.parse_config(examples["edge.toml"], "edge.toml", Path("/etc")).serial[0].device == "mhz19"
    assert hub.config.parse_config(examples["hub.toml"], Path("/etc/hub.toml")).web.port == 8080
    parse_settings(examples["school.toml"], hub.registry.setup._File, "school.toml")
