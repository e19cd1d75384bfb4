"""Rosters and timetables in the state database: imports as one transaction each, and the plan of a school from them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select

from hub.db.engine import reading
from hub.db.models import RoomRow, SchoolRow
from hub.db.school_models import SchoolImportRow
from hub.registry.model import Room
from hub.school import rows
from hub.school.digest import digest_of
from hub.school.headcount import Headcount
from hub.school.held import ALWAYS, Change, Stamp
from hub.school.importers.formats import read_roster, read_timetable
from hub.school.plan import PlanRules, SchoolPlan
from hub.school.problems import Findings, Severity, Unreadable
from hub.school.roster import Roster
from hub.school.timetable import Timetable
from wire.text import Text

MAX_BAD_SHARE = 0.1  # of the rows; more looks like a broken export, and the good state stays
_IMPORTS = SchoolImportRow.metadata.tables["school_import"]


class UnknownSchool(LookupError):
    """An import for a school nobody has set up."""


class ImportResult(msgspec.Struct, frozen=True):
    """What became of an import. `status`: applied, unchanged (the same file again) or refused."""

    status: str
    change: Change
    findings: Findings
    counts: dict[str, int] = {}
    unmatched_rooms: tuple[str, ...] = ()


class ImportRecord(msgspec.Struct, frozen=True):
    """One line of the import history."""

    id: int
    school: str
    kind: str
    format: str
    file: str
    digest: str
    imported_ms: int
    status: str
    valid_from: str | None
    counts: dict[str, int]
    problems: dict[str, int]


class _Attempt(msgspec.Struct, frozen=True):
    """One file on its way in."""

    school: str
    kind: str
    path: Path
    now_ms: int
    thing: Timetable | Roster | None
    format: str
    counts: dict[str, int]
    findings: Findings
    options: dict[str, Any] = {}
    valid_from: date | None = None
    force: bool = False


class _Unbuilt:
    """Tells "not asked yet" from "nothing imported"."""


_UNBUILT = _Unbuilt()


class Schools:
    """All schools' plans. Imports block: call them in a thread. `schedule` is fast once a school's plan is built."""

    def __init__(self, engine: Engine, rooms_of: Callable[[str], Sequence[Room]] | None = None) -> None:
        self._engine = engine
        self._rooms_of = rooms_of
        self._plans: dict[str, SchoolPlan | None] = {}
        self._lock = Lock()
        self.version = self._newest()

    def schedule(self, school: str) -> SchoolPlan | None:
        """The plan of the school, None where no timetable was imported. Built on first use, kept until an import."""
        known = self._plans.get(school, _UNBUILT)
        if not isinstance(known, _Unbuilt):
            return known
        with self._lock:
            if school not in self._plans:
                self._plans[school] = self._build(school)
            return self._plans[school]

    def forget(self, school: str | None = None) -> None:
        """Build plans anew when next asked: rooms or their aliases have changed."""
        with self._lock:
            for known in [school] if school is not None else list(self._plans):
                self._plans.pop(known, None)

    def reload_if_changed(self) -> bool:
        """Notices imports another process wrote."""
        newest = self._newest()
        if newest == self.version:
            return False
        self.version = newest
        self.forget()
        return True

    def imports(self, school: str | None = None, limit: int = 100) -> list[ImportRecord]:
        """The import history, newest first."""
        wanted = select(_IMPORTS).order_by(_IMPORTS.c.id.desc()).limit(limit)
        if school is not None:
            wanted = wanted.where(_IMPORTS.c.school == school)
        with reading(self._engine).begin() as connection:
            return [msgspec.convert(dict(row), ImportRecord) for row in connection.execute(wanted).mappings()]

    def import_roster(self, school: str, path: Path, now_ms: int, *, force: bool = False) -> ImportResult:
        """Raises UnknownSchool, OSError. A file that cannot be read is refused and recorded; nothing changes."""
        try:
            found = read_roster(path)
        except Unreadable as refused:
            return self._take(_unreadable(school, "roster", path, now_ms, refused))
        return self._take(
            _Attempt(
                school, "roster", path, now_ms, found.roster, found.format, found.counts, found.findings, force=force
            )
        )

    def import_timetable(
        self,
        school: str,
        path: Path,
        now_ms: int,
        *,
        valid_from: date | None = None,
        first_week: str | None = None,
        force: bool = False,
    ) -> ImportResult:
        """Raises UnknownSchool, OSError. `first_week`: "odd" or "even" ISO week of the first week character."""
        try:
            found = read_timetable(path)
        except Unreadable as refused:
            return self._take(_unreadable(school, "timetable", path, now_ms, refused))
        return self._take(
            _Attempt(
                school,
                "timetable",
                path,
                now_ms,
                found.timetable,
                found.format,
                found.counts,
                found.findings,
                {"first_week": first_week},
                valid_from,
                force,
            )
        )

    def _take(self, attempt: _Attempt) -> ImportResult:
        digest = digest_of(attempt.path)
        with self._engine.begin() as connection:
            zone = _timezone(connection, attempt.school)
            status, valid_from = self._decide(connection, attempt, digest, zone)
            stamp = Stamp(
                attempt.school,
                _record(connection, attempt, digest, status, valid_from),
                valid_from,
                attempt.now_ms,
            )
            change = Change()
            if status == "applied" and isinstance(attempt.thing, Timetable):
                change = rows.write_timetable(connection, attempt.thing, stamp)
            elif status == "applied" and isinstance(attempt.thing, Roster):
                change = rows.write_roster(connection, attempt.thing, stamp)
        if status == "applied":
            self.version = max(self.version, stamp.import_id)
            self.forget(attempt.school)
        unmatched: tuple[str, ...] = ()
        if attempt.kind == "timetable" and status != "refused" and (plan := self.schedule(attempt.school)) is not None:
            unmatched = plan.unmatched_rooms
        return ImportResult(status, change, attempt.findings, attempt.counts, unmatched)

    def _decide(self, connection: Connection, attempt: _Attempt, digest: str, zone: str) -> tuple[str, str]:
        """Whether to apply it, and from which date on it holds."""
        last = connection.execute(
            select(_IMPORTS)
            .where(_IMPORTS.c.school == attempt.school, _IMPORTS.c.kind == attempt.kind, _IMPORTS.c.status == "applied")
            .order_by(_IMPORTS.c.id.desc())
        ).first()
        today = datetime.fromtimestamp(attempt.now_ms / 1000, ZoneInfo(zone)).date()
        default = ALWAYS if last is None else today.isoformat()
        valid_from = attempt.valid_from.isoformat() if attempt.valid_from is not None else default
        if attempt.thing is None:
            return "refused", valid_from
        same_date = last is not None and (attempt.valid_from is None or last.valid_from == valid_from)
        if last is not None and last.digest == digest and last.options == attempt.options and same_date:
            return "unchanged", last.valid_from
        if attempt.force:
            return "applied", valid_from
        return ("refused" if self._suspicious(connection, attempt, attempt.thing) else "applied"), valid_from

    def _suspicious(self, connection: Connection, attempt: _Attempt, thing: Timetable | Roster) -> bool:
        refusals: list[Text] = []
        total = sum(number for name, number in attempt.counts.items() if "_" not in name)
        bad = attempt.findings.bad
        if bad > total * MAX_BAD_SHARE:
            refusals.append(
                Text(
                    f"{bad} lỗi trên {total} dòng, quá 10 %: giữ nguyên dữ liệu cũ (--force để vẫn nhập)",
                    f"{bad} errors in {total} rows, over 10 %: the data so far stays (--force imports anyway)",
                )
            )
        refusals += [
            Text(
                f"bảng {name} sẽ trống: giữ nguyên dữ liệu cũ (--force để vẫn nhập)",
                f"the table {name} would become empty: the data so far stays (--force imports anyway)",
            )
            for name in rows.emptied(connection, attempt.school, thing)
        ]
        for text in refusals:
            attempt.findings.add(Severity.FATAL, attempt.path.name, text)
        return bool(refusals)

    def _build(self, school: str) -> SchoolPlan | None:
        with reading(self._engine).begin() as connection:
            editions = rows.read_editions(connection, school)
            if not editions:
                return None
            options = connection.execute(
                select(_IMPORTS.c.options)
                .where(_IMPORTS.c.school == school, _IMPORTS.c.kind == "timetable", _IMPORTS.c.status == "applied")
                .order_by(_IMPORTS.c.id.desc())
            ).scalar()
            first_week = (options or {}).get("first_week")
            return SchoolPlan(
                timetables=editions,
                rooms=self._rooms(connection, school),
                sessions=rows.read_sessions(connection, school),
                headcount=Headcount(rows.read_stays(connection, school)),
                rules=PlanRules(odd_first=first_week != "even", assumed=first_week is None),
                timezone=_timezone(connection, school),
            )

    def _rooms(self, connection: Connection, school: str) -> Sequence[Room]:
        if self._rooms_of is not None:
            return self._rooms_of(school)
        table = RoomRow.metadata.tables["room"]
        found = connection.execute(select(table).where(table.c.school == school)).mappings()
        return [msgspec.convert(dict(row), Room) for row in found]

    def _newest(self) -> int:
        with reading(self._engine).begin() as connection:
            newest = connection.execute(select(func.max(_IMPORTS.c.id)).where(_IMPORTS.c.status == "applied")).scalar()
            return int(newest or 0)


def _unreadable(school: str, kind: str, path: Path, now_ms: int, refused: Unreadable) -> _Attempt:
    findings = Findings()
    problem = refused.problem
    findings.add(problem.severity, problem.file, problem.text, problem.row, problem.column)
    return _Attempt(school, kind, path, now_ms, None, "", {}, findings)


def _timezone(connection: Connection, school: str) -> str:
    table = SchoolRow.metadata.tables["school"]
    zone = connection.execute(select(table.c.timezone).where(table.c.id == school)).scalar()
    if zone is None:
        raise UnknownSchool(school)
    return str(zone)


def _record(connection: Connection, attempt: _Attempt, digest: str, status: str, valid_from: str) -> int:
    added = connection.execute(
        insert(_IMPORTS).values(
            school=attempt.school,
            kind=attempt.kind,
            format=attempt.format,
            file=attempt.path.name,
            digest=digest,
            imported_ms=attempt.now_ms,
            status=status,
            valid_from=valid_from if status == "applied" else None,
            options=attempt.options,
            counts=attempt.counts,
            problems={severity.value: number for severity, number in attempt.findings.counts.items()},
        )
    )
    key = added.inserted_primary_key
    return int(key[0]) if key is not None else 0
