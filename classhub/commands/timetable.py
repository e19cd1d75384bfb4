"""`classhub timetable check|import|decide|undo`: a dry run of a timetable export, taking it into the hub's state
database, settling an import that waits for a person, taking one back (rosters' too).

Exit 0: fine or only warnings and notes. 1: something is refused or left out. 2: wrong usage, file or room missing.
"""

import argparse
import json
import sys
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from classhub.commands.roster import compared_with_school, print_refusal
from classhub.commands.school_arguments import add_comparison, add_decisions, add_map, add_source
from hub.school.importers.bells_file import NO_BELLS, read_bells_file
from hub.school.importers.column_map import load_map
from hub.school.importers.format_names import both_names
from hub.school.importers.formats import read_timetable
from hub.school.importers.found import TimetableImport
from hub.school.names import planned_rooms_named
from hub.school.plan import EVEN_WEEK_ASSUMED, ODD_WEEK_ASSUMED
from hub.school.problems import Unreadable
from hub.school.report import as_json, count_lines, problem_lines, total_line
from hub.school.sessions import PlannedSession, sessions
from hub.school.timetable import Bell, PlannedRoom
from wire.text import Text

USAGE = 2
_WHAT = "aSc XML, iCalendar, Untis GPU001, UniTime XML, Ed-Fi, CSV, XLSX"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="chạy thử, không ghi gì / dry run, nothing is written")
    check.add_argument("path", type=Path, help=_WHAT)
    check.add_argument("--date", type=_date, help="ngày cần xem, 2026-09-07 / the day to show")
    check.add_argument("--room", help="phòng: id, tên hoặc tên ngắn / room: id, name or short name")
    check.add_argument(
        "--bells", type=Path, help='giờ chuông cho tệp không có, 1 = "07:00-07:45" / bell times of a file without'
    )
    check.add_argument("--timezone", type=_zone, help="múi giờ của trường / the school's time zone")
    add_comparison(check)
    add_map(check)
    add_decisions(actions)
    take = actions.add_parser("import", help="nhập vào cơ sở dữ liệu / into the state database")
    take.add_argument("path", type=Path, help=_WHAT)
    take.add_argument("--school", required=True, help="mã trường / id of the school")
    take.add_argument("--config", type=Path, required=True, help="hub.toml")
    take.add_argument("--from", dest="valid_from", type=_date, help="có hiệu lực từ ngày / in force from this day")
    add_map(take)
    add_source(take)
    take.add_argument("--force", action="store_true", help="nhập dù nhiều dòng lỗi / despite many bad rows")
    for one in (check, take):
        one.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
        one.add_argument(
            "--first-week",
            choices=("odd", "even"),
            help="ký tự tuần thứ nhất là tuần ISO lẻ hay chẵn / parity of the ISO week of the first week character",
        )


def run(arguments: argparse.Namespace) -> int:
    if arguments.action in {"decide", "undo"}:
        from classhub.commands.school_import import settle

        return settle(arguments)
    if not arguments.path.exists():
        return _usage(f"không có tệp / no such file: {arguments.path}")
    if arguments.action == "import":
        from classhub.commands.school_import import take_timetable

        return take_timetable(arguments, arguments.path)
    return _check(arguments)


