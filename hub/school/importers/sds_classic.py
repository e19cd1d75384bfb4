"""Rows of the classic School Data Sync form (and its UK names) as a Roster; terms come out of Section.csv.

Source: learn.microsoft.com/schooldatasync "SDS V1 CSV file format"; facts as in sds_columns.
"""

from collections.abc import Callable, Iterable
from datetime import date

from hub.school.importers.dates import DateOrder, DateOrders, orders, read_date
from hub.school.importers.sds_columns import Variant, uk_name
from hub.school.importers.table import Record, Table
from hub.school.problems import Findings
from hub.school.roster import Enrolment, Org, Person, Roster, RosterClass, Session
from wire.text import Text

Rows = dict[str, list[Record]]
Cell = Callable[[str, Record, str], str]
_AWAY = frozenset({"inactive", "deleted", "withdrawn", "left", "graduated"})
_PAIRS = {"users": ("Student", "Teacher"), "enrollments": ("StudentEnrollment", "TeacherRoster")}


def classic_roster(rows: Rows, tables: dict[str, Table], variant: Variant, findings: Findings) -> Roster:
    def cell(stem: str, record: Record, name: str) -> str:
        return record.get(uk_name(stem, name) if variant is Variant.UK else name)

    twins = _twins(rows, cell, tables, findings)
    sessions = _sessions(rows, tables, findings)
    held = {"orgs": "School", "classes": "Section"}
    present = {stem for stem, file in held.items() if file in tables}
    present |= {stem for stem, files in _PAIRS.items() if any(file in tables for file in files)}
    present |= {"academicSessions"} if sessions else set()
    halves = {stem for stem, files in _PAIRS.items() if stem in present and not all(one in tables for one in files)}
    return Roster(
        orgs=tuple(_orgs(rows, cell)),
        sessions=tuple(sessions.values()),
        classes=tuple(_classes(rows, cell, sessions)),
        people=tuple(_people(rows, cell, twins)),
        enrolments=tuple(_enrolments(rows, cell, twins, tables, findings)),
        delta=frozenset(halves),  # only pupils or only teachers: the others must not end
        gone={stem: frozenset() for stem in sorted(present)},
    )


def _twins(rows: Rows, cell: Cell, tables: dict[str, Table], findings: Findings) -> frozenset[str]:
    """Ids that a pupil and a teacher share: two people, as these files number them apart."""
    pupils = {cell("Student", record, "SIS ID") for record in rows.get("Student", [])}
    shared: set[str] = set()
    for record in rows.get("Teacher", []):
        identifier = cell("Teacher", record, "SIS ID")
        if identifier in pupils:
            shared.add(identifier)
            text = Text(
                f"mã {identifier} cũng là mã của một học sinh; giáo viên này được ghi là teacher:{identifier}",
                f"the id {identifier} is a pupil's too; this teacher is kept as teacher:{identifier}",
            )
            findings.warning(tables["Teacher"].file, text, record.line, "SIS ID")
    return frozenset(shared)


def _teacher(identifier: str, twins: frozenset[str]) -> str:
    return f"teacher:{identifier}" if identifier in twins else identifier


def _orgs(rows: Rows, cell: Cell) -> Iterable[Org]:
    for one in rows.get("School", []):
        yield Org(cell("School", one, "SIS ID"), one.get("Name"), "school", one.get("School Number"))


