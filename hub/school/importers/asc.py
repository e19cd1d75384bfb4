"""aSc Timetables XML: an export as a Timetable, what it counts, and every problem with its line.

Source: the export definition asctt2012.xml and real exports (tests read them from ../shared/data/timetables).
Errors: Unreadable for the whole file; everything smaller is a Problem and the rest is imported.
"""

import re
from collections import Counter
from pathlib import Path

from hub.school.importers.asc_bells import check_single_days, read_bells
from hub.school.importers.asc_cards import CardReader, read_lessons
from hub.school.importers.asc_older import complete, declared_lessons
from hub.school.importers.asc_tables import Names
from hub.school.importers.asc_week import Week
from hub.school.importers.asc_xml import Document, Row, read_document
from hub.school.importers.bells_file import NO_BELLS
from hub.school.importers.found import TimetableImport
from hub.school.importers.source import Source
from hub.school.problems import Findings, refuse
from hub.school.timetable import Bell, Card, PlannedLesson, Timetable
from wire.text import Text

FORMAT = "asc"
DAYS_ASSUMED = Text("giả định: ngày thứ nhất của tuần là thứ Hai", "assumed: the first day of a week is Monday")
MAX_SLOTS = 1_000_000  # a large school fills 20,000 in every week of its rotation
_ROOT = re.compile(rb"<timetable[\s>]")
_NEEDED = ("periods", "lessons", "cards")


def is_asc(source: Source) -> bool:
    return _ROOT.search(source.head) is not None


def read_asc(path: Path) -> TimetableImport:
    """Raises Unreadable and OSError."""
    document = read_document(path)
    file, findings = path.name, Findings()
    if document.declared:
        said = Text(
            f"khai báo mã {document.declared} nhưng là UTF-8: đọc theo UTF-8",
            f"it declares {document.declared} and is UTF-8: read as UTF-8",
        )
        findings.warning(file, said, 1, "encoding")
    complete(document, file, findings)
    _check_tables(document, file, findings)
    names = Names(document, file, findings)
    bells = read_bells(document.rows("period"), file, findings)
    check_single_days(document.rows("dayperiod"), bells, file, findings)
    lessons = read_lessons(document, names, findings)
    reader = CardReader(document, names, bells, Week(document, file, findings), findings)
    cards = reader.read(lessons)
    _note_incomplete(document, file, findings)
    _warn_double_booking(cards, lessons, names, findings)
    return TimetableImport(
        format=FORMAT,
        timetable=Timetable(
            bells=bells,
            rooms=tuple(names.rooms.values()),
            subjects=tuple(names.subjects.values()),
            teachers=tuple(names.teachers.values()),
            classes=tuple(names.classes.values()),
            groups=tuple(names.groups.values()),
            lessons=tuple(lessons.values()),
            cards=tuple(cards),
        ),
        counts=_counts(document),
        weeks_masks=dict(Counter(row.get("weeks") for row in document.rows("card") if row.get("weeks"))),
        findings=findings,
        spanning=reader.spanning,
        assumed=_assumed(reader, bells) if cards else (),
    )


def _assumed(reader: CardReader, bells: tuple[Bell, ...]) -> tuple[Text, ...]:
    days = () if reader.week.named else (DAYS_ASSUMED,)
    return days if bells else (*days, NO_BELLS)


def _check_tables(document: Document, file: str, findings: Findings) -> None:
    missing = [table for table in _NEEDED if table not in document.present]
    if len(missing) == len(_NEEDED):
        raise refuse(
            file,
            Text("không có bảng periods, lessons, cards: tệp rỗng?", "no periods, lessons or cards: an empty export?"),
        )
    for table in missing:
        findings.error(file, Text(f"thiếu bảng <{table}>", f"the table <{table}> is missing"))
    for table, line in document.unknown.items():
        findings.note(file, Text(f"bảng <{table}> không dùng đến", f"the table <{table}> is not used"), line)


