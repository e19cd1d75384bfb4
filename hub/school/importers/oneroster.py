"""OneRoster 1.1 and 1.2 CSV bundles (zip or folder): a Roster, counts, and every problem with file, row and column.

Errors: Unreadable and OSError for the whole bundle; everything smaller is a Problem and the rest is imported.
"""

from pathlib import Path

from hub.school.importers.found import RosterImport
from hub.school.importers.headers import header_of
from hub.school.importers.oneroster_archive import read_bundle
from hub.school.importers.oneroster_columns import COLUMNS, FAMILY, FILES, NEEDED, columns
from hub.school.importers.oneroster_manifest import Manifest, read_manifest
from hub.school.importers.oneroster_references import (
    References,
    check_enrolments,
    check_schools,
    check_sessions,
)
from hub.school.importers.oneroster_roster import build_roster
from hub.school.importers.oneroster_values import check_table
from hub.school.importers.table import Record, Table, read_table, stem_by_columns
from hub.school.problems import Findings, refuse
from wire.text import Text

FORMAT = "oneroster"
_MOST = 0.6  # of a file's columns, where nothing but they say what it is
_STEMS = {stem.lower(): stem for version in FILES.values() for stem in (*version, "manifest")}


def read_oneroster(path: Path) -> RosterImport:
    """Raises Unreadable and OSError."""
    findings = Findings()
    contents = read_bundle(path, findings)
    names = _stems(contents, findings)
    if not set(names) - {"manifest"}:
        raise refuse(
            path.name,
            Text("không có tệp OneRoster nào trong gói", "there is no OneRoster file in the bundle"),
        )
    manifest = _manifest(contents, names, findings)
    tables = {
        stem: read_table(stem, name, contents[name], columns(manifest.version, stem), FAMILY, findings)
        for stem, name in names.items()
        if stem != "manifest"
    }
    _check_needed(manifest, tables, findings)
    rows = _check_rows(manifest, tables, findings)
    findings.gather_notes()
    return RosterImport(
        format=FORMAT,
        version=manifest.version,
        modes=manifest.modes,
        roster=build_roster(rows, manifest),
        counts={stem: tables[stem].rows for stem in sorted(tables)},
        findings=findings,
    )


def _stems(contents: dict[str, bytes], findings: Findings) -> dict[str, str]:
    """File names by OneRoster stem: by name, else by columns; wrongly written and unknown ones are reported."""
    found: dict[str, str] = {}
    by_name = {name: _STEMS.get(Path(name).stem.lower()) for name in contents}
    for name in sorted(contents, key=lambda name: (by_name[name] is None, name)):
        stem = by_name[name] or stem_by_columns(header_of(contents[name]), FAMILY, least=_MOST)
        if stem is None:
            findings.warning(name, Text("không phải tệp của OneRoster, bỏ qua", "not a file of OneRoster, ignored"))
            continue
        if stem in found:
            text = Text(f"trùng với {found[stem]}, bỏ qua", f"the same file as {found[stem]}, ignored")
            findings.error(name, text)
            continue
        if by_name[name] is None:
            text = Text(f"đọc là {stem}.csv theo các cột của nó", f"read as {stem}.csv, by its columns")
            findings.warning(name, text)
        elif name != f"{stem}.csv":
            text = Text(f"tên tệp phải là {stem}.csv", f"the file should be called {stem}.csv")
            findings.warning(name, text)
        found[stem] = name
    return found


def _manifest(contents: dict[str, bytes], names: dict[str, str], findings: Findings) -> Manifest:
    name = names.get("manifest")
    table: Table | None = None
    if name is not None:
        table = read_table("manifest", name, contents[name], None, FAMILY, findings)
        if table.header[:2] != ("propertyName", "value"):
            text = Text("dòng tiêu đề phải là propertyName,value", "the header must be propertyName,value")
            findings.error(name, text, 1)
    users = names.get("users")
    columns_of_users = header_of(contents[users]) if users is not None else frozenset()
    return read_manifest(table, names, columns_of_users, findings)


def _check_needed(manifest: Manifest, tables: dict[str, Table], findings: Findings) -> None:
    for stem in NEEDED:
        declared = manifest.modes.get(stem)
        if stem not in tables and declared in {None, "absent"} and "delta" not in manifest.modes.values():
            text = Text(f"gói không có {stem}.csv", f"the bundle has no {stem}.csv")
            findings.warning(f"{stem}.csv", text)


def _check_rows(manifest: Manifest, tables: dict[str, Table], findings: Findings) -> dict[str, list[Record]]:
    """The usable rows of each file, after all checks."""
    rows = {
        stem: check_table(table, columns(manifest.version, stem), findings, delta=manifest.is_delta(stem))
        for stem, table in tables.items()
    }
    references = References(tables, rows, COLUMNS[manifest.version], manifest, findings)
    references.check()
    check_sessions(tables, rows, findings)
    check_schools(tables, rows, findings)
    check_enrolments(tables, rows, findings)
    return {
        stem: [record for record in records if (stem, record.line) not in references.dangling]
        for stem, records in rows.items()
    }
