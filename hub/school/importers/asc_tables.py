"""The named tables of an aSc export (rooms, subjects, teachers, classes, groups): read, and references checked."""

from collections import Counter
from collections.abc import Callable, Collection
from typing import TypeVar

from hub.school.importers.asc_xml import Document, Row
from hub.school.problems import Findings, Severity
from hub.school.timetable import Group, PlannedRoom, SchoolClass, Subject, Teacher
from wire.text import Text

T = TypeVar("T")
LABELS = {
    "subject": Text("môn", "subject"), "teacher": Text("giáo viên", "teacher"), "classroom": Text("phòng", "room"),
    "class": Text("lớp", "class"), "group": Text("nhóm", "group"), "lesson": Text("tiết dạy", "lesson"),
    "building": Text("tòa nhà", "building"), "grade": Text("khối", "grade"), "student": Text("học sinh", "pupil"),
    "daysdef": Text("mẫu ngày", "days definition"), "weeksdef": Text("mẫu tuần", "weeks definition"),
    "termsdef": Text("mẫu học kỳ", "terms definition"),
}  # fmt: skip


class Names:
    """All named tables of one document, ids unique, each with the line it came from."""

    def __init__(self, document: Document, file: str, findings: Findings) -> None:
        self.file, self.findings = file, findings
        self._document = document
        self.ids: dict[str, set[str]] = {
            element: {row.get("id") for row in document.rows(element)} - {""} for element in LABELS
        }
        self.ids["grade"] |= {row.get("grade") for row in document.rows("grade")} - {""}
        pupils = Counter(class_id for row in document.rows("student") for class_id in row.ids("classid"))
        self.rooms = self._read("classroom", self._room)
        self.subjects = self._read("subject", lambda row: Subject(row.get("id"), _name(row), row.get("short")))
        self.teachers = self._read("teacher", lambda row: Teacher(row.get("id"), _name(row), row.get("short")))
        self.classes = self._read(
            "class",
            lambda row: SchoolClass(row.get("id"), _name(row), row.get("short"), pupils.get(row.get("id"))),
        )
        self.groups = self._read("group", self._group)
        self._check_references()
        self._note_capacity()

    def _read(self, element: str, build: Callable[[Row], T]) -> dict[str, T]:
        found: dict[str, T] = {}
        label = LABELS[element]
        for row in self._document.rows(element):
            identifier = row.get("id")
            if not identifier:
                text = Text(f"{label.vi} không có id", f"a {label.en} without an id")
                self.findings.error(self.file, text, row.line, "id")
            elif identifier in found:
                text = Text(f"{label.vi}: id {identifier} lặp lại", f"{label.en}: id {identifier} appears again")
                self.findings.error(self.file, text, row.line, "id")
            else:
                found[identifier] = build(row)
        return found

    def _room(self, row: Row) -> PlannedRoom:
        capacity = row.get("capacity")
        if capacity not in {"", "*"} and row.number("capacity") is None:
            text = Text(f"sức chứa “{capacity}” không phải số", f"capacity {capacity!r} is no number")
            self.findings.warning(self.file, text, row.line, "capacity")
        return PlannedRoom(row.get("id"), _name(row), row.get("short"), row.number("capacity"))

    def _group(self, row: Row) -> Group:
        pupils = row.number("studentcount") or len(row.ids("studentids")) or None
        return Group(row.get("id"), row.get("classid"), _name(row), row.get("entireclass") == "1", pupils)

    def _check_references(self) -> None:
        for element, column, target in (
            ("class", "teacherid", "teacher"), ("class", "classroomids", "classroom"), ("class", "grade", "grade"),
            ("group", "classid", "class"), ("group", "studentids", "student"), ("student", "classid", "class"),
            ("classroom", "buildingid", "building"),
        ):  # fmt: skip
            if target == "grade" and not self.ids["grade"]:
                continue
            for row in self._document.rows(element):
                self.known(row, column, target, severity=Severity.WARNING)  # nothing of the plan is lost

    def known(
        self, row: Row, column: str, target: str, *aliases: str, severity: Severity = Severity.ERROR
    ) -> tuple[str, ...]:
        """The ids of that column that exist; each other one is reported: an error, as it is left out."""
        existing: Collection[str] = self.ids[target]
        wanted = row.ids(column, *aliases)
        if all(identifier in existing for identifier in wanted):
            return wanted
        label = LABELS[target]
        for identifier in wanted:
            if identifier not in existing:
                text = Text(
                    f"{label.vi} {identifier} không có trong tệp", f"{label.en} {identifier} is not in the file"
                )
                self.findings.add(severity, self.file, text, row.line, column)
        return tuple(identifier for identifier in wanted if identifier in existing)

    def _note_capacity(self) -> None:
        rows = [row for name in ("classroom", "lesson") for row in self._document.rows(name)]
        starred = [row for row in rows if row.get("capacity") == "*"]
        if starred:
            text = Text(
                f'{len(starred)} dòng có capacity="*" (không giới hạn): hiểu là không khai sức chứa',
                f'{len(starred)} rows have capacity="*" (no limit): read as no capacity stated',
            )
            self.findings.note(self.file, text, starred[0].line, "capacity")


def _name(row: Row) -> str:
    parts = f"{row.get('lastname')} {row.get('firstname')}".strip()
    return row.get("name") or parts or row.get("short") or row.get("id")
