"""TOML text into a frozen settings structure; every error names the file and the key and says what to do."""

import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from wire.settings_words import in_words
from wire.text import Text

T = TypeVar("T")


class SettingsError(Exception):
    """A settings file a person has to mend. `source` is the file, `key` the dotted key or an empty string."""

    def __init__(self, source: str, key: str, text: Text) -> None:
        self.source, self.key, self.text = source, key, text
        where = f"{source}: {key}: " if key else f"{source}: "
        super().__init__(where + text.both())


def parse_settings(toml: str, kind: type[T], source: str) -> T:
    """Read `toml` into the msgspec structure `kind` (unknown keys are refused where it forbids them).

    Raises SettingsError with the line for broken TOML, or with the key for a wrong, missing or unknown setting.
    """
    try:
        table = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as broken:
        raise SettingsError(
            source, "", Text(f"tệp không phải TOML hợp lệ: {broken}", f"not valid TOML: {broken}")
        ) from broken
    try:
        return msgspec.convert(table, kind, dec_hook=_path)
    except msgspec.ValidationError as wrong:
        key, reason = _split(str(wrong))
        said = in_words(reason, kind, key)
        raise SettingsError(
            source, key, Text(f"giá trị không dùng được: {said.vi}", f"cannot be used: {said.en}")
        ) from wrong


def _path(kind: type, value: object) -> object:
    """TOML has no paths: a text is one where the structure says so."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"expected `{kind.__name__}`, got `{type(value).__name__}`")


def _split(message: str) -> tuple[str, str]:
    """Msgspec says "Expected `int`, got `str` - at `$.broker.port`": the key for people, and the reason."""
    found = re.search(r" - at `\$\.?(.*)`$", message)
    if not found:
        found_key = re.search(r"(?:field|unknown field) `([^`]+)`", message)
        return (found_key.group(1) if found_key else "", message)
    key, reason = found.group(1), message[: found.start()]
    inner = re.search(r"(?:required|unknown) field `([^`]+)`", reason)
    return (f"{key}.{inner.group(1)}" if inner else key, reason)
