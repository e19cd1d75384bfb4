"""One import from file to database: decided and written in a single transaction, recorded whatever comes of it."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, insert, select

from hub.db.models import SchoolRow
from hub.db.school_models import SchoolImportRow
from hub.school import rows
from hub.school.digest import digest_of
from hub.school.held import ALWAYS, Change, Stamp
from hub.school.problems import Findings, Severity, Unreadable
from hub.school.roster import Roster
from hub.school.timetable import Timetable
from wire.text import Text

MAX_BAD_SHARE = 0.1  # of the rows; more looks like a broken export, and the good state stays
IMPORTS = SchoolImportRow.metadata.tables["school_import"]


class UnknownSchool(LookupError):
    """An import for a school nobody has set up."""


class ImportResult(msgspec.Struct, frozen=True):
    """What became of an import. `status`: applied, unchanged (the same file again) or refused."""

    id: int
    status: str
    change: Change
    findings: Findings
    counts: dict[str, int] = {}
    unmatched_rooms: tuple[str, ...] = ()


class Attempt(msgspec.Struct, frozen=True):
    """One file on its way in; `thing` is None where it could not be read."""

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


def unreadable(school: str, kind: str, path: Path, now_ms: int, refused: Unreadable) -> Attempt:
    """A file that is refused as a whole is an import too: it is recorded."""
    findings = Findings()
    problem = refused.problem
    findings.add(problem.severity, problem.file, problem.text, problem.row, problem.column)
    return Attempt(school, kind, path, now_ms, None, "", {}, findings)


def take(engine: Engine, attempt: Attempt) -> ImportResult:
    """Raises UnknownSchool, OSError; then nothing is written."""
    digest = digest_of(attempt.path)
    with engine.begin() as connection:
        status, valid_from = _decide(connection, attempt, digest)
        number = _record(connection, attempt, digest, status, valid_from)
        stamp = Stamp(attempt.school, number, valid_from, attempt.now_ms)
        change = Change()
        if status == "applied" and isinstance(attempt.thing, Timetable):
            change = rows.write_timetable(connection, attempt.thing, stamp)
        elif status == "applied" and isinstance(attempt.thing, Roster):
            change = rows.write_roster(connection, attempt.thing, stamp)
    return ImportResult(number, status, change, attempt.findings, attempt.counts)


def timezone_of(connection: Connection, school: str) -> str:
    """Raises UnknownSchool."""
    table = SchoolRow.metadata.tables["school"]
    zone = connection.execute(select(table.c.timezone).where(table.c.id == school)).scalar()
    if zone is None:
        raise UnknownSchool(school)
    return str(zone)


def _decide(connection: Connection, attempt: Attempt, digest: str) -> tuple[str, str]:
    """What becomes of it, and from which date on it holds: the first import always did, a later one from today."""
    zone = timezone_of(connection, attempt.school)
    last = connection.execute(
        select(IMPORTS)
        .where(IMPORTS.c.school == attempt.school, IMPORTS.c.kind == attempt.kind, IMPORTS.c.status == "applied")
        .order_by(IMPORTS.c.id.desc())
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
    doubts = _doubts(connection, attempt, attempt.thing)
    for text in doubts:
        attempt.findings.add(Severity.FATAL, attempt.path.name, text)
    return ("refused" if doubts else "applied"), valid_from


def _doubts(connection: Connection, attempt: Attempt, thing: Timetable | Roster) -> list[Text]:
    """Why this looks like a broken export, however well it can be read."""
    doubts = [
        Text(
            f"bảng {name} sẽ trống: giữ nguyên dữ liệu cũ (--force để vẫn nhập)",
            f"the table {name} would become empty: the data so far stays (--force imports anyway)",
        )
        for name in rows.emptied(connection, attempt.school, thing)
    ]
    total = sum(number for name, number in attempt.counts.items() if "_" not in name)  # not "cards_without_room"
    bad = attempt.findings.bad
    if bad > total * MAX_BAD_SHARE:
        doubts.append(
            Text(
                f"{bad} lỗi trên {total} dòng, quá 10 %: giữ nguyên dữ liệu cũ (--force để vẫn nhập)",
                f"{bad} errors in {total} rows, over 10 %: the data so far stays (--force imports anyway)",
            )
        )
    return doubts


def _record(connection: Connection, attempt: Attempt, digest: str, status: str, valid_from: str) -> int:
    added = connection.execute(
        insert(IMPORTS).values(
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
