"""aSc exports whose cards are not tied to lessons: what is taught stands in each card, or in a table of schedules.

Source: aSc's import form of cards (`day,period,classids,subjectid,teacherids,classroomids`); exports of Arab countries
with `TimeTableSchedule` (DayID, Period, SchoolRoomID, SubjectGradeID, ClassID, TeacherID); `classtimetable` rows of its
Spanish form; programs that write this form number the lessons of their cards otherwise than their lessons, or leave
lessons out (MaYoR, Motabea).
"""

from hub.school.importers.asc_xml import Document, Row
from hub.school.problems import Findings
from wire.text import Text

_COLUMNS = {
    "DayID": "day", "Period": "period", "SchoolRoomID": "classroomids", "SubjectGradeID": "subjectid",
    "ClassID": "classids", "TeacherID": "teacherids",
}  # fmt: skip
_TAUGHT = (
    ("subjectid", "subjectids"), ("classids", "classid"), ("groupids", "groupid"), ("teacherids", "teacherid"),
)  # fmt: skip
_MADE = "card "  # ids of the file have no blanks


def complete(document: Document, file: str, findings: Findings) -> None:
    """Makes lessons of what cards say themselves; cards that name a lesson which says the same stay as they are."""
    cards, lessons = document.tables["card"], document.tables["lesson"]
    for table in ("TimeTableSchedule", "classtimetable"):
        if (rows := document.rows(table)) and not cards:
            cards += [_card(row) for row in rows] if table == "TimeTableSchedule" else rows
            document.present.add("cards")
            _note(file, findings, rows[0], f"{table}s")
    known = {row.get("id"): row for row in lessons}
    made: dict[tuple[str, ...], Row] = {}
    for at, card in enumerate(cards):
        taught = tuple(card.get(*names) for names in _TAUGHT)
        lesson = known.get(card.get("lessonid"))
        if not any(taught) or (lesson is not None and _agree(card, lesson)):
            continue
        if card.get("lessonid"):
            _warn(file, findings, card, there=lesson is not None)
        own = made.setdefault(taught, _lesson(card, taught, len(made) + 1))
        cards[at] = Row(card.line, card.values | {"lessonid": own.get("id")})
    if made:
        lessons += made.values()
        document.present.add("lessons")
        _note(file, findings, next(iter(made.values())), "cards")


def declared_lessons(document: Document) -> list[Row]:
    """Rows of the table of lessons; those made of cards where it has none."""
    rows = document.rows("lesson")
    return [row for row in rows if not row.get("id").startswith(_MADE)] or rows


def _agree(card: Row, lesson: Row) -> bool:
    """Whether all the card says of subject, classes, groups and teachers is what the lesson says, or part of it."""
    return all(set(card.ids(*names)) <= set(lesson.ids(*names)) for names in _TAUGHT)


def _warn(file: str, findings: Findings, card: Row, *, there: bool) -> None:
    lesson = card.get("lessonid")
    said = (
        Text(f"tiết dạy {lesson} nói khác với chính buổi này", f"lesson {lesson} says otherwise than the card itself")
        if there
        else Text(f"tiết dạy {lesson} không có trong tệp", f"lesson {lesson} is not in the file")
    )
    text = Text(f"{said.vi}: theo buổi này", f"{said.en}: the card is followed")
    findings.warning(file, text, card.line, "lessonid")


def _card(row: Row) -> Row:
    return Row(row.line, {_COLUMNS[key]: value for key, value in row.values.items() if key in _COLUMNS})


def _lesson(card: Row, taught: tuple[str, ...], number: int) -> Row:
    """The id cannot be one of the file."""
    subject, classes, groups, teachers = taught
    values = {"subjectid": subject, "classids": classes, "groupids": groups, "teacherids": teachers}
    return Row(card.line, values | {"id": f"{_MADE}{number}"})


def _note(file: str, findings: Findings, row: Row, table: str) -> None:
    said = Text(f"tiết dạy được lấy từ bảng <{table}>", f"lessons are taken from the table <{table}>")
    findings.note(file, said, row.line, "lessonid")
