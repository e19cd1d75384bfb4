"""The rows of a difference in words: what their fields are called, and values as people read them. Pure."""

import re

from hub.school.difference import FieldChange, RowChange, RowState
from wire.text import Text

FIELD_NAMES: dict[str, Text] = {
    "name": Text("tên", "name"),
    "short": Text("tên ngắn", "short name"),
    "title": Text("tên", "title"),
    "code": Text("mã lớp", "class code"),
    "kind": Text("loại", "kind"),
    "identifier": Text("mã", "identifier"),
    "parent": Text("thuộc", "part of"),
    "first": Text("ngày đầu", "first day"),
    "last": Text("ngày cuối", "last day"),
    "location": Text("địa điểm", "location"),
    "org": Text("đơn vị", "organisation"),
    "terms": Text("học kỳ", "terms"),
    "subjects": Text("môn học", "subjects"),
    "subject": Text("môn học", "subject"),
    "given_name": Text("tên gọi", "given name"),
    "family_name": Text("họ đệm", "family name"),
    "role": Text("vai trò", "role"),
    "enabled": Text("đang dùng", "enabled"),
    "school_class": Text("lớp", "class"),
    "person": Text("người", "person"),
    "begin": Text("từ ngày", "from"),
    "end": Text("đến ngày", "until"),
    "start_min": Text("bắt đầu", "starts"),
    "end_min": Text("kết thúc", "ends"),
    "until_min": Text("học đến", "lessons until"),
    "schedule": Text("khung giờ", "bell schedule"),
    "bells": Text("khung giờ", "bell schedule"),
    "capacity": Text("sức chứa", "capacity"),
    "pupils": Text("số học sinh", "pupils"),
    "entire": Text("cả lớp", "whole class"),
    "classes": Text("lớp", "classes"),
    "groups": Text("nhóm", "groups"),
    "teachers": Text("giáo viên", "teachers"),
    "lesson": Text("bài dạy", "lesson"),
    "periods": Text("tiết", "periods"),
    "days": Text("các thứ", "weekdays"),
    "weeks": Text("các tuần", "weeks"),
    "rooms": Text("phòng", "rooms"),
    "day": Text("ngày", "day"),
    "week": Text("tuần", "week"),
    "weekday": Text("theo thứ", "as on weekday"),
    "note": Text("ghi chú", "note"),
}
NONE = "–"
_SIGNS = {RowState.ADDED: "+", RowState.CHANGED: "~", RowState.ENDED: "-"}
_KEYLESS = frozenset({"cards", "dated", "bells"})  # their keys are ours, not the school's
_MINUTES = re.compile(r"[0-9]{1,4}")
_TRUTH = {"True": Text("có", "yes"), "False": Text("không", "no")}


def field_name(key: str) -> Text:
    """Of a field nobody named the key itself."""
    return FIELD_NAMES.get(key, Text(key, key))


def row_line(table: str, row: RowChange) -> str:
    """One row in a line, in both languages: its sign, its key where the school knows it, its name, what changed."""
    key = "" if row.name and (table in _KEYLESS or row.key == row.name) else row.key
    fields = "; ".join(map(_change, row.fields))
    return " ".join(part for part in (_SIGNS[row.state], key, row.name, f"({fields})" if fields else "") if part)


def _change(one: FieldChange) -> str:
    """Of somebody who is not staff only which field it was."""
    called = field_name(one.field).both()
    return f"{called}: {_value(one.field, one.old)} → {_value(one.field, one.new)}" if one.old or one.new else called


def _value(field: str, value: str) -> str:
    """Minutes of the day as a clock shows them, truth in words; all else as it is."""
    if field.endswith("_min") and _MINUTES.fullmatch(value):
        return f"{int(value) // 60:02d}:{int(value) % 60:02d}"
    return _TRUTH[value].both() if value in _TRUTH else value or NONE
