"""A school's roster as every importer hands it over: organisations, sessions of the year, classes, people, enrolments.

Names of people appear here and in the database only: never in topics, logs, series or addresses.
"""

from datetime import date

import msgspec


class Org(msgspec.Struct, frozen=True):
    id: str
    name: str
    kind: str
    identifier: str = ""
    parent: str = ""


class Session(msgspec.Struct, frozen=True):
    """A school year, term or semester; `last` is its last day (inclusive)."""

    id: str
    title: str
    kind: str
    first: date
    last: date
    parent: str = ""


class RosterClass(msgspec.Struct, frozen=True):
    """A class of the roster; `code` and `title` are what a timetable may call it."""

    id: str
    title: str
    code: str = ""
    kind: str = ""
    location: str = ""
    org: str = ""
    terms: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


class Person(msgspec.Struct, frozen=True):
    """Only what the hub needs: no password, telephone or e-mail is kept."""

    id: str
    given_name: str
    family_name: str
    role: str
    identifier: str = ""
    enabled: bool = True


class Enrolment(msgspec.Struct, frozen=True):
    """A person in a class from `begin` (inclusive) to `end` (exclusive, as OneRoster says); None is open."""

    id: str
    school_class: str
    person: str
    role: str
    begin: date | None = None
    end: date | None = None


class Roster(msgspec.Struct, frozen=True):
    """One school's roster; `gone` names ids a delta export marks as to be deleted, by the stem of their file."""

    orgs: tuple[Org, ...] = ()
    sessions: tuple[Session, ...] = ()
    classes: tuple[RosterClass, ...] = ()
    people: tuple[Person, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    delta: frozenset[str] = frozenset()
    gone: dict[str, frozenset[str]] = {}
