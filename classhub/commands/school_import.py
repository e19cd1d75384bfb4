"""Rosters and timetables against the state database of `hub.toml`: what would change, taking in, deciding, undoing.

Shared by `classhub roster` and `classhub timetable`; works while the hub runs.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from hub import audit
from hub.config import HubConfig, load_config
from hub.db.engine import complaint, open_database
from hub.school.difference import Difference
from hub.school.digest import digest_of
from hub.school.importers.column_map import ColumnMap, load_map
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.intake import NotHeld, attempt_of
from hub.school.journal import Kind, Status, UnknownImport
from hub.school.kept import Gone, held_folder
from hub.school.problems import Unreadable
from hub.school.report import as_json, difference_json, difference_lines, problem_lines, total_line
from hub.school.repository import ImportResult, Schools, UnknownSchool
from hub.school.undo import CannotUndo
from wire.settings import SettingsError
from wire.text import Text

PROBLEMS, USAGE = 1, 2
_SAID = {
    Status.APPLIED: Text("đã nhập", "imported"),
    Status.UNCHANGED: Text("không có gì mới", "nothing new"),
    Status.HELD: Text("chờ người quyết định, chưa thay đổi gì", "waits for a person, nothing has changed"),
    Status.REFUSED: Text("bị từ chối, dữ liệu cũ giữ nguyên", "refused, the data so far stays"),
    Status.UNDONE: Text("đã hoàn tác", "undone"),
}


class _Stopped(Exception):
    """What the person at the command line has to be told; `code` is the exit code."""

    def __init__(self, text: str, code: int) -> None:
        self.text, self.code = text, code
        super().__init__(text)


def take_roster(arguments: argparse.Namespace, path: Path) -> int:
    def take(schools: Schools, who: str, now_ms: int) -> ImportResult:
        return schools.import_roster(
            arguments.school,
            path,
            now_ms,
            force=arguments.force,
            source=arguments.source,
            by=who,
            column_map=_map(arguments),
        )

    return _changed(arguments, f"import roster {arguments.school}", take)


def _map(arguments: argparse.Namespace) -> ColumnMap | None:
    """Raises _Stopped."""
    try:
        return None if arguments.map is None else load_map(arguments.map)
    except Unreadable as refused:
        raise _Stopped(f"{arguments.map}: {refused}", USAGE) from refused


def take_timetable(arguments: argparse.Namespace, path: Path) -> int:
    def take(schools: Schools, who: str, now_ms: int) -> ImportResult:
        return schools.import_timetable(
            arguments.school,
            path,
            now_ms,
            valid_from=arguments.valid_from,
            first_week=arguments.first_week,
            force=arguments.force,
            source=arguments.source,
            by=who,
            column_map=_map(arguments),
        )

    return _changed(arguments, f"import timetable {arguments.school}", take)


def settle(arguments: argparse.Namespace) -> int:
    """`decide` and `undo`."""

    def work(schools: Schools, who: str, now_ms: int) -> ImportResult:
        if arguments.action == "undo":
            return schools.undo(arguments.number, who, now_ms)
        return schools.decide(arguments.number, who, now_ms, apply=arguments.decision == "apply")

    return _changed(arguments, arguments.action, work)


def foreseen(
    arguments: argparse.Namespace,
    found: RosterImport | TimetableImport,
    path: Path,
    options: dict[str, Any] | None = None,
    digest: str = "",
) -> ImportResult | int:
    """What importing it would do and change; an exit code where it cannot be said. `digest`: of what is no file."""
    if arguments.school is None or arguments.config is None:
        return _tell(_Stopped("--school và --config đi cùng nhau / --school and --config go together", USAGE))
    kind = Kind.ROSTER if isinstance(found, RosterImport) else Kind.TIMETABLE
    try:
        with _schools(arguments.config, arguments.school) as (schools, _):
            attempt = attempt_of(
                found,
                school=arguments.school,
                kind=kind,
                name=path.name,
                digest=digest or digest_of(path),
                now_ms=int(time.time() * 1000),
                options=options or {},
            )
            return schools.foresee(attempt)
    except _Stopped as stopped:
        return _tell(stopped)


def comparison_json(result: ImportResult) -> dict[str, object]:
    """What a check adds to its document."""
    return {"would_be": result.status, "difference": difference_json(result.difference)}


def comparison_lines(result: ImportResult) -> list[str]:
    would = _SAID[Status(result.status)].both()
    return ["", f"nếu nhập / if imported: {would}", *_told(result.difference, result.status)]


def _changed(arguments: argparse.Namespace, what: str, work: Callable[[Schools, str, int], ImportResult]) -> int:
    who = audit.command_line_user()
    try:
        with _schools(arguments.config, getattr(arguments, "school", "")) as (schools, engine):
            now_ms = int(time.time() * 1000)
            result = work(schools, who, now_ms)
            audit.record(engine, who, f"{what} number {result.id}: {result.status}", now_ms)
    except _Stopped as stopped:
        return _tell(stopped)
    _show(result, machine=arguments.json)
    rejected = getattr(arguments, "decision", "") == "reject"
    wrong = result.status in {Status.HELD, Status.REFUSED} and not rejected
    return PROBLEMS if wrong or result.findings.bad else 0


@contextmanager
def _schools(config_path: Path, school: str) -> Iterator[tuple[Schools, Any]]:
    """The schools of a hub's database. Raises _Stopped for whatever is in the way, in words."""
    try:
        config: HubConfig = load_config(config_path)
    except (SettingsError, OSError) as broken:
        raise _Stopped(str(broken), PROBLEMS) from broken
    try:
        engine = open_database(config.state_url)
        try:
            yield Schools(engine, held_folder=held_folder(config.hub.data_dir)), engine
        finally:
            engine.dispose()
    except UnknownSchool as unknown:
        mend = f"classhub hub apply FILE --config {config_path}"
        raise _Stopped(f"không có trường / no such school: {school} ({mend})", USAGE) from unknown
    except UnknownImport as unknown:
        text = Text(f"không có lần nhập số {unknown}", f"no import has the number {unknown}")
        raise _Stopped(text.both(), USAGE) from unknown
    except (NotHeld, CannotUndo, Gone) as refused:
        raise _Stopped(refused.text.both(), PROBLEMS) from refused
    except OSError as broken:
        raise _Stopped(f"không đọc được / cannot read: {broken}", USAGE) from broken
    except SQLAlchemyError as broken:
        raise _Stopped(complaint(config.state_url, broken).both(), PROBLEMS) from broken