def _sessions(rows: Rows, tables: dict[str, Table], findings: Findings) -> dict[str, Session]:
    sections = [one for one in rows.get("Section", []) if one.get("Term SIS ID")]
    if not sections:
        return {}
    file = tables["Section"].file
    dates = [one.get(name) for one in sections for name in ("Term StartDate", "Term EndDate")]
    if not any(dates):
        return {}
    order = _order(orders(filter(None, dates)), file, sections[0].line, findings)
    found: dict[str, Session] = {}
    for one in sections:
        first, last = (_term_date(one, name, order, file, findings) for name in ("Term StartDate", "Term EndDate"))
        identifier = one.get("Term SIS ID")
        if first is None or last is None:
            continue
        if last < first:
            text = Text("kết thúc trước ngày bắt đầu", "ends before it begins")
            findings.error(file, text, one.line, "Term EndDate")
            continue
        session = Session(identifier, one.get("Term Name") or identifier, "term", first, last)
        known = found.setdefault(identifier, session)
        if known != session:
            text = Text(
                f"kỳ {identifier} có ngày hoặc tên khác dòng trước; giữ dòng đầu",
                f"the term {identifier} has another name or other dates than before; the first row is kept",
            )
            findings.warning(file, text, one.line, "Term SIS ID")
    return found


def _order(said: DateOrders, file: str, line: int, findings: Findings) -> DateOrder:
    """Microsoft's samples write month/day/year; a date only day/month/year allows overrules that for the file."""
    if said is DateOrders.BOTH:
        text = Text("ngày lúc thì ngày/tháng, lúc thì tháng/ngày", "some dates are day/month, others month/day")
        findings.error(file, text, line, "Term StartDate")
    elif said is DateOrders.EITHER:
        text = Text(
            "không rõ ngày hay tháng đứng trước; đọc là tháng/ngày/năm như mẫu của Microsoft",
            "day or month first cannot be told; read as month/day/year as Microsoft's samples do",
        )
        findings.note(file, text, line, "Term StartDate")
    return DateOrder.DAY_FIRST if said is DateOrders.DAY else DateOrder.MONTH_FIRST


def _term_date(record: Record, name: str, order: DateOrder, file: str, findings: Findings) -> date | None:
    text = record.get(name)
    found = read_date(text, order) if text else None
    if text and found is None:
        findings.error(file, Text(f"“{text}” không phải ngày", f"{text!r} is no date"), record.line, name)
    return found


def _classes(rows: Rows, cell: Cell, sessions: dict[str, Session]) -> Iterable[RosterClass]:
    for one in rows.get("Section", []):
        term, subject = one.get("Term SIS ID"), one.get("Course Subject")
        yield RosterClass(
            id=cell("Section", one, "SIS ID"),
            title=one.get("Section Name"),
            code=one.get("Section Number"),
            kind="scheduled",
            org=cell("Section", one, "School SIS ID"),
            terms=(term,) if term in sessions else (),
            subjects=(subject,) if subject else (),
        )


def _people(rows: Rows, cell: Cell, twins: frozenset[str]) -> Iterable[Person]:
    for stem, role in (("Student", "student"), ("Teacher", "teacher")):
        for one in rows.get(stem, []):
            identifier = cell(stem, one, "SIS ID")
            yield Person(
                id=_teacher(identifier, twins) if role == "teacher" else identifier,
                given_name=one.get("First Name"),
                family_name=one.get("Last Name"),
                role=role,
                identifier=one.get(f"{stem} Number"),
                enabled=one.get("Status").lower() not in _AWAY,
            )


def _enrolments(
    rows: Rows, cell: Cell, twins: frozenset[str], tables: dict[str, Table], findings: Findings
) -> Iterable[Enrolment]:
    seen: dict[str, int] = {}
    for stem, role in (("StudentEnrollment", "student"), ("TeacherRoster", "teacher")):
        for one in rows.get(stem, []):
            section, person = cell(stem, one, "Section SIS ID"), cell(stem, one, "SIS ID")
            person = _teacher(person, twins) if role == "teacher" else person
            identifier = f"{section}:{person}:{role}"
            if identifier in seen:
                text = Text(f"trùng với dòng {seen[identifier]}", f"the same enrolment as line {seen[identifier]}")
                findings.warning(tables[stem].file, text, one.line)
                continue
            seen[identifier] = one.line
            yield Enrolment(identifier, section, person, role)
