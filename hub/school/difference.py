"""What an import would change, table by table, in a form people may see: no pupil is named, only counted. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from wire.text import Text

MAX_ROWS = 500  # of a table; the rest is counted
STAFF = frozenset({"teacher", "administrator", "aide", "proctor"})  # whose names stand on timetables anyway
_DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
_NAMES = ("name", "title", "lesson", "day")  # the first of these a row has is what people call it


class RowState(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"


class FieldChange(msgspec.Struct, frozen=True):
    field: str
    old: str
    new: str


class RowChange(msgspec.Struct, frozen=True):
    """One row. `key` is its id in the school's system, a digest where it is a pupil's."""

    state: RowState
    key: str
    name: str
    fields: tuple[FieldChange, ...] = ()


class TableDifference(msgspec.Struct, frozen=True):
    """One table; `rows` are the first of its changed rows, `more` counts those left out."""

    table: str
    added: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0
    rows: tuple[RowChange, ...] = ()
    more: int = 0


class DoubtKind(StrEnum):
    """Why an import looks wrong, however well it can be read."""

    SHRINK = "shrink"
    EMPTY = "empty"
    LEFT_OUT = "left_out"
    CLASS_EMPTIED = "class_emptied"
    TEACHERS_RENAMED = "teachers_renamed"
    ZEROS_LOST = "zeros_lost"
    TERM_MOVED = "term_moved"
    ROOM_UNKNOWN = "room_unknown"
    CHANGES_LOST = "changes_lost"
    CLASS_ELSEWHERE = "class_elsewhere"


class Doubt(msgspec.Struct, frozen=True):
    """One reason. `holds`: a person has to decide before anything is applied."""

    kind: DoubtKind
    table: str
    text: Text
    holds: bool = True
    key: str = ""


class Difference(msgspec.Struct, frozen=True):
    """What would change; `pupils` says in words which classes gain and lose how many."""

    tables: tuple[TableDifference, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    pupils: tuple[Text, ...] = ()

    @property
    def empty(self) -> bool:
        return not any(one.added or one.changed or one.ended for one in self.tables)

    @property
    def held(self) -> bool:
        return any(doubt.holds for doubt in self.doubts)


Row = Mapping[str, Any]


class Compared(msgspec.Struct, frozen=True):
    """One table before and after: `before` is what the import replaces by key, `after` all it says, `kept` the keys it
    says unchanged. `held` counts the keys there were.
    """

    table: str
    before: dict[str, Row]
    after: dict[str, Row]
    kept: frozenset[str]
    held: int
    bulk: bool = True

    @property
    def ended(self) -> list[str]:
        return [key for key in self.before if key not in self.after]

    @property
    def added(self) -> list[str]:
        return [key for key in self.after if key not in self.before and key not in self.kept]

    def changes(self) -> Iterable[tuple[str, tuple[FieldChange, ...]]]:
        """Keys on both sides whose fields differ."""
        for key, old in self.before.items():
            new = self.after.get(key)
            if new is None:
                continue
            fields = tuple(
                FieldChange(name, _said(old.get(name)), _said(value))
                for name, value in new.items()
                if old.get(name) != value
            )
            if fields:
                yield key, fields


def difference(school: str, compared: Iterable[Compared], names: "Names", doubts: tuple[Doubt, ...] = ()) -> Difference:
    """For people; `doubts` were found in the same tables."""
    tables = [one for one in compared if one.before or one.after]
    pupils = next((_pupils(one, names) for one in tables if one.table == "enrolments"), ())
    return Difference(tuple(_table(school, one, names) for one in tables), doubts, pupils)


class Names(msgspec.Struct, frozen=True):
    """What keys are called, before or after, by table; `lessons` in words."""

    classes: dict[str, str] = {}
    rooms: dict[str, str] = {}
    lessons: dict[str, str] = {}

    def of_class(self, key: str) -> str:
        return self.classes.get(key) or key

    def of_card(self, row: Row) -> str:
        """A lesson at its place: "Toán · 7A · T2 / 1 · P.101"."""
        when = f"{_weekdays(row['days'])} / {', '.join(row['periods'])}" if "days" in row else f"{row['day']}"
        rooms = ", ".join(self.rooms.get(room, room) for room in row["rooms"])
        lesson = str(row["lesson"])
        return " · ".join(part for part in (self.lessons.get(lesson, lesson), when, rooms) if part)


def _weekdays(mask: str) -> str:
    """T2 is Monday, as Vietnamese timetables count."""
    return ", ".join(name for name, mark in zip(_DAYS, mask, strict=False) if mark == "1") or mask


def names_of(compared: Iterable[Compared], known: dict[str, str]) -> Names:
    """`known` are the titles of the classes that hold now."""
    rows = {one.table: one.before | one.after for one in compared}
    called: dict[str, dict[str, str]] = {
        table: {key: str(row.get("title") or row.get("name") or key) for key, row in rows.get(table, {}).items()}
        for table in ("classes", "subjects", "rooms")
    }
    classes = known | called["classes"]
    lessons = {
        key: " · ".join(
            part
            for part in (
                called["subjects"].get(row["subject"], row["subject"]),
                ", ".join(classes.get(one, one) for one in row["classes"]),
            )
            if part
        )
        for key, row in rows.get("lessons", {}).items()
    }
    return Names(classes, called["rooms"], lessons)


def _table(school: str, one: Compared, names: Names) -> TableDifference:
    rows = changed_rows(school, one, names)
    added, changed = len(one.added), sum(1 for _ in one.changes())
    return TableDifference(
        table=one.table,
        added=added,
        changed=changed,
        ended=len(one.ended),
        unchanged=len(one.after) - added - changed,
        rows=tuple(row for _, row in rows[:MAX_ROWS]),
        more=max(0, len(rows) - MAX_ROWS),
    )


def changed_rows(school: str, one: Compared, names: Names) -> list[tuple[str, RowChange]]:
    """Every row that differs and may be listed, with its key as it is: those that end, new ones, changed ones."""
    counted = _is_counted(one)
    rows: list[tuple[str, RowChange]] = []
    for state, keys in ((RowState.ENDED, one.ended), (RowState.ADDED, one.added)):
        source = one.before if state is RowState.ENDED else one.after
        listed = [key for key in keys if not counted(source[key])]
        rows += [(key, RowChange(state, _key(school, one, key), _name(one, source[key], names))) for key in listed]
    for key, fields in one.changes():
        if not counted(one.after[key]):
            shown = _shown(one, key, fields)
            rows.append(
                (key, RowChange(RowState.CHANGED, _key(school, one, key), _name(one, one.after[key], names), shown))
            )
    return rows


def _is_counted(one: Compared) -> Any:
    """Pupils' enrolments are counted by class, not listed."""
    return (lambda row: row.get("role") not in STAFF) if one.table == "enrolments" else (lambda _row: False)


