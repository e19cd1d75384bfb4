"""Each cell of a OneRoster file against its column: required, dates, booleans, enumerations, lists, identifiers."""

import re
from collections.abc import Callable
from datetime import date

import msgspec

from hub.school.importers.layout import MAX_TEXT, Column, key_of
from hub.school.importers.oneroster_columns import COMMON, GRADES
from hub.school.importers.table import Record, Table
from hub.school.problems import Findings, Severity
from wire.text import Text

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SLASHED = re.compile(r"\d{1,2}[/.]\d{1,2}[/.]\d{4}", re.ASCII)
_DATETIME = re.compile(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|[+-]00:?00)?", re.ASCII)  # a date as databases write it
_YEAR = re.compile(r"[1-9]\d{3}", re.ASCII)
_USER_IDS = re.compile(r"\{[^:{}]+:[^{}]+\}(\s*,\s*\{[^:{}]+:[^{}]+\})*")
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,.]+")
_ODD_ID = re.compile(r"[^\w.:/@\-{}]", re.ASCII)
_SCIENTIFIC = re.compile(r"\d+([.,]\d+)?[eE]\+\d+", re.ASCII)
_ISO = len("2026-09-05")
MAX_ID = 255
_LINKED = frozenset({"classes", "users", "Section", "Student", "Teacher"})
PRIVATE = frozenset({"demographics"})  # birth dates, origin: a problem names the place, never the value
_HIDDEN = Text("giá trị không hợp lệ (dữ liệu cá nhân, không hiện)", "not a valid value (personal data, not shown)")


class Doubt(msgspec.Struct, frozen=True):
    """What is wrong with one value; an ERROR means it cannot be used."""

    severity: Severity
    text: Text


def parse_date(text: str) -> date | None:
    """A date as ISO 8601 writes it, a midnight behind it or not; nothing else."""
    if _DATE.match(text) is None or (len(text) > _ISO and _MIDNIGHT.fullmatch(text, _ISO) is None):
        return None
    try:
        return date.fromisoformat(text[:_ISO])
    except ValueError:
        return None


def check_table(table: Table, columns: tuple[Column, ...] | None, findings: Findings, *, delta: bool) -> list[Record]:
    """Reports every doubtful cell; returns the rows whose required cells can all be used, ids unique."""
    present = [column for column in columns or COMMON if column.name in table.header]
    key = key_of(columns or COMMON)
    if any(column.name not in table.header for column in columns or () if column.required and column.target in _LINKED):
        return []  # who is in which class cannot be said; that the column is missing has been told
    good: list[Record] = []
    lines: dict[str, int] = {}
    for record in table.records:
        usable = _check_record(table, record, present, findings, delta=delta)
        identifier = record.get(key)
        if identifier and identifier in lines:
            text = Text(
                f"{key} {identifier} đã có ở dòng {lines[identifier]}",
                f"{key} {identifier} is already on line {lines[identifier]}",
            )
            findings.error(table.file, text, record.line, key)
            usable = False
        lines.setdefault(identifier, record.line)
        if usable and (identifier or not key):
            good.append(record)
    _note_bulk_columns(table, findings, delta=delta)
    return good


def _check_record(table: Table, record: Record, columns: list[Column], findings: Findings, *, delta: bool) -> bool:
    file, usable = table.file, True
    leaving = delta and record.get("status").lower() == "tobedeleted"  # its id is enough
    for column in columns:
        value = record.get(column.name)
        required = column.required or (delta and column.name in {"status", "dateLastModified"})
        if leaving and column.kind != "key":
            required = False
        if not value:
            if required:
                text = Text(f"thiếu giá trị bắt buộc “{column.name}”", f"the required {column.name!r} is empty")
                findings.error(file, text, record.line, column.name)
                usable = usable and not column.required
            continue
        for doubt in doubts_of(value, column):
            hidden = table.stem in PRIVATE and column.kind not in {"key", "ref"}
            findings.add(doubt.severity, file, _HIDDEN if hidden else doubt.text, record.line, column.name)
            usable = usable and not (doubt.severity is Severity.ERROR and (column.required or column.kind == "text"))
        if column.several and re.search(r",\s", value):
            text = Text("danh sách có khoảng trắng sau dấu phẩy", "the list has blanks after its commas")
            findings.note(file, text, record.line, column.name)
    return usable


def doubts_of(value: str, column: Column) -> list[Doubt]:
    """What is doubtful about one value that is there."""
    return _CHECKS[column.kind](value, column)


def _wrong(vi: str, en: str) -> list[Doubt]:
    return [Doubt(Severity.ERROR, Text(vi, en))]


def _odd(vi: str, en: str) -> list[Doubt]:
    return [Doubt(Severity.WARNING, Text(vi, en))]


def _text(value: str, _column: Column) -> list[Doubt]:
    if len(value) <= MAX_TEXT:
        return []
    return _wrong(f"chữ dài hơn {MAX_TEXT} ký tự; dòng bị bỏ", f"a text longer than {MAX_TEXT}; the row is left out")


def _identifier(value: str, column: Column) -> list[Doubt]:
    parts = [part.strip() for part in value.split(",")] if column.several else [value]
    doubts: list[Doubt] = []
    for part in parts:
        if not part:
            doubts += _odd(f"“{value}”: danh sách có mục trống", f"{value!r}: an empty item in the list")
        elif len(part) > MAX_ID:
            doubts += _wrong(f"mã dài hơn {MAX_ID} ký tự", f"an id longer than {MAX_ID} characters")
        elif _SCIENTIFIC.fullmatch(part):
            doubts += _odd(
                f"“{part}”: bảng tính đã đổi mã thành số? hãy lưu cột này dạng văn bản",
                f"{part!r}: did a spreadsheet turn the id into a number? store the column as text",
            )
        elif _ODD_ID.search(part):
            doubts += _odd(f"mã “{part}” có ký tự lạ", f"the id {part!r} holds unusual characters")
    return doubts


