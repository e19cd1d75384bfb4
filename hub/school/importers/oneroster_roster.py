"""Usable OneRoster rows as a Roster; passwords, telephones and e-mail addresses are left behind here."""

from hub.school.importers.oneroster_manifest import Manifest
from hub.school.importers.oneroster_values import parse_date
from hub.school.importers.table import Record
from hub.school.roster import Enrolment, Org, Person, Roster, RosterClass, Session

GONE = frozenset({"tobedeleted", "inactive"})  # the second is of 1.0


def build_roster(rows: dict[str, list[Record]], manifest: Manifest) -> Roster:
    roles = _roles(rows.get("roles", []))
    gone = {
        stem: frozenset(one.get("sourcedId") for one in records if one.get("status").lower() in GONE)
        for stem, records in rows.items()
    }
    enrolments = list(map(_enrolment, _present(rows, "enrollments")))
    of_gone = frozenset(one.id for one in enrolments if _is_of_gone(one, gone))
    if of_gone:  # who has left counts in no class, whatever his enrolment says
        gone["enrollments"] |= of_gone
    return Roster(
        orgs=tuple(map(_org, _present(rows, "orgs"))),
        sessions=tuple(session for one in _present(rows, "academicSessions") if (session := _session(one)) is not None),
        classes=tuple(map(_class, _present(rows, "classes"))),
        people=tuple(_person(one, roles) for one in _present(rows, "users")),
        enrolments=tuple(one for one in enrolments if one.id not in of_gone),
        delta=frozenset(stem for stem in rows if manifest.is_delta(stem)),
        gone=gone,
    )


def _is_of_gone(one: Enrolment, gone: dict[str, frozenset[str]]) -> bool:
    return one.person in gone.get("users", ()) or one.school_class in gone.get("classes", ())


def _present(rows: dict[str, list[Record]], stem: str) -> list[Record]:
    return [record for record in rows.get(stem, []) if record.get("status").lower() not in GONE]


def _roles(records: list[Record]) -> dict[str, str]:
    """The role of each person by OneRoster 1.2: the primary one, else the first."""
    found: dict[str, str] = {}
    for record in sorted(records, key=lambda one: one.get("roleType").lower() != "primary"):
        found.setdefault(record.get("userSourcedId"), record.get("role").lower())
    return found


def _org(record: Record) -> Org:
    return Org(
        record.get("sourcedId"),
        record.get("name"),
        record.get("type").lower(),
        record.get("identifier"),
        record.get("parentSourcedId"),
    )


def _session(record: Record) -> Session | None:
    first, last = parse_date(record.get("startDate")), parse_date(record.get("endDate"))
    if first is None or last is None or last < first:
        return None
    kinds = {"gradingperiod": "gradingPeriod", "schoolyear": "schoolYear"}
    kind = record.get("type").lower()
    return Session(
        record.get("sourcedId"),
        record.get("title"),
        kinds.get(kind, kind),
        first,
        last,
        record.get("parentSourcedId"),
    )


def _class(record: Record) -> RosterClass:
    return RosterClass(
        id=record.get("sourcedId"),
        title=record.get("title"),
        code=record.get("classCode"),
        kind=record.get("classType").lower(),
        location=record.get("location"),
        org=record.get("schoolSourcedId"),
        terms=record.ids("termSourcedIds"),
        subjects=record.ids("subjects"),
    )


def _person(record: Record, roles: dict[str, str]) -> Person:
    identifier = record.get("sourcedId")
    return Person(
        id=identifier,
        given_name=record.get("givenName"),
        family_name=record.get("familyName"),
        role=record.get("role").lower() or roles.get(identifier, ""),
        identifier=record.get("identifier"),
        enabled=record.get("enabledUser").lower() != "false",
    )


def _enrolment(record: Record) -> Enrolment:
    return Enrolment(
        id=record.get("sourcedId"),
        school_class=record.get("classSourcedId"),
        person=record.get("userSourcedId"),
        role=record.get("role").lower(),
        begin=parse_date(record.get("beginDate")),
        end=parse_date(record.get("endDate")),
    )
