"""All schools' rosters and timetables: imports, their history, and the plan of a school, built once and kept."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, select

from hub.db.engine import reading
from hub.db.models import RoomRow
from hub.registry.model import Room
from hub.school import intake, journal, rows
from hub.school.digest import digest_of
from hub.school.headcount import Headcount
from hub.school.importers.formats import read_roster, read_timetable
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.intake import Attempt, ImportResult, attempt_of
from hub.school.journal import IMPORTS, ImportRecord, Kind, Status, UnknownSchool, timezone_of
from hub.school.kept import KeptImports
from hub.school.plan import PlanRules, SchoolPlan
from hub.school.problems import Unreadable
from hub.school.undo import undo

__all__ = ["ImportRecord", "ImportResult", "Schools", "UnknownSchool"]


class _Unbuilt:
    """Tells "not asked yet" from "nothing imported"."""


_UNBUILT = _Unbuilt()


class Schools:
    """Everything but `schedule` blocks: call it in a thread. `schedule` is fast once a school's plan is built.

    `rooms_of` names the registry's rooms (default: read from the database); call `notice_rooms` when they may have
    changed, `reload_if_changed` now and then for imports of other processes.
    """

    def __init__(
        self,
        engine: Engine,
        rooms_of: Callable[[str], Sequence[Room]] | None = None,
        held_folder: Path | None = None,
    ) -> None:
        self._engine = engine
        self.held = KeptImports(held_folder)
        self._rooms_of = rooms_of
        self._plans: dict[str, SchoolPlan | None] = {}
        self._rooms_known: dict[str, frozenset[Room]] = {}
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

    def known(self, school: str) -> SchoolPlan | None:
        """The plan as far as it is built; never waits. For the live state, whose plans are built in another thread."""
        return self._plans.get(school)

    def refresh(self, school: str) -> None:
        """Build the school's plan anew, in this thread; until then everybody else keeps the one before."""
        with self._lock:
            self._plans[school] = self._build(school)

    def notice_rooms(self, rooms_of: Callable[[str], Sequence[Room]]) -> None:
        """Refresh the plans of schools whose rooms or aliases are no longer those they knew."""
        for school, known in list(self._rooms_known.items()):
            if known != frozenset(rooms_of(school)):
                self.refresh(school)

    def reload_if_changed(self) -> bool:
        """Notices imports another process wrote, and refreshes the plans that are in use."""
        with reading(self._engine).begin() as connection:
            newer = select(IMPORTS.c.school, IMPORTS.c.turn).where(IMPORTS.c.turn > self.version)
            found = connection.execute(newer).all()
        if not found:
            return False
        for school in {row.school for row in found} & set(self._plans):
            self.refresh(school)
        self.version = max(row.turn for row in found)
        return True

    def imports(self, school: str | None = None, limit: int = 100) -> list[ImportRecord]:
        """The import history, newest first."""
        with reading(self._engine).begin() as connection:
            return journal.history(connection, school, limit)

    def import_roster(
        self, school: str, path: Path, now_ms: int, *, force: bool = False, source: str = "", by: str = ""
    ) -> ImportResult:
        """Raises UnknownSchool, OSError. A file that cannot be read is refused and recorded; nothing changes."""
        return self.take(read_attempt(school, Kind.ROSTER, path, now_ms, force=force, source=source, by=by))

    def import_timetable(
        self,
        school: str,
        path: Path,
        now_ms: int,
        *,
        valid_from: date | None = None,
        first_week: str | None = None,
        force: bool = False,
        source: str = "",
        by: str = "",
    ) -> ImportResult:
        """Raises UnknownSchool, OSError. `first_week`: "odd" or "even" ISO week of the first week character."""
        options = {"first_week": first_week}
        given = {"options": options, "valid_from": valid_from, "force": force, "source": source, "by": by}
        return self.take(read_attempt(school, Kind.TIMETABLE, path, now_ms, **given))

    def take_in(
        self,
        school: str,
        kind: Kind,
        found: RosterImport | TimetableImport,
        *,
        name: str,
        digest: str,
        source: str = "",
        options: dict[str, Any] | None = None,
        valid_from: date | None = None,
        force: bool = False,
        by: str = "",
        now_ms: int,
    ) -> ImportResult:
        """Something already read, from a file, a server or a pull. Raises UnknownSchool."""
        usual: dict[str, Any] = {"first_week": None} if kind == Kind.TIMETABLE else {}
        attempt = attempt_of(
            found,
            school=school,
            kind=Kind(kind),
            name=name,
            digest=digest,
            now_ms=now_ms,
            options=usual | (options or {}),
            valid_from=valid_from,
            force=force,
            source=source,
            by=by,
        )
        return self.take(attempt)

    def take(self, attempt: Attempt) -> ImportResult:
        """Weigh it, and apply or hold it. Raises UnknownSchool."""
        return self._settled(intake.take(self._engine, attempt, self.held), attempt.school, attempt.kind)

    def foresee(self, attempt: Attempt) -> ImportResult:
        """What `take` would do and change; nothing is written. Raises UnknownSchool."""
        return intake.foresee(self._engine, attempt)

    def decide(self, number: int, who: str, now_ms: int, *, apply: bool) -> ImportResult:
        """A person's word on a held import. Raises UnknownImport, NotHeld, Gone."""
        result = intake.decide(self._engine, self.held, number, who, now_ms, apply=apply)
        return self._settled(result, "", "")

    def undo(self, number: int, who: str, now_ms: int) -> ImportResult:
        """Take an import back. Raises UnknownImport, CannotUndo."""
        return self._settled(undo(self._engine, number, who, now_ms), "", "")

    def _settled(self, result: ImportResult, school: str, kind: str) -> ImportResult:
        if result.status in {Status.APPLIED, Status.UNDONE}:
            self.reload_if_changed()  # this change, and any of another process before it
        if kind != Kind.TIMETABLE or result.status not in {Status.APPLIED, Status.UNCHANGED}:
            return result
        plan = self.schedule(school)
        return msgspec.structs.replace(result, unmatched_rooms=() if plan is None else plan.unmatched_rooms)

    def _build(self, school: str) -> SchoolPlan | None:
        with reading(self._engine).begin() as connection:
            editions = rows.read_editions(connection, school)
            if not editions:
                return None
            options = connection.execute(
                select(IMPORTS.c.options)
                .where(
                    IMPORTS.c.school == school,
                    IMPORTS.c.kind == Kind.TIMETABLE,
                    IMPORTS.c.status == Status.APPLIED,
                    IMPORTS.c.undoes.is_(None),
                )
                .order_by(IMPORTS.c.applied_ms.desc())
            ).scalar()
            first_week = (options or {}).get("first_week")
            rooms_now = self._rooms(connection, school)
            self._rooms_known[school] = frozenset(rooms_now)
            return SchoolPlan(
                timetables=editions,
                rooms=rooms_now,
                sessions=rows.read_sessions(connection, school),
                headcount=Headcount(rows.read_stays(connection, school)),
                rules=PlanRules(odd_first=first_week != "even"),
                timezone=timezone_of(connection, school),
            )

    def _rooms(self, connection: Connection, school: str) -> Sequence[Room]:
        if self._rooms_of is not None:
            return self._rooms_of(school)
        table = RoomRow.metadata.tables["room"]
        found = connection.execute(select(table).where(table.c.school == school)).mappings()
        return [msgspec.convert(dict(row), Room) for row in found]

    def _newest(self) -> int:
        with reading(self._engine).begin() as connection:
            return int(connection.execute(select(func.max(IMPORTS.c.turn))).scalar() or 0)


def read_attempt(school: str, kind: Kind, path: Path, now_ms: int, **given: Any) -> Attempt:
    """Reads the file. Raises OSError; one that cannot be read as a whole is an attempt without a thing."""
    found: RosterImport | TimetableImport | Unreadable
    try:
        found = read_roster(path) if kind is Kind.ROSTER else read_timetable(path)
    except Unreadable as refused:
        found = refused
    about = {"school": school, "kind": kind, "name": path.name, "digest": digest_of(path), "now_ms": now_ms}
    return attempt_of(found, **about, **given)
