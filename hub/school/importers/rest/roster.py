"""A school's OneRoster server as a roster: all of it, or what changed since a time; checked like a CSV bundle.

Source: 1EdTech OneRoster 1.2 and 1.1 REST bindings; facts.md 2.
Errors: Unreadable where nothing can be had; a collection that fails is a Problem, what was known of it stays, and
nothing is taken whose references it would leave open.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

import msgspec

from hub.school.importers.found import RosterImport
from hub.school.importers.oneroster_columns import NEEDED
from hub.school.importers.oneroster_manifest import Manifest
from hub.school.importers.oneroster_references import (
    References,
    check_enrolments,
    check_schools,
    check_sessions,
)
from hub.school.importers.oneroster_roster import build_roster
from hub.school.importers.oneroster_values import check_table
from hub.school.importers.rest.client import NOT_OFFERED, Client, Page
from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.oauth import Credentials, Tokens
from hub.school.importers.rest.paging import Found, instant_s, modified, read_collection
from hub.school.importers.rest.resources import COLLECTIONS, columns_of, field_of
from hub.school.importers.rest.tables import tables_of
from hub.school.importers.rest.thinned import Thinned
from hub.school.importers.rest.trouble import Trouble, place
from hub.school.importers.rest.web import Pause, Web, sleep
from hub.school.importers.table import Record, Table
from hub.school.problems import Findings, refuse
from wire.text import Text

FORMAT = "oneroster-rest"
MARGIN = timedelta(minutes=15)  # so far the clock that stamps records may be behind that of the answers
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Server:
    """Where a roster is, and how to get in."""

    url: str
    credentials: Credentials = field(default_factory=Credentials)
    ca_file: str | None = None
    allow_plain: bool = False


class Pulled(msgspec.Struct, frozen=True):
    """`since`: from when on the next delta is to be asked for, by the server's clock; "" where it has none to ask by.

    `records`: how many came at all (a delta may be empty). `failed`: collections that could not be read, and those
    left out because of them.
    """

    found: RosterImport
    digest: str
    since: str
    records: int
    failed: tuple[str, ...] = ()


class DeltaRefused(Exception):
    """The server cannot say what changed: ask for all of it."""


def read_server(server: Server, *, newer_than: str = "", limits: Limits | None = None, pause: Pause = sleep) -> Pulled:
    """All of a roster, or with `newer_than` (ISO 8601, UTC) what was modified later. Blocks.

    Raises Unreadable, and DeltaRefused where only all of it can be had.
    """
    limits = limits or Limits()
    try:
        web = Web(ca_file=server.ca_file, allow_plain=server.allow_plain, limits=limits, pause=pause)
        try:
            client = Client(server.url, web, Tokens(web, server.credentials))
            client.open()
            return _Pull(client, newer_than, limits).pulled()
        finally:
            web.close()
    except Trouble as trouble:
        raise refuse(place(server.url), trouble.text) from trouble


class _Pull:
    """One look at all collections of one server."""

    def __init__(self, client: Client, newer_than: str, limits: Limits) -> None:
        self._client, self._newer_than, self._limits = client, newer_than, limits
        self._findings = Findings()
        self._failed: set[str] = set()
        self._troubles: list[Text] = []
        self._absent: set[str] = set()
        self._began_at = ""
        self._thin = "", Thinned("orgs", client.version)

    def pulled(self) -> Pulled:
        collections: dict[str, list[Found]] = {}
        for stem in COLLECTIONS:
            found = self._collection(stem)
            if found is not None:
                collections[stem] = found
        if not collections:
            raise refuse(place(self._client.base), self._nothing())
        self._leave_out_dependents(collections)
        number = sum(len(found) for found in collections.values())
        modes = dict.fromkeys(collections, "delta" if self._newer_than else "bulk")
        tables = tables_of(collections, self._client.version, self._findings)
        collections.clear()  # of a large school they are half of all it takes
        rows = self._checked(tables)
        modes |= dict.fromkeys(self._absent | self._failed, "absent")
        roster = build_roster(rows, Manifest(self._client.version, modes))
        found_roster = RosterImport(
            format=FORMAT,
            version=self._client.version,
            modes=modes,
            roster=roster,
            counts={stem: tables[stem].rows for stem in sorted(tables)},
            findings=_in_json_s_words(self._findings, tables),
        )
        whole = not self._failed
        return Pulled(
            found=found_roster,
            digest=_digest(modes, roster),
            since=_a_little_before(self._began_at) if whole else "",
            records=number,
            failed=tuple(sorted(self._failed)),
        )

    def _nothing(self) -> Text:
        """Why: no import will tell the failures one by one."""
        offered = Text("máy chủ không có bảng nào của OneRoster", "the server offers no collection of OneRoster")
        why = next(iter(self._troubles), offered)
        return Text(f"không đọc được gì: {why.vi}", f"nothing could be read: {why.en}")

    def _collection(self, stem: str) -> list[Found] | None:
        """None where it is not offered or failed; both are told."""
        try:
            return self._read(stem)
        except Trouble as trouble:
            if trouble.everywhere:
                raise
            if self._newer_than and trouble.status == _BAD_REQUEST:
                raise DeltaRefused from trouble
            if trouble.status not in NOT_OFFERED:
                self._failed.add(stem)
                self._troubles.append(trouble.text)
                self._findings.warning(stem, _failed_text(trouble))
                return None
        if stem == "users":
            people = self._pupils_and_teachers()
            if people is not None:
                return people
        self._absent.add(stem)
        tell = self._findings.warning if stem in NEEDED else self._findings.note
        tell(stem, Text(f"máy chủ không có {stem}", f"the server does not offer {stem}"))
        return None

    def _read(self, stem: str) -> list[Found]:
        reading = read_collection(self._ask, stem, self._newer_than, self._limits, self._findings)
        self._began_at = self._began_at or reading.began_at
        if self._newer_than:
            _check_filtered(reading.found, self._newer_than)
        return reading.found

    def _ask(self, collection: str, offset: int, limit: int, newer_than: str) -> Page:
        page = self._client.page(collection, offset, limit, newer_than)
        if self._thin[0] != collection:
            table = collection if collection in COLLECTIONS else "users"  # its halves, teachers and students
            self._thin = collection, Thinned(table, self._client.version)
        return msgspec.structs.replace(page, records=[self._thin[1](record) for record in page.records])

    def _pupils_and_teachers(self) -> list[Found] | None:
        """Servers without `users` may have its two halves; one alone would end everybody of the other."""
        found: list[Found] = []
        for half in ("teachers", "students"):
            try:
                found += self._read(half)
            except Trouble as trouble:
                if trouble.everywhere:
                    raise
                self._findings.warning(half, _failed_text(trouble))
                if trouble.status not in NOT_OFFERED:
                    self._failed.add("users")
                return None
        once = {_name(one): one for one in reversed(found)}  # who teaches and learns is a teacher, and one person
        kept = [one for one in found if not _name(one) or once[_name(one)] is one]
        for row, one in enumerate(kept, 1):
            one.row = row
        return kept

    def _leave_out_dependents(self, collections: dict[str, list[Found]]) -> None:
        """A collection that must refer to one that failed waits with it: what is known of both stays."""
        for stem in COLLECTIONS:
            needs = {one.target for one in columns_of(stem, self._client.version) if one.target and one.required}
            broken = needs & self._failed
            if stem in collections and broken and not self._newer_than:
                del collections[stem]
                self._failed.add(stem)
                named = ", ".join(sorted(broken))
                text = Text(
                    f"không nhập lần này vì thiếu {named}; dữ liệu cũ giữ nguyên",
                    f"left out this time because {named} is missing; the data so far stays",
                )
                self._findings.warning(stem, text)

    def _checked(self, tables: dict[str, Table]) -> dict[str, list[Record]]:
        """The usable rows of each table, after the checks of a CSV bundle."""
        findings, mode = self._findings, "delta" if self._newer_than else "bulk"
        layout = {stem: columns_of(stem, self._client.version) for stem in tables}
        manifest = Manifest(self._client.version, dict.fromkeys(tables, mode))
        # "delta" here: every record must have a status and the time it changed, as REST demands
        rows = {stem: check_table(table, layout[stem], findings, delta=True) for stem, table in tables.items()}
        references = References(tables, rows, layout, manifest, findings)
        references.check()
        check_sessions(tables, rows, findings)
        check_schools(tables, rows, findings)
        check_enrolments(tables, rows, findings)
        return {
            stem: [one for one in records if (stem, one.line) not in references.dangling]
            for stem, records in rows.items()
        }


def _name(found: Found) -> str:
    name = found.record.get("sourcedId") if isinstance(found.record, dict) else None
    return name if isinstance(name, str) else ""


def _check_filtered(found: list[Found], newer_than: str) -> None:
    """Raises DeltaRefused where a server gives everything whatever it is asked."""
    since_s = instant_s(newer_than)
    if any(-inf < modified(one.record) < since_s for one in found):
        raise DeltaRefused


def _a_little_before(at: str) -> str:
    """The clock of a server's answers need not be that of its records: what comes twice changes nothing."""
    return f"{datetime.fromisoformat(at) - MARGIN:%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _failed_text(trouble: Trouble) -> Text:
    return Text(
        f"không đọc được, dữ liệu cũ giữ nguyên: {trouble.text.vi}",
        f"could not be read, the data so far stays: {trouble.text.en}",
    )


def _in_json_s_words(findings: Findings, tables: dict[str, Table]) -> Findings:
    """Columns under the names the server gave them."""
    roles = set(tables["roles"].header) - {"sourcedId"} if "roles" in tables else set()
    for number, problem in enumerate(findings.problems):
        if problem.column is None:
            continue
        of_roles = problem.file == "users" and problem.column in roles and problem.column != "role"
        column = field_of("roles" if of_roles else problem.file, problem.column)
        findings.problems[number] = msgspec.structs.replace(problem, column=column)
    return findings


def _digest(modes: dict[str, str], roster: object) -> str:
    """The same content in any order of records is the same digest."""
    parts = msgspec.to_builtins(roster, order="deterministic")
    for name, value in parts.items():
        if isinstance(value, tuple):
            parts[name] = sorted(value, key=lambda one: str(one["id"]))
    return hashlib.sha256(msgspec.json.encode([modes, parts], order="deterministic")).hexdigest()
