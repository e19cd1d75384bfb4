"""`classhub timetable check|import`: a dry run of a timetable export, or taking it into the hub's state database.

Exit 0: fine or only warnings and notes. 1: something is refused or left out. 2: wrong usage, file or room missing.
"""

import argparse
import json
import sys
from datetime import date, datetime
from pathlib import Path

import msgspec

from classhub.commands.roster import print_refusal
from hub.school.importers.formats import read_timetable
from hub.school.importers.found import TimetableImport
from hub.school.names import planned_rooms_named
from hub.school.plan import EVEN_WEEK_ASSUMED, ODD_WEEK_ASSUMED
from hub.school.problems import Unreadable
from hub.school.report import as_json, count_lines, problem_lines, total_line
from hub.school.sessions import PlannedSession, sessions
from hub.school.timetable import PlannedRoom

USAGE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="chạy thử, không ghi gì / dry run, nothing is written")
    check.add_argument("path", type=Path, help="tệp XML của aSc Timetables / aSc Timetables XML")
    check.add_argument("--date", type=_date, help="ngày cần xem, 2026-09-07 / the day to show")
    check.add_argument("--room", help="phòng: id, tên hoặc tên ngắn / room: id, name or short name")
    take = actions.add_parser("import", help="nhập vào cơ sở dữ liệu / into the state database")
    take.add_argument("path", type=Path, help="tệp XML của aSc Timetables / aSc Timetables XML")
    take.add_argument("--school", required=True, help="mã trường / id of the school")
    take.add_argument("--config", type=Path, required=True, help="hub.toml")
    take.add_argument("--from", dest="valid_from", type=_date, help="có hiệu lực từ ngày / in force from this day")
    take.add_argument("--force", action="store_true", help="nhập dù nhiều dòng lỗi / despite many bad rows")
    for one in (check, take):
        one.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
        one.add_argument(
            "--first-week",
            choices=("odd", "even"),
            help="ký tự tuần thứ nhất là tuần ISO lẻ hay chẵn / parity of the ISO week of the first week character",
        )


def run(arguments: argparse.Namespace) -> int:
    if not arguments.path.is_file():
        what = "là thư mục / is a folder" if arguments.path.is_dir() else "không có tệp / no such file"
        return _usage(f"{what}: {arguments.path}")
    if arguments.action == "import":
        from classhub.commands.school_import import take_timetable

        return take_timetable(arguments, arguments.path)
    return _check(arguments)


def _check(arguments: argparse.Namespace) -> int:
    try:
        found = read_timetable(arguments.path)
    except Unreadable as refused:
        return print_refusal(refused, machine=arguments.json)
    except OSError as broken:
        return _usage(f"không đọc được / cannot read {arguments.path}: {broken}")
    rooms = None if arguments.room is None else planned_rooms_named(found.timetable.rooms, arguments.room)
    if rooms == []:
        return _usage(f"không có phòng / no such room: {arguments.room}")
    day = arguments.date
    if day is None and rooms is not None:
        day = datetime.now().astimezone().date()
    chosen = None if rooms is None else {room.id for room in rooms}
    odd_first = arguments.first_week != "even"
    lessons = None if day is None else sessions(found.timetable, day, chosen, odd_first=odd_first)
    if arguments.json:
        print(json.dumps(_document(found, arguments, day, rooms, lessons), ensure_ascii=False))
    else:
        _print(found, arguments, day, rooms, lessons)
    return 1 if found.findings.bad else 0


def _document(
    found: TimetableImport,
    arguments: argparse.Namespace,
    day: date | None,
    rooms: list[PlannedRoom] | None,
    lessons: list[PlannedSession] | None,
) -> dict[str, object]:
    document: dict[str, object] = {
        "format": found.format,
        "counts": found.counts,
        "weeks_masks": found.weeks_masks,
        "cards_span_periods": found.spanning,
        "assumed": _assumed(arguments),
        "problems": [as_json(problem) for problem in found.findings.problems],
    }
    if lessons is not None and day is not None:
        document |= {
            "date": day.isoformat(),
            "rooms": None if rooms is None else [msgspec.to_builtins(room) for room in rooms],
            "sessions": [msgspec.to_builtins(lesson) for lesson in lessons],
        }
    return document


def _assumed(arguments: argparse.Namespace) -> list[str]:
    return [(EVEN_WEEK_ASSUMED if arguments.first_week == "even" else ODD_WEEK_ASSUMED).both()]


def _print(
    found: TimetableImport,
    arguments: argparse.Namespace,
    day: date | None,
    rooms: list[PlannedRoom] | None,
    lessons: list[PlannedSession] | None,
) -> None:
    print(f"aSc Timetables: {arguments.path}")
    print("\n".join(count_lines(found.counts)))
    print(f"  weeks: {', '.join(f'{mask}: {number}' for mask, number in found.weeks_masks.items())}")
    if lessons is not None and day is not None:
        names = "" if rooms is None else ", " + " + ".join(room.name for room in rooms)
        print(f"\n{day.isoformat()}{names}: {len(lessons)}  ({_assumed(arguments)[0]})")
        for one in lessons:
            people = f"{', '.join(one.classes)} | {', '.join(one.teachers)} | {', '.join(one.rooms)}"
            print(f"  {one.start}-{one.end}  {one.period:>5}  {one.subject} | {people}  (dòng / row {one.row})")
    print()
    print("\n".join([*problem_lines(found.findings), total_line(found.findings)]))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” không phải ngày / is no date (2026-09-07)") from None


def _usage(text: str) -> int:
    print(f"classhub timetable: {text}", file=sys.stderr)
    return USAGE