def _show(result: ImportResult, *, machine: bool) -> None:
    if machine:
        document = {
            "id": result.id,
            "status": result.status,
            "counts": result.counts,
            "change": msgspec.to_builtins(result.change),
            "unmatched_rooms": list(result.unmatched_rooms),
            "problems": [as_json(problem) for problem in result.findings.problems],
            "difference": difference_json(result.difference),
        }
        print(json.dumps(document, ensure_ascii=False))
        return
    change = result.change
    status = _SAID[Status(result.status)].both()
    print(f"{status}: +{change.added} ~{change.changed} -{change.ended} (số / number {result.id})")
    print("\n".join([*_told(result.difference, result.status), *problem_lines(result.findings)]))
    print(total_line(result.findings))
    if result.unmatched_rooms:
        print(f"phòng chưa khớp / rooms not matched: {', '.join(result.unmatched_rooms)}")
    if result.status == Status.HELD:
        print(f"tiếp theo / next: classhub roster decide {result.id} apply|reject --config F; /imports")


def _told(difference: Difference, status: str) -> list[str]:
    return [] if status in {Status.REFUSED, Status.UNDONE, Status.UNCHANGED} else difference_lines(difference)


def _tell(stopped: _Stopped) -> int:
    print(f"classhub: {stopped.text}", file=sys.stderr)
    return stopped.code
