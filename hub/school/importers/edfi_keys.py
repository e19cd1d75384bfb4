"""What Ed-Fi records are called by others: keys of schools, sessions, sections; the same for rosters and timetables."""

from datetime import date

from hub.school.importers.edfi_xml import Record
from hub.school.roster import Session


def school_of(record: Record) -> str:
    return record.get("SchoolId") or record.get("EducationOrganizationId")


def session_key(record: Record) -> str:
    """A session of one school; the same name in another school is another session."""
    return f"{school_of(record)}/{record.get('SchoolYear')}/{record.get('SessionName')}"


def section_key(record: Record) -> str:
    """Section, course and session together: numbers of sections are used again."""
    parts = (
        school_of(record),
        record.get("SectionIdentifier"),
        record.get("LocalCourseCode"),
        record.get("SessionName"),
    )
    return "/".join(parts)


def session_of(record: Record) -> Session | None:
    """A Session or GradingPeriod as a session of the year; None without sound dates."""
    first, last = record.day("BeginDate"), record.day("EndDate")
    if first is None or last is None or last < first:
        return None
    if record.kind == "Session":
        return Session(session_key(record), record.get("SessionName"), "semester", first, last)
    title = record.get("GradingPeriodName") or record.get("GradingPeriod").rpartition("#")[2]
    return Session(f"{school_of(record)}/{record.get('SchoolYear')}/{title}", title, "gradingPeriod", first, last)


def term_spans(sessions: list[Session]) -> list[tuple[date, date]]:
    """The distinct spans of the year's terms, in order: what a terms mask counts."""
    return sorted({(one.first, one.last) for one in sessions if one.kind == "semester"})
