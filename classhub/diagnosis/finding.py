"""One thing the doctor looked at: how it is, in both languages, and the command that mends it."""

from enum import StrEnum

import msgspec

from wire.text import Text


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"  # worth knowing, nothing to mend
    WARNING = "warning"  # works, and will hurt some day
    BAD = "bad"  # does not work


class Finding(msgspec.Struct, frozen=True):
    """`area` is a fixed word for programs; `mend` a command line, empty where nothing is to be done."""

    area: str
    level: Level
    text: Text
    mend: str = ""


def ok(area: str, vi: str, en: str) -> Finding:
    return Finding(area, Level.OK, Text(vi, en))


def note(area: str, vi: str, en: str) -> Finding:
    return Finding(area, Level.NOTE, Text(vi, en))


def warning(area: str, vi: str, en: str, mend: str = "") -> Finding:
    return Finding(area, Level.WARNING, Text(vi, en), mend)


def bad(area: str, vi: str, en: str, mend: str = "") -> Finding:
    return Finding(area, Level.BAD, Text(vi, en), mend)
