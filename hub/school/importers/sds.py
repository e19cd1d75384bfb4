"""Microsoft School Data Sync CSV (classic, UK, v2, v2.1) from a folder or zip: a Roster, counts and every problem.

Source: learn.microsoft.com/schooldatasync file formats; OfficeDev/O365-EDU-Tools `CSV Samples/`.
Errors: Unreadable and OSError for the whole bundle; everything smaller is a Problem and the rest is imported.
"""

from collections import Counter
from pathlib import Path

from hub.school.importers.found import RosterImport
from hub.school.importers.headers import headers
from hub.school.importers.oneroster_archive import read_bundle
from hub.school.importers.oneroster_manifest import Manifest
from hub.school.importers.oneroster_references import References, check_sessions
from hub.school.importers.oneroster_values import check_table
from hub.school.importers.sds_classic import classic_roster
from hub.school.importers.sds_columns import LAYOUTS, NEEDED, ONEROSTER_STEM, Variant, family
from hub.school.importers.sds_modern import modern_roster
from hub.school.importers.source import Source, look_at
from hub.school.importers.table import Record, Table, read_table
from hub.school.problems import Findings, refuse
from wire.text import Text

FORMAT = "sds"
_CLASSIC_STEMS = frozenset({"school", "section", "student", "teacher", "studentenrollment", "teacherroster"})
_ONEROSTER_ONLY = frozenset({"status", "datelastmodified", "enableduser"})


def is_sds(source: Source) -> bool:
    return _variant(headers(source)) is not None


def read_sds(path: Path) -> RosterImport:
    """Raises Unreadable and OSError."""
    variant = _variant(headers(look_at(path)))
    if variant is None:
        text = Text("không phải tệp của Microsoft School Data Sync", "no files of Microsoft School Data Sync")
        raise refuse(path.name, text)
    findings = Findings()
    contents = read_bundle(path, findings)
    tables = _tables(contents, variant, findings)
    rows = _check(tables, variant, findings)
    build = classic_roster if variant in {Variant.CLASSIC, Variant.UK} else modern_roster
    counts: Counter[str] = Counter()
    for stem, table in tables.items():
        counts[ONEROSTER_STEM.get(stem, stem)] += table.rows
    roster = build(rows, tables, variant, findings)
    findings.gather_notes()
    if roster.sessions and "academicSessions" not in counts:
        counts["academicSessions"] = len(roster.sessions)
    return RosterImport(
        format=FORMAT,
        version=variant.value,
        modes=dict.fromkeys(sorted(counts), "bulk") | dict.fromkeys(roster.delta, "delta"),
        roster=roster,
        counts={stem: counts[stem] for stem in sorted(counts)},
        findings=findings,
    )


def _variant(found: dict[str, frozenset[str]]) -> Variant | None:
    """Told by columns: the classic form has columns no other has, v2 shares its file names with OneRoster."""
    if len(_CLASSIC_STEMS & set(found)) > 1:
        columns = frozenset[str]().union(*(found[stem] for stem in _CLASSIC_STEMS & set(found)))
        if columns & {"dfe number", "school dfe number", "section id"}:
            return Variant.UK
        if "sis id" in columns:
            return Variant.CLASSIC
    users, enrolments = found.get("users"), found.get("enrollments", frozenset())
    if "manifest" in found or users is None or not {"sourcedid", "username"} <= users:
        return None
    if _ONEROSTER_ONLY & (users | enrolments) or "sourcedid" in enrolments:
        return None
    return Variant.V2 if {"role", "orgsourcedids"} & users else Variant.V2_1


def _tables(contents: dict[str, bytes], variant: Variant, findings: Findings) -> dict[str, Table]:
    layout = LAYOUTS[variant]
    stems = {stem.lower(): stem for stem in layout}
    tables: dict[str, Table] = {}
    for name in sorted(contents):
        stem = stems.get(Path(name).stem.lower())
        if stem is None:
            text = Text("không phải tệp của School Data Sync, bỏ qua", "not a file of School Data Sync, ignored")
            findings.warning(name, text)
        elif stem in tables:
            text = Text(f"trùng với {tables[stem].file}, bỏ qua", f"the same file as {tables[stem].file}, ignored")
            findings.error(name, text)
        else:
            tables[stem] = read_table(stem, name, contents[name], layout[stem], family(variant), findings)
    for stem in NEEDED[variant]:
        if stem not in tables:
            missing = Text(f"gói không có {stem}.csv", f"the bundle has no {stem}.csv")
            findings.warning(f"{stem}.csv", missing)
    return tables


def _check(tables: dict[str, Table], variant: Variant, findings: Findings) -> dict[str, list[Record]]:
    layout = LAYOUTS[variant]
    rows = {stem: check_table(table, layout[stem], findings, delta=False) for stem, table in tables.items()}
    references = References(tables, rows, layout, Manifest(variant.value), findings)
    references.check()
    check_sessions(tables, rows, findings)
    return {
        stem: [record for record in records if (stem, record.line) not in references.dangling]
        for stem, records in rows.items()
    }
