"""`classhub roster check|import|decide|undo`: a dry run of a roster bundle, taking it into the hub's state database,
settling an import that waits for a person, taking one back (timetables' too).

Exit 0: fine or only warnings and notes. 1: something is refused or left out. 2: wrong usage, file missing.
"""

import argparse
import json
import sys
from pathlib import Path

import msgspec

from classhub.commands.roster_server import add_server, is_address, read_from_server
from classhub.commands.school_arguments import add_comparison, add_decisions, add_map, add_source
from hub.school.importers.column_map import ColumnMap, as_toml, load_map
from hub.school.importers.format_names import both_names
from hub.school.importers.formats import read_roster
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.problems import Unreadable
from hub.school.report import as_json, count_lines, problem_lines, total_line

USAGE = 2
_WHAT = "OneRoster, School Data Sync (zip, thư mục / folder), CSV, XLSX"
_WHAT_IT_DOES = """Danh sách của trường: trường, lớp, học sinh, giáo viên, ghi danh.
A school's roster: organisations, classes, pupils, teachers, enrolments.

OneRoster 1.1, 1.2 (CSV, REST); School Data Sync; Ed-Fi; CSV, XLSX."""
_EXAMPLES = """ví dụ / examples:
  classhub roster check oneroster.zip
  classhub roster check ds-hoc-sinh.xlsx --school s1 --config hub.toml   sẽ thay đổi gì / what would change
  classhub roster import ds-hoc-sinh.xlsx --school s1 --config hub.toml
  classhub roster import ds-giao-vien.xlsx --school s1 --config hub.toml --source teachers
  classhub roster decide 12 apply --config hub.toml                      lần nhập đang chờ / an import that waits
  classhub roster undo 12 --config hub.toml                              như trước khi nhập / as it was before

mã thoát / exit codes: 0 tốt / fine; 1 có lỗi hoặc phải chờ / problems, or it waits; 2 dùng sai / wrong usage"""
_OR_ADDRESS = f"{_WHAT}; https://… (OneRoster REST)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = _WHAT_IT_DOES, _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="check | import | decide | undo")
    check = actions.add_parser(
        "check",
        help="đọc và báo lỗi từng dòng, không ghi gì / read it, tell what is wrong row by row, write nothing",
    )
    check.add_argument("path", help=_OR_ADDRESS)
    check.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
    add_comparison(check)
    add_server(check)
    take = actions.add_parser(
        "import",
        help="nhập vào trung tâm, hoặc giữ lại chờ người quyết định / take it in, or hold it for a person to decide",
    )
    take.add_argument("path", help=_WHAT)
    take.add_argument("--school", required=True, help="mã trường / id of the school")
    take.add_argument("--config", type=Path, required=True, help="hub.toml")
    add_source(take)
    take.add_argument("--force", action="store_true", help="nhập dù nhiều dòng lỗi / despite many bad rows")
    take.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
    for one in (check, take):
        add_map(one)
    add_decisions(actions)


def run(arguments: argparse.Namespace) -> int:
    if arguments.action in {"decide", "undo"}:
        from classhub.commands.school_import import settle

        return settle(arguments)
    path = Path(arguments.path)
    if is_address(arguments.path):
        if arguments.action == "import":
            return _usage("lấy từ máy chủ: đặt [[pull]] trong hub.toml / from a server: set [[pull]] in hub.toml")
        return _check(arguments, path)
    if not path.exists():
        return _usage(f"không có tệp / no such file: {path}")
    if arguments.action == "import":
        from classhub.commands.school_import import take_roster

        return take_roster(arguments, path)
    return _check(arguments, path)


def _check(arguments: argparse.Namespace, path: Path) -> int:
    machine: bool = arguments.json
    digest = ""
    failed: tuple[str, ...] = ()
    try:
        if is_address(arguments.path):
            pulled = read_from_server(arguments)
            found, digest, failed = pulled.found, pulled.digest, pulled.failed
        else:
            found = read_roster(path, None if arguments.map is None else load_map(arguments.map))
    except Unreadable as refused:
        return print_refusal(refused, machine=machine)
    except OSError as broken:
        return _usage(f"không đọc được / cannot read {path}: {broken}")
    compared = compared_with_school(arguments, found, path, digest)
    if isinstance(compared, int):
        return compared
    document, lines = compared
    if machine:
        print(json.dumps(_document(found) | document, ensure_ascii=False))
    else:
        print(f"{both_names(found.format)} {found.version}".rstrip() + f": {arguments.path.partition('?')[0]}")
        print("\n".join([*count_lines(found.counts), *map_lines(found.column_maps, given=arguments.map is not None)]))
        print("\n".join([*problem_lines(found.findings), total_line(found.findings), *lines]))
    return 1 if found.findings.bad or failed else 0


def _document(found: RosterImport) -> dict[str, object]:
    return {
        "format": found.format,
        "version": found.version,
        "modes": found.modes,
        "counts": found.counts,
        "column_maps": msgspec.to_builtins(found.column_maps),
        "problems": [as_json(problem) for problem in found.findings.problems],
    }


def compared_with_school(
    arguments: argparse.Namespace,
    found: RosterImport | TimetableImport,
    path: Path,
    digest: str = "",
    **options: str | None,
) -> tuple[dict[str, object], list[str]] | int:
    """What the check says about the school it was given: for machines and for people; or the exit code."""
    if arguments.school is None and arguments.config is None:
        return {}, []
    from classhub.commands.school_import import comparison_json, comparison_lines, foreseen

    told = foreseen(arguments, found, path, options, digest)
    return told if isinstance(told, int) else (comparison_json(told), comparison_lines(told))


def map_lines(column_maps: tuple[ColumnMap, ...], *, given: bool) -> list[str]:
    """How columns were understood where nobody said: fit to be kept, corrected and given back with --map."""
    lines: list[str] = []
    for one in () if given else column_maps:
        lines += ["", "cột được hiểu là (lưu lại để dùng với --map) / columns understood as (for --map):"]
        lines += [f"  {line}" for line in as_toml(one).splitlines()]
    return [*lines, ""] if lines else []


def print_refusal(refused: Unreadable, *, machine: bool) -> int:
    """The one problem of a file that cannot be taken. Returns the exit code."""
    problem = refused.problem
    if machine:
        print(json.dumps({"format": None, "counts": {}, "problems": [as_json(problem)]}, ensure_ascii=False))
    else:
        where = ":".join(str(part) for part in (problem.file, problem.row) if part is not None)
        print(f"{where}: {problem.text.both()}", file=sys.stderr)
    return 1


def _usage(text: str) -> int:
    print(f"classhub roster: {text}", file=sys.stderr)
    return USAGE
