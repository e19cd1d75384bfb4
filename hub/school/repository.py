"""All schools' rosters and timetables: imports, their history, edits by hand, and the plans that follow from them."""

import errno
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine

from hub.db.engine import reading
from hub.school import intake, journal
from hub.school.beliefs import Beliefs
from hub.school.digest import digest_of
from hub.school.editing import edit_by_hand
from hub.school.edits import Edit
from hub.school.importers.column_map import ColumnMap
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.intake import Attempt, ImportResult, attempt_of
from hub.school.journal import ImportRecord, Kind, Status, UnknownSchool, timezone_of
from hub.school.kept import KeptImports
from hub.school.plans import Plans
from hub.school.problems import Unreadable
from hub.school.reading import Reader, Wanted, read_here
from hub.school.saved_maps import read_as_saved
from hub.school.timetable import Timetable
from hub.school.undo import undo

__all__ = ["ImportRecord", "ImportResult", "Schools", "UnknownSchool"]


class Schools(Plans):
    """The plans, and everything that changes them. All but `known` and `lacks` may block: call it in a thread."""

    def __init__(self, engine: Engine, held_folder: Path | None = None, reader: Reader = read_here) -> None:
        """`reader`: who reads files; a hub has children for it."""
        super().__init__(engine)
        self.held, self.reader = KeptImports(held_folder), reader

    def imports(self, school: str | None = None, limit: int = 100) -> list[ImportRecord]:
        """The import history, newest first."""
        with reading(self._engine).begin() as connection:
            return journal.history(connection, school, limit)

    def import_roster(
        self,
        school: str,
        path: Path,
        now_ms: int,
        *,
        force: bool = False,
        source: str = "",
        by: str = "",
        column_map: ColumnMap | None = None,
    ) -> ImportResult:
        """Raises UnknownSchool, OSError. A file that cannot be read is refused and recorded; nothing changes."""
        given: dict[str, Any] = {"force": force, "source": source, "by": by}
        return self.take(self._read(school, Kind.ROSTER, path, now_ms, "", column_map, **given))

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
        column_map: ColumnMap | None = None,
    ) -> ImportResult:
        """Raises UnknownSchool, OSError. `first_week`: "odd" or "even" ISO week of the first week character."""
        options = {"first_week": first_week}
        given: dict[str, Any] = {
            "options": options,
            "valid_from": valid_from,
            "force": force,
            "source": source,
            "by": by,
        }
        return self.take(self._read(school, Kind.TIMETABLE, path, now_ms, self._zone(school), column_map, **given))

    def _read(
        self, school: str, kind: Kind, path: Path, now_ms: int, zone: str, column_map: ColumnMap | None, **given: Any
    ) -> Attempt:
        """By the map given, else as the school said on the import page, else by proposal."""

        def read(wanted: ColumnMap | None) -> Attempt:
            return self.read_attempt(school, kind, path, now_ms, zone, wanted, **given)

        return read_as_saved(self._engine, read) if column_map is None else read(column_map)

    def read_attempt(
        self,
        school: str,
        kind: Kind | None,
        path: Path,
        now_ms: int,
        zone: str = "",
        column_map: ColumnMap | None = None,
        **given: Any,
    ) -> Attempt:
        """Reads the file; `kind` None: by content. Raises OSError; one that cannot be read as a whole is an attempt
        without a thing.
        """
        _need_name(path)
        read = self.reader(Wanted.of(path, kind, zone, column_map))
        if column_map is not None:  # the same file read otherwise is another import
            given = given | {"options": given.get("options", {}) | {"map": msgspec.to_builtins(column_map)}}
        about = {"school": school, "kind": read.kind, "name": path.name, "digest": digest_of(path), "now_ms": now_ms}
        return attempt_of(read.found, **about, **given)

    def _zone(self, school: str) -> str:
        with reading(self._engine).begin() as connection:
            return timezone_of(connection, school)

    def take_in(
        self,
        school: str,
        kind: Kind,
        found: RosterImport | TimetableImport | Unreadable,
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
        """Something read from a file, a server or a pull, or what kept it from being read. Raises UnknownSchool."""
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
        return self._settled(
            intake.take(self._engine, attempt, self.held), attempt.school, attempt.kind, attempt.source
        )

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

    def edit(self, school: str, edit: Edit, who: str, now_ms: int) -> ImportResult:
        """Set something by hand; it can be undone like an import. Raises UnknownSchool, RefusedEdit."""
        return self._settled(edit_by_hand(self._engine, school, edit, who, now_ms), "", "")

    def by_hand(self, school: str, day: date) -> Timetable:
        """What people set: the bells in force that day, all calendar days and one-day changes."""
        with reading(self._engine).begin() as connection:
            return Beliefs(connection, school).by_hand(day)

    def _settled(self, result: ImportResult, school: str, kind: str, source: str = "") -> ImportResult:
        if result.status in {Status.APPLIED, Status.UNDONE}:
            self.reload_if_changed()  # this change, and any of another process before it
        if kind != Kind.TIMETABLE or result.status not in {Status.APPLIED, Status.UNCHANGED}:
            return result
        plan = self.schedule(school)
        return msgspec.structs.replace(result, unmatched_rooms=() if plan is None else plan.unmatched_of(source))


def _need_name(path: Path) -> None:
    """Raises OSError for a name in another encoding: it could neither be stored nor shown."""
    try:
        path.name.encode()
    except UnicodeEncodeError as broken:
        said = "tên tệp không phải UTF-8, hãy đổi tên / the file's name is not UTF-8, rename it"
        raise OSError(errno.EILSEQ, said) from broken
