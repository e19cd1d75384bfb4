"""Which columns of a school's spreadsheet mean what: given by a person, kept as TOML or JSON, or proposed from words.

Errors: Unreadable for a TOML file that is no column map.
"""

import tomllib
from enum import StrEnum
from pathlib import Path

import msgspec

from hub.school.importers.dates import DateOrder
from hub.school.problems import refuse
from wire.text import Text

MAX_BYTES = 64 * 1024


class SheetKind(StrEnum):
    """What a sheet lists."""

    PUPILS = "pupils"
    TEACHERS = "teachers"
    TIMETABLE = "timetable"


class Target(StrEnum):
    """What a column can mean. BIRTHDAY and GENDER are looked at for nonsense and never kept; IGNORED says that a column
    is known and not needed.
    """

    ID = "id"
    FULL_NAME = "full_name"
    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    CLASS = "class"
    STATUS = "status"
    BEGIN = "begin"
    END = "end"
    BIRTHDAY = "birthday"
    GENDER = "gender"
    GRADE = "grade"
    NUMBER = "number"
    HOMEROOM = "homeroom"
    DAY = "day"
    DATE = "date"
    SESSION = "session"
    PERIOD = "period"
    LENGTH = "length"
    START_TIME = "start_time"
    END_TIME = "end_time"
    SUBJECT = "subject"
    TEACHER = "teacher"
    ROOM = "room"
    WEEK = "week"
    IGNORED = "ignored"


NEEDED: dict[SheetKind, tuple[tuple[Target, ...], ...]] = {  # of each group one
    SheetKind.PUPILS: ((Target.ID, Target.FULL_NAME, Target.GIVEN_NAME),),
    SheetKind.TEACHERS: ((Target.ID, Target.FULL_NAME, Target.GIVEN_NAME),),
    SheetKind.TIMETABLE: ((Target.DAY, Target.DATE), (Target.PERIOD, Target.START_TIME)),
}


class ColumnMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`columns`: what a column means by its header (several headers: whichever is there). `sheet` "" takes every
    visible sheet that has these headers. `id_length`: the usual number of digits, 0 as most rows have it. `afternoon`:
    how many periods a morning has, where the afternoon counts from 1 again.
    """

    kind: SheetKind
    columns: dict[Target, str | tuple[str, ...]]
    sheet: str = ""
    date_order: DateOrder = DateOrder.DAY_FIRST
    id_length: int = 0
    afternoon: int = 5

    def headers(self, target: Target) -> tuple[str, ...]:
        named = self.columns.get(target, ())
        return (named,) if isinstance(named, str) else named

    def __post_init__(self) -> None:
        for group in NEEDED[self.kind]:
            if not any(self.headers(target) for target in group):
                listed = "/".join(target.value for target in group)
                raise ValueError(f"{self.kind.value}: columns.{listed} is missing")


def load_map(path: Path) -> ColumnMap:
    """Raises Unreadable and OSError."""
    if path.stat().st_size > MAX_BYTES:
        raise refuse(path.name, Text("tệp ánh xạ cột quá lớn", "the column map is too large"))
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), ColumnMap)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, ValueError) as broken:
        text = Text(f"ánh xạ cột không dùng được: {broken}", f"not a usable column map: {broken}")
        raise refuse(path.name, text) from broken


def as_toml(column_map: ColumnMap) -> str:
    """What `load_map` reads; strings of JSON are strings of TOML."""
    fields = msgspec.to_builtins(column_map)
    columns = fields.pop("columns")
    lines = [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in fields.items()]
    lines += ["", "[columns]"]
    lines += [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in columns.items()]
    return "\n".join(lines) + "\n"
