"""aSc exports whose cards are not tied to lessons: what is taught stands in each card, or in a table of schedules.

Source: aSc's import form of cards (`day,period,classids,subjectid,teacherids,classroomids`); exports of Arab countries
with `TimeTableSchedule` (DayID, Period, SchoolRoomID, SubjectGradeID, ClassID, TeacherID).
"""

from hub.school.importers.asc_xml import Document, Row
from hub.school.problems import Findings
from wire.text import Text

_COLUMNS = {
    "DayID": "day", "Period": "period", "SchoolRoomID": "classroomids", "SubjectGradeID": "subjectid",
    "ClassID": "classids", "TeacherID": "teacherids",
}  # fmt: skip
_TAUGHT = (("subjectid",), ("classids", "classid"), ("groupids", "groupid"), ("teacherids", "teacherid"))


def complete(document: Document, file: str, findings: Findings) -> None:
    """Makes lessons of what cards say themselves; cards that name a lesson stay as they are."""
    cards, lessons = document.tables["card"], document.tables["lesson"]
    schedules = document.rows("TimeTableSchedule")
    if schedules and not cards:
        cards += [_card(row) for row in schedules]
        document.present.add("cards")
        _note(file, findings, schedules[0], "TimeTableSchedules")
    made: dict[tuple[str, ...], Row] = {}
    for at, card in enumerate(cards):
        taught = tuple(card.get(*names) for names in _TAUGHT)
        if card.get("lessonid") or not any(taught):
            continue
        lesson = made.setdefault(taught, _lesson(card, taught, len(made) + 1))
        cards[at] = Row(card.line, card.values | {"lessonid": lesson.get("id")})
    if made:
        lessons += made.values()
        document.present.add("lessons")
        _note(file, findings, next(iter(made.values())), "cards")


def _card(row: Row) -> Row:
    return Row(row.line, {_COLUMNS[key]: value for key, value in row.values.items() if key in _COLUMNS})


def _lesson(card: Row, taught: tuple[str, ...], number: int) -> Row:
    """The id cannot be one of the file: ids have no blanks there."""
    subject, classes, groups, teachers = taught
    values = {"subjectid": subject, "classids": classes, "groupids": groups, "teacherids": teachers}
    return Row(card.line, values | {"id": f"card {number}"})


def _note(file: str, findings: Findings, row: Row, table: str) -> None:
    said = Text(f"tiết dạy được lấy từ bảng <{table}>", f"lessons are taken from the table <{table}>")
    findings.note(file, said, row.line, "lessonid")
