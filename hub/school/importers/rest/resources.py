"""THE table of OneRoster resources as JSON: which field is which column of the CSV binding, and each value as its cell.

Source: 1EdTech OneRoster 1.2 Rostering information model and 1.1; Ed-Fi's OpenAPI file of a 1.2 server; facts.md 2.
Errors: a Problem per value with collection, place in it and field. E-mail, telephones, passwords and user ids are not
even looked at.
"""

import re
import unicodedata
from typing import Any

import msgspec

from hub.school.importers.layout import MAX_TEXT, Column
from hub.school.importers.oneroster_columns import columns
from hub.school.importers.table import Record
from hub.school.problems import Findings
from wire.text import Text

COLLECTIONS = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
# Columns whose JSON field has another name; all others are called the same.
_FIELDS = {
    "parentSourcedId": "parent",
    "orgSourcedId": "org",
    "orgSourcedIds": "orgs",
    "courseSourcedId": "course",
    "schoolSourcedId": "school",
    "termSourcedIds": "terms",
    "classSourcedId": "class",
    "userSourcedId": "user",
    "schoolYearSourcedId": "schoolYear",
}
_TAKEN = {
    "users": {"enabledUser", "givenName", "familyName", "identifier", "role", "orgSourcedIds", "primaryOrgSourcedId"},
    "classes": {"title", "courseSourcedId", "classCode", "classType", "location", "schoolSourcedId",
                "termSourcedIds", "subjects"},
    "courses": {"title", "courseCode", "orgSourcedId", "schoolYearSourcedId"},
}  # fmt: skip
_ALWAYS = frozenset({"sourcedId", "status", "dateLastModified"})
_NOT_OF_ROLES = frozenset({"userProfileSourcedId", "status", "dateLastModified"})
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII)


def columns_of(stem: str, version: str) -> tuple[Column, ...]:
    """The columns a collection is read into: those the hub has a use for."""
    taken = _TAKEN.get(stem)
    known = columns(version, stem) or ()
    if stem == "roles":  # a role whose organisation nobody knows is a role still
        return tuple(msgspec.structs.replace(one, required=False) if one.target == "orgs" else one
                     for one in known if one.name not in _NOT_OF_ROLES)  # fmt: skip
    found = tuple(one for one in known if taken is None or one.name in taken | _ALWAYS)
    return (*found, Column("role")) if stem == "users" and version == "1.2" else found  # some 1.2 servers have it still


def field_of(stem: str, column: str | None) -> str | None:
    """A column as the JSON calls it."""
    if column is None:
        return None
    return f"roles[].{field_of_json(column)}" if stem == "roles" else field_of_json(column)


def field_of_json(column: str) -> str:
    return _FIELDS.get(column, column)


class Cells:
    """Turns one collection's JSON into rows; what cannot be one cell is told to `findings`."""

    def __init__(self, stem: str, version: str, findings: Findings, file: str = "") -> None:
        self._stem, self._file, self._findings = stem, file or stem, findings
        self.columns = columns_of(stem, version)
        self._places = {one.name: number for number, one in enumerate(self.columns)}  # one for all rows

    def row(self, number: int, record: dict[str, Any]) -> Record:
        cells = (self._cell(number, one, record.get(field_of_json(one.name))) for one in self.columns)
        return Record(number, tuple(cells), self._places)

    def _cell(self, number: int, column: Column, value: Any) -> str:
        if value is None:
            return ""
        if column.kind == "ref":
            values = self._several(number, column, value) if column.several else [value]
            return ",".join(part for one in values if (part := self._reference(number, column, one)))
        if column.several:
            return ",".join(self._plain(number, column, one) for one in self._items(value))
        return self._plain(number, column, value)

    def _items(self, value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]

    def _several(self, number: int, column: Column, value: Any) -> list[Any]:
        if not isinstance(value, list):
            self._odd(number, column, "phải là danh sách", "should be a list")
        return self._items(value)

    def _reference(self, number: int, column: Column, value: Any) -> str:
        """The id a reference names. A bare text is what some servers send."""
        if isinstance(value, dict):
            value = value.get("sourcedId")
        elif isinstance(value, str):
            self._odd(
                number, column,
                "tham chiếu phải là đối tượng có sourcedId, không phải chữ",
                "a reference should be an object with a sourcedId, not a text",
            )  # fmt: skip
        name = value.strip() if isinstance(value, str) else ""
        if not name or "\0" in name or (column.several and "," in name):
            self._wrong(number, column, "tham chiếu không có sourcedId dùng được", "a reference without a usable id")
            return ""
        return unicodedata.normalize("NFC", name)

    def _plain(self, number: int, column: Column, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float) and column.kind != "bool":
            self._odd(number, column, "là số, phải là chữ (mất số 0 ở đầu?)", "a number where a text belongs")
            value = str(value)
        if not isinstance(value, str):
            self._wrong(number, column, "không phải một giá trị đơn", "not a single value")
            return ""
        if "\0" in value or len(value) > MAX_TEXT:
            self._wrong(number, column, "giá trị quá dài hoặc có ký tự cấm", "too long, or with a forbidden character")
            return ""
        text = unicodedata.normalize("NFC", value.strip())
        if column.kind == "date" and (day := _MIDNIGHT.fullmatch(text)) is not None:
            self._odd(number, column, "phải là ngày, không kèm giờ", "should be a date without a time")
            return day[1]
        return text

    def _odd(self, number: int, column: Column, vi: str, en: str) -> None:
        self._findings.warning(self._file, Text(vi, en), number, column.name)

    def _wrong(self, number: int, column: Column, vi: str, en: str) -> None:
        self._findings.error(self._file, Text(vi, en), number, column.name)
