"""Rows of School Data Sync v2 and v2.1 as a Roster; guardians, flags and birth data are counted and left behind.

Source: learn.microsoft.com/schooldatasync "SDS V2.1 CSV file format"; facts as in sds_columns.
"""

from collections.abc import Iterable

from hub.school.importers.oneroster_values import parse_date
from hub.school.importers.sds_columns import TEACHING, Variant
from hub.school.importers.table import Record, Table
from hub.school.problems import Findings
from hub.school.roster import Enrolment, Org, Person, Roster, RosterClass, Session
from wire.text import Text

Rows = dict[str, list[Record]]
_HELD = ("orgs", "users", "classes", "enrollments", "academicSessions")


def modern_roster(rows: Rows, tables: dict[str, Table], _variant: Variant, findings: Findings) -> Roster:
    roles = _roles(rows.get("roles", []))
    return Roster(
        orgs=tuple(
            Org(one.get("sourcedId"), one.get("name"), one.get("type").lower(), parent=one.get("parentSourcedId"))
            for one in rows.get("orgs", [])
        ),
        sessions=tuple(_sessions(rows.get("academicSessions", []))),
        classes=tuple(_classes(rows)),
        people=tuple(
            Person(
                id=one.get("sourcedId"),
                given_name=one.get("givenName"),
                family_name=one.get("familyName"),
                role=_role(one.get("role")) or roles.get(one.get("sourcedId"), ""),
            )
            for one in rows.get("users", [])
        ),
        enrolments=tuple(_enrolments(rows.get("enrollments", []), tables, findings)),
        gone={stem: frozenset() for stem in _HELD if stem in tables},
    )


def _role(text: str) -> str:
    """In the hub's words: everybody who teaches is a teacher, other roles are as the file says."""
    role = text.lower()
    return "teacher" if role in TEACHING else role


def _roles(records: list[Record]) -> dict[str, str]:
    """The role of each person: the primary one, else the first."""
    found: dict[str, str] = {}
    for record in sorted(records, key=lambda one: one.get("isPrimary").lower() != "true"):
        found.setdefault(record.get("userSourcedId"), _role(record.get("role")))
    return found


def _sessions(records: list[Record]) -> Iterable[Session]:
    for one in records:
        first, last = parse_date(one.get("startDate")), parse_date(one.get("endDate"))
        if first is not None and last is not None and first <= last:
            yield Session(one.get("sourcedId"), one.get("title"), one.get("type"), first, last)


def _classes(rows: Rows) -> Iterable[RosterClass]:
    subjects = {one.get("sourcedId"): one.get("subject") or one.get("title") for one in rows.get("courses", [])}
    for one in rows.get("classes", []):
        subject = subjects.get(one.get("courseSourcedId"))
        yield RosterClass(
            id=one.get("sourcedId"),
            title=one.get("title"),
            code=one.get("code"),
            kind="scheduled",
            org=one.get("orgSourcedId"),
            terms=one.ids("sessionSourcedIds"),
            subjects=(subject,) if subject else (),
        )


def _enrolments(records: list[Record], tables: dict[str, Table], findings: Findings) -> Iterable[Enrolment]:
    seen: dict[str, int] = {}
    for one in records:
        section, person, role = one.get("classSourcedId"), one.get("userSourcedId"), _role(one.get("role"))
        identifier = f"{section}:{person}:{role}"
        if identifier in seen:
            text = Text(f"trùng với dòng {seen[identifier]}", f"the same enrolment as line {seen[identifier]}")
            findings.warning(tables["enrollments"].file, text, one.line, "userSourcedId")
            continue
        seen[identifier] = one.line
        yield Enrolment(identifier, section, person, role)
