"""Untis GPU001.TXT: the timetable of a week by period numbers; what runs when, the school's bell schedule says.

Source: as untis_table. Rows of one lesson number at one time are one lesson with all their classes, teachers and rooms;
a lesson number that has other people or another subject at another time is that lesson in several forms.
Errors: Unreadable for the whole file; everything smaller is a Problem and the rest is imported.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from hub.school.importers.bells_file import NO_BELLS
from hub.school.importers.found import TimetableImport
from hub.school.importers.source import Source
from hub.school.importers.untis_table import UntisRow, is_gpu002, read_rows, said_columns, separator_of
from hub.school.problems import Findings
from hub.school.timetable import Card, PlannedLesson, PlannedRoom, SchoolClass, Subject, Teacher, Timetable
from wire.text import Text

FORMAT = "untis"
EVERY_WEEK = Text("giả định: mọi tuần đều như nhau", "assumed: every week is the same")
_Form = tuple[str, tuple[str, ...], tuple[str, ...]]  # subject, classes, teachers


def is_untis(source: Source) -> bool:
    """Most of the first lines are GPU001 rows."""
    if not source.head or source.head.lstrip().startswith((b"<", b"{", b"[")):
        return False
    plain = source.head.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    cut = plain.decode("utf-8", errors="replace").rpartition("\n")
    head = cut[0] or cut[2]
    return separator_of(head) is not None or is_gpu002(head)  # which is refused in words


def read_untis(path: Path) -> TimetableImport:
    """Raises Unreadable and OSError."""
    findings = Findings()
    rows, total = read_rows(path, findings)
    _note_empty(rows, path.name, findings)
    lessons, cards = _placed(rows)
    _warn_rooms_taken(cards, path.name, findings)
    names = _names(rows)
    timetable = Timetable(
        rooms=tuple(PlannedRoom(name, name) for name in names["rooms"]),
        subjects=tuple(Subject(name, name) for name in names["subjects"]),
        teachers=tuple(Teacher(name, name) for name in names["teachers"]),
        classes=tuple(SchoolClass(name, name) for name in names["classes"]),
        lessons=tuple(lessons),
        cards=tuple(cards),
    )
    counts = {
        "periods": len({row.period for row in rows}),
        **{name: len(names[name]) for name in ("teachers", "rooms", "classes")},
        "groups": 0,
        "subjects": len(names["subjects"]),
        "lessons": len({row.lesson for row in rows}),
        "cards": total,
        "cards_without_room": sum(not row.rooms for row in rows),
    }
    return TimetableImport(FORMAT, timetable, counts, {}, findings, assumed=(NO_BELLS, EVERY_WEEK))


def _names(rows: list[UntisRow]) -> dict[str, list[str]]:
    """Distinct names in the order of the file."""
    names: dict[str, dict[str, None]] = {one: {} for one in ("rooms", "teachers", "classes", "subjects")}
    for row in rows:
        names["rooms"] |= dict.fromkeys(row.rooms)
        names["teachers"] |= dict.fromkeys(row.teachers)
        names["classes"] |= dict.fromkeys(row.classes)
        if row.subject:
            names["subjects"][row.subject] = None
    return {one: list(found) for one, found in names.items()}


def _placed(rows: list[UntisRow]) -> tuple[list[PlannedLesson], list[Card]]:
    slots: defaultdict[tuple[str, str, int, int], list[UntisRow]] = defaultdict(list)
    for row in rows:
        slots[row.lesson or f"row {row.row}", row.subject, row.day, row.period].append(row)
    forms: defaultdict[str, dict[_Form, str]] = defaultdict(dict)
    cards = []
    for (number, subject, day, period), together in slots.items():
        form = subject, _together(row.classes for row in together), _together(row.teachers for row in together)
        known = forms[number]
        if form not in known:
            known[form] = f"{number}.{len(known) + 1}" if known else number
        days = "".join("1" if one == day else "0" for one in range(1, 8))
        rooms = _together(row.rooms for row in together)
        cards.append(Card(known[form], (str(period),), days, "", "", rooms, together[0].row))
    lessons = [
        PlannedLesson(identifier, subject, classes, (), teachers)
        for known in forms.values()
        for (subject, classes, teachers), identifier in known.items()
    ]
    return lessons, sorted(cards, key=lambda card: card.row)


def _together(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part))


def _note_empty(rows: list[UntisRow], file: str, findings: Findings) -> None:
    words = {
        "Klasse": Text("không có lớp", "without a class"), "Lehrer": Text("không có giáo viên", "without a teacher"),
        "Fach": Text("không có môn", "without a subject"), "Raum": Text("không có phòng", "without a room"),
    }  # fmt: skip
    for column, number in said_columns(rows).items():
        if number:
            text = Text(f"{number} dòng {words[column].vi}", f"{number} rows {words[column].en}")
            findings.note(file, text, None, column)


def _warn_rooms_taken(cards: list[Card], file: str, findings: Findings) -> None:
    """Two lessons in one room at one time: a reading can belong to only one."""
    taken: dict[tuple[str, str, str], Card] = {}
    told: Counter[tuple[int, int]] = Counter()
    for card in cards:
        for room in card.rooms:
            other = taken.setdefault((room, card.days, card.periods[0]), card)
            told[other.row, card.row] += 1
            if other is not card and told[other.row, card.row] == 1:
                text = Text(
                    f"phòng {room} đã có buổi học ở dòng {other.row} cùng giờ này",
                    f"room {room} already has the lesson of line {other.row} at this time",
                )
                findings.warning(file, text, card.row, "Raum")
