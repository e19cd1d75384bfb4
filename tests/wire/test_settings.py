"""Settings errors name the file, the key and what is wrong."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

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


class Speech(StrEnum):
    VI = "vi"
    EN = "en"


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    parity: Literal["N", "E"] = "N"
    count: Annotated[int, msgspec.Meta(ge=5, le=9)] = 5
    speed: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=3, pattern="^[a-z]*$")] = "a"
    sides: tuple[int, int] = (1, 2)
    folder: Path | None = None
    loud: bool = False


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    language: Speech | None = None
    stop: Literal[1, 2] = 1
    line: Annotated[tuple[Line, ...], msgspec.Meta(max_length=2)] = ()


@pytest.mark.parametrize(
    ("toml", "vi", "en"),
    [
        ('language = "fil"', '\'fil\' không có trong: "vi", "en"', '\'fil\' is none of "vi", "en"'),
        ("stop = 3", "3 không có trong: 1, 2", "3 is none of 1, 2"),
        ('line = [{parity = "X"}]', '\'X\' không có trong: "E", "N"', '\'X\' is none of "E", "N"'),
        ("line = [{count = 3}]", "cần số nguyên từ 5 trở lên", "a whole number is wanted, at least 5"),
        ("line = [{count = 10}]", "cần số nguyên không quá 9", "a whole number is wanted, at most 9"),
        ("line = [{speed = 0}]", "cần số lớn hơn 0", "a number is wanted, more than 0"),
        ('line = [{count = "x"}]', "cần số nguyên, đang là chữ", "a whole number is wanted, it is a text"),
        ('line = [{name = ""}]', "số ký tự phải từ 1 trở lên", "its length must be at least 1"),
        ('line = [{name = "A"}]', "phải có dạng ^[a-z]*$", "must have the form ^[a-z]*$"),
        ("line = [{sides = [1]}]", "cần 2 mục, đang có 1", "2 entries are wanted, there are 1"),
        ("line = [{}, {}, {}]", "số mục phải không quá 2", "the number of entries must be at most 2"),
        (
            "line = [{loud = 1}]",
            "cần true hoặc false, đang là số nguyên",
            "true or false is wanted, it is a whole number",
        ),
        ("line = [{folder = 1}]", "cần đường dẫn", "a path in quotes"),
        ("lines = 1", "không có khóa lines", "there is no key lines"),
    ],
)
def test_the_reason_is_in_words_and_names_what_is_allowed(toml: str, vi: str, en: str) -> None:
    with pytest.raises(SettingsError) as told:
        parse_settings(toml, Station, "hub.toml")
    assert vi in told.value.text.vi
    assert en in told.value.text.en
    assert "Expected" not in str(told.value)
