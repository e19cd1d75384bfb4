"""Settings errors name the file, the key and what is wrong."""

from pathlib import Path

import msgspec
import pytest

from wire.settings import SettingsError, parse_settings
from wire.text import Text


class Broker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: str
    port: int = 1883


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    broker: Broker


def test_good_settings() -> None:
    assert parse_settings('[broker]\nhost = "::1"', Settings, "edge.toml") == Settings(Broker("::1"))


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ('[broker]\nhost = "a"\nport = "x"', "broker.port"),
        ("[broker]\nport = 1", "broker.host"),
        ('[broker]\nhost = "a"\npotr = 1', "broker.potr"),
        ("", "broker"),
        ("broken = 1", "broken"),
        ('[broker]\nhost = "a"\n[brokre]', "brokre"),
    ],
)
def test_the_key_is_named(toml: str, key: str) -> None:
    with pytest.raises(SettingsError) as told:
        parse_settings(toml, Settings, "edge.toml")
    assert (told.value.source, told.value.key) == ("edge.toml", key)
    assert str(told.value).startswith(f"edge.toml: {key}: ")


def test_broken_toml_names_the_line() -> None:
    with pytest.raises(SettingsError, match="line 2"):
        parse_settings('a = 1\n[broker\nhost = "x"', Settings, "edge.toml")


def test_words_come_in_both_languages() -> None:
    assert Text("có", "yes").in_language("vi") == "có"
    assert Text("có", "yes").in_language("en") == "yes"
    assert Text("có", "yes").both() == "có / yes"
    assert Text("OK", "OK").both() == "OK"


class Place(msgspec.Struct, frozen=True):
    folder: Path


def test_paths_are_texts() -> None:
    assert parse_settings('folder = "/var/lib"', Place, "x.toml").folder == Path("/var/lib")
    with pytest.raises(SettingsError, match="folder"):
        parse_settings("folder = 3", Place, "x.toml")
