"""Lessons and cards of an aSc export: masks, double periods, and every card that cannot be placed.

Units: masks as in hub.school.masks. A card's own rooms count, a lesson's `classroomids` are only those it may use
(in the real export at hand 21 of the 37 cards without a room would otherwise land in one that is taken).
"""

from collections import defaultdict
from itertools import pairwise

import msgspec

from hub.school.importers.asc_tables import Names
from hub.school.importers.asc_week import Week
from hub.school.importers.asc_xml import Document, Row
from hub.school.masks import is_mask, union
from hub.school.problems import Findings, Severity
from hub.school.timetable import Bell, Card, PlannedLesson
from wire.text import Text

MAX_MASK = 64  # a week has 7 days, a rotation perhaps 12 weeks: longer ones are rubbish


def read_lessons(document: Document, names: Names, findings: Findings) -> dict[str, PlannedLesson]:
    """Lessons by id; what they refer to and is not there is reported and left out of them."""
    lessons: dict[str, PlannedLesson] = {}
    for row in document.rows("lesson"):
        identifier = row.get("id")
        if not identifier or identifier in lessons:
            text = Text(
                f"tiết dạy: id “{identifier}” trống hoặc lặp lại",
                f"lesson: id {identifier!r} is empty or appears again",
            )
            findings.error(names.file, text, row.line, "id")
            continue
        subject = names.known(row, "subjectid", "subject")
        classes = names.known(row, "classids", "class", "classid")
        groups = names.known(row, "groupids", "group")
        teachers = names.known(row, "teacherids", "teacher", "teacherid")
        for column, target in (
            ("classroomids", "classroom"), ("daysdefid", "daysdef"), ("weeksdefid", "weeksdef"),
            ("termsdefid", "termsdef"),
        ):  # fmt: skip
            names.known(row, column, target, severity=Severity.WARNING)  # cards say it themselves
        lessons[identifier] = PlannedLesson(identifier, subject[0] if subject else "", classes, groups, teachers)
    return lessons


