"""Rows of pupil and teacher lists as a Roster: identifiers as text, names split, classes by name; no birthday is kept.

Source: Thông tư 42/2021/TT-BGDĐT (identifiers are unique and unchanged, so opaque texts whose zeros count).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from hub.school.importers.column_map import SheetKind, Target
from hub.school.importers.dates import DateOrder, DateOrders, orders, read_date
from hub.school.importers.grid import GridRow
from hub.school.importers.spreadsheet_table import Table
from hub.school.importers.spreadsheet_titles import class_of_sheet
from hub.school.names import plain
from hub.school.problems import Findings
from hub.school.roster import Enrolment, Person, Roster, RosterClass
from wire.text import Text

_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+\d+", re.ASCII)
_GONE = frozenset(
    map(plain, ("thôi học", "nghỉ học", "bỏ học", "chuyển trường", "chuyển đi", "đã chuyển trường", "đã chuyển đi",
                "chuyển trường đi", "tốt nghiệp", "đã tốt nghiệp", "bảo lưu", "đã nghỉ", "đã thôi học", "nghỉ hưu",
                "inactive", "withdrawn", "left"))
)  # fmt: skip
_NO_CLASS = Text(
    "không có cột lớp, tiêu đề và tên trang cũng không nói: không em nào có lớp",
    "no class column, and neither titles nor the sheet's name say which class: nobody is in one",
)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_MOSTLY = 0.6
_FEW = 3
_PERSONAL_ID = 12


class People:
    """Takes one table after the other; `finish` gives the roster and its counts."""

    def __init__(self, findings: Findings, date_order: DateOrder, id_length: int) -> None:
        self._findings, self._order, self._id_length = findings, date_order, id_length
        self._people: dict[str, Person] = {}
        self._lines: dict[str, tuple[str, int]] = {}
        self._classes: dict[str, RosterClass] = {}
        self._enrolments: dict[str, Enrolment] = {}
        self._rows = self._enrolled = 0

    def take(self, table: Table, rows: Sequence[GridRow]) -> None:
        self._rows += len(rows)
        self._say_once(table)
        usual = self._usual_length(table, rows)
        self._check_birthdays(table, rows)
        named = class_of_sheet(table)
        if named and Target.CLASS not in table.head.columns and table.head.kind is SheetKind.PUPILS:
            text = Text(f"không có cột lớp; lấy “{named}” theo tên trang hoặc tiêu đề", f"no class column: {named!r}")
            self._findings.note(table.grid.file, text)
        if not named and Target.CLASS not in table.head.columns and table.head.kind is SheetKind.PUPILS:
            self._findings.warning(table.grid.file, _NO_CLASS)
        for row in rows:
            self._enrolled += bool(_class_written(table, row, named))
            self._row(table, row, usual, named)

    def finish(self) -> tuple[Roster, dict[str, int]]:
        counts = {"classes": len(self._classes), "enrollments": self._enrolled, "users": self._rows}
        stems = {"classes", "enrollments", "users"}
        roster = Roster(
            classes=tuple(self._classes.values()),
            people=tuple(self._people.values()),
            enrolments=tuple(self._enrolments.values()),
            gone={stem: frozenset() for stem in stems},
        )
        return roster, counts

    def _say_once(self, table: Table) -> None:
        file, columns = table.grid.file, table.head.columns
        if Target.ID not in columns:
            text = Text(
                "không có cột mã: mã được tạo từ họ tên và ngày sinh, đổi tên là thành người khác",
                "no column of identifiers: they are made of name and birthday, a corrected name is another person",
            )
            self._findings.warning(file, text)
        if Target.FULL_NAME in columns and Target.GIVEN_NAME not in columns and table.head.second_name is None:
            text = Text(
                "họ và tên ở một cột: chữ cuối là tên, phần trước là họ và tên đệm",
                "one column of full names: the last word is the given name, what stands before it the family name",
            )
            self._findings.note(file, text, None, table.header(Target.FULL_NAME))
        if columns.keys() & {Target.BIRTHDAY, Target.GENDER}:
            self._findings.note(file, Text("ngày sinh, giới tính không được lưu", "birthday and gender are not kept"))

    def _row(self, table: Table, row: GridRow, usual: int, named: str) -> None:
        file = table.grid.file
        family, given = self._name(table, row)
        identifier = self._identifier(table, row, usual, f"{family} {given}".strip())
        if not identifier:
            return
        if not given and {Target.FULL_NAME, Target.GIVEN_NAME} & table.head.columns.keys():
            self._findings.warning(file, Text("không có tên", "there is no name"), row.line)
        teacher = table.head.kind is SheetKind.TEACHERS
        away = plain(table.get(row, Target.STATUS)) in _GONE
        person = Person(identifier, given, family, "teacher" if teacher else "student", identifier, enabled=not away)
        known = self._people.setdefault(identifier, person)
        if _called(known) != _called(person):
            where, line = self._lines[identifier]
            text = Text(
                f"mã {identifier} đã là của người khác ở {where}:{line}; dòng bị bỏ",
                f"the id {identifier} is somebody else's on {where}:{line}; the row is left out",
            )
            self._findings.error(file, text, row.line, table.header(Target.ID))
            return
        if identifier in self._lines and Target.ID not in table.head.columns:
            where, line = self._lines[identifier]
            text = Text(
                f"cùng họ tên và ngày sinh với {where}:{line}: tính là một người",
                f"the same name and birthday as on {where}:{line}: taken for one person",
            )
            self._findings.warning(file, text, row.line)
        self._lines.setdefault(identifier, (file, row.line))
        self._enrol(table, row, person, named, away=away)

    def _enrol(self, table: Table, row: GridRow, person: Person, named: str, *, away: bool) -> None:
        written = _class_written(table, row, named)
        if not written:
            if person.role == "student" and Target.CLASS in table.head.columns:
                self._findings.warning(table.grid.file, Text("không có lớp", "there is no class"), row.line)
            return
        if away:
            text = Text("không còn học: không ghi vào lớp", "gone from school: in no class")
            self._findings.note(table.grid.file, text, row.line, table.header(Target.STATUS))
            return
        title = " ".join(written.split())
        school_class = self._classes.setdefault(plain(title), RosterClass(title, title, title, "homeroom"))
        begin, end = (self._date(table, row, one) for one in (Target.BEGIN, Target.END))
        enrolment = f"{school_class.id}:{person.id}"
        if enrolment in self._enrolments:
            where, line = self._lines[person.id]
            text = Text(f"trùng với {where}:{line}", f"the same person in the same class as on {where}:{line}")
            self._findings.warning(table.grid.file, text, row.line)
            return
        last = end + timedelta(days=1) if end is not None and end < date.max else None
        self._enrolments[enrolment] = Enrolment(enrolment, school_class.id, person.id, person.role, begin, last)

    def _name(self, table: Table, row: GridRow) -> tuple[str, str]:
        """Family and given name."""
        family, given = table.get(row, Target.FAMILY_NAME), table.get(row, Target.GIVEN_NAME)
        full = table.get(row, Target.FULL_NAME)
        if given or not full:
            return " ".join((family or full).split()), " ".join(given.split())
        if table.head.second_name is not None:
            second = row.cell(table.head.second_name)
            if second and second != full:
                return " ".join(full.split()), " ".join(second.split())
        words = full.split()
        return " ".join(words[:-1]), words[-1] if words else ""

    def _identifier(self, table: Table, row: GridRow, usual: int, name: str) -> str:
        file, header = table.grid.file, table.header(Target.ID)
        if Target.ID not in table.head.columns:
            if not name:
                self._findings.error(file, Text("không có tên", "there is no name"), row.line)
                return ""
            seed = f"{plain(name)}\0{table.get(row, Target.BIRTHDAY)}"
            return "x-" + hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()
        written = table.get(row, Target.ID)
        if not written:
            text = Text("không có mã; dòng bị bỏ", "no identifier; the row is left out")
            self._findings.error(file, text, row.line, header)
            return ""
        if _SCIENTIFIC.fullmatch(written):
            text = Text(
                f"“{written}”: bảng tính đã đổi mã thành số; hãy để cột này dạng văn bản",
                f"{written!r}: a spreadsheet turned the identifier into a number: format the column as text",
            )
            self._findings.error(file, text, row.line, header)
            return ""
        if usual and written.isdecimal() and len(written) != usual:
            text = Text(
                f"mã “{written}” có {len(written)} chữ số, thường là {usual}: mất số 0 ở đầu?",
                f"the identifier {written!r} has {len(written)} digits, usual are {usual}: did it lose leading zeros?",
            )
            self._findings.warning(file, text, row.line, header)
        return written

    def _usual_length(self, table: Table, rows: Sequence[GridRow]) -> int:
        """How many digits the identifiers have: as the map says, else as most rows do; 0 where they have no rule."""
        lengths = Counter(len(one) for row in rows if (one := table.get(row, Target.ID)).isdecimal())
        length, times = lengths.most_common(1)[0] if lengths else (0, 0)
        if length == _PERSONAL_ID and times > len(rows) * _MOSTLY:
            text = Text(
                "mã có 12 chữ số: là số định danh cá nhân? nên dùng mã học sinh của trường",
                "identifiers of 12 digits: personal identity numbers? better use the school's own",
            )
            self._findings.warning(table.grid.file, text, None, table.header(Target.ID))
        if self._id_length:
            return self._id_length
        return length if times > _FEW and times > sum(lengths.values()) * _MOSTLY else 0

    def _check_birthdays(self, table: Table, rows: Sequence[GridRow]) -> None:
        """Whether the column makes sense; what stands in it is neither told nor kept."""
        written = [(row, birthday) for row in rows if (birthday := table.get(row, Target.BIRTHDAY))]
        file, header = table.grid.file, table.header(Target.BIRTHDAY)
        said = orders(birthday for _, birthday in written)
        if said is DateOrders.BOTH:
            text = Text("lúc thì ngày/tháng, lúc thì tháng/ngày", "some dates are day/month, others month/day")
            self._findings.warning(file, text, written[0][0].line, header)
        elif said is DateOrders.EITHER and any("/" in birthday for _, birthday in written):
            text = Text("không rõ ngày hay tháng đứng trước", "day or month first cannot be told")
            self._findings.note(file, text, None, header)
        order = DateOrder.MONTH_FIRST if said is DateOrders.MONTH else self._order
        for row, birthday in written:
            if said is not DateOrders.BOTH and read_date(birthday, order) is None and not _YEAR.fullmatch(birthday):
                wrong = Text("không phải ngày (không hiện, không lưu)", "no date (neither shown nor kept)")
                self._findings.warning(file, wrong, row.line, header)

    def _date(self, table: Table, row: GridRow, target: Target) -> date | None:
        written = table.get(row, target)
        if not written:
            return None
        found = read_date(written, self._order)
        file, header = table.grid.file, table.header(target)
        if found is None:
            text = Text(f"“{written}” không phải ngày; để trống", f"{written!r} is no date; left open")
            self._findings.warning(file, text, row.line, header)
        elif orders([written]) is DateOrders.EITHER and "/" in written and found.day != found.month:
            text = Text(
                f"“{written}” đọc là ngày {found.day} tháng {found.month}",
                f"{written!r} is read as {found.isoformat()}: day or month first cannot be told",
            )
            self._findings.note(file, text, row.line, header)
        return found


def _called(person: Person) -> tuple[str, str, str]:
    """However it is spelled: "HOÀ" and "Hòa" are one person's name."""
    return plain(person.family_name), plain(person.given_name), person.role


def _class_written(table: Table, row: GridRow, named: str) -> str:
    if table.head.kind is SheetKind.TEACHERS:
        return table.get(row, Target.HOMEROOM)
    return table.get(row, Target.CLASS) if Target.CLASS in table.head.columns else named
