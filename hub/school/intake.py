"""One import from file to database: read, weighed, then applied, held for a person, or refused; always recorded."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, update

from hub.db.engine import reading
from hub.derived import due
from hub.school import journal
from hub.school.difference import Difference
from hub.school.held import ALWAYS, Change, Stamp, write
from hub.school.importers.column_map import ColumnMap
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.journal import ImportRecord, Kind, Status, Stream, UnknownSchool
from hub.school.kept import Gone, Kept, KeptImports
from hub.school.problems import Findings, Severity, Unreadable
from hub.school.roster import Roster
from hub.school.rows import unfit
from hub.school.timetable import Timetable
from hub.school.weighing import Thing, Weighed, weigh
from wire.text import Text

IMPORTS = journal.IMPORTS
MAX_KEPT_PROBLEMS = 2_000
_NOTHING = Text(
    "tệp không có nội dung nào dùng được: giữ nguyên dữ liệu cũ",
    "there is nothing in it that can be used: the data so far stays",
)
__all__ = ["IMPORTS", "Attempt", "ImportResult", "UnknownSchool", "attempt_of", "decide", "foresee", "take"]
timezone_of = journal.timezone_of


class ImportResult(msgspec.Struct, frozen=True):
    """What became of an import; `status` as in journal.Status, `id` 0 where nothing was recorded. `unmatched_rooms`:
    of this import's own source.
    """

    id: int
    status: str
    change: Change
    findings: Findings
    counts: dict[str, int] = {}
    unmatched_rooms: tuple[str, ...] = ()
    difference: Difference = Difference()


class Attempt(msgspec.Struct, frozen=True):
    """One import on its way in; `thing` is None where it could not be read. `ask`: a person wants to see first what it
    changes, suspicious or not; `force`: nobody is asked.
    """

    school: str
    kind: Kind
    name: str
    digest: str
    now_ms: int
    thing: Thing | None
    format: str
    counts: dict[str, int]
    findings: Findings
    options: dict[str, Any] = {}
    valid_from: date | None = None
    force: bool = False
    source: str = ""
    by: str = ""
    ask: bool = False
    column_maps: tuple[ColumnMap, ...] = ()

    @property
    def stream(self) -> Stream:
        return Stream(self.school, self.kind, self.source)

    @property
    def problems(self) -> dict[str, int]:
        return {severity.value: number for severity, number in self.findings.counts.items()}


def attempt_of(found: RosterImport | TimetableImport | Unreadable, **given: Any) -> Attempt:
    """What a reader returned or raised; a file that is refused as a whole is an import too."""
    if isinstance(found, Unreadable):
        findings, problem = Findings(), found.problem
        findings.add(problem.severity, problem.file, problem.text, problem.row, problem.column)
        return Attempt(thing=None, format="", counts={}, findings=findings, **given)
    thing: Thing = found.roster if isinstance(found, RosterImport) else found.timetable
    return Attempt(
        thing=thing,
        format=found.format[:32],
        counts=found.counts,
        findings=found.findings,
        column_maps=found.column_maps,
        **given,
    )


def foresee(engine: Engine, attempt: Attempt) -> ImportResult:
    """What `take` would do now. Writes nothing. Raises UnknownSchool."""
    with reading(engine).begin() as connection:
        status, last, _, weighed = _weigh(connection, attempt)
    told = Difference() if weighed is None else weighed.difference
    return ImportResult(last.id if last else 0, status, Change(), attempt.findings, attempt.counts, difference=told)


def take(engine: Engine, attempt: Attempt, kept: KeptImports) -> ImportResult:
    """Raises UnknownSchool; then nothing is written."""
    with engine.begin() as connection:
        status, last, stamp, weighed = _weigh(connection, attempt)
        if last is not None and attempt.source and _settled(last, attempt, status):
            told = Difference() if weighed is None else weighed.difference
            return ImportResult(last.id, last.status if status is not Status.UNCHANGED else status, Change(),
                                attempt.findings, attempt.counts, difference=told)  # fmt: skip
        number = _record(connection, attempt, status, stamp, weighed)
        stamp = msgspec.structs.replace(stamp, import_id=number)
        change = Change()
        if status is Status.APPLIED and weighed is not None:
            change = _apply(connection, attempt.kind, stamp, weighed)
        passed = _replaced(connection, attempt, number, status)
    for older in passed:
        kept.forget(older)
    if status is Status.HELD and not kept.keep(number, _to_keep(attempt)) and kept.keeps:
        status = _refuse_unkept(engine, attempt, number)
    told = Difference() if weighed is None else weighed.difference
    return ImportResult(number, status, change, attempt.findings, attempt.counts, difference=told)


def _refuse_unkept(engine: Engine, attempt: Attempt, number: int) -> Status:
    """Nobody could ever decide it: it is told now, not when somebody presses apply."""
    attempt.findings.add(
        Severity.FATAL,
        attempt.name,
        Text(
            "không giữ được nội dung tệp để chờ quyết định: hãy xem chỗ trống của đĩa, và quyết định các tệp đang chờ",
            "what the file holds cannot be kept for a decision: check the disk's free space, decide what waits already",
        ),
    )
    with engine.begin() as connection:
        journal.amend(connection, number, status=Status.REFUSED, problems=attempt.problems)
    return Status.REFUSED


def decide(engine: Engine, kept: KeptImports, number: int, who: str, now_ms: int, *, apply: bool) -> ImportResult:
    """A person's word on a held import, weighed anew against what holds now.

    Raises UnknownImport, Gone where what it held is no longer kept, NotHeld where it does not wait.
    """
    with reading(engine).begin() as connection:
        _need_held(connection, number)  # first: of what somebody else decided meanwhile nothing is kept
    held = kept.kept(number) if apply else None
    with engine.begin() as connection:
        entry = _need_held(connection, number)
        if held is None or held.thing is None:
            journal.amend(connection, number, status=Status.REFUSED, taken_by=who)
            result = ImportResult(number, Status.REFUSED, Change(), Findings(), entry.counts)
        else:
            result = _apply_held(connection, entry, held, held.thing, who, now_ms)
    kept.forget(number)
    return result


def _need_held(connection: Connection, number: int) -> ImportRecord:
    """Raises UnknownImport, NotHeld."""
    entry = journal.record(connection, number)
    if entry.status != Status.HELD:
        raise NotHeld(entry)
    return entry


def forget_held(engine: Engine, kept: KeptImports, now_ms: int) -> int:
    """What nobody decided in KEPT_DAYS is refused, and its content gone; how many. Raises SQLAlchemyError.

    A file may also be left of an import that was applied: by a hub that was killed before it could let go of it.
    """
    old = kept.forget_before(now_ms)
    if not old:
        return 0
    with engine.begin() as connection:
        waiting = (IMPORTS.c.id.in_(old)) & (IMPORTS.c.status == Status.HELD)
        return connection.execute(update(IMPORTS).where(waiting).values(status=Status.REFUSED)).rowcount


class NotHeld(Exception):
    """The import waits for nobody; `text` says what it is."""

    def __init__(self, entry: ImportRecord) -> None:
        self.text = Text(
            f"lần nhập {entry.id} không chờ quyết định (trạng thái: {entry.status})",
            f"import {entry.id} does not wait for a decision (its status: {entry.status})",
        )
        super().__init__(self.text.both())


def reweigh(engine: Engine, kept: KeptImports, entry: ImportRecord, now_ms: int) -> tuple[Difference, Kept]:
    """What a held import would change now. Raises Gone."""
    weighed, held = reweighed(engine, kept, entry, now_ms)
    return weighed.difference, held


def reweighed(engine: Engine, kept: KeptImports, entry: ImportRecord, now_ms: int) -> tuple[Weighed, Kept]:
    """The same with every row. Raises Gone."""
    held = kept.kept(entry.id)
    if held.thing is None:
        raise Gone(entry.id)
    with reading(engine).begin() as connection:
        _, weighed = _weigh_kept(connection, entry, held, held.thing, now_ms)
    return weighed, held


def _weigh_kept(
    connection: Connection, entry: ImportRecord, held: Kept, thing: Thing, now_ms: int
) -> tuple[Stamp, Weighed]:
    stream = Stream(entry.school, entry.kind, entry.source)
    last = journal.standing(connection, stream)
    stamp = _stamp(connection, stream, last, held.valid_from, now_ms, entry.id)
    bad = sum(held.problems.get(name, 0) for name in ("fatal", "error"))
    return stamp, weigh(connection, thing, stamp, held.counts, bad, last)


def _apply_held(
    connection: Connection, entry: ImportRecord, held: Kept, thing: Thing, who: str, now_ms: int
) -> ImportResult:
    stamp, weighed = _weigh_kept(connection, entry, held, thing, now_ms)
    change = _apply(connection, entry.kind, stamp, weighed)
    journal.amend(
        connection,
        entry.id,
        status=Status.APPLIED,
        taken_by=who,
        applied_ms=stamp.now_ms,
        valid_from=stamp.valid_from,
        turn=journal.next_turn(connection),
        changes=weighed.changes,
    )
    return ImportResult(entry.id, Status.APPLIED, change, Findings(), held.counts, difference=weighed.difference)


def _weigh(connection: Connection, attempt: Attempt) -> tuple[Status, ImportRecord | None, Stamp, Weighed | None]:
    """What becomes of it, the import before it, and from which date on it holds."""
    last = journal.standing(connection, attempt.stream)
    stamp = _stamp(connection, attempt.stream, last, attempt.valid_from, attempt.now_ms)
    if attempt.thing is None:
        return Status.REFUSED, last, stamp, None
    same_date = last is not None and (attempt.valid_from is None or last.valid_from == stamp.valid_from)
    if last is not None and last.digest == attempt.digest and last.options == attempt.options and same_date:
        return Status.UNCHANGED, last, stamp, None
    why_not = unfit(attempt.thing) or (_NOTHING if _nothing_in(attempt.thing) and not attempt.force else None)
    if why_not is not None:
        attempt.findings.add(Severity.FATAL, attempt.name, why_not)
        return Status.REFUSED, last, stamp, None
    weighed = weigh(connection, attempt.thing, stamp, attempt.counts, attempt.findings.bad, last)
    if attempt.force or not (weighed.difference.held or attempt.ask):
        return Status.APPLIED, last, stamp, weighed
    before = journal.newest(connection, attempt.stream)
    return Status.HELD, before if before is not None and before.digest == attempt.digest else last, stamp, weighed


def _stamp(
    connection: Connection,
    stream: Stream,
    last: ImportRecord | None,
    valid_from: date | None,
    now_ms: int,
    number: int = 0,
) -> Stamp:
    """The first import always held, a later one holds from today, unless a date is given. Raises UnknownSchool."""
    zone = journal.timezone_of(connection, stream.school)
    today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).date()
    since = ALWAYS if last is None else today.isoformat()
    return Stamp(
        stream.school,
        number,
        since if valid_from is None else valid_from.isoformat(),
        journal.next_instant(connection, stream.school, now_ms),
        stream.source,
    )


def _nothing_in(thing: Thing) -> bool:
    """A roster may well be header lines only, or a delta that ends rows."""
    return isinstance(thing, Timetable) and not any((thing.cards, thing.dated, thing.days, thing.changes, thing.bells))


def _settled(last: ImportRecord, attempt: Attempt, status: Status) -> bool:
    """A pull that brings again what is known or was decided adds no line to the history."""
    if status is Status.UNCHANGED:
        return True
    again = last.digest == attempt.digest and last.options == attempt.options
    return status is Status.HELD and again and last.status in {Status.HELD, Status.REFUSED}


def _record(connection: Connection, attempt: Attempt, status: Status, stamp: Stamp, weighed: Weighed | None) -> int:
    applied = status is Status.APPLIED
    doubts = () if weighed is None else weighed.difference.doubts
    return journal.write(
        connection,
        school=attempt.school,
        kind=attempt.kind,
        format=attempt.format,
        file=attempt.name,
        digest=attempt.digest,
        imported_ms=attempt.now_ms,
        status=status,
        valid_from=stamp.valid_from if applied else None,
        options=attempt.options,
        counts=attempt.counts,
        problems=attempt.problems,
        source=attempt.source,
        taken_by=attempt.by,
        applied_ms=stamp.now_ms if applied else None,
        turn=journal.next_turn(connection) if applied else None,
        doubts=msgspec.to_builtins(doubts),
        changes={} if weighed is None else weighed.changes,
    )


def _apply(connection: Connection, kind: str, stamp: Stamp, weighed: Weighed) -> Change:
    change = Change()
    for comparison in weighed.comparisons:
        change += write(connection, comparison, stamp)
    if change != Change():
        reason = due.Reason.ROSTER if kind == Kind.ROSTER else due.Reason.PLAN
        mark_due(connection, stamp, min([stamp.valid_from, *weighed.first_days]), reason)
    return change


def mark_due(connection: Connection, stamp: Stamp, first_day: str, reason: due.Reason) -> None:
    """What was derived of the days since then rests on other data now."""
    today = datetime.fromtimestamp(stamp.now_ms / 1000, UTC).date() + timedelta(days=1)
    due.mark(connection, stamp.school, date.fromisoformat(first_day), today, reason, stamp.now_ms)


def _replaced(connection: Connection, attempt: Attempt, number: int, status: Status) -> list[int]:
    """Held imports that this one makes pointless: older ones of the same pull, the same file given again."""
    if status not in {Status.HELD, Status.APPLIED}:
        return []
    held = (entry for entry in journal.held(connection, attempt.stream) if entry.id < number)
    older = [entry.id for entry in held if attempt.source or entry.digest == attempt.digest]
    for entry in older:
        journal.amend(connection, entry, status=Status.REFUSED)
    return older


def _to_keep(attempt: Attempt) -> Kept:
    thing = attempt.thing
    return Kept(
        name=attempt.name,
        digest=attempt.digest,
        format=attempt.format,
        counts=attempt.counts,
        problems=attempt.problems,
        roster=thing if isinstance(thing, Roster) else None,
        timetable=thing if isinstance(thing, Timetable) else None,
        options=attempt.options,
        valid_from=attempt.valid_from,
        findings=attempt.findings.problems[:MAX_KEPT_PROBLEMS],
        column_maps=attempt.column_maps,
    )
