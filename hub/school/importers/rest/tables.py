"""Collections as they came, as the tables the CSV checks know: one row a record, the roles inside users a table of
their own.

Errors: a Problem for every record that is none; nothing is raised.
"""

from typing import Any

from hub.school.importers.rest.paging import Found
from hub.school.importers.rest.resources import Cells
from hub.school.importers.table import Record, Table
from hub.school.problems import Findings
from wire.text import Text

_ASSUMED = {"status": "active", "enabledUser": "true"}  # where no record of a collection has it


def tables_of(collections: dict[str, list[Found]], version: str, findings: Findings) -> dict[str, Table]:
    """Tables by stem. `rows` counts records, usable or not."""
    tables = {stem: _table(stem, found, version, findings) for stem, found in collections.items()}
    if "users" in collections and version == "1.2":
        roles = _roles(collections["users"], findings)
        if roles.rows:
            tables["roles"] = roles
    return tables


def _table(stem: str, found: list[Found], version: str, findings: Findings) -> Table:
    cells = Cells(stem, version, findings)
    records: list[Record] = []
    for one in found:
        if isinstance(one.record, dict):
            records.append(cells.row(one.row, one.record))
        else:
            findings.error(stem, Text("không phải một đối tượng JSON", "not a JSON object"), one.row)
    names = [column.name for column in cells.columns]
    for column, assumed in _ASSUMED.items():
        if column in names:
            records = _assumed(stem, records, column, assumed, findings)
    undated = sum(not record.get("dateLastModified") for record in records)
    if undated:
        names.remove("dateLastModified")
        text = Text(f"{undated} mục không có dateLastModified", f"{undated} records have no dateLastModified")
        findings.warning(stem, text, None, "dateLastModified")
    if version == "1.2" and stem == "users":
        _note_old_roles(found, findings)
    return Table(stem, stem, tuple(names), records, len(found))


def _assumed(stem: str, records: list[Record], column: str, value: str, findings: Findings) -> list[Record]:
    """Records without this column have `value` there; told once."""
    bare = sum(not record.get(column) for record in records)
    if not bare:
        return records
    text = Text(f"{bare} mục không có {column}, coi như {value}", f"{bare} records have no {column}, taken as {value}")
    findings.warning(stem, text, None, column)
    return [record if record.get(column) else _with(record, column, value) for record in records]


def _with(record: Record, column: str, value: str) -> Record:
    place = record.columns[column]
    return Record(record.line, (*record.cells[:place], value, *record.cells[place + 1 :]), record.columns)


def _note_old_roles(found: list[Found], findings: Findings) -> None:
    """A 1.2 server whose users have the one `role` of 1.1: taken, and told once."""
    old = sum(isinstance(one.record, dict) and _has_old_role(one.record) for one in found)
    if old:
        text = Text(f"{old} người dùng có “role” kiểu 1.1", f'{old} users have the "role" of 1.1')
        findings.warning("users", text, None, "role")


def _has_old_role(record: dict[str, Any]) -> bool:
    return isinstance(record.get("role"), str) and not record.get("roles")


def _roles(found: list[Found], findings: Findings) -> Table:
    """Each role of each user, named after the user's id; its place is that of the user."""
    cells = Cells("roles", "1.2", findings, "users")
    table = Table("roles", "users", tuple(column.name for column in cells.columns), [], 0)
    for one in found:
        roles = one.record.get("roles") if isinstance(one.record, dict) else None
        if roles is None:
            continue
        for number, role in enumerate(roles if isinstance(roles, list) else [roles]):
            table.rows += 1
            if not isinstance(role, dict):
                findings.error("users", Text("vai trò không phải đối tượng", "a role is no object"), one.row, "roles")
                continue
            owner = one.record.get("sourcedId")
            fields = role | {"user": {"sourcedId": owner}, "sourcedId": f"{owner}:{number}"}
            table.records.append(cells.row(one.row, fields))
    return table