def _check(arguments: argparse.Namespace) -> int:
    path = arguments.path
    try:
        found = read_timetable(
            path, arguments.timezone or "", None if arguments.map is None else load_map(arguments.map)
        )
        path = arguments.bells
        found = _with_bells(found, read_bells_file(path)) if path is not None else found
    except Unreadable as refused:
        return print_refusal(refused, machine=arguments.json)
    except OSError as broken:
        return _usage(f"không đọc được / cannot read {path}: {broken}")
    rooms = None if arguments.room is None else planned_rooms_named(found.timetable.rooms, arguments.room)
    if rooms == []:
        return _usage(f"không có phòng / no such room: {arguments.room}")
    day = arguments.date
    if day is None and rooms is not None:
        day = datetime.now().astimezone().date()
    chosen = None if rooms is None else {room.id for room in rooms}
    odd_first = arguments.first_week != "even"
    lessons = None if day is None else sessions(found.timetable, day, chosen, odd_first=odd_first, terms=found.terms)
    compared = compared_with_school(arguments, found, arguments.path, first_week=arguments.first_week)
    if isinstance(compared, int):
        return compared
    document, lines = compared
    if arguments.json:
        print(json.dumps(_document(found, arguments, day, rooms, lessons) | document, ensure_ascii=False))
    else:
        _print(found, arguments, day, rooms, lessons)
        print("\n".join(lines))
    return 1 if found.findings.bad else 0


def _with_bells(found: TimetableImport, bells: tuple[Bell, ...]) -> TimetableImport:
    """Bell times from beside the file; a file that has its own keeps them."""
    if found.timetable.bells:
        return found
    known = {bell.number for bell in bells}
    missing = sorted({number for card in found.timetable.cards for number in card.periods} - known)
    if missing:
        listed = ", ".join(missing)
        text = Text(f"--bells không có tiết {listed}", f"--bells has no period {listed}")
        found.findings.warning("--bells", text)
    timetable = msgspec.structs.replace(found.timetable, bells=bells)
    assumed = tuple(text for text in found.assumed if text is not NO_BELLS)
    return msgspec.structs.replace(found, timetable=timetable, assumed=assumed)


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
        "timezone": found.timezone or None,
        "assumed": _assumed(found, arguments),
        "problems": [as_json(problem) for problem in found.findings.problems],
    }
    if lessons is not None and day is not None:
        document |= {
            "date": day.isoformat(),
            "rooms": None if rooms is None else [msgspec.to_builtins(room) for room in rooms],
            "sessions": [msgspec.to_builtins(lesson) for lesson in lessons],
        }
    return document


def _assumed(found: TimetableImport, arguments: argparse.Namespace) -> list[str]:
    """What the file says nothing of; which week is the first matters only where weeks differ."""
    assumed = [f"{text.both()} (--bells)" if text is NO_BELLS else text.both() for text in found.assumed]
    if any(len(card.weeks) > 1 for card in found.timetable.cards):
        assumed.append((EVEN_WEEK_ASSUMED if arguments.first_week == "even" else ODD_WEEK_ASSUMED).both())
    return assumed


def _print(
    found: TimetableImport,
    arguments: argparse.Namespace,
    day: date | None,
    rooms: list[PlannedRoom] | None,
    lessons: list[PlannedSession] | None,
) -> None:
    print(f"{both_names(found.format)}: {arguments.path}")
    print("\n".join(count_lines(found.counts)))
    if found.weeks_masks:
        print(f"  weeks: {', '.join(f'{mask}: {number}' for mask, number in found.weeks_masks.items())}")
    for text in _assumed(found, arguments):
        print(f"  {text}")
    if lessons is not None and day is not None:
        names = "" if rooms is None else ", " + " + ".join(room.name for room in rooms)
        print(f"\n{day.isoformat()}{names}: {len(lessons)}")
        for one in lessons:
            people = f"{', '.join(one.classes)} | {', '.join(one.teachers)} | {', '.join(one.rooms)}"
            span = f"{one.start or '--:--'}-{one.end or '--:--'}"
            print(f"  {span}  {one.period:>5}  {one.subject} | {people}  (dòng / row {one.row})")
    print()
    print("\n".join([*problem_lines(found.findings), total_line(found.findings)]))


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"“{text}” không phải múi giờ / is no time zone (Asia/Ho_Chi_Minh)") from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” không phải ngày / is no date (2026-09-07)") from None


def _usage(text: str) -> int:
    print(f"classhub timetable: {text}", file=sys.stderr)
    return USAGE