def _date(value: str, _column: Column) -> list[Doubt]:
    found = parse_date(value)
    if found is not None and len(value) > _ISO:
        return _odd(f"“{value}” phải viết là {found}", f"{value!r} should be written {found}")
    if found is not None:
        return []
    if _SLASHED.fullmatch(value):
        return _wrong(
            f"“{value}”: không rõ ngày hay tháng đứng trước; cần dạng 2026-09-05",
            f"{value!r}: day or month first? expected a date like 2026-09-05",
        )
    return _wrong(f"“{value}” không phải ngày, cần dạng 2026-09-05", f"{value!r} is no date, expected 2026-09-05")


def _datetime(value: str, _column: Column) -> list[Doubt]:
    match = _DATETIME.fullmatch(value)
    if match and parse_date(match.group(1)) is not None:
        return []
    if _DATE.fullmatch(value) and parse_date(value) is not None:
        return _odd(f"“{value}” chỉ có ngày, thiếu giờ", f"{value!r} is a bare date, a time is missing")
    return _wrong(
        f"“{value}” không phải thời điểm, cần dạng 2026-09-05T07:00:00.000Z",
        f"{value!r} is no timestamp, expected 2026-09-05T07:00:00.000Z",
    )


def _year(value: str, _column: Column) -> list[Doubt]:
    return [] if _YEAR.fullmatch(value) else _wrong(f"“{value}” không phải năm", f"{value!r} is no year (2026)")


def _bool(value: str, _column: Column) -> list[Doubt]:
    if value in {"true", "false"}:
        return []
    if value.lower() in {"true", "false"}:
        return _odd(f"“{value}” phải viết là “{value.lower()}”", f"{value!r} should be written {value.lower()!r}")
    return _wrong(f"“{value}” không phải true hay false", f"{value!r} is neither true nor false")


def _flag(value: str, _column: Column) -> list[Doubt]:
    good = value.lower() in {"true", "false", "1", "0", "yes", "no"}
    return [] if good else _odd(f"“{value}” không phải true hay false", f"{value!r} is neither true nor false")


def _enum(value: str, column: Column) -> list[Doubt]:
    allowed = column.choices
    if value in allowed or value.startswith("ext:"):
        return []
    if column.name == "status" and value.lower() == "inactive":
        return _odd("“inactive” đã bị bỏ từ OneRoster 1.1", '"inactive" was dropped with OneRoster 1.1')
    near = [one for one in allowed if one.lower() == value.lower()]
    if near:
        return _odd(f"“{value}” phải viết là “{near[0]}”", f"{value!r} should be written {near[0]!r}")
    listed = ", ".join(allowed)
    return _wrong(f"“{value}” không thuộc: {listed}", f"{value!r} is none of: {listed}")


def _open_enum(value: str, column: Column) -> list[Doubt]:
    if value.lower() in {one.lower() for one in column.choices}:
        return []
    return _odd(f"“{value}” không có trong danh sách mặc định", f"{value!r} is not in the default list of values")


def _list(value: str, _column: Column) -> list[Doubt]:
    if all(part.strip() for part in value.split(",")):
        return []
    return _odd(f"“{value}”: danh sách có mục trống", f"{value!r}: an empty item in the list")


def _grades(value: str, _column: Column) -> list[Doubt]:
    odd = [part.strip() for part in value.split(",") if part.strip() not in GRADES]
    if not odd:
        return []
    text = Text(f"khối “{odd[0]}” không theo mã CEDS (01 … 13)", f"the grade {odd[0]!r} is not a CEDS code (01 … 13)")
    return [Doubt(Severity.NOTE, text)]


def _user_ids(value: str, _column: Column) -> list[Doubt]:
    if _USER_IDS.fullmatch(value):
        return []
    return _odd("cần dạng {loại:mã},{loại:mã}", "expected {type:id},{type:id}")


def _email(value: str, _column: Column) -> list[Doubt]:
    return [] if _EMAIL.fullmatch(value) else _odd("không phải địa chỉ thư điện tử", "not an e-mail address")


_CHECKS: dict[str, Callable[[str, Column], list[Doubt]]] = {
    "text": _text, "key": _identifier, "ref": _identifier, "date": _date, "datetime": _datetime, "year": _year,
    "bool": _bool, "flag": _flag, "enum": _enum, "open_enum": _open_enum, "list": _list, "grades": _grades,
    "user_ids": _user_ids, "email": _email,
}  # fmt: skip


def _note_bulk_columns(table: Table, findings: Findings, *, delta: bool) -> None:
    if delta or not table.records:
        return
    for name in ("status", "dateLastModified"):
        filled = sum(bool(record.get(name)) for record in table.records)
        if name in table.header and filled == 0:
            text = Text(f"{name} trống ở mọi dòng (đúng với bulk)", f"{name} is empty in every row (fine in bulk)")
            findings.note(table.file, text, None, name)
        elif filled:
            text = Text(f"{name} có giá trị, bulk nên để trống", f"{name} is filled, bulk should leave it empty")
            findings.note(table.file, text, None, name)
