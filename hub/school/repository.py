"""All schools' rosters and timetables: imports, their history, and the plan of a school, built once and kept."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from threading import Lock

import msgspec
from sqlalchemy import Connection, Engine, func, select

from hub.db.engine import reading
from hub.db.models import RoomRow
from hub.registry.model import Room
from hub.school import rows
from hub.school.headcount import Headcount
from hub.school.importers.formats import read_roster, read_timetable
from hub.school.intake import IMPORTS, Attempt, ImportResult, UnknownSchool, take, timezone_of, unreadable
from hub.school.plan import PlanRules, SchoolPlan
from hub.school.problems import Unreadable

__all__ = ["ImportRecord", "ImportResult", "Schools", "UnknownSchool"]


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


class _Unbuilt:
    """Tells "not asked yet" from "nothing imported"."""


_UNBUILT = _Unbuilt()


class Schools:
    """Everything but `schedule` blocks: call it in a thread. `schedule` is fast once a school's plan is built.

    `rooms_of` names the registry's rooms (default: read from the database); call `notice_rooms` when they may have
    changed, `reload_if_changed` now and then for imports of other processes.
    """

    def __init__(self, engine: Engine, rooms_of: Callable[[str], Sequence[Room]] | None = None) -> None:
        self._engine = engine
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
            newer = select(IMPORTS.c.school, IMPORTS.c.id).where(
                IMPORTS.c.id > self.version, IMPORTS.c.status == "applied"
            )
            found = connection.execute(newer).all()
        if not found:
            return False
        for school in {row.school for row in found} & set(self._plans):
            self.refresh(school)
        self.version = max(row.id for row in found)
        return True

    def imports(self, school: str | None = None, limit: int = 100) -> list[ImportRecord]:
        """The import history, newest first."""
        wanted = select(IMPORTS).order_by(IMPORTS.c.id.desc()).limit(limit)
        if school is not None:
            wanted = wanted.where(IMPORTS.c.school == school)
        with reading(self._engine).begin() as connection:
            return [msgspec.convert(dict(row), ImportRecord) for row in connection.execute(wanted).mappings()]

    def import_roster(self, school: str, path: Path, now_ms: int, *, force: bool = False) -> ImportResult:
        """Raises UnknownSchool, OSError. A file that cannot be read is refused and recorded; nothing changes."""
        try:
            found = read_roster(path)
        except Unreadable as refused:
            return self._take(unreadable(school, "roster", path, now_ms, refused))
        attempt = Attempt(
            school, "roster", path, now_ms, found.roster, found.format, found.counts, found.findings, force=force
        )
        return self._take(attempt)

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
            return self._take(unreadable(school, "timetable", path, now_ms, refused))
        attempt = Attempt(
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
        return self._take(attempt)

    def _take(self, attempt: Attempt) -> ImportResult:
        result = take(self._engine, attempt)
        if result.status == "applied":
            self.reload_if_changed()  # this import, and any of another process before it
        if attempt.kind != "timetable" or result.status == "refused":
            return result
        plan = self.schedule(attempt.school)
        return msgspec.structs.replace(result, unmatched_rooms=() if plan is None else plan.unmatched_rooms)

    def _build(self, school: str) -> SchoolPlan | None:
        with reading(self._engine).begin() as connection:
            editions = rows.read_editions(connection, school)
            if not editions:
                return None
            options = connection.execute(
                select(IMPORTS.c.options)
                .where(IMPORTS.c.school == school, IMPORTS.c.kind == "timetable", IMPORTS.c.status == "applied")
                .order_by(IMPORTS.c.id.desc())
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
            newest = connection.execute(select(func.max(IMPORTS.c.id)).where(IMPORTS.c.status == "applied")).scalar()
            return int(newest or 0)