def _note_incomplete(document: Document, file: str, findings: Findings) -> None:
    placed = {row.get("lessonid") for row in document.rows("card")}
    halves = []
    for row in document.rows("lesson"):
        if row.get("id") not in placed:
            findings.note(file, Text("tiết dạy chưa được xếp lịch", "a lesson without a card"), row.line, "id")
        if not row.ids("teacherids", "teacherid"):
            findings.note(
                file, Text("tiết dạy chưa có giáo viên", "a lesson without a teacher"), row.line, "teacherids"
            )
        if row.get("periodsperweek").replace(",", ".").strip("0123456789") == "." and not _whole(row):
            halves.append(row)
    for row in document.rows("card"):
        if not row.ids("classroomids", "classroomid"):
            text = Text("buổi học chưa có phòng", "a card without a room")
            findings.note(file, text, row.line, "classroomids")
    _note_weeks(document, file, findings)
    if halves:
        text = Text(
            f"{len(halves)} tiết dạy có periodsperweek lẻ (0.5 = cách tuần một lần)",
            f"{len(halves)} lessons with a fractional periodsperweek (0.5 = every second week)",
        )
        findings.note(file, text, halves[0].line, "periodsperweek")


def _note_weeks(document: Document, file: str, findings: Findings) -> None:
    """What the export calls its weeks: whether "Term 1 Week 2" is an even week, only a calendar can say."""
    single = [row for row in document.rows("weeksdef") if row.get("weeks").count("1") == 1 < len(row.get("weeks"))]
    if single:
        named = ", ".join(f"{row.get('weeks')} = {row.get('name') or row.get('short')}" for row in single[:12])
        text = Text(
            f"các tuần: {named}; tuần nào lẻ, tuần nào chẵn cần có lịch năm học",
            f"weeks: {named}; which of them is odd or even, a calendar must say",
        )
        findings.note(file, text, single[0].line, "weeks")


def _whole(row: Row) -> bool:
    return float(row.get("periodsperweek").replace(",", ".").strip(".") or 0).is_integer()


def _warn_double_booking(
    cards: list[Card], lessons: dict[str, PlannedLesson], names: Names, findings: Findings
) -> None:
    """Two different lessons in one room at one time: allowed by aSc, but a reading can belong to only one."""
    taken: dict[tuple[str, str, int, int], Card] = {}
    reported: set[tuple[int, int]] = set()
    for card in cards:
        days = [index for index, mark in enumerate(card.days) if mark == "1"]
        weeks = [index for index, mark in enumerate(card.weeks or "1") if mark == "1"]
        if len(taken) + len(card.rooms) * len(card.periods) * len(days) * len(weeks) > MAX_SLOTS:
            text = Text(
                "quá nhiều phòng và giờ: không kiểm tra trùng phòng từ đây",
                "too many rooms and times: double bookings are not looked for from here on",
            )
            findings.warning(names.file, text, card.row)
            return
        for room in card.rooms:
            for key in ((room, period, day, week) for period in card.periods for day in days for week in weeks):
                other = taken.setdefault(key, card)
                pair = (other.row, card.row)
                if lessons[other.lesson] is lessons[card.lesson] or pair in reported:
                    continue
                reported.add(pair)
                text = Text(
                    f"phòng {names.rooms[room].name} đã có buổi học ở dòng {other.row} cùng giờ này",
                    f"room {names.rooms[room].name} already has the card of line {other.row} at this time",
                )
                findings.warning(names.file, text, card.row, "classroomids")


def _counts(document: Document) -> dict[str, int]:
    cards, lessons = document.rows("card"), declared_lessons(document)
    placed = {row.get("lessonid") for row in cards}
    rooms_of_cards = [len(row.ids("classroomids", "classroomid")) for row in cards]
    teachers_of_lessons = [len(row.ids("teacherids", "teacherid")) for row in lessons]
    return {
        "periods": len(document.rows("period")),
        "teachers": len(document.rows("teacher")),
        "rooms": len(document.rows("classroom")),
        "classes": len(document.rows("class")),
        "groups": len(document.rows("group")),
        "subjects": len(document.rows("subject")),
        "students": len(document.rows("student")),
        "lessons": len(lessons),
        "cards": len(cards),
        "cards_without_room": rooms_of_cards.count(0),
        "cards_with_several_rooms": sum(number > 1 for number in rooms_of_cards),
        "lessons_without_card": sum(row.get("id") not in placed for row in lessons),
        "lessons_without_teacher": teachers_of_lessons.count(0),
        "lessons_with_several_teachers": sum(number > 1 for number in teachers_of_lessons),
        "lessons_with_several_classes": sum(len(row.ids("classids", "classid")) > 1 for row in lessons),
    }