def _private(one: Compared, key: str) -> bool:
    """Whether the row speaks of somebody who is not known to be staff, before or after."""
    rows = [row for row in (one.before.get(key), one.after.get(key)) if row is not None]
    return one.table in {"people", "enrolments"} and any(row.get("role") not in STAFF for row in rows)


def _key(school: str, one: Compared, key: str) -> str:
    if not _private(one, key):
        return key
    return f"#{hashlib.blake2b(f'{school}/{key}'.encode(), digest_size=4).hexdigest()}"


def _name(one: Compared, row: Row, names: Names) -> str:
    if one.table in {"cards", "dated"}:
        return names.of_card(row)
    if one.table == "people":
        return f"{row['family_name']} {row['given_name']}".strip() if row.get("role") in STAFF else ""
    return next((str(row[name]) for name in _NAMES if row.get(name)), "")


def _shown(one: Compared, key: str, fields: tuple[FieldChange, ...]) -> tuple[FieldChange, ...]:
    """Of a pupil only which fields changed."""
    if not _private(one, key):
        return fields
    return tuple(FieldChange(one.field, "", "") for one in fields)


def _pupils(one: Compared, names: Names) -> tuple[Text, ...]:
    both = one.before.keys() & one.after.keys()
    moved = [key for key in both if one.before[key]["school_class"] != one.after[key]["school_class"]]
    gains = _by_class(one.after[key] for key in (*one.added, *moved))
    losses = _by_class(one.before[key] for key in (*one.ended, *moved))
    lines: list[Text] = []
    for key in sorted(gains.keys() | losses.keys(), key=names.of_class):
        name = names.of_class(key)
        if gains[key]:
            lines.append(
                Text(f"{gains[key]} học sinh mới ở lớp {name}", f"{_en_pupils(gains[key], 'new ')} in class {name}")
            )
        if losses[key]:
            lines.append(Text(f"{losses[key]} học sinh rời lớp {name}", _en_leave(losses[key], name)))
    return tuple(lines)


def _en_pupils(number: int, what: str = "") -> str:
    return f"{number} {what}pupil{'' if number == 1 else 's'}"


def _en_leave(number: int, name: str) -> str:
    return f"{_en_pupils(number)} {'leaves' if number == 1 else 'leave'} class {name}"


def _by_class(rows: Iterable[Row]) -> Counter[str]:
    return Counter(str(row["school_class"]) for row in rows if row.get("role") == "student")


def _said(value: Any) -> str:
    """A field as people read it."""
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
