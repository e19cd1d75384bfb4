"""What an import would change is told on the command line in words, as the pages tell it: no key of ours is shown."""

import pytest

from hub.db.school_models import HeldRow
from hub.school.difference import Difference, FieldChange, RowChange, RowState, TableDifference
from hub.school.held import OWN
from hub.school.report import difference_lines
from hub.school.row_words import FIELD_NAMES, field_name, row_line
from hub.school.rows import PLAN, ROSTER
from hub.web.texts import text

CHANGED = RowState.CHANGED
TABLES: dict[str, type[HeldRow]] = {one[0]: one[1] for one in PLAN} | {one[0]: one[1] for one in ROSTER}


@pytest.mark.parametrize("table", TABLES)
def test_every_field_of_every_table_has_a_name_and_pages_use_it(table: str) -> None:
    columns = {column.name for column in TABLES[table].metadata.tables[TABLES[table].__tablename__].columns} - OWN
    assert columns <= FIELD_NAMES.keys()
    assert all(text(f"imports.field_{one}") == FIELD_NAMES[one] for one in columns)


@pytest.mark.parametrize(
    ("table", "row", "told"),
    [
        ("rooms", RowChange(RowState.ADDED, "R1", "Phòng 101"), "+ R1 Phòng 101"),
        ("rooms", RowChange(RowState.ENDED, "Lab Hoá", "Lab Hoá"), "- Lab Hoá"),
        (
            "bells",
            RowChange(CHANGED, "\x1f1", "Tiết 1", (FieldChange("start_min", "420", "415"),)),
            "~ Tiết 1 (bắt đầu / starts: 07:00 → 06:55)",
        ),
        (
            "people",
            RowChange(CHANGED, "T1", "Lê Ánh", (FieldChange("enabled", "True", "False"), FieldChange("role", "", "a"))),
            "~ T1 Lê Ánh (đang dùng / enabled: có / yes → không / no; vai trò / role: – → a)",
        ),
        (
            "people",
            RowChange(CHANGED, "#12ab", "", (FieldChange("given_name", "", ""),)),
            "~ #12ab (tên gọi / given name)",
        ),
        ("cards", RowChange(RowState.ADDED, "9f8e7d", "Toán · 7A · T2 / 1"), "+ Toán · 7A · T2 / 1"),
        ("cards", RowChange(RowState.ADDED, "9f8e7d", ""), "+ 9f8e7d"),
        ("days", RowChange(CHANGED, "2026-11-20", "", (FieldChange("until_min", "", "x"),)),
         "~ 2026-11-20 (học đến / lessons until: – → x)"),
    ],
)  # fmt: skip
def test_a_row_in_one_line(table: str, row: RowChange, told: str) -> None:
    assert row_line(table, row) == told
    whole = difference_lines(Difference((TableDifference(table, added=1, rows=(row,)),)))
    assert whole[-1] == f"    {told}"


def test_a_field_without_a_name_is_called_by_its_key() -> None:
    assert field_name("colour").both() == "colour"