class CardReader:
    """Places cards: which bell periods each covers, on which days and weeks, in which rooms."""

    def __init__(
        self, document: Document, names: Names, bells: tuple[Bell, ...], week: Week, findings: Findings
    ) -> None:
        self._document, self._names, self.week, self._findings = document, names, week, findings
        self._numbers = [bell.number for bell in bells] or _numbers(document)
        self._bells = {number: index for index, number in enumerate(self._numbers)}
        self._definitions = {
            row.get("id"): row for name in ("daysdef", "weeksdef", "termsdef") for row in document.rows(name)
        }
        self._lesson_rows = {row.get("id"): row for row in document.rows("lesson")}
        self.spanning = self._cards_span()

    def read(self, lessons: dict[str, PlannedLesson]) -> list[Card]:
        """Cards in the order of the file; one that stands there twice counts once."""
        cards: dict[Card, Card] = {}
        for row in self._document.rows("card"):
            card = self._card(row, lessons)
            if card is None:
                continue
            first = cards.setdefault(msgspec.structs.replace(card, row=0), card)
            if first is not card:
                text = Text(
                    f"giống buổi ở dòng {first.row}: tính một lần", f"the card of line {first.row}: counts once"
                )
                self._findings.warning(self._names.file, text, row.line, "lessonid")
        return list(cards.values())

    def _card(self, row: Row, lessons: dict[str, PlannedLesson]) -> Card | None:
        lesson = row.get("lessonid")
        if lesson not in lessons:
            text = Text(f"tiết dạy {lesson} không có trong tệp", f"lesson {lesson} is not in the file")
            self._findings.error(self._names.file, text, row.line, "lessonid")
            return None
        if not any(row.get(column) for column in ("period", "days", "day")):
            text = Text("buổi học chưa được xếp giờ", "a card without a place")
            self._findings.warning(self._names.file, text, row.line, "period")
            return None
        periods = self._periods(row)
        days = self._mask(row, "days", "daysdef", self.week.count)
        if not periods or days is None:
            return None
        return Card(
            lesson,
            periods,
            self.week.mask(days),
            self._mask(row, "weeks", "weeksdef", _width(self._document, "weeksdef", "weeks")) or "",
            self._mask(row, "terms", "termsdef", _width(self._document, "termsdef", "terms")) or "",
            self._names.known(row, "classroomids", "classroom", "classroomid"),
            row.line,
        )

    def _periods(self, row: Row) -> tuple[str, ...]:
        wanted = row.ids("period")
        for number in wanted:
            if number not in self._bells:
                text = Text(
                    f"tiết số {number} không được định nghĩa: buổi này không có giờ và bị bỏ qua",
                    f"period {number} is not defined: this card has no time and is left out",
                )
                self._findings.error(self._names.file, text, row.line, "period")
                return ()
        if not wanted:
            text = Text("buổi học không có tiết", "a card without a period")
            self._findings.error(self._names.file, text, row.line, "period")
            return ()
        length = self._length(row) if self.spanning and len(wanted) == 1 else 1
        first = self._bells[wanted[0]]
        return tuple(self._numbers[first : first + length]) if length > 1 else wanted

    def _mask(self, row: Row, column: str, definition: str, width: int) -> str | None:
        """The mask of a card; from `day` numbers or the lesson's definition in exports that have no masks."""
        text = row.get(column) or self._older_mask(row, column, definition)
        masks = [part.strip() for part in text.split(",") if part.strip()]
        sound = masks and all(is_mask(part) and len(part) <= MAX_MASK for part in masks)
        mask = union(masks) if sound else ""
        if not mask:
            if column != "days" and not text:
                return None
            said = Text(f"{column} “{text}” không phải dãy 0 và 1", f"{column} {text!r} is not a string of 0 and 1")
            self._findings.error(self._names.file, said, row.line, column)
            return None
        if width and len(mask) != width:
            said = Text(
                f"{column} “{mask}” dài {len(mask)} ký tự, tệp khai báo {width}",
                f"{column} {mask!r} is {len(mask)} long, the file declares {width}",
            )
            self._findings.warning(self._names.file, said, row.line, column)
        if "1" not in mask:
            said = Text(f"{column} “{mask}” không bao giờ diễn ra", f"{column} {mask!r} never takes place")
            self._findings.warning(self._names.file, said, row.line, column)
        return mask

    def _older_mask(self, row: Row, column: str, definition: str) -> str:
        day = row.number("day")
        first = self.week.first_number
        if column == "days" and day is not None and first <= day < MAX_MASK:
            return "1".rjust(day - first + 1, "0").ljust(min(self.week.count, MAX_MASK), "0")
        lesson = self._lesson_rows.get(row.get("lessonid"))
        defined = self._definitions.get(lesson.get(f"{definition}id")) if lesson and column != "days" else None
        return defined.get(column) if defined else ""

    def _length(self, row: Row) -> int:
        lesson = self._lesson_rows[row.get("lessonid")]
        length = row.number("durationperiods") or _length_of(lesson)
        return length if length <= len(self._numbers) else 1

    def _cards_span(self) -> bool:
        """Whether a card of a double period stands for both periods, or the export repeats the card in each.

        Exports differ and do not say. Repeated cards of one lesson and day would overlap if each spanned both.
        """
        placed: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(list)
        for row in self._document.rows("card"):
            if row.get("lessonid") in self._lesson_rows and row.get("period") in self._bells and self._length(row) > 1:
                key = (row.get("lessonid"), row.get("days", "day"), row.get("weeks"), row.get("terms"))
                placed[key].append(self._bells[row.get("period")])
        repeated = single = 0
        for (lesson, *_), positions in placed.items():
            length = _length_of(self._lesson_rows[lesson])
            close = any(after - before < length for before, after in pairwise(sorted(set(positions))))
            repeated, single = repeated + close, single + (not close)
        return single > repeated


def _length_of(lesson: Row) -> int:
    """Periods of each of its cards; the form of 2008 calls them `durationperiods`."""
    return lesson.number("periodspercard") or lesson.number("durationperiods") or 1


def _numbers(document: Document) -> list[str]:
    """Periods without times keep their numbers; without a table of periods those the cards name."""
    declared = [row.get("period") or row.get("short") or row.get("name") for row in document.rows("period")]
    if any(row.get("starttime") or row.get("endtime") for row in document.rows("period")):
        return []  # times there are, and none is usable
    named = {number for row in document.rows("card") for number in row.ids("period") if number.isdecimal()}
    short = sorted((one for one in named if len(one) <= 3), key=int)  # noqa: PLR2004  a day has no thousand periods
    return list(dict.fromkeys(one for one in declared if one)) or short


def _width(document: Document, element: str, column: str) -> int:
    """How many days, weeks or terms the file's definitions count; 0 where it has none."""
    masks = (part.strip() for row in document.rows(element) for part in row.get(column).split(","))
    return max((len(mask) for mask in masks if is_mask(mask)), default=0)
