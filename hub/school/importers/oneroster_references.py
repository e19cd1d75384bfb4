"""What the files of a bundle say about each other: references, dates against sessions, roles against enrolments."""

from collections.abc import Mapping
from datetime import date

from hub.school.importers.layout import Column, Layout, key_of
from hub.school.importers.oneroster_manifest import Manifest
from hub.school.importers.oneroster_roster import GONE
from hub.school.importers.oneroster_values import parse_date
from hub.school.importers.table import Record, Table
from hub.school.problems import Findings, Severity
from wire.text import Text

Rows = Mapping[str, list[Record]]


class References:
    """Checks every reference column of every file. Unusable rows are collected in `dangling` (stem, line)."""

    def __init__(
        self, tables: dict[str, Table], rows: Rows, layout: Layout, manifest: Manifest, findings: Findings
    ) -> None:
        self._tables, self._rows, self._layout, self._manifest = tables, rows, layout, manifest
        self._findings = findings
        keys = {stem: key_of(layout.get(stem)) or "sourcedId" for stem in tables}
        # every row of the file counts: a defect of the row referred to is reported once, there
        self._known = {stem: {one.get(keys[stem]) for one in table.records} for stem, table in tables.items()}
        self._leaving = {
            stem: {one.get(keys[stem]): status for one in records if (status := one.get("status").lower()) in GONE}
            for stem, records in rows.items()
        }
        self.dangling: set[tuple[str, int]] = set()

    def check(self) -> None:
        for stem, records in self._rows.items():
            for column in self._layout.get(stem, ()):
                if column.target and column.name in self._tables[stem].header:
                    for record in records:
                        self._check_cell(stem, record, column)

    def _check_cell(self, stem: str, record: Record, column: Column) -> None:
        wanted = record.ids(column.name) if column.several else (record.get(column.name),)
        known = self._known.get(column.target)
        for identifier in wanted:
            if not identifier:
                continue
            if known is None or identifier not in known:
                self._report(stem, record, column, identifier)
            elif identifier in self._leaving[column.target] and identifier not in self._leaving[stem]:
                status = self._leaving[column.target][identifier]
                text = Text(
                    f"{column.target} {identifier} được đánh dấu {status}",
                    f"{column.target} {identifier} is marked {status}",
                )
                self._findings.warning(self._tables[stem].file, text, record.line, column.name)

    def _report(self, stem: str, record: Record, column: Column, identifier: str) -> None:
        absent = column.target not in self._tables
        if self._manifest.is_delta(stem) or self._manifest.is_delta(column.target):
            severity = Severity.NOTE
            text = Text(
                f"{column.target} {identifier} không có trong gói delta: phải đã có trong hệ thống",
                f"{column.target} {identifier} is not in this delta: it must be known already",
            )
        elif absent:
            said = self._manifest.modes.get(column.target, "")
            severity = Severity.WARNING
            text = Text(
                f"trỏ tới {column.target} {identifier}, nhưng gói không có {column.target}.csv"
                + (f" (manifest: {said})" if said else ""),
                f"refers to {column.target} {identifier}, but the bundle has no {column.target}.csv"
                + (f" (manifest: {said})" if said else ""),
            )
        else:
            severity = Severity.ERROR if column.required else Severity.WARNING
            text = Text(
                f"{column.target} {identifier} không có trong {self._tables[column.target].file}",
                f"{column.target} {identifier} is not in {self._tables[column.target].file}",
            )
            if column.required:
                self.dangling.add((stem, record.line))
        self._findings.add(severity, self._tables[stem].file, text, record.line, column.name)


def check_sessions(tables: dict[str, Table], rows: Rows, findings: Findings) -> None:
    """Sessions that end before they begin, leave their parent, or end on the first day of the next one."""
    spans: dict[str, tuple[date, date]] = {}
    for record in rows.get("academicSessions", []):
        first, last = parse_date(record.get("startDate")), parse_date(record.get("endDate"))
        if first and last:
            spans[record.get("sourcedId")] = (first, last)
    starts = {first for first, _ in spans.values()}
    for record in rows.get("academicSessions", []):
        span = spans.get(record.get("sourcedId"))
        if span is None:
            continue
        file, line = tables["academicSessions"].file, record.line
        parent = spans.get(record.get("parentSourcedId"))
        if span[1] <= span[0]:
            text = Text("kết thúc không sau ngày bắt đầu", "ends no later than it begins")
            findings.error(file, text, line, "endDate")
        elif span[1] in starts or (span[1].day == 1 and span[0].day == 1):
            text = Text(
                f"kết thúc {span[1]}, ngày đầu của kỳ kế tiếp: ngày cuối thực ra là hôm trước?",
                f"ends {span[1]}, the first day after it (of the next session): is the last day the one before?",
            )
            findings.warning(file, text, line, "endDate")
        if parent and (span[0] < parent[0] or span[1] > parent[1]):
            text = Text("nằm ngoài thời gian của kỳ cha", "reaches beyond its parent session")
            findings.warning(file, text, line, "startDate")


def check_enrolments(tables: dict[str, Table], rows: Rows, findings: Findings) -> None:
    """A person twice in a class, end before begin, a school that is not the class's, a role that does not fit."""
    file = tables["enrollments"].file if "enrollments" in tables else ""
    schools = {record.get("sourcedId"): record.get("schoolSourcedId") for record in rows.get("classes", [])}
    roles = {record.get("sourcedId"): record.get("role").lower() for record in rows.get("users", [])}
    seen: dict[tuple[str, str, str, str], int] = {}
    for record in rows.get("enrollments", []):
        begin, end = parse_date(record.get("beginDate")), parse_date(record.get("endDate"))
        if begin and end and end <= begin:
            text = Text("kết thúc không sau ngày bắt đầu", "ends no later than it begins")
            findings.warning(file, text, record.line, "endDate")
        school = schools.get(record.get("classSourcedId"))
        if school and school != record.get("schoolSourcedId"):
            text = Text(f"lớp thuộc trường {school}", f"the class belongs to the school {school}")
            findings.warning(file, text, record.line, "schoolSourcedId")
        role, own = record.get("role").lower(), roles.get(record.get("userSourcedId"), "")
        if {role, own} == {"student", "teacher"}:
            text = Text(f"ghi danh là {role} nhưng người dùng là {own}", f"enrolled as {role}, the user is a {own}")
            findings.warning(file, text, record.line, "role")
        key = (record.get("classSourcedId"), record.get("userSourcedId"), role, record.get("beginDate"))
        if key in seen:
            text = Text(f"trùng với dòng {seen[key]}", f"the same enrolment as line {seen[key]}")
            findings.warning(file, text, record.line, "userSourcedId")
        seen.setdefault(key, record.line)


def check_schools(tables: dict[str, Table], rows: Rows, findings: Findings) -> None:
    """Classes whose `schoolSourcedId` is a department or district."""
    kinds = {record.get("sourcedId"): record.get("type").lower() for record in rows.get("orgs", [])}
    for record in rows.get("classes", []):
        kind = kinds.get(record.get("schoolSourcedId"), "school")
        if kind != "school":
            text = Text(
                f"schoolSourcedId trỏ tới một {kind}, không phải trường", f"schoolSourcedId is a {kind}, not a school"
            )
            findings.warning(tables["classes"].file, text, record.line, "schoolSourcedId")
